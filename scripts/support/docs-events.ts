import type { EventRow, Outcome } from '../../src/observe/events.ts';
import { escapeCell, GENERATED } from './markdown.ts';

const INTRO = `# Events

What the gateway decides and notices, it writes as events: one line of JSON each, in the log (Workers Logs, or
\`npx wrangler tail\`). Refusals and failures go to the error stream, and so does most of what is only noted.

\`\`\`json
{
  "time": "2027-01-31T09:12:13.000Z",
  "event": "share.link.accepted",
  "outcome": "done",
  "requestId": "0b9c…",
  "country": "DE",
  "colo": "FRA",
  "version": "v2",
  "key": "portal",
  "orgId": 1,
  "uid": "TZWea0001",
  "linkId": "9f86d081884c7d65",
  "sessionId": "c41e0b7f52a9d386",
  "sessionSeconds": 3600
}
\`\`\`

- \`time\`, \`event\` and \`outcome\` are in every line. Names of events are settled: rely on them.
- \`requestId\`, \`country\` and \`colo\` (Cloudflare's place) are there where an event belongs to a request. The request id also
  stands in the [refusal](refusals.md) that the visitor got.
- What follows are the facts of the event: names of keys, organisations and dashboards, ids, codes, reasons.

Tokens, signatures, cookies, queries of addresses and values of headers are in no event. Paths that may hold a token
(invitations, public dashboards) are cut: \`/public-dashboards/#0f3c91aa\`. A name that nobody registered is told by its hash
(\`name\`), since it may be anything, a token in the wrong place too.

## Ledgers

Events marked *kept* are decisions. They are also kept in a ledger (the Durable Objects of \`POSTERN_LEDGER\`): one for each
key; one for all unknown names together; and one of the gateway itself, for what concerns no key. Each keeps the latest 500 of
what was done, and the latest 250 of the rest. One isolate writes at most 120 events of one kind a minute into one ledger, and
of refusals and failures 10, so that a flood pushes nothing else out of it; the log has all of them. Where a ledger cannot be
reached, the request goes on, and the log says \`ledger.failed\`.

## All events`;

/** What an outcome means, in words. */
const OUTCOMES: Readonly<Record<Outcome, string>> = {
  done: 'somebody was let in, or something was changed as it was asked for',
  refused: 'somebody was turned away',
  failed: 'something that should work does not',
  noted: 'worth knowing, and nobody was refused for it',
};

/** The text of docs/events.md. */
export function renderEvents(events: Readonly<Record<string, EventRow>>): string {
  const rows = Object.entries(events).map(renderRow);
  return [
    GENERATED,
    INTRO,
    Object.entries(OUTCOMES)
      .map(([outcome, meaning]) => `- **${outcome}**: ${meaning}`)
      .join('\n'),
    ['| event | outcome | ledger | when |', '|---|---|---|---|', ...rows].join('\n'),
    '',
  ].join('\n\n');
}

function renderRow([event, { outcome, isDecision, when }]: readonly [string, EventRow]): string {
  return `| \`${event}\` | ${outcome} | ${isDecision ? 'kept' : ''} | ${escapeCell(when)} |`;
}
