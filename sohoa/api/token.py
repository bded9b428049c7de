"""The bearer token of the embedded default: made once, kept in the home folder for its operator to read."""

import secrets

from schemas.settings import Settings
from storage.secrets import keep


def api_token(settings: Settings) -> str:
    """Return the token that callers of the API must send."""
    if settings.api.token is not None:
        return settings.api.token.get_secret_value()
    return keep(settings.home / "keys" / "api-token", lambda: secrets.token_urlsafe(32).encode()).decode()
