"""gettext's two files: the ``.po`` that a translator writes, and the ``.mo`` that programs read.

The layout of both is told in the GNU gettext manual ("The Format of PO Files", "The Format of GNU MO Files").
"""

from __future__ import annotations

import ast
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_MAGIC: Final = 0x950412DE
_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """Words to translate: ``one`` alone, or with a plural; ``places`` are the files that say them."""

    one: str
    many: str = ""
    places: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What a translation belongs to."""
        return self.one, self.many


Translations = Mapping[tuple[str, str], tuple[str, ...]]
"""By singular and plural: the translation, or one for each plural form."""


def written(header: str, messages: Iterable[Message], translations: Translations) -> str:
    """Return the text of a ``.po``; what has no translation yet stands there without one."""
    blocks = ['msgid ""\nmsgstr ""\n' + "".join(f"{_quoted(line)}\n" for line in header.splitlines(True))]
    for message in messages:
        lines = [f"#: {place}" for place in message.places]
        said = translations.get(message.key, ())
        lines.append(f"msgid {_quoted(message.one)}")
        if message.many:
            lines.append(f"msgid_plural {_quoted(message.many)}")
            forms = said or ("", "")
            lines += [f"msgstr[{number}] {_quoted(form)}" for number, form in enumerate(forms)]
        else:
            lines.append(f"msgstr {_quoted(said[0] if said else '')}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def read(text: str) -> tuple[str, dict[tuple[str, str], tuple[str, ...]]]:
    """Return header and translations of a ``.po``; raises ValueError naming a line that is none of it."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for block in text.split("\n\n"):
        fields = _fields(block)
        if "msgid" in fields:
            said = tuple(value for name, value in fields.items() if name.startswith("msgstr"))
            found[fields["msgid"], fields.get("msgid_plural", "")] = said
    header = found.pop(("", ""), ("",))[0]
    return header, {key: said for key, said in found.items() if all(said)}


def _fields(block: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if not line or line.startswith("#"):
            continue
        word, quote, rest = line.partition('"')
        if not quote or not rest.endswith('"'):
            raise ValueError(f"no line of a .po: {line[:80]!r}")
        name = word.strip() or name
        fields[name] = fields.get(name, "") + str(ast.literal_eval(f'"{rest}'))
    return fields


def compiled(header: str, translations: Translations) -> bytes:
    """Return the ``.mo`` of translations: two tables of lengths and places, then the words."""
    pairs = {b"": header.encode()}
    for (one, many), said in translations.items():
        pairs["\0".join(filter(None, (one, many))).encode()] = "\0".join(said).encode()
    keys = sorted(pairs)
    start = 28 + 16 * len(keys)
    tables, words = [b"", b""], b""
    for side, texts in enumerate((keys, [pairs[key] for key in keys])):
        for text in texts:
            tables[side] += struct.pack("<II", len(text), start + len(words))
            words += text + b"\0"
    head = struct.pack("<IIIIIII", _MAGIC, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0)
    return head + tables[0] + tables[1] + words


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPED)}"'
