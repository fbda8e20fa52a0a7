import type { Result } from '../../lib/result.ts';

/** One setting of Grafana, as its ini file would name it, wherever it was found. */
export interface Setting {
  readonly section: string;
  readonly key: string;
  /** Its value; what stands elsewhere is still there as a placeholder. */
  readonly text: string;
  /** Undefined where the source has no lines worth naming. */
  readonly line: number | undefined;
  /** What the value refers to instead of holding it: `${HOST}`, `var.client_id`. */
  readonly elsewhere: readonly string[];
  /** Whether Grafana leaves out what stands behind a `#` or `;` in it. */
  readonly isCut?: boolean;
}

/** Where a source cannot be read, and why. The text itself is never repeated: it may be a secret. */
export interface Unreadable {
  /** Undefined: the source as a whole. */
  readonly line: number | undefined;
  readonly problem: string;
  readonly fix?: string;
}

export type Reading = Result<readonly Setting[], Unreadable>;

/** The section of generic OAuth. */
export const OAUTH = 'auth.generic_oauth';

/** Grafana's placeholders: `${NAME}`, `$__env{NAME}`, `$__file{path}`, and `%(key)s` of ini files. */
export function findPlaceholders(text: string): string[] {
  return text.match(/\$(?:__\w+)?\{[^}]+\}|%\([^)]+\)s/g) ?? [];
}

/** Of settings that are there twice, the last one; and none that is empty, which Grafana takes for absent. */
export function keepLast(settings: readonly Setting[]): Setting[] {
  const byName = new Map(settings.map((setting) => [`${setting.section} ${setting.key}`, setting]));
  return [...byName.values()].filter(({ text, elsewhere }) => text !== '' || elsewhere.length > 0);
}
