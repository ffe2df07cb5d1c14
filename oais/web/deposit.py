"""Deposit over HTTP: tus 1.0.0 for what must be resumable, a plain PUT for who sends a file at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from oais.database.deposits import Deposit, DepositState
from oais.errors import WrongUsageError
from oais.functions.deposit.addition import CHECKSUMS, Addition, Checksum
from oais.functions.deposit.answering import standing_of, standings_of
from oais.functions.deposit.uploads import Announcement, begin, own_upload, withdraw
from oais.web import tus
from oais.web.bodies import UnsupportedError
from oais.web.doors import Door, Public
from oais.web.forms import check_intent
from oais.web.rendering import answer_json
from oais.web.security import brings_body
from oais.web.uploading import check_framing, pour, steady
from oais.web.visitors import principal_of, service_of
from policies.principals import Duty

PATH: Final = "/api/v1/deposits"
ONE: Final = f"{PATH}/{{identifier}}"


async def tell_abilities(request: Request) -> Response:
    """Tell what this side of the protocol can do, and how large a delivery may be."""
    return Response(
        status_code=204,
        headers={
            "Tus-Extension": ",".join(tus.EXTENSIONS),
            "Tus-Max-Size": str(service_of(request).archive.settings.max_delivery_bytes),
            "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        },
    )


def list_deposits(request: Request) -> Response:
    """List the account's newest deposits."""
    found = standings_of(service_of(request), principal_of(request))
    return answer_json({"deposits": [standing.as_plain() for standing in found]})


async def announce(request: Request) -> Response:
    """Begin an upload, and take its first bytes if they come along (tus: creation-with-upload)."""
    _check_sender(request)
    tus.check_version(request, demanded=True)
    announced, checksum = tus.announcement_of(request), tus.checksum_of(request)
    if brings_body(request):
        _check_octets(request)
    service = service_of(request)
    deposit = await run_in_threadpool(begin, service, principal_of(request), announced)
    if brings_body(request):
        deposit = await _add(request, deposit.identifier, 0, checksum)
    headers = {"Location": f"{PATH}/{deposit.identifier}", **tus.headers_of(service, deposit)}
    return Response(status_code=201, headers=headers)


async def tell_deposit(request: Request) -> Response:
    """Tell how a deposit stands, with its receipt once there is one; HEAD tells the offset (tus: core)."""
    tus.check_version(request, demanded=False)
    service, principal = service_of(request), principal_of(request)
    identifier = request.path_params["identifier"]
    await run_in_threadpool(own_upload, service, principal, identifier)
    standing = await run_in_threadpool(standing_of, service, principal, identifier)
    response = answer_json(standing.as_plain())
    response.headers.update({**tus.headers_of(service, standing.deposit), "Cache-Control": "no-store"})
    return response


async def add_piece(request: Request) -> Response:
    """Add bytes where the upload stands (tus: core, checksum)."""
    _check_sender(request)
    tus.check_version(request, demanded=True)
    _check_octets(request)
    offset, checksum = tus.number_of(request, "upload-offset"), tus.checksum_of(request)
    deposit = await _add(request, request.path_params["identifier"], offset, checksum)
    return Response(status_code=204, headers=tus.headers_of(service_of(request), deposit))


async def end_upload(request: Request) -> Response:
    """Withdraw an unfinished upload (tus: termination)."""
    _check_sender(request)
    tus.check_version(request, demanded=False)
    identifier = request.path_params["identifier"]
    await run_in_threadpool(withdraw, service_of(request), principal_of(request), identifier)
    return Response(status_code=204)


async def named_method(request: Request) -> Response:
    """Do what X-HTTP-Method-Override says, for clients that can send POST alone (tus: core)."""
    method = request.headers.get("x-http-method-override", "")
    answers = {"PATCH": add_piece, "DELETE": end_upload}
    if method not in answers:
        raise WrongUsageError(
            "a POST to an upload needs X-HTTP-Method-Override: PATCH or DELETE",
            remedy="send PATCH or DELETE itself, or begin an upload with a POST to the list of deposits",
        )
    return await answers[method](request)


