"""What docs/operations.md says of backups and of what is kept names commands, files and settings that there are."""

import re
from pathlib import Path

import click
import pytest

from forum.cli import main
from forum.consent import heads
from forum.privacy import erasure_file
from forum.privacy.inactivity import TIME_TO_COME_BACK, WARNED_AFTER

OPERATIONS = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"`forum ([a-z-]+(?: [a-z-]+)?)((?: [A-Z]+)*(?: --[a-z-]+)*)", OPERATIONS)))


@pytest.mark.parametrize(("name", "more"), COMMANDS)
def test_every_command_that_is_named_is_there(name: str, more: str) -> None:
    found: click.Command = main
    for part in name.split():
        if isinstance(found, click.Group):
            assert part in found.commands, name
            found = found.commands[part]
    options = {option for parameter in found.params for option in parameter.opts}
    assert set(re.findall(r"--[a-z-]+", more)) <= options


def test_it_says_what_to_keep_elsewhere_and_how_to_put_it_back() -> None:
    for file in (erasure_file.FILE, heads.FILE_NAME):
        assert f"`{file}`" in OPERATIONS
    named = {name for name, _more in COMMANDS}
    assert {"backup create", "backup restore", "backup replay", "consent verify", "retention"} <= named


def test_it_says_when_an_account_counts_as_unused() -> None:
    assert f"not seen for {WARNED_AFTER.days} days" in OPERATIONS
    assert f"{TIME_TO_COME_BACK.days} days later" in OPERATIONS
