"""``forum members``: giving roles. The first administrator can be made nowhere else."""

import click

from forum.accounts.commands import change_role
from forum.cli import opening
from forum.community.appointments import answer_for_categories
from forum.permissions.actor import Role


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
        member_id = change_role(session, name, wanted)
        answer_for_categories(session, member_id, categories)
    where = f" in {', '.join(categories)}" if categories else ""
    click.echo(f"{name} is now: {wanted.value}{where}.")
