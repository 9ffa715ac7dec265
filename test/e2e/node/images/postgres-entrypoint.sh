#!/bin/sh
# What the official image does on its first start, as far as the manifests use it: a database with its owner, reached with a password.
set -eu
export PATH="/usr/lib/postgresql/15/bin:$PATH"
if [ -s "$PGDATA/PG_VERSION" ]; then
  echo "$PGDATA has a database: nothing is initialized"
else
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  printf %s "$POSTGRES_PASSWORD" >/tmp/password
  # Without a password from the pod itself, as there.
  initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --auth=trust
  rm /tmp/password
  # Only the socket meanwhile, so that nobody is served by half of it.
  pg_ctl -w start -o "-c listen_addresses=''"
  createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
  pg_ctl -w -m fast stop
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
fi
exec postgres -c listen_addresses='*'
