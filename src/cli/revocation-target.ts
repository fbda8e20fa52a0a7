import { inspectLink } from '../share/inspect.ts';
import { LINK_VERSIONS } from '../share/options.ts';
import { CliError, misuse } from './cli-error.ts';
import { GATEWAY_DEFAULTS } from './gateway-defaults.ts';
import type { Io } from './io.ts';
import { hideKeys } from './print.ts';

const LINK_ID = /^[0-9a-f]{16}$/;
const PUBLIC_TOKEN = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
/** Grafana's page of a public dashboard, whatever stands before it. */
const PUBLIC_PATH = /\/public-dashboards\/([0-9a-f-]{32,36})(?=[/?#]|$)/i;

/** A word, or standard input where it is `-`. */
export async function readWord(given: string, io: Pick<Io, 'readStdin'>): Promise<string> {
  return (given === '-' ? await io.readStdin() : given).trim();
}

/**
 * The id of a link: 16 hex digits as they are, or worked out from a whole link. A link is never repeated: one of
 * version 1 carries its key.
 *
 * @throws CliError where the text is neither
 */
export async function readLinkId(text: string): Promise<string> {
  if (LINK_ID.test(text)) return text;
  const options = { ...GATEWAY_DEFAULTS, versions: new Set(LINK_VERSIONS) };
  const inspection = await inspectLink(text, { now: 0, options });
  if (!inspection.ok) throw createNoLink();
  const { linkId, version } = inspection.value;
  if (linkId !== undefined) return linkId;
  throw version === 'v1' ? createNameless() : createNoLink();
}

/** @throws CliError where the text is not 16 hex digits */
export function readSessionId(text: string): string {
  if (LINK_ID.test(text)) return text;
  throw misuse({
    code: 'target-form',
    what: 'ID is no session.',
    details: 'A session has an id of 16 hex digits.',
    fix: 'Take it from the events of the gateway: postern events',
  });
}

/** The access token of a public dashboard, from its address too. @throws CliError */
export function readPublicToken(text: string): string {
  const token = PUBLIC_PATH.exec(text)?.[1] ?? text;
  if (PUBLIC_TOKEN.test(token)) return token;
  throw misuse({
    code: 'target-form',
    what: 'This is no public dashboard.',
    details:
      'It is known by its access token, 32 hex digits, or by its address: …/public-dashboards/<token>.',
    fix: 'Copy the address from "Share externally" in Grafana.',
  });
}

/** @throws CliError for what looks like a token of Grafana's */
export function refuseKeyAsTarget(text: string): void {
  if (hideKeys(text) === text) return;
  throw misuse({
    code: 'target-form',
    what: 'The word looks like a token.',
    details: 'What is revoked is named by its id or its name.',
    fix: 'If the token was real, replace it in Grafana.',
  });
}

function createNoLink(): CliError {
  return misuse({
    code: 'target-form',
    what: 'This is no share link, and no id of one.',
    details:
      'A link has an id of 16 hex digits; a whole link is taken too, as long as nothing of it is missing.',
    fix: 'Put the link in quotes, or pipe it in: postern revoke link -',
  });
}

function createNameless(): CliError {
  return new CliError({
    code: 'link-without-id',
    what: 'The id of this link cannot be told from the link.',
    details: 'A version 1 link with a service account token does not name its key.',
    fix: 'Replace the key: the link holds its token. Until then: postern revoke key NAME --org N',
  });
}
