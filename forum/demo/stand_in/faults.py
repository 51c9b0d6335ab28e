"""Switches that make the stand-in misbehave in exactly one way, so that each refusal can be tested over HTTP.

A switch is set for one client, so that tests beside each other don't disturb one another, or for all of them.
"""

# ruff: noqa: S105  (What look like passwords here are names of switches that speak of tokens.)

import threading
from enum import StrEnum

Value = bool | int | str


class Fault(StrEnum):
    """Every way to misbehave. Most are on or off; the comment says so where a value counts."""

    # Discovery and keys.
    DISCOVERY_DOWN = "discovery_down"
    DISCOVERY_HTML = "discovery_html"
    WRONG_ISSUER_IN_DISCOVERY = "wrong_issuer_in_discovery"
    ENDPOINTS_ON_OTHER_HOST = "endpoints_on_other_host"
    TOKEN_ENDPOINT_WITHOUT_TLS = "token_endpoint_without_tls"
    NO_RS256_IN_DISCOVERY = "no_rs256_in_discovery"
    ISS_NOT_ADVERTISED = "iss_not_advertised"
    KEYS_DOWN = "keys_down"
    KEYS_WITHOUT_IDS = "keys_without_ids"
    NEW_KEY = "new_key"

    # What comes back to the callback.
    WRONG_ISS_PARAMETER = "wrong_iss_parameter"
    MISSING_ISS_PARAMETER = "missing_iss_parameter"
    WRONG_STATE = "wrong_state"
    # The error code to send instead of an authorization code.
    ERROR_RESPONSE = "error_response"

    # How the token endpoint answers.
    TOKEN_REDIRECT = "token_redirect"
    TOKEN_HTML = "token_html"
    TOKEN_500 = "token_500"
    TOKEN_500_JSON = "token_500_json"
    TOKEN_BROKEN_JSON = "token_broken_json"
    TOKEN_LIST = "token_list"
    TOKEN_HUGE = "token_huge"
    TOKEN_NOT_OUR_CLIENT = "token_not_our_client"
    TOKEN_ODD_LIFETIME = "token_odd_lifetime"
    # Seconds without a byte of an answer.
    TOKEN_HANGS = "token_hangs"
    # Seconds over which the answer's body arrives, byte by byte.
    TOKEN_DRIPS = "token_drips"
    NO_ID_TOKEN = "no_id_token"
    NO_ACCESS_TOKEN = "no_access_token"

    # What the ID token says.
    NOT_A_TOKEN = "not_a_token"
    ALGORITHM_NONE = "algorithm_none"
    ALGORITHM_HS256 = "algorithm_hs256"
    ALGORITHM_HS256_WITH_PUBLIC_KEY = "algorithm_hs256_with_public_key"
    ALGORITHM_RS512 = "algorithm_rs512"
    UNKNOWN_KEY = "unknown_key"
    WRONG_KEY = "wrong_key"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    AUDIENCE_LIST = "audience_list"
    AUDIENCE_LIST_WITH_AZP = "audience_list_with_azp"
    OTHER_AUDIENCE_WITH_AZP = "other_audience_with_azp"
    OTHER_AZP = "other_azp"
    NONCE_MISSING = "nonce_missing"
    NONCE_WRONG = "nonce_wrong"
    NO_EXPIRY = "no_expiry"
    # How many seconds ago the token expired; how old it is; how far in the future it was issued.
    EXPIRED_SECONDS = "expired_seconds"
    ISSUED_SECONDS_AGO = "issued_seconds_ago"
    ISSUED_IN_SECONDS = "issued_in_seconds"
    # Seconds since the person proved themselves; below zero is in the future.
    AUTHENTICATED_SECONDS_AGO = "authenticated_seconds_ago"
    # It doesn't have them log in anew, whatever max_age asks for; it doesn't say when they did.
    MAX_AGE_IGNORED = "max_age_ignored"
    NO_AUTH_TIME = "no_auth_time"
    EMPTY_SUBJECT = "empty_subject"
    NUMERIC_SUBJECT = "numeric_subject"
    MISSING_SUBJECT = "missing_subject"
    LONG_SUBJECT = "long_subject"
    EMAIL_NOT_VERIFIED = "email_not_verified"

    # Security events. What is wrong with a token above can be wrong with one of these, too.
    RISC_DOWN = "risc_down"
    # Seconds until the configuration comes.
    RISC_HANGS = "risc_hangs"
    WRONG_ISSUER_IN_RISC = "wrong_issuer_in_risc"
    KEYS_OF_EVENTS_ON_OTHER_HOST = "keys_of_events_on_other_host"
    RISC_ISSUER_WITHOUT_SLASH = "risc_issuer_without_slash"
    # The id to give each of them, the kind of event to name, and the issuer and the type to say the subject by.
    EVENT_ID = "event_id"
    EVENT_KIND = "event_kind"
    SUBJECT_ISSUER = "subject_issuer"
    SUBJECT_TYPE = "subject_type"
    NO_EVENTS = "no_events"

    # What the Graph API says.
    PROFILE_500 = "profile_500"
    PROFILE_HTML = "profile_html"
    DEBUG_TOKEN_INVALID = "debug_token_invalid"
    DEBUG_TOKEN_OTHER_APP = "debug_token_other_app"
    DEBUG_TOKEN_OTHER_USER = "debug_token_other_user"
    DEBUG_TOKEN_500 = "debug_token_500"

    # No fault, but someone a test needs: what to say in place of the persona's own.
    SUBJECT = "subject"
    EMAIL = "email"
    NAME = "name"


class Faults:
    """The switches that are set. A client's own come before those for everyone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set: dict[str | None, dict[Fault, Value]] = {}

    def set(self, client_id: str | None, faults: dict[Fault, Value]) -> None:
        """Set switches for one client, or for all when it is None."""
        with self._lock:
            self._set.setdefault(client_id, {}).update(faults)

    def clear(self, client_id: str | None) -> None:
        """Put switches back: one client's, or every one when it is None."""
        with self._lock:
            if client_id is None:
                self._set.clear()
            else:
                self._set.pop(client_id, None)

    def get(self, client_id: str, fault: Fault) -> Value | None:
        """Return a switch's value as it is for this client; None when it isn't set."""
        with self._lock:
            own = self._set.get(client_id, {})
            return own[fault] if fault in own else self._set.get(None, {}).get(fault)

    def on(self, client_id: str, fault: Fault) -> bool:
        """Say whether a switch is on for this client."""
        return bool(self.get(client_id, fault))

    def seconds(self, client_id: str, fault: Fault) -> int | None:
        """Return a switch's number; None when it isn't set."""
        value = self.get(client_id, fault)
        return None if value is None else int(value)

    def text(self, client_id: str, fault: Fault) -> str | None:
        """Return a switch's text; None when it isn't set."""
        value = self.get(client_id, fault)
        return None if value is None else str(value)
