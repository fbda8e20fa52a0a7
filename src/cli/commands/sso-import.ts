import { CliError } from '../cli-error.ts';
import { type Command, defineCommand } from '../command.ts';
import { createBadValue } from '../option-values.ts';
import { SsoImportOutput } from '../output-schemas.ts';
import { formatJson } from '../print.ts';
import { checkVariables } from '../sso-import/check.ts';
import { writeDevVars } from '../sso-import/dev-vars.ts';
import { describeImport, type Import, isReady } from '../sso-import/import-json.ts';
import { formatImport } from '../sso-import/import-text.ts';
import { FORMATS, type Format, READERS, recogniseFormat } from '../sso-import/recognise.ts';
import { OAUTH, type Setting, type Unreadable } from '../sso-import/setting.ts';
import { readSource } from '../sso-import/source.ts';
import { translate } from '../sso-import/translate.ts';

const NAME = 'sso import';

/** `postern sso import`: Grafana's generic OAuth as variables of this gateway. */
export const ssoImport: Command = defineCommand({
  name: NAME,
  summary: "turn Grafana's generic OAuth settings into variables",
  usage: 'sso import FILE [--format NAME] [--with-secrets FILE]',
  description: `FILE is one of these, or - for standard input:

  grafana.ini           its section [auth.generic_oauth], and what other sections say of sign-in
  an env file           GF_AUTH_GENERIC_OAUTH_…=…, as for Grafana's container
  a Terraform file      a grafana_sso_settings with provider_name = "generic_oauth"
  JSON                  the answer of GET /api/v1/sso-settings/generic_oauth

Prints what to put below [vars] in wrangler.toml, and which secrets to put by wrangler. What becomes no variable is
told, each with a sentence. The result is read as the gateway would read it, and mistakes are told.

Values of secrets are not printed. --with-secrets writes those that FILE holds into a file such as .dev.vars, readable
for its owner alone, behind what stands there.

Exit code 0: it can go in as it is. 1: something is to be put right first. 2: wrong use.`,
  examples: [
    'postern sso import /etc/grafana/grafana.ini',
    'postern sso import sso.tf --with-secrets .dev.vars',
    'curl -su admin https://grafana.example.com/api/v1/sso-settings/generic_oauth | postern sso import -',
  ],
  positionals: ['FILE'],
  options: {
    format: {
      type: 'string',
      value: 'NAME',
      about: `what FILE is: ${FORMATS.join(', ')} (default: by what stands in it)`,
    },
    'with-secrets': {
      type: 'string',
      value: 'FILE',
      about: 'write the secrets into FILE, for this user alone',
    },
  },
  output: SsoImportOutput,
  async run({ options, positionals: [file = ''] }, io) {
    const { format: given, 'with-secrets': secretsFile, json } = options;
    const named = given === undefined ? undefined : readFormat(given);
    if (secretsFile === '') throw createBadValue('--with-secrets', 'It takes the name of a file.', NAME);
    const text = await readSource(file, io);
    const format = named ?? recogniseFormat(text);
    if (format === undefined) throw createUnrecognised();
    const settings = readSettings(text, format);
    const translation = translate(settings);
    const check = checkVariables(translation);
    const written =
      secretsFile === undefined ? undefined : await writeDevVars(secretsFile, translation.secrets, io);
    const result: Import = { format, settings, translation, check, written };
    io.stdout.write(json ? formatJson(describeImport(result)) : formatImport(result, io.stdout.style));
    return isReady(result) ? 0 : 1;
  },
});

function readFormat(text: string): Format {
  const format = FORMATS.find((name) => name === text);
  if (format !== undefined) return format;
  throw createBadValue('--format', `It takes one of ${FORMATS.join(', ')}.`, NAME);
}

function readSettings(text: string, format: Format): readonly Setting[] {
  const read = READERS[format](text);
  if (!read.ok) throw createUnreadable(read.reason, format);
  if (read.value.some(({ section }) => section === OAUTH)) return read.value;
  throw createNothingThere(format);
}

/** What each format is called in a sentence. */
const FORMAT_WORDS: Readonly<Record<Format, string>> = {
  ini: 'a grafana.ini',
  env: 'an env file',
  terraform: 'a Terraform file',
  json: 'an answer of the SSO API',
};

function createUnreadable({ line, problem, fix }: Unreadable, format: Format): CliError {
  return new CliError({
    code: 'settings-unreadable',
    what: `FILE cannot be read as ${FORMAT_WORDS[format]}.`,
    details: `${line === undefined ? 'It' : `Line ${line}`} ${problem}.`,
    fix:
      fix ??
      'Put it right, or leave it out. --format says what FILE is, where it was taken for something else.',
  });
}

function createUnrecognised(): CliError {
  return new CliError({
    code: 'settings-unrecognised',
    what: 'It is not clear what FILE is.',
    details: `It looks like none of these: ${Object.values(FORMAT_WORDS).join(', ')}.`,
    fix: `Say it: --format ${FORMATS.join('|')}`,
  });
}

function createNothingThere(format: Format): CliError {
  return new CliError({
    code: 'settings-missing',
    what: 'Nothing in FILE is about generic OAuth.',
    details: `It was read as ${FORMAT_WORDS[format]}. A ; or # in front of a line makes a comment of it.`,
    fix: 'Where Grafana was set up on its own page, take the answer of GET /api/v1/sso-settings/generic_oauth.',
  });
}

/** The family `sso`. */
export const SSO_COMMANDS: readonly Command[] = [ssoImport];
