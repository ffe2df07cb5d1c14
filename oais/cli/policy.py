"""What archivists ask and declare about access: policies explained and compared, what embargoes count."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from oais.cli.options import AsJson, Home, service_at
from oais.cli.terminal import home_or_default, out, print_findings, print_json, print_pairs, table

if TYPE_CHECKING:
    from oais.functions.access.facade import Access
    from oais.functions.access.views import ReleaseNote
    from oais.functions.policy.explaining import Explanation
    from oais.functions.service import Service
    from oais.information.findings import Finding
    from policies.loading import PolicySet

policy_app = typer.Typer(help="Check, explain and compare the access policies.", no_args_is_help=True)
embargo_app = typer.Typer(help="Declare what embargoes are computed from.", no_args_is_help=True)

Request = Annotated[str, typer.Argument(help="An observation request, written MISSION:NAME.")]
VisitName = Annotated[str, typer.Argument(help="One of its visits.")]


@policy_app.command("check")
def policy_check(
    directory: Annotated[
        Path | None, typer.Argument(help="A folder of policies; else the archive's.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> int:
    """Tell every fault of the policies with its line and a remedy; exit code 1 when there is one.

    Of groups that nobody made is only warned.
    """
    from policies.loading import check_policies, load_policies

    archive_home = home_or_default(home)
    folder = directory or archive_home / "policies"
    findings = check_policies(folder)
    unusable = bool(findings)
    if not unusable and (archive_home / "oais.yaml").exists():
        findings = _groups_amiss(archive_home, load_policies(folder))
    if as_json:
        print_json([found.as_dict() for found in findings])
    else:
        print_findings(findings)
        if not unusable:
            out.print(f"the policies in {escape(str(folder))} can be used", soft_wrap=True)
    return 1 if unusable else 0


def _groups_amiss(home: Path, policies: PolicySet) -> tuple[Finding, ...]:
    """Return a warning for each group of the policies that the archive does not know."""
    from oais.archive import open_home
    from oais.functions.policy.belonging import unknown_groups
    from oais.functions.service import database_if_any

    if not any(words.groups for words in policies.access.policies.values()):
        return ()
    return unknown_groups(policies, database_if_any(open_home(home)))


@policy_app.command("show")
def policy_show(
    node: Annotated[str, typer.Argument(help="A place in the tree; else all that its agreements name.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the words in force at a place of the tree, and those of all places below it."""
    from oais.archive import open_archive
    from oais.errors import NotFoundError
    from oais.functions.policy.comparing import in_words

    policies = open_archive(home_or_default(home)).policies
    nodes = [
        found for found in policies.tree.nodes() if f"{found.path}/".startswith(f"{node}/" if node else "")
    ]
    if not nodes and (found := policies.tree.node(node)) is not None:
        nodes = [found]
    if not nodes:
        raise NotFoundError(f"there is no place {node!r} in the tree", remedy="'oais tree' shows them all")
    shown = {found.path: in_words(found.words) for found in nodes}
    if as_json:
        print_json({"digest": policies.digest, "nodes": shown})
    else:
        out.print(f"policies {policies.digest}", soft_wrap=True)
        print_pairs(shown.items())


