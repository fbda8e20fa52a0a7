import type { Finding } from '../../api/findings.ts';
import { toBase64Url } from '../../lib/bytes.ts';
import { CALLBACK_PATH } from '../addresses.ts';
import type { HealthContext } from './context.ts';
import { finding, skipped } from './finding.ts';
import { describeFailure, type Look, look, tellAddress } from './look.ts';

/** With `prompt=none` a provider leads back at once, and says that nobody is signed in (OpenID Connect Core §3.1.2.6). */
const NOBODY_HERE = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
]);
/** Errors that every sign-in would meet (RFC 6749 §4.1.2.1). */
const BROKEN = new Set([
  'invalid_request',
  'invalid_scope',
  'unauthorized_client',
  'unsupported_response_type',
]);
/** Statuses that say nothing of the address. */
const ABOUT_ELSE = new Set([401, 403, 408, 429]);

/** Whether the provider knows where to lead back to, as far as an authorization request of nobody's tells. */
export async function checkRedirect(context: HealthContext): Promise<Finding> {
  const { endpoints, gateway, send } = context;
  if (gateway === undefined)
    return skipped('sso.redirect', 'The address of the gateway is not known here.', 'Set PUBLIC_URL.');
  if (!endpoints) return skipped('sso.redirect', 'The address of the authorization endpoint is not known.');
  const redirectUri = `${gateway}${CALLBACK_PATH}`;
  const address = addressOf(endpoints.authorization, redirectUri, context);
  const seen = await look(new Request(address, { headers: { Accept: 'text/html' } }), send);
  const where = tellAddress(endpoints.authorization);
  if (seen.ok) return judge(seen.value, where, redirectUri);
  if (seen.reason === 'too-long') return cannotTell(where, 'a page');
  return finding('sso.redirect', 'red', `${where} ${describeFailure(seen.reason)}.`, {
    fix: 'See whether the provider is up: sign-in begins at this address.',
  });
}

function addressOf(authorization: URL, redirectUri: string, { options }: HealthContext): URL {
  const address = new URL(authorization);
  const random = () => toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
  const parameters = {
    response_type: 'code',
    client_id: options.client.id,
    redirect_uri: redirectUri,
    scope: options.client.scopes.join(' '),
    state: random(),
    nonce: random(),
    code_challenge: random(),
    code_challenge_method: 'S256',
    // Whoever does not know OpenID Connect may take this for a mistake.
    ...(options.provider.issuer !== undefined && { prompt: 'none' }),
  };
  for (const [name, value] of Object.entries(parameters))
    if (value !== '') address.searchParams.set(name, value);
  return address;
}

function judge({ status, headers, milliseconds }: Look, where: string, redirectUri: string): Finding {
  const register = `Register ${redirectUri} as a redirect address of this client at the provider.`;
  const measured = { milliseconds };
  if (status >= 500)
    return finding('sso.redirect', 'red', `${where} answered ${status}.`, {
      fix: 'See what is wrong with the provider: sign-in begins at this address.',
      ...measured,
    });
  if (ABOUT_ELSE.has(status))
    return finding(
      'sso.redirect',
      'yellow',
      `${where} answered ${status}, which does not say whether ${redirectUri} is registered.`,
      {
        fix: 'Sign in once to see.',
        ...measured,
      },
    );
  if (status >= 400)
    return finding(
      'sso.redirect',
      'red',
      `${where} refused an authorization request for ${redirectUri} with ${status}.`,
      { fix: register, ...measured },
    );
  const location = headers.get('Location');
  if (status < 300 || location === null) return cannotTell(where, 'a page of its own', measured);
  const target = URL.canParse(location, where) ? new URL(location, where) : undefined;
  if (target && `${target.origin}${target.pathname}` === redirectUri)
    return judgeBack(target, where, redirectUri, measured);
  return cannotTell(where, 'its own sign-in', measured);
}

function judgeBack(
  { searchParams }: URL,
  where: string,
  redirectUri: string,
  measured: { readonly milliseconds: number },
): Finding {
  const error = searchParams.get('error') ?? '';
  if (NOBODY_HERE.has(error) || searchParams.has('code'))
    return finding('sso.redirect', 'green', `${where} leads back to ${redirectUri}.`, measured);
  const word = /^[a-z_]{1,40}$/.test(error) ? error : 'an error';
  return finding(
    'sso.redirect',
    BROKEN.has(error) ? 'red' : 'yellow',
    `${where} leads back to ${redirectUri}, with ${word}.`,
    {
      fix: 'Compare the scopes and grant types of this client at the provider with what is configured here.',
      ...measured,
    },
  );
}

/** A page may be its sign-in, or tell a person what is wrong: nobody reads it here. */
function cannotTell(where: string, what: string, measured: { readonly milliseconds?: number } = {}): Finding {
  return finding(
    'sso.redirect',
    'green',
    `${where} answers with ${what}, and no refusal: that is as far as can be told.`,
    measured,
  );
}
