#!/bin/sh
# Secrets of Swarm and Kubernetes are files; PTSD.ly reads its environment. /run/secrets/service_key becomes
# PTSDLY_SERVICE_KEY, and so on, for this process alone.
for file in /run/secrets/*; do
  [ -s "$file" ] || continue
  name=$(basename "$file" | tr 'a-z' 'A-Z')
  export "PTSDLY_$name=$(cat "$file")"
done
exec /app/deploy/entry.sh "$@"
