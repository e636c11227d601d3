import { expect, test } from 'vitest';
import { originsOf, recipientsOf } from './recipients.ts';

test('names are parted by commas of any script and line ends, each once', () => {
  expect(recipientsOf('Kim, 이서연、 Lee;Kim,\n ,')).toEqual(['Kim', '이서연', 'Lee']);
  expect(recipientsOf(Array.from({ length: 60 }, (_, n) => n).join(','))).toHaveLength(50);
});

test('sites are origins, however they were typed', () => {
  expect(originsOf('blog.example, https://a.example:8443/page  http://b.example')).toEqual([
    'https://blog.example',
    'https://a.example:8443',
    'http://b.example',
  ]);
  expect(originsOf('')).toEqual([]);
  for (const bad of ['javascript://x', 'http://', 'https://[']) expect(originsOf(bad)).toBeUndefined();
});
