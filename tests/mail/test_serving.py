"""The real process: ``forum worker`` with an operator's settings sends what it should, where it should, and no more."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from flask import Flask

from config import PREFIX, Settings
from forum.accounts import account_notices
from forum.accounts.models import AccountEvent
from forum.cli.restored import begin_file
from forum.database.session import Database
from forum.permissions.actor import REQUIRED_PURPOSES, Purpose
from tests import cast
from tests.accounts.stand_in import TOP
from tests.cli.conftest import environment
from tests.mail.servers import HERE, PASSWORD, USER, mail_server, make_certificate

ADDRESS = "wren@members.example"


@pytest.mark.proves("W14")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_worker_sends_letters_as_the_settings_say(
    app: Flask, database: Database, database_url: str, tmp_path: Path, security: str
) -> None:
    wren = cast.join(
        database, "Wren", given=REQUIRED_PURPOSES | {Purpose.EMAIL}, pending=cast.identity(email=ADDRESS)
    )
    with database.transaction() as session:
        account_notices.tell(session, wren, AccountEvent.PASSKEY_ADDED)
    certificate = make_certificate(tmp_path)
    context = certificate.server_context()
    with mail_server(
        starttls=context if security == "starttls" else None,
        tls=context if security == "tls" else None,
        login=True,
    ) as mailbox:
        mail = {
            "SMTP_HOST": HERE,
            "SMTP_PORT": str(mailbox.port),
            "SMTP_SECURITY": security,
            "SMTP_USER": USER,
            "SMTP_PASSWORD": PASSWORD,
            "MAIL_FROM": "letters@forum.example",
            "MAIL_NAME": "Our circle",
        }
        given = environment(database_url, tmp_path) | {PREFIX + name: value for name, value in mail.items()}
        begin_file(Settings.from_environ(given))
        # As an operator would have the system trust an authority of their own.
        said = said_until_done({**given, "SSL_CERT_FILE": str(certificate.file)})
    letter = mailbox.only()
    assert letter["From"] == "Our circle <letters@forum.example>"
    assert letter["To"] == ADDRESS
    assert mailbox.logins == [USER]
    assert f"{given[f'{PREFIX}BASE_URL']}/settings/sign-in" in letter.get_content()
    site = app.extensions["alongside"].settings.site_name
    assert site not in letter.as_string()
    assert "AccountNoticeMade.letter_about_account" in said
    assert not [word for word in (ADDRESS, PASSWORD, "passkey", letter["Subject"]) if word in said]


def said_until_done(environ: dict[str, str]) -> str:
    """Let a worker work until it says that a job is done, end it, and return everything that it said."""
    with subprocess.Popen(
        [sys.executable, "-m", "forum.cli", "worker"],
        cwd=TOP,
        env={"PATH": "/usr/bin:/bin", **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        # A worker that never gets it done must not hold the tests up for ever.
        given_up = threading.Timer(60, process.kill)
        given_up.start()
        said = ""
        for line in process.stdout:
            said += line
            if "jobs.done" in line or "jobs.failed" in line:
                process.terminate()
        given_up.cancel()
    assert process.returncode == 0, said
    assert "jobs.failed" not in said, said
    return said
