import type { ProblemCode } from '@ptsdly/contract';
import { type Language, preferredLanguage } from '@ptsdly/kit';

const texts: Readonly<
  Partial<Record<ProblemCode, Record<Language, readonly [title: string, text: string]>>>
> = {
  not_found: {
    en: ['There is nothing here', 'This link does not exist. Please check that it was copied whole.'],
    ko: ['여기에는 아무것도 없어요', '없는 링크예요. 주소가 끝까지 복사되었는지 확인해 주세요.'],
  },
  not_open_yet: {
    en: ['Not open yet', 'This video will be shown later. Please come back then.'],
    ko: ['아직 열리지 않았어요', '이 영상은 나중에 공개돼요. 그때 다시 찾아 주세요.'],
  },
  link_revoked: {
    en: ['This link is no longer shared', 'Its owner has stopped sharing this video here.'],
    ko: ['공유를 중지한 링크예요', '이 영상의 주인이 이 링크의 공유를 중지했어요.'],
  },
  link_expired: {
    en: ['This link has expired', 'Its time is over. Please ask its owner for a new one.'],
    ko: ['기간이 끝난 링크예요', '볼 수 있는 기간이 지났어요. 주인에게 새 링크를 부탁해 주세요.'],
  },
  rate_limited: {
    en: ['Too many wrong links', 'Many links that do not exist were tried from here. Please wait a moment.'],
    ko: ['없는 링크가 너무 많아요', '여기에서 없는 주소를 여러 번 열었어요. 잠시 뒤에 다시 해 주세요.'],
  },
  taken_down: {
    en: ['This link has been taken down', 'It is not available for legal reasons or by the terms of use.'],
    ko: ['차단된 링크예요', '법적인 이유나 이용 약관에 따라 볼 수 없어요.'],
  },
};

const STYLE = `:root{color-scheme:light dark}body{margin:0;min-height:100vh;display:grid;place-items:center;
font:16px/1.6 system-ui,-apple-system,"Apple SD Gothic Neo","Noto Sans KR",sans-serif;background:Canvas;color:CanvasText}
main{max-width:26rem;padding:2rem;text-align:center}h1{font-size:1.4rem;margin:0 0 .5rem;word-break:keep-all;text-wrap:balance}
p{margin:0 0 1.5rem;opacity:.75;word-break:keep-all}a{color:inherit;opacity:.6;text-decoration:none;font-weight:600}`;

const pages = new Map<string, string>();
/** A moment as people of a language say it; who reads Korean is mostly in Korea, of others nothing is known. */
const moments: Readonly<Record<Language, Intl.DateTimeFormat>> = {
  ko: new Intl.DateTimeFormat('ko', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'Asia/Seoul',
  }),
  en: new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }),
};

/**
 * The page that a person sees at a link that leads nowhere; it loads nothing and runs nothing. `opensAt`: when a link
 * that is not open yet will be, in milliseconds since 1970.
 */
export function deadPage(code: ProblemCode, acceptLanguage: string, opensAt: number | null = null): string {
  const language = preferredLanguage(acceptLanguage);
  if (opensAt !== null) return render(code, language, opensText(opensAt, language));
  const key = `${code} ${language}`;
  const page = pages.get(key) ?? render(code, language);
  pages.set(key, page);
  return page;
}

function opensText(opensAt: number, language: Language): string {
  const at = new Date(opensAt);
  const moment = `<time datetime="${at.toISOString()}">${moments[language].format(at)}</time>`;
  return language === 'ko'
    ? `이 영상은 ${moment}(한국 시간)에 열려요. 그때 다시 찾아 주세요.`
    : `This video will be shown on ${moment} UTC. Please come back then.`;
}

function render(code: ProblemCode, language: Language, instead?: string): string {
  const [title, usual] = (texts[code] ?? texts.not_found)?.[language] ?? [code, ''];
  const text = instead ?? usual;
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">
<title>${title} · PTSD.ly</title><style>${STYLE}</style></head>
<body><main><h1>${title}</h1><p>${text}</p><a href="/">PTSD.ly</a></main></body></html>
`;
}
