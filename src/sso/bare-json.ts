declare const bare: unique symbol;

/** A JSON value whose objects have no prototype, so that a lookup finds the members that were sent and no others. */
export type BareJson = null | boolean | number | string | readonly BareJson[] | BareObject;

export interface BareObject {
  readonly [member: string]: BareJson;
  readonly [bare]: true;
}

/** As deep as anybody nests claims, and far from the end of the stack. */
const MAX_DEPTH = 64;

/** A copy of a JSON value without prototypes. What is no JSON, or nested deeper than 64 levels, becomes null. */
export function toBareJson(value: unknown, depth = 0): BareJson {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'object':
      if (value === null || depth >= MAX_DEPTH) return null;
      return Array.isArray(value) ? copyList(value, depth) : toBareObject(value, depth);
    default:
      return null;
  }
}

/** The own members of an object; `__proto__` is one like any other. */
export function toBareObject(value: object, depth = 0): BareObject {
  const copy: Record<string, BareJson> = Object.create(null);
  for (const [member, held] of Object.entries(value)) copy[member] = toBareJson(held, depth + 1);
  return copy as BareObject;
}

function copyList(list: readonly unknown[], depth: number): BareJson {
  return list.map((item) => toBareJson(item, depth + 1));
}

export function isBareObject(value: BareJson | undefined): value is BareObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
