"""What a reader does: walk the tree, find, look at an AIP, take a DIP out."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.tree import Tree as RichTree

from oais.cli.options import (
    AsJson,
    CutTime,
    Home,
    ProfileName,
    ProfileOwner,
    Reference,
    StrictTables,
    TableForm,
    TargetFile,
    archive_at,
    ends_of,
    profile_at,
    text_of,
)
from oais.cli.showing import print_aip, print_found
from oais.cli.terminal import counted, out, print_json, show_size, warn
from oais.errors import UnreachableError
from oais.information.text import printable

if TYPE_CHECKING:
    from oais.functions.access.facade import Access
    from oais.functions.access.question import Question
    from oais.functions.access.views import Branch


def tree(
    node: Annotated[str, typer.Argument(help="A place in the tree, such as MISSION/n0; else the top.")] = "",
    depth: Annotated[int, typer.Option(help="How many levels to show.", min=1, max=12)] = 3,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the tree of missions, levels and data sets with what each holds."""
    from oais.functions.access.views import as_plain

    access = _access(home)
    top = (access.node(node, depth=depth).node,) if node else access.tree(depth)
    if as_json:
        print_json([as_plain(branch) for branch in top])
        return
    for branch in top:
        out.print(draw_tree(branch))


def draw_tree(branch: Branch) -> RichTree:
    """Return a branch and what is below it, ready to print."""
    drawn = RichTree("", guide_style="dim", hide_root=True)
    _grow(drawn, branch)
    return drawn


def _grow(parent: RichTree, branch: Branch) -> None:
    held = f"{counted(branch.aips, 'AIP')}, {show_size(branch.size)}" if branch.aips else "empty"
    lock = " [yellow]closed[/]" if branch.locked else ""
    level = f" [cyan]{escape(branch.level)}[/]" if branch.level else ""
    title = f"[bold]{escape(branch.title)}[/]" if branch.aips else escape(branch.title)
    grown = parent.add(f"{title}{level}{lock} [dim]{held} · {escape(branch.path)}[/]")
    for child in branch.branches:
        _grow(grown, child)
    if branch.branch_count > len(branch.branches) and branch.branches:
        grown.add(f"[dim]… {branch.branch_count - len(branch.branches)} more[/]")


