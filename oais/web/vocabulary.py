"""Words that Python says on pages: names of states, roles and facts, and sentences of the access decision.

Each stands here once more so that it can be translated; ``{name}`` is a gap.
What is missing stays English and is marked as such on the page.
"""

from __future__ import annotations

from typing import Final

from oais.database.deposits import DepositState
from oais.database.orders import OrderState
from oais.functions.access.columns import COLUMNS
from oais.information.findings import Severity
from oais.information.premis import EventType, Outcome
from oais.information.withdrawals import WHY_TOLD
from oais.information.withdrawals import State as WithdrawalState
from oais.web.panel import names
from policies.access import Action, Step
from policies.embargo import Basis
from policies.principals import Duty, Role, Scope, State

_STATES: Final = (Action, Basis, DepositState, Duty, EventType, OrderState, Outcome, Role, Scope, Severity,
                  State, Step, WithdrawalState)  # fmt: skip

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
        "Ingested",
        "Receipt",
        "Position",
        "Begins",
        "Ends",
    ),
    *("Exposure", "Time resolution", "Samples", "Wavelength", "Observed quantity", "Data product type"),
    *("Calibration level", "Valid", "Type"),
)

_KINDS: Final = (
    *("mission", "level", "data set", "collection", "branch", "observation", "calibration", "housekeeping"),
    *("document", "software", "product", "science", "draft", "reference file", "input", "parameter"),
    *("step", "held elsewhere", "planned", "User guide", "Calibration report", "Interface control document"),
    "Technical note",
)

_DECISIONS: Final = (
    *("there is no such object", "its data were withdrawn", "the archive's staff may"),
    *("its name is shown", "its description is shown", "open to all", "open to holders of an access code"),
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

_REFUSALS: Final = (
    *("there is no such page", "there is no such order", "/orders shows yours", "there is no such basket"),
    *("/basket shows yours", "the basket is empty", "put something in first", "your session has ended"),
    *("log in again", "log in and come back", "nothing of what was asked for is in the archive"),
    *("nothing in the archive answers to this selection", "widen it", "wait a few seconds and try again"),
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
    *("Look into your mail", "Thank you", "It is ended", "Imported", "Mail goes to your new address now."),
    "You hear no more of this. Other subscriptions go on.",
)

VOCABULARY: Final = tuple(
    dict.fromkeys(
        word
        for word in (
            *(str(member) for states in _STATES for member in states),
            *WHY_TOLD.values(),
            *(*sorted(names()), *_STATUS, *_FACTS, *_KINDS, *_DECISIONS, *_REFUSALS),
            *(column.title for column in COLUMNS.values()),
        )
        if word
    )
)
"""Every such word, once."""
