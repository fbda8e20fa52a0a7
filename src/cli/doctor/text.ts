import { findCheck, GROUP_TITLES } from '../../api/check-table.ts';
import type { CheckGroup } from '../../api/checks.ts';
import type { Finding, Verdict } from '../../api/findings.ts';
import { hideKeys, type Style, showText } from '../print.ts';
import { formatBeside } from '../sso-columns.ts';
import type { PlacedFinding } from './finding.ts';

const COLUMNS = 80;
/** The worst first; in this order the last line counts them. */
const ORDER: readonly Verdict[] = ['red', 'yellow', 'green', 'skipped'];
const MARKS: Readonly<Record<Verdict, string>> = { red: '✘', yellow: '!', green: '✔', skipped: '–' };
const WORDS: Readonly<Record<Verdict, string>> = {
  red: 'red',
  yellow: 'yellow',
  green: 'green',
  skipped: 'not looked at',
};

/** All that was found, by groups, the worst first, and how much of it there is. */
export function formatExamination(placed: readonly PlacedFinding[], style: Style): string {
  const groups = (Object.keys(GROUP_TITLES) as CheckGroup[])
    .map((group) => ({
      group,
      findings: placed.filter((one) => one.group === group).map(({ finding }) => finding),
    }))
    .filter(({ findings }) => findings.length > 0)
    .sort((one, other) => rankOf(one.findings) - rankOf(other.findings));
  const sections = groups.map(
    ({ group, findings }) => `${style.bold(GROUP_TITLES[group])}\n${formatFindings(findings, style)}\n`,
  );
  return `${[...sections, formatCounts(placed.map(({ finding }) => finding))].join('\n')}\n`;
}

/** The worst first. What is well has one line. */
export function formatFindings(findings: readonly Finding[], style: Style): string {
  return [...findings]
    .sort((one, other) => ORDER.indexOf(one.verdict) - ORDER.indexOf(other.verdict))
    .map((finding) => formatFinding(finding, style))
    .join('\n');
}

/** Groups that have something to mend come first, the others as they are. */
function rankOf(findings: readonly Finding[]): number {
  const worst = Math.min(...findings.map(({ verdict }) => ORDER.indexOf(verdict)));
  return Math.min(worst, ORDER.indexOf('green'));
}

function formatFinding(finding: Finding, style: Style): string {
  const { verdict, seen, why, fix } = finding;
  const title = titleOf(finding);
  if (verdict === 'green') return paint(verdict, formatGreen(finding, title), style);
  const front = `  ${MARKS[verdict]} `;
  if (verdict === 'skipped') return paint(verdict, formatBeside(front, 4, `${title}: ${seen}`), style);
  const lines = [
    formatBeside(front, 4, title),
    formatBeside('      seen  ', 12, seen),
    formatBeside('      why   ', 12, why.replaceAll('`', '')),
    ...(fix === undefined ? [] : [formatBeside('      mend  ', 12, fix)]),
  ];
  return paint(verdict, lines.join('\n'), style);
}

/** The quotes of Markdown are for the table in docs/operations.md. */
function titleOf({ check, about }: Finding): string {
  const title = (findCheck(check)?.title ?? check).replaceAll('`', '');
  return about === undefined ? title : `${title} (${about})`;
}

/** One line: title and what was seen where both fit, else what was seen, else the title. */
function formatGreen({ about, seen }: Finding, title: string): string {
  const texts = [`${title}: ${seen}`, about === undefined ? seen : `${about}: ${seen}`, title].map(
    (text) => `  ${MARKS.green} ${plain(text)}`,
  );
  return texts.find((text) => [...text].length <= COLUMNS) ?? cut(texts.at(-1) ?? '');
}

function cut(text: string): string {
  return `${[...text].slice(0, COLUMNS - 1).join('')}…`;
}

function plain(text: string): string {
  return hideKeys(showText(text));
}

/** Widths were counted without colours. The mark is the first thing on its line. */
function paint(verdict: Verdict, text: string, style: Style): string {
  const colours: Readonly<Record<Verdict, (mark: string) => string>> = {
    red: style.bad,
    yellow: style.warn,
    green: style.good,
    skipped: style.dim,
  };
  return text.replace(MARKS[verdict], (mark) => colours[verdict](mark));
}

/** `2 red, 1 yellow, 14 green, 3 not looked at` */
function formatCounts(findings: readonly Finding[]): string {
  return ORDER.map((verdict) => ({
    verdict,
    count: findings.filter((one) => one.verdict === verdict).length,
  }))
    .filter(({ verdict, count }) => count > 0 || verdict === 'red')
    .map(({ verdict, count }) => `${count} ${WORDS[verdict]}`)
    .join(', ');
}
