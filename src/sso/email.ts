import type { BareJson } from './bare-json.ts';
import type { Claims } from './claims.ts';

/** An address, and what the provider says of it. */
export interface Email {
  /** Empty where there is none. */
  readonly address: string;
  /** Whether the provider itself says that nobody has verified it. Of most addresses, nothing is said. */
  readonly isUnverified: boolean;
}

export const NO_EMAIL: Email = { address: '', isUnverified: false };

/** The word for no, in JSON and as some providers write it. */
export function isDenied(value: BareJson | undefined): boolean {
  return value === false || value === 'false';
}

/** An address that came from claims, with what any source that names it says (OpenID Connect Core §5.1). */
export function judgeEmail(address: string, claims: readonly Claims[]): Email {
  const isUnverified = claims.some(({ data }) => data.email === address && isDenied(data.email_verified));
  return { address, isUnverified };
}
