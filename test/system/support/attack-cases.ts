import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One hostile input and the answer that is safe (test/vectors/attacks.json). */
export interface AttackCase {
  readonly id: string;
  readonly area: string;
  readonly transport: 'fetch' | 'raw-h1';
  readonly request: {
    readonly method: string;
    readonly path: string;
    /** A list stands for a header that is there several times. */
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
    readonly body?: string;
  };
  readonly expect: {
    readonly status: readonly number[];
    readonly origin: 'called' | 'not_called' | 'either';
    readonly upstream_absent_value?: readonly string[];
    readonly upstream_names_absent_alias_of?: readonly string[];
    readonly assert: readonly string[];
  };
}

const FILE = join(import.meta.dirname, '../../vectors/attacks.json');

export const ATTACKS: readonly AttackCase[] = JSON.parse(readFileSync(FILE, 'utf8')).cases;

/** What the placeholders of raw cases stand for. */
export type Placeholders = Readonly<Record<string, string>>;

/** @throws Error for a placeholder without a value, so that no case runs with one in it */
export function fillIn(template: string, values: Placeholders): string {
  return template.replace(/\{\{(.*?)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no placeholder ${name}`);
    return value;
  });
}

/** Headers of a case in their order: lists spread out, `{{GEN n}} x_{i}` as n headers. */
export function spreadHeaders(
  { request }: AttackCase,
  values: Placeholders,
): [name: string, value: string][] {
  return Object.entries(request.headers).flatMap(([name, value]) =>
    generate(name).flatMap((each) =>
      [value].flat().map((text): [string, string] => [each, fillIn(text, values)]),
    ),
  );
}

function generate(name: string): string[] {
  const [, times, pattern = ''] = /^\{\{GEN (\d+)\}\} (.+)$/.exec(name) ?? [];
  if (times === undefined) return [name];
  return Array.from({ length: Number(times) }, (_, index) => pattern.replace('{i}', `${index}`));
}
