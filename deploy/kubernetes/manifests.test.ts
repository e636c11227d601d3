import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
}

const read = (name: string): Manifest[] =>
  parseAllDocuments(readFileSync(new URL(name, import.meta.url), 'utf8'), { merge: true }).map(
    (document) => document.toJS() as Manifest,
  );

type Model = new (data: unknown) => { validate(): void };

/** The class of a kind, which has the schema of Kubernetes' own OpenAPI document. */
async function modelOf({ apiVersion, kind }: Manifest): Promise<Model> {
  const module = (await import(`kubernetes-models/${apiVersion}`)) as Record<string, Model>;
  const model = module[kind];
  assert.ok(model, `there is no ${kind} in ${apiVersion}`);
  return model;
}

for (const file of ['control-plane.yml', 'media-server.yml']) {
  for (const manifest of read(file)) {
    test(`${file}: ${manifest.kind} ${manifest.metadata.name} is what its schema wants`, async () => {
      new (await modelOf(manifest))(manifest).validate();
    });
  }
}

test('a manifest with a field that there is not is found out', async () => {
  const [deployment] = read('media-server.yml').filter(({ kind }) => kind === 'Deployment');
  assert.ok(deployment);
  const wrong = { ...deployment, spec: { ...(deployment.spec as object), replicas: 'one' } };
  const model = await modelOf(deployment);
  assert.throws(() => new model(wrong).validate());
});

test('what is replaced is replaced without a gap, as nobody, without rights', () => {
  const deployments = [...read('control-plane.yml'), ...read('media-server.yml')].filter(
    ({ kind }) => kind === 'Deployment',
  );
  assert.equal(deployments.length, 4);
  for (const { spec } of deployments as unknown as { spec: DeploymentSpec }[]) {
    assert.deepEqual(spec.strategy.rollingUpdate, { maxSurge: 1, maxUnavailable: 0 });
    assert.equal(spec.template.spec.securityContext.runAsNonRoot, true);
    assert.equal(spec.template.spec.automountServiceAccountToken, false);
    for (const { readinessProbe, securityContext } of spec.template.spec.containers) {
      assert.ok(readinessProbe);
      assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] });
    }
  }
});

interface DeploymentSpec {
  readonly strategy: { readonly rollingUpdate: object };
  readonly template: {
    readonly spec: {
      readonly automountServiceAccountToken: boolean;
      readonly securityContext: { readonly runAsNonRoot: boolean };
      readonly containers: readonly {
        readonly readinessProbe?: object;
        readonly securityContext: { readonly capabilities: object };
      }[];
    };
  };
}
