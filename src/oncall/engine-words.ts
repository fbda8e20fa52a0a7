/**
 * What the engine itself says (oncall.md §2.4). Clients rely on these words, and so does the gateway where it
 * tells a wrong region from a wrong right.
 */
export const ENGINE_WORDS = {
  /** 403: this region does not know the token, or the token is not good for this path, or there is none. */
  invalidToken: 'Invalid token.',
  /** 429: this region does not know the stack of a service account token, and has asked it for a synchronisation. */
  syncing: 'Organization being synced',
  /** 404: the organisation is known here and was deleted. */
  notFound: 'Not found.',
  /** 401, on paths of the plugin. */
  noContext: 'No instance context provided.',
  badContext: 'Instance context must be JSON dict.',
} as const;
