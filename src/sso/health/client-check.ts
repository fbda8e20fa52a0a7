import type { Finding } from '../../api/findings.ts';
import { CALLBACK_PATH } from '../addresses.ts';
import type { ClientProbe } from '../provider/token-endpoint.ts';
import type { HealthContext } from './context.ts';
import { finding, skipped } from './finding.ts';
import { tellAddress } from './look.ts';

/** What stands for the gateway's address where nobody says it. Providers look at the code first. */
const SOMEWHERE = 'https://localhost';

type Needed = Pick<HealthContext, 'options' | 'provider' | 'endpoints' | 'now' | 'gateway'>;

/** Whether the provider takes client id and secret, found out by a code that cannot be valid. */
export async function checkClient({ options, provider, endpoints, now, gateway }: Needed): Promise<Finding> {
  if (!endpoints) return skipped('sso.client', 'The address of the token endpoint is not known.');
  const startedMs = Date.now();
  const redirectUri = `${gateway ?? SOMEWHERE}${CALLBACK_PATH}`;
  const probe = await provider.tokenEndpoint.probe(redirectUri, endpoints, now);
  const milliseconds = Date.now() - startedMs;
  return judge(probe, tellAddress(endpoints.token), options.client.secret !== undefined, milliseconds);
}

function judge(probe: ClientProbe, where: string, hasSecret: boolean, milliseconds: number): Finding {
  const measured = { milliseconds };
  switch (probe.kind) {
    case 'accepted':
      return finding(
        'sso.client',
        'green',
        `${where} takes the client${hasSecret ? ' and its secret' : ''}, and refused the code that nobody got, as it should, in ${milliseconds} ms.`,
        measured,
      );
    case 'refused':
      return finding(
        'sso.client',
        'red',
        `${where} does not take the client id or its secret (invalid_client).`,
        {
          fix: 'Copy the client secret from the provider, say after a restore or when it was made anew: npx wrangler secret put GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET. Then: postern sso recover --dry-run',
          ...measured,
        },
      );
    case 'unreachable':
    case 'timeout':
      return finding(
        'sso.client',
        'red',
        probe.kind === 'timeout'
          ? `${where} did not answer in time.`
          : `${where} could not be reached, or answered 5xx.`,
        { fix: 'See whether the provider is up. Sessions go on for SSO_GRACE_SECONDS.', ...measured },
      );
    case 'unclear':
      return finding(
        'sso.client',
        'yellow',
        `${where} answered ${probe.word === undefined ? 'in no form of its standard' : `"${probe.word}"`}, which does not say whether it takes the client.`,
        {
          fix: 'Sign in once; if that fails, postern events has the reason. GF_AUTH_GENERIC_OAUTH_AUTH_STYLE says how the secret is sent.',
          ...measured,
        },
      );
  }
}
