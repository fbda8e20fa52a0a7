import { within } from './deadline.ts';

/**
 * Storage could not be read or written. Thrown by store files and caught where a request ends, so that every
 * door fails closed without a branch of its own.
 */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable';
  readonly operation: 'read' | 'write';

  /** @param operation what failed */
  constructor(operation: 'read' | 'write') {
    super(`storage: ${operation} failed`);
    this.operation = operation;
  }
}

/**
 * The outcome of an operation on storage, unless it takes longer than `milliseconds`.
 *
 * @throws StorageUnavailable whatever went wrong
 */
export async function attempt<T>(
  operation: StorageUnavailable['operation'],
  milliseconds: number,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await within(milliseconds, work(), () => new StorageUnavailable(operation));
  } catch {
    // The runtime's message may quote a key, or name the inside of an object; that it failed is what is told.
    throw new StorageUnavailable(operation);
  }
}
