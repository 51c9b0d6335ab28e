"""The part of OAuth 2 that both providers share: where to send the person, and a code for a token.

This is the only module that knows Authlib. Its Flask client is not used: our attempts live in the database,
and the checks it leaves out are made in ``openid`` and ``facebook``.
"""

import hmac

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from config import ProviderSettings
from forum.accounts.providers.outcomes import Attempt, ProviderRefused, ProviderUnavailable, Reason
from forum.accounts.providers.wire import Conversation

# RFC 6749, section 5.2: errors that speak about our registration or their state, not about the person's code.
_NOT_THE_CODE = frozenset(
    {
        "invalid_client",
        "unauthorized_client",
        "unsupported_grant_type",
        "server_error",
        "temporarily_unavailable",
    }
)
_MAX_TOKEN_LENGTH = 16 * 1024


def authorization_address(
    settings: ProviderSettings, attempt: Attempt, endpoint: str, scope: str, nonce: str | None = None
) -> str:
    """Return the address at the provider that the person is sent to: code flow with PKCE S256 (RFC 7636)."""
    client = OAuth2Session(
        settings.client_id, redirect_uri=attempt.redirect_uri, scope=scope, code_challenge_method="S256"
    )
    address, _state = client.create_authorization_url(
        endpoint, state=attempt.state, code_verifier=attempt.code_verifier, nonce=nonce
    )
    return str(address)


def token_reply(
    talk: Conversation, settings: ProviderSettings, attempt: Attempt, endpoint: str, code: str
) -> dict[str, object]:
    """Trade the code for the token endpoint's reply, which has an access token.

    Raises ProviderRefused when the provider won't have the code or sends no access token;
    ProviderUnavailable when it can't be talked to or does not accept us.
    """
    client = OAuth2Session(
        settings.client_id,
        settings.client_secret,
        token_endpoint_auth_method="client_secret_post",  # noqa: S106  (The name of a method.)
        redirect_uri=attempt.redirect_uri,
    )
    talk.prepared(client)
    try:
        reply = client.fetch_token(
            endpoint,
            grant_type="authorization_code",
            code=code,
            code_verifier=attempt.code_verifier,
            allow_redirects=False,
        )
    except OAuthError as refusal:
        # ``error`` is whatever the provider sent; the Graph API sends an object.
        if isinstance(refusal.error, str) and refusal.error in _NOT_THE_CODE:
            raise ProviderUnavailable(Reason.CLIENT_REFUSED) from None
        raise ProviderRefused(Reason.CODE_REFUSED) from None
    except (RequestException, HTTPError, OSError) as trouble:
        answered = isinstance(trouble, RequestException) and trouble.response is not None
        raise ProviderUnavailable(Reason.SERVER_ERROR if answered else Reason.UNREACHABLE) from None
    except (ValueError, TypeError, OverflowError, RecursionError):
        # Authlib lets these through for a reply that isn't JSON or whose lifetime isn't a number.
        raise ProviderUnavailable(Reason.NOT_JSON) from None
    finally:
        client.close()
    require_token(reply, "access_token", Reason.NO_ACCESS_TOKEN)
    return dict(reply)


def require_token(reply: dict[str, object], name: str, otherwise: Reason) -> str:
    """Return a token from the reply.

    Raises ProviderRefused(otherwise) unless it is a text of sane length and of visible ASCII characters, which is
    what it must be to go into a header (RFC 6749, appendix A.12).
    """
    token = reply.get(name)
    if not isinstance(token, str) or len(token) > _MAX_TOKEN_LENGTH or not is_visible_ascii(token):
        raise ProviderRefused(otherwise)
    return token


def is_visible_ascii(text: str) -> bool:
    """Say whether a text is of printable ASCII characters, at least one of them not a space."""
    return text.isascii() and text.isprintable() and bool(text.strip())


def is_same(given: str, own: str) -> bool:
    """Compare what someone gave with a secret of ours, in a time that tells nothing about it."""
    # What comes from outside may hold half a surrogate pair, which plain UTF-8 refuses.
    return hmac.compare_digest(given.encode(errors="surrogatepass"), own.encode())
