import type { CheckGroup } from '../../api/checks.ts';
import { DOCTOR_GROUPS, DoctorOrder } from '../../api/doctor.ts';
import { worstOf } from '../../api/findings.ts';
import { ADMIN_OPTIONS, readGatewayOrigin } from '../admin-access.ts';
import { type AdminClient, connect } from '../admin-client.ts';
import { CliError, misuse } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { examineConfiguration } from '../doctor/configuration.ts';
import { readDeploymentFiles } from '../doctor/files.ts';
import { found, type PlacedFinding } from '../doctor/finding.ts';
import { examineGateway, skipGroups } from '../doctor/gateway.ts';
import { examineHealth } from '../doctor/health.ts';
import { formatExamination } from '../doctor/text.ts';
import type { Io } from '../io.ts';
import { findNearest } from '../nearest.ts';
import { readByForm, splitWords } from '../option-values.ts';
import { DoctorOutput } from '../output-schemas.ts';
import { formatJson } from '../print.ts';
import { createProgress, type Progress } from '../progress.ts';

const NAME = 'doctor';
const GROUPS: readonly CheckGroup[] = ['configuration', ...DOCTOR_GROUPS];

/** `postern doctor` */
export const doctor = defineCommand({
  name: NAME,
  summary: 'look what is wrong: with the files here, and with a running gateway',
  usage: 'doctor [--vars FILE] [--portal ADDRESS] [--only GROUP]…',
  description: `The first thing to run when something is wrong. Each finding says what was seen, why it matters, and how to mend it.

In this folder it reads wrangler.toml and .dev.vars as the gateway would. No value is printed. A file that is not there
is said, and stops nothing.

With POSTERN_URL set it asks the running gateway whether it is well. With POSTERN_ADMIN_TOKEN as well, the gateway looks
at itself: storage, Grafana, each share key, embedding, sign-in, OnCall. It asks Grafana and the provider as it would
for visitors, writes what it tries into storage, and takes it away again.

Groups: ${GROUPS.join(', ')}.

Exit code 0: nothing is red. 1: something is. 2: wrong use.`,
  examples: [
    'postern doctor',
    'postern doctor --only origin --only keys',
    'postern doctor --portal https://portal.example.com --json',
  ],
  positionals: [],
  options: {
    vars: { type: 'string', value: 'FILE', about: 'read FILE in place of .dev.vars: lines NAME=VALUE' },
    portal: { type: 'string', value: 'ADDRESS', about: 'the page that shall embed dashboards' },
    only: {
      type: 'string',
      value: 'GROUP',
      multiple: true,
      about: 'look at this group; may be given several times',
    },
    ...ADMIN_OPTIONS,
  },
  output: DoctorOutput,
  async run({ options }, io) {
    const { vars, portal, only, json } = options;
    if (portal !== undefined) readByForm(portal, DoctorOrder.shape.portal, '--portal', NAME);
    const groups = readGroups(only ?? []);
    const client = await findClient(options, io);
    const progress = createQuietProgress(io);
    const placed = [
      ...(await examineFiles(groups, vars, io)),
      ...(await examineRunning({ groups, portal, client, progress }, io)),
    ];
    progress.end();
    const findings = placed.map(({ finding }) => finding);
    const verdict = worstOf(findings);
    io.stdout.write(json ? formatJson({ verdict, findings }) : formatExamination(placed, io.stdout.style));
    return verdict === 'red' ? 1 : 0;
  },
});

/** @throws CliError for a word that is no group */
function readGroups(given: readonly string[]): ReadonlySet<CheckGroup> {
  const words = given.flatMap(splitWords);
  const unknown = words.find((word) => !(GROUPS as readonly string[]).includes(word));
  if (unknown === undefined && (given.length === 0 || words.length > 0))
    return new Set(words.length === 0 ? GROUPS : (words as CheckGroup[]));
  const nearest = findNearest(unknown ?? '', GROUPS);
  throw misuse({
    code: 'option-value',
    what: '--only names no group.',
    details: `Groups are ${GROUPS.join(', ')}.`,
    fix: nearest === undefined ? 'See: postern help doctor' : `Did you mean: --only ${nearest}`,
  });
}

/** What is known of the gateway beforehand: nothing, its address, or who may ask it. */
type Access =
  | { readonly kind: 'none' }
  | { readonly kind: 'address'; readonly origin: string }
  | { readonly kind: 'client'; readonly origin: string; readonly client: AdminClient };

/** @throws CliError where an address or a token is given that cannot be used */
async function findClient(given: Parameters<typeof connect>[0], io: Io): Promise<Access> {
  if ((io.env.POSTERN_URL ?? '').trim() === '') return { kind: 'none' };
  const origin = readGatewayOrigin(io.env.POSTERN_URL);
  try {
    return { kind: 'client', origin, client: await connect(given, io) };
  } catch (error) {
    const isMissing = error instanceof CliError && error.code === 'admin-token-missing';
    if (!isMissing || given['admin-token-file'] !== undefined) throw error;
    return { kind: 'address', origin };
  }
}

async function examineFiles(
  groups: ReadonlySet<CheckGroup>,
  vars: string | undefined,
  io: Io,
): Promise<PlacedFinding[]> {
  if (!groups.has('configuration')) return [];
  const findings = examineConfiguration(await readDeploymentFiles(vars, io));
  return findings.map((finding) => ({ group: 'configuration', finding }));
}

interface Running {
  readonly groups: ReadonlySet<CheckGroup>;
  readonly portal: string | undefined;
  readonly client: Access;
  readonly progress: Progress;
}

async function examineRunning(
  { groups, portal, client: access, progress }: Running,
  io: Io,
): Promise<PlacedFinding[]> {
  const asked = DOCTOR_GROUPS.filter((group) => groups.has(group));
  if (asked.length === 0) return [];
  if (access.kind === 'none') {
    const seen = 'POSTERN_URL is not set, so no running gateway was asked.';
    return [{ group: 'gateway', finding: found('gateway.reachable', 'skipped', seen) }];
  }
  progress.tell(`Asking ${access.origin} …`);
  const health = await examineHealth(access.origin, io);
  const placed = health.map((finding): PlacedFinding => ({ group: 'gateway', finding }));
  if (worstOf(health.filter(({ check }) => check === 'gateway.reachable')) === 'red')
    return [...placed, skip(skipGroups(asked, 'The gateway has to answer first.'))];
  if (access.kind === 'address')
    return [...placed, skip(skipGroups(asked, 'Set POSTERN_ADMIN_TOKEN, or write --admin-token-file FILE.'))];
  const onGroup = (title: string) => progress.tell(`Looking at: ${title} …`);
  return [...placed, ...(await examineGateway({ groups: asked, portal, onGroup }, access.client))];
}

function skip(finding: PlacedFinding['finding']): PlacedFinding {
  return { group: 'gateway', finding };
}

/** On a terminal alone: elsewhere nobody waits in front of it. */
function createQuietProgress({ stderr }: Io): Progress {
  return stderr.isTerminal ? createProgress(stderr) : { tell: () => undefined, end: () => undefined };
}
