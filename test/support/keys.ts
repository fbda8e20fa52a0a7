import { md5 } from '@noble/hashes/legacy.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import vectors from '../vectors/share-v2.json';
import { guard } from './watch.ts';

/** A key of the vectors, with the derived value that was worked out elsewhere. */
export type FixtureKey = (typeof vectors.keys)[number];

export const KEYS: readonly FixtureKey[] = vectors.keys;

for (const key of KEYS) {
  guard(`the token of ${key.name}`, key.token);
  guard(`the secret of ${key.name}`, key.secret);
  guard(`the derived value of ${key.name}`, key.derived);
}

export function keyNamed(name: string): FixtureKey {
  const key = KEYS.find((candidate) => candidate.name === name);
  if (!key) throw new Error(`the vectors have no key ${name}`);
  return key;
}

/** An entry of `SHARE_KEYS`. */
export interface KeyEntry {
  readonly name: string;
  readonly orgId: number;
  readonly token: string;
  readonly [field: string]: unknown;
}

/** The key as `SHARE_KEYS` lists it, with what a test adds. */
export function entryOf(key: FixtureKey, more: Readonly<Record<string, unknown>> = {}): KeyEntry {
  return { name: key.name, orgId: key.orgId, token: key.token, ...more };
}

/** The signature of a text under a key, by the definition of the protocol and nothing of `src`. */
export function signText(key: FixtureKey, text: string): string {
  const sign = bytesToHex(md5(utf8ToBytes(`${key.derived}_${text}`)));
  guard(`a signature of ${key.name}`, sign);
  return sign;
}

/** What a link is made of. */
export interface LinkParts {
  readonly key: FixtureKey;
  /** Unix seconds of the signature. */
  readonly at: number;
  /** Address of a dashboard, with or without a query. */
  readonly to?: string;
  readonly expireSeconds?: number | undefined;
}

/** A signed version 2 link, as a path and query. */
export function linkTo({ key, at, to = '/d/uid-one/demo', expireSeconds }: LinkParts): string {
  const parameters = [
    `aliyun_api_key_sign=${signText(key, String(at))}`,
    `aliyun_api_key_timestamp=${at}`,
    `aliyun_api_key_name=${encodeURIComponent(key.name)}`,
    `aliyun_api_key_org_id=${key.orgId}`,
    ...(expireSeconds === undefined ? [] : [`aliyun_api_key_expire_seconds=${expireSeconds}`]),
  ];
  return `${to}${to.includes('?') ? '&' : '?'}${parameters.join('&')}`;
}
