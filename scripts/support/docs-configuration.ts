import type { Variable } from '../../src/config/variable.ts';
import { escapeCell, GENERATED, link } from './markdown.ts';

/** A chapter of docs/configuration.md, with the names that belong to it. */
interface Chapter {
  readonly title: string;
  readonly names: RegExp;
  readonly intro?: string;
}

/** The first chapter whose pattern fits takes a variable; the last one takes every other. */
const CHAPTERS: readonly Chapter[] = [
  { title: 'Origin', names: /^(?:ORIGIN_(?!IDENTITY)|PUBLIC_URL$|ROUTES$)/ },
  { title: 'Who gets in', names: /^(?:VISITORS|POSTERN_SECRETS|NOT_ALLOW_REQUEST_URI|PUBLIC_DASHBOARDS.*)$/ },
  {
    title: 'Share links',
    names: /^(?:API_KEY_SHARE|SHARE_|LOGIN_)/,
    intro: '[share-links.md](share-links.md) tells what links and keys are, and lists the fields of a key.',
  },
  {
    title: 'Embedding',
    names: /^FRAME_/,
    intro: '[embedding.md](embedding.md) shows how to embed a dashboard.',
  },
  {
    title: 'Sign-in',
    names: /^(?:GF_AUTH_GENERIC_OAUTH_|GF_USERS_|GF_SECURITY_|SSO_|GRAFANA_ORGS$)/,
    intro:
      "[sso/options.md](sso/options.md) has all of Grafana's options in one table. Where sign-in is off, they are checked for their form alone.",
  },
  {
    title: 'Identity of people who have signed in',
    names: /^(?:ORIGIN_IDENTITY|GF_AUTH_PROXY_HEADER_PROPERTY|GF_AUTH_PROXY_HEADERS_ENCODED)$/,
    intro:
      'The names of the headers are `GF_AUTH_JWT_HEADER_NAME`, `GF_AUTH_PROXY_HEADER_NAME` and `GF_AUTH_PROXY_HEADERS`, below.',
  },
  {
    title: 'Headers',
    names: /^(?:UNDERSCORE_|GF_AUTH_(?:PROXY|JWT)_)/,
    intro:
      'Headers that claim an identity never come in from outside; these variables add names to those that Postern knows.',
  },
  {
    title: 'OnCall',
    names: /^ONCALL_/,
    intro: '[oncall.md](oncall.md) tells how a call finds its region.',
  },
  { title: 'Administration and revocation', names: /^(?:ADMIN_|REVOCATION_|ALERT_)/ },
  { title: 'Further', names: /(?:)/ },
];

const INTRO = `# Configuration

Variables are set below \`[vars]\` in \`wrangler.toml\`, secrets by \`npx wrangler secret put NAME\`; on a developer's machine
both stand in \`.dev.vars\`. \`npm run deploy\` checks all of it before it deploys.

- All values are texts. Lists are separated by spaces or commas. An empty value counts as absent.
- An unknown name is a mistake: most often it is a known one, mistyped.
- Where anything is wrong, the Worker answers every request with 500 and the code \`misconfigured\`. Its log then has one line
  for **each** mistake (\`config.invalid\`), with the variable, what is wrong, what is allowed and an example. Values of secrets are
  never repeated.
- What is allowed but probably not meant is a \`config.warning\` in the log.`;

/** The text of docs/configuration.md. */
export function renderConfiguration(
  variables: Readonly<Record<string, Variable>>,
  bindings: Readonly<Record<string, string>>,
): string {
  const chapters = CHAPTERS.map((chapter) => ({ chapter, names: namesOf(chapter, variables) }));
  const filled = chapters.filter(({ names }) => names.length > 0);
  return [
    GENERATED,
    INTRO,
    '## All at a glance',
    renderOverview(
      filled.flatMap(({ names }) => names),
      variables,
    ),
    ...filled.flatMap(({ chapter, names }) => renderChapter(chapter, names, variables)),
    '## Bindings',
    ...Object.entries(bindings).map(([name, meaning]) => `- \`${name}\`: ${meaning}`),
    '',
  ].join('\n\n');
}

function namesOf(chapter: Chapter, variables: Readonly<Record<string, Variable>>): string[] {
  return Object.keys(variables).filter((name) => CHAPTERS.find(({ names }) => names.test(name)) === chapter);
}

function renderOverview(names: readonly string[], variables: Readonly<Record<string, Variable>>): string {
  const rows = names.map((name) => {
    const variable = variables[name] as Variable;
    return `| ${link(name)} | ${variable.kind} | ${escapeCell(formatFallback(variable))} |`;
  });
  return ['| name | kind | default |', '|---|---|---|', ...rows].join('\n');
}

/** Values as code, words as words. What is required cannot be absent. */
export function formatFallback({ fallback, schema }: Variable): string {
  if (fallback !== '')
    return /^[\x21-\x7e]+(?: [\x21-\x7e]+)?$/.test(fallback) ? `\`${fallback}\`` : fallback;
  return schema.safeParse(undefined).success ? 'none' : '**required**';
}

function renderChapter(
  { title, intro }: Chapter,
  names: readonly string[],
  variables: Readonly<Record<string, Variable>>,
): string[] {
  const sections = names.flatMap((name) => renderVariable(name, variables[name] as Variable));
  return [`## ${title}`, ...(intro === undefined ? [] : [intro]), ...sections];
}

function renderVariable(name: string, variable: Variable): string[] {
  const { kind, meaning, allowed, example, stricter } = variable;
  const facts: (readonly [fact: string, text: string | undefined])[] = [
    ['kind', kind === 'secret' ? 'secret' : 'variable'],
    ['default', formatFallback(variable)],
    ['allowed', allowed],
    ['example', formatExample(example)],
    ['stricter than Grafana', stricter],
  ];
  const lines = facts.filter(([, text]) => text !== undefined).map(([fact, text]) => `- ${fact}: ${text}`);
  return [`### ${name}`, meaning, lines.join('\n')];
}

/** Values as code, words as words; none for what is not to be set at all. */
function formatExample(example: string): string | undefined {
  if (example === '') return undefined;
  return /^the output of: /.test(example) ? example.replace(/: (.*)$/, ' `$1`') : `\`${example}\``;
}
