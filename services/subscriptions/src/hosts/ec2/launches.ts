import { createHash } from 'node:crypto';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateLaunchTemplateCommand,
  CreateSecurityGroupCommand,
  DescribeLaunchTemplatesCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  type _InstanceType as InstanceType,
  type RequestLaunchTemplateData,
  type ResourceType,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { HostError } from '../host.ts';
import { codeOf } from './cloud-error.ts';
import type { Ec2Settings, Offering } from './settings.ts';
import { INSTALLATION_TAG, LAUNCH_TAG, SERVER_TAG } from './tags.ts';

/** Where every media server listens. */
export const MEDIA_PORT = 8480;

export interface Launch extends Offering {
  readonly serverId: string;
  readonly launch: number;
  readonly userData: string;
}

/** How instances are asked for: a security group and a launch template for all, and one call for each. */
export class Launches {
  readonly #ec2: EC2Client;
  readonly #settings: Ec2Settings;
  readonly #installation: string;
  #template: Promise<string> | undefined;

  constructor(ec2: EC2Client, settings: Ec2Settings, installation: string) {
    this.#ec2 = ec2;
    this.#settings = settings;
    this.#installation = installation;
  }

  /**
   * Asks for the instance; repeated, it is the same one, since the ClientToken is (Amazon EC2 API, "Ensuring
   * idempotency"). Rejects with the errors of AWS.
   */
  async run({ serverId, launch, type, subnet, userData }: Launch): Promise<string> {
    const tags = { [SERVER_TAG]: serverId, [LAUNCH_TAG]: String(launch), Name: `ptsdly ${serverId}` };
    const command = new RunInstancesCommand({
      LaunchTemplate: { LaunchTemplateName: await this.#ensureTemplate(), Version: '1' },
      ClientToken: `${serverId}-${launch}`,
      MinCount: 1,
      MaxCount: 1,
      InstanceType: type as InstanceType,
      SubnetId: subnet,
      UserData: Buffer.from(userData).toString('base64'),
      TagSpecifications: (['instance', 'volume', 'network-interface'] as const).map((of) =>
        this.#tagged(of, tags),
      ),
    });
    const { Instances: [instance] = [] } = await this.#ec2.send(command);
    if (!instance?.InstanceId) throw new HostError('retry', 'EC2 names no instance');
    return instance.InstanceId;
  }

  /** Once a process; a failure is tried again by the next launch. */
  #ensureTemplate(): Promise<string> {
    this.#template ??= this.#makeTemplate().catch((error: unknown) => {
      this.#template = undefined;
      throw error;
    });
    return this.#template;
  }

  /** A template never changes: what it says is part of its name. */
  async #makeTemplate(): Promise<string> {
    const data = templateOf(this.#settings, this.#settings.group ?? (await this.#ensureGroup()));
    const hash = createHash('sha256').update(JSON.stringify(data)).digest('hex').slice(0, 12);
    const LaunchTemplateName = `ptsdly-${this.#installation}-${hash}`;
    const known = await this.#ec2
      .send(new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [LaunchTemplateName] }))
      .catch(unlessNamed(/^InvalidLaunchTemplateName\.NotFound/));
    if (known) return LaunchTemplateName;
    const TagSpecifications = [this.#tagged('launch-template')];
    await this.#ec2
      .send(
        new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData: data, TagSpecifications }),
      )
      .catch(unlessNamed(/^InvalidLaunchTemplateName\.AlreadyExists/));
    return LaunchTemplateName;
  }

  /** Lets in the media port from our own network, and nothing else. */
  async #ensureGroup(): Promise<string> {
    const { vpc, from } = this.#settings;
    const GroupName = `ptsdly-${this.#installation}`;
    const GroupId = (await this.#findGroup(GroupName)) ?? (await this.#createGroup(GroupName, vpc as string));
    const port = { IpProtocol: 'tcp', FromPort: MEDIA_PORT, ToPort: MEDIA_PORT };
    const IpPermissions = [{ ...port, IpRanges: [{ CidrIp: from }] }];
    await this.#ec2
      .send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
      .catch(unlessNamed(/^InvalidPermission\.Duplicate$/));
    return GroupId;
  }

  async #findGroup(name: string): Promise<string | undefined> {
    const { vpc } = this.#settings;
    const Filters = [
      { Name: 'group-name', Values: [name] },
      { Name: 'vpc-id', Values: [vpc as string] },
    ];
    const { SecurityGroups = [] } = await this.#ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    return SecurityGroups[0]?.GroupId;
  }

  async #createGroup(GroupName: string, VpcId: string): Promise<string> {
    const Description = 'PTSD.ly media servers: reached by their control plane only';
    const TagSpecifications = [this.#tagged('security-group')];
    const made = await this.#ec2
      .send(new CreateSecurityGroupCommand({ GroupName, VpcId, Description, TagSpecifications }))
      .catch(unlessNamed(/^InvalidGroup\.Duplicate$/));
    const id = made?.GroupId ?? (await this.#findGroup(GroupName));
    if (!id) throw new HostError('retry', 'the security group does not show yet');
    return id;
  }

  #tagged(ResourceType: ResourceType, more: Readonly<Record<string, string>> = {}) {
    const tags = Object.entries({ [INSTALLATION_TAG]: this.#installation, ...more });
    return { ResourceType, Tags: tags.map(([Key, Value]) => ({ Key, Value })) };
  }
}

function templateOf({ image, device, diskGiB }: Ec2Settings, group: string): RequestLaunchTemplateData {
  const Ebs = { VolumeSize: diskGiB, VolumeType: 'gp3' as const, Encrypted: true, DeleteOnTermination: true };
  return {
    ImageId: image,
    SecurityGroupIds: [group],
    BlockDeviceMappings: [{ DeviceName: device, Ebs }],
    // IMDSv2 only, and no further than the instance itself
    MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1, HttpEndpoint: 'enabled' },
    // a server that shuts itself down is stopped and keeps its disk
    InstanceInitiatedShutdownBehavior: 'stop',
  };
}

function unlessNamed(name: RegExp) {
  return (error: unknown): undefined => {
    if (!name.test(codeOf(error))) throw error;
  };
}
