/**
 * The outcome of some work, unless it takes longer than `milliseconds`: then what `createError` makes is thrown.
 * The work itself goes on unheard.
 */
export async function within<T>(
  milliseconds: number,
  work: Promise<T>,
  createError: () => Error,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(createError()), milliseconds);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
