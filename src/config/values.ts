import * as z from 'zod';
import type { Variable } from './variable.ts';
import { VARIABLES } from './variables.ts';

type Shape = { [Name in keyof typeof VARIABLES]: (typeof VARIABLES)[Name]['schema'] };

/** One strict schema for all variables: an unknown name is a mistake. */
export const SCHEMA = z.strictObject(
  Object.fromEntries(Object.entries(VARIABLES).map(([name, { schema }]) => [name, schema])) as Shape,
);

/** What the variables hold, once all of them are in their form. */
export type Values = z.output<typeof SCHEMA>;

export function findVariable(name: string): Variable | undefined {
  return Object.hasOwn(VARIABLES, name) ? VARIABLES[name as keyof typeof VARIABLES] : undefined;
}
