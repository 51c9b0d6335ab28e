"""Queries that nobody means and everybody types: harmless on both databases, and each finds what it says."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forum.search.syntax import LONGEST_QUERY
from tests import cast
from tests.conftest import database_of
from tests.search.on_pages import look, titles, topic
from tests.site.texts import publish_texts

# What is typed, and which of the topics below is found first. None: there is no word in it, and nothing is looked for.
ODD: dict[str, list[str] | None] = {
    '"': None,
    '""': None,
    "'": None,
    "*": None,
    "-": None,
    "()": None,
    "\\": None,
    "%": None,
    "_": None,
    "🙂🧡": None,
    "\u202e\u200f": None,
    "\x00": None,
    "\u0301\u0301": None,
    "a AND": ["Five o’clock a.m. AND quokka"],
    "quokka AND": ["Five o’clock a.m. AND quokka"],
    "quokka OR wombat": [],
    "NOT quokka": ["Five o’clock a.m. AND quokka"],
    "-x quokka": ["Five o’clock a.m. AND quokka"],
    "-quokka clock": [],
    "o'clock": ["Five o’clock a.m. AND quokka"],
    "o’clock": ["Five o’clock a.m. AND quokka"],
    'quokka "': ["Five o’clock a.m. AND quokka"],
    'quokka in:"': ["Five o’clock a.m. AND quokka"],
    "in: quokka": ["Five o’clock a.m. AND quokka"],
    'by:" quokka': ["Five o’clock a.m. AND quokka"],
    "title:quokka": ["Near title"],
    "NEAR(quokka": ["Near title"],
    "quokka*": ["Five o’clock a.m. AND quokka"],
    "{quokka} ^quokka +quokka": ["Five o’clock a.m. AND quokka"],
    "quo\x00kka": ["Five o’clock a.m. AND quokka"],
    "\u202equokka": ["Five o’clock a.m. AND quokka"],
    "quokka 🙂": ["Five o’clock a.m. AND quokka"],
    "1:2": ["At 1:2 & <3"],
    "&lt;3 <3": [],
    "<3": ["At 1:2 & <3"],
    "ألم": ["ألم مزمن"],
    '"ألم مزمن"': ["ألم مزمن"],
    "头痛": ["今天头痛"],
    "痛头": [],
    "' OR 1=1 --": ["At 1:2 & <3"],
    "quokka' & !'x | :*": [],
    "quokka <-> clock": [],
    "body:quokka rowid:1": [],
    'by:"; DROP TABLE post; --"': [],
    'in:"%"': [],
    "before:9999-99-99 quokka": ["Five o’clock a.m. AND quokka"],
    "after:9999 quokka": [],
    "before:0001 quokka": [],
}


def test_odd_queries_find_what_they_say(app: Flask, client: FlaskClient) -> None:
    publish_texts(app)
    juniper, database = cast.member(app, "Juniper"), database_of(app)
    topic(database, juniper, "Five o’clock a.m. AND quokka", "Not much else.", on="2020-01-01")
    topic(database, juniper, "Near title", "One quokka is near.", on="2019-01-01")
    topic(database, juniper, "At 1:2 & <3", "Signs.", on="2018-01-01")
    topic(database, juniper, "ألم مزمن", "في الليل", on="2017-01-01")
    topic(database, juniper, "今天头痛", "睡不着", on="2017-01-01")
    for query, expected in ODD.items():
        main = look(client, query)
        if expected is None:
            assert ("We found nothing" in main.text, titles(main)) == (False, []), query
        else:
            assert titles(main)[:1] == expected, query


@pytest.mark.parametrize("who", ["visitor", "member"])
def test_huge_queries_are_cut_and_no_query_is_a_fault(app: Flask, client: FlaskClient, who: str) -> None:
    publish_texts(app)
    browser = client if who == "visitor" else cast.member(app).client
    huge = (
        "x" * 10_000,
        "é " * 5_000,
        '"' * 10_000,
        "-" * 10_000,
        "(" * 10_000,
        "a:" * 5_000,
        "in:a " * 2_000,
        "by:a " * 2_000,
        "e" + "\u0301" * 9_000,
        "頭" * 10_000,
        "-a " * 3_000,
        '"a" ' * 2_500,
    )
    for query in huge:
        main = look(browser, query)
        assert len(main.one("input", name="q").attributes["value"]) <= LONGEST_QUERY
        assert "longer than we can look for" in main.text, query[:9]
    for address in (
        "?q=%ff%fe",
        "?q=%ed%a0%80",
        "?q=a&q=b",
        "?q[]=a",
        "?q=%1b[2J",
        "?q=a&notes=x",
        "?q=a&page=0",
    ):
        assert browser.get(f"/search{address}").status_code == 200, address
