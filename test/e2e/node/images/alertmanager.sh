#!/bin/sh
# Debian has release 0.25: it is started without the flag that the operator knows 0.26 to take.
for argument; do
  shift
  case $argument in
    --cluster.label=*) ;;
    *) set -- "$@" "$argument" ;;
  esac
done
exec prometheus-alertmanager "$@"
