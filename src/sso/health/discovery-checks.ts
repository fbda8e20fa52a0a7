import type { Finding } from '../../api/findings.ts';
import { isLoopbackHost } from '../../lib/request-url.ts';
import type { Result } from '../../lib/result.ts';
import type { ProviderOptions } from '../options.ts';
import type { HealthContext } from './context.ts';
import { bySpeed, finding, skipped } from './finding.ts';
import { describeFailure, type Look, type LookFailure, look, readObject, tellAddress } from './look.ts';

/** The discovery document, or why there is none; undefined where no issuer is configured. */
export type DiscoveryLook = Result<Look, LookFailure> | undefined;

type Document = Readonly<Record<string, unknown>>;

const PATH = '/.well-known/openid-configuration';
const NO_ISSUER = 'SSO_ISSUER is not set, so there is no discovery document.';

/** Reads the document anew, whatever sign-in remembers. */
export function lookAtDiscovery({
  options,
  send,
}: Pick<HealthContext, 'options' | 'send'>): Promise<DiscoveryLook> {
  const { issuer } = options.provider;
  if (issuer === undefined) return Promise.resolve(undefined);
  return look(new Request(addressOf(issuer), { headers: { Accept: 'application/json' } }), send);
}

/** OpenID Connect Discovery §4.1. */
function addressOf(issuer: string): URL {
  const address = new URL(issuer);
  address.pathname = `${address.pathname.replace(/\/$/, '')}${PATH}`;
  return address;
}

/** The document's members; undefined for what is no document. */
export function readDocument(seen: DiscoveryLook): Document | undefined {
  return seen?.ok && seen.value.status === 200 ? readObject(seen.value) : undefined;
}

export function judgeDiscovery(seen: DiscoveryLook, { options }: HealthContext): Finding {
  const { issuer } = options.provider;
  if (seen === undefined || issuer === undefined) return skipped('sso.discovery', NO_ISSUER);
  const address = tellAddress(addressOf(issuer));
  const fix = `Open ${address} and see what it answers. The gateway goes there from the internet: a provider without a public address needs a tunnel.`;
  if (!seen.ok)
    return finding('sso.discovery', 'red', `${address} ${describeFailure(seen.reason)}.`, { fix });
  const { status, milliseconds } = seen.value;
  const measured = { milliseconds };
  if (status !== 200)
    return finding('sso.discovery', 'red', `${address} answered ${status}.`, { fix, ...measured });
  if (!readDocument(seen))
    return finding('sso.discovery', 'red', `${address} answered something else than a JSON object.`, {
      fix,
      ...measured,
    });
  return finding(
    'sso.discovery',
    bySpeed(milliseconds),
    `${address} answered in ${milliseconds} ms.`,
    measured,
  );
}

export function judgeIssuer(seen: DiscoveryLook, { options }: HealthContext): Finding {
  const { issuer } = options.provider;
  if (issuer === undefined) return skipped('sso.issuer', NO_ISSUER);
  const document = readDocument(seen);
  if (!document) return skipped('sso.issuer', 'There is no discovery document to look at.');
  if (document.issuer === issuer)
    return finding('sso.issuer', 'green', `The document names ${issuer}, as SSO_ISSUER does.`);
  return finding(
    'sso.issuer',
    'red',
    `The document names ${quote(document.issuer)}, and SSO_ISSUER is ${quote(issuer)}.`,
    {
      fix: 'Set SSO_ISSUER to the issuer of the document, letter by letter; unless it is the wrong document: then mend the provider.',
    },
  );
}

/** What is configured by which variable, and its member of the document. */
const ENDPOINTS: readonly {
  readonly member: string;
  readonly variable: string;
  readonly isNeeded: boolean;
  readonly find: (options: ProviderOptions) => URL | undefined;
}[] = [
  {
    member: 'authorization_endpoint',
    variable: 'GF_AUTH_GENERIC_OAUTH_AUTH_URL',
    isNeeded: true,
    find: ({ authorizationUrl }) => authorizationUrl,
  },
  {
    member: 'token_endpoint',
    variable: 'GF_AUTH_GENERIC_OAUTH_TOKEN_URL',
    isNeeded: true,
    find: ({ tokenUrl }) => tokenUrl,
  },
  {
    member: 'userinfo_endpoint',
    variable: 'GF_AUTH_GENERIC_OAUTH_API_URL',
    isNeeded: false,
    find: ({ userinfoUrl }) => userinfoUrl,
  },
  {
    member: 'jwks_uri',
    variable: 'GF_AUTH_GENERIC_OAUTH_JWK_SET_URL',
    isNeeded: true,
    find: ({ keysUrl }) => keysUrl,
  },
];

export function judgeEndpoints(seen: DiscoveryLook, { options }: HealthContext): Finding {
  const document = readDocument(seen);
  if (options.provider.issuer === undefined) return skipped('sso.endpoints', NO_ISSUER);
  if (!document) return skipped('sso.endpoints', 'There is no discovery document to compare with.');
  const isLocal = isLoopbackHost(new URL(options.provider.issuer).host);
  const missing: string[] = [];
  const others: string[] = [];
  for (const { member, variable, isNeeded, find } of ENDPOINTS) {
    const configured = find(options.provider);
    const named = readEndpoint(document[member], isLocal);
    if (configured === undefined && named === undefined && isNeeded) missing.push(member);
    if (configured && named && configured.href !== named.href)
      others.push(`${variable} is ${tellAddress(configured)}, and ${member} is ${tellAddress(named)}`);
  }
  if (missing.length > 0)
    return finding('sso.endpoints', 'red', `The document has no usable ${missing.join(', ')}.`, {
      fix: 'Set the variables of these endpoints, or mend the document: addresses have to be https.',
    });
  if (others.length > 0)
    return finding('sso.endpoints', 'yellow', `${others.join('; ')}.`, {
      fix: 'Leave the variable unset, so that the document counts, unless the difference is meant.',
    });
  return finding('sso.endpoints', 'green', describeSame(options.provider));
}

function describeSame(options: ProviderOptions): string {
  const configured = ENDPOINTS.filter(({ find }) => find(options) !== undefined).length;
  if (configured === 0) return 'All endpoints are taken from the document.';
  return `What is configured (${configured} of ${ENDPOINTS.length} endpoints) is what the document says.`;
}

/** As sign-in takes it: https, or plain http where the provider is this machine. */
export function readEndpoint(value: unknown, isLocal: boolean): URL | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  const isAllowed =
    url.protocol === 'https:' || (url.protocol === 'http:' && isLocal && isLoopbackHost(url.host));
  return isAllowed ? url : undefined;
}

/** What a provider says, as a short text without control characters. */
function quote(value: unknown): string {
  if (typeof value !== 'string') return 'none';
  return `"${value.slice(0, 200).replace(/[^\x20-\x7e]/g, '?')}"`;
}
