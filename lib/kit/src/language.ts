export type Language = 'ko' | 'en';

/**
 * Korean or English, whichever a browser puts first (RFC 9110 §12.5.4): English for one that speaks only others, Korean
 * for one that says nothing.
 */
export function preferredLanguage(acceptLanguage: string): Language {
  const wishes = acceptLanguage
    .split(',')
    .map(wishOf)
    .filter(({ language }) => language !== '' && language !== '*');
  const ours = wishes
    .filter(({ language, quality }) => isOurs(language) && quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ language }) => language);
  return ours.find(isOurs) ?? (wishes.length > 0 ? 'en' : 'ko');
}

const isOurs = (language: string): language is Language => language === 'ko' || language === 'en';

/** `en-GB;q=0.8` → `en`, 0.8. */
function wishOf(text: string): { language: string; quality: number } {
  const [tag = '', ...parameters] = text.trim().toLowerCase().split(';');
  const quality = parameters.map((one) => /^\s*q=([\d.]+)/.exec(one)?.[1]).find(Boolean);
  return { language: tag.split('-')[0] ?? '', quality: quality === undefined ? 1 : Number(quality) };
}
