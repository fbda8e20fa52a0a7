import { sha256Hex } from '../lib/sha256.ts';

/**
 * What a region can be known by: a token (by its hash, so that a clue may be written down), a stack's host, or a
 * stack's number at grafana.com. In this form they stand in bindings, in storage and in the admin API.
 */
export type Clue = `token:${string}` | `stack:${string}`;

const CLUE = /^(?:token:[0-9a-f]{64}|stack:(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?))$/;

export function clueOfToken(token: string): Clue {
  return `token:${sha256Hex(token)}`;
}

/** @param hash SHA-256 of a token, 64 lower-case hex digits */
export function clueOfTokenHash(hash: string): Clue {
  return `token:${hash}`;
}

/** @param stack the host of a stack, or its number */
export function clueOfStack(stack: string): Clue {
  return `stack:${stack}`;
}

export function isClue(text: string): text is Clue {
  return CLUE.test(text);
}
