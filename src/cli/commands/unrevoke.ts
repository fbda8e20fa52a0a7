import { RevocationAnswer } from '../../api/revocations.ts';
import { idOf } from '../../revocation/target.ts';
import { ADMIN_HELP, ADMIN_OPTIONS, type AdminGiven, checkStdinOnce } from '../admin-access.ts';
import { connect } from '../admin-client.ts';
import { type Command, defineCommand } from '../command.ts';
import type { Io } from '../io.ts';
import { UnrevokeOutput } from '../output-schemas.ts';
import { formatJson } from '../print.ts';
import { pathOfRevocation, readRevocationId } from '../revocation-api.ts';
import { REVOCATION_ROWS, type RevocationKind } from '../revocation-kinds.ts';
import { readOrder } from '../revocation-terms.ts';
import { formatBound, formatRevocation, nameTarget } from '../revocation-text.ts';

const EFFECT = `Visitors are let in again within the same bound in which a revocation takes effect. What they lost meanwhile they
have to open anew. A key that was disabled is taken into use again by "postern key enable".`;

/** `postern unrevoke ID` */
const byId = defineCommand({
  name: 'unrevoke',
  summary: 'lift a revocation by its id',
  usage: 'unrevoke ID',
  description: `ID is the one that "postern revoke list" prints. What was revoked can be named too, as for "postern revoke": postern
unrevoke link|session|subject|key|dashboard|public|org|all …

${EFFECT}

${ADMIN_HELP}`,
  examples: ['postern unrevoke session:0f3c91aa5b7d2e64', 'postern unrevoke all:*'],
  positionals: ['ID'],
  options: ADMIN_OPTIONS,
  output: UnrevokeOutput,
  async run({ options, positionals: [given = ''] }, io) {
    await lift(readRevocationId(given), options, io);
    return 0;
  },
});

/** Rows such as `unrevoke link LINK_OR_ID`: the id of the revocation follows from what was revoked. */
function defineUnrevoke(row: RevocationKind): Command {
  const name = `unrevoke ${row.kind}`;
  return defineCommand({
    name,
    summary: `lift the revocation of ${row.what}`,
    usage: `unrevoke ${row.usage}`,
    description: `${row.about}\n\n${EFFECT}\n\n${ADMIN_HELP}`,
    examples: [`postern unrevoke ${row.example.replace(/ --(?:reason|wait).*/, '')}`],
    positionals: row.positionals,
    options: { ...ADMIN_OPTIONS, ...row.options },
    output: UnrevokeOutput,
    async run({ options, positionals: [word = ''] }, io) {
      checkStdinOnce(options['admin-token-file'], word === '-', row.positionals[0] ?? '');
      const org = 'org' in options && typeof options.org === 'string' ? options.org : undefined;
      const target = await row.read({ word, org, command: name }, io);
      // By the same schema as the order that revoked it.
      readOrder(target, {}, { env: {} }, name);
      await lift(idOf(target), options, io);
      return 0;
    },
  });
}

async function lift(
  id: string,
  options: AdminGiven & { readonly json?: boolean | undefined },
  io: Io,
): Promise<void> {
  const client = await connect(options, io);
  const { revocation, bound, warnings } = await client.ask({
    method: 'DELETE',
    path: pathOfRevocation(id),
    answer: RevocationAnswer,
  });
  if (options.json) {
    io.stdout.write(formatJson({ revocation, bound, warnings }));
    return;
  }
  const { style } = io.stdout;
  const headline = `Lifted the revocation of ${nameTarget(revocation)}.`;
  io.stdout.write(
    `${style.good('✔')} ${style.bold(headline)}\n${formatRevocation(revocation)}${formatBound(bound)}`,
  );
}

/** The family `unrevoke`. */
export const UNREVOKE_COMMANDS: readonly Command[] = [byId, ...REVOCATION_ROWS.map(defineUnrevoke)];
