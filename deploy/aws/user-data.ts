import type { UserData } from 'aws-cdk-lib/aws-ec2';

export interface Join {
  readonly region: string;
  /** File system with the folders of media servers. */
  readonly fileSystemId: string;
  /** SSM parameters: the token with which workers join, and the address of the manager. */
  readonly tokenParameter: string;
  readonly addressParameter: string;
}

const SERVERS = '/srv/ptsdly/servers';

/** Docker, the shared folder, and the instance's id as a label of the engine, by which `ptsdly nodes` knows it. */
function common(data: UserData, { fileSystemId, region }: Join): void {
  data.addCommands(
    'set -euo pipefail',
    'dnf install -y docker amazon-efs-utils',
    'imds=$(curl -sf -X PUT http://169.254.169.254/latest/api/token -H "X-aws-ec2-metadata-token-ttl-seconds: 600")',
    'meta() { curl -sf -H "X-aws-ec2-metadata-token: $imds" "http://169.254.169.254/latest/meta-data/$1"; }',
    'mkdir -p /etc/docker',
    'printf \'{"labels":["instance=%s"],"live-restore":false}\' "$(meta instance-id)" > /etc/docker/daemon.json',
    `mkdir -p ${SERVERS}`,
    `echo '${fileSystemId}:/ ${SERVERS} efs _netdev,tls 0 0' >> /etc/fstab`,
    'for n in 1 2 3 4 5 6; do mount -a && break; sleep 10; done',
    `mountpoint -q ${SERVERS}`,
    'systemctl enable --now docker',
    `export AWS_DEFAULT_REGION=${region}`,
  );
}

/** The first time it makes the Swarm, and tells workers how to join. Its disk outlives a restart, and the Swarm on it. */
export function manager(data: UserData, join: Join): void {
  common(data, join);
  data.addCommands(
    'docker info -f "{{.Swarm.LocalNodeState}}" | grep -qx active || docker swarm init --advertise-addr "$(meta local-ipv4)"',
    'docker node update --label-add stores=true "$(docker info -f "{{.Swarm.NodeID}}")"',
    `aws ssm put-parameter --overwrite --type SecureString --name ${join.tokenParameter} --value "$(docker swarm join-token -q worker)" > /dev/null`,
    `aws ssm put-parameter --overwrite --type String --name ${join.addressParameter} --value "$(meta local-ipv4):2377" > /dev/null`,
  );
}

/** Joins; a manager that is not there yet is waited for. */
export function worker(data: UserData, join: Join): void {
  common(data, join);
  const read = (name: string) =>
    `aws ssm get-parameter --with-decryption --query Parameter.Value --output text --name ${name}`;
  data.addCommands(
    'for n in $(seq 60); do',
    `  docker swarm join --token "$(${read(join.tokenParameter)})" "$(${read(join.addressParameter)})" && break`,
    '  sleep 10',
    'done',
    'docker info -f "{{.Swarm.LocalNodeState}}" | grep -qx active',
  );
}
