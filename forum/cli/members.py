"""``forum members``: giving roles (the first administrator can be made nowhere else), lifting suspensions, giving
out a recovery code, and taking consents back.
"""

import click

from forum.accounts.commands import change_role
from forum.accounts.recovery_codes import give_code
from forum.accounts.suspensions import member_named
from forum.cli import opening
from forum.community.commands.categories import answer_for_categories
from forum.consent.commands import withdraw as withdraw_consent
from forum.moderation.commands.members import unsuspend_member
from forum.moderation.decisions import decided_about, newest_decision
from forum.moderation.drafts import MemberDraft
from forum.moderation.models import ReasonCode
from forum.permissions.actor import OPERATOR, REQUIRED_PURPOSES, Purpose, Role


@click.group()
def members() -> None:
    """Members and their roles."""


@members.command()
@click.argument("name")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]), help="The new role.")
@click.option(
    "--category",
    "categories",
    multiple=True,
    help="A category (its slug) that a category-moderator answers for.",
)
def promote(name: str, role: str, categories: tuple[str, ...]) -> None:
    """Give the member called NAME a role; it counts from their next request on."""
    wanted = Role(role)
    if (wanted is Role.CATEGORY_MODERATOR) != bool(categories):
        raise click.UsageError("--category is needed for the role category-moderator, and only there.")
    with opening.database(opening.settings()) as database, database.transaction() as session:
        member_id = change_role(session, OPERATOR, name, wanted)
        answer_for_categories(session, OPERATOR, member_id, categories)
    where = f" in {', '.join(categories)}" if categories else ""
    click.echo(f"{name} is now: {wanted.value}{where}.")


@members.command("recovery-code")
@click.argument("name")
def recovery_code(name: str) -> None:
    """Make one recovery code for the member called NAME, who lost every other way to show that it is they.

    Whoever has it has the account: be sure who asks, and hand it over where nobody else reads it. They are told.
    """
    with opening.database(opening.settings()) as database, database.transaction() as session:
        code = give_code(session, OPERATOR, name)
    click.echo(f"{code}  (good once, at /log-in/code)")


@members.command()
@click.argument("name")
def unsuspend(name: str) -> None:
    """End the suspension of the member called NAME at once, also an administrator's. They are told."""
    with opening.database(opening.settings()) as database, database.transaction() as session:
        seen = newest_decision(session, decided_about(member_named(session, name).uuid))
        unsuspend_member(session, OPERATOR, name, MemberDraft(seen, ReasonCode.LOOKED_AGAIN, ""))
    click.echo(f"No longer suspended: {name}.")


@members.command()
@click.argument("name")
@click.option(
    "--purpose",
    required=True,
    type=click.Choice([purpose.value for purpose in Purpose]),
    help="What they no longer agree to.",
)
def withdraw(name: str, purpose: str) -> None:
    """Take a consent back for the member called NAME, who asked for it. It works at once."""
    wanted = Purpose(purpose)
    with opening.database(opening.settings()) as database, database.transaction() as session:
        withdraw_consent(session, name, wanted)
    click.echo(f"Taken back for {name}: {wanted.value}.")
    if wanted in REQUIRED_PURPOSES:
        click.echo("Their account is paused: nothing of theirs is shown, and they can read but not write.")
