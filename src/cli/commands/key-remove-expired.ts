import { RemovedKeys } from '../../api/keys.ts';
import { ADMIN_HELP, ADMIN_OPTIONS } from '../admin-access.ts';
import { connect, readPages } from '../admin-client.ts';
import { defineCommand } from '../command.ts';
import type { KeyIdentity } from '../key-api.ts';
import { KeyRemoveExpiredOutput } from '../output-schemas.ts';
import { formatJson, hideKeys, showText } from '../print.ts';

/** `postern key remove-expired` */
export const keyRemoveExpired = defineCommand({
  name: 'key remove-expired',
  summary: 'remove all stored keys that have expired',
  usage: 'key remove-expired',
  description: `Removes every stored key whose last day is over. Keys of SHARE_KEYS stay.

${ADMIN_HELP}`,
  examples: ['postern key remove-expired'],
  positionals: [],
  options: ADMIN_OPTIONS,
  output: KeyRemoveExpiredOutput,
  async run({ options }, io) {
    const client = await connect(options, io);
    const removed: KeyIdentity[] = [];
    const pages = readPages((cursor) =>
      client.ask({ method: 'POST', path: '/keys/remove-expired', body: { cursor }, answer: RemovedKeys }),
    );
    for await (const page of pages) removed.push(...page.removed);
    io.stdout.write(options.json ? formatJson({ removed }) : formatRemoved(removed));
    return 0;
  },
});

function formatRemoved(removed: readonly KeyIdentity[]): string {
  if (removed.length === 0) return 'No key has expired.\n';
  const lines = removed.map(({ orgId, name }) => `  ${hideKeys(showText(name))} of organisation ${orgId}`);
  return `Removed ${removed.length} of the keys:\n${lines.join('\n')}\n`;
}
