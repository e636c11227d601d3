import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { type Join, manager, worker } from './user-data.ts';

export interface SwarmStackProps extends StackProps {
  /** Of the public name, in the certificate manager of the same region. */
  readonly certificateArn: string;
  readonly workers: { readonly least: number; readonly most: number };
}

/** Port of the gateway on the workers. */
const GATEWAY = 8080;
const TOKEN = '/ptsdly/swarm/worker-token';
const ADDRESS = '/ptsdly/swarm/manager';
/** What a media server may take to finish and move; a machine that waits longer is ended all the same. */
const DRAIN = Duration.minutes(15);

/**
 * PTSD.ly on EC2: one manager, workers in a scaling group by their average processor load, behind a load balancer; the
 * folders of media servers on EFS. `deploy/swarm/stack.yml` is deployed on the manager (docs/swarm.md).
 */
export class SwarmStack extends Stack {
  constructor(scope: Construct, id: string, props: SwarmStackProps) {
    super(scope, id, props);
    if (!props.certificateArn)
      throw new Error('the ARN of a certificate is needed: -c certificate=arn:aws:acm:…');
    const vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 1 });
    const nodes = swarmGroup(this, vpc);
    const files = new efs.FileSystem(this, 'Servers', {
      ...{ vpc, encrypted: true, removalPolicy: RemovalPolicy.RETAIN },
      throughputMode: efs.ThroughputMode.ELASTIC,
    });
    files.connections.allowDefaultPortFrom(nodes);
    const join: Join = {
      ...{ region: this.region, fileSystemId: files.fileSystemId },
      ...{ tokenParameter: TOKEN, addressParameter: ADDRESS },
    };
    const workers = this.#workers(vpc, nodes, join, props.workers);
    this.#manager(vpc, nodes, join, workers);
    this.#balancer(vpc, nodes, workers, props.certificateArn);
    new CfnOutput(this, 'ScalingGroup', { value: workers.autoScalingGroupName });
  }

  #manager(vpc: ec2.Vpc, nodes: ec2.SecurityGroup, join: Join, workers: autoscaling.AutoScalingGroup): void {
    const data = ec2.UserData.forLinux();
    manager(data, join);
    const instance = new ec2.Instance(this, 'Manager', {
      ...{ vpc, securityGroup: nodes, userData: data, requireImdsv2: true },
      instanceType: new ec2.InstanceType('t4g.medium'),
      machineImage: image(),
      blockDevices: [{ deviceName: '/dev/xvda', volume: disk(50) }],
    });
    manageable(instance.role);
    const parameters = [TOKEN, ADDRESS].map((name) =>
      this.formatArn({ service: 'ssm', resource: 'parameter', resourceName: name.slice(1) }),
    );
    instance.addToRolePolicy(
      new iam.PolicyStatement({ actions: ['ssm:PutParameter'], resources: parameters }),
    );
    // For `ptsdly nodes`, which runs there.
    instance.addToRolePolicy(
      new iam.PolicyStatement({ actions: ['autoscaling:DescribeAutoScalingGroups'], resources: ['*'] }),
    );
    const group = this.formatArn({
      ...{ service: 'autoscaling', resource: 'autoScalingGroup:*:autoScalingGroupName' },
      resourceName: workers.autoScalingGroupName,
    });
    instance.addToRolePolicy(
      new iam.PolicyStatement({ actions: ['autoscaling:CompleteLifecycleAction'], resources: [group] }),
    );
  }

  #workers(vpc: ec2.Vpc, nodes: ec2.SecurityGroup, join: Join, size: SwarmStackProps['workers']) {
    const data = ec2.UserData.forLinux();
    worker(data, join);
    const role = new iam.Role(this, 'WorkerRole', {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    });
    manageable(role);
    const parameters = [TOKEN, ADDRESS].map((name) =>
      this.formatArn({ service: 'ssm', resource: 'parameter', resourceName: name.slice(1) }),
    );
    role.addToPolicy(new iam.PolicyStatement({ actions: ['ssm:GetParameter'], resources: parameters }));
    const launchTemplate = new ec2.LaunchTemplate(this, 'WorkerTemplate', {
      ...{ role, userData: data, securityGroup: nodes, requireImdsv2: true },
      // One further than the machine itself would be into containers of tenants.
      httpPutResponseHopLimit: 1,
      instanceType: new ec2.InstanceType('c7g.large'),
      machineImage: image(),
      blockDevices: [{ deviceName: '/dev/xvda', volume: disk(50) }],
    });
    const group = new autoscaling.AutoScalingGroup(this, 'Workers', {
      ...{ vpc, launchTemplate, minCapacity: size.least, maxCapacity: size.most },
      updatePolicy: autoscaling.UpdatePolicy.rollingUpdate({
        minInstancesInService: size.least,
        maxBatchSize: 1,
      }),
    });
    group.scaleOnCpuUtilization('Load', { targetUtilizationPercent: 60 });
    group.addLifecycleHook('Drain', {
      lifecycleHookName: 'drain',
      lifecycleTransition: autoscaling.LifecycleTransition.INSTANCE_TERMINATING,
      defaultResult: autoscaling.DefaultResult.CONTINUE,
      heartbeatTimeout: DRAIN,
    });
    return group;
  }

  #balancer(
    vpc: ec2.Vpc,
    nodes: ec2.SecurityGroup,
    workers: autoscaling.AutoScalingGroup,
    arn: string,
  ): void {
    const balancer = new elb.ApplicationLoadBalancer(this, 'Balancer', {
      ...{ vpc, internetFacing: true, idleTimeout: Duration.seconds(180), dropInvalidHeaderFields: true },
    });
    balancer.addRedirect();
    const listener = balancer.addListener('Https', {
      ...{
        port: 443,
        certificates: [elb.ListenerCertificate.fromArn(arn)],
        sslPolicy: elb.SslPolicy.RECOMMENDED_TLS,
      },
    });
    listener.addTargets('Gateways', {
      ...{ port: GATEWAY, protocol: elb.ApplicationProtocol.HTTP, targets: [workers] },
      healthCheck: {
        path: '/readyz',
        interval: Duration.seconds(5),
        timeout: Duration.seconds(3),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
      deregistrationDelay: Duration.seconds(30),
    });
    nodes.connections.allowFrom(balancer, ec2.Port.tcp(GATEWAY));
    new CfnOutput(this, 'Address', { value: balancer.loadBalancerDnsName });
  }
}

/** What nodes of a Swarm say to each other: management, gossip, and overlay networks, which are encrypted (ESP). */
function swarmGroup(scope: Construct, vpc: ec2.Vpc): ec2.SecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'Nodes', { vpc, description: 'Nodes of the Swarm' });
  const ports = [
    ec2.Port.tcp(2377),
    ec2.Port.tcp(7946),
    ec2.Port.udp(7946),
    ec2.Port.udp(4789),
    ec2.Port.esp(),
  ];
  for (const port of ports) group.connections.allowInternally(port);
  return group;
}

const image = () => ec2.MachineImage.latestAmazonLinux2023({ cpuType: ec2.AmazonLinuxCpuType.ARM_64 });

const disk = (gib: number) =>
  ec2.BlockDeviceVolume.ebs(gib, { encrypted: true, volumeType: ec2.EbsDeviceVolumeType.GP3 });

/** Reached by Session Manager: no port for SSH and no keys. */
function manageable(role: iam.IRole): void {
  role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore'));
}
