const UNITS = [
  ['year', 31_536_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A length of time in its two largest units: `2 days 3 hours`. A year is 365 days. */
export function formatDuration(seconds: number): string {
  const first = UNITS.findIndex(([, length]) => seconds >= length);
  if (first < 0) return '0 seconds';
  let rest = seconds;
  const words = UNITS.slice(first, first + 2).map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest %= length;
    return count === 0 ? '' : `${count} ${unit}${count === 1 ? '' : 's'}`;
  });
  return words.filter((word) => word !== '').join(' ');
}

/** A moment for people: `2024-09-20 09:12:13 UTC`. */
export function formatMoment(unixSeconds: number): string {
  return formatInstant(unixSeconds).replace('T', ' ').replace('Z', ' UTC');
}

/** A moment for programs (RFC 3339): `2024-09-20T09:12:13Z`. */
export function formatInstant(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}
