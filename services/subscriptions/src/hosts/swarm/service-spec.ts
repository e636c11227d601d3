import { createHash } from 'node:crypto';
import type { MediaConfig } from '@ptsdly/contract';
import type { ServerSpec } from '../host.ts';
import {
  GENERATION_LABEL,
  type NewSecret,
  PREFIX_LABEL,
  SERVER_LABEL,
  type ServiceSpec,
  type UpdateConfig,
} from './engine.ts';
import type { SwarmSettings } from './settings.ts';

/** Where a media server listens in its container. */
export const MEDIA_PORT = 8080;
/** Its own folder there. */
export const CONTAINER_FOLDER = '/data';
const CONFIG = 'media.json';
const SECOND = 1_000_000_000;
const HEALTH = { seconds: 2, retries: 3, timeout: 2 };
/** Longer than a server takes to answer what is open. */
const GRACE_SECONDS = 15;
const TMP_BYTES = 64 * 1024 * 1024;

export const serviceName = (prefix: string, serverId: string): string => `${prefix}-${serverId}`;

/** Looked up anew by whoever calls: behind it is the address of the task that runs, of two while one takes over. */
export const addressOf = (name: string): string => `http://tasks.${name}:${MEDIA_PORT}`;

/** The configuration of a server, as a secret of Swarm. Secrets do not change, so the name says what is in it. */
export function secretOf(settings: SwarmSettings, config: MediaConfig): NewSecret {
  const data = JSON.stringify(config);
  const digest = createHash('sha256').update(data).digest('hex').slice(0, 24);
  return {
    name: `${settings.prefix}-${digest}`,
    labels: { [PREFIX_LABEL]: settings.prefix, [SERVER_LABEL]: config.serverId },
    data,
  };
}

export interface SpecParts {
  readonly settings: SwarmSettings;
  readonly spec: ServerSpec;
  readonly secret: { readonly id: string; readonly name: string };
  /** The folder of the server, on every node. */
  readonly folder: string;
  /** `uid:gid` that may write it. */
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A server as a service of Swarm: the same parts always make the same. */
export function serviceSpec(parts: SpecParts): ServiceSpec {
  const { settings, spec } = parts;
  const labels = {
    [PREFIX_LABEL]: settings.prefix,
    [SERVER_LABEL]: spec.serverId,
    [GENERATION_LABEL]: String(spec.generation),
  };
  const update = updateConfig(settings, 'rollback');
  return {
    Name: serviceName(settings.prefix, spec.serverId),
    Labels: labels,
    TaskTemplate: taskTemplate(parts, labels),
    Mode: { Replicated: { Replicas: 1 } },
    UpdateConfig: update,
    RollbackConfig: { ...update, FailureAction: 'pause' },
    EndpointSpec: { Mode: 'dnsrr' },
  };
}

function taskTemplate(
  { settings, secret, folder, user, env }: SpecParts,
  labels: ServiceSpec['Labels'],
): ServiceSpec['TaskTemplate'] {
  const [uid = '0', gid = uid] = user.split(':');
  const file = { Name: CONFIG, UID: uid, GID: gid, Mode: 0o400 };
  return {
    ContainerSpec: {
      Image: settings.image,
      Labels: labels,
      Args: ['media', `/run/secrets/${CONFIG}`],
      User: user,
      Env: Object.entries({ HOME: CONTAINER_FOLDER, ...env }).map((pair) => pair.join('=')),
      Init: true,
      ReadOnly: true,
      CapabilityDrop: ['ALL'],
      StopGracePeriod: GRACE_SECONDS * SECOND,
      Mounts: [
        { Type: 'bind', Source: folder, Target: CONTAINER_FOLDER },
        { Type: 'tmpfs', Target: '/tmp', TmpfsOptions: { SizeBytes: TMP_BYTES } },
      ],
      Secrets: [{ SecretID: secret.id, SecretName: secret.name, File: file }],
      Healthcheck: {
        Test: ['CMD', '/app/healthy', String(MEDIA_PORT)],
        Interval: HEALTH.seconds * SECOND,
        Timeout: HEALTH.timeout * SECOND,
        Retries: HEALTH.retries,
        StartPeriod: settings.startSeconds * SECOND,
      },
    },
    Resources: {
      Limits: {
        NanoCPUs: Math.round(settings.cpus * SECOND),
        MemoryBytes: settings.memory,
        Pids: settings.pids,
      },
      Reservations: { MemoryBytes: settings.reserve },
    },
    RestartPolicy: { Condition: 'any', Delay: SECOND, MaxAttempts: 0 },
    Placement: { Constraints: settings.constraints },
    Networks: [{ Target: settings.network }],
  };
}

/**
 * Swarm's own choices (stop first, pause, five seconds) would let requests fail and a bad version stay. What fails
 * counts only while it is monitored, so that lasts longer than the health check takes to give up.
 */
function updateConfig(
  { startSeconds }: SwarmSettings,
  FailureAction: UpdateConfig['FailureAction'],
): UpdateConfig {
  const seconds = startSeconds + (HEALTH.seconds + HEALTH.timeout) * (HEALTH.retries + 1);
  return {
    ...{ Parallelism: 1, Order: 'start-first', FailureAction, MaxFailureRatio: 0 },
    Monitor: seconds * SECOND,
  };
}
