import type { Inspection, LinkPart, LinkTime } from '../share/inspect.ts';
import { GATEWAY_DEFAULTS } from './gateway-defaults.ts';
import { explainPart, MEANINGS } from './part-words.ts';
import { formatRows, hideKeys, type Style, showText } from './print.ts';
import type { SignerMistake } from './signer-mistakes.ts';
import { explainHints, explainVerdict } from './verdict-words.ts';
import { formatDuration, formatMoment } from './words.ts';

/** What the wording needs beside the inspection. */
export interface Telling {
  readonly mistake: SignerMistake | undefined;
  /** Unix seconds. */
  readonly now: number;
  /** Whether the link was an argument, which others on the machine can read. */
  readonly wasArgument: boolean;
}

const NAME_WIDTH = Math.max(...Object.keys(MEANINGS).map((name) => name.length));
const MEANING_WIDTH = Math.max(...Object.values(MEANINGS).map((meaning) => meaning.length));

/** An inspection for people: the verdict, what the link says, its parts, and what helps. */
export function formatInspection(inspection: Inspection, telling: Telling, style: Style): string {
  const { verdict, parts } = inspection;
  const { headline, lines } = explainVerdict(inspection, telling.mistake);
  const mark = verdict.accepted ? style.good('✔') : style.bad('✘');
  const sections = [
    `${mark} ${style.bold(headline)}\n${lines.map((line) => `  ${line}`).join('\n')}`,
    `${style.bold(nameKind(inspection))}\n${formatRows(describeLink(inspection, telling.now))}`,
    parts.length === 0
      ? ''
      : `${style.bold('Parts')}\n${parts.map((part) => formatPart(part, style)).join('\n')}`,
    explainHints(inspection.hints, telling.wasArgument)
      .map((hint) => `${style.bold('Note:')} ${hint}`)
      .join('\n'),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function nameKind({ version, parts }: Inspection): string {
  if (version !== undefined) return `Share link, version ${version.slice(1)}`;
  return parts.length === 0 ? 'An address without share parameters' : 'Share link of two versions at once';
}

function describeLink(inspection: Inspection, now: number): [label: string, text: string][] {
  const { origin, path, dashboard, key, linkId, time, version } = inspection;
  const rows: [string, string | undefined][] = [
    ['Gateway', origin ?? 'not told: the link is a path'],
    ['Dashboard', dashboard ?? `none: the path is ${hideKeys(showText(path))}`],
    ['Key', key.name === undefined ? undefined : showText(String(key.name))],
    ['Organisation', key.orgId?.toString()],
    ['Signed', time && describeAge(time)],
    ['Fresh', time && describeFreshness(time, now)],
    ['Session', time && describeSession(inspection.askedSeconds)],
    ['Signature', version && describeSignature(inspection)],
    ['Link id', linkId],
  ];
  return rows.flatMap(([label, text]) => (text === undefined ? [] : [[label, text]]));
}

function describeAge({ signedAt, ageSeconds }: LinkTime): string {
  const distance = formatDuration(Math.abs(ageSeconds));
  const words = ageSeconds < 0 ? `${distance} ahead of this clock` : `${distance} ago`;
  return `${formatMoment(signedAt)}, ${ageSeconds === 0 ? 'just now' : words}`;
}

function describeFreshness({ isFresh, freshFrom, freshUntil }: LinkTime, now: number): string {
  if (now < freshFrom) return `not before ${formatMoment(freshFrom)}: one of the two clocks is wrong`;
  const distance = formatDuration(Math.abs(freshUntil - now));
  return isFresh
    ? `yes, until ${formatMoment(freshUntil)} (${distance} more)`
    : `no, it expired at ${formatMoment(freshUntil)} (${distance} ago)`;
}

function describeSession(askedSeconds: number | undefined): string {
  const { sessionSeconds, sessionMaxSeconds } = GATEWAY_DEFAULTS;
  if (askedSeconds === undefined)
    return `no length asked for: as the gateway decides (${formatDuration(sessionSeconds)} by default)`;
  const cap =
    askedSeconds > sessionMaxSeconds
      ? `; gateways cap it (${formatDuration(sessionMaxSeconds)} by default)`
      : '';
  return `${formatDuration(askedSeconds)}${cap}`;
}

function describeSignature({ signature, version }: Inspection): string {
  switch (signature.state) {
    case 'not-checked':
      return version === 'v1' ? 'none: the link carries the key' : 'not checked: that needs the token';
    case 'right':
      return version === 'v1' ? 'none: the link carries this token' : 'right for this token';
    case 'wrong':
      return version === 'v1' ? 'none: the link carries another token' : 'wrong for this token';
    case 'other-key':
      return `${signature.isRightlySigned ? 'right' : 'wrong'} for this token, which is that of another key`;
  }
}

/** Name, meaning and value in columns; what is wrong below them. */
function formatPart(part: LinkPart, style: Style): string {
  const { parameter, value, problem } = part;
  const mark = problem ? style.bad('✘') : style.good('✔');
  const meaning = style.dim((MEANINGS[parameter] ?? '').padEnd(MEANING_WIDTH));
  const shown = value === undefined ? '' : showText(String(value));
  const line = `  ${mark} ${parameter.padEnd(NAME_WIDTH)}   ${meaning}   ${shown}`.trimEnd();
  const explanation = explainPart(part);
  return explanation === undefined ? line : `${line}\n    ${style.bad(explanation)}`;
}
