import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
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

it('clears away a folder that a kill has left empty when it looks through all, and no other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'storage-'));
  const objects = join(folder, 'objects');
  await mkdir(join(objects, 'left'), { recursive: true });
  await mkdir(join(objects, 'kept'));
  await writeFile(join(objects, 'kept', 'original'), 'film');
  const storage = await open(folder, `file:${objects}`);
  const names: string[] = [];
  for await (const name of storage.list()) names.push(name);
  expect(names).toEqual(['kept/original']);
  expect(await readdir(objects)).toEqual(['kept']);
  await storage.close();
  await rm(folder, { recursive: true });
});
