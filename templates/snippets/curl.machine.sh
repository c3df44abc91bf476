#!/bin/sh
# A token for the app itself: needs curl. The secret goes in by standard input, because arguments can be read by every
# user of the machine.
set -eu
issuer='{issuer}'
client_id='{client_id}'
encoded() { printf %s "$1" | od -An -v -tx1 | tr -d '\n' | sed 's/ /%/g'; }
{
    printf 'user = "%s:%s"\n' "$(encoded "$client_id")" "$(encoded "$CLIENT_SECRET")" # +basic
    printf 'data-urlencode = "client_id=%s"\n' "$client_id" # +post
    printf 'data-urlencode = "client_secret=%s"\n' "$CLIENT_SECRET" # +post
    printf 'data = "grant_type=client_credentials"\n'
} | curl --silent --show-error --config - "$issuer/token"
