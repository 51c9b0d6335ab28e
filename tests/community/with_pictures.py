"""Writing with pictures, as a browser without JavaScript does it, and doing what the worker does about files."""

import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from config import Settings
from forum import clock, schedule
from forum.community.models.images import Image
from forum.community.pictures import REMOVE_FILES
from forum.database.session import Database
from forum.jobs.worker import Worker
from tests.cast import Someone
from tests.images import made
from tests.pages import Element, read_page

CAT = "My cat on a heating pad"


def photo() -> bytes:
    """A photo as a phone makes it, which says where it was made."""
    return made.saved(made.pixels(), "JPEG", exif=made.exif(), comment=made.COMMENT)


def main_of(answer: TestResponse) -> Element:
    """The part of a page that is its own."""
    return read_page(answer.get_data(as_text=True)).one("main")


def fields_on(client: FlaskClient, address: str, action: str = "") -> dict[str, str]:
    """What a browser would send with the form that goes to an address, or with the page's own."""
    wanted = action or address
    forms = [one for one in main_of(client.get(address)).all("form") if one.attributes["action"] == wanted]
    return {
        one.attributes["name"]: one.attributes.get("value", "")
        for one in forms[0].all("input", type="hidden")
    }


def begin(someone: Someone, composer: str, text: str = "Look who keeps me company.", **more: str) -> int:
    """Press "Add pictures" in a composer, and return the number of the draft that it leads to."""
    action = urlsplit(composer).path
    given = fields_on(someone.client, composer, action) | {"text": text, "do": "pictures"} | more
    answer = someone.client.post(action, data=given)
    assert answer.status_code == 303, answer.text
    found = re.fullmatch(r"/drafts/(\d+)/pictures", answer.headers["Location"])
    assert found, answer.headers["Location"]
    return int(found[1])


def add(
    someone: Someone, draft_id: int, content: bytes, alt: str = CAT, name: str = "cat.jpg"
) -> TestResponse:
    """Choose a file, say what is on it, and send both."""
    address = f"/drafts/{draft_id}/pictures"
    token = fields_on(someone.client, "/settings/reading")["csrf_token"]
    return post_files(
        someone.client, address, {"csrf_token": token, "alt": alt, "picture": (io.BytesIO(content), name)}
    )


def post_files(client: FlaskClient, address: str, given: dict[str, Any]) -> TestResponse:
    """Send a form with files, each its content and its name. What the test client packs itself stays an open file."""
    fields = [
        (name, FileStorage(*one) if isinstance(one, tuple) else one)
        for name, values in given.items()
        for one in (values if isinstance(values, list) else [values])
    ]
    boundary, packed = encode_multipart(MultiDict(fields))
    return client.post(address, data=packed, content_type=f"multipart/form-data; boundary={boundary}")


def send(someone: Someone, composer: str, **more: str) -> str:
    """Send what a composer holds, and return the address to which that leads."""
    form = next(one for one in main_of(someone.client.get(composer)).all("form") if one.all("textarea"))
    given = {
        one.attributes["name"]: one.attributes.get("value", "") for one in form.all("input", type="hidden")
    }
    given["text"] = form.one("textarea").raw.lstrip("\n")
    answer = someone.client.post(urlsplit(composer).path, data=given | more)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def reply_with_picture(someone: Someone, topic_id: int, content: bytes = b"", alt: str = CAT) -> int:
    """Reply with a picture, and return the post's number in its address."""
    composer = f"/topics/{topic_id}/reply"
    draft_id = begin(someone, composer)
    assert add(someone, draft_id, content or photo(), alt).status_code == 303
    send(someone, composer)
    with someone.database.reading() as session:
        newest = select(Image.post_id).where(Image.member_id == someone.member_id).order_by(Image.id.desc())
        post_id = session.scalar(newest.limit(1))
    assert post_id is not None
    return post_id


def name_of(database: Database, **which: int) -> str:
    """The name of the newest picture of a post or a draft."""
    with database.reading() as session:
        return session.scalars(select(Image.name).filter_by(**which).order_by(Image.id.desc()).limit(1)).one()


def files_of(settings: Settings) -> set[str]:
    """The names of the pictures in the folder."""
    folder: Path = settings.data_folder / "images"
    return {one.name.removesuffix(".webp") for one in folder.iterdir()} if folder.is_dir() else set()


def tidy(app: Flask, settings: Settings, database: Database, after: timedelta = timedelta(0)) -> None:
    """Let time go by, and have the worker remove the files that no picture has."""
    (hourly,) = (job for job in schedule.SCHEDULE if job.name == REMOVE_FILES)
    with time_machine.travel(clock.now() + after):
        with database.transaction() as session:
            hourly.begin(session)
        handlers = schedule.handlers_of(settings.ban_keys)
        Worker(database, handlers, errands=schedule.errands_of(settings, database)).run_due(limit=50)
