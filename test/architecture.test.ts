import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from './product.ts';

/** Who may import whom (DESIGN §3); the manifests say the same, and are checked against the code as well. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  '@ptsdly/contract': [],
  '@ptsdly/kit': ['@ptsdly/contract'],
  '@ptsdly/db': [],
  '@ptsdly/kv': [],
  '@ptsdly/packager': [],
  '@ptsdly/transcoder': ['@ptsdly/contract'],
  '@ptsdly/gateway': ['@ptsdly/contract', '@ptsdly/kit', '@ptsdly/kv'],
  '@ptsdly/identity': ['@ptsdly/contract', '@ptsdly/kit', '@ptsdly/db', '@ptsdly/kv'], // kv: rate limits
  '@ptsdly/subscriptions': ['@ptsdly/contract', '@ptsdly/kit', '@ptsdly/db'],
  '@ptsdly/links': ['@ptsdly/contract', '@ptsdly/kit', '@ptsdly/kv'],
  '@ptsdly/media': ['@ptsdly/contract', '@ptsdly/kit', '@ptsdly/db', '@ptsdly/packager'],
  '@ptsdly/web': ['@ptsdly/contract', '@ptsdly/kit'],
};

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

interface Module {
  readonly file: string;
  readonly text: string;
  readonly imports: readonly string[];
  readonly isTest: boolean;
}

/** Static and dynamic imports, re-exports included. */
const IMPORT = /^(?:import|export)\s(?:[^;'"]*?\sfrom\s)?'([^']+)'|\bimport\(\s*'([^']+)'/gm;

const packages = ['lib', 'services']
  .flatMap((group) => readdirSync(join(root, group)).map((name) => join(group, name)))
  .concat('web', 'ptsdly')
  .map((folder) => ({
    folder,
    manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest,
    modules: modulesOf(folder),
  }));

function modulesOf(folder: string): Module[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/(^|\/)(node_modules|dist)\//.test(file))
    .map((file) => {
      const text = readFileSync(join(root, folder, file), 'utf8');
      const imports = [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? '');
      const isTest = /\.test\.tsx?$/.test(file) || /(^|\/)(testing|conformance)(\/|\.ts)/.test(file);
      return { file: join(folder, file), text, imports, isTest };
    });
}

const packageOf = (specifier: string) =>
  specifier.startsWith('@')
    ? specifier.split('/').slice(0, 2).join('/')
    : (specifier.split('/')[0] as string);

const isLibrary = (specifier: string) => !specifier.startsWith('.') && !specifier.startsWith('node:');

describe.each(packages)('$folder', ({ folder, manifest, modules }) => {
  const { dependencies = {}, devDependencies = {} } = manifest;

  test('imports only what its manifest declares', () => {
    const undeclared = modules.flatMap(({ file, imports, isTest }) =>
      imports
        .filter(isLibrary)
        .map(packageOf)
        .filter((name) => name !== manifest.name && !/^(vitest|fast-check|vite|rolldown)$/.test(name))
        .filter(
          (name) => !(name in dependencies) && !((isTest || folder === 'web') && name in devDependencies),
        )
        .map((name) => `${file} imports ${name}`),
    );
    expect(undeclared).toEqual([]);
  });

  test('knows only the packages of ours that it may', () => {
    const rule = allowed[manifest.name];
    if (!rule) return expect(manifest.name).toBe('ptsdly'); // the composition knows everything
    const ours = Object.keys(dependencies).filter((name) => name.startsWith('@ptsdly/'));
    expect(ours.filter((name) => !rule.includes(name))).toEqual([]);
  });

  test('nobody reaches into another package by path', () => {
    const reaching = modules.flatMap(({ file, imports }) =>
      imports
        .filter((specifier) => specifier.startsWith('.'))
        .filter((specifier) =>
          relative(folder, resolve('/', dirname(file), specifier).slice(1)).startsWith('..'),
        )
        .map((specifier) => `${file} imports ${specifier}`),
    );
    expect(reaching).toEqual([]);
  });
});

const sources = packages.flatMap(({ modules }) => modules).filter(({ isTest }) => !isTest);

test('the environment is read in one place', () => {
  const readers = sources.filter(({ text }) => /process\.env\b/.test(text)).map(({ file }) => file);
  expect(readers).toEqual(['ptsdly/src/config.ts']);
});

test('the app in the browser imports only the contract', () => {
  const ours = sources
    .filter(({ file }) => file.startsWith('web/src/'))
    .flatMap(({ imports }) => imports.filter((specifier) => specifier.startsWith('@ptsdly/')));
  expect([...new Set(ours)].filter((name) => name !== '@ptsdly/contract')).toEqual([]);
});

test('no folder is a drawer for everything', () => {
  const drawers = /^(utils|helpers|common|types|models|misc|shared)$/;
  const found = sources.filter(({ file }) => file.split('/').some((part) => drawers.test(part)));
  const files = sources.filter(({ file }) => drawers.test(basename(file).replace(/\.tsx?$/, '')));
  expect([...found, ...files].map(({ file }) => file)).toEqual([]);
});

test('no source file is over 400 lines', () => {
  const long = sources.filter(({ text }) => text.split('\n').length > 400).map(({ file }) => file);
  expect(long).toEqual([]);
});

test('the SDK of AWS is loaded where its scheme is used, and nowhere else', () => {
  const users = sources
    .filter(({ imports }) => imports.some((specifier) => specifier.startsWith('@aws-sdk/')))
    .map(({ file }) => dirname(file));
  expect([...new Set(users)].sort()).toEqual([
    'ptsdly/src/nodes',
    'services/media/src/storage/s3',
    'services/subscriptions/src/hosts/ec2',
  ]);
  const from = /^import\s[^;'"]*?\sfrom\s'\.\/(?:ec2|s3)\//m; // what is only asked for by `import()` costs nothing else
  expect(sources.filter(({ text }) => from.test(text)).map(({ file }) => file)).toEqual([]);
});
