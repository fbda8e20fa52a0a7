import { ExplainAnswer } from '../../api/sso.ts';
import { ADMIN_HELP, ADMIN_OPTIONS, checkStdinOnce } from '../admin-access.ts';
import { connect } from '../admin-client.ts';
import { type Command, defineCommand } from '../command.ts';
import { tellWarnings } from '../key-text.ts';
import { SsoExplainOutput } from '../output-schemas.ts';
import { formatJson } from '../print.ts';
import { formatExplanation } from '../sso-explain-text.ts';
import { countStdin, PASTED_OPTIONS, readPasted } from '../sso-pasted.ts';

/** `postern sso explain` */
export const ssoExplain: Command = defineCommand({
  name: 'sso explain',
  summary: 'tell who somebody would be at sign-in, and whether they get in',
  usage: 'sso explain [--id-token FILE] [--userinfo FILE] [--access-token FILE] …',
  description: `A dry run of sign-in on what a provider answered: which source gave each field, what each JMESPath gave, which
entries of org_mapping hold, which list decides, the code that the page would show, and what Grafana would be told.

A FILE holds JSON; that of a token may hold the token itself, which is read and not verified. One FILE may be - for
standard input. Sources count in the order of sign-in: ID token, userinfo, access token. Nothing is asked of the
provider: what decides and is in no FILE is named.

The gateway stores and logs nothing of it. Claims are personal: what this prints is for whoever gave them.

Exit code 0: they would be let in. 1: they would be refused, or nobody can say. 2: wrong use.

${ADMIN_HELP}`,
  examples: [
    'postern sso explain --id-token id-token.txt --userinfo userinfo.json',
    'curl -s https://idp.example.com/userinfo -H "$AUTHORIZATION" | postern sso explain --userinfo -',
  ],
  positionals: [],
  options: { ...PASTED_OPTIONS, ...ADMIN_OPTIONS },
  output: SsoExplainOutput,
  async run({ options }, io) {
    checkStdinOnce(options['admin-token-file'], countStdin(options) > 0, 'what the provider answered');
    const order = await readPasted(options, io);
    const client = await connect(options, io);
    const explanation = await client.ask({
      method: 'POST',
      path: '/sso/explain',
      body: order,
      answer: ExplainAnswer,
    });
    if (options.json) io.stdout.write(formatJson(explanation));
    else {
      io.stdout.write(formatExplanation(explanation, io.stdout.style));
      tellWarnings(explanation.warnings, io.stderr);
    }
    return explanation.decision.allowed === true ? 0 : 1;
  },
});
