import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../product.ts';
import { hasDocker } from './swarm/docker.ts';
import { openLab } from './swarm/nodes.ts';
import { shell, works } from './swarm/shell.ts';

const deploy = join(root, 'deploy');
const MOST = 240_000;

test('the AWS stack synthesizes, and its template is as promised', { timeout: MOST }, async () => {
  const aws = join(deploy, 'aws');
  if (!existsSync(join(aws, 'node_modules'))) {
    await shell('npm', 'ci', '--prefix', aws, '--no-audit', '--no-fund', '--loglevel=error');
  }
  await shell('node', '--test', join(aws, 'swarm-stack.test.ts'));
  await shell(join(root, 'node_modules/.bin/tsc'), '--noEmit', '-p', aws);
});

/** Schemas of Kubernetes itself, by a Python package. */
async function validator(folder: string): Promise<string | undefined> {
  const install = ['-m', 'pip', 'install', '-q', '--target', folder, 'kubernetes-validate'];
  if (await works('python3', ...install)) return folder;
  if (process.env.CI) throw new Error('kubernetes-validate cannot be installed');
  console.log('Skipped: the manifests of Kubernetes (kubernetes-validate cannot be installed).');
  return undefined;
}

test('the manifests of Kubernetes are what its schemas want', { timeout: MOST }, async ({ skip }) => {
  const folder = await mkdtemp(join(tmpdir(), 'ptsdly-kube-'));
  try {
    if ((await validator(folder)) === undefined) return skip();
    const check = [
      '-c',
      'import sys; sys.path.insert(0, sys.argv.pop(1)); from kubernetes_validate import main; main()',
    ];
    const validate = (file: string) => shell('python3', ...check, folder, '--strict', file);
    for (const name of ['control-plane.yml', 'media-server.yml']) {
      const said = await validate(join(deploy, 'kubernetes', name));
      expect(said.match(/^INFO.*passed/gm)?.length ?? 0, said).toBeGreaterThan(3);
      expect(said).not.toMatch(/ERROR|failed/i);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.skipIf(!(await hasDocker()))(
  'the stack is accepted by a real Swarm as it is',
  { timeout: MOST },
  async () => {
    const lab = await openLab('a');
    try {
      const names = ['service_key', 'auth_secret', 'identity_database', 'subscriptions_database'];
      for (const name of [...names, 'storage_key', 'mariadb_root']) {
        const put = ['sh', '-c', `echo x | docker -H unix:///run/docker.sock secret create ptsdly_${name} -`];
        await shell('docker', 'exec', lab.manager.name, ...put);
      }
      const settings = { PTSDLY_IMAGE: 'registry.example/ptsdly:1', PTSDLY_URL: 'https://media.example' };
      const env = Object.entries(settings).flatMap((pair) => ['-e', pair.join('=')]);
      const stack = [
        'stack',
        'deploy',
        '--resolve-image',
        'never',
        '-c',
        join(deploy, 'swarm/stack.yml'),
        'ptsdly',
      ];
      const client = ['/usr/bin/docker', '-H', 'unix:///run/docker.sock'];
      await shell('docker', 'exec', ...env, lab.manager.name, ...client, ...stack);
      const services = await lab.manager.docker('service', 'ls', '--format', '{{.Name}}');
      expect(services.split('\n').sort()).toEqual(
        ['gateway', 'identity', 'links', 'mariadb', 'node-manager', 'redis', 'subscriptions', 'web'].map(
          (name) => `ptsdly_${name}`,
        ),
      );
      const format = '{{json .Spec.UpdateConfig}} {{.Spec.EndpointSpec.Mode}}';
      for (const name of ['identity', 'links', 'web', 'subscriptions']) {
        const told = await lab.manager.docker('service', 'inspect', '--format', format, `ptsdly_${name}`);
        expect(told).toContain('"FailureAction":"rollback"');
        expect(told).toContain('"Order":"start-first"');
        expect(told).toMatch(/dnsrr$/);
      }
    } finally {
      await lab.close();
    }
  },
);
