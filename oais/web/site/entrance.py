"""The ways in and out: logging in, logging out, asking for an account, setting a new password."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oais.errors import ArchiveError, InvalidError, UnauthenticatedError
from oais.functions.orders.consumers import take_over
from oais.functions.people.accounts import Entry
from oais.functions.people.confirmations import ask_reset, reset_password
from oais.functions.people.registration import Registration, confirm_registration, register
from oais.functions.people.sessions import REMEMBERED_LASTS, log_in, log_out
from oais.web.addresses import address_of
from oais.web.cookies import SESSION, VISIT, clear_cookie, cookie_of, set_cookie
from oais.web.doors import Door, Public
from oais.web.forms import Form, form_of
from oais.web.limits import check_guess
from oais.web.rendering import respond
from oais.web.returning import safe_return
from oais.web.visitors import service_of, visitor_of

UNPROCESSABLE: Final = HTTPStatus.UNPROCESSABLE_ENTITY

LOGINS_AT_ONCE: Final = 1
LOGINS_WAITING: Final = 20
"""Who wait for their turn take no thread that a page needs; whoever comes then is asked to come back."""

HOME: Final = "/me"
"""Where one arrives who did not come from anywhere else on the site."""


_UNREAD: Final = "read what is kept of you, and tick that you agree; without that no account is made."
_DONE: Final = "new-password"
ACCOUNT_ERASED: Final = "account-erased"
"""What the login page is told by whoever erased his account, and so comes out there."""

_TOLD: Final = {
    ACCOUNT_ERASED: "Your account is erased, with all that was yours in it.",
    _DONE: "Your new password is set; all sessions and tokens of the account have ended. Log in with it.",
}


class LoginForm(Form):
    """What the login form sends; ``next`` is where to go on."""

    login: str
    password: str
    remember: bool = False
    next: str = ""


class RegistrationForm(Form):
    """What somebody enters who wants an account; ``agreed`` to what is kept of him."""

    login: str
    name: str
    email: str
    password: str
    purpose: str = ""
    agreed: bool = False


class ResetForm(Form):
    """Whose password is to be set anew: a login or an address."""

    login: str


class NewPasswordForm(Form):
    """A new password, and the secret of the mail that allows it."""

    secret: str
    password: str


class SecretForm(Form):
    """The secret of a mail."""

    secret: str


def see_other(address: str) -> Response:
    """Send the browser on after it changed something, so that reloading does not do it again."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def fault_of(error: ArchiveError) -> str:
    """Return a fault with its remedy, as a form shows it when it comes back."""
    return f"{error.message}; {error.remedy}." if error.remedy else f"{error.message}."


def login_page(request: Request, next: str = "", told: str = "") -> Response:  # noqa: A002 - the parameter
    """Show the login form; ``told`` names what was done before one came here."""
    view = {"next": safe_return(request, next), "fault": "", "told": _TOLD.get(told, "")}
    return respond(request, "login.html", view)


def login(request: Request) -> Response:
    """Log in, with a new session that ends the one before, and go on."""
    form = form_of(request, LoginForm)
    back = safe_return(request, form.next)
    before = visitor_of(request)
    check_guess(request)
    try:
        entered = log_in(
            service_of(request),
            form.login,
            form.password,
            remember=form.remember,
            replaces=before.session,
            address=address_of(request),
        )
    except UnauthenticatedError as error:
        view = {"next": back, "fault": fault_of(error), "told": ""}
        return respond(request, "login.html", view, status=HTTPStatus.UNAUTHORIZED)
    if browser := cookie_of(request, VISIT):
        take_over(service_of(request), browser, entered.person.identifier)
    response = see_other(back or HOME)
    lasts = int(REMEMBERED_LASTS.total_seconds()) if form.remember else None
    set_cookie(request, response, SESSION, entered.secret, seconds=lasts)
    return response


def logout(request: Request) -> Response:
    """End the session, here and in the browser."""
    form_of(request, Form)
    if session := visitor_of(request).session:
        log_out(service_of(request), session)
    response = see_other("/")
    clear_cookie(request, response, SESSION)
    return response


