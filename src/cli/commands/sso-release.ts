import { ReleaseAnswer, ReleaseOrder } from '../../api/sso.ts';
import { ADMIN_HELP, ADMIN_OPTIONS } from '../admin-access.ts';
import { connect } from '../admin-client.ts';
import { type Command, defineCommand } from '../command.ts';
import { readByForm } from '../option-values.ts';
import { SsoReleaseOutput } from '../output-schemas.ts';
import { formatJson, type Style } from '../print.ts';
import { refuseKeyAsTarget } from '../revocation-target.ts';
import { formatBeside } from '../sso-columns.ts';

const NAME = 'sso release';
const WORD = 'LOGIN-OR-EMAIL';

/** `postern sso release` */
export const ssoRelease: Command = defineCommand({
  name: NAME,
  summary: 'let a login or an e-mail address go that a user holds',
  usage: `sso release ${WORD}`,
  description: `A login and an e-mail address belong to the first user of the provider who signs in with them: Grafana finds its
accounts by them, so whoever could take one would take the account. Somebody else who comes with such a name is
refused (sso_account_taken). That happens to people whose address was somebody's before them, and to everybody whom
the provider gives a new sub.

This lets the name go, in any case of its letters. Whoever signs in with it next holds it, and gets the account that
Grafana has under it: look after that account first. Who is signed in stays signed in; postern revoke subject ends it.

Exit code 0: it is let go. 1: nobody held it. 2: wrong use.

${ADMIN_HELP}`,
  examples: ['postern sso release ada@example.com'],
  positionals: [WORD],
  options: { ...ADMIN_OPTIONS },
  output: SsoReleaseOutput,
  async run({ options, positionals: [name = ''] }, io) {
    refuseKeyAsTarget(name);
    readByForm(name, ReleaseOrder.shape.name, WORD, NAME);
    const client = await connect(options, io);
    const answer = await client.ask({
      method: 'POST',
      path: '/sso/release',
      body: { name },
      answer: ReleaseAnswer,
    });
    io.stdout.write(options.json ? formatJson(answer) : formatReleased(answer.released, io.stdout.style));
    return answer.released ? 0 : 1;
  },
});

function formatReleased(released: boolean, style: Style): string {
  const headline = released
    ? `${style.good('✔')} ${style.bold('Nobody holds this name any more.')}`
    : `${style.bad('✘')} ${style.bold('Nobody held this name.')}`;
  const more = released
    ? 'It is of whoever signs in with it next, and so is the account that Grafana has under it.'
    : 'Either nobody has signed in with it, or it is spelt in another way.';
  return `${headline}\n${formatBeside('', 2, more)}\n`;
}
