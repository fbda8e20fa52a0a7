import { deriveKey } from '../../share/derive.ts';
import { defineCommand } from '../command.ts';
import { DeriveOutput } from '../output-schemas.ts';
import { formatJson } from '../print.ts';
import { FORCE_OPTION, requireToken, TOKEN_FILE_OPTION } from '../token-source.ts';

const WARNING = 'This value signs links just as the token does: keep it as safe as the token.';

/** `postern derive`: the value that signs a key's links. */
export const derive = defineCommand({
  name: 'derive',
  summary: 'print the derived value of a token, which signs its links',
  usage: 'derive [--token-file FILE]',
  description: `Prints 100 hex digits: PBKDF2 of the token, as Grafana itself stores it. A portal that signs links may keep
this value in the token's place, so that it need not derive it again.

${WARNING}`,
  examples: ['POSTERN_KEY_TOKEN=… postern derive', 'postern derive < token.txt'],
  positionals: [],
  options: { 'token-file': TOKEN_FILE_OPTION, force: FORCE_OPTION },
  output: DeriveOutput,
  async run({ options }, io) {
    const token = await requireToken({ file: options['token-file'], force: options.force === true }, io);
    const derived = (await deriveKey(token)).reveal();
    io.stderr.write(`Warning: ${WARNING}\n`);
    io.stdout.write(options.json ? formatJson({ derived, kind: token.kind }) : `${derived}\n`);
    return 0;
  },
});
