/** Letters that lower-casing, or a database's collation, makes into others. */
const ALIKE: Readonly<Record<string, string>> = { ß: 'ss', ẞ: 'ss', ı: 'i', İ: 'i', ς: 'σ' };

/**
 * What may be one account at Grafana, however it is spelt: Grafana compares logins and addresses in lower case, and
 * MySQL's `utf8mb4_unicode_ci` without accents and without what cannot be seen. Folding too much only refuses more.
 */
export function foldAccountName(text: string): string {
  const letters = [...text.replace(/[ßẞıİς]/g, (letter) => ALIKE[letter] ?? letter).normalize('NFKD')];
  return letters
    .filter((letter) => !/[\p{M}\p{Default_Ignorable_Code_Point}]/u.test(letter))
    .map((letter) => letter.toLowerCase())
    .join('')
    .replace(/ς/g, 'σ')
    .trim();
}

/** The longest login and address that Grafana stores (`user.login`, `user.email`). */
const LENGTH_MAX = 190;
const ATOM = String.raw`[\p{L}\p{N}!#$%&'*+/=?^_\u0060{|}~-]+`;
const ADDRESS = new RegExp(`^${ATOM}(?:\\.${ATOM})*@${ATOM}(?:\\.${ATOM})*$`, 'u');

/**
 * Whether a login or an address is read the same way by everybody on its way: no control characters, no space around
 * it; what has an `@` is one plain address, since Grafana reads a login as an address (Go `mail.ParseAddress`, which
 * takes `x <other@example.com>` for the other one's); and no letters that some database takes for a Latin one.
 */
export function isAccountName(text: string): boolean {
  if (text === '' || text.length > LENGTH_MAX || text !== text.trim() || /\p{C}/u.test(text)) return false;
  if (text.includes('@') && !ADDRESS.test(text)) return false;
  const folded = foldAccountName(text);
  return !/[\u{10000}-\u{10ffff}]/u.test(folded) && ![...folded].some(isOddLatin);
}

/** A Latin letter beyond a to z that is no such letter with an accent: a collation may take it for one. */
function isOddLatin(letter: string): boolean {
  return /\p{Script=Latin}/u.test(letter) && !/[a-z]/.test(letter);
}
