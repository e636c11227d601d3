import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasFfmpeg } from '@ptsdly/packager/testing';
import { root } from '../../product.ts';
import { shell } from './docker.ts';
import type { Lab, Node } from './nodes.ts';

export const IMAGE = 'ptsdly/media:good';
const PROGRAMS = ['sh', 'bash', 'nice', 'setpriv', 'sleep', 'env'];

/**
 * The image of `deploy/Dockerfile` without a registry: the same programs with their libraries, and the bundle of the
 * media server, as one archive that every node imports.
 */
export async function importImages(lab: Lab): Promise<void> {
  const folder = join(lab.folder, 'image');
  await layOut(folder);
  const archive = join(lab.folder, 'image.tar');
  await shell('tar', '-cf', archive, '-C', folder, '.');
  await rm(folder, { recursive: true });
  await Promise.all(lab.nodes.map((node) => importInto(node, archive)));
}

/** Further releases, made of the good one: one that ends at once, and one that never becomes well. */
export const releases = {
  'ptsdly/media:next': [],
  'ptsdly/media:crashing': ['--change', 'ENTRYPOINT ["/bin/sh","-c","exit 1"]'],
  'ptsdly/media:sick': ['--change', 'ENTRYPOINT ["/bin/sleep","3600"]'],
} as const;

export async function importInto(node: Node, archive: string): Promise<void> {
  const entry = 'ENTRYPOINT ["/app/deploy/entry.sh"]';
  const path = 'ENV PATH=/usr/local/bin:/usr/bin:/bin';
  await node.docker('import', '--change', entry, '--change', path, archive, IMAGE);
  for (const [name, changes] of Object.entries(releases)) {
    const made = await node.docker('create', IMAGE);
    await node.docker('commit', ...changes, '--change', `LABEL release=${name}`, made, name);
    await node.docker('rm', made);
  }
}

async function layOut(folder: string): Promise<void> {
  for (const path of [
    'usr/bin',
    'usr/local/bin',
    'tmp',
    'data',
    'run',
    'proc',
    'sys',
    'dev',
    'etc/ssl/certs',
  ]) {
    await mkdir(join(folder, path), { recursive: true });
  }
  for (const name of ['bin', 'lib', 'lib64']) {
    await mkdir(join(folder, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(folder, name));
  }
  await writeFile(join(folder, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nmedia:x:10001:10001::/data:/bin/sh\n');
  const media = hasFfmpeg ? ['ffmpeg', 'ffprobe'] : [];
  for (const name of [...PROGRAMS, ...media]) {
    const found = await shell('readlink', '-f', await shell('which', name));
    await withLibraries(folder, found, join('usr/bin', name));
  }
  await withLibraries(folder, process.execPath, 'usr/local/bin/node');
  for (const path of ['services/media/dist', 'deploy/entry.sh', 'deploy/healthy.sh']) {
    await cp(join(root, path), join(folder, 'app', path), { recursive: true });
  }
  await cp(join(root, 'deploy/healthy.sh'), join(folder, 'app/healthy'));
}

/** A program and what it is linked with (ldd(1)). */
async function withLibraries(folder: string, program: string, name: string): Promise<void> {
  await cp(program, join(folder, name), { dereference: true });
  const linked = await shell('ldd', program).catch(() => ''); // a static one has none
  for (const [, path] of linked.matchAll(/(\/\S+)(?= \()/g)) {
    const target = join(folder, (path as string).replace(/^\/(lib\S*?)\//, '/usr/$1/'));
    await mkdir(dirname(target), { recursive: true });
    await cp(path as string, target, { dereference: true, force: true });
  }
}
