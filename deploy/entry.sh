#!/bin/sh
# What a container of PTSD.ly runs: `media <config.json>` is a media server (its bundle, which starts fast and small),
# everything else the command `ptsdly` with its services.
case "$1" in
  media) exec node --disable-warning=ExperimentalWarning /app/services/media/dist/media.mjs "$@" ;;
  *) exec node --disable-warning=ExperimentalWarning /app/ptsdly/src/main.ts "$@" ;;
esac
