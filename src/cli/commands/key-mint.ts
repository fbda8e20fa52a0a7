import { Sentence } from '../../api/common.ts';
import { MintTokenAnswer } from '../../api/keys.ts';
import { ADMIN_HELP, ADMIN_OPTIONS } from '../admin-access.ts';
import { connect } from '../admin-client.ts';
import { defineCommand } from '../command.ts';
import { pathOfKey } from '../key-api.ts';
import { ORG_OPTION, readByForm, readKeyName, requireOrg } from '../option-values.ts';
import { KeyMintOutput } from '../output-schemas.ts';
import { formatJson } from '../print.ts';

const NAME = 'key mint';

/** `postern key mint`: the one command that prints a token, since it is made for being handed on. */
export const keyMint = defineCommand({
  name: NAME,
  summary: 'make a token with which a portal has links made',
  usage: 'key mint NAME --org N [--note TEXT]',
  description: `Prints a mint token: good for links of this one key (POST /-/api/v1/links) and nothing else. It is shown this once and
kept nowhere. "postern key show" lists the ids of a key's mint tokens, "postern key unmint" takes one back.

${ADMIN_HELP}`,
  examples: ['postern key mint portal --org 1 --note "the shop" > mint-token.txt'],
  positionals: ['NAME'],
  options: {
    org: ORG_OPTION,
    note: { type: 'string', value: 'TEXT', about: 'who it is for' },
    ...ADMIN_OPTIONS,
  },
  output: KeyMintOutput,
  async run({ options, positionals: [given = ''] }, io) {
    const { note, json } = options;
    const key = { name: readKeyName(given, NAME), orgId: requireOrg(options.org, NAME) };
    if (note !== undefined) readByForm(note, Sentence, '--note', NAME);
    const client = await connect(options, io);
    const { id, token } = await client.ask({
      method: 'POST',
      path: `${pathOfKey(key)}/mint-tokens`,
      body: { note },
      answer: MintTokenAnswer,
    });
    io.stderr.write(
      `Warning: this token is shown once, and kept nowhere. Whoever has it can have links of this key made. Its id is ${id}.\n`,
    );
    io.stdout.write(json ? formatJson({ id, token }) : `${token}\n`);
    return 0;
  },
});
