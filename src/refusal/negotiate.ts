/** Languages of visitor pages. */
export type Language = 'en' | 'zh';

/** Whether a client asks for a page: browsers name `text/html`, programs do not. */
export function wantsHtml(accept: string | null): boolean {
  return (
    accept !== null &&
    /(?:^|[,\s])(?:text\/html|application\/xhtml\+xml)(?![^,]*;\s*q=0(?:\.0*)?(?:\s|,|$))/i.test(accept)
  );
}

/** The first of our languages that a client names in order of its `q` (RFC 9110 §12.5.4); English otherwise. */
export function chooseLanguage(acceptLanguage: string | null): Language {
  const wishes = (acceptLanguage ?? '').slice(0, 500).split(',').map(parseWish);
  const ranked = wishes.filter((wish) => wish.quality > 0).sort((a, b) => b.quality - a.quality);
  return (
    ranked.map((wish) => wish.language).find((language) => language === 'en' || language === 'zh') ?? 'en'
  );
}

function parseWish(text: string): { language: string; quality: number } {
  const [tag = '', ...parameters] = text.trim().toLowerCase().split(';');
  const quality = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1]).find(Boolean);
  return { language: tag.split('-')[0] ?? '', quality: quality === undefined ? 1 : Number(quality) || 0 };
}
