import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@ptsdly/kit';
import { expect, it } from 'vitest';
import { describeStorage } from './conformance.ts';
import { openStorage } from './open.ts';

const open = (folder: string, url: string) => openStorage({ url, folder, log: silentLog });

describeStorage('file:', (folder) => open(folder, `file:${join(folder, 'objects')}`));

it('names the schemes there are when it does not know one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'storage-'));
  await expect(open(folder, 'ftp://x')).rejects.toThrow('there are file: and s3:');
  await rm(folder, { recursive: true });
});
