/** How often, and how long apart, a request looks whether another has read what it needs. */
const LOOKS_MAX = 20;
const LOOK_MS = 5;

/**
 * Lets one of several requests read what all of them want: the panels of a dashboard ask at once. Marks, not promises: a
 * promise belongs to its request, and one that its client left may never take its mark away.
 */
export class Turns {
  /** What some request is reading, since when, in milliseconds. */
  readonly #reading = new Map<string, number>();

  /**
   * What another request has just read of `name`, or else what `read` gives.
   *
   * @param findRead what was read and remembered since the call began; undefined for nothing
   */
  async take<T>(name: string, findRead: () => T | undefined, read: () => Promise<T>): Promise<T> {
    // Without a wait where nobody reads: the mark below has to be set before another request looks for it.
    const told = this.#isBeingRead(name) ? await this.#waitForAnother(name, findRead) : undefined;
    if (told !== undefined) return told;
    this.#reading.set(name, Date.now());
    try {
      return await read();
    } finally {
      this.#reading.delete(name);
    }
  }

  #isBeingRead(name: string): boolean {
    const since = this.#reading.get(name);
    return since !== undefined && Date.now() - since < LOOKS_MAX * LOOK_MS;
  }

  async #waitForAnother<T>(name: string, findRead: () => T | undefined): Promise<T | undefined> {
    for (let looks = 0; looks < LOOKS_MAX && this.#isBeingRead(name); looks++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const found = findRead();
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
