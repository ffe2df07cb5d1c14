"""All commands put together, and the one place where they are run and their faults explained."""

from __future__ import annotations

import signal
from typing import Annotated

import typer
from typer.main import get_command

from oais.cli import auditing, consumer, management, ordering, people, policy, producer, rights, serving
from oais.cli.copies import location_app, repair
from oais.cli.demonstration import demo
from oais.cli.exporting import export
from oais.cli.faults import STOPPED, run_and_explain
from oais.cli.keys import keys_app
from oais.cli.ledger import ledger_app
from oais.cli.notifying import notify_app
from oais.cli.preservation import COMMANDS as PLANNING
from oais.cli.terminal import out
from oais.cli.withdrawing import withdraw_app
from oais.information.software import software_version

app = typer.Typer(
    name="oais",
    help="The long-term archive of space missions: take in, keep, find, prove, hand out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)
for group, name in (
    (auditing.audit_app, "audit"),
    (management.index_app, "index"),
    (keys_app, "keys"),
    (ledger_app, "ledger"),
    (location_app, "location"),
    (notify_app, "notify"),
    (ordering.order_app, "order"),
    (policy.policy_app, "policy"),
    (policy.embargo_app, "embargo"),
    (people.admin_app, "admin"),
    (people.person_app, "person"),
    (rights.group_app, "group"),
    (rights.token_app, "token"),
    (rights.delegate_app, "delegate"),
    (withdraw_app, "withdraw"),
):
    app.add_typer(group, name=name)
for panel, commands in (
    ("Providers", producer.COMMANDS),
    ("Everybody", consumer.COMMANDS),
    ("Archivists", (*management.COMMANDS, repair, export, *PLANNING, *serving.COMMANDS, ordering.work)),
    ("To begin with", (demo,)),
):
    for command in commands:
        app.command(name=command.__name__.removesuffix("_"), rich_help_panel=panel)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        out.print(f"oais {software_version()}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


def _interrupt(_number: int, _frame: object) -> None:
    """Treat the polite request to end as Ctrl-C: what is done is kept and indexed."""
    raise KeyboardInterrupt


def run(argv: list[str]) -> int:
    """Run one command line and return its exit code."""
    code = 0

    def invoke() -> None:
        nonlocal code
        result = get_command(app).main(args=argv, prog_name="oais", standalone_mode=False)
        code = result if isinstance(result, int) else 0
        if code == STOPPED:  # typer has turned the interruption into a number
            raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, _interrupt)
    fault = run_and_explain(invoke, as_json="--json" in argv)
    return fault or code
