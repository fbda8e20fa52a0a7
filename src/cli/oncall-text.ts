import type { BindingJson, WhichJson } from '../api/oncall.ts';
import { formatRows, type Style, showText } from './print.ts';
import { formatDuration } from './words.ts';

/** The ways to a region, for people. */
const WAY_WORDS: Readonly<Record<NonNullable<WhichJson['way']>, string>> = {
  binding: 'an operator has bound it',
  learnt: 'learnt before',
  stack: 'its stack has said so',
  claim: 'the token says so itself',
  probe: 'the region knows it: all of them were asked',
};

/** The region of a token, or what a call would be answered. */
export function formatWhich({ kind, region, address, way, clues, problem }: WhichJson, style: Style): string {
  const headline = problem
    ? `${style.bad('✘')} ${style.bold(`A call with this token would be answered ${problem.status}${problem.code === null ? '' : ` ${problem.code}`}.`)}`
    : `${style.good('✔')} ${style.bold(`This token belongs to ${showText(region ?? '')}.`)}`;
  const rows: [string, string | null][] = [
    ['Kind', kind ?? 'none that OnCall takes'],
    ['Address', address],
    ['Found', way && WAY_WORDS[way]],
    ['Because', problem?.detail ?? null],
    ['Known by', clues.length === 0 ? null : clues.join('\n')],
  ];
  const shown = rows.flatMap(([label, text]) => (text === null ? [] : [[label, spell(text)] as const]));
  return `${headline}\n${formatRows(shown)}\n`;
}

/** A binding, below what was done to it. */
export function formatBinding(headline: string, binding: BindingJson, style: Style): string {
  const { clue, region, effectiveSeconds } = binding;
  const rows = formatRows([
    ['Known by', spell(clue)],
    ['Region', spell(region)],
  ]);
  const bound = `In effect at once where the gateway answered, elsewhere within about ${formatDuration(effectiveSeconds)}.`;
  return `${style.good('✔')} ${style.bold(headline)}\n${rows}\n${bound}\n`;
}

/** Line by line: an end of a line is this program's own. */
function spell(text: string): string {
  return text.split('\n').map(showText).join('\n');
}
