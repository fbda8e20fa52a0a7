const REDACTED = '[redacted]';

/**
 * A text that must not be printed. String conversion, JSON, template literals and inspection all show
 * `[redacted]`; the only way to the text is {@link Secret.reveal}, which is easy to find in a review.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for cryptography and for the header that carries it. Never for a message or a log. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  get [Symbol.toStringTag](): string {
    return REDACTED;
  }

  /** What `console.log` of Node and workerd asks for. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}
