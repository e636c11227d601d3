import { openEc2Fixture } from '../../testing/ec2/fixture.ts';
import { bootQuickMachine } from '../../testing/ec2/quick-machine.ts';
import { hostConformance } from '../conformance.ts';

hostConformance('ec2', () => openEc2Fixture({ boot: bootQuickMachine, bootMs: 1 }));
