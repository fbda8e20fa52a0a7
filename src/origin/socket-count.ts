/** The most sockets that one grant holds open in one isolate. A dashboard page opens one. */
export const SOCKETS_MAX = 20;

/** Counts the open sockets of grants in one isolate. */
export class SocketCount {
  readonly #open = new Map<string, number>();

  isFull(grant: string): boolean {
    return (this.#open.get(grant) ?? 0) >= SOCKETS_MAX;
  }

  take(grant: string): void {
    this.#open.set(grant, (this.#open.get(grant) ?? 0) + 1);
  }

  give(grant: string): void {
    const open = (this.#open.get(grant) ?? 0) - 1;
    if (open > 0) this.#open.set(grant, open);
    else this.#open.delete(grant);
  }
}
