"""What is found and what an AIP is, as they stand in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from oais.cli.terminal import counted, out, print_pairs, show_size, table, warn

if TYPE_CHECKING:
    from oais.functions.access.views import AipCard, AipView, FindView
    from oais.functions.resolving.resolver import Named


def print_found(found: FindView) -> None:
    """Print a page of an answer: packages, where in the answer it stands, what it can be narrowed to."""
    _print_cards(found.hits)
    shown = found.page
    told = f"Showing {shown.first} to {shown.last} of {shown.total}"
    if shown.number > shown.pages:
        told = f"Page {shown.number} of {shown.pages}: nothing there"
    if found.raw_hidden:
        told += f"; without {counted(found.raw_hidden, 'AIP')} of raw data"
    out.print(f"[dim]{told}[/]")
    if found.named is not None:
        _print_named(found.named)
    for name in found.unknown:
        out.print(f"[yellow]nothing answers to[/] {escape(name)}")
    for facet in found.facets:
        values = "  ".join(f"{escape(item.value)} [dim]{item.count}[/]" for item in facet.values)
        out.print(f"[dim]{facet.title:<14}[/]{values}")


def _print_named(named: Named) -> None:
    for fault in named.faults:
        warn(fault)
    if named.position is None:
        out.print(f"[yellow]no position is known of[/] {escape(named.name)}")
        return
    place = f"RA {named.position.ra:.6f}, Dec {named.position.dec:+.6f}"
    out.print(f"[dim]{escape(named.name)}: {place} ({named.position.source})[/]")


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


def print_aip(view: AipView) -> None:
    """Print all that is told of an AIP."""
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
