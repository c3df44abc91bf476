"""The administrators' API against its own description, by PyPI's schemathesis: prints a line for each operation, in
TAP's words. The token is a machine client's, registered by the command line."""

import base64
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "rp"))
from demo import Demo

SCOPES = "admin:read admin:accounts admin:clients admin:audit admin:policy"
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "unsupported_method", "allow_header_conformance", "ignored_auth", "use_after_free",
]
# It may stop the very client that asks, so it comes last, by itself.
LAST = "disable_app"


def token(demo):
    """A token of a machine client with every scope."""
    client = demo.register(
        client_name="Schema tests", grant_types=["client_credentials"], redirect_uris=[], scope=SCOPES,
        token_endpoint_auth_method="client_secret_basic")
    pair = ":".join(urllib.parse.quote_plus(client[name]) for name in ("client_id", "client_secret"))
    request = urllib.request.Request(
        f"{demo.issuer}/token", data=b"grant_type=client_credentials",
        headers={"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["access_token"]


def run(demo, name, phases, *which):
    """Runs some operations; what was said of each, and everything that was printed."""
    report = Path(demo.data) / f"{name}.xml"
    done = subprocess.run([
        Path(sys.executable).parent / "schemathesis", "run", f"{demo.issuer}/api/admin/v1/openapi.json",
        "--header", f"Authorization: Bearer {token(demo)}", "--checks", ",".join(CHECKS),
        # Examples, the edges of every value, as many drawn ones, and what was made carried on to the next request; the same in
        # every run.
        "--phases", phases, "--max-examples", os.environ.get("EXAMPLES", "5"), "--generation-deterministic",
        "--suppress-health-check", "all", "--request-timeout", "20", "--warnings", "off", *which,
        "--report", "junit", "--report-junit-path", report, "--no-color",
    ], cwd=demo.data, env=demo.environment, capture_output=True, text=True, timeout=500)
    if not report.exists():
        raise SystemExit(f"schemathesis ended with {done.returncode}: {done.stdout}{done.stderr}")
    return list(ElementTree.parse(report).iter("testcase")), done.returncode, done.stdout + done.stderr


def main():
    os.environ["NO_PROXY"] = "localhost,127.0.0.1"
    demo = Demo({"VOUCHSAFE__LIMITS__API_REQUESTS": "1000000"})
    try:
        runs = [
            run(demo, "all", "examples,coverage,fuzzing,stateful", "--exclude-operation-id", LAST),
            run(demo, "last", "examples,coverage,fuzzing", "--include-operation-id", LAST),
        ]
        bad = [[child for child in case if child.tag in ("failure", "error")] for cases, *_ in runs for case in cases]
        for number, (case, wrong) in enumerate(zip((case for cases, *_ in runs for case in cases), bad), 1):
            print(f"{'not ok' if wrong else 'ok'} {number} - {case.get('name')}")
        failed = any(bad) or any(code for _, code, _ in runs)
        if failed:
            print(*(said for *_, said in runs))
        return 1 if failed else 0
    finally:
        demo.stop()


if __name__ == "__main__":
    sys.exit(main())
