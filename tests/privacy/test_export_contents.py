"""What is in a copy: everything of the member's in every form, nothing of anybody else's, and nothing that runs."""

import csv
import io
import json
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from forum.accounts.models import Member
from forum.community.commands.drafts import keep_draft
from forum.community.models.threads import Post
from forum.community.unsent import DraftPlace, Known, Unsent
from forum.database.session import Database
from forum.privacy import export_html, export_schema, export_wording
from forum.privacy.export_data import tables
from forum.text.pseudo import ACCENTED, MIRRORED
from forum.text.spreadsheets import as_csv
from tests import cast
from tests.community.conftest import start, topic_draft
from tests.databases import ROOT
from tests.json_schema import problems
from tests.moderation.conftest import make_post, make_room
from tests.pages import read_page
from tests.privacy import markers
from tests.privacy.copies import copy_of, database_of

# Not all of a member's data is words: what isn't is compared with the rows.
RUNS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")


def everything_in(copy: zipfile.ZipFile) -> str:
    return "\n".join(f"{name}\n{copy.read(name).decode()}" for name in copy.namelist())


def json_of(copy: zipfile.ZipFile) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(copy.read("data.json"))
    return found


def sheet(copy: zipfile.ZipFile, table: str) -> list[dict[str, str]]:
    with io.TextIOWrapper(copy.open(f"csv/{table}.csv"), "utf-8", newline="") as text:
        return list(csv.DictReader(text, strict=True))


@pytest.fixture
def rowan(app: Flask, database: Database) -> cast.Someone:
    """Somebody with words of theirs in every registered column."""
    make_room(database, "flares-today")
    return cast.member(app, "Rowan")


@pytest.mark.proves("D2")
def test_every_marker_is_in_every_form_and_nobody_elses_anywhere(app: Flask, rowan: cast.Someone) -> None:
    marlow = cast.member(app, "Marlow")
    mine, others = markers.seed(rowan, "quokka"), markers.seed(marlow, "numbat")
    copy = copy_of(app, rowan)
    exported = mine.exported()
    assert len(exported) > 15
    data, page = json.dumps(json_of(copy)), copy.read("index.html").decode()
    for column, marker in exported.items():
        table = column.partition(".")[0]
        assert marker in data, column
        assert marker in page, column
        assert any(marker in cell for row in sheet(copy, table) for cell in row.values()), column
    everything = everything_in(copy).lower()
    assert [name for name, marker in others.all().items() if marker.lower() in everything] == []
    assert [name for name in ("Marlow", str(marlow.uuid)) if name.lower() in everything] == []
    # What is theirs and not in the copy is nowhere in it: secrets, and what moderators wrote to each other.
    withheld = mine.all().keys() - exported.keys()
    assert [name for name in withheld if mine.all()[name] in everything] == []


@pytest.mark.proves("D2")
def test_of_others_nothing_is_in_what_was_not_sent_yet(
    app: Flask, database: Database, rowan: cast.Someone
) -> None:
    marlow = cast.member(app, "Marlow")
    topic = start(database, marlow.actor, topic_draft("flares-today", "Words of a numbat."))
    with database.transaction() as session:
        first = session.scalars(select(Post.id).where(Post.topic_id == topic)).one()
        quoted = f"> [#1](/posts/{first})\n> "
        mine = f"@Marlow, my words.\n\n{quoted}Words of a numbat.\n\nAnd:\n\n{quoted}Like a numbat."
        keep_draft(session, rowan.actor, DraftPlace(topic_id=topic), Unsent(mine), Known())
    copy = copy_of(app, rowan)
    (row,) = json_of(copy)["tables"]["kept_draft"]
    assert row["words"] == "@a member, my words.\n\n> (quoted words)\n\nAnd:\n\n> (quoted words)"
    assert [word for word in ("numbat", "Marlow") if word in everything_in(copy)] == []


