import { expect, test } from 'vitest';
import { isBot, isPreviewer } from './bots.ts';

const previewers = [
  'facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984',
  'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
  'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)',
  'Twitterbot/1.0',
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
  'TelegramBot (like TwitterBot)',
  'WhatsApp/2.23.20.0',
];
const people = [
  'Mozilla/5.0 (Linux; Android 14; SM-S918N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36;KAKAOTALK 2610210',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 300.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 NAVER(inapp; search; 2000; 12.8.1; 15PRO)',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
];

test.each(previewers)('%s never counts and opens nothing', (userAgent) => {
  expect([isBot(userAgent), isPreviewer(userAgent)]).toEqual([true, true]);
});

test.each(people)('%s is a person, also inside an app that has a robot of its own', (userAgent) => {
  expect([isBot(userAgent), isPreviewer(userAgent)]).toEqual([false, false]);
});

test('a headless browser is not counted, but may watch', () => {
  const headless =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36';
  expect([isBot(headless), isPreviewer(headless)]).toEqual([true, false]);
});
