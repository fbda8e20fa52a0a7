import { RevocationDocument, type RevocationJson, RevocationList } from '../../api/revocations.ts';
import { ADMIN_HELP, ADMIN_OPTIONS } from '../admin-access.ts';
import { type AdminClient, connect, readPages } from '../admin-client.ts';
import { defineCommand } from '../command.ts';
import { LIMIT_BOUNDS, tellMore } from '../limit.ts';
import { createBadValue, readWhole } from '../option-values.ts';
import { RevokeListOutput } from '../output-schemas.ts';
import { formatJson } from '../print.ts';
import { formatRevocations } from '../revocation-text.ts';

const NAME = 'revoke list';
/** What the registry of keys revoked by itself stands in the list too. */
const KINDS: readonly string[] = RevocationDocument.shape.kind.options;
const LIMIT = 200;
const PAGE_MAX = 100;

/** `postern revoke list` */
export const revokeList = defineCommand({
  name: NAME,
  summary: 'list what is revoked',
  usage: 'revoke list [--kind KIND] [--limit N]',
  description: `Revocations that hold, with the ids that "postern unrevoke" takes. Names, subjects and tokens are hashed in ids.
Kinds disabled and removed are what "postern key disable" and "postern key remove" took back, sid and sub whom the
provider has signed out, sign-ins what "postern sso recover" has ended.

${ADMIN_HELP}`,
  examples: ['postern revoke list --kind link'],
  positionals: [],
  options: {
    kind: { type: 'string', value: 'KIND', about: `one of: ${KINDS.join(' ')}` },
    limit: { type: 'string', value: 'N', about: `no more than these (default ${LIMIT})` },
    ...ADMIN_OPTIONS,
  },
  output: RevokeListOutput,
  async run({ options: { kind, limit: given, json, ...options } }, io) {
    if (kind !== undefined && !KINDS.includes(kind))
      throw createBadValue('--kind', `It takes one of: ${KINDS.join(' ')}.`, NAME);
    const limit = given === undefined ? LIMIT : readWhole(given, '--limit', LIMIT_BOUNDS, NAME);
    const found = await readRevocations(kind, limit, await connect(options, io));
    io.stdout.write(json ? formatJson(found) : formatRevocations(found.revocations, io.stdout.style));
    if (!json) tellMore(found.hasMore, io.stderr);
    return 0;
  },
});

async function readRevocations(kind: string | undefined, limit: number, client: AdminClient) {
  const revocations: RevocationJson[] = [];
  const pages = readPages((cursor) => {
    const query = { kind, limit: Math.min(limit, PAGE_MAX), cursor };
    return client.ask({ method: 'GET', path: '/revocations', query, answer: RevocationList });
  });
  for await (const page of pages) {
    revocations.push(...page.revocations);
    const hasMore = revocations.length > limit || (revocations.length === limit && page.cursor !== null);
    if (hasMore) return { revocations: revocations.slice(0, limit), hasMore };
  }
  return { revocations, hasMore: false };
}
