import { type Aws, openAws } from '../../hosts/ec2/aws.ts';
import { composeEc2Host } from '../../hosts/ec2/ec2-host.ts';
import { readEc2Settings } from '../../hosts/ec2/settings.ts';
import type { World } from '../crash-matrix.ts';
import type { Stops } from '../stops.ts';
import { memoryNotes, TestAws, TestGate } from './fixture.ts';
import { bootQuickMachine } from './quick-machine.ts';

export { allRows, crashEverywhere } from '../crash-matrix.ts';

/** An EC2 that outlasts control planes which die before and after each of their calls. */
export async function openEc2World(): Promise<World> {
  const aws = await TestAws.open({ boot: bootQuickMachine, bootMs: 1 });
  const gate = await TestGate.open();
  const settings = readEc2Settings(aws.location());
  const marked = new Map<string, string | undefined>();
  return {
    async openHost(options, stops) {
      const notes = stops.watch('notes', options.notes ?? memoryNotes(), ['write']);
      const { remoteControl, mediaCommand, cloudKeys } = gate.options(notes);
      const own = { ...options, notes, remoteControl, mediaCommand };
      const host = await composeEc2Host(settings, watched(openAws(settings, cloudKeys), stops), own);
      gate.host = host;
      return host;
    },
    async census() {
      const servers = new Set(aws.cloud.alive().map(({ tags }) => tags.get('ptsdly:server')));
      return { running: aws.cloud.running().length, exist: Math.max(servers.size, aws.s3.buckets.size) };
    },
    // its data is the disk of one instance
    mark: async (serverId) => void marked.set(serverId, aws.of(serverId)[0]?.id),
    isMarked: async (serverId) => aws.of(serverId)[0]?.id === marked.get(serverId),
    async close() {
      await gate.close();
      await aws.close();
    },
  };
}

/** Each command that is sent is a call of its own. */
function watched(aws: Aws, stops: Stops): Aws {
  for (const [of, client] of Object.entries({ ec2: aws.ec2, s3: aws.s3, sts: aws.sts })) {
    const send = client.send.bind(client) as (command: object) => Promise<unknown>;
    const call = (command: object) =>
      stops.around({ of, name: command.constructor.name.replace(/Command$/, '') }, () => send(command));
    Object.assign(client, { send: call });
  }
  return aws;
}
