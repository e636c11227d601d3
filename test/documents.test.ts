import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { settings } from 'ptsdly/config';
import { describe, expect, test } from 'vitest';
import { root } from './product.ts';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

const documents = [
  'README.md',
  'README.ko.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

describe.each(documents)('%s', (file) => {
  const text = read(file);

  test('its links lead somewhere', () => {
    const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((match) => match[1] as string);
    const broken = targets
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(resolve(root, dirname(file), target)));
    expect(broken).toEqual([]);
  });

  test('its npm commands exist', () => {
    const commands = [...text.matchAll(/(?:^|`|&& )npm (?:run )?([a-z][\w:-]*)/gm)].map(
      (match) => match[1] as string,
    );
    const known = new Set([...Object.keys(manifest.scripts), 'ci', 'install']);
    expect(commands.filter((command) => !known.has(command))).toEqual([]);
  });

  test('the folders and files it names in the tree exist', () => {
    const names = [
      ...text.matchAll(/`((?:lib|services|web|ptsdly|scripts|test|bench|docs|deploy)\/[\w./-]*)`/g),
    ];
    expect(names.map((match) => match[1] as string).filter((name) => !existsSync(join(root, name)))).toEqual(
      [],
    );
  });
});

test.each(['README.md', 'README.ko.md'])('the configuration table of %s is the configuration', (file) => {
  const rows = [...read(file).matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1] as string);
  expect(rows).toEqual(Object.values(settings).map(({ env }) => env));
});

test('the English table says of each setting what the code says', () => {
  const text = read('README.md');
  for (const { env, about } of Object.values(settings)) expect(text).toContain(`| \`${env}\` | ${about} |`);
});