@policy_app.command("explain")
def policy_explain(
    about: Annotated[str, typer.Argument(help="A place in the tree, or an AIP.")],
    as_user: Annotated[str, typer.Option("--as", help="A login; else somebody who has no account.")] = "",
    at: Annotated[str, typer.Option(help="A day or a moment; else now.")] = "",
    supposed: Annotated[str, typer.Option("--if", help="visit=N,completed=DATE, as if declared.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Explain what somebody may see and download: why, until when, from which visits and rule."""
    from oais.functions.policy.explaining import explain_to, supposed_visit

    service = service_at(home)
    visit = supposed_visit(supposed) if supposed else None
    told = explain_to(service, _access(service), about, login=as_user, at=at, supposed=visit)
    if as_json:
        print_json(asdict(told))
    else:
        _print_explanation(told)


@policy_app.command("calendar")
def policy_calendar(
    since: Annotated[str, typer.Option("--from", help="The first day; else today.")] = "",
    until: Annotated[str, typer.Option("--until", help="The day after the last one.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List what becomes public when, by itself."""
    from oais.functions.embargo.inputs import moment_named
    from oais.functions.policy.calendar import calendar

    service = service_at(home)
    first = moment_named(since) if since else service.now()
    days = calendar(_access(service), first, moment_named(until) if until else None)
    if as_json:
        print_json([asdict(day) | {"at": day.at.isoformat()} for day in days])
        return
    rows = table("day", "what", "becomes", "policy", "because of")
    for day in days:
        rows.add_row(*map(escape, (f"{day.at:%Y-%m-%d %H:%M}", day.what, day.then, day.policy, day.why)))
    out.print(rows)


@policy_app.command("diff")
def policy_diff(
    directory: Annotated[Path, typer.Argument(help="A folder of other policies.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show which places of the tree other policies would change; nothing is put in force."""
    from oais.archive import open_archive
    from oais.functions.policy.comparing import compare
    from policies.loading import load_policies

    changes = compare(open_archive(home_or_default(home)).policies, load_policies(directory))
    if as_json:
        print_json([asdict(change) for change in changes])
        return
    for change in changes:
        out.print(f"[bold]{escape(change.node)}[/]", soft_wrap=True)
        out.print(f"  [red]-[/] {escape(change.before or 'no such place')}", soft_wrap=True)
        out.print(f"  [green]+[/] {escape(change.after or 'no such place')}", soft_wrap=True)
    if not changes:
        out.print("no place of the tree would change")


@embargo_app.command("list")
def embargo_list(home: Home = None, as_json: AsJson = False) -> None:
    """List the observation requests with their visits and owners' waivers."""
    from oais.functions.embargo.inputs import all_requests

    service = service_at(home)
    known = all_requests(_access(service).index, service.database)
    if as_json:
        print_json([asdict(request) for request in known])
        return
    rows = table("request", "visits", "complete", "waived by")
    for request in known:
        complete = sum(visit.completed_at is not None for visit in request.visits)
        by = request.waiver.by if request.waiver else ""
        rows.add_row(escape(request.identifier), str(len(request.visits)), str(complete), escape(by))
    out.print(rows)


@embargo_app.command("complete")
def embargo_complete(
    request: Request,
    visit: VisitName,
    at: Annotated[str, typer.Option(help="The day or moment as of which it is complete; else now.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take the declaration back.")] = False,
    home: Home = None,
) -> None:
    """Declare a visit complete: the clock of its request counts from there."""
    from oais.functions.embargo.declaring import declare_complete, take_back_completion
    from oais.functions.people.authority import OPERATOR

    service = service_at(home)
    if undo:
        take_back_completion(service, OPERATOR, request, visit)
        out.print(f"visit {escape(visit)} of {escape(request)} is not complete any more", soft_wrap=True)
        return
    declared = declare_complete(service, OPERATOR, request, visit, at or service.archive.now())
    out.print(f"visit {escape(visit)} of {escape(request)} complete {declared.completed_at}", soft_wrap=True)


@embargo_app.command("waive")
def embargo_waive(
    request: Request,
    reason: Annotated[str, typer.Option(help="Why, and on whose word.")] = "",
    at: Annotated[str, typer.Option(help="The day or moment from which on; else now.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take the waiver back.")] = False,
    home: Home = None,
) -> None:
    """Give up the rest of an embargo, on the owner's word."""
    from oais.functions.embargo.declaring import take_back_waiver, waive_embargo
    from oais.functions.people.authority import OPERATOR

    service = service_at(home)
    if undo:
        take_back_waiver(service, OPERATOR, request)
        out.print(f"the waiver of {escape(request)} is taken back", soft_wrap=True)
        return
    waived = waive_embargo(service, OPERATOR, request, at or service.archive.now(), reason)
    out.print(f"{escape(request)} is open from {waived.waived_at}", soft_wrap=True)


def _access(service: Service) -> Access:
    from oais.functions.access.facade import open_access

    return open_access(service.archive, database=service.database)


def _print_explanation(told: Explanation) -> None:
    place = "" if told.node == told.about else f" at {told.node}"
    out.print(
        f"[bold]{escape(told.about)}[/]{escape(place)}, asked by {escape(told.asker)} at {_moment(told.at)}"
    )
    for answer in told.answers:
        word = "[green]yes[/]" if answer.allowed else "[red]no[/] "
        out.print(f"  {word} {answer.action}: {escape(answer.reason)}", soft_wrap=True)
        if answer.remedy:
            out.print(f"      → {escape(answer.remedy)}", soft_wrap=True)
    for layer in told.layers:
        until = f" until {_moment(layer.until)}" if layer.until else ""
        then = f", then {layer.then}" if layer.then else ""
        opens = f", public from {_moment(layer.metadata_opens)}" if layer.metadata_opens else ""
        words = f"metadata {layer.metadata}{opens}, data {layer.data}{until}{then}"
        where = layer.node or "the whole archive"
        out.print(f"  policy {escape(layer.policy or 'unnamed')} of {escape(where)}: {words}", soft_wrap=True)
    if told.hint:
        out.print(f"  [yellow]private for ever:[/] {escape(told.hint)}", soft_wrap=True)
    if told.release is not None:
        _print_release(told.release)


def _moment(iso: str) -> str:
    """Return an ISO 8601 time as people read it; an empty one stays so."""
    return f"{iso[:10]} {iso[11:16]} UTC" if iso else ""


def _print_release(release: ReleaseNote) -> None:
    print_pairs(
        [
            ("request", release.request),
            ("rule", release.rule),
            ("released", _moment(release.released_at) or "no date is known"),
            ("because of", release.basis),
            ("fault", release.fault),
            ("waived by", f"{release.waived_by}, {release.waiver_reason}" if release.waived_by else ""),
            ("waived at", _moment(release.waived_at)),
            *(
                (f"visit {visit.name}", _moment(visit.completed_at) or "not complete")
                for visit in release.visits
            ),
        ]
    )
