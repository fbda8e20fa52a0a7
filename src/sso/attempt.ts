import { calculatePKCECodeChallenge, generateRandomNonce } from 'oauth4webapi';
import * as z from 'zod';
import { toBase64Url, toHex } from '../lib/bytes.ts';
import { equalInConstantTime } from '../lib/constant-time.ts';
import { type CookiePair, formatSetCookie, parseCookies } from '../lib/cookie.ts';
import { LazyKeyring } from '../lib/keyring.ts';
import { seal, unseal } from '../lib/seal.ts';
import type { Secret } from '../lib/secret.ts';
import { sha256Hex } from '../lib/sha256.ts';
import { type CookieTransport, findTransport } from '../session/cookies.ts';
import type { Arrival } from '../session/keeper.ts';

/** One sign-in on its way to the provider and back. */
export interface Attempt {
  /** Names its cookie, and stands in front of its state. */
  readonly id: string;
  /** `state` of the authorization request (RFC 6749 §10.12). */
  readonly state: string;
  /** `nonce` of the ID token (OpenID Connect Core §3.1.2.1). */
  readonly nonce: string;
  /** PKCE (RFC 7636). */
  readonly codeVerifier: string;
  /** The page that was asked for: a path of this host. */
  readonly to: string;
  readonly redirectUri: string;
  /** Unix seconds. */
  readonly start: number;
}

/** How long a person may take at the provider. */
export const ATTEMPT_SECONDS = 600;
/** Attempts of one browser at a time; beyond that all former ones are given up. */
const ATTEMPTS_MAX = 8;
const ID_BYTES = 8;
const STATE_BYTES = 32;
/** 128 characters, the most that RFC 7636 §4.1 allows, as Grafana has it. */
const VERIFIER_BYTES = 96;
const NAME = /^(?:__Host-)?postern-tx-([0-9a-f]{16})$/;
const STATE = /^([0-9a-f]{16})\.[A-Za-z0-9_-]{43}$/;
const SEALED_LENGTH_MAX = 8_192;

const SEALED_ATTEMPT = z.tuple([z.string(), z.string(), z.string(), z.string(), z.string(), z.int()]);

/** A new attempt, all of it random but where it leads. */
export function startAttempt(to: string, redirectUri: string, now: number): Attempt {
  const id = toHex(crypto.getRandomValues(new Uint8Array(ID_BYTES)));
  return {
    id,
    state: `${id}.${randomText(STATE_BYTES)}`,
    nonce: generateRandomNonce(),
    codeVerifier: randomText(VERIFIER_BYTES),
    to,
    redirectUri,
    start: now,
  };
}

function randomText(bytes: number): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(bytes)));
}

/** `code_challenge` of an attempt, method S256. */
export function challengeOf({ codeVerifier }: Attempt): Promise<string> {
  return calculatePKCECodeChallenge(codeVerifier);
}

/**
 * The id of the session that an attempt leads to. It follows from the state, so that an attempt leads to one session at
 * most: its Durable Object is opened once.
 */
export function sessionIdOf({ state }: Attempt): string {
  return sha256Hex(`postern session ${state}`).slice(0, 16);
}

/** Keeps attempts in cookies of their own, so that two tabs can sign in side by side. */
export class Attempts {
  readonly #keyring: LazyKeyring;

  constructor(secrets: readonly Secret[]) {
    this.#keyring = new LazyKeyring(secrets, 'attempt');
  }

  /** The `Set-Cookie` values that keep an attempt: itself, and those that go for it. */
  async keep(attempt: Attempt, arrival: Arrival): Promise<string[]> {
    const { state, nonce, codeVerifier, to, redirectUri, start } = attempt;
    const text = JSON.stringify([state, nonce, codeVerifier, to, redirectUri, start]);
    const sealed = await seal(await this.#keyring.get(), text, contextOf(attempt.id, arrival));
    const transport = findTransport(arrival.url);
    const held = findCookies(arrival, transport);
    const given = held.length < ATTEMPTS_MAX ? [] : held.map(({ name }) => formatCleared(name, transport));
    return [...given, format(nameOf(attempt.id, transport), sealed, ATTEMPT_SECONDS, transport)];
  }

  /** The attempt of this browser that a state belongs to; undefined for any other, and for one that took too long. */
  async find(state: string, arrival: Arrival): Promise<Attempt | undefined> {
    const [, id] = STATE.exec(state) ?? [];
    if (id === undefined) return undefined;
    const name = nameOf(id, findTransport(arrival.url));
    const cookies = findCookies(arrival, findTransport(arrival.url)).filter((pair) => pair.name === name);
    const [cookie, second] = cookies;
    if (!cookie || second || cookie.value.length > SEALED_LENGTH_MAX) return undefined;
    const text = await unseal(await this.#keyring.get(), cookie.value, contextOf(id, arrival));
    const parsed = text === undefined ? undefined : SEALED_ATTEMPT.safeParse(JSON.parse(text));
    if (!parsed?.success) return undefined;
    const [kept, nonce, codeVerifier, to, redirectUri, start] = parsed.data;
    const isOurs = equalInConstantTime(kept, state) && arrival.now - start < ATTEMPT_SECONDS;
    return isOurs ? { id, state, nonce, codeVerifier, to, redirectUri, start } : undefined;
  }

  /** The `Set-Cookie` that takes the attempt of a state away. */
  formatCleared(state: string, arrival: Arrival): string | undefined {
    const [, id] = STATE.exec(state) ?? [];
    const transport = findTransport(arrival.url);
    return id && formatCleared(nameOf(id, transport), transport);
  }
}

function findCookies({ cookies }: Arrival, transport: CookieTransport): CookiePair[] {
  return parseCookies(cookies ?? '').filter(
    ({ name }) => NAME.test(name) && name.startsWith('__Host-') !== transport.isPlainLoopback,
  );
}

function nameOf(id: string, { isPlainLoopback }: CookieTransport): string {
  return `${isPlainLoopback ? '' : '__Host-'}postern-tx-${id}`;
}

function contextOf(id: string, { url }: Arrival): string {
  return `tx|${id}|${url.host}`;
}

function formatCleared(name: string, transport: CookieTransport): string {
  return format(name, '', 0, transport);
}

function format(name: string, value: string, maxAgeSeconds: number, transport: CookieTransport): string {
  const secure = !transport.isPlainLoopback;
  return formatSetCookie(name, value, { secure, sameSite: 'Lax', partitioned: false, maxAgeSeconds });
}
