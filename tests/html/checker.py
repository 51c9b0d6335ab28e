"""The Nu Html Checker: whether it is there, and what it says of a folder of files."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.fetched import HTML_CHECKER, npm_is_there


@dataclass(frozen=True, slots=True)
class Message:
    """What the checker says about a file. ``kind`` is error, warning, info, or says that it could not check at all."""

    file: str
    kind: str
    line: int
    words: str
    extract: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.kind}: {self.words} | {self.extract}"


def what_is_missing() -> str:
    """Return the sentence that says why files can't be checked here; empty where they can."""
    if not shutil.which("java"):
        return "No Java on PATH, which the HTML checker runs on."
    if not HTML_CHECKER.path.exists():
        return "The HTML checker isn't there: make test-tools fetches it."
    return ""


def is_a_fault_of_the_set_up() -> bool:
    """Say whether everything it takes to have the checker is on this machine."""
    return bool(shutil.which("java")) and npm_is_there()


def messages_about(folder: Path) -> list[Message]:
    """Return what the checker has to say about the HTML, CSS and SVG files in a folder, in one run."""
    done = subprocess.run(
        [
            "java",
            # Short runs are over before more threads or a better compiler have paid.
            *("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss2m"),
            *("-jar", str(HTML_CHECKER.path)),
            *("--format", "json", "--stdout", "--exit-zero-always"),
            *("--also-check-css", "--also-check-svg", str(folder)),
        ],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [
        Message(
            file=Path(said.get("url", "")).name,
            kind=said.get("subType") or said["type"],
            line=said.get("lastLine", 0),
            words=said["message"],
            extract=" ".join(said.get("extract", "").split()),
        )
        for said in json.loads(done.stdout)["messages"]
    ]