@pytest.mark.proves("D2")
def test_what_is_no_words_is_there_as_it_is_in_the_database(app: Flask, rowan: cast.Someone) -> None:
    markers.seed(rowan, "quokka", but=())
    copy = copy_of(app, rowan)
    data = json_of(copy)["tables"]
    assert isinstance(data, dict)
    assert list(data) == [table.name for table in tables()]
    for table in tables():
        rows = data[table.name]
        assert rows, f"Nothing of {table.name} was seeded."
        assert all(tuple(row) == table.columns for row in rows)
        assert [list(row) for row in sheet(copy, table.name)] == [list(table.columns) for _row in rows]
    (member,) = data["member"]
    assert (member["uuid"], member["state"], member["locale"]) == (str(rowan.uuid), "active", "en")
    assert json_of(copy)["member"] == {"uuid": str(rowan.uuid), "name": member["name"]}
    (profile,) = data["profile"]
    assert (profile["country"], profile["about_for"]) == ("PT", "nobody")
    # By its name, and not by a number that says nothing to them.
    assert data["member_term"] == [{"term_id": "Back pain"}]


@pytest.mark.proves("D2")
def test_the_data_is_as_the_published_schema_says(app: Flask, rowan: cast.Someone) -> None:
    markers.seed(rowan, "quokka", but=())
    copy = copy_of(app, rowan)
    schema = json.loads((ROOT / "docs" / "schemas" / "export.schema.json").read_text())
    assert list(problems(schema, json_of(copy))) == []
    assert json.loads(copy.read("export.schema.json")) == schema


def test_the_published_schema_is_up_to_date() -> None:
    found = (ROOT / "docs" / "schemas" / "export.schema.json").read_text()
    assert found == export_schema.as_json(), "Run make docs."


def test_the_schema_sees_what_is_wrong() -> None:
    schema = export_schema.schema()
    wrong = {"format": "another/1", "made_at": "yesterday", "member": {"uuid": 7}, "tables": {"member": [{}]}}
    found = list(problems(schema, wrong))
    assert "$.format is not alongside-export/1" in found
    assert "$.made_at is no date-time" in found
    assert "$.member.uuid is no string" in found
    assert "$.member lacks name" in found
    assert "$.tables lacks post" in found
    assert "$.tables.member[0] lacks uuid" in found
    assert list(problems(schema["properties"]["member"], {"uuid": "x", "name": ""})) == ["$.uuid is no uuid"]


def test_a_later_copy_is_good_by_an_older_schema_of_the_same_number(app: Flask, rowan: cast.Someone) -> None:
    """More tables and columns come without another number."""
    older = export_schema.schema()
    tables = older["properties"]["tables"]
    del tables["properties"]["post"], tables["properties"]["member"]["items"]["properties"]["name"]
    tables["required"].remove("post")
    tables["properties"]["member"]["items"]["required"].remove("name")
    assert list(problems(older, json_of(copy_of(app, rowan)))) == []


def test_the_schema_knows_everything_that_is_in_a_copy(app: Flask, rowan: cast.Someone) -> None:
    markers.seed(rowan, "quokka", but=())
    data = json_of(copy_of(app, rowan))
    schema = export_schema.schema()["properties"]
    assert data.keys() == schema.keys()
    assert data["member"].keys() == schema["member"]["properties"].keys()
    tables = schema["tables"]["properties"]
    assert data["tables"].keys() == tables.keys()
    for name, rows in data["tables"].items():
        assert all(row.keys() == tables[name]["items"]["properties"].keys() for row in rows), name


@pytest.mark.proves("D2")
def test_there_is_a_receipt_for_each_decision_as_the_member_gets_it(app: Flask, rowan: cast.Someone) -> None:
    cast.member(app, "Marlow")
    copy = copy_of(app, rowan)
    records = sheet(copy, "consent_record")
    receipts = {name for name in copy.namelist() if name.startswith("receipts/")}
    assert receipts == {f"receipts/{record['sequence']}.json" for record in records}
    assert len(receipts) == 6
    for record in records:
        receipt = copy.read(f"receipts/{record['sequence']}.json").decode()
        assert record["salt"] in receipt
        assert str(rowan.uuid) in receipt


