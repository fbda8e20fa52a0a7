import { parseArgs } from 'node:util';
import type { GrafanaOptions } from './grafana.ts';
import { DemoError } from './lib/demo-error.ts';
import type { DemoOptions } from './start.ts';

const DEFAULT_PORT = 8787;
const DEFAULT_NAME = 'postern-demo';
const ENVIRONMENT = {
  grafana: 'POSTERN_DEMO_GRAFANA',
  token: 'POSTERN_DEMO_TOKEN',
  dashboard: 'POSTERN_DEMO_DASHBOARD',
  org: 'POSTERN_DEMO_ORG',
} as const;

const FLAGS = {
  port: { type: 'string' },
  grafana: { type: 'string' },
  token: { type: 'string' },
  dashboard: { type: 'string' },
  org: { type: 'string' },
  name: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const HELP = `npm run demo [-- flags]

Starts Postern on this machine, in front of a small dashboard origin that answers like Grafana, with a customer
portal beside it. Nothing to configure; Ctrl-C ends it.

  --port N          the gateway's port; origin and portal take the next two (default ${DEFAULT_PORT})
  --help            this text

In front of a Grafana of your own, instead of the demo's origin:

  --grafana URL     its address                              (or ${ENVIRONMENT.grafana})
  --token TOKEN     a service account token, or an API key   (or ${ENVIRONMENT.token}: stays out of the
                    process list and the shell's history)
  --dashboard UID   the dashboard to show; without it the first that the token sees (or ${ENVIRONMENT.dashboard})
  --org N           the token's organisation, default 1      (or ${ENVIRONMENT.org})
  --name NAME       the share key's name, default ${DEFAULT_NAME}`;

/** What the command line and the environment ask for. A flag counts before its environment name. */
export type Request = { readonly help: true } | { readonly help: false; readonly options: DemoOptions };

/**
 * Reads the command line.
 *
 * @param environment as `process.env`; empty values count as absent
 * @throws DemoError with exit code 2 for a flag that is unknown or has a wrong value
 */
export function readOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Request {
  const values = readFlags(args);
  if (values.help) return { help: true };
  const read = (name: keyof typeof ENVIRONMENT) =>
    values[name] || environment[ENVIRONMENT[name]] || undefined;
  const port = readNumber('--port', values.port, DEFAULT_PORT, 65_535);
  const url = read('grafana');
  const only = { token: read('token'), dashboardUid: read('dashboard') };
  if (url === undefined) return { help: false, options: withoutGrafana(port, values) };
  const orgId = readNumber('--org', read('org'), 1, 9_999_999_999);
  return {
    help: false,
    options: { port, grafana: readGrafana(url, { ...only, orgId, name: values.name || DEFAULT_NAME }) },
  };
}

/** Flags that only mean something for a real Grafana are a mistake without one; left-over environment is not. */
function withoutGrafana(port: number, values: Readonly<Record<string, unknown>>): DemoOptions {
  const stray = ['token', 'dashboard', 'org', 'name'].find((name) => values[name] !== undefined);
  if (stray === undefined) return { port };
  throw misuse(
    `--${stray} needs --grafana.`,
    'The demo’s own origin has its own keys and dashboards.',
    'Add --grafana URL.',
  );
}

function readGrafana(
  url: string,
  rest: Omit<GrafanaOptions, 'url' | 'token'> & { token: string | undefined },
): GrafanaOptions {
  const { token } = rest;
  if (token === undefined) {
    const fix = `Set ${ENVIRONMENT.token}, or add --token TOKEN (Grafana: Administration, Service accounts).`;
    throw misuse(
      '--grafana needs a token.',
      'The gateway shows a dashboard under a service account’s token.',
      fix,
    );
  }
  return { ...rest, url: readAddress(url), token };
}

function readAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const usable =
    (url?.protocol === 'http:' || url?.protocol === 'https:') && url.username === '' && url.password === '';
  if (url && usable) return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  const why = 'It has to be an http or https address without a user name or password in it.';
  throw misuse('--grafana has no usable address.', why, 'For example: --grafana http://127.0.0.1:3000');
}

function readNumber(flag: string, text: string | undefined, fallback: number, max: number): number {
  if (text === undefined) return fallback;
  const value = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw misuse(
    `${flag} has no usable value.`,
    `“${text}” is not a whole number from 1 to ${max}.`,
    `For example: ${flag} ${fallback}`,
  );
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    // The parser's own sentence names the flag; its hints about positional arguments do not fit here.
    const why = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
    throw misuse(
      'The demo does not know that flag.',
      `${why}.`,
      'npm run demo -- --help lists what there is.',
    );
  }
}

function misuse(what: string, why: string, fix: string): DemoError {
  return new DemoError(what, { why, fix, exitCode: 2 });
}
