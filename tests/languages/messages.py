"""``make messages``: every sentence of forum/ and templates/ into the template that translators begin with.

Then each language's catalogue gets the sentences that are new and is compiled. The template holds no date, place or
line number, so that it changes only when a sentence does.
"""

from pathlib import Path

from babel.messages.frontend import CommandLineInterface

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "forum" / "text" / "locales"
TEMPLATE = LOCALES / "messages.pot"


def _pybabel(*arguments: str) -> None:
    CommandLineInterface().run(["pybabel", "--quiet", *arguments])  # type: ignore[no-untyped-call]  # Babel types no CLI.


def extract(file: Path) -> None:
    """Write the template to this file."""
    options = ["--omit-header", "--no-location", "--sort-output", "--no-wrap", "--keywords=lazy_gettext"]
    _pybabel(
        "extract",
        f"--mapping={ROOT / 'pyproject.toml'}",
        f"--output-file={file}",
        "--add-comments=Translators:",
        *options,
        str(ROOT / "forum"),
        str(ROOT / "templates"),
    )


def catalogues() -> list[Path]:
    """Return the languages' catalogues."""
    return sorted(LOCALES.glob("*/LC_MESSAGES/messages.po"))


def compile_catalogue(file: Path, compiled: Path) -> None:
    """Write what the forum reads: the sentences that are translated and not in doubt."""
    _pybabel("compile", f"--input-file={file}", f"--output-file={compiled}", f"--locale={file.parts[-3]}")


def main() -> None:
    """Bring the template and all catalogues up to date."""
    extract(TEMPLATE)
    for file in catalogues():
        _pybabel(
            "update",
            f"--input-file={TEMPLATE}",
            f"--output-file={file}",
            f"--locale={file.parts[-3]}",
            "--ignore-obsolete",
            "--no-wrap",
            "--ignore-pot-creation-date",
        )
        compile_catalogue(file, file.with_suffix(".mo"))


if __name__ == "__main__":
    main()
