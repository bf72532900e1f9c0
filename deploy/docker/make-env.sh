#!/bin/sh
# Writes the secrets of docker-compose.yml to a file, `.env` beside it if none is named. What the file has already is kept,
# so it can be run again after an update; it needs nothing but a POSIX shell.
#
#   sh deploy/docker/make-env.sh [FILE]
set -eu
umask 077
file=${1:-"$(dirname "$0")/../../.env"}
touch "$file"
chmod 600 "$file"

key() { # 32 random bytes in base64
  head -c 32 /dev/urandom | base64 | tr -d '\n'
}
password() { # 192 random bits that need no escaping in an address
  head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}
add() { # name and maker
  grep -q "^$1=." "$file" && return 0
  printf '%s=%s\n' "$1" "$($2)" >> "$file"
  echo "added $1"
}

# A file that was written by hand may lack the last newline.
[ -z "$(tail -c 1 "$file")" ] || echo >> "$file"

add POSTGRES_PASSWORD password
add OWNER_DB_PASSWORD password
add AUTH_DB_PASSWORD password
add AGENTS_DB_PASSWORD password
add DESIGN_DB_PASSWORD password
add INTEGRATIONS_DB_PASSWORD password
add ROUTER_DB_PASSWORD password
add REDIS_PASSWORD password
add GRAFANA_PASSWORD password
# SQL Server wants characters of several kinds.
sql_password() {
  printf 'Fg-%s' "$(password)"
}
add SQL_PASSWORD sql_password
add AUTH_KEY_SECRET key
add GRANT_SECRET key
add ARTIFACT_LINK_SECRET key
add CREDENTIALS_KEY key
echo "The secrets are in $file, readable by you alone. Keep a copy: without it stored credentials cannot be opened."
