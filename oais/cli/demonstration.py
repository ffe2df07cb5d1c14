"""``oais demo``: the whole journey of real mission data, told step by step, then the site left running."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from oais.cli.serving import serve_home
from oais.cli.terminal import out, print_findings, show_size
from oais.errors import DamageError, RefusedError, WrongUsageError

if TYPE_CHECKING:
    from oais.archive import Archive
    from oais.web.serving import Place

_BAGS = (
    ("n0", "target pixel file, as it came from the spacecraft"),
    ("n1", "light curve, with the source of the step that made it and its documentation"),
    ("hk", "housekeeping: quality flags and pointing"),
)
_LIGHT_CURVE = "n1"


def demo(
    home: Annotated[Path, typer.Option(help="Where the demo archive is made.")] = Path("demo-archive"),
    data: Annotated[Path, typer.Option(help="Folder AGREEMENT/ with real products in n0, n1, hk.")] = Path(
        "demo"
    ),
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End after the last step.")] = False,
    port: Annotated[int, typer.Option(help="Port of the site; 0 takes a free one.", min=0, max=65535)] = 0,
) -> None:
    """Build a small archive from real mission data, tell each step, and serve its site."""
    products = _products_in(data)
    place = None if no_serve else _place(port)
    _Demo(home, products, place).run()
    if place is not None:
        _serve(home, place)


def _products_in(data: Path) -> Path:
    """Return the folder that holds the products; its name is the agreement they are delivered under."""
    for folder in sorted(data.iterdir()) if data.is_dir() else ():
        if all((folder / name).is_dir() for name, _ in _BAGS):
            return folder
    raise WrongUsageError(
        f"the demo's products are not in {data}: no folder there has {', '.join(name for name, _ in _BAGS)}",
        remedy="run it from the project's root, or name the folder with --data",
    )


class _Demo:
    """The chapters of the story, in their order."""

    def __init__(self, home: Path, data: Path, place: Place | None) -> None:
        from oais.archive import open_archive
        from oais.cli.narration import Narrator
        from oais.functions.administration import initialise

        self.narrator = Narrator(out)
        self.narrator.heading("The archive", "a directory is all it needs")
        if (home / "oais.yaml").exists():
            self.archive = open_archive(home)
            out.print(f"  {escape(str(home))} is there from before; what is in is recognised", soft_wrap=True)
        else:
            self.archive = initialise(home, name="Demo archive")
            missions = _missions(self.archive)
            out.print(
                f"  made {escape(str(home))} with a signing key and agreements for {missions}", soft_wrap=True
            )
        if place is not None:  # letters of the story lead to the site that is served after it
            settings = self.archive.settings.reached_at(place.address)
            self.archive = replace(self.archive, settings=settings)
        self.data = data
        self.references: dict[str, str] = {}

    def run(self) -> None:
        """Tell the whole story."""
        for name, remark in _BAGS:
            self._submit(name, remark)
        self.narrator.heading("The tree", "what a visitor walks")
        self._show_tree()
        self._show_curve()
        self._audit()
        self._deliver()
        self._give_a_code()
        self._say_what_next()

    def _submit(self, name: str, remark: str) -> None:
        from oais.functions.packing import pack_folder
        from oais.functions.submission import submit

        self.narrator.heading(f"Delivery {name.upper()}", remark)
        bag = self.archive.home / "sip" / "demo" / f"{name}.bag"
        if not bag.exists():
            bag.parent.mkdir(exist_ok=True)
            self.narrator.step("pack", bag.name)
            pack_folder(self.archive.home, self.data / name, self.data.name, bag)
        for disposition in submit(self.archive, [bag], reporter=self.narrator):
            self.narrator.end()
            receipt = disposition.receipt
            if receipt is None or receipt.status == "refused":
                print_findings(receipt.findings if receipt else ())
                raise RefusedError(f"the demo's own delivery {name} was refused: {disposition.error}")
            self.references[name] = f"{receipt.aip_id}@v{receipt.version}"
            status = "held already" if disposition.skipped else receipt.status
            reference = escape(self.references[name])
            out.print(f"  [green]{status}[/] as [bold]{reference}[/], receipt {receipt.receipt_id}")

    def _show_tree(self) -> None:
        from oais.cli.consumer import draw_tree
        from oais.functions.access.facade import open_access

        mission = self.archive.policies.agreements[self.data.name].slug
        out.print(draw_tree(open_access(self.archive).node(mission, depth=4).node))

    def _show_curve(self) -> None:
        from oais.cli.picture import draw_curve
        from oais.functions.access.facade import open_access
        from oais.information.representation.drawings import Series

        access = open_access(self.archive)
        reference = self.references[_LIGHT_CURVE]
        product = access.show(reference).products[0]
        drawn = access.look(reference, product.path).drawn
        assert isinstance(drawn, Series)
        (track,) = drawn.tracks
        axes = f"{track.name} ({track.unit}) over {drawn.x[0]} ({drawn.x[1]})"
        self.narrator.heading("A light curve", f"{product.name} · {axes}")
        for line in draw_curve(track.x, track.y):
            out.print(f"  [cyan]{line}[/]")

    def _audit(self) -> None:
        from oais.functions.audit import run_audit, select_for_audit

        self.narrator.heading("The audit", "do the bytes on disk still match what was signed?")
        roots = select_for_audit(self.archive, None, None, 0)
        self.narrator.step("audit", f"{len(roots)} AIPs")
        told = run_audit(self.archive, roots, progress=lambda result: self.narrator.advance(result.bytes))
        self.narrator.end()
        if not told.intact:
            raise DamageError(f"{len(told.damaged)} AIPs of the demo archive are damaged")
        out.print(f"  [green]intact[/]: {told.aips} AIPs, {told.files} files, {show_size(told.bytes)}")

    def _deliver(self) -> None:
        from oais.functions.access.facade import open_access
        from oais.functions.dissemination import deliver
        from oais.information.identifiers import parse_aip_reference

        reference = parse_aip_reference(self.references[_LIGHT_CURVE])
        target = self.archive.dip_root / f"{reference.aip_id}.zip"
        self.narrator.heading("A DIP", "what a scientist takes home")
        target.unlink(missing_ok=True)
        self.narrator.step("deliver", target.name)
        dip = deliver(self.archive, reference, (), target, open_access(self.archive).asker())
        self.narrator.end()
        out.print(f"  [green]delivered[/] {escape(str(dip.path))} ({show_size(dip.size)})", soft_wrap=True)

    def _give_a_code(self) -> None:
        """Show how data that ask for an address are opened: a code is asked for, mailed, and given back."""
        from oais.functions.codes import code_request, issue_code, redeem_code
        from oais.functions.mailing import send_due
        from oais.functions.service import open_service
        from oais.mail import Maildir

        self.narrator.heading("An access code", "for data that ask for a valid address and nothing else")
        service, visitor = open_service(self.archive), token_hex(4)
        wish = code_request(
            service, browser=visitor, network=visitor, address=f"visitor-{visitor}@example.org"
        )
        self.narrator.step("mail", wish.address.text)
        issue_code(service, wish)
        send_due(service)
        self.narrator.end()
        letter = Maildir(self.archive.home / "mail").newest().splitlines()
        code = letter[2].strip()
        for line in letter[:6]:
            out.print(f"  [dim]│[/] {escape(line)}", soft_wrap=True)
        opened = redeem_code(service, visitor, code, network=visitor)
        out.print(f"  [green]open[/]: downloads in this browser until {opened.until:%Y-%m-%d %H:%M} UTC")

    def _say_what_next(self) -> None:
        oais = ".venv/bin/oais" if Path(".venv/bin/oais").exists() else "oais"
        home = f"--home {_short(self.archive.home)}"
        self.narrator.heading("Try next")
        for command in (
            f"{oais} show {self.references[_LIGHT_CURVE]} {home}",
            f"{oais} find 55525572 --level N0 {home}",
            f"{oais} validate {_short(self.archive.aip_root)}",
        ):
            out.print(f"  {escape(command)}", soft_wrap=True)


def _short(path: Path) -> str:
    """Return the path from here, if it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _missions(archive: Archive) -> str:
    agreements = archive.policies.agreements.values()
    return ", ".join(sorted({agreement.mission for agreement in agreements}))


def _place(port: int) -> Place:
    from oais.web.serving import take_place

    return take_place("127.0.0.1", port)


def _serve(home: Path, place: Place) -> None:
    def announce(url: str) -> None:
        out.print(f"\n[bold]The site is running at[/] [bold cyan]{url}[/]  (Ctrl-C ends it)")
        out.print(f"  its mail comes into {escape(_short(home / 'mail' / 'new'))}", soft_wrap=True)

    serve_home(home, place, announce=announce)
