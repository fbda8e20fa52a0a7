import { FRESH_SECONDS } from './links.ts';
import type { Demo } from './start.ts';

interface Entry {
  readonly title: string;
  readonly address: string;
  readonly sentence: string;
}

export interface AddressStyle {
  /** Marks titles; leaves them as they are where the output is no terminal. */
  readonly bold: (text: string) => string;
  /** Whether a real Grafana stands behind the gateway. */
  readonly grafana: boolean;
}

/** The list of what can be opened, as it goes to the terminal. */
export async function formatAddresses(demo: Demo, style: AddressStyle): Promise<string> {
  const entries = await listEntries(demo, style.grafana);
  return [
    '',
    `${style.bold('Postern')} is running on this machine, in front of ${style.grafana ? `Grafana at ${demo.originUrl}` : 'a dashboard origin that answers like Grafana'}.`,
    `It shows “${demo.label}”.`,
    '',
    ...entries.map((entry) => formatEntry(entry, style)),
    formatAdmin(demo, style),
    'Ctrl-C stops everything.',
    '',
  ].join('\n');
}

async function listEntries(demo: Demo, grafana: boolean): Promise<Entry[]> {
  return [
    {
      title: 'A fresh share link',
      address: await demo.link(),
      sentence: `Opens the dashboard for an hour. Signed just now, and good for ${FRESH_SECONDS} seconds.`,
    },
    {
      title: 'A new link at any time',
      address: `${demo.portalUrl}/link`,
      sentence: 'Signs a link when you open it, and sends you there.',
    },
    {
      title: 'The customer portal',
      address: `${demo.portalUrl}/`,
      sentence: grafana
        ? 'Embeds the dashboard in an iframe.'
        : 'Embeds the dashboards of two customers, each under a key of its own.',
    },
    {
      title: 'A link that has expired',
      address: await demo.expiredLink(),
      sentence: grafana
        ? 'Signed ten minutes ago. Open it in a private window: a session that is still alive is let through.'
        : 'Signed ten minutes ago: shows how the gateway refuses.',
    },
    {
      title: 'The origin itself',
      address: `${demo.originUrl}${demo.path}`,
      sentence: 'Asked directly, without the gateway, it lets nobody in.',
    },
  ];
}

/** What takes access back, to be tried in another terminal. */
function formatAdmin({ gatewayUrl, adminToken }: Demo, { bold }: AddressStyle): string {
  return [
    `  ${bold('Take access back')}`,
    '  In another terminal: everything that was issued so far is out; a new link opens again.',
    `  export POSTERN_URL=${gatewayUrl} POSTERN_ADMIN_TOKEN=${adminToken}`,
    "  npx postern revoke all --public-reason 'This was a demo.'",
    '',
  ].join('\n');
}

function formatEntry({ title, address, sentence }: Entry, { bold }: AddressStyle): string {
  return `  ${bold(title)}\n  ${sentence}\n  ${address}\n`;
}
