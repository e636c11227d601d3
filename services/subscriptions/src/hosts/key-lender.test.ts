import { expect, test } from 'vitest';
import { openStsApi } from '../testing/ec2/storage-api.ts';
import { openKeyLender } from './key-lender.ts';

const keys = { accessKeyId: 'installation', secretAccessKey: 'secret' };

test('each server is lent keys for its own prefix, and for lists of that', async () => {
  const sts = await openStsApi();
  const url = `s3://films/all?endpoint=http://s3.test&role=arn:aws:iam::000000000000:role/media&sts=${sts.url}`;
  const lender = openKeyLender({ url, keys });
  expect(await lender?.lendKeys('one')).toMatchObject({ accessKeyId: 'LENT', sessionToken: 'lent-token' });
  expect(JSON.parse(sts.policies.get('one') ?? '').Statement).toEqual([
    {
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: 'arn:aws:s3:::films',
      Condition: { StringLike: { 's3:prefix': 'all/one/*' } },
    },
    expect.objectContaining({ Effect: 'Allow', Resource: 'arn:aws:s3:::films/all/one/*' }),
  ]);
  await sts.close();
});

test('nothing is lent where the storage names no role', () => {
  expect(openKeyLender({ url: 's3://films/all', keys })).toBeUndefined();
  expect(openKeyLender(undefined)).toBeUndefined();
});
