/** Stands in for the door of the admin API, to measure what that costs a start: as where no token is set. */
export { noSuchPage as adminDoor } from '../../src/admin/public-pages.ts';
