"""The look is mirrored where one writes from right to left: the sheet names no side, and pages fit and turn round."""

import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize
from werkzeug.serving import make_server

from forum.app import create_app
from forum.text.pseudo import ACCENTED, MIRRORED
from forum.web.languages import COOKIE
from forum.web.static_files import FOLDER
from tests.conftest import database_of, settings_for
from tests.every_page import Community, Look, every_page, settle
from tests.soaking import rounds

PHONE, DESK = ViewportSize(width=320, height=568), ViewportSize(width=1280, height=800)
# What fits a phone fits a desk almost always: the desk is looked at before a release.
SIZES = [pytest.param(PHONE, id="phone"), pytest.param(DESK, id="desk")][: rounds(1, soaking=2)]
# How much room longer words have is said for every page in English as well, where tests/journeys look at it with the
# spacing of a reader's own, which makes lines nearly as much longer: pages in the accented language wait for a release.
LANGUAGES = [MIRRORED, ACCENTED][: rounds(1, soaking=2)]

# A property or a value that names a side, where there is one that follows the direction of writing.
SIDED = re.compile(
    r"(?<![\w.-])(?:"
    r"(?:margin|padding|scroll-margin|scroll-padding)-(?:left|right)"
    r"|border-(?:left|right)(?:-\w+)?"
    r"|border-(?:top|bottom)-(?:left|right)-radius"
    r"|(?:left|right)(?=\s*:)"
    r"|(?:float|clear|text-align|caption-side)\s*:\s*(?:left|right)"
    r")"
)
# margin: 0 1em 0 2em, inset: 0 auto 0 1em … : four lengths of which the second and the fourth are sides.
FOUR = re.compile(r"(?<![\w-])(margin|padding|inset|scroll-margin|border-width)\s*:\s*([^;{}]+)")


def screen_rules(css: str) -> str:
    """Return a sheet without its comments and without what is for paper, where nothing is turned round."""
    plain = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    kept, rest = "", plain
    while "@media print" in rest:
        before, _print, after = rest.partition("@media print")
        depth, length = 0, 0
        while depth or not length or "{" not in after[:length]:
            depth += (after[length] == "{") - (after[length] == "}")
            length += 1
        kept, rest = kept + before, after[length:]
    return kept + rest


def sides_named(css: str) -> list[str]:
    """Return what of a sheet stays on its side whichever way one writes."""
    rules = screen_rules(css)
    found = [match[0] for match in SIDED.finditer(rules)]
    for match in FOUR.finditer(rules):
        lengths = re.findall(r"[^\s()]+(?:\((?:[^()]|\([^()]*\))*\))?", match[2])
        if len(lengths) == 4 and lengths[1] != lengths[3]:
            found.append(match[0])
    return found


def test_no_sheet_names_a_side() -> None:
    sheets = sorted(FOLDER.rglob("*.css"))
    assert sheets
    assert {sheet.name: found for sheet in sheets if (found := sides_named(sheet.read_text()))} == {}


@pytest.mark.parametrize(
    "css",
    [
        "a { margin-left: 1em }",
        "a { padding-right: 0 }",
        "a { border-left: 1px solid }",
        "a { border-right-color: red }",
        "a { border-top-left-radius: 1px }",
        "a { float: right }",
        "a { text-align: left }",
        "a { left: 0 }",
        "a { position: absolute; right : 0 }",
        "a { margin: 0 1em 0 2em }",
        "a { inset: var(--s2) auto auto var(--s2) }",
        "a { margin: 0 0 0 calc(-1 * var(--s2)) }",
        "@media print { a { color: red } b { left: 0 } } a { right: 0 }",
    ],
)
def test_a_named_side_is_seen(css: str) -> None:
    assert len(sides_named(css)) == 1


@pytest.mark.parametrize(
    "css",
    [
        "a { margin-inline-start: 1em; text-align: start; float: inline-end; inset-inline-end: 0 }",
        "a { margin: 0 1em; padding: 1px 2px 3px; margin: 1px 2px 3px 2px }",
        ".left { scale: -1 1 } a.right:hover { color: red }",
        "/* left: 0 */ @media print { a { left: 0 } b { float: right } }",
        "a { border-inline-start: 1px; justify-content: start }",
    ],
)
def test_what_follows_the_writing_is_let_pass(css: str) -> None:
    assert sides_named(css) == []


# --- in a real browser -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shown(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    """The community on a real server, for all tests of this module: what a page looks like is no database's."""
    folder = tmp_path_factory.mktemp("mirrored")
    shutil.copyfile(sqlite_template, folder / "forum.sqlite3")
    # The settings need the port, and it is known only once it is bound: so the application comes second.
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    # Under a name, since it is by that that there are passkeys.
    base_url = f"http://localhost:{server.server_port}"
    settings = settings_for(f"sqlite:///{folder / 'forum.sqlite3'}", folder, base_url)
    app = create_app(replace(settings, pseudo_locales=True))
    server.app = app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    community = settle(app)
    thread.start()
    yield community
    server.shutdown()
    thread.join()
    server.server_close()
    database_of(app).dispose()


def pages_of(community: Community) -> Iterator[Look]:
    """Give each page once, by the one to whom it shows most."""
    seen = {look.address: look for look in every_page(community)}
    yield from seen.values()


def open_page(page: Page, community: Community, look: Look, language: str) -> None:
    base_url = community.app.extensions["alongside"].settings.base_url
    page.context.clear_cookies()
    page.context.add_cookies(
        [
            *community.cookies(look.who),  # type: ignore[list-item]  # Playwright's own kind of dictionary.
            {"name": COOKIE, "value": language, "url": base_url},
        ]
    )
    answer = page.goto(base_url + look.address)
    assert answer is not None
    assert answer.status == look.status, look
    assert page.locator("html").get_attribute("lang") == language


@pytest.mark.xdist_group("mirrored")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_the_window(
    shown: Community, browser: Browser, size: ViewportSize, language: str
) -> None:
    context = browser.new_context(viewport=size, java_script_enabled=True)
    page = context.new_page()
    too_wide = {}
    for look in pages_of(shown):
        open_page(page, shown, look, language)
        if (width := page.evaluate("document.documentElement.scrollWidth")) > size["width"]:
            too_wide[f"{look.address} as {look.who}"] = width
    context.close()
    assert too_wide == {}


@pytest.mark.xdist_group("mirrored")
def test_the_head_of_the_page_is_turned_round(shown: Community, page: Page) -> None:
    page.set_viewport_size(DESK)
    where = {}
    for language in ("en", MIRRORED):
        open_page(page, shown, Look("/", "visitor"), language)
        boxes = [page.locator(part).bounding_box() for part in (".brand", ".top .go", "h1", ".side")]
        assert None not in boxes
        where[language] = [box for box in boxes if box is not None]
    for left, right in zip(where["en"], where[MIRRORED], strict=True):
        from_the_left, from_the_right = left["x"], DESK["width"] - right["x"] - right["width"]
        # What is one line long has its own length in each language; the edge it begins at is the same.
        assert abs(from_the_left - from_the_right) < 2 or left is where["en"][1]
    # What invites to join stands at the end of the line: right in English, left from right to left.
    assert where["en"][1]["x"] > DESK["width"] / 2 > where[MIRRORED][1]["x"]
