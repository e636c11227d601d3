import { serveStatic } from '@hono/node-server/serve-static';
import { createClient, type HandlerInput, linksInternalApi, webApi } from '@ptsdly/contract';
import {
  type Address,
  createApp,
  internalPeer,
  type Logger,
  Metrics,
  mount,
  type Service,
  type ServiceTokens,
} from '@ptsdly/kit';
import type { Context } from 'hono';
import { pageHeaders, watchHead } from './serve/head.ts';
import { embeddedCode, oembedOf } from './serve/oembed.ts';
import { openPage } from './serve/page.ts';

export interface WebOptions {
  /** The built app: `index.html`, `watch.html`, `assets/`. */
  readonly distFolder: string;
  /** Public address, for the absolute URLs of preview cards. */
  readonly baseUrl: string;
  /** Address of the payment window's script, where it is another than PortOne's own. */
  readonly payScript?: string | undefined;
  readonly links: Address;
  readonly tokens: ServiceTokens;
  readonly log: Logger;
}

const IMMUTABLE = 'public, max-age=31536000, immutable';

/** Serves the app and the watch pages. Rejects when the app has not been built. */
export async function openWeb(options: WebOptions): Promise<Service> {
  const { distFolder, payScript, log } = options;
  const [index, watch] = await Promise.all([
    openPage(distFolder, 'index.html', 'texts.ts'),
    openPage(distFolder, 'watch.html', 'shared.json'),
  ]);
  const links = createClient(linksInternalApi, internalPeer('links', options.links, options.tokens));
  const appOptions = { audience: 'web', log, metrics: new Metrics('web') };
  const app = createApp(appOptions);
  const oembed = async ({ query }: HandlerInput<typeof webApi.oembed>) => {
    const code = embeddedCode(query, options.baseUrl);
    return oembedOf(await links.preview({ params: { code } }), code, query, options.baseUrl);
  };
  mount(app, webApi, { oembed }, appOptions);

  const sendApp = (context: Context) => context.html(index(context), 200, pageHeaders('app'));
  app.get('/', sendApp);
  app.get('/app', sendApp);
  app.get('/app/pay', (context) => context.html(index(context), 200, pageHeaders('pay', { payScript })));
  app.get('/app/*', sendApp);

  const sendWatch = (embedded: boolean) => async (context: Context) => {
    const code = context.req.param('code') ?? '';
    const preview = await links.preview({ params: { code } }).catch((error: unknown) => {
      log.warn({ err: error }, 'no preview for a watch page');
      return undefined; // the page itself says what is wrong when it opens the link
    });
    const head = watchHead(preview, { code, baseUrl: options.baseUrl });
    const status = preview?.state === 'not_found' ? 404 : 200;
    return context.html(
      watch(context).replace('<!--head-->', () => head),
      status,
      // Who may frame the player is not known while links is away: then nobody.
      pageHeaders(embedded ? 'embed' : 'watch', {
        embedOrigins: preview ? (preview.embedOrigins ?? null) : [],
      }),
    );
  };
  app.get('/watch/:code', sendWatch(false));
  app.get('/embed/:code', sendWatch(true));

  const files = serveStatic({ root: distFolder, precompressed: true });
  app.get('/assets/*', async (context, next) => {
    const answer = await files(context, next);
    if (answer instanceof Response && answer.ok) answer.headers.set('cache-control', IMMUTABLE);
    return answer;
  });
  app.get('/favicon.svg', files);
  app.get('/favicon.ico', (context) => context.redirect('/favicon.svg', 302));
  app.get('/robots.txt', (context) =>
    context.text('User-agent: *\nDisallow: /app/\nDisallow: /watch/\nDisallow: /m/\n'),
  );

  return { name: 'web', fetch: async (request) => app.fetch(request), close: async () => undefined };
}
