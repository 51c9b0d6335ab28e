"""``forum providers``: whether the providers that are configured can be used, and which addresses they must know."""

import click

from config import Settings
from forum.accounts.providers import PROVIDER_NAMES, ProviderCalls
from forum.accounts.providers.checking import ProviderReport, check_providers
from forum.cli import opening
from forum.cli.findings import as_data, show_finding, show_json, status_of
from forum.findings import Finding, Level

# Both providers are asked at once, and one of them two things.
_QUESTIONS_AT_ONCE = 4


@click.group()
def providers() -> None:
    """Google and Facebook, as they are configured."""


@providers.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.pass_context
def check(ctx: click.Context, *, as_json: bool) -> None:
    """Ask each configured provider what it says without a person; status 1 when something is wrong."""
    settings = opening.settings()
    reports = check_providers(settings, ProviderCalls(_QUESTIONS_AT_ONCE))
    general = _general(settings)
    if as_json:
        show_json(
            {
                "findings": [as_data(finding) for finding in general],
                "providers": [_as_data(report, settings) for report in reports],
            }
        )
    else:
        for finding in general:
            show_finding(finding)
        for report in reports:
            _show(report, settings)
    ctx.exit(status_of([*general, *(finding for report in reports for finding in report.findings)]))


def _general(settings: Settings) -> tuple[Finding, ...]:
    if settings.providers:
        return ()
    return (Finding(Level.PROBLEM, "providers", "None is configured, so nobody can join."),)


def _show(report: ProviderReport, settings: Settings) -> None:
    name = PROVIDER_NAMES[report.provider]
    click.secho(name, bold=True)
    for finding in report.findings:
        show_finding(finding)
    when = ", to the letter" if report.provider in settings.providers else ", should you want it"
    click.echo(f"  Addresses to register with {name}{when}:")
    for one in report.addresses:
        click.echo(f"    {one.field}: {one.address}")
    if report.unknown:
        click.echo("  What can't be known from here:")
    for sentence in report.unknown:
        click.echo(f"    - {sentence}")


def _as_data(report: ProviderReport, settings: Settings) -> dict[str, object]:
    return {
        "provider": report.provider.value,
        "configured": report.provider in settings.providers,
        "register": [{"field": one.field, "address": one.address} for one in report.addresses],
        "findings": [as_data(finding) for finding in report.findings],
        "unknown": list(report.unknown),
    }
