import { version } from '../../../package.json';
import { GATEWAY_CHECKS } from '../../api/checks-gateway.ts';
import type { Finding } from '../../api/findings.ts';
import type { Stores, Visit } from '../../corridor.ts';
import { isLoopbackHost } from '../../lib/request-url.ts';
import { examineAll, findingsOf } from './examine.ts';

const tell = findingsOf(GATEWAY_CHECKS);

/** Stored keys that are looked at for the secret that sealed them: one list and one read. */
const KEYS_LOOKED_AT = 100;

/** What the running gateway knows of itself. */
export function examineGateway(visit: Visit): Promise<Finding[]> {
  const { config, stores } = visit.house;
  return examineAll(tell, [
    { checks: ['gateway.configuration'], examine: () => judgeWarnings(config.warnings) },
    {
      checks: ['gateway.former-secrets'],
      examine: async () => {
        const { length } = config.session.secrets;
        return [judgeSecrets(length, length > 1 && stores ? await countFormerlySealed(stores) : 0)];
      },
    },
    {
      checks: ['gateway.admin-host', 'gateway.https'],
      examine: () => [judgeAdminHost(config.admin.host), judgePublicAddress(new URL(visit.gateway))],
    },
  ]);
}

/** One finding for each warning, or one that says that there is none. */
export function judgeWarnings(warnings: readonly string[]): Finding[] {
  const [first] = warnings;
  if (first === undefined) {
    const seen = `Postern ${version} runs, and nothing of its configuration is warned of.`;
    return [tell('gateway.configuration', { verdict: 'green', seen })];
  }
  return warnings.map((warning) =>
    tell('gateway.configuration', {
      verdict: 'yellow',
      // The variable that it is about stands in front of the first colon, where it names one.
      ...(/^[A-Z][A-Z0-9_]+(?=: )/.test(warning) && { about: warning.slice(0, warning.indexOf(':')) }),
      seen: `${warning}.`,
      fix: 'Change the variable that it names; docs/configuration.md says what each of them means.',
    }),
  );
}

/** @param formerlySealed stored keys that only a former secret opens */
export function judgeSecrets(count: number, formerlySealed: number): Finding {
  if (count === 1)
    return tell('gateway.former-secrets', {
      verdict: 'green',
      seen: 'POSTERN_SECRETS holds one secret.',
    });
  const keys = formerlySealed === 1 ? '1 stored key is' : `${formerlySealed} stored keys are`;
  return tell('gateway.former-secrets', {
    verdict: 'yellow',
    seen: `POSTERN_SECRETS holds ${count} secrets; ${keys} still sealed with a former one.`,
    fix:
      formerlySealed === 0
        ? 'Once the longest session has passed since the newest was added, put that one alone: postern rotate --finish.'
        : 'Seal them anew (postern rotate), wait for the longest session, then put the newest secret alone.',
  });
}

export function judgeAdminHost(host: string | undefined): Finding {
  return host === undefined
    ? tell('gateway.admin-host', {
        verdict: 'yellow',
        seen: 'ADMIN_HOST is not set: the admin API answers on every host of the gateway.',
        fix: 'Set ADMIN_HOST to a host that visitors do not use, and guard it, for example with Cloudflare Access.',
      })
    : tell('gateway.admin-host', { verdict: 'green', seen: `It answers on ${host} alone.` });
}

/** @param gateway under which visitors know it */
export function judgePublicAddress({ protocol, host, origin }: URL): Finding {
  if (protocol === 'https:')
    return tell('gateway.https', { verdict: 'green', seen: `Visitors come to ${origin}.` });
  if (isLoopbackHost(host)) {
    const seen = `Visitors come to ${origin}, which is this machine: nothing leaves it.`;
    return tell('gateway.https', { verdict: 'green', seen });
  }
  return tell('gateway.https', {
    verdict: 'red',
    seen: `Visitors come to ${origin}, over plain HTTP.`,
    fix: 'Serve the gateway over HTTPS (Cloudflare: "Always Use HTTPS"), and let PUBLIC_URL begin with https://.',
  });
}

async function countFormerlySealed({ keys }: Stores): Promise<number> {
  const [{ records }, { newest }] = await Promise.all([keys.list(KEYS_LOOKED_AT, undefined), keys.keyring()]);
  return records.filter((opened) => opened.state === 'open' && opened.sealedWith !== newest.id).length;
}
