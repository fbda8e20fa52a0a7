/** Cookies as one browser keeps them for one gateway. */
export class Jar {
  readonly #cookies = new Map<string, string>();

  /** Keeps what an answer sets, and forgets what it clears. */
  take(response: Response): this {
    for (const { name, value, attributes } of readSetCookies(response)) {
      if (attributes['max-age'] === '0') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return this;
  }

  get names(): string[] {
    return [...this.#cookies.keys()];
  }

  /** Value of the `Cookie` header. */
  get header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}

/** One `Set-Cookie`, taken apart. Attribute names are lower case; those without a value are empty texts. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export function readSetCookies(response: Response): SetCookie[] {
  return response.headers.getSetCookie().map((line) => {
    const [pair = '', ...rest] = line.split('; ');
    const [name = '', value = ''] = split(pair);
    const attributes = Object.fromEntries(rest.map(split).map(([key, text]) => [key?.toLowerCase(), text]));
    return { name, value, attributes };
  });
}

function split(text: string): [string, string] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
}
