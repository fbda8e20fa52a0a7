import type { WarningDocument } from '../../api/common.ts';
import { type KeyJson, KeyList } from '../../api/keys.ts';
import { ADMIN_HELP, ADMIN_OPTIONS } from '../admin-access.ts';
import { type AdminClient, connect, readPages } from '../admin-client.ts';
import { defineCommand } from '../command.ts';
import { formatKeys, tellWarnings } from '../key-text.ts';
import { readOrg } from '../option-values.ts';
import { KeyListOutput } from '../output-schemas.ts';
import { formatJson } from '../print.ts';

/** `postern key list` */
export const keyList = defineCommand({
  name: 'key list',
  summary: 'list the registered keys',
  usage: 'key list [--org N]',
  description: `All keys, or those of one organisation: stored ones first, then those of SHARE_KEYS. Marked are keys whose token is
older than 90 days, that have expired, or that Grafana refused. Tokens are not shown.

${ADMIN_HELP}`,
  examples: ['postern key list', 'postern key list --org 1 --json'],
  positionals: [],
  options: { org: { type: 'string', value: 'N', about: 'of this organisation alone' }, ...ADMIN_OPTIONS },
  output: KeyListOutput,
  async run({ options }, io) {
    const orgId = options.org === undefined ? undefined : readOrg(options.org, 'key list');
    const { keys, warnings } = await readKeys(await connect(options, io), orgId);
    io.stdout.write(options.json ? formatJson({ keys, warnings }) : formatKeys(keys, io.stdout.style));
    if (!options.json) tellWarnings(warnings, io.stderr);
    return 0;
  },
});

async function readKeys(client: AdminClient, orgId: number | undefined) {
  const keys: KeyJson[] = [];
  const warnings: WarningDocument[] = [];
  const pages = readPages((cursor) =>
    client.ask({ method: 'GET', path: '/keys', query: { orgId, cursor }, answer: KeyList }),
  );
  for await (const page of pages) {
    keys.push(...page.keys);
    warnings.push(...page.warnings);
  }
  return { keys, warnings };
}
