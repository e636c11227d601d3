import { memoryNotes, TestAws, TestGate } from '../../testing/ec2/fixture.ts';
import { hostConformance } from '../conformance.ts';
import { openHost } from '../open-host.ts';

hostConformance('ec2', async () => {
  const aws = await TestAws.open();
  const gate = await TestGate.open();
  const changed: string[] = [];
  const options = gate.options(memoryNotes(), { changed: (id) => changed.push(id) });
  const host = await openHost(`ec2:${aws.location()}`, options);
  gate.host = host;
  const running = (id: string) => aws.cloud.running().filter(({ tags }) => tags.get('ptsdly:server') === id);
  return {
    host,
    changed,
    instances: async (id) => running(id).length,
    crash: async (id) => {
      for (const instance of running(id)) await aws.cloud.breakDown(instance.id);
    },
    close: async () => {
      await host.close();
      await gate.close();
      await aws.close();
    },
  };
});
