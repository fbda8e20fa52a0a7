import type { DecisionJson, ExplanationJson, PersonJson, PresentedJson, StepJson } from '../api/sso.ts';
import type { Style } from './print.ts';
import { formatBeside } from './sso-columns.ts';

const LABEL_WIDTH = 17;
const SOURCE_WIDTH = 12;
/** Where the text of a step begins: behind indent, mark and source. */
const STEP_WIDTH = 4 + 2 + SOURCE_WIDTH + 2;
/** More of one value is for `--json`. */
const VALUE_LENGTH_MAX = 600;

/** What steps are about, for people. */
const TITLES: Readonly<Record<StepJson['about'], string>> = {
  sub: 'Who it is (sub)',
  role: 'Role',
  organizations: 'Organisations at the provider',
  mapping: 'Entries of org_mapping',
  login: 'Login',
  name: 'Name',
  email: 'Address',
  groups: 'Groups',
  teams: 'Teams',
  allowed: 'Who is let in',
  account: 'What the gateway looks at itself',
  decision: 'Decision',
};

/** An explanation for people: the decision, who it is, what Grafana is told, and every step. */
export function formatExplanation({ decision, steps }: ExplanationJson, style: Style): string {
  const known = decision.allowed === false ? undefined : decision;
  const sections = [
    formatDecision(decision, style),
    known?.person ? `${style.bold('Who it would be')}\n${formatPerson(known.person)}` : '',
    known?.presented
      ? `${style.bold('What Grafana would be told')}\n${formatPresented(known.presented)}`
      : '',
    `${style.bold('Steps; → is what counted')}\n\n${formatSteps(steps, style)}`,
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function formatDecision(decision: DecisionJson, style: Style): string {
  switch (decision.allowed) {
    case true:
      return `${style.good('✔')} ${style.bold('Would be let in.')}`;
    case false: {
      const headline = `Would be refused: ${decision.code}`;
      return `${style.bad('✘')} ${style.bold(headline)}\n${formatBeside('', 2, decision.detail)}`;
    }
    case null: {
      const options = decision.missing.map((name) => `--${name}`).join(' and ');
      const more = `What ${options} would hold decides it.`;
      return `${style.bad('?')} ${style.bold('Nobody can say: not everything was pasted.')}\n${formatBeside('', 2, more)}`;
    }
  }
}

function formatPerson({ sub, login, name, email, orgRoles, isGrafanaAdmin, groups }: PersonJson): string {
  return formatLabels([
    ['Sub', sub],
    ['Login', login],
    ['Name', name || 'none'],
    ['Address', email],
    ['Roles', orgRoles === null ? AS_IT_IS : orgRoles.map(nameRole).join('; ') || 'none'],
    ['Server admin', isGrafanaAdmin === null ? AS_IT_IS : isGrafanaAdmin ? 'yes' : 'no'],
    ['Groups', groups.join(', ') || 'none'],
  ]);
}

const AS_IT_IS = 'as Grafana has it';

function nameRole({ orgId, role }: NonNullable<PersonJson['orgRoles']>[number]): string {
  return `${role} in organisation ${orgId}`;
}

function formatPresented(presented: PresentedJson): string {
  if (presented.mode === 'auth-proxy')
    return formatLabels(presented.headers.map(({ name, value }) => [name, value]));
  const { header, claims } = presented;
  return formatLabels([
    ['Header', `${header}, an assertion with these claims`],
    ...Object.entries(claims).map(([name, value]): [string, string] => [name, JSON.stringify(value)]),
  ]);
}

function formatLabels(rows: readonly (readonly [label: string, text: string])[]): string {
  const width = Math.max(LABEL_WIDTH, ...rows.map(([label]) => label.length + 4));
  return rows.map(([label, text]) => formatBeside(`  ${label}`, width, text)).join('\n');
}

/** In the order of a sign-in, below what they are about. The decision stands above all. */
function formatSteps(steps: readonly StepJson[], style: Style): string {
  const shown = steps.filter(({ about }) => about !== 'decision');
  return shown
    .map((step, index) => {
      const isNew = shown[index - 1]?.about !== step.about;
      return `${isNew ? `  ${TITLES[step.about]}\n` : ''}${formatStep(step, style)}`;
    })
    .join('\n');
}

function formatStep({ source, by, gave, counts, note }: StepJson, style: Style): string {
  const front = `    ${counts ? '→' : ' '} ${source ?? ''}`;
  const texts = [by ?? '', gave === undefined ? '' : formatGiven(gave), note ?? ''];
  const lines = texts
    .filter((text) => text !== '')
    .map((text, index) => formatBeside(index === 0 ? front : '', STEP_WIDTH, text))
    .join('\n');
  return counts ? lines : style.dim(lines);
}

function formatGiven(gave: unknown): string {
  if (gave === null) return 'gives nothing';
  const text = JSON.stringify(gave);
  const isLong = text.length > VALUE_LENGTH_MAX;
  return `gives ${isLong ? `${text.slice(0, VALUE_LENGTH_MAX)} … (all of it: --json)` : text}`;
}
