import { toBase64Url, utf8 } from '../lib/bytes.ts';

/** A key, as people name it. */
export interface KeyIdentity {
  readonly orgId: number;
  readonly name: string;
}

/** Its place in the admin API: `~` and base64url, since no canonical path can hold every name. */
export function pathOfKey({ orgId, name }: KeyIdentity): string {
  return `/keys/${orgId}/~${toBase64Url(utf8(name))}`;
}
