import type { Variable } from '../../src/config/variable.ts';
import { formatFallback } from './docs-configuration.ts';
import { escapeCell, GENERATED } from './markdown.ts';

/** A section of Grafana's configuration, and the beginning of its variables. */
interface Section {
  readonly name: string;
  readonly prefix: string;
}

const GENERIC_OAUTH: Section = { name: 'auth.generic_oauth', prefix: 'GF_AUTH_GENERIC_OAUTH_' };

/** Other sections of which the gateway reads something. */
const OTHERS: readonly Section[] = [
  { name: 'users', prefix: 'GF_USERS_' },
  { name: 'security', prefix: 'GF_SECURITY_' },
  { name: 'auth.proxy', prefix: 'GF_AUTH_PROXY_' },
  { name: 'auth.jwt', prefix: 'GF_AUTH_JWT_' },
];

/** Variables of sign-in that are none of Grafana's. */
const OWN = /^(?:SSO_|GRAFANA_ORGS$|ORIGIN_IDENTITY$|VISITORS$)/;

const INTRO = `# Options of sign-in

The gateway reads Grafana's own options, by the names under which Grafana itself reads them from the environment: what is
\`client_id\` below \`[auth.generic_oauth]\` in \`grafana.ini\` is \`GF_AUTH_GENERIC_OAUTH_CLIENT_ID\`. Copy the values as they are, and
switch the option off in Grafana itself (\`enabled = false\`): people sign in at the gateway from then on.

- Defaults are Grafana's. An empty value counts as absent, and stands for the default.
- Lists: words separated by spaces or commas, where \`"…"\` holds a word with spaces together; or a JSON list of texts.
- True and false are written as in Grafana: \`true\`, \`yes\`, \`on\` or \`1\`, and \`false\`, \`no\`, \`off\` or \`0\`.
- Grafana's \`$__file{…}\` and \`$__env{…}\` are not filled in: set the value itself, a secret by \`npx wrangler secret put\`.
- Where Grafana lets a mistake pass and somebody would get in by it, the gateway does not. The last column says where.`;

const OTHERS_INTRO = `## Other options of Grafana

These have to say here what they say in Grafana's own configuration.`;

const OWN_INTRO = `## Options of the gateway

Grafana has none of these.`;

/** The text of docs/sso/options.md. */
export function renderSsoOptions(variables: Readonly<Record<string, Variable>>): string {
  const entries = Object.entries(variables);
  const others = OTHERS.flatMap((section) => renderSection(section, entries));
  const own = entries.filter(([name]) => OWN.test(name)).map(renderOwn);
  return [
    GENERATED,
    INTRO,
    '## `[auth.generic_oauth]`',
    [...HEAD, ...renderSection(GENERIC_OAUTH, entries)].join('\n'),
    OTHERS_INTRO,
    [...HEAD, ...others].join('\n'),
    OWN_INTRO,
    ['| variable | default | meaning |', '|---|---|---|', ...own].join('\n'),
    '',
  ].join('\n\n');
}

const HEAD = [
  '| option | variable | default | meaning here | stricter than Grafana |',
  '|---|---|---|---|---|',
];

type Entry = readonly [name: string, variable: Variable];

function renderSection(section: Section, entries: readonly Entry[]): string[] {
  const own = entries.filter(([name]) => name.startsWith(section.prefix));
  return own.map(([name, variable]) => {
    const option = name.slice(section.prefix.length).toLowerCase();
    const shown = section === GENERIC_OAUTH ? option : `[${section.name}] ${option}`;
    return formatRow([
      `\`${shown}\``,
      linkToVariable(name),
      formatFallback(variable),
      variable.meaning,
      variable.stricter ?? '',
    ]);
  });
}

function renderOwn([name, variable]: Entry): string {
  return formatRow([linkToVariable(name), formatFallback(variable), variable.meaning]);
}

function formatRow(cells: readonly string[]): string {
  return `| ${cells.map(escapeCell).join(' | ')} |`;
}

function linkToVariable(name: string): string {
  return `[\`${name}\`](../configuration.md#${name.toLowerCase()})`;
}
