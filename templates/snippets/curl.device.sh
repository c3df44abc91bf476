#!/bin/sh
# Sign in on a device where nobody can type: needs curl. A secret goes in by standard input, because arguments can be read
# by every user of the machine.
set -eu
issuer='{issuer}'
client_id='{client_id}'

encoded() { printf %s "$1" | od -An -v -tx1 | tr -d '\n' | sed 's/ /%/g'; }
member() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }
# Sends the lines of standard input as a form, with the app's proof.
sends() {
    {
        printf 'user = "%s:%s"\n' "$(encoded "$client_id")" "$(encoded "$CLIENT_SECRET")" # +basic
        printf 'data-urlencode = "client_id=%s"\n' "$client_id" # +post
        printf 'data-urlencode = "client_secret=%s"\n' "$CLIENT_SECRET" # +post
        printf 'data-urlencode = "client_id=%s"\n' "$client_id" # +none
        sed 's/.*/data-urlencode = "&"/'
    } | curl --silent --show-error --config - "$issuer/$1"
}

shown=$(echo 'scope={scope}' | sends device_authorization)
code=$(printf %s "$shown" | member device_code)
pause=$(printf %s "$shown" | member interval)
[ -n "$code" ] || { printf '%s\n' "$shown" >&2; exit 1; }
printf 'Go to %s and type %s\n' "$(printf %s "$shown" | member verification_uri)" "$(printf %s "$shown" | member user_code)"
while sleep "$pause"; do
    tokens=$(printf 'grant_type=urn:ietf:params:oauth:grant-type:device_code\ndevice_code=%s\n' "$code" | sends token)
    case $(printf %s "$tokens" | member error) in
    '') printf '%s\n' "$tokens"; exit ;;
    authorization_pending) ;;
    slow_down) pause=$((pause + 5)) ;;
    *) printf '%s\n' "$tokens" >&2; exit 1 ;;
    esac
done
