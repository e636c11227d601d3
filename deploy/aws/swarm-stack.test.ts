import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SwarmStack } from './swarm-stack.ts';

const props = {
  certificateArn: 'arn:aws:acm:ap-northeast-2:1:certificate/x',
  workers: { least: 2, most: 6 },
};
const template = Template.fromStack(new SwarmStack(new App(), 'Test', props));
const json = JSON.stringify(template.toJSON());

test('workers are a scaling group by processor load that waits before it ends a machine', () => {
  template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', { MinSize: '2', MaxSize: '6' });
  template.hasResourceProperties('AWS::AutoScaling::ScalingPolicy', {
    TargetTrackingConfiguration: {
      PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageCPUUtilization' },
    },
  });
  template.hasResourceProperties('AWS::AutoScaling::LifecycleHook', {
    LifecycleHookName: 'drain',
    LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    HeartbeatTimeout: 900,
  });
});

test('only encrypted disks and files, and metadata by token only', () => {
  template.hasResourceProperties('AWS::EFS::FileSystem', { Encrypted: true });
  template.hasResource('AWS::EFS::FileSystem', { DeletionPolicy: 'Retain' });
  const templates = Object.values(template.findResources('AWS::EC2::LaunchTemplate'));
  for (const { Properties } of templates) {
    assert.equal(Properties.LaunchTemplateData.MetadataOptions.HttpTokens, 'required');
  }
  assert.ok(!json.includes('"Encrypted":false'));
});

test('from the internet only the load balancer is reached, by TLS; nobody by SSH', () => {
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port: 443, Protocol: 'HTTPS' });
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
    Port: 80,
    DefaultActions: [Match.objectLike({ Type: 'redirect' })],
  });
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
    HealthCheckPath: '/readyz',
    Port: 8080,
  });
  const rules = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress'));
  for (const { Properties } of rules) assert.ok(!('CidrIp' in Properties), JSON.stringify(Properties));
  assert.ok(!json.includes('"FromPort":22,'));
});

test('a worker reads how to join and nothing else, the manager completes hooks of this group alone', () => {
  const policies = JSON.stringify(Object.values(template.findResources('AWS::IAM::Policy')));
  assert.match(policies, /ssm:GetParameter"/);
  assert.match(policies, /ssm:PutParameter"/);
  assert.match(policies, /autoscaling:CompleteLifecycleAction/);
  assert.ok(!policies.includes('"Action":"*"'));
});

test('user data holds no secret', () => {
  assert.ok(!/SWMTKN/.test(json));
});

test('without a certificate it says what is missing', () => {
  assert.throws(() => new SwarmStack(new App(), 'None', { ...props, certificateArn: '' }), /certificate/);
});
