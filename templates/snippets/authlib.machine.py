"""A token for the app itself, with authlib and httpx: pip install authlib httpx"""

import os

from authlib.integrations.httpx_client import OAuth2Client

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # only because the issuer is on this machine  # +http
app = OAuth2Client(
    "{client_id}",
    os.environ["CLIENT_SECRET"],
    token_endpoint="{issuer}" + "/token",
    token_endpoint_auth_method="{auth_method}",
    grant_type="client_credentials",
)


def token():
    """An access token; a new one when the last has run out."""
    if not app.token or app.token.is_expired():
        app.fetch_token(grant_type="client_credentials", scope="{scope}")
    return app.token["access_token"]
