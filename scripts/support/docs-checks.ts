import type { CheckGroup, CheckRow } from '../../src/api/checks.ts';
import { escapeCell } from './markdown.ts';

const BEGIN = '<!-- Made by `npm run docs` from src/api/checks-*.ts, up to the end of the table. -->';
const END = '<!-- End of the table. -->';

/** The tables of all checks, one for each group. */
export function renderChecks(
  checks: Readonly<Record<string, CheckRow>>,
  titles: Readonly<Record<CheckGroup, string>>,
): string {
  const groups = Object.keys(titles) as CheckGroup[];
  return groups.map((group) => renderGroup(group, titles[group], checks)).join('\n\n');
}

function renderGroup(group: CheckGroup, title: string, checks: Readonly<Record<string, CheckRow>>): string {
  const rows = Object.entries(checks)
    .filter(([, row]) => row.group === group)
    .map(([name, { title: what, why, red = '', yellow = '' }]) =>
      formatRow([`\`${name}\``, what, why, red, yellow]),
    );
  const head = ['| check | looks at | why | red | yellow |', '|---|---|---|---|---|'];
  return `### ${title}: \`--only ${group}\`\n\n${[...head, ...rows].join('\n')}`;
}

function formatRow(cells: readonly string[]): string {
  return `| ${cells.map(escapeCell).join(' | ')} |`;
}

/** The page with another table between its two marks. @throws Error where it has none, or they are not in order */
export function putChecks(page: string, table: string): string {
  const [before, rest, ...more] = page.split(BEGIN);
  const [, after, ...others] = (rest ?? '').split(END);
  if (before === undefined || after === undefined || more.length > 0 || others.length > 0)
    throw new Error(`docs/operations.md needs each of its marks once: ${BEGIN} and ${END}`);
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
}
