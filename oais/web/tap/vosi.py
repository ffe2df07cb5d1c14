"""What the service tells of itself (VOSI 1.1): what it can, whether it is there, and its one table.

Nothing of the holdings stands here: the same is told to everybody, whatever the archive holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.functions.access.adql import MOST, NAME, table_columns
from oais.functions.access.views.adql import AdqlColumn
from oais.web.adql_answers import FORMS, SERVICE
from oais.web.doors import Door, Public
from oais.web.rendering import site_of

_XML: Final = "text/xml; charset=utf-8"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_INSTANCE: Final = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_DATATYPES: Final = {"A": '<dataType xsi:type="vod:VOTableType" arraysize="*">unicodeChar</dataType>',
                     "D": '<dataType xsi:type="vod:VOTableType">double</dataType>',
                     "K": '<dataType xsi:type="vod:VOTableType">long</dataType>'}  # fmt: skip
_FUNCTION: Final = "package_has(what VARCHAR, value VARCHAR, …) -> INTEGER"
_GEOMETRY: Final = ("POINT", "CIRCLE", "CONTAINS", "INTERSECTS", "DISTANCE", "COORD1", "COORD2")
_TAP: Final = "ivo://ivoa.net/std/TAP"
_FEATURES: Final = f"{_TAP.replace('TAP', 'TAPRegExt')}#features"


def capabilities(request: Request) -> Response:
    """Tell where queries go, in which language they are asked, and how much is answered."""
    base = escape(site_of(request).archive.settings.base_url.rstrip("/")) + SERVICE
    said = "".join(
        f'<capability standardID="ivo://ivoa.net/std/VOSI#{name}">'
        '<interface xsi:type="vs:ParamHTTP" role="std">'
        f'<accessURL use="full">{base}/{name}</accessURL></interface></capability>\n'
        for name in ("capabilities", "availability", "tables")
    )
    return _xml(
        '<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0" '
        'xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1" '
        f'xmlns:tr="http://www.ivoa.net/xml/TAPRegExt/v1.0" {_INSTANCE}>\n'
        f'<capability standardID="{_TAP}" xsi:type="tr:TableAccess">\n'
        '<interface xsi:type="vs:ParamHTTP" role="std" version="1.1">'
        f'<accessURL use="base">{base}</accessURL></interface>\n'
        '<dataModel ivo-id="ivo://ivoa.net/std/ObsCore#core-1.1">ObsCore-1.1</dataModel>\n'
        f"{_language()}{''.join(map(_output, FORMS))}"
        f'<outputLimit><default unit="row">{MOST}</default><hard unit="row">{MOST}</hard></outputLimit>\n'
        f"</capability>\n{said}</vosi:capabilities>\n"
    )


def _language() -> str:
    geometry = "".join(f"<feature><form>{name}</form></feature>" for name in _GEOMETRY)
    return (
        '<language><name>ADQL</name><version ivo-id="ivo://ivoa.net/std/ADQL#v2.0">2.0</version>'
        "<description>One SELECT over one table</description>\n"
        f'<languageFeatures type="{_FEATURES}-adqlgeo">{geometry}</languageFeatures>\n'
        f'<languageFeatures type="{_FEATURES}-udf"><feature><form>{escape(_FUNCTION)}</form>'
        "<description>1 where the package has what the search asks for</description></feature>"
        "</languageFeatures>\n</language>\n"
    )


def _output(name: str) -> str:
    mime = FORMS[name].media_type.partition(";")[0]
    return f"<outputFormat><mime>{mime}</mime><alias>{name}</alias></outputFormat>\n"


def availability() -> Response:
    """Tell that the service is there."""
    return _xml(
        '<vosi:availability xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0">'
        "<vosi:available>true</vosi:available></vosi:availability>\n"
    )


def tables() -> Response:
    """Tell the columns of the table."""
    schema = NAME.partition(".")[0]
    return _xml(
        '<vosi:tableset xmlns:vosi="http://www.ivoa.net/xml/VOSITables/v1.0" '
        f'xmlns:vod="http://www.ivoa.net/xml/VODataService/v1.1" {_INSTANCE}>\n'
        f'<schema><name>{schema}</name>\n<table type="table"><name>{NAME}</name>'
        "<description>Products of all packages, as ObsCore 1.1 describes them</description>"
        f"<utype>ivo://ivoa.net/std/ObsCore#core-1.1</utype>\n{''.join(_columns(table_columns()))}"
        "</table>\n</schema>\n</vosi:tableset>\n"
    )


def _columns(columns: Iterable[AdqlColumn]) -> Iterable[str]:
    for column in columns:
        facts = (("unit", column.unit), ("ucd", column.ucd), ("utype", column.utype))
        told = "".join(f"<{name}>{escape(fact)}</{name}>" for name, fact in facts if fact)
        yield (
            f'<column std="{str(column.standard).lower()}"><name>{column.name}</name>'
            f"<description>{escape(column.description)}</description>{told}{_DATATYPES[column.code]}</column>\n"
        )


def _xml(text: str) -> Response:
    return Response(_HEAD + text, media_type=_XML, headers={"Cache-Control": "no-cache"})


DOORS: Final = (
    Door(f"{SERVICE}/capabilities", capabilities, Public.NOTHING),
    Door(f"{SERVICE}/availability", availability, Public.NOTHING),
    Door(f"{SERVICE}/tables", tables, Public.NOTHING),
)
"""The doors of what is told."""
