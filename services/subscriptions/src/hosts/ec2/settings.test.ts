import { expect, test } from 'vitest';
import { readEc2Settings } from './settings.ts';

const whole =
  'ap-northeast-2?image=ami-1&types=t4g.small,t4g.medium&subnets=subnet-a,subnet-b&role=arn:aws:iam::1:role/m&account=1&vpc=vpc-1';

test('another zone is tried before another type', () => {
  expect(readEc2Settings(whole)).toMatchObject({
    region: 'ap-northeast-2',
    offerings: [
      { type: 't4g.small', subnet: 'subnet-a' },
      { type: 't4g.small', subnet: 'subnet-b' },
      { type: 't4g.medium', subnet: 'subnet-a' },
      { type: 't4g.medium', subnet: 'subnet-b' },
    ],
    ...{ bootSeconds: 480, lookSeconds: 5, diskGiB: 20, from: '10.0.0.0/8', endpoints: {} },
  });
});

test.each([
  [whole.replace('ap-northeast-2', 'seoul'), /begins with a region/],
  [whole.replace('image=ami-1&', ''), /needs image=…, such as ami-/],
  [whole.replace('subnet-a,subnet-b', ''), /needs subnets=/],
  [whole.replace('&vpc=vpc-1', ''), /needs group=sg-… or vpc=/],
  [`${whole}&boot=soon`, /boot is a number above 0/],
])('%s is refused in one sentence', (location, sentence) => {
  expect(() => readEc2Settings(location)).toThrow(sentence);
});
