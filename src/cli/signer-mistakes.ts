import { md5Hex } from '../lib/md5.ts';
import type { Secret } from '../lib/secret.ts';
import { deriveKey } from '../share/derive.ts';
import type { LinkV2 } from '../share/link.ts';
import { formatTimestamp, signTimestamp } from '../share/sign.ts';
import type { GrafanaToken } from '../share/token.ts';

/** What a signer did wrong, where the signature itself shows it. */
export type SignerMistake =
  | { readonly kind: 'other-second'; readonly signedAt: number }
  | { readonly kind: MistakenTextKind };

type MistakenTextKind =
  | 'no-underscore'
  | 'line-break'
  | 'not-derived'
  | 'derived-in-upper-case'
  | 'derived-too-short'
  | 'milliseconds';

interface SignedMaterial {
  readonly derived: string;
  readonly token: GrafanaToken;
  readonly timestamp: string;
}

/** What signers hash by mistake, as rows of a table. */
const MISTAKEN_TEXTS: readonly (readonly [
  kind: MistakenTextKind,
  texts: (material: SignedMaterial) => readonly string[],
])[] = [
  ['no-underscore', ({ derived, timestamp }) => [`${derived}${timestamp}`]],
  ['line-break', ({ derived, timestamp }) => [`${derived}_${timestamp}\n`, `${derived}\n_${timestamp}`]],
  ['not-derived', ({ token, timestamp }) => credentialsOf(token).map((text) => `${text}_${timestamp}`)],
  ['derived-in-upper-case', ({ derived, timestamp }) => [`${derived.toUpperCase()}_${timestamp}`]],
  // The first 32 bytes of PBKDF2's output do not depend on its length: libraries give 32 unless told otherwise.
  ['derived-too-short', ({ derived, timestamp }) => [`${derived.slice(0, 64)}_${timestamp}`]],
  ['milliseconds', ({ derived, timestamp }) => everyMillisecond(`${derived}_${timestamp}`)],
];

/** How far around the link's second another one is looked for. */
const SEARCH_SECONDS = 3600;

/**
 * Finds what made a signature wrong: the usual slips of signers first, then the seconds around the link's own.
 * Undefined where nothing fits: another key, or a signature that was edited.
 */
export async function findSignerMistake(
  link: Pick<LinkV2, 'sign' | 'timestamp'>,
  token: GrafanaToken,
): Promise<SignerMistake | undefined> {
  const derived = await deriveKey(token);
  // Plain comparison: whoever holds the token may know how far it matches.
  const material = { derived: derived.reveal(), token, timestamp: link.timestamp };
  const row = MISTAKEN_TEXTS.find(([, texts]) => texts(material).some((text) => md5Hex(text) === link.sign));
  return row ? { kind: row[0] } : findOtherSecond(link, derived);
}

function findOtherSecond(
  { sign, timestamp }: Pick<LinkV2, 'sign' | 'timestamp'>,
  derived: Secret,
): SignerMistake | undefined {
  for (let distance = 1; distance <= SEARCH_SECONDS; distance++) {
    for (const signedAt of [Number(timestamp) - distance, Number(timestamp) + distance]) {
      if (signTimestamp(derived, formatTimestamp(signedAt)) === sign)
        return { kind: 'other-second', signedAt };
    }
  }
  return undefined;
}

function credentialsOf({ text, secret }: GrafanaToken): string[] {
  return [text.reveal(), secret.reveal()];
}

function everyMillisecond(second: string): string[] {
  return Array.from({ length: 1000 }, (_, millisecond) => second + String(millisecond).padStart(3, '0'));
}
