import { sha256Hex } from '../lib/sha256.ts';

const LINK_ID_LENGTH = 16;

/**
 * The id of a link, as printed by `postern inspect` and named by revocations: 16 hex digits of SHA-256 over
 * `v2|org|name|timestamp`. Two links of one key and second are one link. All version 1 links of a key are
 * one link too, since nothing in them differs; their id has no timestamp.
 */
export function computeLinkId(
  link: { readonly version: 'v1' | 'v2'; readonly timestamp?: string },
  key: { readonly orgId: number; readonly name: string },
): string {
  const words = [
    link.version,
    key.orgId,
    key.name,
    ...(link.timestamp === undefined ? [] : [link.timestamp]),
  ];
  return sha256Hex(words.join('|')).slice(0, LINK_ID_LENGTH);
}
