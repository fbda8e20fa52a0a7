import { ADMIN_HELP, ADMIN_OPTIONS, checkStdinOnce } from '../admin-access.ts';
import { connect } from '../admin-client.ts';
import { misuse } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { GATEWAY_DEFAULTS } from '../gateway-defaults.ts';
import type { Io } from '../io.ts';
import { createBadValue, readWhole } from '../option-values.ts';
import { RotateOutput } from '../output-schemas.ts';
import { formatJson } from '../print.ts';
import { type RotationOrder, rotate as runRotation } from '../rotation.ts';
import { wantsStdin } from '../rotation-secrets.ts';
import { describeReport, formatReport, type NextWords, tellMore } from '../rotation-text.ts';

const STATE_FILE = '.postern-rotation.json';
const TIMEOUT_SECONDS = 180;

/** `postern rotate` */
export const rotate = defineCommand({
  name: 'rotate',
  summary: 'replace POSTERN_SECRETS without signing anybody out',
  usage: 'rotate [--put] [--finish | --now] [--secrets-file FILE] [-- WRANGLER_OPTIONS]',
  description: `Makes a new secret and leads through the order: put the new one and the former ones (wrangler secret put) → the gateway
works with both → stored keys are sealed with the new one → a day later, when no session can live under the former
ones any more: postern rotate --finish, which puts the new one alone.

The present value comes from POSTERN_SECRETS, --secrets-file or standard input: what is deployed cannot be read back.
With --put wrangler is run, and gets the value on its standard input; without it the command to type is told.

It can be stopped at every step: the same command goes on. Until the end the file --state holds the new and the
former secrets, for this user alone. Keep it out of repositories and backups; it is removed at the end. --save keeps
the new secret, which the next rotation asks for.

--now drops the former ones at once, after stored keys were sealed anew: everybody is out.

${ADMIN_HELP}`,
  examples: [
    'postern rotate --put --secrets-file secrets.txt --save secrets.txt',
    'postern rotate --finish --put --save secrets.txt -- --name my-gateway',
  ],
  positionals: [],
  passesRest: true,
  options: {
    put: {
      type: 'boolean',
      about: 'run "npx wrangler secret put POSTERN_SECRETS" where a value is to be put',
    },
    finish: { type: 'boolean', about: 'drop the former secrets, once sessions under them have ended' },
    now: { type: 'boolean', about: 'drop them at once: everybody is out' },
    'secrets-file': {
      type: 'string',
      value: 'FILE',
      about: 'read the present value from FILE, or from standard input where FILE is -',
    },
    state: { type: 'string', value: 'FILE', about: `where the rotation is kept (default ${STATE_FILE})` },
    save: {
      type: 'string',
      value: 'FILE',
      about: 'at the end keep the new value in FILE: the next rotation asks for it',
    },
    'session-max': {
      type: 'string',
      value: 'SECONDS',
      about: `the gateway's longest session, of links or sign-in (default ${GATEWAY_DEFAULTS.sessionMaxSeconds})`,
    },
    timeout: {
      type: 'string',
      value: 'SECONDS',
      about: `how long the gateway may take to work with a new value (default ${TIMEOUT_SECONDS})`,
    },
    force: { type: 'boolean', about: 'go on although some stored keys can be opened with no secret' },
    ...ADMIN_OPTIONS,
  },
  output: RotateOutput,
  async run({ options, rest }, io) {
    const order = readOrder(options, rest);
    checkStdinOnce(options['admin-token-file'], await needsStdin(order, io), 'the present secrets');
    const report = await runRotation(order, await connect(options, io), io);
    const next = repeatWords(order);
    if (options.json) io.stdout.write(formatJson(describeReport(report, next)));
    else io.stdout.write(formatReport(report, next, io.stdout.style));
    if (!options.json) tellMore(report, order.savePath !== undefined, io.stderr);
    return 0;
  },
});

/** What the next command has to repeat. */
function repeatWords({ puts, dropsFormer, savePath, statePath, wranglerArgs }: RotationOrder): NextWords {
  const flags = [
    ...(puts ? ['--put'] : []),
    ...(dropsFormer === 'now' ? ['--now'] : []),
    ...(savePath === undefined ? [] : ['--save', savePath]),
    ...(statePath === STATE_FILE ? [] : ['--state', statePath]),
  ];
  return { flags, wranglerArgs };
}

interface Given {
  readonly [option: string]: string | boolean | undefined;
}

function readOrder(given: Given, wranglerArgs: readonly string[]): RotationOrder {
  const { finish, now } = given;
  if (finish && now) throw createContradiction();
  for (const option of ['state', 'save'])
    if (given[option] === '') throw createBadValue(`--${option}`, 'It takes the name of a file.', 'rotate');
  const dropsFormer = now ? 'now' : finish ? 'finish' : 'later';
  return {
    statePath: textOf(given.state) ?? STATE_FILE,
    secretsFile: textOf(given['secrets-file']),
    savePath: textOf(given.save),
    puts: given.put === true,
    wranglerArgs,
    dropsFormer,
    force: given.force === true,
    sessionMaxSeconds: readSeconds(given, 'session-max', GATEWAY_DEFAULTS.sessionMaxSeconds),
    timeoutSeconds: readSeconds(given, 'timeout', TIMEOUT_SECONDS),
  };
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

const SECONDS_BOUNDS = { min: 1, max: 31_536_000, unit: 'seconds' };

function readSeconds(given: Given, option: string, fallback: number): number {
  const text = textOf(given[option]);
  return text === undefined ? fallback : readWhole(text, `--${option}`, SECONDS_BOUNDS, 'rotate');
}

/** Only at the beginning: later the file has what is needed. */
async function needsStdin({ statePath, secretsFile }: RotationOrder, io: Io): Promise<boolean> {
  if (!wantsStdin(secretsFile, io)) return false;
  try {
    await io.readFile(statePath);
    return false;
  } catch {
    // Whatever is wrong with the file is said by whoever reads it.
    return true;
  }
}

function createContradiction() {
  return misuse({
    code: 'options-contradict',
    what: '--finish and --now are both there.',
    details: 'One drops the former secrets once sessions have ended, the other at once.',
    fix: 'Give one of them. See: postern help rotate',
  });
}
