"""Asking for a copy of one's data, having it made as the worker does, and looking into it."""

import io
import zipfile
from contextlib import suppress
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from config import Settings
from forum import consequences, schedule
from forum.accounts.models import AccountEvent, AccountNotice
from forum.database.session import Database
from forum.jobs.models import Job
from forum.jobs.worker import Worker
from forum.privacy.export_files import FOLDER
from forum.privacy.models import DataExport
from tests.cast import Someone
from tests.pages import read_page

EXPORT = "/settings/privacy/export"


def ask(someone: Someone) -> TestResponse:
    """Press the button, from whatever page has a token."""
    page = read_page(someone.client.get("/settings/reading").text)
    token = page.all("input", name="csrf_token")[0].attributes["value"]
    return someone.client.post(EXPORT, data={"csrf_token": token})


def work(app: Flask, database: Database | None = None) -> None:
    """Do what is due about copies, as ``forum worker`` does, with the application's database or with this one."""
    settings, database = settings_of(app), database or database_of(app)
    letters = consequences.errands_of(consequences.CONSEQUENCES, None)
    errands = (letters, *schedule.errands_of(settings, database))
    Worker(database, {}, errands=errands).run_due(limit=100)


def copy_of(app: Flask, someone: Someone) -> zipfile.ZipFile:
    """Ask for a copy, have it made, and open it."""
    assert ask(someone).status_code == 303
    work(app)
    return fetch(someone, newest(app).id)


def fetch(someone: Someone, export_id: int) -> zipfile.ZipFile:
    """Download a copy, and open it."""
    # Read to its end, so that the file is closed.
    answer = someone.client.get(f"{EXPORT}/{export_id}", buffered=True)
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.data))


def page_of(someone: Someone) -> str:
    """Return what stands on the page of somebody's copies."""
    answer = someone.client.get(EXPORT)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    return read_page(answer.text).one("main").text


def told(someone: Someone) -> list[AccountEvent]:
    """Return what somebody was told about their account, the oldest first."""
    with someone.database.reading() as session:
        mine = select(AccountNotice.event).where(AccountNotice.member_id == someone.member_id)
        return list(session.scalars(mine.order_by(AccountNotice.id)))


def newest(app: Flask) -> DataExport:
    """Return the row of the copy that was asked for last."""
    with database_of(app).reading() as session:
        return session.scalars(select(DataExport).order_by(DataExport.id.desc()).limit(1)).one()


def job_of(app: Flask) -> Job | None:
    """Return the job that makes a copy, while there is one."""
    with database_of(app).reading() as session:
        return session.scalars(select(Job).where(Job.name == "privacy.build_export")).one_or_none()


def files(app: Flask) -> list[Path]:
    """Return the files in the folder of copies."""
    with suppress(FileNotFoundError):
        return sorted((settings_of(app).data_folder / FOLDER).iterdir())
    return []


def settings_of(app: Flask) -> Settings:
    """Return an application's settings."""
    settings: Settings = app.extensions["alongside"].settings
    return settings


def database_of(app: Flask) -> Database:
    """Return an application's database."""
    database: Database = app.extensions["alongside"].database
    return database
