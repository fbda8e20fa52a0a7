import type * as z from 'zod';

/** What the schema knows of one variable, for reading it, for messages and for docs/configuration.md. */
export interface Variable<Schema extends z.ZodType = z.ZodType> {
  /** `secret` values are never repeated in a message. */
  readonly kind: 'var' | 'secret';
  /** What it does, in a sentence. */
  readonly meaning: string;
  /** What is allowed, in words. */
  readonly allowed: string;
  readonly example: string;
  /** How an absent variable reads; empty for a required one. */
  readonly fallback: string;
  /** Where the gateway is stricter than Grafana is with its own option of this name. */
  readonly stricter?: string;
  readonly schema: Schema;
}

/** Keeps the exact type of the schema. */
export function variable<Schema extends z.ZodType>(definition: Variable<Schema>): Variable<Schema> {
  return definition;
}
