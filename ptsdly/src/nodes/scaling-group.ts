import type { Group } from './plan.ts';

const WAITING = 'Terminating:Wait';

/**
 * An EC2 Auto Scaling group whose instances wait at a lifecycle hook before they are ended. Which region and rights is
 * the machine's business.
 */
export async function openScalingGroup(name: string, hook: string) {
  const { AutoScalingClient, CompleteLifecycleActionCommand, DescribeAutoScalingGroupsCommand } =
    await import('@aws-sdk/client-auto-scaling');
  const client = new AutoScalingClient({});
  return {
    async look(): Promise<Group> {
      const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] });
      const instances = (await client.send(command)).AutoScalingGroups?.[0]?.Instances ?? [];
      const ids = (some: typeof instances) => new Set(some.map(({ InstanceId = '' }) => InstanceId));
      const leaving = instances.filter(({ LifecycleState }) => LifecycleState === WAITING);
      return { instances: ids(instances), leaving: ids(leaving) };
    },
    async release(instance: string): Promise<void> {
      const action = { AutoScalingGroupName: name, LifecycleHookName: hook, InstanceId: instance };
      await client.send(new CompleteLifecycleActionCommand({ ...action, LifecycleActionResult: 'CONTINUE' }));
    },
  };
}
