"""A page of the site made still: links lead to files, and what needs a server is taken away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from html.parser import HTMLParser

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_LIVE = "live"
"""The class of what a template says that holds only at the archive itself."""

_GONE = frozenset({"script", "form"})
_LINKS = {"a": "href", "link": "href", "img": "src", "use": "href"}
_EMPTY = re.compile(r"<(li|p|nav|ul)(?: [^>]*)?>\s*</\1>\n?")

Rewrite = Callable[[str], str | None]
"""Gives the new link for an old one; empty to keep it as it is, None when there is nothing behind it."""


def links_in(html: str) -> Iterator[str]:
    """Yield every link of a page that is not taken away."""
    found: list[str] = []

    def note(link: str) -> str:
        found.append(link)
        return ""

    still_page(html, note, "")
    yield from found


def still_page(html: str, rewrite: Rewrite, note: str) -> str:
    """Return a page with its links rewritten and ``note`` (HTML) at the top of its content."""
    maker = _Maker(rewrite, note)
    maker.feed(html)
    maker.close()
    text = "".join(maker.out)
    while (shorter := _EMPTY.sub("", text)) != text:
        text = shorter
    return text


class _Maker(HTMLParser):
    """Copies a page as it is read; ``_skipping`` is the depth inside of what is taken away."""

    def __init__(self, rewrite: Rewrite, note: str) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._rewrite, self._note = rewrite, note
        self._skipping: list[str] = []
        self._anchors: list[str] = []
        self._navigating = self._drawing = 0

    def open_tag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._skipping:
            if tag not in _VOID:
                self._skipping.append(tag)
        elif tag in _GONE or _LIVE in (given.get("class") or "").split() or _is_unfolded_later(tag, given):
            self._skipping.extend({tag} - _VOID)
        elif tag == "a":
            self._open_anchor(given)
        elif not _is_for_programs(tag, given):
            self._navigating += tag == "nav"
            self._drawing += tag == "svg"
            self._copy(tag, given)
            if tag == "main":
                self.out.append(self._note)

    def copy_tag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._skipping:
            self._copy(tag, dict(attrs))

    def close_tag(self, tag: str) -> None:
        if self._skipping:
            if tag in self._skipping:
                while self._skipping.pop() != tag:
                    pass
        elif tag == "a":
            self.out.append(self._anchors.pop() if self._anchors else "</a>")
        else:
            self._navigating -= tag == "nav"
            self._drawing -= tag == "svg"
            self.out.append(f"</{tag}>")

    def _open_anchor(self, given: dict[str, str | None]) -> None:
        link = given.get("href") or ""
        new = self._rewrite(link) if not link.startswith("#") else ""
        if new is not None:
            self._anchors.append("</a>")
            self._copy("a", given, new)
        elif self._navigating or "button" in (given.get("class") or "").split():
            self._skipping.append("a")
        else:
            plain = "g" if self._drawing else "span"  # a drawing ends where HTML begins
            self._anchors.append(f"</{plain}>")
            self.out.append(f"<{plain}>")

    def _copy(self, tag: str, given: dict[str, str | None], new: str = "") -> None:
        name = _LINKS.get(tag, "")
        link = given.get(name) or ""
        if tag != "a" and link and not link.startswith("#"):
            new = self._rewrite(link) or ""
        text = self.get_starttag_text() or ""
        if new:
            text = text.replace(f'{name}="{escape(link)}"', f'{name}="{escape(new)}"')
            text = text.replace(f'{name}="{link}"', f'{name}="{escape(new)}"')
        self.out.append(re.sub(r" hx-[a-z]+=\"[^\"]*\"", "", text))

    def keep_text(self, data: str) -> None:
        self._keep(data)

    def keep_entity(self, name: str) -> None:
        self._keep(f"&{name};")

    def keep_character(self, name: str) -> None:
        self._keep(f"&#{name};")

    def keep_declaration(self, decl: str) -> None:
        self._keep(f"<!{decl}>")

    def leave_comment(self, data: str) -> None:
        """Leave comments out: they are for those who make pages."""

    def _keep(self, text: str) -> None:
        if not self._skipping:
            self.out.append(text)

    # The names by which the parser calls.
    handle_starttag, handle_startendtag, handle_endtag = open_tag, copy_tag, close_tag
    handle_data, handle_entityref, handle_charref = keep_text, keep_entity, keep_character
    handle_decl, handle_comment = keep_declaration, leave_comment


def _is_unfolded_later(tag: str, given: dict[str, str | None]) -> bool:
    return tag == "details" and "hx-get" in given


def _is_for_programs(tag: str, given: dict[str, str | None]) -> bool:
    """Return whether an element only serves scripts, or readers that ask again."""
    return (tag == "link" and given.get("rel") == "alternate") or given.get("name") == "htmx-config"
