"""What may stand in the project's files at all: no addresses, paths or secrets, nothing half done, nothing huge."""

import re
import subprocess
from pathlib import Path

import pytest

from forum.permissions import documentation
from forum.privacy import documentation as personal_data

LONGEST = 450
CODE = {".css", ".html", ".js", ".py"}
SHARED_FOLDERS = {"/", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/var"}

FORBIDDEN = {
    "a registry's address": re.compile(
        r"https?://[^/\s]*(?:pypi|npm|debian|pythonhosted)[^/\s]*/|--(?:extra-)?index-url", re.IGNORECASE
    ),
    "a private key": re.compile(r"-{5}BEGIN [A-Z ]*PRIVATE KEY-{5}"),
    "a provider's secret": re.compile(r"\b(?:GOCSPX-[\w-]{20,}|EAA[A-Za-z0-9]{40,}|AKIA[A-Z0-9]{16})\b"),
    "a code host's token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|glpat-[\w-]{20})\b"),
}
# Put together here, so that this file doesn't find itself.
LEFT_OVER = re.compile(r"#.*\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|NotImplemented" + r"Error")
SILENCED = re.compile(
    r"#\s*(?:type: ig" + r"nore|no" + r"qa)"
    r"(?P<which>\[[\w, -]+\]|: [A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*)?(?P<why>.*)"
)
# A press returns before the answer is there: such a look sees whatever page happens to be shown.
IMPATIENT = re.compile(r"assert (?:not )?\w.*\.is_(?:visible|hidden|checked|enabled|disabled)\(\)")
SKIPPED = re.compile(r"pytest\.mark\.(?:sk" + r"ip|xf" + r"ail)\b")


def project_files(root: Path) -> list[Path]:
    """Return the files that are, or are about to be, committed."""
    if not (root / ".git").exists():
        pytest.skip("Not a git checkout: which files belong to the project can't be told.")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    files = (root / name for name in listed.stdout.split("\0") if name)
    return sorted(path for path in files if path.is_file())


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


def machine_paths(root: Path) -> list[str]:
    """Return the folders that only this machine has."""
    own = {root, root.parent, Path.home()}
    return [f"{path}/" for path in own if str(path) not in SHARED_FOLDERS]


def silenced_without_a_reason(text: str) -> list[str]:
    """Return the lines that silence a check and don't say which, or why."""
    found = ((line.strip(), SILENCED.search(line)) for line in text.splitlines())
    return [
        line
        for line, match in found
        if match and not (match["which"] and len(re.findall(r"\w{2,}", match["why"])) > 1)
    ]


def test_no_file_holds_an_address_or_a_secret(root: Path) -> None:
    found = [
        f"{path.relative_to(root)}: {what}"
        for path in project_files(root)
        for what, pattern in FORBIDDEN.items()
        if pattern.search(text_of(path))
    ]
    assert found == []


def test_no_file_holds_a_path_of_this_machine(root: Path) -> None:
    paths = machine_paths(root)
    found = [
        str(path.relative_to(root))
        for path in project_files(root)
        if any(own in text_of(path) for own in paths)
    ]
    assert found == []


def test_nothing_is_left_half_done(root: Path) -> None:
    code = [path for path in project_files(root) if path.suffix == ".py"]
    assert len(code) > 50
    left = [
        str(p.relative_to(root)) for p in code if LEFT_OVER.search(text_of(p)) or SKIPPED.search(text_of(p))
    ]
    assert left == []


def test_browser_tests_wait_for_what_they_expect(root: Path) -> None:
    tests = [
        path for path in project_files(root) if path.is_relative_to(root / "tests") and path.suffix == ".py"
    ]
    assert [str(path.relative_to(root)) for path in tests if IMPATIENT.search(text_of(path))] == []


def test_whoever_silences_a_check_says_which_and_why(root: Path) -> None:
    found = {
        str(path.relative_to(root)): lines
        for path in project_files(root)
        if path.suffix == ".py" and (lines := silenced_without_a_reason(text_of(path)))
    }
    assert found == {}


def test_no_file_is_too_long_to_read(root: Path) -> None:
    lengths = {
        str(path.relative_to(root)): len(text_of(path).splitlines())
        for path in project_files(root)
        # A migration is written once and not read again; what it makes is in the models.
        if path.suffix in CODE and "versions" not in path.parts
    }
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


@pytest.mark.proves("W20")
@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_every_dependency_is_locked_with_hashes(root: Path, lock: str) -> None:
    logical = (root / lock).read_text().replace("\\\n", " ").splitlines()
    entries = [line for line in logical if line.strip()]
    assert len(entries) > 30
    assert [line for line in entries if "==" not in line or "--hash=sha256:" not in line] == []


def test_the_permissions_document_is_up_to_date(root: Path) -> None:
    assert (root / "docs" / "permissions.md").read_text() == documentation.as_markdown(), "Run make docs."


@pytest.mark.proves("D1")
def test_the_document_on_personal_data_is_up_to_date(root: Path) -> None:
    written = (root / "docs" / "personal-data.md").read_text()
    assert written == personal_data.as_markdown(), "Run make docs."


# --- the walkers see what they look for ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "bad"),
    [
        ("a registry's address", "https:" + "//files.python" + "hosted.org/packages/x"),
        ("a registry's address", "-" + "-index-url somewhere"),
        ("a private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
        ("a provider's secret", "GOCSPX" + "-abcdefghijklmnopqrstuvwx"),
        ("a code host's token", "ghp" + "_" + "a" * 36),
    ],
)
def test_what_is_forbidden_is_seen(what: str, bad: str) -> None:
    assert FORBIDDEN[what].search(bad)


def test_a_silenced_check_without_a_reason_is_seen() -> None:
    mark = "# type: ig" + "nore"
    assert silenced_without_a_reason(f"x = 1  {mark}")
    assert silenced_without_a_reason(f"x = 1  {mark}[misc]")
    assert not silenced_without_a_reason(f"x = 1  {mark}[misc]  # The library has no types.")


def test_a_browser_test_that_does_not_wait_is_seen() -> None:
    assert IMPATIENT.search("    assert page.get_by_role('heading').is_" + "visible()")