def registration_page(request: Request) -> Response:
    """Show how one comes to an account, with the form where there is one."""
    return _registration_form(request, RegistrationForm(login="", name="", email="", password=""))


def registration(request: Request) -> Response:
    """Take a registration; the answer is the same whether login and address were free or not."""
    form = form_of(request, RegistrationForm)
    if not form.agreed:
        return _registration_form(request, form, _UNREAD)
    entry = Entry(form.login, form.name, form.email)
    wanted = Registration(entry, form.password, form.purpose, agreed=True)
    try:
        register(service_of(request), wanted, address=address_of(request))
    except InvalidError as error:
        return _registration_form(request, form, fault_of(error))
    told = (
        "If the address is right, a mail is on its way to it. Open its link within a day. "
        "If none arrives, look among the unwanted mail, or ask the archive."
    )
    return respond(request, "told.html", {"title": "Look into your mail", "told": told}, status=_ACCEPTED)


def _registration_form(request: Request, form: RegistrationForm, fault: str = "") -> Response:
    entered = form.model_dump(exclude={"password"})
    view = {"sign_up": service_of(request).archive.settings.sign_up, "entered": entered, "fault": fault}
    return respond(request, "register.html", view, status=UNPROCESSABLE if fault else HTTPStatus.OK)


def verification_page(request: Request, secret: str = "") -> Response:
    """Show the button that confirms an address; opening the link alone changes nothing."""
    view = {"title": "Confirm your address", "action": "/verify", "button": "This is my address"}
    return respond(request, "confirm.html", {**view, "secret": secret})


def verification(request: Request) -> Response:
    """Confirm the address of a new account."""
    person = confirm_registration(service_of(request), form_of(request, SecretForm).secret)
    told = (
        "Your account can be used now: log in."
        if person.state == "active"
        else "Your address is confirmed. An administrator looks at your request, and you get a mail."
    )
    return respond(request, "told.html", {"title": "Thank you", "told": told})


def reset_page(request: Request, secret: str = "") -> Response:
    """Show the form that asks for a new password's mail, or with its secret the one that sets it."""
    return respond(request, "reset.html", {"secret": secret, "fault": ""})


def reset(request: Request) -> Response:
    """Mail a link to whoever has this login or address; the answer is the same when nobody has."""
    form = form_of(request, ResetForm)
    told = "If there is an account of this name, a mail with a link is on its way. It works for 15 minutes."
    response = respond(request, "told.html", {"title": "Look into your mail", "told": told}, status=_ACCEPTED)
    response.background = BackgroundTask(
        ask_reset, service_of(request), form.login, address=address_of(request)
    )
    return response


def new_password(request: Request) -> Response:
    """Set a new password by the secret of a mail; all sessions end."""
    form = form_of(request, NewPasswordForm)
    try:
        reset_password(service_of(request), form.secret, form.password)
    except InvalidError as error:
        view = {"secret": form.secret, "fault": fault_of(error)}
        return respond(request, "reset.html", view, status=UNPROCESSABLE)
    response = see_other(f"/login?told={_DONE}")
    clear_cookie(request, response, SESSION)
    return response


_ACCEPTED: Final = HTTPStatus.ACCEPTED

DOORS: Final = (
    Door("/login", login_page, Public.NOTHING),
    Door("/login", login, Public.NOTHING, ("POST",), at_once=LOGINS_AT_ONCE, waiting=LOGINS_WAITING),
    Door("/logout", logout, Public.NOTHING, ("POST",)),
    Door("/register", registration_page, Public.NOTHING),
    Door("/register", registration, Public.NOTHING, ("POST",)),
    Door("/verify", verification_page, Public.NOTHING),
    Door("/verify", verification, Public.NOTHING, ("POST",)),
    Door("/reset", reset_page, Public.NOTHING),
    Door("/reset", reset, Public.NOTHING, ("POST",)),
    Door("/reset/password", new_password, Public.NOTHING, ("POST",)),
)
"""The doors of these pages."""
