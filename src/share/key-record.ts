import * as z from 'zod';
import { parseJson } from '../lib/json.ts';
import type { Keyring } from '../lib/keyring.ts';
import { seal, unseal } from '../lib/seal.ts';
import { Secret } from '../lib/secret.ts';
import { sha256Base64Url } from '../lib/sha256.ts';
import type { ShareKey } from './key.ts';
import { type GrafanaToken, parseGrafanaToken } from './token.ts';

/** A token with its derived value, so that no link has to wait for a derivation. */
export interface KeyMaterial {
  readonly token: GrafanaToken;
  readonly derived: Secret;
}

const ORIGIN_FINDING = z.object({
  /** Unix seconds. */
  checkedAt: z.int(),
  state: z.enum(['works', 'refused', 'unreachable']),
  role: z.string().optional(),
  orgId: z.int().optional(),
  orgName: z.string().optional(),
});

/** What the origin said about a token when it was asked. */
export type OriginFinding = Readonly<z.output<typeof ORIGIN_FINDING>>;

const MINT_TOKEN = z.object({
  /** 8 hex digits. */
  id: z.string(),
  /** Hex of SHA-256 over the token's random part. */
  hash: z.string(),
  note: z.string().optional(),
  /** Unix seconds. */
  createdAt: z.int(),
});

/** A token for a portal that has the gateway make its links: good for one key's links and nothing else. */
export type MintToken = Readonly<z.output<typeof MINT_TOKEN>>;

/** A share key as KV holds it. Times are unix seconds. */
export interface KeyRecord extends Omit<ShareKey, 'token' | 'derived' | 'former'> {
  readonly material: KeyMaterial;
  /** The token that this one took the place of, good for links until the overlap ends. */
  readonly former?: (KeyMaterial & { readonly until: number }) | undefined;
  readonly disabled: boolean;
  readonly note?: string | undefined;
  readonly createdAt: number;
  readonly changedAt: number;
  /** Since when the present token is this key's. */
  readonly tokenAt: number;
  readonly origin?: OriginFinding | undefined;
  readonly mintTokens: readonly MintToken[];
  /** Ids of mint tokens that were removed, the latest of them: an order that is repeated brings none of them back. */
  readonly removedMintIds: readonly string[];
}

/** Every stored key begins like this. */
export const KEY_PREFIX = 'key:';

/** `<org>:<base64url of SHA-256 of the name>`, since a name may be longer than KV's keys. */
export function keyIdOf(orgId: number, name: string): string {
  return `${orgId}:${sha256Base64Url(name)}`;
}

const MATERIAL = z.object({ token: z.string(), derived: z.string() });

const SEALED_RECORD = z.object({
  ...MATERIAL.shape,
  former: z.object({ ...MATERIAL.shape, until: z.int() }).optional(),
  dashboards: z.array(z.string()).optional(),
  frameAncestors: z.array(z.string()).optional(),
  maxSessionSeconds: z.int().optional(),
  live: z.boolean(),
  resources: z.array(z.string()),
  expiresAt: z.int().optional(),
  disabled: z.boolean(),
  note: z.string().optional(),
  createdAt: z.int(),
  changedAt: z.int(),
  tokenAt: z.int(),
  origin: ORIGIN_FINDING.optional(),
  mintTokens: z.array(MINT_TOKEN),
  removedMintIds: z.array(z.string()),
});

/** Name and organisation stand outside the seal, so that a list can name what it cannot open. */
const ENVELOPE = z.object({ v: z.literal(1), orgId: z.int(), name: z.string(), sealed: z.string() });

/** What a stored text turned out to be. */
export type OpenedRecord =
  | { readonly state: 'open'; readonly record: KeyRecord; readonly sealedWith: string }
  /** Sealed with a secret that is not among `POSTERN_SECRETS`, or changed since. */
  | { readonly state: 'sealed'; readonly orgId: number; readonly name: string }
  | { readonly state: 'garbage' };

/** The stored text of a record. */
export async function sealRecord(record: KeyRecord, keyring: Keyring): Promise<string> {
  const { orgId, name, material, former, ...rest } = record;
  const plain: z.input<typeof SEALED_RECORD> = {
    ...(rest as Omit<z.input<typeof SEALED_RECORD>, 'token' | 'derived' | 'former'>),
    ...revealMaterial(material),
    former: former && { ...revealMaterial(former), until: former.until },
  };
  const sealed = await seal(keyring, JSON.stringify(plain), contextOf(orgId, name));
  return JSON.stringify({ v: 1, orgId, name, sealed } satisfies z.input<typeof ENVELOPE>);
}

/** @param id the one that the text was stored under: a text that was moved is garbage */
export async function openRecord(text: string, id: string, keyring: Keyring): Promise<OpenedRecord> {
  const envelope = ENVELOPE.safeParse(parseJson(text));
  if (!envelope.success) return { state: 'garbage' };
  const { orgId, name, sealed } = envelope.data;
  if (keyIdOf(orgId, name) !== id) return { state: 'garbage' };
  const plain = await unseal(keyring, sealed, contextOf(orgId, name));
  if (plain === undefined) return { state: 'sealed', orgId, name };
  const stored = SEALED_RECORD.safeParse(parseJson(plain));
  if (!stored.success) return { state: 'garbage' };
  const { token, derived, former, ...rest } = stored.data;
  const material = readMaterial({ token, derived });
  const before = former && readMaterial(former);
  if (!material || (former && !before)) return { state: 'garbage' };
  const record: KeyRecord = {
    ...rest,
    orgId,
    name,
    material,
    former: former && before && { ...before, until: former.until },
  };
  return { state: 'open', record, sealedWith: sealed.slice(0, sealed.indexOf('.')) };
}

/** The key of a record, as links and sessions know it. */
export function keyOf(record: KeyRecord): ShareKey {
  return {
    orgId: record.orgId,
    name: record.name,
    token: record.material.token,
    derived: record.material.derived,
    former: record.former,
    dashboards: record.dashboards,
    frameAncestors: record.frameAncestors,
    maxSessionSeconds: record.maxSessionSeconds,
    live: record.live,
    resources: record.resources,
    expiresAt: record.expiresAt,
    disabled: record.disabled,
  };
}

function contextOf(orgId: number, name: string): string {
  return `key|${orgId}|${name}`;
}

function revealMaterial({ token, derived }: KeyMaterial): { token: string; derived: string } {
  return { token: token.text.reveal(), derived: derived.reveal() };
}

function readMaterial(stored: { readonly token: string; readonly derived: string }): KeyMaterial | undefined {
  const token = parseGrafanaToken(stored.token);
  return token.ok ? { token: token.value, derived: new Secret(stored.derived) } : undefined;
}
