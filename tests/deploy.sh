#!/bin/sh
# Checks deploy/ as far as that goes without a container engine. Prints `ok` and `not ok` lines and ends with
# `N passed, N failed`. With VOUCHSAFE_BIN set to the program, it also reads every configuration with it.
# Needs: systemd-analyze, nginx, openssl, python3 with yaml (Debian: systemd nginx-light openssl python3-yaml); and
# checks the Caddyfile where caddy is installed.
set -u
cd "$(dirname "$0")/.." || exit 1
root=$PWD
PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d "${TMPDIR:-/tmp}/vouchsafe-deploy.XXXXXX") || exit 1
passed=0 failed=0 pids=
trap 'for pid in $pids; do kill "$pid" 2>/dev/null; done; rm -rf "$work"' EXIT

# check NAME COMMAND…: one line for it, and what it said if it failed.
check() {
    name=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        passed=$((passed + 1))
        echo "ok - $name"
    else
        failed=$((failed + 1))
        echo "not ok - $name"
        sed 's/^/#   /' "$work/said"
    fi
}

have() { command -v "$1" >/dev/null 2>&1 || { echo "$1 is not installed"; false; }; }

# ---- scripts --------------------------------------------------------------------------------------------------

for script in deploy/compose/secrets.sh tests/deploy.sh; do
    check "$script parses" sh -n "$script"
done

