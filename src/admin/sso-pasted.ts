import type { WarningDocument } from '../api/common.ts';
import type { ExplainOrderJson, FurtherName } from '../api/sso.ts';
import type { ClaimSettings } from '../sso/claim-settings.ts';
import { readJwtPayload } from '../sso/jwt-payload.ts';
import type { SsoOptions } from '../sso/options.ts';
import type { FurtherAnswers, Source } from '../sso/person.ts';
import type { Step } from '../sso/steps.ts';
import { Refused } from './refused.ts';
import { pickWarnings } from './warning-rows.ts';

type Claims = Source['claims'];

/** What was pasted, in the shape in which a sign-in gets it from the provider. */
export interface Pasted {
  readonly sources: readonly Source[];
  /** Claims of the ID token, which may name the issuer. */
  readonly idClaims: Claims | undefined;
  /** The operator's, without the lists that nothing was pasted for. */
  readonly settings: ClaimSettings;
  readonly answers: FurtherAnswers;
  /** What decides and was not pasted. Complete once {@link identify} is through. */
  readonly missing: ReadonlySet<FurtherName>;
  readonly warnings: readonly WarningDocument[];
}

/** A list of who is let in that is checked against an answer of its own. */
interface AskedList {
  readonly name: 'teams' | 'organizations';
  readonly source: 'teams' | 'orgs';
  readonly option: string;
  readonly setting: 'teamIds' | 'allowedOrganizations';
}

const LISTS: readonly AskedList[] = [
  { name: 'teams', source: 'teams', option: 'team_ids', setting: 'teamIds' },
  {
    name: 'organizations',
    source: 'orgs',
    option: 'allowed_organizations',
    setting: 'allowedOrganizations',
  },
];

const NOT_PASTED = 'not pasted, so nobody can say';

/** Reads what was pasted. Tokens are read and not verified. @throws Refused for an ID token that is none */
export async function readPasted(order: ExplainOrderJson, options: SsoOptions): Promise<Pasted> {
  const idClaims = await readIdToken(order.idToken);
  const accessClaims = await readToken(order.accessToken);
  const userinfo = isUserinfoAsked(options) ? order.userinfo : undefined;
  const unasked = LISTS.filter((list) => isMissing(list, order, options.claims));
  const missing = new Set<FurtherName>(unasked.map(({ name }) => name));
  const emails = async () => {
    if (order.emails === undefined) missing.add('emails');
    return order.emails;
  };
  return {
    sources: [
      ...sourceOf('id_token', idClaims),
      ...sourceOf('userinfo', userinfo),
      ...sourceOf('access_token', accessClaims),
    ],
    idClaims,
    settings: { ...options.claims, ...Object.fromEntries(unasked.map(({ setting }) => [setting, []])) },
    answers: { emails, teams: async () => order.teams, organizations: async () => order.organizations },
    missing,
    warnings: warningsOf(order, options, accessClaims),
  };
}

export const EMAILS_MISSING: WarningDocument = {
  code: 'emails-missing',
  message:
    'No source gives an address, and no answer of <api_url>/emails was pasted, which sign-in asks for then.',
};

/** The steps for what would have decided. */
export function stepsOfMissing(missing: ReadonlySet<FurtherName>): Step[] {
  const email: Step = { about: 'email', source: 'emails', by: 'primary', counts: true, note: NOT_PASTED };
  const lists = LISTS.filter(({ name }) => missing.has(name)).map(
    ({ source, option }): Step => ({ about: 'allowed', source, by: option, counts: true, note: NOT_PASTED }),
  );
  return missing.has('emails') ? [email, ...lists] : lists;
}

/** A list that cannot be read lets nobody in, whatever was pasted. */
function isMissing({ name, setting }: AskedList, order: ExplainOrderJson, claims: ClaimSettings): boolean {
  const list = claims[setting];
  return order[name] === undefined && list !== 'malformed' && list.length > 0;
}

function isUserinfoAsked({ provider }: SsoOptions): boolean {
  return provider.userinfoUrl !== undefined || provider.issuer !== undefined;
}

function sourceOf(name: Source['name'], claims: Claims | undefined): Source[] {
  return claims ? [{ name, claims }] : [];
}

async function readIdToken(given: ExplainOrderJson['idToken']): Promise<Claims | undefined> {
  const claims = await readToken(given);
  if (given === undefined || claims) return claims;
  throw new Refused('invalid_input', 'idToken: is no JWT with claims in it.');
}

async function readToken(given: Claims | string | undefined): Promise<Claims | undefined> {
  return typeof given === 'string' ? readJwtPayload(given.trim()) : given;
}

function warningsOf(
  order: ExplainOrderJson,
  options: SsoOptions,
  accessClaims: Claims | undefined,
): WarningDocument[] {
  const { idToken, userinfo, accessToken } = order;
  return pickWarnings([
    [
      idToken !== undefined || typeof accessToken === 'string',
      'not-verified',
      'What was pasted is not verified. Sign-in verifies the ID token: its signature, where the keys of the provider are known, and whom it is from and for, when, and the nonce.',
    ],
    [
      accessToken !== undefined && !accessClaims,
      'access-token-opaque',
      'The access token is no JWT, so there are no claims in it, at sign-in neither.',
    ],
    [
      idToken === undefined && options.client.scopes.includes('openid'),
      'id-token-missing',
      'The scope openid is asked for, so sign-in gets an ID token, and no claims of one were pasted. They come first.',
    ],
    [
      userinfo === undefined && isUserinfoAsked(options),
      'userinfo-missing',
      'Sign-in asks the provider for userinfo too, and no answer of it was pasted. What it says is not counted here.',
    ],
    [
      userinfo !== undefined && !isUserinfoAsked(options),
      'userinfo-not-asked',
      'Neither api_url nor SSO_ISSUER is set, so sign-in asks for no userinfo. What was pasted of it is left out.',
    ],
    [
      order.emails !== undefined && !options.claims.hasUserinfo,
      'emails-not-asked',
      'api_url is not set, so sign-in does not ask for /emails. What was pasted of it is left out.',
    ],
    ...LISTS.map(
      (list) =>
        [
          isMissing(list, order, options.claims),
          `${list.name}-missing`,
          `${list.option} is set, and no ${list.name} were pasted. Sign-in asks for them, and lets nobody in who is in none.`,
        ] as const,
    ),
    [
      !options.allowSignUp,
      'sign-up-not-checked',
      'allow_sign_up is false: whom Grafana has no account for is not let in. Grafana is not asked here.',
    ],
  ]);
}
