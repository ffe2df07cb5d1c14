"""Words that Python says on pages: names of states, roles and facts, and sentences of the access decision.

Each stands here once more so that it can be translated; ``{name}`` is a gap.
What is missing stays English and is marked as such on the page.
"""

from __future__ import annotations

from typing import Final

from oais.database.deposits import DepositState
from oais.database.orders import OrderState
from oais.functions.access.adql import table_columns
from oais.functions.access.columns import COLUMNS
from oais.functions.access.finding import FACET_TITLES
from oais.functions.people.erasure import ERASED
from oais.functions.status import IndexState, Reason
from oais.information.description import KINDS
from oais.information.findings import Severity
from oais.information.premis import EventType, Outcome
from oais.information.withdrawals import WHY_TOLD
from oais.information.withdrawals import State as WithdrawalState
from oais.settings import Settings
from oais.web import bars, captions, graph, skymap, timeline
from oais.web.panel import names
from policies.access import Action, Step
from policies.embargo import Basis
from policies.principals import Duty, Role, Scope, State
from policies.report_reading import REASONS

_STATES: Final = (Action, Basis, DepositState, Duty, EventType, IndexState, OrderState, Outcome, Reason,
                  Role, Scope, Severity, State, Step, WithdrawalState)  # fmt: skip

_STATUS: Final = (
    *("Bad Request", "Unauthorized", "Forbidden", "Not Found", "Method Not Allowed", "Not Acceptable"),
    *("Conflict", "Gone", "Too Many Requests", "Internal Server Error", "Service Unavailable"),
)

_FACTS: Final = (
    *(
        "Mission",
        "Target",
        "Collection",
        "Kind",
        "Level",
        "Facility",
        "Instrument",
        "Observation",
        "Proposal",
    ),
    *(
        "Provider",
        "Licence",
        "Access policy",
        "Agreement",
        "Place on disk",
        "Ingested",
        "Receipt",
        "Position",
        "Begins",
        "Ends",
    ),
    *("Exposure", "Time resolution", "Samples", "Wavelength", "Observed quantity", "Data product type"),
    *("Calibration level", "Valid", "Type"),
    *REASONS,
)

_KINDS: Final = (
    *("mission", "level", "data set", "collection", "branch", "observation", "calibration", "housekeeping"),
    *("document", "software", "product", "science", "draft", "ready", "reference file", "input", "parameter"),
    *("step", "held elsewhere", "planned", "User guide", "Calibration report", "Interface control document"),
    "Technical note",
)

_DECISIONS: Final = (
    *("there is no such object", "its data were withdrawn", "the archive's staff may"),
    *(
        "its name is shown",
        "its description is shown",
        "shown",
        "open to all",
        "open to holders of an access code",
    ),
    *("open to registered users only", "open to members of its groups only", "closed"),
    "open to the owners of the observation request only",
    "its data are closed until {day} UTC by policy {policy}: {reason}",
    "its data are closed by policy {policy}: {reason}",
    "its description is closed until {day} UTC by policy {policy}: {reason}",
    "its description is closed by policy {policy}: {reason}",
    "its data are {who} until {day} UTC by policy {policy}: {reason}",
    "its data are {who} by policy {policy}: {reason}",
    "its description is {who} until {day} UTC by policy {policy}: {reason}",
    "its description is {who} by policy {policy}: {reason}",
    "{who} by policy {policy}: {reason}",
    "wait until then, or {remedy}",
    "ask {contact}",
    "ask the archive for access",
)

_RULES: Final = (
    "{since} or {earlier}, whichever comes first",
    *(
        f"{{count}} {unit} after its {which} visit was completed"
        for unit in ("month", "months", "day", "days")
        for which in ("first", "last")
    ),
    "no period: those of the headers cannot be",
    "no findings",
)

_DESK: Final = (
    *("data: {words}", "metadata: public", "low", "moderate", "high", "reviewed", "overdue", "not judged"),
    "check the disk first, the bytes may be sound; then read it again",
    "make it anew from a copy that is proven, then read it again",
    "restore it from a backup, keep the damaged one for inquiry, then read it again",
    "{place} has no copy of {identifier} yet",
)

_TO_WHOM: Final = (
    *("public", "public by access code", "for accounts", "for groups", "private", "private until {day}"),
    *("no beginning", "no end"),
)

