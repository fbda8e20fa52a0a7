import { misuse } from './cli-error.ts';

const REVOCATION_ID = /^[a-z-]+:[A-Za-z0-9_:*-]{1,100}$/;

/** Place of a revocation in the admin API. None of its characters needs an escape, so that its path stays canonical. */
export function pathOfRevocation(id: string): string {
  return `/revocations/${id}`;
}

/** @throws CliError for what cannot be the id of a revocation */
export function readRevocationId(text: string): string {
  if (REVOCATION_ID.test(text)) return text;
  throw misuse({
    code: 'target-form',
    what: 'ID is no revocation.',
    details: 'It has the form kind:id, as "postern revoke list" prints it.',
    fix: 'Or name what was revoked: postern unrevoke link|session|subject|key|dashboard|public|org|all …',
  });
}
