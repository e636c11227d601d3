import { App } from 'aws-cdk-lib';
import { SwarmStack } from './swarm-stack.ts';

const app = new App();
const context = (name: string): string | undefined => app.node.tryGetContext(name) as string | undefined;

new SwarmStack(app, 'Ptsdly', {
  certificateArn: context('certificate') ?? '',
  workers: { least: Number(context('least') ?? 2), most: Number(context('most') ?? 10) },
});
