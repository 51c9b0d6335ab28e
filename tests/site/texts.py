"""A community as ``forum site init`` leaves it, for the tests of every feature that shows shipped texts."""

from flask import Flask

from forum.database.session import Database
from forum.site.publishing import Published, publish_shipped


def publish_texts(app: Flask, **options: bool) -> Published:
    """Publish the shipped texts into an application's database, and return what was new."""
    installed = app.extensions["alongside"]
    database: Database = installed.database
    with database.transaction() as session:
        return publish_shipped(session, installed.settings, **options)
