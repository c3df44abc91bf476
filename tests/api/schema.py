"""The administrators' API against its own description, by PyPI's schemathesis: prints a line for each operation, in
TAP's words. The token is a machine client's, registered by the command line."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from pathlib import Path

HERE = Path(__file__).parent
SCOPES = "admin:read admin:accounts admin:clients admin:audit admin:policy"
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "unsupported_method", "allow_header_conformance", "ignored_auth",
]


class Demo:
    """`vouchsafe demo` on a stack nobody has used yet, for a machine that asks often."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="vouchsafe-api-")
        self.data = self.folder.name
        stack = os.environ.get("VOUCHSAFE_TEST_STACK", "embedded")
        lines = subprocess.run([HERE.parent / "fresh-stack", stack], check=True, capture_output=True, text=True).stdout
        self.environment = os.environ | dict(line.split("=", 1) for line in lines.splitlines())
        self.environment["VOUCHSAFE__LIMITS__API_REQUESTS"] = "1000000"
        free = "127.0.0.1:0"
        listen = ["--listen", free, "--app-listen", free, "--internal-listen", free]
        self.process = subprocess.Popen(
            [os.environ["VOUCHSAFE_BIN"], "demo", "--json", *listen, "--data", self.data],
            env=self.environment, cwd=self.data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.messages = []
        threading.Thread(target=lambda: self.messages.extend(self.process.stderr), daemon=True).start()
        line = self.process.stdout.readline()
        if not line:
            self.stop()
            raise SystemExit(f"demo ended before it was ready: {''.join(self.messages)}")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.issuer = json.loads(line)["issuer"]

    def machine(self):
        """A token of a machine client with every scope."""
        file = Path(self.data) / "machine.json"
        file.write_text(json.dumps({
            "client_name": "Schema tests", "grant_types": ["client_credentials"], "redirect_uris": [],
            "scope": SCOPES, "token_endpoint_auth_method": "client_secret_basic",
        }))
        register = HERE.parent / "rp" / "register"
        run = subprocess.run([register, self.data, file], env=self.environment, capture_output=True, text=True)
        if run.returncode:
            raise SystemExit(f"client create ended with {run.returncode}: {run.stderr}")
        client = json.loads(run.stdout)
        pair = ":".join(urllib.parse.quote_plus(client[name]) for name in ("client_id", "client_secret"))
        request = urllib.request.Request(
            f"{self.issuer}/token", data=b"grant_type=client_credentials",
            headers={"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["access_token"]

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()


def main():
    os.environ["NO_PROXY"] = "localhost,127.0.0.1"
    demo = Demo()
    try:
        report = Path(demo.data) / "junit.xml"
        run = subprocess.run([
            Path(sys.executable).parent / "schemathesis", "run", f"{demo.issuer}/api/admin/v1/openapi.json",
            "--header", f"Authorization: Bearer {demo.machine()}", "--checks", ",".join(CHECKS),
            # Examples, the edges of every value, and as many drawn ones; the same in every run.
            "--phases", "examples,coverage,fuzzing", "--max-examples", os.environ.get("EXAMPLES", "8"),
            "--seed", "7", "--generation-deterministic", "--generation-database", "none",
            "--suppress-health-check", "all", "--request-timeout", "20", "--warnings", "off",
            # It would stop the very client that asks.
            "--exclude-operation-id", "disable_app",
            "--report", "junit", "--report-junit-path", report, "--no-color",
        ], cwd=demo.data, env=demo.environment, capture_output=True, text=True, timeout=500)
        if not report.exists():
            raise SystemExit(f"schemathesis ended with {run.returncode}: {run.stdout}{run.stderr}")
        failed = 0
        for number, case in enumerate(ElementTree.parse(report).iter("testcase"), 1):
            bad = [child for child in case if child.tag in ("failure", "error")]
            failed += bool(bad)
            print(f"{'not ok' if bad else 'ok'} {number} - {case.get('name')}")
        if failed or run.returncode:
            print(run.stdout + run.stderr)
        return 1 if failed or run.returncode else 0
    finally:
        demo.stop()


if __name__ == "__main__":
    sys.exit(main())
