/**
 * The part of Docker's Engine API that this host needs (https://docs.docker.com/reference/api/engine/, Swarm). Names
 * and shapes of what is passed are those of the API. Calls reject with a `HostError`.
 */
export interface Engine {
  /** Undefined where there is none of that name. */
  service(name: string): Promise<SwarmService | undefined>;
  /** All of an installation. */
  services(prefix: string): Promise<SwarmService[]>;
  /** False when the name is taken. */
  createService(spec: ServiceSpec): Promise<boolean>;
  /** False when somebody has changed the service since that version. */
  updateService(id: string, version: number, spec: ServiceSpec): Promise<boolean>;
  removeService(id: string): Promise<void>;
  /** Of some services, old ones included; of all in an installation where none is named. */
  tasks(prefix: string, serviceIds?: readonly string[]): Promise<SwarmTask[]>;
  secrets(prefix: string): Promise<SwarmSecret[]>;
  /** Its id; that of the one that is there already where the name is taken. */
  putSecret(secret: NewSecret): Promise<string>;
  /** Nothing where it is gone or in use. */
  removeSecret(id: string): Promise<void>;
}

export interface SwarmService {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: ServiceSpec;
  readonly PreviousSpec?: ServiceSpec;
  readonly UpdateStatus?: {
    readonly State?: string;
    readonly StartedAt?: string;
    readonly Message?: string;
  };
}

export interface ServiceSpec {
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly TaskTemplate: TaskTemplate;
  readonly Mode: { readonly Replicated: { readonly Replicas: number } };
  readonly UpdateConfig: UpdateConfig;
  readonly RollbackConfig: UpdateConfig;
  readonly EndpointSpec: { readonly Mode: 'dnsrr' };
}

export interface UpdateConfig {
  readonly Parallelism: number;
  readonly Order: 'start-first' | 'stop-first';
  readonly FailureAction: 'rollback' | 'pause' | 'continue';
  /** Nanoseconds. */
  readonly Monitor: number;
  readonly MaxFailureRatio: number;
}

export interface TaskTemplate {
  readonly ContainerSpec: {
    readonly Image: string;
    readonly Labels: Readonly<Record<string, string>>;
    readonly Args: readonly string[];
    readonly User: string;
    readonly Env: readonly string[];
    readonly Init: boolean;
    readonly ReadOnly: boolean;
    readonly CapabilityDrop: readonly string[];
    readonly StopGracePeriod: number;
    readonly Mounts: readonly object[];
    readonly Secrets: readonly SecretReference[];
    readonly Healthcheck: object;
  };
  readonly Resources: object;
  readonly RestartPolicy: object;
  readonly Placement: { readonly Constraints: readonly string[] };
  readonly Networks: readonly { readonly Target: string }[];
  readonly ForceUpdate?: number;
}

export interface SecretReference {
  readonly SecretID: string;
  readonly SecretName: string;
  readonly File: {
    readonly Name: string;
    readonly UID: string;
    readonly GID: string;
    readonly Mode: number;
  };
}

export interface SwarmTask {
  readonly ID: string;
  readonly ServiceID: string;
  readonly NodeID?: string;
  readonly CreatedAt: string;
  readonly DesiredState: string;
  readonly Spec: Pick<TaskTemplate, 'ContainerSpec'>;
  readonly Status: { readonly State: string; readonly Err?: string; readonly Message?: string };
}

export interface SwarmSecret {
  readonly ID: string;
  readonly CreatedAt: string;
  readonly Spec: { readonly Name: string; readonly Labels: Readonly<Record<string, string>> };
}

export interface NewSecret {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly data: string;
}

/** Marks what belongs to an installation: services, their containers and secrets. */
export const PREFIX_LABEL = 'ly.ptsd.installation';
export const SERVER_LABEL = 'ly.ptsd.server';
export const GENERATION_LABEL = 'ly.ptsd.generation';
