import { StackId } from '../api/oncall.ts';
import { type Clue, clueOfStack, clueOfToken } from '../oncall/clue.ts';
import { parseStack } from '../oncall/stack.ts';
import type { OptionTable } from './args.ts';
import { misuse } from './cli-error.ts';
import type { Io } from './io.ts';
import { ONCALL_TOKEN_OPTION, readOncallToken } from './oncall-token.ts';
import { createBadValue } from './option-values.ts';

/** The options by which a command names a token or a stack. */
export const CLUE_OPTIONS = {
  stack: { type: 'string', value: 'URL', about: 'address of the stack in place of a token' },
  'stack-id': { type: 'string', value: 'N', about: 'number of the stack in place of a token' },
  'token-file': ONCALL_TOKEN_OPTION,
} as const satisfies OptionTable;

/** The options as they were given. */
export interface ClueGiven {
  readonly stack?: string | undefined;
  readonly 'stack-id'?: string | undefined;
  readonly 'token-file'?: string | undefined;
}

/**
 * What a binding is about: a stack, or else a token, which leaves this machine as its hash alone.
 *
 * @throws CliError where two are named, or one is not in its form
 */
export async function readClue(given: ClueGiven, command: string, io: Io): Promise<Clue> {
  const { stack, 'stack-id': stackId, 'token-file': file } = given;
  if ([stack, stackId, file].filter((one) => one !== undefined).length > 1) throw createTwo(command);
  if (stack !== undefined) return clueOfStack(readStackHost(stack, command));
  if (stackId !== undefined) return clueOfStack(readStackId(stackId, command));
  return clueOfToken((await readOncallToken(file, io)).reveal());
}

/** @throws CliError for what is no address of a stack */
export function readStackHost(text: string, command: string): string {
  const stack = parseStack(text, undefined);
  if (stack) return stack.host;
  throw createBadValue(
    '--stack',
    'It takes https:// and the host of a stack, without port and path.',
    command,
  );
}

/** @throws CliError for what is no number of a stack */
export function readStackId(text: string, command: string): string {
  const id = StackId.safeParse(text);
  if (id.success) return id.data;
  throw createBadValue('--stack-id', 'It takes a whole number of at most fifteen digits.', command);
}

function createTwo(command: string) {
  return misuse({
    code: 'option-conflict',
    what: 'Only one of --stack, --stack-id and --token-file can be meant.',
    details: 'A region is bound to a token or to a stack.',
    fix: `See: postern help ${command}`,
  });
}
