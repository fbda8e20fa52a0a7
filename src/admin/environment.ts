import type { Visit } from '../corridor.ts';
import type { Caller } from './auth.ts';

/** What handlers of the admin API get beside the request. */
export interface AdminEnvironment {
  Bindings: {
    readonly visit: Visit;
    readonly caller: Caller;
  };
}
