import { splitRequestUrl } from '../../lib/request-url.ts';
import { type Inspection, inspectLink } from '../../share/inspect.ts';
import { removeLinkParameters } from '../../share/link-query.ts';
import { type SignOptions, signShareLink } from '../../share/sign.ts';
import type { GrafanaToken } from '../../share/token.ts';
import { misuse } from '../cli-error.ts';
import { readClock } from '../clock.ts';
import { defineCommand } from '../command.ts';
import { GATEWAY_DEFAULTS } from '../gateway-defaults.ts';
import type { Output } from '../io.ts';
import {
  createCarriedKey,
  createForeignToken,
  createMalformedAddress,
  createOrderMistake,
} from '../link-mistakes.ts';
import { toNumber } from '../option-values.ts';
import { LinkOutput } from '../output-schemas.ts';
import { formatJson } from '../print.ts';
import { FORCE_OPTION, requireToken, TOKEN_FILE_OPTION } from '../token-source.ts';
import { formatDuration, formatInstant, formatMoment } from '../words.ts';

/** What a link is made from, but for its token. */
type Order = Omit<SignOptions, 'token'>;

interface Signed {
  readonly url: string;
  readonly inspection: Inspection;
}

/** `postern link`: a signed version 2 link. */
export const link = defineCommand({
  name: 'link',
  summary: 'sign a share link to a dashboard',
  usage: 'link URL --name NAME --org N [--expires SECONDS] [--token-file FILE]',
  description: `URL is the whole address of a dashboard at the gateway (/d/… or /d-solo/…). What it has is kept, the signature
is added to its query. The link opens for one minute; the session that it opens lasts as long as --expires
says, within the cap of the gateway.

A Grafana 9 API key knows its own name and organisation: others are refused.`,
  examples: [
    "postern link 'https://grafana.example.com/d/TZWea0001/sales?orgId=1' --name portal --org 1 < token.txt",
  ],
  positionals: ['URL'],
  options: {
    name: {
      type: 'string',
      value: 'NAME',
      about: 'name of the key, as it is registered: 1 to 190 characters',
    },
    org: { type: 'string', value: 'N', about: 'organisation of the key' },
    expires: {
      type: 'string',
      value: 'SECONDS',
      about: 'length of the session; without it the gateway decides',
    },
    'token-file': TOKEN_FILE_OPTION,
    force: FORCE_OPTION,
  },
  output: LinkOutput,
  async run({ options, positionals: [url = ''] }, io) {
    const order = readOrder(url, options, readClock(io));
    await rehearse(order);
    const token = await requireToken({ file: options['token-file'], force: options.force === true }, io);
    const signed = await sign(order, token);
    io.stdout.write(options.json ? formatJson(describe(signed)) : `${signed.url}\n`);
    if (io.stdout.isTerminal && !options.json) tellMore(signed, io.stderr);
    return 0;
  },
});

function readOrder(
  url: string,
  { name, org, expires }: { readonly [option in 'name' | 'org' | 'expires']?: string | undefined },
  now: number,
): Order {
  checkAddress(url);
  if (name === undefined) throw createMissing('--name', 'the name of the key, as it is registered');
  if (org === undefined) throw createMissing('--org', 'the organisation of the key');
  const expireSeconds = expires === undefined ? undefined : toNumber(expires);
  return { url, name, orgId: toNumber(org), now, expireSeconds };
}

/** @throws CliError for what is no absolute http(s) address, and for one that is a share link already */
function checkAddress(text: string): void {
  if (/[\s\p{Cc}\\]/u.test(text))
    throw createMalformedAddress('It has a space, a line break or a backslash.');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw createMalformedAddress('It does not begin with https:// or http://.');
  if (url.username !== '' || url.password !== '')
    throw createMalformedAddress('It has a user name or a password.');
  const { query } = splitRequestUrl(url.href);
  if (removeLinkParameters(query) === (query === '' ? '' : `?${query}`)) return;
  throw misuse({
    code: 'url-already-shared',
    what: 'The address is a share link already.',
    details: 'It has parameters that begin with aliyun_. A link with two signatures is refused.',
    fix: 'Give the plain address of the dashboard.',
  });
}

/** Has the form of a token and signs nothing that anyone would accept. */
const STAND_IN = `glsa_${'0'.repeat(32)}_00000000`;

/** Signs with a stand-in and holds the link against the gateway's own rules, before the token is asked for. */
async function rehearse(order: Order): Promise<void> {
  const { inspection } = await sign(order, STAND_IN);
  if (!inspection.verdict.accepted) throw createOrderMistake(inspection, inspection.verdict);
  if (inspection.hints.includes('carries-key')) throw createCarriedKey();
}

async function sign(order: Order, token: GrafanaToken | typeof STAND_IN): Promise<Signed> {
  const given = typeof token === 'string' ? undefined : token;
  const url = await signShareLink({ ...order, token: given?.text.reveal() ?? STAND_IN });
  const context = { now: order.now, options: GATEWAY_DEFAULTS, token: given };
  const result = await inspectLink(url, context);
  if (!result.ok) throw createMalformedAddress('It cannot be read.');
  if (result.value.signature.state === 'other-key') throw createForeignToken(given?.embedded);
  return { url, inspection: result.value };
}

function describe({ url, inspection }: Signed) {
  const { version, dashboard, key, time, askedSeconds, linkId } = inspection;
  return {
    url,
    linkId,
    version,
    dashboard,
    name: key.name,
    orgId: key.orgId,
    signedAt: time && formatInstant(time.signedAt),
    expiresAt: time && formatInstant(time.freshUntil),
    sessionSeconds: askedSeconds ?? null,
  };
}

/** For people: programs read the link, and nothing else. */
function tellMore({ inspection: { time, askedSeconds = 0, linkId } }: Signed, stderr: Output): void {
  const until = time ? ` It opens until ${formatMoment(time.freshUntil)}.` : '';
  stderr.write(stderr.style.dim(`Link ${linkId}.${until}\n`));
  const { sessionMaxSeconds } = GATEWAY_DEFAULTS;
  if (askedSeconds <= sessionMaxSeconds) return;
  stderr.write(
    `Note: a gateway caps sessions at ${formatDuration(sessionMaxSeconds)}, unless it is set up otherwise.\n`,
  );
}

function createMissing(option: string, meaning: string) {
  return misuse({
    code: 'option-missing',
    what: `${option} is missing.`,
    details: `It says ${meaning}: the gateway looks the key up by it.`,
    fix: 'See: postern help link',
  });
}
