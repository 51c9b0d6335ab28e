"""Tokens against forged requests, by Flask-WTF. Every unsafe method needs one; exemptions are in one list."""

from flask import Flask
from flask_wtf import CSRFProtect

# View functions that take an unsafe method without a token, each with its reason.
_CALLS = "forum.accounts.views.from_providers"
EXEMPT: dict[str, str] = {
    f"{_CALLS}.cut_facebook_tie": "Facebook calls it, no browser: its signature takes the token's place.",
    f"{_CALLS}.ask_facebook_deletion": "Facebook calls it, no browser: its signature takes the token's place.",
    f"{_CALLS}.take_google_events": "Google calls it, no browser: its signature takes the token's place.",
}

_protect = CSRFProtect()


def install(app: Flask) -> None:
    """Ask for the token on every unsafe method; it lives as long as the browser's session."""
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    _protect.init_app(app)
    for view in EXEMPT:
        _protect.exempt(view)
