import { linksApi } from '@ptsdly/contract';
import { type AppOptions, mount } from '@ptsdly/kit';
import type { Hono } from 'hono';
import { visitorOf } from '../opening/opening.ts';
import type { Parts } from '../parts.ts';

const { openLink, reportLink, noteProgress } = linksApi;

/** What anybody who has the code may do. */
export function mountVisitor(app: Hono, parts: Parts, options: AppOptions): void {
  const { moderation, plays } = parts;
  mount(
    app,
    { openLink, reportLink, noteProgress },
    {
      openLink: ({ params, body, request, headers }) =>
        open(parts, params.code, visitorOf(request.headers, body.password), headers),
      reportLink: ({ params, body }) => moderation.report(params.code, body).then(() => undefined),
      noteProgress: ({ body }) => plays.note(body.ticket, body.parts, Date.now()).then(() => undefined),
    },
    options,
  );
}

async function open(
  { opening, viewers, grants, plays }: Parts,
  code: string,
  visitor: ReturnType<typeof visitorOf>,
  headers: Headers,
) {
  const { link, viewTaken } = await opening.open(code, visitor);
  const now = Date.now();
  if (viewTaken) headers.append('set-cookie', viewers.setCookie(link, code, now));
  const { videoId, startAt, endAt, speed = null, allowDownload } = link;
  return {
    grant: await grants.sign(link, now),
    serverUrl: `/m/${link.slug}`,
    videoId,
    startAt,
    endAt,
    speed,
    allowDownload,
    playTicket: visitor.isPrivate || !viewTaken ? null : plays.ticket(link.id, now),
  };
}
