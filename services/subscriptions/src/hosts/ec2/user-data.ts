/** What the user data of an instance is made of: the same for every repetition of its launch, byte by byte. */
export interface BootOrder {
  /** Where the control plane is reached from the instance. */
  readonly controlUrl: string;
  readonly serverId: string;
  readonly launch: number;
  /** Good once, and for this launch only; everybody on the instance may read it (IMDS). */
  readonly token: string;
  readonly port: number;
}

/**
 * The script that cloud-init runs at the first boot. It leaves a script for every boot, which redeems the token,
 * keeps the media server and its configuration as the control plane has them, and starts it again when it ends.
 * It needs a Linux with curl, tar and node.
 */
export function userData({ controlUrl, serverId, launch, token, port }: BootOrder): string {
  return `#!/bin/sh
# PTSD.ly: media server ${serverId}, launch ${launch}. The token is good for one boot.
umask 077
mkdir -p /var/lib/ptsdly /var/lib/cloud/scripts/per-boot
printf '{"serverId":"${serverId}","launch":${launch},"token":"${token}"' > /var/lib/ptsdly/boot-order
cat > /var/lib/cloud/scripts/per-boot/ptsdly <<'SCRIPT'
${AGENT.replace('CONTROL_URL', controlUrl).replace('PORT', String(port))}SCRIPT
chmod 700 /var/lib/cloud/scripts/per-boot/ptsdly
exec /var/lib/cloud/scripts/per-boot/ptsdly
`;
}

/** Only a POSIX shell: nothing of ours is on the machine yet. Secrets travel in files, not in lists of processes. */
const AGENT = `#!/bin/sh
umask 077
control='CONTROL_URL' port='PORT'
cd /var/lib/ptsdly || exit 1
case $1 in '') setsid "$0" agent < /dev/null >> agent.log 2>&1 & exit 0;; esac

imds=\${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}
say() { echo "$(date -u +%FT%TZ) $*"; }
metadata() { curl -fsS -m 5 -H "x-aws-ec2-metadata-token: $session" "$imds/latest/meta-data/$1"; }
until
  session=$(curl -fsS -m 5 -X PUT -H 'x-aws-ec2-metadata-token-ttl-seconds: 300' "$imds/latest/api/token") &&
  instance=$(metadata instance-id) && address=$(metadata local-ipv4)
do sleep 1; done

while [ ! -s authorization ]; do
  [ -s nonce ] || { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n' > nonce.new && mv nonce.new nonce; }
  { cat boot-order; printf ',"nonce":"%s","instanceId":"%s"}' "$(cat nonce)" "$instance"; } > request
  if curl -fsS -m 20 -H 'content-type: application/json' --data-binary @request -o token "$control/boot/token"; then
    { printf 'authorization: Bearer '; cat token; } > authorization.new && mv authorization.new authorization
    rm -f token request boot-order
  else sleep 1; fi
done

fetch() { # the program and its configuration, where they are not those that are here
  status=$(curl -sS -m 90 -H @authorization -H "if-none-match: $(cat current/etag 2>/dev/null)" -o package.tar -w '%{http_code}' "$control/boot/package?wait=$1")
  [ "$status" = 304 ] && return 1
  [ "$status" = 200 ] || { say "the control plane answers $status"; sleep 1; return 1; }
  rm -rf next && mkdir next && tar -xf package.tar -C next && [ -s next/etag ] || return 1
  rm -rf former; [ -d current ] && mv current former
  mv next current && say "here is $(cat current/etag)"
}
until [ -s current/etag ]; do fetch 0; done
fetch 0 # it may have slept for long

nobody='setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all --'
$nobody true 2>/dev/null || nobody=''
mkdir -p data && chmod 711 .
serve() {
  while :; do
    [ -z "$nobody" ] || chown -R 65534:65534 data current
    (cd data && exec $nobody node --disable-warning=ExperimentalWarning ../current/media.mjs ../current/config.json) &
    echo $! > pid
    wait $!
    say "the media server ended ($?)"
    [ -e renewed ] && rm -f renewed || sleep 1
  done
}
serve &
announce() {
  until curl -fs -m 5 -o /dev/null "http://$address:$port/healthz"; do sleep 0.1; done
  curl -fsS -m 20 -X POST -H @authorization -o /dev/null "$control/boot/up"
}
announce &
while :; do
  fetch 50 || continue
  : > renewed
  kill -TERM "$(cat pid)"
  sleep 0.2
  announce &
done
`;
