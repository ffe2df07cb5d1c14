"""The pages of a still copy, written when it is known what is there; and the page that tells what it is."""

from __future__ import annotations

from html import escape

from fastapi import FastAPI

from oais.information.software import software_version
from oais.web.still.crawl import Crawl
from oais.web.still.pages import still_page
from oais.web.still.places import HERE, Address, address_behind, is_outside, relative
from oais.web.visitors import STRANGER


def own_page(app: FastAPI, crawl: Crawl, rows: int) -> None:
    """Let the page wait that tells what the copy is; ``rows`` is the number of products in the lists."""
    templates = app.state.site.templates
    html = (
        templates["en"]
        .get_template("still.html")
        .render(
            rows=rows,
            pages=len(crawl.pages) + 1,
            files=len(crawl.files),
            size=crawl.size,
            with_products=crawl.products,
            software=software_version(),
            visitor=STRANGER,
            trouble="",
            menu=(),
            here=HERE,
            switches=dict.fromkeys(templates, ""),  # a copy has one language: they are taken away
            csrf_field=lambda: "",
        )
    )
    address = Address(HERE)
    crawl.keep_page(address, address.place(), html.encode())


def write_pages(crawl: Crawl, name: str) -> None:
    """Write every page with its links led to files, and to nothing that is not there."""
    about = Address(HERE)
    for address, place, html in crawl.raw_pages():
        link = relative(crawl.pages[about], place)
        note = "" if address == about else _note(name, link)
        path = crawl.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        data = still_page(html, lambda old: _new_link(crawl, address, place, old), note).encode()  # noqa: B023
        path.write_bytes(data)
        crawl.size += len(data)


def _note(name: str, link: str) -> str:
    told = f"A still copy of {escape(name)}: what everybody may see, as files, with nothing to log in to."
    return f'\n<div class="wrap"><p class="soft still">{told} <a href="{link}">What this is</a></p></div>\n'


def _new_link(crawl: Crawl, address: Address, place: str, old: str) -> str | None:
    if is_outside(old):
        return ""
    behind, fragment = address_behind(old, address)
    target = crawl.place_of(behind) if behind is not None else None
    if target is None:
        return None
    return relative(target, place) + (f"#{fragment}" if fragment else "")
