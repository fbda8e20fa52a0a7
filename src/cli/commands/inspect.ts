import { type Inspection, inspectLink } from '../../share/inspect.ts';
import { LINK_VERSIONS, type LinkVersion } from '../../share/options.ts';
import { V2_PARAMETERS as P } from '../../share/parameters.ts';
import type { GrafanaToken } from '../../share/token.ts';
import { misuse } from '../cli-error.ts';
import { readClock } from '../clock.ts';
import { defineCommand } from '../command.ts';
import { GATEWAY_DEFAULTS } from '../gateway-defaults.ts';
import { describeInspection } from '../inspection-json.ts';
import { formatInspection } from '../inspection-text.ts';
import type { Io } from '../io.ts';
import { createBadValue } from '../option-values.ts';
import { InspectOutput } from '../output-schemas.ts';
import { formatJson } from '../print.ts';
import { findSignerMistake, type SignerMistake } from '../signer-mistakes.ts';
import { findToken, TOKEN_FILE_OPTION } from '../token-source.ts';

/** `postern inspect`: what a link says, and what the gateway would say to it. */
export const inspect = defineCommand({
  name: 'inspect',
  summary: 'take a share link apart and say whether it would be accepted',
  usage: 'inspect LINK [--token-file FILE] [--versions LIST] [--freshness SECONDS]',
  description: `LINK is an address with a path and a query, or - for standard input. A link of version 1 carries its key, and an
argument can be read by others on the machine: pipe such a link in.

With the token of the key (POSTERN_KEY_TOKEN or --token-file) the signature is checked, and where it is wrong, the
usual slips of signers are tried. What only the gateway knows is left open: whether the key is registered, which
dashboards it shares, what is revoked.

Exit code 0: it would be accepted as far as can be told. 1: it would be refused. 2: wrong use.`,
  examples: [
    "postern inspect 'https://grafana.example.com/d/…' --token-file token.txt",
    'postern inspect - < link.txt',
  ],
  positionals: ['LINK'],
  options: {
    'token-file': TOKEN_FILE_OPTION,
    versions: {
      type: 'string',
      value: 'LIST',
      about: 'versions that the gateway accepts, as in API_KEY_SHARE_VERSION (default v2)',
    },
    freshness: {
      type: 'string',
      value: 'SECONDS',
      about: "the gateway's SHARE_FRESHNESS_SECONDS (default 60)",
    },
  },
  output: InspectOutput,
  async run({ options, positionals: [given = ''] }, io) {
    const { 'token-file': file, json } = options;
    const gateway = {
      versions: readVersions(options.versions),
      freshnessSeconds: readSeconds(options.freshness),
    };
    const now = readClock(io);
    const text = await readLink(given, file, io);
    const token = await findToken({ file, mayReadStdin: false }, io);
    const result = await inspectLink(text, { now, options: gateway, token });
    if (!result.ok) throw createNoAddress();
    const inspection = result.value;
    const mistake = await diagnose(inspection, token);
    io.stdout.write(
      json
        ? formatJson(describeInspection(inspection, mistake))
        : formatInspection(inspection, { mistake, now, wasArgument: given !== '-' }, io.stdout.style),
    );
    return inspection.verdict.accepted ? 0 : 1;
  },
});

async function readLink(given: string, tokenFile: string | undefined, io: Io): Promise<string> {
  if (given !== '-') return given.trim();
  if (tokenFile !== '-') return (await io.readStdin()).trim();
  throw misuse({
    code: 'stdin-twice',
    what: 'Standard input cannot hold both the link and the token.',
    details: 'Both LINK and --token-file are -.',
    fix: 'Set POSTERN_KEY_TOKEN, or put the token into a file.',
  });
}

function readVersions(text: string | undefined): ReadonlySet<LinkVersion> {
  if (text === undefined) return GATEWAY_DEFAULTS.versions;
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const known = LINK_VERSIONS.filter((version) => words.includes(version));
  if (known.length > 0 && known.length === new Set(words).size) return new Set(known);
  throw createBadValue(
    '--versions',
    `It takes ${LINK_VERSIONS.join(', ')}, or several of them in quotes.`,
    'inspect',
  );
}

function readSeconds(text: string | undefined): number {
  if (text === undefined) return GATEWAY_DEFAULTS.freshnessSeconds;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw createBadValue('--freshness', 'It takes a whole number of seconds.', 'inspect');
}

/** A signature that is wrong often shows what its signer did. */
async function diagnose(
  { parts, signature }: Inspection,
  token: GrafanaToken | undefined,
): Promise<SignerMistake | undefined> {
  if (signature.state !== 'wrong' || !token) return undefined;
  const [sign, timestamp] = [P.sign, P.timestamp].map(
    (name) => parts.find(({ parameter }) => parameter === name)?.value,
  );
  const isReadable = typeof sign === 'string' && typeof timestamp === 'string';
  return isReadable ? findSignerMistake({ sign, timestamp }, token) : undefined;
}

function createNoAddress() {
  return misuse({
    code: 'link-form',
    what: 'This is no link.',
    details: 'A link begins with https:// or http://, or with / where a log line gives the path alone.',
    fix: 'Copy the whole link and put it in quotes, or pipe it in: postern inspect -',
  });
}
