#!/usr/bin/env bash
# A real S3 implementation on loopback for tests: Ceph's radosgw over one in-memory OSD.
#   radosgw.sh up DIR [PORT]    installs the packages if missing (root, Debian), starts it, prints the endpoint and keys
#   radosgw.sh down DIR         stops what "up" started
# Everything lives under DIR; nothing is kept. Ready in about 12 s.
set -euo pipefail
verb=${1:?up or down}; dir=$(mkdir -p "${2:?a folder}" && cd "$2" && pwd); port=${3:-4620}; mon_port=$((port + 10000))
conf=$dir/ceph.conf
stop() {
  local p pid
  for p in rgw osd mon; do
    [[ -f $dir/$p.pid ]] || continue
    pid=$(cat "$dir/$p.pid"); rm -f "$dir/$p.pid"
    grep -qaE 'ceph|radosgw' "/proc/$pid/cmdline" 2>/dev/null || continue
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  done
}
stop; [[ $verb == down ]] && exit 0
trap 'rc=$?; [[ $rc == 0 ]] || stop' EXIT
{ command -v radosgw && command -v curl; } >/dev/null || { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends curl radosgw ceph-mon ceph-osd; } >/dev/null
rm -rf "$dir"/{mon,osd,run,log}; mkdir -p "$dir"/{mon,osd,run,log}
fsid=11111111-2222-3333-4444-555555555555; osd_uuid=22222222-2222-3333-4444-555555555555
cat >"$conf" <<CONF
[global]
fsid = $fsid
mon host = [v1:127.0.0.1:$mon_port]
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
mon allow pool size one = true
mon max pg per osd = 2000
osd crush chooseleaf type = 0
run dir = $dir/run
admin socket = $dir/run/\$name.asok
log file = $dir/log/\$name.log
mon cluster log file = $dir/log/cluster.log
pid file = $dir/run/\$name.pid
crash dir = $dir/log
ms bind msgr2 = false
[mon]
mon data = $dir/mon
mon data avail warn = 2
mon data avail crit = 1
[osd]
osd data = $dir/osd
osd objectstore = memstore
osd class update on start = false
memstore device bytes = 2147483648
osd check max object name len on startup = false
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$port
rgw dns name = localhost
rgw gc max objs = 1
rgw sts key = abcdefghijklmnop
rgw s3 auth use sts = true
rgw lc debug interval = 10
rgw thread pool size = 32
keyring = /dev/null
CONF
monmaptool --create --clobber --addv a "[v1:127.0.0.1:$mon_port]" --fsid $fsid "$dir/monmap" >/dev/null
ceph-mon -c "$conf" -i a --mkfs --monmap "$dir/monmap" >/dev/null
nohup ceph-mon -c "$conf" -i a -f >"$dir/log/mon.out" 2>&1 & echo $! >"$dir/mon.pid"
ceph -c "$conf" --connect-timeout 20 osd new $osd_uuid 0 >/dev/null
ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid $osd_uuid >/dev/null 2>&1
# A quick machine: the OSD may ask before it has heard of the cluster it asks, and ends ("wrong fsid"); so once more.
osd() { nohup ceph-osd -c "$conf" -i 0 -f >>"$dir/log/osd.out" 2>&1 & echo $! >"$dir/osd.pid"; }
osd
nohup radosgw -c "$conf" -n client.rgw -f >"$dir/log/rgw.out" 2>&1 & echo $! >"$dir/rgw.pid"
for _ in $(seq 1500); do
  curl -s -o /dev/null "http://127.0.0.1:$port/" && break
  kill -0 "$(cat "$dir/osd.pid")" 2>/dev/null || osd
  sleep 0.1
done
curl -s -o /dev/null "http://127.0.0.1:$port/" || { echo "radosgw did not start: see $dir/log" >&2; exit 1; }
radosgw-admin -c "$conf" -n client.rgw user create --uid=tester --display-name=Tester --access-key=TESTACCESS --secret-key=TESTSECRET >"$dir/user.json" 2>/dev/null
echo "S3_ENDPOINT=http://localhost:$port AWS_ACCESS_KEY_ID=TESTACCESS AWS_SECRET_ACCESS_KEY=TESTSECRET AWS_REGION=us-east-1"
