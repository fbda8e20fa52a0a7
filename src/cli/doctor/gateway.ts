import { GROUP_TITLES } from '../../api/check-table.ts';
import { DoctorAnswer, type DoctorGroup } from '../../api/doctor.ts';
import type { Finding } from '../../api/findings.ts';
import { type AdminClient, readPages } from '../admin-client.ts';
import { CliError } from '../cli-error.ts';
import { found, type PlacedFinding } from './finding.ts';

/** Each group asks others in its turn, some of them one after the other. */
const TIMEOUT_SECONDS = 60;
/** Codes after which no other group will be answered either. */
const HOPELESS = new Set([
  'admin_token_required',
  'admin-api-missing',
  'gateway-foreign',
  'gateway-unreachable',
  'too_many_attempts',
  'misconfigured',
]);

/** What is looked at through the admin API. */
export interface Examination {
  readonly groups: readonly DoctorGroup[];
  readonly portal: string | undefined;
  /** Told before each group. */
  readonly onGroup: (title: string) => void;
}

/** Asks the gateway to look at each group. What it cannot be asked about is a finding, too. */
export async function examineGateway(
  { groups, portal, onGroup }: Examination,
  client: AdminClient,
): Promise<PlacedFinding[]> {
  const placed: PlacedFinding[] = [];
  for (const group of groups) {
    onGroup(GROUP_TITLES[group]);
    const { findings, end } = await examineGroup(group, portal, client);
    placed.push(...findings.map((finding) => ({ group, finding })));
    if (!end) continue;
    placed.push({ group: 'gateway', finding: describeTrouble(group, end) });
    if (!HOPELESS.has(end.code)) continue;
    const rest = groups.slice(groups.indexOf(group) + 1);
    return rest.length === 0
      ? placed
      : [...placed, { group: 'gateway', finding: skipGroups(rest, end.message) }];
  }
  return placed;
}

interface GroupResult {
  readonly findings: readonly Finding[];
  /** Why there are no more. */
  readonly end: CliError | undefined;
}

async function examineGroup(
  group: DoctorGroup,
  portal: string | undefined,
  client: AdminClient,
): Promise<GroupResult> {
  const findings: Finding[] = [];
  const readPage = (cursor: string | undefined) =>
    client.ask({
      method: 'POST',
      path: '/doctor',
      body: { group, portal, cursor },
      answer: DoctorAnswer,
      timeoutSeconds: TIMEOUT_SECONDS,
    });
  try {
    for await (const page of readPages(readPage)) findings.push(...page.findings);
    return { findings, end: undefined };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { findings, end: error };
  }
}

function describeTrouble(group: DoctorGroup, { code, message, details, fix }: CliError): Finding {
  const about = group;
  // A gateway of an earlier version has no doctor.
  if (code === 'not_found')
    return found(
      'gateway.admin-api',
      'skipped',
      `The gateway cannot look at ${nameOf(group)}: it is of an earlier version.`,
      { about },
    );
  return found('gateway.admin-api', 'red', `${message} ${details}`, { about, fix });
}

/** Groups that nobody looked at, and why. */
export function skipGroups(groups: readonly DoctorGroup[], why: string): Finding {
  return found('gateway.admin-api', 'skipped', `Not looked at: ${groups.map(nameOf).join(', ')}. ${why}`);
}

function nameOf(group: DoctorGroup): string {
  return GROUP_TITLES[group];
}
