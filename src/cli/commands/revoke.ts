import { type NewRevocationJson, RevocationAnswer } from '../../api/revocations.ts';
import { ADMIN_HELP, ADMIN_OPTIONS, checkStdinOnce } from '../admin-access.ts';
import { type AdminClient, connect } from '../admin-client.ts';
import { type Command, defineCommand } from '../command.ts';
import type { Io } from '../io.ts';
import { tellWarnings } from '../key-text.ts';
import { readWhole } from '../option-values.ts';
import { RevokeOutput } from '../output-schemas.ts';
import { formatJson } from '../print.ts';
import { createProgress } from '../progress.ts';
import { REVOCATION_ROWS, type RevocationKind } from '../revocation-kinds.ts';
import { readOrder, TERM_OPTIONS } from '../revocation-terms.ts';
import { formatBound, formatRevocation, nameTarget } from '../revocation-text.ts';
import { type Wait, waitUntilRefused } from '../revocation-wait.ts';
import { formatDuration } from '../words.ts';
import { revokeList } from './revoke-list.ts';

const TIMEOUT_SECONDS = 180;
const TIMEOUT_BOUNDS = { min: 1, max: 3600, unit: 'seconds' };

const WAIT_OPTIONS = {
  wait: { type: 'boolean', about: 'return when the gateway refuses' },
  timeout: { type: 'string', value: 'SECONDS', about: `wait no longer (default ${TIMEOUT_SECONDS})` },
} as const;

/** Rows such as `revoke link LINK_OR_ID`. */
function defineRevoke(row: RevocationKind): Command {
  const name = `revoke ${row.kind}`;
  return defineCommand({
    name,
    summary: `take back ${row.what}`,
    usage: `revoke ${row.usage} [--before WHEN] [--until WHEN] [--reason TEXT] [--wait]`,
    description: `${row.about}

Once this is answered, the revocation is stored, and the gateway refuses within its REVOCATION_MEMO_SECONDS and what KV
takes to tell every place of Cloudflare. Open sockets are closed within the same bound. --wait returns when the gateway
refuses; where that takes too long, the exit code is 1, and the revocation is stored all the same.

${ADMIN_HELP}`,
    examples: [`postern revoke ${row.example}`],
    positionals: row.positionals,
    options: { ...TERM_OPTIONS, ...WAIT_OPTIONS, ...ADMIN_OPTIONS, ...row.options },
    output: RevokeOutput,
    async run({ options, positionals: [word = ''] }, io) {
      checkStdinOnce(options['admin-token-file'], word === '-', row.positionals[0] ?? '');
      const timeoutSeconds = readTimeout(options.timeout, name);
      const target = await row.read({ word, org: readOrgOption(options), command: name }, io);
      const order = readOrder(target, options, io, name);
      const client = await connect(options, io);
      const wanted = { waits: options.wait === true, timeoutSeconds, asJson: options.json === true };
      await revoke(order, wanted, client, io);
      return 0;
    },
  });
}

function readTimeout(text: string | undefined, command: string): number {
  return text === undefined ? TIMEOUT_SECONDS : readWhole(text, '--timeout', TIMEOUT_BOUNDS, command);
}

/** Only some kinds have it. */
function readOrgOption(options: object): string | undefined {
  return 'org' in options && typeof options.org === 'string' ? options.org : undefined;
}

interface Wanted {
  readonly waits: boolean;
  readonly timeoutSeconds: number;
  readonly asJson: boolean;
}

async function revoke(
  order: NewRevocationJson,
  { waits, timeoutSeconds, asJson }: Wanted,
  client: AdminClient,
  io: Io,
): Promise<void> {
  const answer = await client.ask({
    method: 'POST',
    path: '/revocations',
    body: order,
    answer: RevocationAnswer,
  });
  const { revocation, bound, warnings } = answer;
  // Before any waiting: whoever breaks that off has to know that it is stored.
  if (!asJson) {
    const { style } = io.stdout;
    const headline = `Revoked ${nameTarget(revocation)}.`;
    io.stdout.write(`${style.good('✔')} ${style.bold(headline)}\n${formatRevocation(revocation)}`);
    tellWarnings(warnings, io.stderr);
    if (!waits) io.stdout.write(formatBound(bound));
  }
  const { id, at } = revocation;
  const seconds = waits
    ? await wait({ id, at, memoSeconds: bound.memoSeconds, timeoutSeconds }, client, io)
    : undefined;
  const waited = seconds === undefined ? null : ({ seen: true, seconds } as const);
  if (asJson) io.stdout.write(formatJson({ revocation, bound, warnings, wait: waited }));
  else if (seconds !== undefined) io.stdout.write(`The gateway refuses, after ${formatDuration(seconds)}.\n`);
}

async function wait(order: Wait, client: AdminClient, io: Io): Promise<number> {
  const progress = createProgress(io.stderr);
  try {
    return await waitUntilRefused(order, client, io, progress);
  } finally {
    progress.end();
  }
}

/** The family `revoke`, in the order of its help text. */
export const REVOKE_COMMANDS: readonly Command[] = [...REVOCATION_ROWS.map(defineRevoke), revokeList];
