"""What a reader does: walk the tree, find, look at an AIP, take a DIP out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    archive_at,
    ends_of,
    profile_at,
)
from oais.cli.terminal import counted, out, print_json, print_pairs, show_size, table, warn
from oais.errors import UnreachableError

if TYPE_CHECKING:
    from oais.functions.access.facade import Access
    from oais.functions.access.views import AipCard, AipView, Branch, FindView


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
    time: Annotated[str, typer.Option(help="FROM/TO, dates or times in UTC.")] = "",
    level: Annotated[str, typer.Option(help="Native level, such as N1.")] = "",
    kind: Annotated[str, typer.Option(help="science, calibration, engineering …")] = "",
    mission: Annotated[str, typer.Option(help="Mission.")] = "",
    target: Annotated[str, typer.Option(help="Target name.")] = "",
    product_type: Annotated[str, typer.Option("--type", help="Product type.")] = "",
    ids: Annotated[str, typer.Option(help="Identifiers, patterns (*) or ranges (a..b).")] = "",
    request: Annotated[str, typer.Option(help="Observation request, written MISSION:NAME.")] = "",
    profile: ProfileName = "",
    owner: ProfileOwner = "",
    page: Annotated[int, typer.Option(help="Page of the answer.", min=1)] = 1,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Find AIPs by words, place in the sky, time, level, kind, mission, identifier or a saved profile."""
    from oais.functions.access.profiles import within
    from oais.functions.access.question import Question
    from oais.functions.access.views import as_plain

    question = Question(
        words=" ".join(words or ()),
        cone=cone,
        time=time,
        level=level,
        kind=kind,
        mission=mission,
        target=target,
        product_type=product_type,
        ids=ids,
        request=request,
        page=page,
    )
    found = _access(home).find(within(question, profile_at(home, owner, profile)))
    if as_json:
        print_json(as_plain(found))
        return
    _print_found(found)


def _print_found(found: FindView) -> None:
    _print_cards(found.hits)
    shown = found.page
    if shown.number > shown.pages:
        out.print(f"[dim]Page {shown.number} of {shown.pages}: nothing there[/]")
    else:
        out.print(f"[dim]Showing {shown.first} to {shown.last} of {shown.total}[/]")
    for name in found.unknown:
        out.print(f"[yellow]nothing answers to[/] {escape(name)}")
    for facet in found.facets:
        values = "  ".join(f"{escape(item.value)} [dim]{item.count}[/]" for item in facet.values)
        out.print(f"[dim]{facet.title:<14}[/]{values}")


def _print_cards(cards: tuple[AipCard, ...]) -> None:
    columns = ("AIP", "level", "kind", "target", "begins", "files", "size")
    longest = max((len(f"{card.aip_id}@v{card.version}") for card in cards), default=0)
    rows = table(*columns, right=("files", "size"), unbroken=longest)
    for card in cards:
        name = f"[bold]{escape(card.aip_id)}[/]@v{card.version}{' (closed)' if card.locked else ''}"
        size = show_size(card.size)
        texts = (card.level, card.kind, card.target, card.start, str(card.products), size)
        rows.add_row(name, *map(escape, texts))
    if cards:
        out.print(rows)


def show(reference: Reference, home: Home = None, as_json: AsJson = False) -> None:
    """Show an AIP: what it is, versions, products, events, provenance, citation."""
    from oais.functions.access.views import as_plain

    view = _access(home).show(reference)
    if as_json:
        print_json(as_plain(view))
    else:
        _print_aip(view)


def _print_aip(view: AipView) -> None:
    out.print(f"[bold]{escape(view.card.title)}[/]")
    out.print(f"[dim]{escape(view.summary)}[/]" if view.summary else "")
    print_pairs(
        [
            ("AIP", view.reference),
            *view.facts.items(),
            ("Access", "open" if view.access.open else view.access.reason),
            (
                "Released",
                view.access.release.released_at or "no date is known" if view.access.release else "",
            ),
        ]
    )
    _print_products(view)
    _print_origin(view)
    _print_history(view)
    _heading("Cite as")
    out.print(escape(view.citation.text))


def _print_products(view: AipView) -> None:
    _heading("Products")
    rows = table("path", "kind", "level", "format", "size", "sha256", right=("size",))
    for item in view.products:
        digest = item.digests.get("sha256", "")[:16]
        texts = (item.path, item.kind, item.level, item.format_name, show_size(item.size), digest)
        rows.add_row(*map(escape, texts))
    out.print(rows)


def _print_origin(view: AipView) -> None:
    if view.software:
        _heading("Software")
        print_pairs((f"{item.name} {item.version}".strip(), item.swhid) for item in view.software)
    if view.provenance:
        _heading("Made from")
        print_pairs(
            (link.role, f"{link.name} {link.value} {'→ ' + link.target if link.target else ''}")
            for link in view.provenance
        )


def _print_history(view: AipView) -> None:
    _heading("Versions")
    print_pairs(
        (f"v{item.number}", f"{item.created_at}  {item.message}  ({item.files} files)")
        for item in view.versions
    )
    _heading("Events")
    print_pairs((item.at[:19], f"{item.kind}: {item.detail} ({item.outcome})") for item in view.events)
    if view.audit is not None:
        verdict = "intact" if view.audit.intact else f"{len(view.audit.findings)} findings"
        print_pairs([("last audit", f"{view.audit.at}  {verdict}")])


def _heading(text: str) -> None:
    out.print(f"\n[bold cyan]{text}[/]")


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
