import { describeNext } from './deploy-answer.ts';
import { checkSettings, type WorkerSettings } from './deploy-config.ts';
import { checkOrigin, findOriginWarnings, type OriginChoice } from './deploy-origin.ts';
import type { NewSecrets } from './deploy-secrets.ts';
import type { DeployTools } from './deploy-tools.ts';

const ORIGIN_SOURCES: Readonly<Record<OriginChoice['from'], string>> = {
  flag: 'from --origin',
  'wrangler.toml': 'from wrangler.toml',
  environment: 'from the environment',
  question: 'as you said',
};

export function sayOrigin({ url, from }: OriginChoice, { terminal }: DeployTools): void {
  const checked = checkOrigin(url);
  if (!checked.ok) throw checked.reason;
  terminal.say(`✔ Origin: ${url} (${ORIGIN_SOURCES[from]})`);
  for (const warning of findOriginWarnings(checked.value)) terminal.say(`! ${warning}`);
}

export function sayConfiguration(settings: WorkerSettings, { terminal }: DeployTools): void {
  const checked = checkSettings(settings);
  if (!checked.ok) throw checked.reason;
  terminal.say('✔ The configuration holds');
  for (const warning of checked.value) terminal.say(`! ${warning}`);
}

export function saySecrets(existing: readonly string[], made: NewSecrets, { terminal }: DeployTools): void {
  const names = Object.keys(made);
  const kept = existing.filter((name) => !names.includes(name));
  terminal.say(
    `✔ Secrets: ${[...names.map((name) => `new ${name}`), ...kept.map((name) => `${name} stays`)].join(', ')}`,
  );
  if (!existing.includes('SHARE_KEYS') && !names.includes('SHARE_KEYS'))
    terminal.say('! SHARE_KEYS is not set');
}

export async function sayResult(
  address: string | undefined,
  hasShareKeys: boolean,
  { terminal, waitForHealth }: DeployTools,
): Promise<void> {
  if (address === undefined) {
    terminal.say(
      '! Deployed, but it has no address: workers_dev is off in wrangler.toml, and there is no route.',
    );
  } else {
    terminal.say(`✔ Deployed: ${address}`);
    const isHealthy = await waitForHealth(address);
    terminal.say(isHealthy ? '✔ It answers' : `! It does not answer yet. Try: curl ${address}/-/health`);
  }
  terminal.say(`\n${describeNext(address, hasShareKeys)}`);
}
