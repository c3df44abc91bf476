"""A relying party built on PyPI's authlib and httpx, against a demo: prints a line for each check, in TAP's words."""

import base64
import hmac
import importlib.util
import json
import os
import re
import secrets
import subprocess
import sys
import time
import traceback
import warnings
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

warnings.simplefilter("ignore")
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the demo is plain http on this machine

import httpx
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from demo import Demo

HERE = Path(__file__).parent
BACK = "http://localhost:9/callback"
LEFT = "http://localhost:9/left"
AAL1 = "urn:vouchsafe:acr:aal1"
AAL2 = "urn:vouchsafe:acr:aal2"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"

# Lets people in with a password alone, so that a stronger proof is a question of its own.
LOW = {"min_acr": AAL1, "lower_role_floor": True}


class AppDemo(Demo):
    """A demo with clients of this app's."""

    def register(self, **metadata):
        defaults = {
            "redirect_uris": [BACK], "post_logout_redirect_uris": [LEFT], "response_types": ["code"],
            "scope": "openid profile email offline_access", "grant_types": ["authorization_code", "refresh_token"],
        }
        return super().register(**(defaults | metadata))

    def snippet(self, registration):
        """The code the provider prints for this client, as a module."""
        told = subprocess.run(
            [HERE / "snippet", self.data, registration["client_id"], "authlib"],
            env=self.environment, capture_output=True, text=True, check=True)
        file = Path(self.data) / f"sign_in_{secrets.token_hex(4)}.py"
        file.write_text(told.stdout)
        os.environ["CLIENT_SECRET"] = registration.get("client_secret", "")
        os.environ["NO_PROXY"] = "localhost,127.0.0.1"
        spec = importlib.util.spec_from_file_location(file.stem, file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


class Codes:
    """A code app; each step of 30 seconds gives one code."""

    def __init__(self, key):
        key = re.sub(r"[^A-Z2-7]", "", key.upper())
        self.secret = base64.b32decode(key + "=" * (-len(key) % 8))
        self.used = 0

    def next(self):
        while True:
            now = time.time()
            step = int(now // 30)
            candidate = max(self.used + 1, step - 1 if 30 - now % 30 > 8 else step)
            if candidate <= step + 1:
                self.used = candidate
                digest = hmac.digest(self.secret, candidate.to_bytes(8, "big"), "sha1")
                at = digest[19] & 15
                return f"{(int.from_bytes(digest[at:at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"
            time.sleep(0.2)


class Page(HTMLParser):
    """The forms of a page, and the ids on it."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.forms, self.text_of = set(), [], {}
        self._inside = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self._inside = attributes.get("id")
        if self._inside:
            self.ids.add(self._inside)
        if tag == "form":
            self.forms.append({"action": attributes.get("action", ""), "ids": set(), "hidden": {}, "buttons": {}})
        elif tag in ("input", "button") and self.forms:
            form = self.forms[-1]
            form["ids"].add(attributes.get("id"))
            if attributes.get("type") == "hidden":
                form["hidden"][attributes["name"]] = attributes.get("value", "")
            elif tag == "button" and "name" in attributes:
                form["buttons"][attributes.get("id")] = {attributes["name"]: attributes.get("value", "")}

    def handle_data(self, data):
        if self._inside:
            self.text_of[self._inside] = self.text_of.get(self._inside, "") + data

    def form_with(self, id):
        return next(form for form in self.forms if id in form["ids"])


class Person:
    """Somebody without a browser: follows redirects and fills in forms."""

    def __init__(self, account):
        self.account = account
        if "totp_key" in account and "codes" not in account:
            account["codes"] = Codes(account["totp_key"])
        self.http = httpx.Client(follow_redirects=False, trust_env=False, timeout=20)
        self.asked = []

    def helps(self, shown):
        """Signs in for a device that shows this."""
        self.device_shows = shown["user_code"]
        end = self.goes(shown["verification_uri"], lambda url: "/device/done?" in url and "code=" not in url)
        assert self.http.get(end).status_code == 200

    def goes(self, url, back):
        """Until the person is sent to `back`: how that address begins, or whether one is it."""
        is_back = back if callable(back) else lambda url: url.startswith(back)
        self.asked = []
        answer = self.http.get(url)
        for _ in range(30):
            if "location" in answer.headers:
                url = urljoin(str(answer.url), answer.headers["location"])
                if is_back(url):
                    return url
                answer = self.http.get(url)
                continue
            if answer.status_code >= 400:
                said = re.sub(r"<[^>]*>|\s+", " ", answer.text)[:300]
                raise AssertionError(f"{answer.url} answered {answer.status_code}: {said}")
            page = Page(answer.text)
            id, fields = self.answers(page)
            form = page.form_with(id)
            data = form["hidden"] | form["buttons"].get(id, {}) | fields
            answer = self.http.post(urljoin(str(answer.url), form["action"]), data=data)
        raise AssertionError(f"no way back to {back} from {url}")

    def answers(self, page):
        steps = ["username", "totp-key", "password", "code", "recovery-codes", "enrol-totp", "consent-allow",
                 "sign-out-confirm", "user-code", "device-yes", "continue"]
        step = next((step for step in steps if step in page.ids), None)
        self.asked.append(step)
        if step == "username":
            return "sign-in-submit", {"username": self.account["username"]}
        if step == "password":
            return "sign-in-submit", {"password": self.account["password"]}
        if step == "totp-key":
            self.account["codes"] = Codes(page.text_of["totp-key"])
            return "code-submit", {"code": self.account["codes"].next()}
        if step == "code":
            return "code-submit", {"code": self.account["codes"].next()}
        if step == "user-code":
            return "continue", {"user_code": self.device_shows}
        if step == "recovery-codes":
            return "continue", {}
        if step is None:
            raise AssertionError(f"nothing to answer among {page.ids}")
        return step, {}


class App:
    """A relying party as authlib's documentation writes one."""

    def __init__(self, demo, registration):
        self.metadata = httpx.get(f"{demo.issuer}/.well-known/openid-configuration", trust_env=False).json()
        self.client_id = registration["client_id"]
        self.oauth = OAuth2Client(
            registration["client_id"], registration.get("client_secret"),
            token_endpoint_auth_method=registration["token_endpoint_auth_method"],
            scope="openid profile email offline_access", redirect_uri=BACK, code_challenge_method="S256",
            trust_env=False,
        )

    def authorize(self, person, **parameters):
        verifier, nonce = generate_token(48), generate_token()
        url, state = self.oauth.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce, **parameters)
        back = person.goes(url, BACK)
        answer = parse_qs(urlsplit(back).query)
        assert answer["iss"] == [self.metadata["issuer"]]
        # Given an answer without a code, the library would ask for a token of the app's own instead.
        if "error" in answer:
            raise OAuthError(answer["error"][0], answer["error_description"][0])
        token = self.oauth.fetch_token(
            self.metadata["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state)
        return token, self.verify(token, nonce=nonce)

    def verify(self, token, **parameters):
        keys = KeySet.import_key_set(httpx.get(self.metadata["jwks_uri"], trust_env=False).json())
        verified = jwt.decode(token["id_token"], keys, algorithms=self.metadata["id_token_signing_alg_values_supported"])
        options = {"iss": {"essential": True, "value": self.metadata["issuer"]}, "aud": {"essential": True, "value": self.client_id}}
        parameters |= {"client_id": self.client_id, "access_token": token["access_token"]}
        claims = CodeIDToken(verified.claims, verified.header, options, parameters)
        claims.validate(leeway=10)
        return claims

    def userinfo(self, token):
        return self.oauth.get(self.metadata["userinfo_endpoint"], headers={"authorization": f"Bearer {token['access_token']}"}).json()


def is_refused(act, why):
    try:
        act()
    except PermissionError as error:
        assert why in str(error), error
    else:
        raise AssertionError(f"it was taken in: {why}")


class Checks:
    failed = 0

    def __call__(self, name):
        def run(body):
            try:
                body()
                print(f"ok - authlib: {name}", flush=True)
            except Exception:
                self.failed += 1
                print(f"not ok - authlib: {name}")
                print("# " + traceback.format_exc().replace("\n", "\n# "), flush=True)
        return run


def main():
    check, demo, known = Checks(), AppDemo(), {}
    try:
        person = Person(demo.people["clinician"])

        @check("finds out about the provider")
        def _():
            registration = demo.register(
                client_name="Authlib", token_endpoint_auth_method="client_secret_basic",
                grant_types=["authorization_code", "refresh_token", "client_credentials"])
            known["app"] = App(demo, registration)
            assert known["app"].metadata["issuer"] == demo.issuer
            assert "S256" in known["app"].metadata["code_challenge_methods_supported"]

        app = known.get("app")

        @check("signs a clinician in with code and PKCE")
        def _():
            known["token"], known["claims"] = app.authorize(person, prompt="consent")
            assert known["claims"]["acr"] == AAL2
            assert {"pwd", "otp", "mfa"} <= set(known["claims"]["amr"])

        @check("reads the userinfo of the same person")
        def _():
            info = app.userinfo(known["token"])
            assert info["sub"] == known["claims"]["sub"] and info["email"]

        @check("signs in again without a question while the session lasts")
        def _():
            _, claims = app.authorize(person, prompt="none", max_age=3600)
            assert person.asked == []
            assert claims["auth_time"] == known["claims"]["auth_time"]

        @check("steps up with acr_values and a fresh proof")
        def _():
            _, claims = app.authorize(person, prompt="login", acr_values=AAL2)
            assert {"password", "code"} <= set(person.asked), person.asked
            assert claims["acr"] == AAL2 and claims["auth_time"] >= known["claims"]["auth_time"]

        @check("refreshes, and the sign-in stays the same")
        def _():
            old = known["token"]
            new = app.oauth.refresh_token(app.metadata["token_endpoint"], refresh_token=old["refresh_token"])
            assert new["access_token"] != old["access_token"]
            claims = app.verify(new)
            assert claims["auth_time"] == known["claims"]["auth_time"] and claims["sub"] == known["claims"]["sub"]
            known["token"] = new

        @check("introspects and revokes")
        def _():
            token = known["token"]
            asked = app.oauth.introspect_token(app.metadata["introspection_endpoint"], token=token["access_token"])
            assert asked.json()["active"] is True
            app.oauth.revoke_token(app.metadata["revocation_endpoint"], token=token["refresh_token"]).raise_for_status()
            try:
                app.oauth.refresh_token(app.metadata["token_endpoint"], refresh_token=token["refresh_token"])
            except OAuthError as error:
                assert error.error == "invalid_grant"
            else:
                raise AssertionError("a revoked token was refreshed")

        @check("gets a token for itself")
        def _():
            own = app.oauth.fetch_token(app.metadata["token_endpoint"], grant_type="client_credentials", scope="")
            assert own["access_token"] and "id_token" not in own

        @check("works as a public client")
        def _():
            registration = demo.register(
                client_name="Public", token_endpoint_auth_method="none", application_type="native",
                grant_types=["authorization_code"], scope="openid profile email")
            public = App(demo, registration)
            public.oauth.scope = "openid profile email"
            _, claims = public.authorize(person)
            assert claims["aud"] in (registration["client_id"], [registration["client_id"]])
            assert claims["at_hash"] if "at_hash" in claims else True

        @check("signs the person out, and the session is over")
        def _():
            token, _ = app.authorize(person)
            url = httpx.URL(app.metadata["end_session_endpoint"], params={
                "id_token_hint": token["id_token"], "post_logout_redirect_uri": LEFT, "state": "bye"})
            assert "state=bye" in person.goes(str(url), LEFT)
            try:
                app.authorize(person, prompt="none")
            except OAuthError as error:
                assert error.error == "login_required", error.error
            else:
                raise AssertionError("the session outlived the sign-out")

        @check("signs in, steps up, refreshes and signs out with the code the provider fills in")
        def _():
            snippet, somebody = demo.snippet(demo.register(client_name="Snippet", policy=LOW)), Person(demo.people["clinician"])
            url, pending = snippet.begin()
            claims, token = snippet.finish(somebody.goes(url, BACK), pending)
            assert claims["acr"] == AAL1
            url, pending = snippet.step_up()
            fresh, token = snippet.finish(somebody.goes(url, BACK), pending)
            assert "code" in somebody.asked and "password" not in somebody.asked, somebody.asked
            assert (fresh["sub"], fresh["acr"]) == (claims["sub"], AAL2)
            assert snippet.refresh(token)["access_token"] != token["access_token"]
            assert somebody.goes(snippet.leave(token), LEFT).startswith(LEFT)
            url, pending = snippet.begin(prompt="none")
            is_refused(lambda: snippet.finish(somebody.goes(url, BACK), pending), "login_required")
            evil = f"{BACK}?code=x&iss=https://evil.example&state={pending['state']}"
            is_refused(lambda: snippet.finish(evil, pending), "another issuer")

        @check("is not taken in by a weaker or an older sign-in with the code the provider fills in")
        def _():
            snippet, somebody = demo.snippet(demo.register(client_name="Weak", policy=LOW)), Person(demo.people["clinician"])
            url, pending = snippet.step_up()
            back = somebody.goes(str(httpx.URL(url).copy_remove_param("acr_values")), BACK)
            is_refused(lambda: snippet.finish(back, pending), "aal1 only")
            url, pending = snippet.begin()
            is_refused(lambda: snippet.finish(somebody.goes(url, BACK), pending | {"max_age": -60}), "too long ago")

        @check("proves itself in every way with the code the provider fills in")
        def _():
            somebody = Person(demo.people["clinician"])
            for method in ("client_secret_post", "none"):
                snippet = demo.snippet(demo.register(client_name=method, token_endpoint_auth_method=method, policy=LOW))
                url, pending = snippet.begin()
                _, token = snippet.finish(somebody.goes(url, BACK), pending)
                assert snippet.refresh(token)["access_token"], method

        @check("signs in on a device with the code the provider fills in")
        def _():
            snippet = demo.snippet(demo.register(
                client_name="Device", redirect_uris=[], post_logout_redirect_uris=[], response_types=[], policy=LOW,
                token_endpoint_auth_method="none", grant_types=[DEVICE, "refresh_token"]))
            shown = snippet.begin()
            Person(demo.people["clinician"]).helps(shown)
            claims, token = snippet.finish(shown)
            assert claims["acr"] == AAL1
            renewed = snippet.refresh(token)
            assert renewed["access_token"] != token["access_token"]
            snippet.leave(renewed)
            try:
                snippet.refresh(renewed)
            except OAuthError as error:
                assert error.error == "invalid_grant"
            else:
                raise AssertionError("a token that was revoked is refreshed")

        @check("gets a token for a machine with the code the provider fills in")
        def _():
            for method in ("client_secret_basic", "client_secret_post"):
                registration = demo.register(
                    client_name="Machine", redirect_uris=[], post_logout_redirect_uris=[], response_types=[], scope="",
                    token_endpoint_auth_method=method, grant_types=["client_credentials"])
                machine = demo.snippet(registration)
                assert machine.token() and machine.token() == machine.token()

        @check("signs a patient in, who sets up a code app on the way")
        def _():
            patient = Person(demo.people["patient"])
            _, claims = app.authorize(patient)
            assert "totp-key" in patient.asked and claims["acr"] == AAL2
    finally:
        demo.stop()
    if check.failed:
        print("# what the demo said:\n# " + "".join(demo.messages[-40:]).replace("\n", "\n# "))
    sys.exit(1 if check.failed else 0)


if __name__ == "__main__":
    main()
