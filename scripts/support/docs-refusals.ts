import type { CodeEntry } from '../../src/refusal/codes.ts';
import { GENERATED, link } from './markdown.ts';

const INTRO = `# Refusals

Whatever the gateway refuses, it answers with one of these codes. Programs get \`application/problem+json\` (RFC 9457); a
browser that asks for HTML gets a page with the same content, in English or Chinese by its \`Accept-Language\`.

\`\`\`json
{
  "type": "/-/problems/share_link_expired",
  "title": "This link has expired",
  "status": 403,
  "detail": "…what happened, and what to do…",
  "code": "share_link_expired",
  "requestId": "0b9c…",
  "gateway": "Postern"
}
\`\`\`

\`type\` leads to a page of the gateway that explains the code. \`requestId\` also stands in what the gateway logged about the request. Codes are
settled names: rely on them, not on titles. Answers that come from Grafana itself have another form.

[troubleshooting.md](troubleshooting.md) goes from what people see to the cause.`;

/** The text of docs/refusals.md. */
export function renderRefusals(codes: Readonly<Record<string, CodeEntry>>): string {
  const entries = Object.entries(codes);
  const rows = entries.map(([code, { status, title }]) => `| ${link(code)} | ${status} | ${title.en} |`);
  const table = ['| code | status | title |', '|---|---|---|', ...rows].join('\n');
  return [GENERATED, INTRO, table, ...entries.map(renderCode), ''].join('\n\n');
}

function renderCode([code, { status, title, detail, next }]: readonly [string, CodeEntry]): string {
  return [`## ${code}`, `${status} · ${title.en}`, detail.en, `**What to do:** ${next.en}`].join('\n\n');
}
