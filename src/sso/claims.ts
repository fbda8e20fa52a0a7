import type { BareJson, BareObject } from './bare-json.ts';
import type { Expression } from './expression.ts';
import type { SourceName } from './person.ts';
import type { StepSubject, TakeStep } from './steps.ts';

/** The claims of one source, ready to be read. */
export interface Claims {
  readonly source: SourceName;
  readonly data: BareObject;
}

/** Longer than any name or address that a person has. */
const MAX_TEXT_LENGTH = 1024;

/**
 * A text that can name something: not empty, of at most 1024 characters, without control characters and halves of
 * characters. Anything else is no text, and the member that holds it counts as one that was not sent.
 */
export function isText(value: BareJson | undefined): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= MAX_TEXT_LENGTH &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value)
  );
}

/** The texts of a list; what is no list has none. */
export function readTexts(value: BareJson): readonly string[] {
  return Array.isArray(value) ? value.filter(isText) : [];
}

/** What was found in one place of one source. */
export interface Reading {
  readonly gave: BareJson;
  /** Why it gives nothing, where that is not plain. */
  readonly note?: string | undefined;
}

/** One place in a source where a field may be. */
export interface Place {
  readonly by: string;
  /** Undefined where the source has no such member. */
  read(data: BareObject): Reading | undefined;
}

export function inMember(name: string): Place {
  return {
    by: name,
    read({ [name]: gave }) {
      return gave === undefined ? undefined : { gave, note: isText(gave) ? undefined : 'is no text' };
    },
  };
}

/** What a JMESPath of the operator gives; no place at all where none is set. */
export function byPath(option: string, path: Expression | undefined): readonly Place[] {
  return path === undefined ? [] : [{ by: namePath(option, path), read: (data) => readPath(path, data) }];
}

export function namePath(option: string, path: Expression): string {
  return `${option} = ${path.text}`;
}

export function readPath(path: Expression, data: BareJson): Reading {
  const found = path.search(data);
  return found.ok ? { gave: found.value } : { gave: null, note: 'could not be evaluated on this source' };
}

/** The first text, by source and then by place, as Grafana asks; empty where there is none. */
export function findText(
  about: StepSubject,
  claims: readonly Claims[],
  places: readonly Place[],
  take: TakeStep,
): string {
  for (const { source, data } of claims) {
    for (const { by, read } of places) {
      const reading = read(data);
      if (reading === undefined) continue;
      const { gave, note } = reading;
      take({ about, source, by, gave, counts: isText(gave), note });
      if (isText(gave)) return gave;
    }
  }
  return '';
}
