"""``python -m forum.demo``: the forum and its stand-in provider together; ``provider`` runs the stand-in alone."""

import argparse
import os
import sys
from pathlib import Path

from config import Settings
from forum.demo.guard import StandInRefused
from forum.demo.preparation import CannotStart, Prepared, prepare
from forum.demo.stand_in.app import StandInSettings
from forum.demo.stand_in.serve import answers, serve
from forum.demo.supervision import ChildFailed, Household

FORUM = (sys.executable, "-m", "forum.cli")

# What is done before the forum is served, each time: every step keeps what is there already.
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("prepare the database", (*FORUM, "db", "upgrade")),
    ("publish the texts and fill the community", (sys.executable, "-m", "forum.demo", "community")),
)


def main(arguments: list[str] | None = None) -> int:
    """Run what the arguments ask for, and return the exit status: 1 for trouble, which is said in a sentence."""
    asked = _parser().parse_args(arguments)
    # Keys, and what the demo's people write, are nobody else's on this machine.
    os.umask(0o077)
    try:
        if asked.verb == "provider":
            settings = StandInSettings(clients_file=asked.clients, slow_seconds=asked.slow_seconds)
            serve(os.environ, asked.port, settings, with_parent=asked.with_parent)
        elif asked.verb == "community":
            from forum.demo import community  # noqa: PLC0415 - the stand-in starts twice as fast without the forum.

            community.make(Settings.from_environ())
        else:
            run(prepare(os.environ))
    except (CannotStart, StandInRefused, ChildFailed) as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


def run(prepared: Prepared) -> None:
    """Run the stand-in and the forum until a signal comes or one of them ends.

    Raises ChildFailed when a step fails or a process ends by itself.
    """
    provider = (sys.executable, "-m", "forum.demo", "provider", "--with-parent")
    with Household(prepared.environ) as household:
        household.start(
            "stand-in provider",
            (*provider, "--port", str(prepared.provider_port), "--clients", str(prepared.clients_file)),
            lambda: answers(prepared.provider_port),
        )
        for name, command in STEPS:
            household.run(name, command)
        if not household.asked_to_stop:
            household.start("forum", (*FORUM, "serve"), lambda: answers(prepared.port))
        if not household.asked_to_stop:
            print(f"Alongside is ready at {prepared.base_url}/", flush=True)
            print(f"The stand-in provider is at http://127.0.0.1:{prepared.provider_port}/", flush=True)
            print(f"Everything is kept in {prepared.data_folder}. Stop it with Ctrl-C.", flush=True)
        household.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m forum.demo", description="Try Alongside out.")
    verbs = parser.add_subparsers(dest="verb")
    verbs.add_parser("run", help="the forum and the stand-in provider (this is what happens without a verb)")
    verbs.add_parser("community", help="fill an empty community with the sample's people and threads")
    provider = verbs.add_parser("provider", help="the stand-in provider alone")
    provider.add_argument("--port", type=int, required=True)
    provider.add_argument("--clients", type=Path, help="a JSON file of clients to know from the start")
    provider.add_argument("--slow-seconds", type=float, default=StandInSettings().slow_seconds)
    provider.add_argument("--with-parent", action="store_true", help="end when the starting process is gone")
    return parser


if __name__ == "__main__":
    sys.exit(main())
