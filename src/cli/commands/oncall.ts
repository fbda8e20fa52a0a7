import { BindingAnswer, WhichAnswer } from '../../api/oncall.ts';
import type { Clue } from '../../oncall/clue.ts';
import { ADMIN_HELP, ADMIN_OPTIONS, checkStdinOnce } from '../admin-access.ts';
import { connect } from '../admin-client.ts';
import { misuse } from '../cli-error.ts';
import { type Command, defineCommand } from '../command.ts';
import { CLUE_OPTIONS, type ClueGiven, readClue, readStackHost, readStackId } from '../oncall-clue.ts';
import { formatBinding, formatWhich } from '../oncall-text.ts';
import { readOncallToken } from '../oncall-token.ts';
import { OncallBindingOutput, OncallWhichOutput } from '../output-schemas.ts';
import { formatJson } from '../print.ts';

const WHICH = 'oncall which';
const BIND = 'oncall bind';
const FORGET = 'oncall forget';

const TOKEN_HELP =
  'The token is read from standard input, or from --token-file; never from an argument. Only its hash is sent and kept.';

/** `postern oncall which` */
const which = defineCommand({
  name: WHICH,
  summary: 'tell which region an OnCall token belongs to, and how that was found',
  usage: 'oncall which [--stack URL] [--stack-id N] [--token-file FILE]',
  description: `Finds the region as a call would: the gateway may ask the stack, or probe the regions, and learns what it finds.
--stack and --stack-id stand for what a client sends beside its token (X-Grafana-URL, X-Grafana-Instance-ID).

The token is read from standard input, or from --token-file; never from an argument. The gateway gets it, and keeps a
hash.

Exit code 0: there is a region. 1: a call would be refused. 2: wrong use.

${ADMIN_HELP}`,
  examples: [
    'postern oncall which < token.txt',
    'postern oncall which --stack https://example.grafana.net < token.txt',
  ],
  positionals: [],
  options: {
    ...CLUE_OPTIONS,
    stack: { ...CLUE_OPTIONS.stack, about: 'address of the stack that comes with the token' },
    'stack-id': { ...CLUE_OPTIONS['stack-id'], about: 'number of the stack that comes with the token' },
    ...ADMIN_OPTIONS,
  },
  output: OncallWhichOutput,
  async run({ options }, io) {
    const { stack, 'stack-id': stackId, 'token-file': file, json } = options;
    checkStdin(options, true);
    if (stack !== undefined) readStackHost(stack, WHICH);
    if (stackId !== undefined) readStackId(stackId, WHICH);
    const token = await readOncallToken(file, io);
    const client = await connect(options, io);
    const found = await client.ask({
      method: 'POST',
      path: '/oncall/which',
      body: { token: token.reveal(), stack, stackId },
      answer: WhichAnswer,
    });
    io.stdout.write(json ? formatJson(found) : formatWhich(found, io.stdout.style));
    return found.problem === null ? 0 : 1;
  },
});

/** `postern oncall bind` */
const bind = defineCommand({
  name: BIND,
  summary: 'bind a token or a stack to an OnCall region',
  usage: 'oncall bind --region NAME [--stack URL | --stack-id N | --token-file FILE]',
  description: `For what cannot be learnt: integration, export, mobile and plugin tokens, stacks that come by their number alone. A
binding holds until it is forgotten, and goes before what was learnt. ONCALL_BINDINGS goes before it.

${TOKEN_HELP}

${ADMIN_HELP}`,
  examples: [
    'postern oncall bind --region eu < token.txt',
    'postern oncall bind --region eu --stack-id 123456',
  ],
  positionals: [],
  options: {
    region: { type: 'string', value: 'NAME', about: 'a name from ONCALL_REGIONS' },
    ...CLUE_OPTIONS,
    ...ADMIN_OPTIONS,
  },
  output: OncallBindingOutput,
  async run({ options }, io) {
    const { region, json } = options;
    if (region === undefined) throw createRegionMissing();
    checkStdin(options, isOfToken(options));
    const clue = await readClue(options, BIND, io);
    const client = await connect(options, io);
    const binding = await client.ask({
      method: 'POST',
      path: '/oncall/bindings',
      body: { ...orderOf(clue, options), region },
      answer: BindingAnswer,
    });
    io.stdout.write(json ? formatJson(binding) : formatBinding('Bound.', binding, io.stdout.style));
    return 0;
  },
});

/** `postern oncall forget` */
const forget = defineCommand({
  name: FORGET,
  summary: 'forget the OnCall region of a token or a stack',
  usage: 'oncall forget [--stack URL | --stack-id N | --token-file FILE]',
  description: `Takes away a binding, or what was learnt. The next call finds its region anew.

${TOKEN_HELP}

${ADMIN_HELP}`,
  examples: [
    'postern oncall forget < token.txt',
    'postern oncall forget --stack https://example.grafana.net',
  ],
  positionals: [],
  options: { ...CLUE_OPTIONS, ...ADMIN_OPTIONS },
  output: OncallBindingOutput,
  async run({ options }, io) {
    checkStdin(options, isOfToken(options));
    const clue = await readClue(options, FORGET, io);
    const client = await connect(options, io);
    const binding = await client.ask({
      method: 'DELETE',
      path: `/oncall/bindings/${clue}`,
      answer: BindingAnswer,
    });
    const headline = binding.source === 'bound' ? 'The binding is gone.' : 'What was learnt is forgotten.';
    io.stdout.write(options.json ? formatJson(binding) : formatBinding(headline, binding, io.stdout.style));
    return 0;
  },
});

/** The order for a clue. A token is named by its hash. */
function orderOf(clue: Clue, { stack, 'stack-id': stackId }: ClueGiven) {
  if (stack !== undefined) return { stack };
  return stackId === undefined ? { tokenSha256: clue.slice('token:'.length) } : { stackId };
}

function isOfToken({ stack, 'stack-id': stackId }: ClueGiven): boolean {
  return stack === undefined && stackId === undefined;
}

function checkStdin(
  {
    'token-file': file,
    'admin-token-file': adminFile,
  }: ClueGiven & { 'admin-token-file'?: string | undefined },
  readsToken: boolean,
): void {
  checkStdinOnce(adminFile, readsToken && (file === undefined || file === '-'), 'the OnCall token');
}

function createRegionMissing() {
  return misuse({
    code: 'option-missing',
    what: '--region is missing.',
    details: 'A binding names the region that a token or a stack belongs to.',
    fix: 'Name one of ONCALL_REGIONS: --region eu',
  });
}

/** The family `oncall`. */
export const ONCALL_COMMANDS: readonly Command[] = [which, bind, forget];
