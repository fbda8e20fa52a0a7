/** An instant as programs and people write it: ISO 8601, UTC, whole seconds. */
export function formatInstant(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** The same where there may be none, for JSON. */
export function formatMaybeInstant(unixSeconds: number | undefined): string | null {
  return unixSeconds === undefined ? null : formatInstant(unixSeconds);
}

/** Unix seconds, rounded down, of an instant whose form was checked. */
export function parseInstant(text: string): number {
  return Math.floor(Date.parse(text) / 1000);
}