async def put_delivery(request: Request) -> Response:
    """Take a whole delivery in one request; of one that is cut or has another digest nothing stays."""
    _check_sender(request)
    if "content-range" in request.headers:
        raise WrongUsageError("a PUT takes a whole file", remedy="resume with tus; see docs/deposit.md")
    if "content-length" not in request.headers:
        raise tus.LengthRequiredError("the request has no Content-Length", remedy="send the size first")
    service, principal = service_of(request), principal_of(request)
    length, digest = tus.number_of(request, "content-length"), tus.digest_of(request)
    announced = Announcement(request.path_params["identifier"], length)
    deposit = await run_in_threadpool(begin, service, principal, announced)
    await kept_whole(request, deposit, steady(request), digest)
    standing = await run_in_threadpool(standing_of, service, principal, deposit.identifier)
    response = answer_json(standing.as_plain(), HTTPStatus.CREATED)
    response.headers["Location"] = f"{PATH}/{deposit.identifier}"
    return response


async def kept_whole(
    request: Request, deposit: Deposit, stream: AsyncIterator[bytes], checksum: Checksum | None = None
) -> None:
    """Add all bytes of a new upload at once; of fewer than were announced, or others, nothing stays.

    Raises what ``pour`` raises, and WrongUsageError when bytes are missing.
    """
    try:
        added = await _add(request, deposit.identifier, 0, checksum, stream)
        if added.state is DepositState.UPLOADING:
            raise WrongUsageError("the delivery is shorter than was announced", remedy="send it again")
    except BaseException:
        withdraw(service_of(request), principal_of(request), deposit.identifier)
        raise


async def _add(
    request: Request,
    identifier: str,
    offset: int,
    checksum: Checksum | None,
    stream: AsyncIterator[bytes] | None = None,
) -> Deposit:
    """Add the request's body to an upload, which is let go of whatever happens."""
    service, principal = service_of(request), principal_of(request)
    addition = await run_in_threadpool(
        Addition, service, principal, identifier, offset=offset, checksum=checksum
    )
    try:
        await pour(stream or steady(request), addition)
    finally:
        addition.close()
    return addition.deposit


def _check_sender(request: Request) -> None:
    """Raise for a body that may not be read, and for a request that another site's page made."""
    check_framing(request)
    check_intent(request, form=False)


def _check_octets(request: Request) -> None:
    given = request.headers.get("content-type", "")
    if given != tus.OCTETS:
        raise UnsupportedError(f"Content-Type is {given[:80]!r}; expected {tus.OCTETS}")


_SPOKEN: Final = (("Tus-Resumable", tus.VERSION), ("Tus-Version", tus.VERSION))

DEPOSIT_DOORS: Final = (
    Door(PATH, tell_abilities, Public.NOTHING, ("OPTIONS",), tells=_SPOKEN),
    Door(PATH, list_deposits, Duty.DEPOSIT, tells=_SPOKEN),
    Door(PATH, announce, Duty.DEPOSIT, ("POST",), streams=True, tells=_SPOKEN),
    Door(ONE, tell_abilities, Public.NOTHING, ("OPTIONS",), tells=_SPOKEN),
    Door(ONE, tell_deposit, Duty.DEPOSIT, tells=_SPOKEN),
    Door(ONE, add_piece, Duty.DEPOSIT, ("PATCH",), streams=True, tells=_SPOKEN),
    Door(ONE, end_upload, Duty.DEPOSIT, ("DELETE",), streams=True, tells=_SPOKEN),
    Door(ONE, named_method, Duty.DEPOSIT, ("POST",), streams=True, tells=_SPOKEN),
    Door(ONE, put_delivery, Duty.DEPOSIT, ("PUT",), streams=True, tells=_SPOKEN),
)
