import { HostError } from '../host.ts';

/** A kind of instance in one place; tried in this order when there is no room for the one before. */
export interface Offering {
  readonly type: string;
  readonly subnet: string;
}

export interface Ec2Settings {
  readonly region: string;
  readonly image: string;
  readonly offerings: readonly Offering[];
  /** Of the role whose rights, narrowed to one bucket, a media server is lent. */
  readonly role: string;
  /** The AWS account, which must own every bucket that is touched. */
  readonly account: string;
  /** Exists already; otherwise one is made in `vpc` that lets `from` in. */
  readonly group: string | undefined;
  readonly vpc: string | undefined;
  readonly from: string;
  /** Name of the root disk, as the image calls it. */
  readonly device: string;
  /** GiB of that disk. */
  readonly diskGiB: number;
  /** Seconds that an instance may take to answer. */
  readonly bootSeconds: number;
  /** Seconds between two looks at all instances. */
  readonly lookSeconds: number;
  /** Of APIs that are not AWS's own. */
  readonly endpoints: { readonly ec2?: string; readonly s3?: string; readonly sts?: string };
}

const list = (text: string | null) => (text ?? '').split(',').filter((entry) => entry !== '');

/**
 * Reads `ec2:<region>?image=ami-…&types=t4g.small,t3.small&subnets=subnet-a,subnet-b&role=arn:…&account=…` with
 * `group=sg-…` or `vpc=vpc-…&from=10.0.0.0/16`, and where wanted `disk` (GiB), `device`, `boot` (seconds), `look` (seconds) and
 * `ec2`, `s3`, `sts` (endpoints). Throws one plain sentence.
 */
export function readEc2Settings(location: string): Ec2Settings {
  const [region = '', query = ''] = location.split('?');
  const given = new URLSearchParams(query);
  const need = (name: string, pattern: RegExp) => {
    const value = given.get(name) ?? '';
    if (!pattern.test(value)) throw new HostError('stop', `ec2: needs ${name}=…, such as ${EXAMPLES[name]}`);
    return value;
  };
  const number = (name: string, usual: number) => {
    const value = Number(given.get(name) ?? usual);
    if (!(value > 0)) throw new HostError('stop', `ec2: ${name} is a number above 0`);
    return value;
  };
  if (!/^[a-z]{2}[a-z-]*-\d$/.test(region))
    throw new HostError('stop', 'ec2: begins with a region, such as ec2:ap-northeast-2');
  const [types, subnets] = [list(need('types', /./)), list(need('subnets', /^subnet-/))];
  const group = given.get('group') ?? undefined;
  const vpc = given.get('vpc') ?? undefined;
  if (group === undefined && vpc === undefined)
    throw new HostError('stop', 'ec2: needs group=sg-… or vpc=vpc-…');
  return {
    region,
    image: need('image', /^ami-/),
    // another zone before another type: it is the same machine
    offerings: types.flatMap((type) => subnets.map((subnet) => ({ type, subnet }))),
    role: need('role', /^arn:/),
    account: need('account', /^\w+$/),
    ...{ group, vpc },
    from: given.get('from') ?? '10.0.0.0/8',
    device: given.get('device') ?? '/dev/xvda',
    diskGiB: number('disk', 20),
    bootSeconds: number('boot', 480),
    lookSeconds: number('look', 5),
    endpoints: endpointsOf(given),
  };
}

const EXAMPLES: Readonly<Record<string, string>> = {
  image: 'ami-0123456789abcdef0',
  types: 't4g.small,t4g.medium',
  subnets: 'subnet-1,subnet-2',
  role: 'arn:aws:iam::123456789012:role/ptsdly-media',
  account: '123456789012',
};

function endpointsOf(given: URLSearchParams): Ec2Settings['endpoints'] {
  const own = ['ec2', 's3', 'sts'].flatMap((name) => {
    const value = given.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return Object.fromEntries(own);
}
