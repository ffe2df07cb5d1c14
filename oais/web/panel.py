"""The personal panel: what each person finds there, by what he may do."""

from __future__ import annotations

from typing import Final

from policies.principals import Duty, Principal, may

_PANEL: Final[tuple[tuple[str, str, Duty], ...]] = (
    ("/me", "My account", Duty.OWN_ACCOUNT),
    ("/orders", "My orders", Duty.OWN_ACCOUNT),
    ("/me/delegations", "Access delegation", Duty.OWN_ACCOUNT),
    ("/me/queries", "My queries", Duty.OWN_ACCOUNT),
    ("/me/deposits", "My deliveries", Duty.DEPOSIT),
    ("/help#mine", "My help", Duty.OWN_ACCOUNT),
    ("/help", "Help page", Duty.OWN_ACCOUNT),
    ("/desk/people", "People", Duty.MANAGE_PEOPLE),
    ("/desk/groups", "Groups", Duty.MANAGE_PEOPLE),
    ("/desk/approvals", "Approvals", Duty.MANAGE_PEOPLE),
    ("/desk/withdrawals", "Withdrawals", Duty.MANAGE_ARCHIVE),
    ("/desk/usage", "Downloads", Duty.MANAGE_ARCHIVE),
    ("/desk/audits", "Audits", Duty.MANAGE_ARCHIVE),
    ("/desk/formats", "Formats", Duty.MANAGE_ARCHIVE),
    ("/desk/policies", "Policies", Duty.MANAGE_POLICY),
    ("/desk/embargoes", "Embargoes", Duty.MANAGE_POLICY),
    ("/desk/log", "Security log", Duty.SEE_LOG),
)


def panel(principal: Principal) -> list[tuple[str, str]]:
    """Return address and name of what a person finds in his panel."""
    return [(address, name) for address, name, duty in _PANEL if may(principal, duty)]
