"""Tokens against forged requests, by Flask-WTF. Every unsafe method needs one; exemptions are in one list."""

from flask import Flask
from flask_wtf import CSRFProtect

# View functions that take an unsafe method without a token, each with its reason. None so far.
EXEMPT: dict[str, str] = {}

_protect = CSRFProtect()


def install(app: Flask) -> None:
    """Ask for the token on every unsafe method; it lives as long as the browser's session."""
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    _protect.init_app(app)
