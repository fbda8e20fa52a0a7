import { type Style, showText } from '../print.ts';
import { type Import, isReady, listNotices } from './import-json.ts';
import type { Format } from './recognise.ts';
import type { Setting } from './setting.ts';
import { quoteToml } from './toml.ts';
import type { FoundSecret } from './translate.ts';
import { wrapProse } from './wrap.ts';

const CALLBACK = '/login/generic_oauth';

const SOURCES: Readonly<Record<Format, string>> = {
  ini: 'the ini file',
  env: 'the env file',
  terraform: 'the Terraform file',
  json: 'the SSO API',
};

/** What came of it, for people. What is to be pasted stands at the beginning of its lines. */
export function formatImport(result: Import, style: Style): string {
  const sections = [
    formatHeadline(result, style),
    formatVariables(result, style),
    formatSecrets(result, style),
    formatMistakes(result, style),
    formatNotices(result, style),
    formatNext(result, style),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function formatHeadline(result: Import, style: Style): string {
  const { variables, secrets } = result.translation;
  const counts = [count(variables.size, 'variable'), count(secrets.length, 'secret')].join(' and ');
  const from = `out of ${SOURCES[result.format]}`;
  if (isReady(result)) return `${style.good('✔')} ${style.bold(`${counts} ${from}.`)}`;
  return `${style.bad('✘')} ${style.bold(`${counts} ${from}; not all can go in as they are.`)}`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}

function formatVariables({ translation: { variables } }: Import, style: Style): string {
  if (variables.size === 0) return '';
  const lines = [...variables].map(([name, text]) => `${name} = ${quoteToml(text)}`);
  return [style.bold('For wrangler.toml, below [vars]'), '', ...lines].join('\n');
}

function formatSecrets({ translation: { secrets }, written }: Import, style: Style): string {
  if (secrets.length === 0) return '';
  const lines = secrets.map(({ name }) => `npx wrangler secret put ${name}`);
  const saved = written ? [wrapProse(tellWritten(written, secrets), '  ')] : [];
  return [style.bold('Secrets: each command asks for its value'), '', ...lines, ...saved].join('\n');
}

function tellWritten(written: readonly string[], secrets: readonly FoundSecret[]): string {
  const others = secrets.map(({ name }) => name).filter((name) => !written.includes(name));
  const sentences = [
    ...(written.length === 0 ? [] : [`Written into the file of --with-secrets: ${written.join(', ')}.`]),
    ...(others.length === 0
      ? []
      : [`Not written, as its value is not known, or fits no such file: ${others.join(', ')}.`]),
  ];
  return sentences.join(' ');
}

function formatMistakes({ check }: Import, style: Style): string {
  if (check.mistakes.length === 0) return '';
  const items = check.mistakes.map(({ variable, line, problem, allowed, example }) => {
    const instead = example === '' ? '' : ` Example: ${example}`;
    return formatItem(variable, line, `It ${problem}. Allowed: ${allowed}.${instead}`);
  });
  return [style.bold('To be put right: the gateway would not start with'), '', ...items].join('\n');
}

function formatNotices(result: Import, style: Style): string {
  const notices = listNotices(result);
  if (notices.length === 0) return '';
  const items = notices.map(({ option, line, text }) => formatItem(option, line, text));
  return [style.bold('Worth a look'), '', ...items].join('\n');
}

function formatItem(name: string, line: number | undefined, text: string): string {
  const where = line === undefined ? '' : ` (line ${line})`;
  return `  ${showText(name)}${where}\n${wrapProse(showText(text), '    ')}`;
}

function formatNext({ format, settings }: Import, style: Style): string {
  const steps = [
    ...(hasOtherSections(format) ? [] : [OTHER_SECTIONS]),
    'VISITORS = "login" below [vars] leads people without a session to sign-in.',
    'SSO_ISSUER, the issuer of the provider, finds its keys: ID tokens are verified by them.',
    nameCallback(settings),
    'Paste [auth.jwt] into Grafana, and let nobody reach Grafana but the gateway: docs/sso/grafana.md',
    'When it works, set enabled = false below [auth.generic_oauth] in Grafana.',
  ];
  const items = steps.map((step, index) => `  ${index + 1}.${wrapProse(step, '     ').slice(4)}`);
  return [style.bold('Next'), '', ...items].join('\n');
}

/** The other two know of generic OAuth alone. */
function hasOtherSections(format: Format): boolean {
  return format === 'ini' || format === 'env';
}

const OTHER_SECTIONS =
  'What grafana.ini says below [users] (auto_assign_org…) and [security] (admin_user, admin_email) is not in here. Where that is not as it comes with Grafana, read grafana.ini by this command too.';

/** Where the provider sends people back to: it stays as it was, if the gateway takes over Grafana's address. */
function nameCallback(settings: readonly Setting[]): string {
  const root = findRootUrl(settings);
  if (root === undefined)
    return `At the provider, the redirect address is <gateway>${CALLBACK}. It stays as it was where the gateway has the address that Grafana had.`;
  const path = root.pathname.replace(/\/+$/, '');
  const now = `${root.origin}${CALLBACK}`;
  if (path === '')
    return `At the provider, the redirect address stays ${now}, if the gateway takes over that host; else add the gateway's.`;
  return `At the provider, add the redirect address ${now}: it was ${root.origin}${path}${CALLBACK}, and the gateway answers at its root.`;
}

function findRootUrl(settings: readonly Setting[]): URL | undefined {
  const setting = settings.find(({ section, key }) => section === 'server' && key === 'root_url');
  if (!setting || setting.elsewhere.length > 0 || !URL.canParse(setting.text)) return undefined;
  const url = new URL(setting.text);
  return url.username === '' && url.password === '' ? url : undefined;
}
