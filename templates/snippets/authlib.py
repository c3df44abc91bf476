"""Sign in with authlib and httpx: pip install authlib httpx joserfc"""

import os
import time

import httpx
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # only because the issuer is on this machine  # +http
METADATA = httpx.get("{issuer}" + "/.well-known/openid-configuration").raise_for_status().json()
CLIENT_ID = "{client_id}"

# Weakest first. A level is asked for, not granted: look at what came back.
LEVELS = ["urn:vouchsafe:acr:aal1", "urn:vouchsafe:acr:aal2", "urn:vouchsafe:acr:aal2-phr"]


def client():
    return OAuth2Client(
        CLIENT_ID,
        os.environ["CLIENT_SECRET"],  # +secret
        token_endpoint_auth_method="{auth_method}",
        scope="{scope}",
        redirect_uri="{redirect_uri}",
        code_challenge_method="S256",
    )


def begin(**more):
    """Where to send the browser, and what to keep in the person's session until the callback."""
    pending = {"verifier": generate_token(48), "nonce": generate_token()}
    pending |= {"wanted": more.get("acr_values"), "max_age": more.get("max_age")}
    url, pending["state"] = client().create_authorization_url(
        METADATA["authorization_endpoint"], code_verifier=pending["verifier"], nonce=pending["nonce"], **more)
    return url, pending


def step_up():
    """Before something that matters: a stronger proof, not older than five minutes."""
    return begin(acr_values="{step_up}", max_age=300)


def finish(here, pending):
    """At the callback; `here` is its full URL."""
    answer = httpx.URL(here).params
    if "error" in answer:
        raise PermissionError(f"{answer['error']}: {answer.get('error_description')}")
    if answer.get("iss") != METADATA["issuer"]:
        raise PermissionError("the answer came from another issuer")
    token = client().fetch_token(
        METADATA["token_endpoint"], authorization_response=here, code_verifier=pending["verifier"], state=pending["state"])
    keys = KeySet.import_key_set(httpx.get(METADATA["jwks_uri"]).raise_for_status().json())
    read = jwt.decode(token["id_token"], keys, algorithms=["{alg}"])
    options = {"iss": {"essential": True, "value": METADATA["issuer"]}, "aud": {"essential": True, "value": CLIENT_ID}}
    sent = {"client_id": CLIENT_ID, "nonce": pending["nonce"], "access_token": token["access_token"]}
    claims = CodeIDToken(read.claims, read.header, options, sent)
    claims.validate(leeway=10)
    if pending["wanted"] and LEVELS.index(claims["acr"]) < LEVELS.index(pending["wanted"]):
        raise PermissionError(f"signed in at {claims['acr']} only")
    if pending["max_age"] is not None and time.time() - claims["auth_time"] > pending["max_age"] + 10:
        raise PermissionError("signed in too long ago")
    return claims, token


def refresh(token):  # +refresh
    """New tokens of the same sign-in. Keep the new refresh token: the old one is spent."""  # +refresh
    return client().refresh_token(METADATA["token_endpoint"], refresh_token=token["refresh_token"])  # +refresh
  # +refresh
  # +refresh
def leave(token):
    """Where to send the browser to sign out everywhere."""
    return str(httpx.URL(METADATA["end_session_endpoint"], params={
        "id_token_hint": token["id_token"],
        "post_logout_redirect_uri": "{post_logout_redirect_uri}",  # +home
    }))
