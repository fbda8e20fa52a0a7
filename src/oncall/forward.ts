import type { Visit } from '../corridor.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { askOrigin, type OriginFailure } from '../origin/ask.ts';
import { mapAddress, mapLocation } from './map-address.ts';
import { isMisrouted, isSuspect, REFUSAL_BYTES_MAX } from './misrouted.ts';
import { headersFromRegion } from './own-headers.ts';
import { mapNeighbours } from './pagination.ts';
import { isJson, peekText } from './peek.ts';
import { addressOf, type Region } from './region.ts';

/** A call on its way to a region: everything but where it goes. */
export interface Outbound {
  readonly method: string;
  /** Canonical path below `ONCALL_PATH`, and raw query with its `?`. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: ReadableStream | null;
}

/** A region's answer as its client gets it. */
export interface Handed {
  readonly response: Response;
  /** Whether the region says what a wrong one would. */
  readonly isMisrouted: boolean;
}

/** Pages that are longer stream through with the addresses that they have. */
const PAGE_BYTES_MAX = 1_048_576;

/** Sends a call to a region. Bodies are streamed, redirects are not followed, nothing of the operator's is added. */
export function askRegion(
  outbound: Outbound,
  { upstream }: Region,
): Promise<Result<Response, OriginFailure>> {
  return askOrigin(outbound, upstream);
}

/**
 * Hands an answer back. Only a page of a list, and a short refusal, are read on the way; all else streams. What breaks
 * off while it is read is no answer.
 */
export function handBack(
  answer: Response,
  { method, target }: Outbound,
  region: Region,
  visit: Visit,
): HandedBack | Promise<HandedBack> {
  const gateway = `${visit.gateway}${visit.house.config.oncall.path ?? ''}`;
  const maps: AddressMaps = {
    body: (address) => mapAddress(address, addressOf(region), gateway),
    location: (location) =>
      mapLocation(location, `${addressOf(region)}${target}`, addressOf(region), gateway),
  };
  if (isSuspect(answer)) return handBackRefusal(answer, maps);
  if (method === 'GET' && answer.status === 200 && isJson(answer)) return handBackPage(answer, maps);
  return ok({ response: dress(answer, answer.body, maps), isMisrouted: false });
}

type HandedBack = Result<Handed, 'unreachable'>;

/** Addresses of a region, as its client must see them. */
interface AddressMaps {
  body(address: string): string;
  /** Undefined for what is no address of the web. */
  location(location: string): string | undefined;
}

async function handBackRefusal(answer: Response, maps: AddressMaps): Promise<HandedBack> {
  const { text, body, isBroken } = await peekText(answer, REFUSAL_BYTES_MAX);
  if (isBroken) return fail('unreachable');
  return ok({ response: dress(answer, body, maps), isMisrouted: isMisrouted(answer.status, text) });
}

async function handBackPage(answer: Response, maps: AddressMaps): Promise<HandedBack> {
  const { text, body, isBroken } = await peekText(answer, PAGE_BYTES_MAX);
  if (isBroken) return fail('unreachable');
  const page = text === undefined ? undefined : mapNeighbours(text, maps.body);
  if (page === undefined || page === text)
    return ok({ response: dress(answer, body, maps), isMisrouted: false });
  const response = dress(answer, page, maps);
  response.headers.delete('Content-Length');
  return ok({ response, isMisrouted: false });
}

function dress(
  { status, statusText, headers: sent }: Response,
  body: BodyInit | null,
  maps: AddressMaps,
): Response {
  const headers = headersFromRegion(sent);
  const location = headers.get('Location');
  if (location !== null) {
    const mapped = maps.location(location);
    if (mapped === undefined) headers.delete('Location');
    else headers.set('Location', mapped);
  }
  return new Response(body, { status, statusText, headers });
}
