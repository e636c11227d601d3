import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tarOf } from './package.ts';

test('tar reads what was packed, bit by bit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tar-'));
  const bytes = Buffer.from(Array.from({ length: 1537 }, (_, i) => i % 256));
  const files = { empty: Buffer.alloc(0), 'media.mjs': bytes, 'config.json': Buffer.from('{}') };
  try {
    writeFileSync(
      join(folder, 'a.tar'),
      tarOf(Object.entries(files).map(([name, of]) => ({ name, bytes: of }))),
    );
    execFileSync('tar', ['-xf', 'a.tar'], { cwd: folder });
    expect(readdirSync(folder).sort()).toEqual(['a.tar', 'config.json', 'empty', 'media.mjs']);
    for (const [name, of] of Object.entries(files))
      expect(readFileSync(join(folder, name)).equals(of)).toBe(true);
    expect(statSync(join(folder, 'config.json')).mode & 0o777).toBe(0o600);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