draws_secrets() {
    sh deploy/compose/secrets.sh "$work/secrets" || return 1
    before=$(cat "$work"/secrets/* | cksum)
    sh deploy/compose/secrets.sh "$work/secrets" || return 1
    [ "$before" = "$(cat "$work"/secrets/* | cksum)" ] || { echo "a second run changed a secret"; return 1; }
    [ "$(stat -c %a "$work/secrets")" = 700 ] || { echo "others can enter the folder"; return 1; }
    grep -Eq '^vouchsafe-master-key:v1:[A-Za-z0-9_-]{43}$' "$work/secrets/master_key" || { echo "no master key"; return 1; }
    grep -Eq '^vouchsafe-index-key:v1:[A-Za-z0-9_-]{43}$' "$work/secrets/index_key" || { echo "no index key"; return 1; }
}
check "the secrets of compose are drawn once and kept" draws_secrets

# ---- systemd --------------------------------------------------------------------------------------------------

unit=deploy/systemd/vouchsafe.service
mkdir "$work/unit"
# The program need not be installed for its unit to be checked.
sed 's#/usr/bin/vouchsafe#/bin/true#' "$unit" >"$work/unit/vouchsafe.service"

unit_is_clean() {
    have systemd-analyze || return 1
    systemd-analyze verify "$work/unit/vouchsafe.service" >"$work/verify" 2>&1 || { cat "$work/verify"; return 1; }
    # Complaints about other units of this machine are not ours.
    ! grep vouchsafe "$work/verify"
}
check "systemd accepts the unit" unit_is_clean

unit_is_hardened() {
    have systemd-analyze || return 1
    # In tenths; the network, which it serves, is most of what is left.
    systemd-analyze security --offline=true --threshold=15 "$work/unit/vouchsafe.service"
}
check "the unit's exposure is at most 1.5 of 10" unit_is_hardened

# ---- nginx ----------------------------------------------------------------------------------------------------

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
plain=$(free_port) tls=$(free_port) upstream=$(free_port)
mkdir "$work/nginx"

# The snippet as it is, but for ports that need no root, a certificate of our own and a log of our own.
wrap_nginx() {
    have openssl && have nginx || return 1
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=id.clinic.example \
        -keyout "$work/nginx/key.pem" -out "$work/nginx/fullchain.pem" 2>/dev/null || return 1
    sed -e "s#/etc/ssl/vouchsafe/#$work/nginx/#; s#/var/log/nginx/#$work/nginx/#" -e '/listen \[::\]/d' \
        -e "s/listen 80;/listen 127.0.0.1:$plain;/; s/listen 443 /listen 127.0.0.1:$tls /" \
        -e "s/127.0.0.1:8080/127.0.0.1:$upstream/" deploy/nginx/vouchsafe.conf >"$work/nginx/vouchsafe.conf"
    cat >"$work/nginx/nginx.conf" <<CONF
pid $work/nginx/pid;
error_log $work/nginx/error.log;
events {}
http {
    client_body_temp_path $work/nginx/body;
    proxy_temp_path $work/nginx/proxy;
    fastcgi_temp_path $work/nginx/fastcgi;
    uwsgi_temp_path $work/nginx/uwsgi;
    scgi_temp_path $work/nginx/scgi;
    include $work/nginx/vouchsafe.conf;
}
CONF
    nginx -q -t -c "$work/nginx/nginx.conf" -e "$work/nginx/error.log"
}
check "nginx accepts the snippet" wrap_nginx

# A stand-in for the service answers with the headers it was sent.
cat >"$work/echo.py" <<'PY'
import http.server, json, sys
class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(self.headers.items()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_GET
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
PY
cat >"$work/proxied.py" <<'PY'
import json, socket, ssl, sys, time
port, log = int(sys.argv[1]), sys.argv[2]
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
def ask(text, body=b""):
    for _ in range(100):
        try:
            raw = socket.create_connection(("127.0.0.1", port), timeout=5)
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    else:
        sys.exit("the proxy does not listen")
    with context.wrap_socket(raw, server_hostname="id.clinic.example") as sock:
        sock.sendall(text.replace("\n", "\r\n").encode() + body)
        answer = b""
        # A refusal is enough by its first line: after it nginx waits for the rest of the body.
        while chunk := sock.recv(65536):
            answer += chunk
            if answer.startswith(b"HTTP/1.1 413"):
                break
    head, _, rest = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), rest
def headers(extra):
    for _ in range(100):
        status, body = ask("GET /authorize?login_hint=rose HTTP/1.1\nHost: id.clinic.example:8443\nConnection: close\n" + extra + "\n")
        if status != 502: break
        time.sleep(0.05)
    assert status == 200, status
    return {name.lower(): value for name, value in json.loads(body)}
got = headers("X-Forwarded-For: 6.6.6.6\nX-Forwarded-Proto: http\nForwarded: for=6.6.6.6\nX-Client-Certificate: forged\n")
assert got["x-forwarded-for"] == "127.0.0.1", got
assert got["x-forwarded-proto"] == "https", got
assert got["host"] == "id.clinic.example:8443", got
assert "forwarded" not in got and "x-client-certificate" not in got, got
status, _ = ask("POST /token HTTP/1.1\nHost: id.clinic.example\nConnection: close\nContent-Length: 300000\n\n")
assert status == 413, status
# 7,000 letters of parameters are a long request, not a wrong one.
status, _ = ask("GET /authorize?claims=" + "x" * 7000 + " HTTP/1.1\nHost: a\nConnection: close\n\n")
assert status == 200, status
assert "rose" not in open(log).read() and "/authorize" in open(log).read(), "the log holds a query"
PY
passes_on() {
    have nginx || return 1
    python3 "$work/echo.py" "$upstream" &
    pids="$pids $!"
    nginx -q -c "$work/nginx/nginx.conf" -e "$work/nginx/error.log" -g 'daemon off;' &
    pids="$pids $!"
    python3 "$work/proxied.py" "$tls" "$work/nginx/vouchsafe.log"
}
check "nginx replaces forged headers, limits bodies and logs no query" passes_on

# ---- caddy ----------------------------------------------------------------------------------------------------

if command -v caddy >/dev/null 2>&1; then
    check "Caddy accepts the Caddyfile" env HOME="$work" caddy validate --config deploy/caddy/Caddyfile --adapter caddyfile
fi

# ---- containers -----------------------------------------------------------------------------------------------

# Stages, the sources of COPY, the user, and that no line names a registry.
cat >"$work/container.py" <<'PY'
import os, re, sys
text = re.sub(r"\\\n", " ", open("deploy/container/Containerfile").read())
lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
stages, user = [], None
for words in lines:
    if words[0] == "FROM":
        assert "/" not in words[1] and ":" in words[1], f"{words[1]}: a short name with a version, please"
        assert words[1:][1:2] == ["AS"], "a stage has no name"
        stages.append(words[3])
        user = None
    if words[0] == "USER":
        user = words[1]
    if words[0] == "COPY":
        source = [word for word in words[1:] if not word.startswith("--")][:-1]
        stage = [word[7:] for word in words if word.startswith("--from=")]
        if stage:
            assert stage[0] in stages[:-1], f"there is no stage {stage[0]}"
            source = [path[len("/build/"):] for path in source if path.startswith("/build/")]
            source = [path for path in source if not path.startswith("target/")]
        for path in source:
            assert os.path.exists(path), f"{path} does not exist"
assert user and re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), "the last stage must run as a number that is not root"
assert os.path.exists("Cargo.lock"), "--locked needs Cargo.lock"
PY
check "the Containerfile's stages and sources exist, and it is not root's" python3 "$work/container.py"

# compose.yaml, read with defaults for its variables: what Redis and the network must be, and that secrets exist.
cat >"$work/compose.py" <<'PY'
import os, re, sys, yaml
work = sys.argv[1]
text = open("deploy/compose/compose.yaml").read()
compose = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))
services = compose["services"]
for name, service in services.items():
    assert service["read_only"] and service["cap_drop"] == ["ALL"], f"{name} is not hardened"
    assert "/" not in service["image"], f"{name}: {service['image']} names a registry"
    assert name == "migrate" or service["healthcheck"]["test"], f"{name} has no healthcheck"
    for secret in service.get("secrets", []):
        path = compose["secrets"][secret]["file"]
        assert os.path.exists(os.path.join(work, path)), f"secrets.sh does not make {path}"
    for volume in service.get("volumes", []):
        assert volume.split(":")[0] in compose["volumes"], f"{name}: {volume}"
    for other in service.get("depends_on", {}):
        assert other in services, f"{name} waits for {other}, which is not there"
    for network in service["networks"]:
        assert network in compose["networks"], f"{name}: {network}"
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), f"{name} publishes {port} to everybody"
assert "--maxmemory-policy noeviction" in services["redis"]["command"][-1], "Redis may forget"
assert compose["networks"]["back"]["internal"] is True
build = services["vouchsafe"]["build"]
context = os.path.normpath(os.path.join("deploy/compose", build["context"]))
assert os.path.exists(os.path.join(context, build["dockerfile"])), build
with open(os.path.join(work, "compose.env"), "w") as out:
    for name, value in services["vouchsafe"]["environment"].items():
        out.write(f"{name}={str(value or '').replace('/run/secrets', work + '/secrets')}\n")
PY
check "compose.yaml holds together" python3 "$work/compose.py" "$work"
if command -v docker >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then
    check "docker compose reads compose.yaml" docker compose -f deploy/compose/compose.yaml config --quiet
fi

# ---- configurations -------------------------------------------------------------------------------------------

# reads FILE VARIABLE…: the program accepts this file ("-" for none) in this environment and no other.
reads() {
    file=$1
    shift
    cd "$work" || return 1
    if [ "$file" = - ]; then
        env -i PATH="$PATH" "$@" "$VOUCHSAFE_BIN" config check
    else
        env -i PATH="$PATH" "$@" "$VOUCHSAFE_BIN" --config "$file" config check
    fi
    status=$?
    cd "$root" || return 1
    return $status
}

if [ -n "${VOUCHSAFE_BIN:-}" ]; then
    case $VOUCHSAFE_BIN in /*) ;; *) VOUCHSAFE_BIN=$root/$VOUCHSAFE_BIN ;; esac
    check "the example is what the program prints" sh -c \
        '"$1" config example | cmp - deploy/vouchsafe.example.toml' sh "$VOUCHSAFE_BIN"
    check "the program reads the example" reads "$root/deploy/vouchsafe.example.toml"
    # The metadata file is read, and is not here.
    sed -nE '/^# metadata_/d; s/^# ([a-z_]+ = )/\1/p; /^\[/p' deploy/vouchsafe.example.toml >"$work/all.toml"
    check "the program reads the example with every line in force" reads "$work/all.toml"
    # shellcheck disable=SC2046 # one word a variable, and none holds a space
    check "the program reads the unit's environment" reads - \
        $(sed -n 's/^Environment=//p' "$unit" | sed "s#%d#$work/secrets#")
    # shellcheck disable=SC2046
    check "the program reads the environment of compose" reads - $(cat "$work/compose.env")
    # shellcheck disable=SC2046
    check "the program reads the image's environment" reads - \
        $(grep -o 'VOUCHSAFE__[A-Z_]*=[^ ]*' deploy/container/Containerfile)
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
