/** Browsers inside apps, in which Google refuses to sign anybody in (disallowed_useragent). */
const APPS: readonly (readonly [RegExp, string])[] = [
  [/KAKAOTALK/i, 'kakaotalk'],
  [/NAVER\(inapp/i, 'naver'],
  [/\bLine\//i, 'line'],
  [/Instagram/i, 'instagram'],
  [/FBAN|FBAV|FB_IAB/i, 'facebook'],
  [/DaumApps/i, 'daum'],
  [/; wv\)/, 'webview'], // Android's own sign of a web view
];

/** The app in whose browser this page stands, or undefined in a browser of its own. */
export function inAppBrowser(userAgent: string): string | undefined {
  return APPS.find(([sign]) => sign.test(userAgent))?.[1];
}

/** An address that opens a page in the system's browser from inside an app, or undefined where there is no way. */
export function systemBrowserUrl(userAgent: string, page: string): string | undefined {
  const app = inAppBrowser(userAgent);
  if (app === 'kakaotalk') return `kakaotalk://web/openExternal?url=${encodeURIComponent(page)}`;
  if (app === 'line') return `${page}${page.includes('?') ? '&' : '?'}openExternalBrowser=1`;
  if (!/Android/i.test(userAgent)) return undefined;
  const { protocol, host, pathname, search } = new URL(page);
  const scheme = protocol.slice(0, -1);
  return `intent://${host}${pathname}${search}#Intent;scheme=${scheme};action=android.intent.action.VIEW;end`;
}
