/** What becomes of request headers with an underscore, as in `UNDERSCORE_HEADERS`. */
export const UNDERSCORE_MODES = ['hyphenate', 'keep', 'drop', 'reject'] as const;
export type UnderscoreMode = (typeof UNDERSCORE_MODES)[number];

/** What the operator decided about header names. */
export interface HeaderOptions {
  readonly underscores: UnderscoreMode;
  /** Names (lower case) that are renamed in any mode. */
  readonly renamed: ReadonlyMap<string, string>;
  /** Folded names by which the origin takes an identity from its proxy, beside those that Postern knows. */
  readonly claims: readonly string[];
}