def find(
    words: Annotated[list[str] | None, typer.Argument(help="Words: target, instrument, file name …")] = None,
    cone: Annotated[str, typer.Option(help="RA,DEC,RADIUS in degrees.")] = "",
    near: Annotated[str, typer.Option(help="Name of a target; around its position.")] = "",
    radius: Annotated[str, typer.Option(help="Degrees around --near; 5.0 if not said.")] = "",
    time: Annotated[str, typer.Option(help="FROM/TO, dates or times in UTC.")] = "",
    level: Annotated[str, typer.Option(help="Native level, such as N1.")] = "",
    kind: Annotated[str, typer.Option(help="science, calibration, engineering …")] = "",
    mission: Annotated[str, typer.Option(help="Mission.")] = "",
    target: Annotated[str, typer.Option(help="Target name.")] = "",
    product_type: Annotated[str, typer.Option("--type", help="Product type.")] = "",
    ids: Annotated[str, typer.Option(help="Identifiers, patterns (*) or ranges (a..b).")] = "",
    request: Annotated[str, typer.Option(help="Observation request, written MISSION:NAME.")] = "",
    node: Annotated[str, typer.Option(help="A place in the tree; it and all below.")] = "",
    visit: Annotated[str, typer.Option(help="Visit, how it begins, or a pattern.")] = "",
    observation: Annotated[str, typer.Option(help="Observation, how it begins, or a pattern.")] = "",
    observation_type: Annotated[str, typer.Option(help="Observation type, as the data have it.")] = "",
    proposal: Annotated[str, typer.Option(help="Proposal.")] = "",
    where: Annotated[str, typer.Option(help="Conditions: 'calib_level >= 2; Dark = skipped'.")] = "",
    raw: Annotated[str, typer.Option(help="`hide` leaves out raw data.")] = "",
    pi: Annotated[str, typer.Option(help="Name of the PI, or how a word of it begins.")] = "",
    revision: Annotated[str, typer.Option(help="Revision number; else the latest.")] = "",
    mag_min: Annotated[str, typer.Option(help="Magnitude from.")] = "",
    mag_max: Annotated[str, typer.Option(help="Magnitude to.")] = "",
    spectral_type: Annotated[str, typer.Option(help="Spectral type, or how it begins.")] = "",
    reference: Annotated[list[str] | None, typer.Option(help="Type of reference files; * for all.")] = None,
    valid_from: Annotated[str, typer.Option(help="Reference files valid from then on.")] = "",
    valid_to: Annotated[str, typer.Option(help="Reference files valid until then.")] = "",
    listed: TargetFile = None,
    around: Annotated[str, typer.Option(help="Degrees around the positions of --targets.")] = "",
    order: Annotated[str, typer.Option(help="By title, id, time, size …; -time turns it round.")] = "",
    profile: ProfileName = "",
    owner: ProfileOwner = "",
    page: Annotated[int, typer.Option(help="Page of the answer.", min=1)] = 1,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Find AIPs by words, place in the sky, time, level, kind, mission, identifier or a saved profile."""
    typed: dict[str, Any] = dict(locals())
    from oais.functions.access.profiles import within
    from oais.functions.access.views import as_plain

    access, question = _access(home), _typed_question(typed)
    if listed:
        question = _for_targets_in(listed, around, question, access)
    found = access.find(within(question, profile_at(home, owner, profile)))
    if as_json:
        print_json(as_plain(found))
        return
    print_found(found)


def _typed_question(typed: dict[str, Any]) -> Question:
    """Return what the options of ``find`` ask."""
    from oais.functions.access.question import Question

    lists = {"words": " ".join(typed["words"] or ()), "reference": tuple(typed["reference"] or ())}
    parts = {part.name for part in fields(Question)}
    return Question(**{name: value for name, value in (typed | lists).items() if name in parts})


def _for_targets_in(listed: Path, around: str, question: Question, access: Access) -> Question:
    """Return the question for the targets of a file, and warn of each line that names none."""
    from oais.functions.access.target_list import targets_of

    text = text_of(listed)
    for line in access.targets(text, around).unresolved:
        warn(f"line {line.number} of {listed.name}: {printable(line.text)!r}: {line.fault}")
    return replace(question, targets=targets_of(text, around))


def show(reference: Reference, home: Home = None, as_json: AsJson = False) -> None:
    """Show an AIP: what it is, versions, products, events, provenance, citation."""
    from oais.functions.access.views import as_plain

    view = _access(home).show(reference)
    if as_json:
        print_json(as_plain(view))
    else:
        print_aip(view)


def ls(
    node: Annotated[str, typer.Argument(help="A place in the tree; else everything.")] = "",
    page: Annotated[int, typer.Option(help="Page of the answer, 100 AIPs each.", min=1)] = 1,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List the AIPs at a place in the tree and below, one a line."""
    from oais.functions.access.question import Question
    from oais.functions.access.views import as_plain

    found = _access(home).find(Question(node=node, order="id", page=page, per_page=100))
    if as_json:
        print_json([as_plain(card) for card in found.hits])
        return
    for card in found.hits:
        out.print(f"{card.aip_id}@v{card.version}", soft_wrap=True)


def get(
    reference: Reference,
    to: Annotated[Path, typer.Option("--to", help="A directory to make, or a file ending in .zip.")],
    patterns: Annotated[
        list[str] | None, typer.Argument(help="Only files whose path or name matches: '*.fits'.")
    ] = None,
    time: CutTime = "",
    tables: TableForm = "",
    strict: StrictTables = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Take files out as a DIP: a signed bag with the description, its events and a citation."""
    from oais.functions.dissemination import deliver, whole
    from oais.functions.orders.cutting import cutting_of, tables_wanted
    from oais.information.identifiers import parse_aip_reference

    access = _access(home)
    wanted = tables_wanted(tables, *ends_of(time), strict=strict)
    cutting = cutting_of(access.archive, wanted) if wanted else whole
    dip = deliver(access.archive, parse_aip_reference(reference), patterns or (), to, access.asker(), cutting)
    if as_json:
        print_json({"dip": str(dip.path), "bytes": dip.size, "manifest_sha512": dip.manifest_digest})
    else:
        out.print(f"delivered {escape(str(dip.path))} ({show_size(dip.size)})", soft_wrap=True)


def _access(home: Path | None) -> Access:
    """Open the archive as the one who works at its own machine, with what people declared of embargoes.

    He may see all without it, so a database that does not answer keeps him from nothing.
    """
    from oais.functions.access.facade import open_access
    from oais.functions.service import database_if_any
    from policies.access import Principal, Role

    archive = archive_at(home)
    try:
        database = database_if_any(archive)
    except UnreachableError as error:
        database = None
        warn(f"{error.message}; what people declared of embargoes is not told", error.remedy)
    return open_access(archive, Principal("operator", Role.ARCHIVIST), database)


COMMANDS = (tree, find, show, ls, get)
