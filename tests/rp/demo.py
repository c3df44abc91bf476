"""`vouchsafe demo` on a stack nobody has used yet, for the scripts that try it from outside."""

import json
import os
import secrets
import subprocess
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).parent


class Demo:
    """A demo that runs until it is stopped; `settings` are further variables of its environment."""

    def __init__(self, settings=None):
        self.folder = tempfile.TemporaryDirectory(prefix="vouchsafe-rp-")
        self.data = self.folder.name
        stack = os.environ.get("VOUCHSAFE_TEST_STACK", "embedded")
        lines = subprocess.run([HERE.parent / "fresh-stack", stack], check=True, capture_output=True, text=True).stdout
        self.environment = os.environ | dict(line.split("=", 1) for line in lines.splitlines()) | (settings or {})
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
        ready = json.loads(line)
        self.issuer = ready["issuer"]
        self.people = {person["role"]: person for person in ready["people"]}

    def register(self, **metadata):
        """Registers a client by the command line; its metadata with the secret."""
        file = Path(self.data) / f"client-{secrets.token_hex(4)}.json"
        file.write_text(json.dumps(metadata))
        run = subprocess.run([HERE / "register", self.data, file], env=self.environment, capture_output=True, text=True)
        if run.returncode:
            raise RuntimeError(f"client create ended with {run.returncode}: {run.stderr}")
        return json.loads(run.stdout)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()
