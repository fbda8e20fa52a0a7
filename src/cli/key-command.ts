import type * as z from 'zod';
import type { KeyAnswer } from '../api/keys.ts';
import { ADMIN_HELP, ADMIN_OPTIONS } from './admin-access.ts';
import { type AdminClient, connect } from './admin-client.ts';
import type { OptionTable } from './args.ts';
import { type Call, type Command, defineCommand } from './command.ts';
import type { Io } from './io.ts';
import type { KeyIdentity } from './key-api.ts';
import { formatKey, tellWarnings } from './key-text.ts';
import { ORG_OPTION, readKeyName, requireOrg } from './option-values.ts';
import { KeyOutput } from './output-schemas.ts';
import { formatJson, showText } from './print.ts';

type KeyAnswerJson = z.output<typeof KeyAnswer>;

type KeyOptions<T extends OptionTable> = T & typeof ADMIN_OPTIONS & { readonly org: typeof ORG_OPTION };

/** A command about one key that answers with that key. */
interface KeyCommandDefinition<T extends OptionTable, Order> {
  /** Behind `key`. */
  readonly word: string;
  readonly summary: string;
  /** Behind `key <word> NAME --org N`. */
  readonly usage?: string;
  readonly description: string;
  readonly examples: readonly string[];
  /** Further words behind NAME. */
  readonly positionals?: readonly string[];
  readonly options: T;
  /** What was done, before "key NAME of organisation N". */
  readonly done: string;
  /** Reads what was typed, before anybody is asked. @throws CliError */
  readOrder(call: Call<KeyOptions<T>>, io: Io, key: KeyIdentity): Promise<Order> | Order;
  ask(client: AdminClient, key: KeyIdentity, order: Order): Promise<KeyAnswerJson>;
}

/** Rows such as `key check NAME --org N`: they differ in what they ask. */
export function defineKeyCommand<T extends OptionTable, Order>(
  definition: KeyCommandDefinition<T, Order>,
): Command {
  const { word, usage = '', positionals = [], done } = definition;
  const name = `key ${word}`;
  const options: KeyOptions<T> = { org: ORG_OPTION, ...definition.options, ...ADMIN_OPTIONS };
  return defineCommand({
    name,
    summary: definition.summary,
    usage: [`${name} NAME`, ...positionals, '--org N', usage].filter((part) => part !== '').join(' '),
    description: `${definition.description}\n\n${ADMIN_HELP}`,
    examples: definition.examples,
    positionals: ['NAME', ...positionals],
    options,
    output: KeyOutput,
    async run(call, io) {
      const [given = ''] = call.positionals;
      const key = { name: readKeyName(given, name), orgId: requireOrg(readText(call.options, 'org'), name) };
      const order = await definition.readOrder(call, io, key);
      const client = await connect({ 'admin-token-file': readText(call.options, 'admin-token-file') }, io);
      const answer = await definition.ask(client, key, order);
      printAnswer(answer, done, call.options.json === true, io);
      return 0;
    },
  });
}

/** An option of a table that is not known in full here. */
function readText(options: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

function printAnswer(
  { key, warnings }: KeyAnswerJson,
  done: string,
  asJson: boolean,
  { stdout, stderr }: Io,
): void {
  if (asJson) {
    stdout.write(formatJson({ key, warnings }));
    return;
  }
  const { style } = stdout;
  const headline = `${done} key ${showText(key.name)} of organisation ${key.orgId}.`;
  stdout.write(`${style.good('✔')} ${style.bold(headline)}\n${formatKey(key)}`);
  tellWarnings(warnings, stderr);
}
