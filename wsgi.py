"""The WSGI application for any server: ``granian --interface wsgi wsgi:app``, ``gunicorn wsgi:app``."""

from config import Settings
from forum.app import create_app

app = create_app(Settings.from_environ())
