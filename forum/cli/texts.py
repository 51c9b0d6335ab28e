"""``forum site``: publish the texts that ship with the forum, and confirm the helplines of one's own country."""

import click

from config import Settings
from forum.cli import opening
from forum.cli.tables import show_table
from forum.database.session import Database
from forum.moderation import helplines
from forum.permissions.actor import OPERATOR
from forum.site.publishing import Published, publish_shipped


@click.group()
def site() -> None:
    """The texts that the forum begins with."""


@site.command()
@click.option("--renew-policies", is_flag=True, help="Publish a new version of each policy that differs.")
@click.option("--material", is_flag=True, help="The new versions need every member's agreement again.")
def init(*, renew_policies: bool, material: bool) -> None:
    """Publish the shipped texts, which opens sign-up. Running it again adds only what is new."""
    if material and not renew_policies:
        raise click.UsageError("--material says what --renew-policies publishes; use them together.")
    settings = opening.settings()
    with opening.database(settings) as database:
        with database.transaction() as session:
            done = publish_shipped(session, settings, renew_policies=renew_policies, material=material)
        _tell(done)
        _ask_to_confirm(database, settings)


@site.command("confirm-helplines")
@click.option("--yes", is_flag=True, help="You have called or read them; don't ask.")
def confirm_helplines(*, yes: bool) -> None:
    """Note that the helplines of your own country (ALONGSIDE_OPERATOR_COUNTRY) are right."""
    settings = opening.settings()
    country = helplines.country_code(settings.operator_country)
    if not country:
        raise click.ClickException(
            "ALONGSIDE_OPERATOR_COUNTRY doesn't name a country, by its name or two letters."
        )
    with opening.database(settings) as database:
        with database.reading() as session:
            rows = helplines.unconfirmed_helplines(session, country)
        if not rows:
            click.echo("There is nothing to confirm.")
            return
        show_table(
            ("helpline", "contact", "hours", "emergency", "read on", "source"),
            [
                (row.service, row.contact, row.hours, row.emergency, str(row.verified_on or ""), row.source)
                for row in rows
            ],
        )
        if not yes:
            click.confirm("Did you check them, by a call or on the helpline's own page?", abort=True)
        with database.transaction() as session:
            helplines.confirm_helplines(session, OPERATOR, country)
    click.echo("Noted. They will be listed for another look after 180 days.")


def _tell(done: Published) -> None:
    if done.nothing_new:
        click.echo("Everything was published already; nothing is new.")
    else:
        click.echo(
            f"Published: policies {len(done.policies)}, categories {done.categories}, "
            f"treatment pages {done.treatments}, topics {done.topics}, helplines {done.helplines}, "
            f"conditions and treatments for profiles {done.health_terms}."
        )
    if done.treatment_drafts:
        click.echo(
            f"Newer texts of treatment pages, waiting as drafts beside the published ones: {done.treatment_drafts}."
        )
    if done.policy_drafts:
        names = ", ".join(kind.value for kind in done.policy_drafts)
        click.echo(
            "Newer texts of policies that administrators worded themselves, waiting as drafts at /admin/policies: "
            f"{names}."
        )
    if done.policies_that_differ:
        names = ", ".join(kind.value for kind in done.policies_that_differ)
        click.echo(
            f"The shipped text of {names} differs from what is published, which stays. To publish it as a new "
            "version: forum site init --renew-policies (add --material if members must agree again)."
        )


def _ask_to_confirm(database: Database, settings: Settings) -> None:
    """Say that somebody should look at the helplines of the operator's country, until somebody did."""
    country = helplines.country_code(settings.operator_country)
    with database.reading() as session:
        rows = helplines.unconfirmed_helplines(session, country) if country else ()
    if rows:
        click.echo(
            f"Please check the helplines of your country ({', '.join(row.service for row in rows)}): they were read "
            "in published pages, and nobody called. Then run: forum site confirm-helplines"
        )
    else:
        _tell_if_none(database, settings, country)


def _tell_if_none(database: Database, settings: Settings, country: str) -> None:
    with database.reading() as session:
        listed = {line.code for line in helplines.helplines_by_country(session, settings.operator_country)}
    if country not in listed:
        click.echo(
            "No helpline of your own country is known and verified: please look for one that we can list."
        )
