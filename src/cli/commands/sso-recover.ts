import { RecoverAnswer, type RecoverOrderJson, type RecoveryJson } from '../../api/sso-recover.ts';
import { ADMIN_HELP, ADMIN_OPTIONS } from '../admin-access.ts';
import { connect } from '../admin-client.ts';
import { type Command, defineCommand } from '../command.ts';
import { formatFindings } from '../doctor/text.ts';
import { SsoRecoverOutput } from '../output-schemas.ts';
import { formatJson, type Style } from '../print.ts';
import { formatBeside } from '../sso-columns.ts';
import { formatDuration } from '../words.ts';

const TIMEOUT_SECONDS = 60;

/** `postern sso recover` */
export const ssoRecover: Command = defineCommand({
  name: 'sso recover',
  summary: 'bring sign-in back after the identity provider was restored',
  usage: 'sso recover [--dry-run] [--release-accounts] [--share-sessions]',
  description: `For when the provider's database was restored, its keys were replaced, or its client secret was made anew. In order:

1. Everybody who has signed in is signed out, and led to sign-in. What share links have opened stays open, unless
   --share-sessions is given.
2. With --release-accounts, every login and e-mail address is free: a restored provider may give people another sub,
   and they would be refused (sso_account_taken). Each name is of whoever signs in with it next, and so is the account
   that Grafana has under it.
3. A new key for assertions is published, unless --keep-assertion-key is given. It signs ten minutes later, when
   Grafana knows it; the former one signs until then.
4. What was learnt of the provider, addresses and keys, is forgotten and read anew.
5. The provider is asked whether it takes the client id and the client secret.

It prints what was done, and what is left to you. Run it with --dry-run first: that changes nothing. It may be repeated.

Exit code 0: done, nothing red was found. 1: the provider cannot be asked, or does not take the client. 2: wrong use.

${ADMIN_HELP}`,
  examples: ['postern sso recover --dry-run', 'postern sso recover --release-accounts'],
  positionals: [],
  options: {
    'dry-run': { type: 'boolean', about: 'say what would be done, and change nothing' },
    'release-accounts': { type: 'boolean', about: 'let every login and e-mail address go' },
    'share-sessions': { type: 'boolean', about: 'end what share links have opened, too' },
    'keep-assertion-key': { type: 'boolean', about: 'leave the key that signs assertions as it is' },
    ...ADMIN_OPTIONS,
  },
  output: SsoRecoverOutput,
  async run({ options }, io) {
    const order: RecoverOrderJson = {
      dryRun: options['dry-run'],
      releaseAccounts: options['release-accounts'],
      shareSessions: options['share-sessions'],
      keepAssertionKey: options['keep-assertion-key'],
    };
    const client = await connect(options, io);
    const recovery = await client.ask({
      method: 'POST',
      path: '/sso/recover',
      body: order,
      answer: RecoverAnswer,
      timeoutSeconds: TIMEOUT_SECONDS,
    });
    io.stdout.write(options.json ? formatJson(recovery) : formatRecovery(recovery, io.stdout.style));
    return recovery.findings.some(({ verdict }) => verdict === 'red') ? 1 : 0;
  },
});

const MARKS = { done: '✔', planned: '→', left: '–' } as const;

function formatRecovery(recovery: RecoveryJson, style: Style): string {
  const { dryRun, steps, findings, left, effectiveSeconds } = recovery;
  const headline = dryRun ? 'Nothing was changed. This is what would be done:' : 'Sign-in begins anew.';
  const rows = steps.map(({ state, says }) =>
    paintMark(state, formatBeside(`  ${MARKS[state]} `, 4, says), style),
  );
  const bound = `In effect everywhere within about ${formatDuration(effectiveSeconds)}.`;
  return [
    style.bold(headline),
    ...rows,
    ...(dryRun ? [] : [formatBeside('', 4, bound)]),
    '',
    style.bold('The provider'),
    formatFindings(findings, style),
    '',
    style.bold(dryRun ? 'Left to you afterwards' : 'Left to you'),
    ...left.map((one) => formatBeside('  • ', 4, one)),
    '',
  ].join('\n');
}

/** Widths were counted without colours. */
function paintMark(state: keyof typeof MARKS, text: string, style: Style): string {
  return state === 'done' ? text.replace(MARKS.done, style.good(MARKS.done)) : text;
}
