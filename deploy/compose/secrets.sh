#!/bin/sh
# Draws the secrets that compose.yaml hands to the containers, once; what is there is never changed.
# Usage: sh deploy/compose/secrets.sh [folder]
#
# Copy master_key and index_key to a safe place off this machine: without them the data are unreadable.
set -eu
folder=${1:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$folder"
chmod 700 "$folder"

hex() { openssl rand -hex 24; }
key() { openssl rand -base64 32 | tr '+/' '-_' | tr -d '=\n'; }
# Readable by the containers' users once mounted; on this machine the folder keeps everybody else out.
keep() {
    if [ -s "$folder/$1" ]; then return; fi
    printf '%s\n' "$2" >"$folder/$1.new"
    chmod 444 "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
    echo "made $folder/$1" >&2
}

keep master_key "vouchsafe-master-key:v1:$(key)"
keep index_key "vouchsafe-index-key:v1:$(key)"
keep postgres_password "$(hex)"
keep redis_password "$(hex)"
keep database_url "postgres://vouchsafe:$(cat "$folder/postgres_password")@postgres/vouchsafe"
keep keys_url "postgres://vouchsafe:$(cat "$folder/postgres_password")@postgres/vouchsafe_keys"
keep sessions_url "redis://:$(cat "$folder/redis_password")@redis:6379"
