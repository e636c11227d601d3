import { readFile } from 'node:fs/promises';
import { oembed } from '@ptsdly/contract';
import { fixtures } from '@ptsdly/packager/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person, until } from '../person.ts';
import { type Product, startProduct } from '../product.ts';
import { createUpload, patch } from '../tus.ts';

/** What chat programs fetch when somebody sends a link, with the user agents that they publish. */
const robots = {
  KakaoTalk: 'facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984',
  Slack: 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
  Discord: 'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)',
  X: 'Twitterbot/1.0',
  Facebook: 'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
};

let product: Product;
let owner: Person;
let target: { serverId: string; videoId: string };
beforeAll(async () => {
  product = await startProduct();
  owner = new Person(product.url);
  await owner.signUp();
  const server = await owner.subscribe();
  const file = await readFile((await fixtures['H.264 and AAC, moov at the end']?.()) ?? '');
  const { videoId, location } = await createUpload(owner, server, '우리 여행.mp4', file.length);
  await patch(owner, { videoId, location }, 0, file);
  await owner.settled(server, videoId);
  target = { serverId: server.id, videoId };
}, 60_000);
afterAll(() => product?.stop());

/** The page behind a short URL, as a robot reads it, and the content of one of its tags. */
async function headOf(url: string, userAgent: string) {
  const response = await fetch(url, { headers: { 'user-agent': userAgent } });
  const page = await response.text();
  const tag = (name: string) =>
    new RegExp(`<meta (?:property|name)="${name}" content="([^"]*)"`).exec(page.slice(0, 16_384))?.[1];
  const oembedUrl = /type="application\/json\+oembed" href="([^"]*)"/
    .exec(page)?.[1]
    ?.replaceAll('&amp;', '&');
  return { status: response.status, page, tag, oembedUrl };
}

test.each(Object.entries(robots))(
  '%s sees the card, and takes neither a view nor a click',
  async (_, robot) => {
    const link = await owner.links.createLink({ body: target });
    const { status, tag, oembedUrl } = await headOf(link.url, robot);
    expect([status, tag('og:title'), tag('og:url')]).toEqual([200, '우리 여행', link.url]);
    expect([tag('twitter:card'), tag('og:type')]).toEqual(['player', 'video.other']);
    expect(tag('twitter:player')).toBe(`${product.url}/embed/${link.code}`);
    const card = await until(
      () => fetch(`${product.url}/watch/${link.code}/card.jpg`, { headers: { 'user-agent': robot } }),
      ({ status: found }) => found === 200,
      () => 'no poster came',
    );
    expect(card.headers.get('content-type')).toBe('image/jpeg');
    const answer = await fetch(oembedUrl ?? '', { headers: { 'user-agent': robot } });
    expect(oembed.parse(await answer.json())).toMatchObject({ type: 'video', title: '우리 여행' });
    const stats = await owner.links.linkStats({ params: { id: link.id } });
    expect(stats).toMatchObject({ redirects: 0, bots: 1, views: 0 });
  },
);

test.each([
  ['protected', { password: 'open sesame' }],
  ['capped', { maxViews: 1 }],
])('a %s link has a neutral card', async (_, limits) => {
  const link = await owner.links.createLink({ body: { ...target, ...limits } });
  for (const robot of Object.values(robots)) {
    const { page, tag, oembedUrl } = await headOf(link.url, robot);
    expect([tag('og:title'), tag('og:image'), tag('twitter:player'), oembedUrl]).toEqual([
      'PTSD.ly',
      undefined,
      undefined,
      undefined,
    ]);
    expect(page).not.toContain('우리 여행');
  }
  expect((await fetch(`${product.url}/watch/${link.code}/card.jpg`)).status).toBe(404);
  const answer = await fetch(`${product.url}/api/oembed?url=${encodeURIComponent(link.url)}`);
  expect(oembed.parse(await answer.json())).toMatchObject({ type: 'link', title: 'PTSD.ly' });
});