_REFUSALS: Final = (
    *("there is no such page", "there is no such order", "/orders shows yours", "there is no such basket"),
    *("/basket shows yours", "the basket is empty", "put something in first", "your session has ended"),
    *("log in again", "log in and come back", "nothing of what was asked for is in the archive"),
    *("nothing in the archive answers to this selection", "widen it", "wait a few seconds and try again"),
    *("the archive prepares as much as it can at the moment", "too many requests at once from where you are"),
    "only who is logged in may {duty}",
    "your account may not {duty}",
    "ask an administrator of the archive for the right to",
    "this address answers to {methods}, nothing else",
    "the request cannot be read",
    "reload the page and send the form again",
    "another site's page sent this",
    "use the form on this archive's own page",
    "The archive could not answer. Nothing that is stored was changed.",
    "something failed on our side",
    "tell the archivist this reference: {reference}",
    "there is no place {place} in the tree",
    "there is no AIP {identifier}",
    *("no target is called so", "there is no such list of targets (any more)"),
    "send the list again at /search/list, and save the search to keep it",
    *("Look into your mail", "Thank you", "It is ended", "Imported", "Mail goes to your new address now."),
    "You hear no more of this. Other subscriptions go on.",
    *("Confirm your address", "Confirm your new address", "This is my address"),
    "nothing in the archive answers to it",
)

_ENTERED: Final = (
    "read what is kept of you, and tick that you agree; without that no account is made.",
    "Your new password is set; all sessions and tokens of the account have ended. Log in with it.",
    "the present password is not right; type the one you log in with.",
)

_ERASED: Final = (
    *(ERASED, "Your account is erased, with all that was yours in it."),
    (
        "{login} alone owns {names}, whose data are private or have not come yet; "
        "name the username of whoever takes them over."
    ),
    (
        "there is no account {name} that can be used; "
        "name another username, or ask the archive who takes the observation requests over."
    ),
    "the account that goes cannot take over; name somebody else's username.",
    "the username that was typed is not {login}; type the username of the account that is to be erased.",
    "{login} is the last administrator; make another administrator first.",
)

_POSITIONS: Final = (
    "{text} is not a right ascension; expected 0 to 360 degrees or hours, such as 83.63 or 05:34:31.9",
    "{text} is not a declination; expected -90 to 90 degrees, such as -60.9 or +22:00:52",
    *("the position has no right ascension", "the position has no declination"),
    "give both RA and Dec, or neither",
    *("longer than {count} characters", "the list has {count} targets; expected up to {most}"),
    *("send it in parts", "the list is larger than {count} bytes"),
    *("the list is no text in UTF-8", "save it as UTF-8 text"),
    "the radius {text} is not above 0 and up to {most} degrees",
)

_MOMENTS: Final = (
    "{text} is not a moment",
    "write UTC such as 2018-01-31T12:00:00, a date, or an MJD such as 58149.5",
)

_RESOLVERS: Final = (
    *("the archive's index", "the archive's file of names", "a name and a position are given"),
    *("give either of them", "the file of names {name} cannot be used: {why}"),
    "the resolver {name} did not answer within {seconds} seconds",
    "the resolver {name} did not answer; the connection failed",
    "the resolver {name} answered with status {status}",
    "the resolver {name} answered with more than {count} bytes",
    "the resolver {name} is busy; try again in a moment",
    "the answer of the resolver {name} could not be read",
)

_QUERIES: Final = (
    "line {line}, column {column}: found {text}; expected {wanted}",
    "line {line}, column {column}: there is no column {name}",
    "line {line}, column {column}: there is no table {name}; expected {table}",
    "line {line}, column {column}: {name} is no function that is known",
    "line {line}, column {column}: {name} cannot be asked here",
    "line {line}, column {column}: a text and a number are compared; expected two of a kind",
    *("perhaps {name} is meant", "the columns are listed in the help", "ask with one SELECT over one table"),
    "the functions are {names}",
    "the query ran longer than {count} seconds",
    "narrow it, for example by mission, time or a circle on the sky",
)

VOCABULARY: Final = tuple(
    dict.fromkeys(
        word
        for word in (
            *(str(member) for states in _STATES for member in states),
            *WHY_TOLD.values(),
            Settings().welcome,
            *(*sorted(names()), *_STATUS, *_FACTS, *_KINDS, *_DECISIONS, *_RULES, *_DESK, *_TO_WHOM),
            *(*_REFUSALS, *_ENTERED, *_ERASED, *_POSITIONS, *_MOMENTS, *_RESOLVERS),
            *(column.title for column in COLUMNS.values()),
            *FACET_TITLES.values(),
            *KINDS,
            *_QUERIES,
            *(column.description for column in table_columns()),
            *captions.WORDS,
            *(*bars.WORDS, *graph.WORDS, *skymap.WORDS, *timeline.WORDS),
        )
        if word
    )
)
"""Every such word, once."""

COUNTED: Final = (*captions.COUNTED, *graph.COUNTED, *skymap.COUNTED, *timeline.COUNTED)
"""What Python counts on pages, one and many."""
