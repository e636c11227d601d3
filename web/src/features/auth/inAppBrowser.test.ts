import { describe, expect, it } from 'vitest';
import { inAppBrowser, systemBrowserUrl } from './inAppBrowser.ts';

const android =
  'Mozilla/5.0 (Linux; Android 15; SM-S931N) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36';
const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148';
const page = 'https://ptsd.test/app/sign-in?next=%2Fapp';

describe('a browser inside an app', () => {
  it.each([
    [`${android} KAKAOTALK/25.8.1 (INAPP)`, 'kakaotalk'],
    [`${iphone} KAKAOTALK 25.8.1`, 'kakaotalk'],
    [`${iphone} NAVER(inapp; search; 2000; 12.14)`, 'naver'],
    [`${iphone} Instagram 390.0`, 'instagram'],
    [`${iphone} [FBAN/FBIOS;FBAV/520]`, 'facebook'],
    [`${iphone} Safari Line/15.12.0`, 'line'],
    [android.replace('SM-S931N', 'SM-S931N; wv'), 'webview'],
    [android, undefined],
    [`${iphone} Version/18.5 Safari/604.1`, undefined],
  ])('%s is %s', (userAgent, app) => {
    expect(inAppBrowser(userAgent)).toBe(app);
  });

  it('is left for the browser of the system where there is a way', () => {
    expect(systemBrowserUrl(`${iphone} KAKAOTALK 25.8.1`, page)).toBe(
      `kakaotalk://web/openExternal?url=${encodeURIComponent(page)}`,
    );
    expect(systemBrowserUrl(`${android} Instagram 390.0`, page)).toMatch(
      /^intent:\/\/ptsd\.test\/app\/sign-in\?next=/,
    );
    expect(systemBrowserUrl(`${iphone} Line/15.12.0`, page)).toBe(`${page}&openExternalBrowser=1`);
    expect(systemBrowserUrl(`${iphone} Instagram 390.0`, page)).toBeUndefined();
  });
});
