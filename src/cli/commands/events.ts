import type * as z from 'zod';
import { type EventDocument, EventList } from '../../api/events.ts';
import { ADMIN_HELP, ADMIN_OPTIONS } from '../admin-access.ts';
import { type AdminClient, connect, readPages } from '../admin-client.ts';
import { misuse } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import type { KeyIdentity } from '../key-api.ts';
import { LIMIT_BOUNDS, tellMore } from '../limit.ts';
import { ORG_OPTION, readKeyName, readWhole, requireOrg } from '../option-values.ts';
import { EventsOutput } from '../output-schemas.ts';
import { formatJson, type Style, showText } from '../print.ts';
import { formatTable, spellInstant } from '../table.ts';

type EventJson = z.output<typeof EventDocument>;

const LIMIT = 50;
const PAGE_MAX = 200;

/** `postern events` */
export const events = defineCommand({
  name: 'events',
  summary: "show the gateway's latest decisions",
  usage: 'events [--key NAME --org N] [--limit N]',
  description: `Links that were opened, refusals, revocations and changes, the newest first; of one key, or of all. The gateway keeps
the latest 500 of each key; its log has them all.

${ADMIN_HELP}`,
  examples: ['postern events', 'postern events --key portal --org 1 --limit 200 --json'],
  positionals: [],
  options: {
    key: { type: 'string', value: 'NAME', about: 'of this key alone; needs --org' },
    org: ORG_OPTION,
    limit: { type: 'string', value: 'N', about: `no more than these (default ${LIMIT})` },
    ...ADMIN_OPTIONS,
  },
  output: EventsOutput,
  async run({ options }, io) {
    const key = readKey(options.key, options.org);
    const limit =
      options.limit === undefined ? LIMIT : readWhole(options.limit, '--limit', LIMIT_BOUNDS, 'events');
    const found = await readEvents(key, limit, await connect(options, io));
    io.stdout.write(options.json ? formatJson(found) : formatEvents(found.events, io.stdout.style));
    if (options.json) return 0;
    tellMore(found.hasMore, io.stderr);
    if (found.missing.length > 0)
      io.stderr.write(`Warning: not asked, or not answered: ${showText(found.missing.join(', '))}.\n`);
    return 0;
  },
});

function readKey(name: string | undefined, org: string | undefined): KeyIdentity | undefined {
  if (name !== undefined)
    return { name: readKeyName(name, 'events', '--key'), orgId: requireOrg(org, 'events') };
  if (org === undefined) return undefined;
  throw misuse({
    code: 'option-missing',
    what: '--key is missing.',
    details: 'Events are those of one key, or of all keys.',
    fix: 'Name the key too: --key NAME --org N',
  });
}

async function readEvents(key: KeyIdentity | undefined, limit: number, client: AdminClient) {
  const found: EventJson[] = [];
  const missing = new Set<string>();
  const pages = readPages((cursor) => {
    const query = { ...key, limit: Math.min(limit, PAGE_MAX), cursor };
    return client.ask({ method: 'GET', path: '/events', query, answer: EventList });
  });
  for await (const page of pages) {
    found.push(...page.events);
    for (const ledger of page.missing) missing.add(ledger);
    const hasMore = found.length > limit || (found.length === limit && page.cursor !== null);
    if (hasMore) return { events: found.slice(0, limit), missing: [...missing], hasMore };
  }
  return { events: found, missing: [...missing], hasMore: false };
}

function formatEvents(found: readonly EventJson[], style: Style): string {
  if (found.length === 0) return 'There are no events.\n';
  const rows = found.map(({ time, event, outcome, ...facts }) => [
    spellInstant(time),
    outcome,
    event,
    formatFacts(facts),
  ]);
  return formatTable(['TIME', 'OUTCOME', 'EVENT', 'FACTS'], rows, style);
}

function formatFacts(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}
