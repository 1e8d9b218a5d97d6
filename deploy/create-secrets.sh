#!/bin/sh
# Makes the secrets of docker-compose.yml, once: random, readable by the owner alone, never printed but for the
# ingest token, which agent Workers need. What exists is kept; delete deploy/secrets to start anew.
#
#   deploy/create-secrets.sh [tenant]
set -eu
umask 077

tenant="${1:-default}"
directory="${SANDGLASS_SECRETS_DIRECTORY:-$(dirname "$0")/secrets}"

case "$tenant" in
  '' | *[!A-Za-z0-9._-]*)
    echo "create-secrets: tenant \"$tenant\": write letters, digits, dots, dashes and underscores" >&2
    exit 2
    ;;
esac
if [ -e "$directory" ]; then
  echo "create-secrets: $directory exists and is kept; delete it to make new secrets" >&2
  exit 1
fi

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
sha256() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }

mkdir -p "$directory"
migrate=$(random) writer=$(random) enforcer=$(random) reader=$(random)
ingest=$(random) enforcer_ingest=$(random) governor=$(random)

cat >"$directory/clickhouse.env" <<ENV
CLICKHOUSE_MIGRATE_PASSWORD=$migrate
CLICKHOUSE_WRITER_PASSWORD=$writer
CLICKHOUSE_ENFORCER_PASSWORD=$enforcer
CLICKHOUSE_READER_PASSWORD=$reader
ENV
cat >"$directory/migrate.env" <<ENV
SANDGLASS_CLICKHOUSE_PASSWORD=$migrate
ENV
cat >"$directory/collector.env" <<ENV
CLICKHOUSE_WRITER_PASSWORD=$writer
ENV
cat >"$directory/enforcer.env" <<ENV
CLICKHOUSE_ENFORCER_PASSWORD=$enforcer
SANDGLASS_TENANT=$tenant
SANDGLASS_INGEST_TOKEN=$enforcer_ingest
SANDGLASS_GOVERNOR_SECRET=$governor
ENV
cat >"$directory/tenants.yaml" <<YAML
tenants:
  - id: $tenant
    tokenHashes:
      - $(sha256 "$ingest")
      - $(sha256 "$enforcer_ingest")
YAML
printf %s "$reader" >"$directory/clickhouse-reader-password"
random >"$directory/grafana-admin-password"

# Containers read bind-mounted secrets as their own users: Grafana (472) and node (1000).
chmod 644 "$directory/tenants.yaml" "$directory/clickhouse-reader-password" "$directory/grafana-admin-password"
chmod 711 "$directory"

cat <<TEXT
Secrets of tenant "$tenant" are in $directory.
Ingest token for agent Workers (kept nowhere else): $ingest
Grafana: user admin, password in $directory/grafana-admin-password
Governor secret for agent Workers: SANDGLASS_GOVERNOR_SECRET in $directory/enforcer.env
TEXT
