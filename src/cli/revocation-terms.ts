import { GivenInstant } from '../api/common.ts';
import { NewRevocation, type NewRevocationJson } from '../api/revocations.ts';
import type { OptionTable, OptionValues } from './args.ts';
import { misuse } from './cli-error.ts';
import type { Io } from './io.ts';
import { createBadValue } from './option-values.ts';
import type { RevocableTarget } from './revocation-kinds.ts';

/** How and why something is revoked, as options. */
export const TERM_OPTIONS = {
  before: { type: 'string', value: 'WHEN', about: 'only what was issued until WHEN: an instant, or now' },
  'until-lifted': { type: 'boolean', about: 'everything, also what is issued later (default, but for all)' },
  until: { type: 'string', value: 'WHEN', about: 'the revocation ends by itself at WHEN' },
  reason: { type: 'string', value: 'TEXT', about: 'why, for operators' },
  'public-reason': { type: 'string', value: 'TEXT', about: 'why, for the visitor' },
  by: { type: 'string', value: 'NAME', about: 'who revokes (default: the user of this machine)' },
} as const satisfies OptionTable;

type Given = OptionValues<typeof TERM_OPTIONS>;

/** Fields of an order by the option, or the word, that fills them. */
const SOURCES: Readonly<Record<string, string>> = {
  before: '--before',
  until: '--until',
  reason: '--reason',
  publicReason: '--public-reason',
  by: '--by',
  uid: 'UID',
  subject: 'SUBJECT',
};

/** The order for the admin API, checked by its own schema. @throws CliError */
export function readOrder(
  target: RevocableTarget,
  given: Given,
  { env }: Pick<Io, 'env'>,
  command: string,
): NewRevocationJson {
  const by = given.by ?? (env.USER || env.USERNAME || undefined);
  const { until, reason, 'public-reason': publicReason } = given;
  checkInstant('--until', until, command);
  const order = NewRevocation.safeParse({
    ...target,
    ...readMode(given, command),
    until,
    reason,
    publicReason,
    by,
  });
  if (order.success) return order.data;
  const [issue] = order.error.issues;
  const source = SOURCES[String(issue?.path[0])] ?? 'What is revoked';
  throw createBadValue(source, `It ${issue?.message ?? 'cannot be taken'}.`, command);
}

/** Where neither is given, the gateway decides by the kind. */
function readMode(
  { before, 'until-lifted': untilLifted }: Given,
  command: string,
): Pick<NewRevocationJson, 'mode' | 'before'> {
  if (before !== undefined && untilLifted) throw createContradiction(command);
  if (untilLifted) return { mode: 'until-lifted' };
  if (before === undefined) return {};
  // The gateway's own clock: a moment of this machine's may lie in its future.
  if (before === 'now') return { mode: 'issued-before' };
  checkInstant('--before', before, command);
  return { mode: 'issued-before', before };
}

function checkInstant(option: string, text: string | undefined, command: string): void {
  if (text === undefined || GivenInstant.safeParse(text).success) return;
  const more = option === '--before' ? ', or now' : '';
  throw createBadValue(
    option,
    `It takes an instant with a time zone, such as 2027-01-31T09:00:00Z${more}.`,
    command,
  );
}

function createContradiction(command: string) {
  return misuse({
    code: 'options-contradict',
    what: '--before and --until-lifted are both there.',
    details: 'One takes back what was issued so far, the other also what is issued later.',
    fix: `Give one of them. See: postern help ${command}`,
  });
}
