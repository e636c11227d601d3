import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeStorage } from './conformance.ts';
import { openStorage } from './storage.ts';

describeStorage('file:', (folder) => openStorage(`file:${join(folder, 'objects')}`));

it('names the schemes there are when it does not know one', async () => {
  await expect(openStorage('ftp://x')).rejects.toThrow('there is file:');
});
