#!/bin/sh
# Sign in by hand, to see each step: needs curl and openssl.
set -eu
issuer='{issuer}'
client_id='{client_id}'
redirect_uri='{redirect_uri}'
scope='{scope}'
acr_values=${1:-} # pass {step_up} to ask for a stronger proof

random() { openssl rand -base64 32 | tr '+/' '-_' | tr -d '=\n'; }
encoded() { printf %s "$1" | od -An -v -tx1 | tr -d '\n' | sed 's/ /%/g'; }
state=$(random) nonce=$(random) verifier=$(random)
challenge=$(printf %s "$verifier" | openssl dgst -sha256 -binary | openssl base64 | tr '+/' '-_' | tr -d '=\n')

echo "Open this in a browser:"
printf '%s/authorize?response_type=code&client_id=%s&redirect_uri=%s&scope=%s&state=%s&nonce=%s&code_challenge=%s&code_challenge_method=S256' \
    "$issuer" "$(encoded "$client_id")" "$(encoded "$redirect_uri")" "$(encoded "$scope")" "$state" "$nonce" "$challenge"
if [ -n "$acr_values" ]; then printf '&acr_values=%s&max_age=300' "$(encoded "$acr_values")"; fi
printf '\nPaste the address you end at:\n'
read -r here
case $here in *"state=$state"*) ;; *) echo "the answer belongs to another sign-in" >&2; exit 1 ;; esac
code=$(printf %s "$here" | sed -n 's/.*[?&]code=\([^&]*\).*/\1/p')

# The secret goes in by standard input: arguments can be read by every user of the machine.  # +secret
{
    printf 'user = "%s:%s"\n' "$(encoded "$client_id")" "$(encoded "$CLIENT_SECRET")" # +basic
    printf 'data-urlencode = "client_id=%s"\n' "$client_id" # +post
    printf 'data-urlencode = "client_secret=%s"\n' "$CLIENT_SECRET" # +post
    printf 'data-urlencode = "client_id=%s"\n' "$client_id" # +none
    printf 'data = "grant_type=authorization_code"\ndata = "code=%s"\ndata = "code_verifier=%s"\n' "$code" "$verifier"
    printf 'data = "redirect_uri=%s"\n' "$(encoded "$redirect_uri")"
} | curl --silent --show-error --config - "$issuer/token"
