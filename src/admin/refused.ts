import type { Refusal } from '../refusal/refuse.ts';

/** A refusal on its way from what a route does to its answer. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;

  constructor(code: Refusal['code'], more?: string) {
    super(code);
    this.refusal = { code, more };
  }
}
