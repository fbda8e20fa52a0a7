import { type Config, type ConfigMistake, readConfig } from '../../src/config/read.ts';
import { formatMistake } from '../../src/config/report.ts';
import { SECRET } from './gateway.ts';
import { ORIGIN } from './origin.ts';

/** The least that a gateway needs. */
export const LEAST = { ORIGIN_URL: ORIGIN, POSTERN_SECRETS: SECRET };

export function readRight(vars: Readonly<Record<string, unknown>> = {}): Config {
  const config = readConfig({ ...LEAST, ...vars });
  if (!config.ok) throw new Error(config.reason.map(formatMistake).join('\n'));
  return config.value;
}

export function readWrong(vars: Readonly<Record<string, unknown>>): readonly ConfigMistake[] {
  const config = readConfig({ ...LEAST, ...vars });
  if (config.ok) throw new Error('the configuration was taken');
  return config.reason;
}

/** `VARIABLE problem` of every mistake, for tables. */
export function problemsOf(vars: Readonly<Record<string, unknown>>): string[] {
  return readWrong(vars).map(({ variable, problem }) => `${variable} ${problem}`);
}

/** Every mistake as the log says it. */
export function messagesOf(vars: Readonly<Record<string, unknown>>): string {
  return readWrong(vars).map(formatMistake).join('\n');
}
