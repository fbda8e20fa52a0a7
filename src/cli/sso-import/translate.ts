import { findVariable } from '../../config/values.ts';
import { VARIABLES } from '../../config/variables.ts';
import { Secret } from '../../lib/secret.ts';
import { findNearest } from '../nearest.ts';
import { ENABLED, FOR_ALL, listOptions, nameVariable } from './names.ts';
import { OAUTH, type Setting } from './setting.ts';
import { UNSUPPORTED } from './unsupported.ts';

/** What a source says of a secret. */
export type SecretState =
  /** Its value stands there. */
  | 'found'
  /** Grafana hid it. */
  | 'redacted'
  /** It stands elsewhere: in the environment, a file, a variable of Terraform. */
  | 'elsewhere';

export interface FoundSecret {
  readonly name: string;
  readonly state: SecretState;
  /** Only where it was found. */
  readonly value: Secret | undefined;
}

export type NoticeCode =
  | 'not-in-a-worker'
  | 'ignored'
  | 'unknown'
  | 'elsewhere'
  | 'cut'
  | 'redacted'
  | 'changed'
  | 'off'
  | 'warning';

/** Something about one option, in a sentence. No value is in it. */
export interface Notice {
  readonly code: NoticeCode;
  /** As Grafana names it, or the variable. */
  readonly option: string;
  readonly line: number | undefined;
  readonly text: string;
}

/** What becomes of Grafana's settings. */
export interface Translation {
  /** Values by name, for `[vars]`. */
  readonly variables: ReadonlyMap<string, string>;
  readonly secrets: readonly FoundSecret[];
  /** Where a variable came from. */
  readonly origins: ReadonlyMap<string, Setting>;
  readonly notices: readonly Notice[];
}

/** Options that hold true or false. */
const BOOLEANS: ReadonlySet<string> = new Set([
  'enabled',
  'allow_sign_up',
  'auto_login',
  'empty_scopes',
  'role_attribute_strict',
  'skip_org_role_sync',
  'tls_skip_verify_insecure',
  'use_pkce',
  'use_refresh_token',
  'allow_assign_grafana_admin',
  'validate_id_token',
  'auto_assign_org',
  'oauth_auto_login',
  'headers_encoded',
]);

/** Grafana's settings as variables. What says the same as nothing at all is left out. */
export function translate(settings: readonly Setting[]): Translation {
  const variables = new Map<string, string>();
  const origins = new Map<string, Setting>();
  const secrets: FoundSecret[] = [];
  const notices: Notice[] = [];
  for (const given of [...settings].sort(bySection)) {
    const setting = normalise(given, notices);
    const name = nameVariable(setting);
    const variable = name === undefined ? undefined : findVariable(name);
    const isTaken = variable !== undefined && !isUnsupported(setting);
    if (!isTaken) {
      notices.push(...explainAbsence(setting));
    } else if (name !== undefined && !origins.has(name)) {
      notices.push(...describeValue(setting));
      origins.set(name, setting);
      if (variable.kind === 'secret') secrets.push(findSecret(name, setting));
      else if (setting.text !== variable.fallback) variables.set(name, setting.text);
    }
  }
  if (variables.get(ENABLED) !== 'true') notices.push(OFF);
  notices.push(...secrets.filter(({ state }) => state === 'redacted').map(explainRedacted));
  return { variables: new Map([...variables].sort(byTable)), secrets, origins, notices };
}

/** The section of generic OAuth first: what it says goes before what other sections say for all providers. */
function bySection(one: Setting, other: Setting): number {
  return Number(other.section === OAUTH) - Number(one.section === OAUTH);
}

/** The order of the table of variables, whatever the order of the source. */
function byTable([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return TABLE.indexOf(one) - TABLE.indexOf(other);
}

const TABLE = Object.keys(VARIABLES);

/** Spellings of true and false in one form. Grafana reads whatever else stands there as false. */
function normalise(setting: Setting, notices: Notice[]): Setting {
  const { key, text, elsewhere } = setting;
  if (!BOOLEANS.has(key) || elsewhere.length > 0) return setting;
  // `strconv.ParseBool`; for sections other than this one, go-ini's own reading, which knows more words.
  const isTrue =
    /^(?:1|t|T|TRUE|true|True)$/.test(text) || (setting.section !== OAUTH && /^(?:y|yes|on)$/i.test(text));
  const isFalse = /^(?:0|f|F|FALSE|false|False|n|no|off)$/i.test(text);
  if (!isTrue && !isFalse)
    notices.push(notice('changed', setting, 'It is neither true nor false, which Grafana reads as false.'));
  return { ...setting, text: String(isTrue) };
}

function isUnsupported({ section, key }: Setting): boolean {
  return section === OAUTH && UNSUPPORTED.has(key);
}

/** Of other sections, only a few options are about sign-in, and the rest is nobody's business here. */
function explainAbsence(setting: Setting): Notice[] {
  const { section, key, text } = setting;
  if (section !== OAUTH) return [];
  const known =
    UNSUPPORTED.get(key) ??
    (key.startsWith('workload_identity_') ? UNSUPPORTED.get('workload_identity_token_file') : undefined);
  if (known) return text === 'false' ? [] : [notice(known.code, setting, known.text)];
  const nearest = findNearest(key, listOptions());
  const hint =
    nearest === undefined
      ? 'Grafana does not read it either, as far as is known.'
      : `Did you mean ${nearest}?`;
  return [notice('unknown', setting, `It is no option of generic OAuth. ${hint}`)];
}

function describeValue(setting: Setting): Notice[] {
  const { elsewhere, isCut } = setting;
  const notices: Notice[] = [];
  if (isCut)
    notices.push(
      notice(
        'cut',
        setting,
        'Grafana takes what stands behind its # or ; for a comment, and so does this. To keep it, put the value into three double quotes.',
      ),
    );
  if (elsewhere.length > 0)
    notices.push(
      notice(
        'elsewhere',
        setting,
        `Its value, or a part of it, stands elsewhere (${elsewhere.join(', ')}). A Worker reads no environment and no files: put the value itself there.`,
      ),
    );
  if (setting.section === 'auth' && FOR_ALL.has(setting.key))
    notices.push(
      notice('changed', setting, 'It is said of all providers there; here it is said of generic OAuth.'),
    );
  return notices;
}

function findSecret(name: string, { text, elsewhere }: Setting): FoundSecret {
  if (elsewhere.length > 0) return { name, state: 'elsewhere', value: undefined };
  if (/^\*+$/.test(text)) return { name, state: 'redacted', value: undefined };
  return { name, state: 'found', value: new Secret(text) };
}

const OFF: Notice = {
  code: 'off',
  option: 'enabled',
  line: undefined,
  text: `It is not true there, so Grafana makes no use of these settings. ${ENABLED} = "true" turns sign-in on.`,
};

function explainRedacted({ name }: FoundSecret): Notice {
  return {
    code: 'redacted',
    option: name,
    line: undefined,
    text: 'Grafana shows it as ********* and tells it nobody. Take it from the provider, or from where it was kept.',
  };
}

function notice(code: NoticeCode, { section, key, line }: Setting, text: string): Notice {
  return { code, option: section === OAUTH ? key : `[${section}] ${key}`, line, text };
}
