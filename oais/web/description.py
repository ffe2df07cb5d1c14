"""The API described for programs (OpenAPI 3.1) and for people: both are made from the doors themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from oais.web.doors import API_VERSION, Door, DoorRoute, Public
from oais.web.questions import parameter_names
from oais.web.rendering import answer_json, respond, site_of
from policies.principals import Duty

_PROBLEM: Final = {
    "type": "object",
    "description": "Problem details (RFC 9457): what is wrong and what to do.",
    "required": ["title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "remedy": {"type": "string"},
        "faults": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
_SCHEMES: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
    "password": {"type": "http", "scheme": "basic", "description": "Login with password, or with a token."},
}
_WAYS: Final[list[dict[str, list[str]]]] = [{name: []} for name in _SCHEMES]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a program can ask for, as people read it."""

    method: str
    path: str
    told: str
    asks: str
    parameters: tuple[str, ...]
    body: Mapping[str, str]


def openapi(request: Request) -> Response:
    """Hand out the description of the API."""
    answer = _answer(*_asked(request))
    return Response(answer.body, media_type=answer.media_type)


def page(request: Request) -> Response:
    """Show the API: every address, what it asks and takes."""
    return respond(request, "api.html", {"operations": operations_of(_kept(*_asked(request)))})


def _asked(request: Request) -> tuple[tuple[Door, ...], str, str]:
    """Return the doors that are described, and the name and the address of the archive."""
    doors = (route.door for route in request.scope["app"].routes if isinstance(route, DoorRoute))
    settings = site_of(request).archive.settings
    return tuple(door for door in doors if door.for_programs), settings.name, settings.base_url


@lru_cache(maxsize=4)
def _kept(doors: tuple[Door, ...], name: str, address: str) -> dict[str, Any]:
    """Return the document; making it takes a fifth of a second, and anybody may ask."""
    return described(doors, name, address)


@lru_cache(maxsize=4)
def _answer(doors: tuple[Door, ...], name: str, address: str) -> Response:
    """Return the document as it is sent; writing it out takes as long as making it."""
    return answer_json(_kept(doors, name, address))


def described(doors: Iterable[Door], name: str, address: str) -> dict[str, Any]:
    """Return the OpenAPI document of doors; equal doors give an equal document."""
    listed = list(doors)
    routes = [
        APIRoute(
            door.path,
            door.endpoint,
            methods=list(door.methods),
            response_model=None,
            operation_id="_".join((*door.path.split("/"), *door.methods)).strip("_").lower(),
        )
        for door in listed
    ]
    plain = get_openapi(title=name, version=API_VERSION, routes=routes, servers=[{"url": address}])
    plain.setdefault("components", {})["securitySchemes"] = _SCHEMES
    schemas = plain["components"].setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for door, route in zip(listed, routes, strict=True):
        for method in door.methods:
            operation = plain["paths"][route.path_format].get(method.lower())
            if operation is not None:
                _complete(operation, door)
    return plain


def _complete(operation: dict[str, Any], door: Door) -> None:
    """Say what the door's code alone does not: who may come in, and how answers look."""
    told = (door.endpoint.__doc__ or "").strip()
    operation["summary"] = told.partition("\n")[0].rstrip(".")
    operation["description"] = told
    operation["x-asks"] = door.asks.value
    # Of objects and of what is public strangers may ask too; they are told what is open to all.
    operation["security"] = _WAYS if isinstance(door.asks, Duty) else [{}, *_WAYS]
    operation["responses"] = {
        "2XX": {"description": "What was asked for"},
        "4XX": {
            "description": "Refused, with the reason",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    }
    if door.path.endswith("/search"):
        operation["parameters"] = [
            {"name": parameter, "in": "query", "required": False, "schema": {"type": "string"}}
            for parameter in parameter_names()
        ]


def operations_of(document: Mapping[str, Any]) -> list[Operation]:
    """Return what can be asked for, in the order of the doors."""
    schemas = document["components"]["schemas"]
    return [
        Operation(
            method=method.upper(),
            path=path,
            told=operation["description"],
            asks=operation["x-asks"],
            parameters=tuple(one["name"] for one in operation.get("parameters", ())),
            body=_body_of(operation, schemas),
        )
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _body_of(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a body, and whether each must be there."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    schema = schemas.get(name, {})
    needed = set(schema.get("required", ()))
    return {field: "needed" if field in needed else "" for field in schema.get("properties", {})}


DOORS: Final = (
    Door("/api/v1/openapi.json", openapi, Public.NOTHING),
    Door("/api", page, Public.NOTHING),
)
"""The doors of the description."""
