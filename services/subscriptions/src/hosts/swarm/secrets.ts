import { type Engine, SERVER_LABEL, type ServiceSpec } from './engine.ts';

/**
 * Removes the secrets of a server, or those that no service uses any more, nor would go back to, for that many
 * milliseconds: what a crash left between a secret and its service, and those of former configurations.
 */
export async function forgetSecrets(
  engine: Engine,
  prefix: string,
  which: { readonly of: string } | { readonly unusedFor: number },
): Promise<void> {
  const secrets = await engine.secrets(prefix);
  if (secrets.length === 0) return;
  if ('of' in which) {
    const own = secrets.filter(({ Spec }) => Spec.Labels[SERVER_LABEL] === which.of);
    for (const { ID } of own) await engine.removeSecret(ID);
    return;
  }
  const old = Date.now() - which.unusedFor;
  const aged = secrets.filter(({ CreatedAt }) => Date.parse(CreatedAt) < old);
  if (aged.length === 0) return;
  const used = new Set((await engine.services(prefix)).flatMap(secretsOf));
  for (const { ID } of aged) if (!used.has(ID)) await engine.removeSecret(ID);
}

function secretsOf({ Spec, PreviousSpec }: { Spec: ServiceSpec; PreviousSpec?: ServiceSpec }): string[] {
  const specs = PreviousSpec ? [Spec, PreviousSpec] : [Spec];
  return specs.flatMap(({ TaskTemplate }) =>
    (TaskTemplate.ContainerSpec.Secrets ?? []).map(({ SecretID }) => SecretID),
  );
}
