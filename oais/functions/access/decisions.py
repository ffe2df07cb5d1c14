"""Asks ``policies.access.decide`` for one principal at one moment, about nodes and what lies in them."""

from __future__ import annotations

from datetime import datetime

from oais.errors import NotFoundError, RefusedError
from oais.functions.access.views import AccessNote
from policies.access import (
    ANONYMOUS,
    AccessObject,
    AccessWords,
    Action,
    Decision,
    Grant,
    Principal,
    decide,
)
from policies.tree import Tree


class ClosedError(RefusedError):
    """The description may be seen but not the data; the message says why and until when."""


class Asker:
    """Who asks, when, and under which tree of policies; one snapshot for a whole answer."""

    def __init__(self, tree: Tree, principal: Principal, now: datetime) -> None:
        self.tree = tree
        self.principal = principal
        self.now = now
        self._denied: dict[Action, tuple[str, ...]] = {}

    def decision(self, action: Action, node_path: str, aip_id: str = "") -> Decision:
        """Return the decision; a node that no policy knows is denied."""
        return decide(self.principal, action, self._target(node_path, aip_id), self.now)

    def may(self, action: Action, node_path: str, aip_id: str = "") -> bool:
        """Return whether the action is allowed."""
        return self.decision(action, node_path, aip_id).allowed

    def require(self, action: Action, node_path: str, aip_id: str, unknown: NotFoundError) -> Grant:
        """Return the grant; raises ``unknown`` where the object may not be known, else ClosedError."""
        decision = self.decision(action, node_path, aip_id)
        if decision.grant is not None:
            return decision.grant
        if decision.metadata != "public":
            raise unknown
        raise ClosedError(decision.reason, remedy=decision.remedy)

    def note(self, node_path: str, aip_id: str = "") -> AccessNote:
        """Return what a page says about downloading."""
        decision = self.decision(Action.DOWNLOAD, node_path, aip_id)
        release = decision.release_at
        return AccessNote(
            open=decision.allowed,
            reason=decision.reason,
            release_at="" if release is None else release.isoformat(),
            remedy=decision.remedy,
        )

    def locked(self, node_path: str, aip_id: str = "") -> bool:
        """Return whether a padlock stands beside it: the data are not for whoever asks."""
        return not self.may(Action.DOWNLOAD, node_path, aip_id)

    def open_to_all(self, action: Action, node_path: str, aip_id: str = "") -> bool:
        """Return whether a stranger would get the same, so that a cache may keep it."""
        return decide(ANONYMOUS, action, self._target(node_path, aip_id), self.now).allowed

    def branches_denied(self, action: Action) -> tuple[str, ...]:
        """Return the tops of the branches of the tree where the action is denied."""
        if action not in self._denied:
            self._denied[action] = self._branches_denied(action)
        return self._denied[action]

    def _branches_denied(self, action: Action) -> tuple[str, ...]:
        denied: list[str] = []
        for node in self.tree.nodes():
            below_another = any(node.path.startswith(f"{top}/") for top in denied)
            if not below_another and not self.may(action, node.path):
                denied.append(node.path)
        return tuple(denied)

    def _target(self, node_path: str, aip_id: str) -> AccessObject:
        node = self.tree.node(node_path)
        words = AccessWords() if node is None else node.words
        return AccessObject(node_path=node_path, words=words, aip_id=aip_id)
