import { ClientGone } from '@ptsdly/kit';
import { expect, it } from 'vitest';
import { streamAsItArrives } from './arriving-stream.ts';

const bytes = Buffer.from('an original that comes bit by bit');
const source = {
  size: bytes.length,
  read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
  stream: (start: number, end: number, write: (chunk: Uint8Array) => Promise<void>) =>
    write(bytes.subarray(start, end)),
};

it('sends nothing that is not there, and the rest when it is', async () => {
  let there = 11;
  const written: string[] = [];
  const write = async (chunk: Uint8Array) => {
    written.push(Buffer.from(chunk).toString());
    there = written.length === 1 ? 20 : bytes.length;
  };
  await streamAsItArrives({ source, arrived: () => there }, 3, 30, { write, isGone: () => false });
  expect(written).toEqual(['original', ' that com', 'es bit by ']);
});

it('gives up an upload that rests, and whoever has left', async () => {
  const write = async () => undefined;
  const rests = { source, arrived: () => 5 };
  const options = { write, isGone: () => false, patience: 0 };
  await expect(streamAsItArrives(rests, 5, 9, options)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(streamAsItArrives(rests, 5, 9, { write, isGone: () => true })).rejects.toThrow(ClientGone);
});
