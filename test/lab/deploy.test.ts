import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../product.ts';
import { hasDocker } from './swarm/docker.ts';
import { openLab } from './swarm/nodes.ts';
import { shell } from './swarm/shell.ts';

const deploy = join(root, 'deploy');
const MOST = 240_000;

/** Packages of their own, so that nobody who starts the product installs them. */
test.each(['aws', 'kubernetes'])('deploy/%s passes its own tests', { timeout: MOST }, async (name) => {
  const folder = join(deploy, name);
  if (!existsSync(join(folder, 'node_modules'))) {
    await shell('npm', 'ci', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error');
  }
  const [file] = readdirSync(folder).filter((each) => each.endsWith('.test.ts'));
  await shell(process.execPath, '--test', join(folder, file as string));
  await shell(join(root, 'node_modules/.bin/tsc'), '--noEmit', '-p', folder);
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
