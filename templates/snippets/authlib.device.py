"""Sign in on a device where nobody can type, with authlib and httpx: pip install authlib httpx joserfc"""

import os
import time

import httpx
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # only because the issuer is on this machine  # +http
METADATA = httpx.get("{issuer}" + "/.well-known/openid-configuration").raise_for_status().json()
CLIENT_ID = "{client_id}"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
app = OAuth2Client(
    CLIENT_ID,
    os.environ["CLIENT_SECRET"],  # +secret
    token_endpoint_auth_method="{auth_method}",
)


def begin():
    """What to show: `user_code` and `verification_uri`, or a picture of `verification_uri_complete`."""
    form = {"client_id": CLIENT_ID, "scope": "{scope}"}
    auth = None
    auth = (CLIENT_ID, os.environ["CLIENT_SECRET"])  # +basic
    form["client_secret"] = os.environ["CLIENT_SECRET"]  # +post
    url = METADATA["device_authorization_endpoint"]
    return httpx.post(url, data=form, auth=auth).raise_for_status().json()


def finish(shown):
    """Waits until the person has signed in elsewhere; fails when they refuse, or after ten minutes."""
    pause = shown["interval"]
    while True:
        time.sleep(pause)
        try:
            token = app.fetch_token(METADATA["token_endpoint"], grant_type=GRANT, device_code=shown["device_code"])
            break
        except OAuthError as error:
            if error.error == "slow_down":
                pause += 5
            elif error.error != "authorization_pending":
                raise
    keys = KeySet.import_key_set(httpx.get(METADATA["jwks_uri"]).raise_for_status().json())
    read = jwt.decode(token["id_token"], keys, algorithms=["{alg}"])
    options = {"iss": {"essential": True, "value": METADATA["issuer"]}, "aud": {"essential": True, "value": CLIENT_ID}}
    claims = CodeIDToken(read.claims, read.header, options, {"client_id": CLIENT_ID, "access_token": token["access_token"]})
    claims.validate(leeway=10)
    return claims, token


def refresh(token):  # +refresh
    """New tokens of the same sign-in. Keep the new refresh token: the old one is spent."""  # +refresh
    return app.refresh_token(METADATA["token_endpoint"], refresh_token=token["refresh_token"])  # +refresh
  # +refresh
  # +refresh
def leave(token):  # +refresh
    """Forgets the person: the tokens end."""  # +refresh
    app.revoke_token(METADATA["revocation_endpoint"], token=token["refresh_token"]).raise_for_status()  # +refresh
