import { Verdicts } from '@ptsdly/kit';
import { isbot } from 'isbot';

/** Programs that fetch a link to show a card or an index; they read no page and never watch. */
const PREVIEWERS =
  /kakaotalk-scrap|facebookexternalhit|facebookcatalog|slackbot|discordbot|twitterbot|telegrambot|whatsapp\/|linkedinbot|skypeuripreview|line-?poker|naverbot|yeti\/|daumoa|googlebot|bingbot|applebot|yandexbot|baiduspider|duckduckbot|redditbot|pinterestbot|embedly|iframely|mastodon\//i;

const verdicts = new Verdicts((userAgent) => isPreviewer(userAgent) || isbot(userAgent), 2000);

/** Whether a click is not a person's. The list is long, so verdicts are remembered by user agent. */
export const isBot = (userAgent: string): boolean => verdicts.of(userAgent);

/** Whether this is a known preview robot. Narrow on purpose: who is taken for one cannot open a link. */
export function isPreviewer(userAgent: string): boolean {
  return PREVIEWERS.test(userAgent);
}
