import type * as z from 'zod';
import { KeyName, OrgId } from '../api/common.ts';
import { type CliError, misuse } from './cli-error.ts';
import { createCarriedKey } from './link-mistakes.ts';
import { hideKeys } from './print.ts';

/** The option that names an organisation. */
export const ORG_OPTION = { type: 'string', value: 'N', about: 'organisation in Grafana' } as const;

/** A value of an option, or a word, that is not in its form. The value itself is not repeated. */
export function createBadValue(what: string, details: string, command: string): CliError {
  return misuse({
    code: 'option-value',
    what: `${what} is not in its form.`,
    details,
    fix: `See: postern help ${command}`,
  });
}

/** A number in its one spelling, `NaN` for any other, which no form accepts. */
export function toNumber(text: string): number {
  return String(Number(text)) === text ? Number(text) : Number.NaN;
}

/** @throws CliError where the value is no organisation */
export function readOrg(text: string, command: string, what = '--org'): number {
  const org = OrgId.safeParse(toNumber(text));
  if (org.success) return org.data;
  throw createBadValue(what, 'It takes a positive whole number of at most ten digits.', command);
}

/** @throws CliError where the organisation is missing, or none */
export function requireOrg(text: string | undefined, command: string): number {
  if (text !== undefined) return readOrg(text, command);
  throw misuse({
    code: 'option-missing',
    what: '--org is missing.',
    details:
      'A key belongs to one organisation of Grafana: name and organisation together say which is meant.',
    fix: `See: postern help ${command}`,
  });
}

/** @throws CliError where the word cannot be the name of a key, or is a token in its place */
export function readKeyName(text: string, command: string, what = 'NAME'): string {
  if (hideKeys(text) !== text) throw createCarriedKey(what);
  const name = KeyName.safeParse(text);
  if (name.success) return name.data;
  throw createBadValue(what, 'It takes 1 to 190 characters, none of them a control character.', command);
}

/** A whole number within bounds. @throws CliError */
export function readWhole(
  text: string,
  option: string,
  { min, max, unit }: { readonly min: number; readonly max: number; readonly unit: string },
  command: string,
): number {
  const number = toNumber(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw createBadValue(option, `It takes a whole number of ${unit} from ${min} to ${max}.`, command);
}

/** Words separated by spaces or commas. */
export function splitWords(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

/** A value that a schema of the gateway takes, as it was given. @throws CliError with the schema's own words */
export function readByForm(value: unknown, schema: z.ZodType, option: string, command: string): void {
  const parsed = schema.safeParse(value);
  if (parsed.success) return;
  const [issue] = parsed.error.issues;
  throw createBadValue(option, `It ${issue?.message ?? 'cannot be taken'}.`, command);
}
