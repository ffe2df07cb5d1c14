"""Why data are under an embargo and until when: the inputs of a computed release, ready to be shown."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from oais.functions.access.views import ReleaseNote, VisitNote
from policies.access import ANONYMOUS, AccessObject, Action, decide
from policies.embargo import EmbargoRule, ObservationRequest, Period, periods_of, release_of

FOR_EVER: Final = (
    "it names no observation request, so it has no owner and no date will ever release it: deliver a new "
    "version that names one, in the agreement's mapping or in submission.yaml, or except it in the policy"
)
"""What is said of a package under an embargo that nothing can end."""


def private_for_ever(target: AccessObject, now: datetime) -> bool:
    """Return whether a package is under an embargo that no observation request can ever end."""
    return target.request is None and decide(ANONYMOUS, Action.DOWNLOAD, target, now).word == "embargo"


def release_note(target: AccessObject) -> ReleaseNote | None:
    """Return from what an object's release is computed; None where no rule and no request is asked."""
    rules = (words.rule for words in target.words.layers())
    rule = next((rule for rule in rules if rule is not None), None)
    if rule is None or target.request is None:
        return None
    request = target.request
    release = release_of(request, rule)
    waiver = request.waiver
    return ReleaseNote(
        request=request.identifier,
        visits=tuple(VisitNote(visit.identifier, _written(visit.completed_at)) for visit in request.visits),
        rule=rule_in_words(request, rule),
        basis=str(release.basis),
        released_at=_written(release.at),
        waived_by=waiver.by if waiver else "",
        waived_at=_written(waiver.at) if waiver else "",
        waiver_reason=waiver.reason if waiver else "",
        fault=request.fault if rule.from_headers else "",
    )


def rule_in_words(request: ObservationRequest, rule: EmbargoRule) -> str:
    """Return which periods count for a request, in words."""
    periods = periods_of(request, rule)
    if periods is None:
        return "no period: those of the headers cannot be"
    ends = ((periods.after_last, "last"), (periods.after_first, "first"))
    told = [_after(period, which) for period, which in ends if period is not None]
    return " or ".join(told) + (", whichever comes first" if len(told) > 1 else "")


def _after(period: Period, which: str) -> str:
    return f"{period} after its {which} visit was completed"


def _written(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()