@pytest.mark.proves("D4")
def test_no_cell_is_run_by_a_spreadsheet(app: Flask, rowan: cast.Someone) -> None:
    for text in RUNS:
        write(rowan, text)
    copy = copy_of(app, rowan)
    cells = [row["markdown"] for row in sheet(copy, "post")]
    assert cells == [f"'{text}" for text in RUNS]
    for name in copy.namelist():
        if name.endswith(".csv"):
            with io.TextIOWrapper(copy.open(name), "utf-8", newline="") as opened:
                cells = [cell for row in csv.reader(opened) for cell in row]
            assert not [cell for cell in cells if cell.startswith(tuple("=+-@\t\r"))]


def test_a_spreadsheet_is_as_the_standard_says() -> None:
    assert as_csv(("a", "b"), [('He said "no", twice', "one\ntwo"), (None, 7)]) == (
        'a,b\r\n"He said ""no"", twice","one\ntwo"\r\n,7\r\n'
    )


# --- the page for people ---------------------------------------------------------------------------------


class _Looks(HTMLParser):
    """Finds what a browser would run, or ask somebody for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in (
            "script",
            "iframe",
            "object",
            "embed",
            "img",
            "link",
            "form",
            "base",
            "svg",
            "video",
            "audio",
        ):
            self.found.append(tag)
        for name, value in attrs:
            loads = name in ("src", "srcset", "action", "background", "poster", "data", "style")
            if (
                loads
                or name.startswith("on")
                or re.match(r"\s*(javascript|data):", value or "", re.IGNORECASE)
            ):
                self.found.append(f"{tag} {name}")


@pytest.mark.proves("D2")
def test_the_page_opens_offline_and_runs_nothing(app: Flask, rowan: cast.Someone) -> None:
    hostile = (
        "**Bold.** <script>go()</script> ![x](https://other.invalid/x.png) [a link](https://example.org/) "
        "[bad](javascript:go()) </pre></details><img src=x onerror=go()>"
    )
    write(rowan, hostile)
    page = copy_of(app, rowan).read("index.html").decode()
    looks = _Looks()
    looks.feed(page)
    assert looks.found == []
    (style,) = read_page(page).all("style")
    assert not re.search(r"url\(|@import", style.raw)
    (policy,) = read_page(page).all("meta", http_equiv="Content-Security-Policy")
    assert "default-src 'none'" in policy.attributes["content"]
    # What was written is drawn, and stands there as it was typed.
    assert read_page(page).all("strong")[0].text == "Bold."
    assert "https://example.org/" in [link.attributes["href"] for link in read_page(page).all("a")]
    assert hostile in [one.raw for one in read_page(page).all("pre")]


def test_the_page_is_in_chapters_with_dates(app: Flask, rowan: cast.Someone) -> None:
    write(rowan, "Stairs are hard.")
    page = read_page(copy_of(app, rowan).read("index.html").decode())
    chapters = {one.attributes["id"]: one for one in page.all("section")}
    assert list(chapters) == [chapter.key for chapter in export_wording.CHAPTERS]
    assert [one.text for one in page.all("h2")][1:4] == [
        "Who you are here",
        "What you wrote",
        "What you agreed to",
    ]
    assert {link.attributes["href"] for link in page.one("nav").all("a")} == {f"#{key}" for key in chapters}
    written = chapters["wrote"]
    assert "Stairs are hard." in written.text
    assert re.search(r"\d{1,2} \w+ \d{4}, \d\d:\d\d", written.text)
    assert "Nothing is kept of this." in written.text
    ids = [one.attributes["id"] for one in page.all() if "id" in one.attributes]
    assert len(ids) == len(set(ids))


def test_everything_that_can_be_in_a_copy_has_words_for_people() -> None:
    known = {name: words for chapter in export_wording.CHAPTERS for name, words in chapter.tables.items()}
    assert known.keys() == {table.name for table in tables()}
    wordless = [
        f"{table.name}.{column}"
        for table in tables()
        for column in table.columns
        if f"{table.name}.{column}" not in export_wording.COLUMNS and column not in export_wording.COLUMNS
    ]
    assert wordless == [], "Say in forum/privacy/export_wording.py what people call these."
    used = {column for table in tables() for column in table.columns}
    assert {name.rpartition(".")[2] for name in export_wording.COLUMNS} == used


def test_a_table_without_words_is_not_left_out(
    app: Flask, rowan: cast.Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_html, "CHAPTERS", export_wording.CHAPTERS[:1])
    write(rowan, "Stairs are hard.")
    page = copy_of(app, rowan).read("index.html").decode()
    assert "Stairs are hard." in read_page(page).one("section", id="rest").text


@pytest.mark.parametrize("language", [ACCENTED, MIRRORED])
def test_a_copy_is_in_the_members_language(app: Flask, rowan: cast.Someone, language: str) -> None:
    markers.seed(rowan, "quokka", but=())
    with database_of(app).transaction() as session:
        session.get_one(Member, rowan.member_id).locale = language
    copy = copy_of(app, rowan)
    page = copy.read("index.html").decode()
    top = read_page(page).one("html")
    assert (top.attributes["lang"], top.attributes["dir"]) == (
        language,
        "rtl" if language == MIRRORED else "ltr",
    )
    if language == ACCENTED:
        ours = [
            one for tag in ("title", "h1", "h2", "h3", "dt", "summary") for one in read_page(page).all(tag)
        ]
        ours += [one for part in read_page(page).all("section") for one in part.inside if one.tag == "p"]
        ours += [*read_page(page).one("header").all("p"), *read_page(page).one("nav").all("a")]
        assert [one.text for one in ours if not re.fullmatch("⟦.*⟧", one.text)] == []
        assert len(ours) > 100
        lines = copy.read("README.txt").decode().splitlines()
        plain = [line for line in lines if line and not re.fullmatch("⟦.*⟧", line)]
        assert plain == ["index.html", "csv/", "data.json", "receipts/", "pictures/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)  # A file looks the same from both.
def test_the_page_can_be_read_by_everybody_on_a_phone(
    app: Flask, rowan: cast.Someone, page: Page, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    write(rowan, "w" * 400 + "\n\n    " + "code " * 60 + "\n\n> Quoted.\n\n1. One")
    markers.seed(rowan, "quokka", but=())
    copy_of(app, rowan).extract("index.html", tmp_path)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme=scheme)
    page.goto((tmp_path / "index.html").as_uri())
    for summary in page.locator("summary").all():
        summary.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A copy of your data")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(27, 26, 24)"
    assert dark == (scheme == "dark")
    assert Axe().run(page).response["violations"] == []
    assert len(asked) == 1


def test_what_lies_in_a_copy_is_said_beside_it(app: Flask, rowan: cast.Someone) -> None:
    copy = copy_of(app, rowan)
    readme = copy.read("README.txt").decode()
    top = {name.partition("/")[0] for name in copy.namelist()}
    assert top == {"README.txt", "index.html", "csv", "data.json", "export.schema.json", "receipts"}
    for name in top - {"README.txt"}:
        assert name in readme
    assert "pictures/\r\nThe pictures that you added" in readme
    assert copy.testzip() is None
    # Nobody but whoever unpacks it can read it.
    assert {info.external_attr >> 16 & 0o777 for info in copy.infolist()} == {0o600}


def write(someone: cast.Someone, text: str) -> None:
    """Let somebody begin a topic with this text."""
    make_post(someone.database, someone.actor, "flares-today", text)
