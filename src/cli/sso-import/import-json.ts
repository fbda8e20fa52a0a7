import type * as z from 'zod';
import type { SsoImportOutput } from '../output-schemas.ts';
import type { Check } from './check.ts';
import type { Format } from './recognise.ts';
import type { Setting } from './setting.ts';
import type { Notice, Translation } from './translate.ts';

/** Everything that came of one source. */
export interface Import {
  readonly format: Format;
  readonly settings: readonly Setting[];
  readonly translation: Translation;
  readonly check: Check;
  /** Names of the secrets that were written into a file; undefined where none was asked for. */
  readonly written: readonly string[] | undefined;
}

/** Whether the variables can go in as they are. Secrets are entered by hand in any case. */
export function isReady({ check, translation: { variables, origins } }: Import): boolean {
  const isWhole = [...variables.keys()].every((name) => origins.get(name)?.elsewhere.length === 0);
  return isWhole && check.mistakes.length === 0;
}

/** Everything that is worth a sentence, in the order of the source where there is one. */
export function listNotices({ translation, check }: Import): readonly Notice[] {
  return [...translation.notices, ...check.warnings];
}

/** What came of it, for programs. */
export function describeImport(result: Import): z.output<typeof SsoImportOutput> {
  const { format, translation, check, written } = result;
  return {
    format,
    ready: isReady(result),
    variables: Object.fromEntries(translation.variables),
    secrets: translation.secrets.map(({ name, state }) => ({
      name,
      state,
      written: written?.includes(name) === true,
    })),
    notices: listNotices(result).map(({ line, ...notice }) => ({ ...notice, line: line ?? null })),
    mistakes: check.mistakes.map(({ line, ...mistake }) => ({ ...mistake, line: line ?? null })),
  };
}
