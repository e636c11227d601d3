import { createHash, randomBytes } from 'node:crypto';
import { type Listener, listen } from '@ptsdly/kit';
import { type PreviousUpload, Upload } from 'tus-js-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, openRig, type Rig } from '../testing/server.ts';

let rig: Rig;
let listener: Listener;
beforeAll(async () => {
  rig = await openRig();
  listener = await listen(rig.media, { drainMs: 100 });
});
afterAll(async () => {
  await listener.close();
  await rig.close();
});

/** The browser's own client on a TCP port. Resolves to the URL of the upload. */
async function send(bytes: Buffer, options: { resume?: string; stopAt?: number; chunkSize?: number } = {}) {
  const authorization = `Bearer ${await rig.host.token()}`;
  return new Promise<string>((resolve, reject) => {
    const upload = new Upload(bytes, {
      endpoint: `${listener.address}/m/myslug/uploads`,
      headers: { authorization },
      metadata: { filename: 'from a browser.mp4', filetype: 'video/mp4' },
      chunkSize: options.chunkSize ?? 8 * 1024 * 1024,
      retryDelays: [0, 50, 200],
      onError: reject,
      onSuccess: () => resolve(upload.url ?? ''),
      onProgress: (sent) => {
        if (options.stopAt === undefined || sent < options.stopAt) return;
        void upload.abort().then(() => resolve(upload.url ?? ''));
      },
    });
    if (options.resume) {
      upload.resumeFromPreviousUpload({ uploadUrl: options.resume } as PreviousUpload);
    }
    upload.start();
  });
}

it('takes an upload of tus-js-client in several pieces', async () => {
  const bytes = randomBytes(3_000_000);
  const url = await send(bytes, { chunkSize: 1_000_000 });
  const id = url.split('/').at(-1) ?? '';
  const video = await rig.client.getVideo({ params: { id } });
  expect(video).toMatchObject({ upload: 'complete', title: 'from a browser' });
  expect(video.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
});

it('lets tus-js-client pause, and resume in another session', async () => {
  const bytes = randomBytes(20_000_000);
  const url = await send(bytes, { chunkSize: 4_000_000, stopAt: 6_000_000 });
  const id = url.split('/').at(-1) ?? '';
  const paused = await eventually(async () => rig.client.getVideo({ params: { id } }));
  expect(paused.upload).toBe('receiving');
  expect(await send(bytes, { resume: url })).toBe(url);
  const video = await rig.client.getVideo({ params: { id } });
  expect(video.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  expect((await rig.client.listVideos({ query: {} })).items).toHaveLength(2);
});
