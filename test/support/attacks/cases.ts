import attacks from '../../vectors/attacks.json';

/** One hostile input and the answer that is safe (test/vectors/attacks.json). */
export interface AttackCase {
  readonly id: string;
  readonly area: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  readonly precondition: string;
  readonly expect: {
    readonly status: readonly number[];
    readonly origin: 'called' | 'not_called' | 'either';
    readonly set_cookie?: boolean | null;
    readonly set_cookie_attrs?: readonly string[];
    /** As `set_cookie`, of the cases of sign-in. */
    readonly set_cookie_session?: boolean | null;
    readonly location_same_origin?: boolean;
    readonly response?: Readonly<Record<string, string>>;
    readonly upstream_absent_value?: readonly string[];
    readonly upstream_names_absent_alias_of?: readonly string[];
    readonly upstream_present?: readonly string[];
    readonly assert: readonly string[];
  };
}

export const ATTACKS = attacks.cases as unknown as readonly AttackCase[];

const SIGN_IN_AREAS: ReadonlySet<string> = new Set([
  'open-redirect',
  'oauth-callback',
  'oauth-token',
  'role-mapping',
  'session-fixation',
  'session-refresh',
  'csrf',
  'ssrf',
  'backchannel-logout',
]);
const SIGN_IN_CASES: ReadonlySet<string> = new Set([
  'hdr-094',
  'hdr-095',
  'cookie-013',
  'embed-005',
  'ops-009',
]);

/** Whether a case is about sign-in: `test/sso/attacks.test.ts` runs those, beside a provider. */
export function isOfSignIn({ id, area }: Pick<AttackCase, 'id' | 'area'>): boolean {
  return SIGN_IN_AREAS.has(area) || SIGN_IN_CASES.has(id);
}
