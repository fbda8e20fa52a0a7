/** Languages of visitor pages. */
export type Language = 'en' | 'zh';

/** Whether a client asks for a page: browsers name `text/html`, programs do not (RFC 9110 §12.5.1). */
export function wantsHtml(accept: string | null): boolean {
  return (accept ?? '')
    .slice(0, 1000)
    .split(',')
    .map(parseWish)
    .some(({ name, quality }) => {
      return quality > 0 && (name === 'text/html' || name === 'application/xhtml+xml');
    });
}

/** The first of our languages that a client names in order of its `q` (RFC 9110 §12.5.4); English otherwise. */
export function chooseLanguage(acceptLanguage: string | null): Language {
  const wishes = (acceptLanguage ?? '').slice(0, 500).split(',').map(parseWish);
  const ranked = wishes.filter(({ quality }) => quality > 0).sort((a, b) => b.quality - a.quality);
  const languages = ranked.map(({ name }) => name.split('-')[0]);
  return languages.find((language) => language === 'en' || language === 'zh') ?? 'en';
}

/** One member of an `Accept…` header: its name in lower case, and its weight. */
function parseWish(text: string): { name: string; quality: number } {
  const [name = '', ...parameters] = text.toLowerCase().split(';');
  const quality = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1]).find(Boolean);
  return { name: name.trim(), quality: quality === undefined ? 1 : Number(quality) || 0 };
}
