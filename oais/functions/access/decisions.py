"""Asks ``policies.access.decide`` for one principal at one moment, about nodes and what lies in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import accumulate, chain
from typing import NamedTuple

from oais.errors import NotFoundError, RefusedError
from oais.functions.access.facts import AipFacts, FactReader
from oais.functions.access.releases import release_note
from oais.functions.access.views import AccessNote
from policies.access import (
    ANONYMOUS,
    AccessObject,
    AccessWords,
    Action,
    Decision,
    Grant,
    Principal,
    Step,
    decide,
)
from policies.tree import Node, Tree

NEWEST = 0
"""The number that stands for the newest version that the catalogue knows."""

_NOTHING_KNOWN = AipFacts()


class ClosedError(RefusedError):
    """The description may be seen but not the data; the message says why and until when."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.reason, remedy=decision.remedy)
        self.decision = decision


class LoginMayHelpError(ClosedError):
    """The data are closed to strangers; whoever logs in may be one of those who have them."""

    http_status = 401


class _Denied(NamedTuple):
    """The tops of the branches where an action is denied, and every node above one of them."""

    tops: tuple[str, ...]
    above: frozenset[str]


def _denied(paths: Iterable[str]) -> _Denied:
    """Return the branches that some nodes make, parents given before children."""
    inside: set[str] = set()
    tops: list[str] = []
    for path in paths:
        if path.rpartition("/")[0] not in inside:
            tops.append(path)
        inside.add(path)
    above = (accumulate(top.split("/")[:-1], "{}/{}".format) for top in tops)
    return _Denied(tuple(tops), frozenset(chain.from_iterable(above)))


class Asker:
    """Who asks, when, and under which tree of policies; one snapshot for a whole answer.

    Without ``facts`` nothing is known of packages but where they rest: what depends on more is denied.
    """

    def __init__(
        self, tree: Tree, principal: Principal, now: datetime, facts: FactReader | None = None
    ) -> None:
        self.tree = tree
        self.principal = principal
        self.now = now
        self._reader = facts
        self._facts: dict[tuple[str, int], AipFacts] = {}
        self._resting: dict[str, tuple[str, ...]] = {}
        self._told: dict[tuple[Action, str], Decision] = {}

    def asked_by(self, principal: Principal) -> Asker:
        """Return what asks the same for somebody else; what was read of packages is known to both."""
        other = Asker(self.tree, principal, self.now, self._reader)
        other._facts, other._resting = self._facts, self._resting
        return other

    def prepare(self, packages: Iterable[tuple[str, str]]) -> None:
        """Read at once what decisions about packages, as node and identifier, will need to know."""
        self._read((aip_id, NEWEST) for node, aip_id in packages if self._depends(node))

    def prepare_versions(self, versions: Iterable[tuple[str, int]]) -> None:
        """Read at once what decisions about versions, as identifier and number, will need to know."""
        self._read(key for aip_id, number in versions for key in ((aip_id, number), (aip_id, NEWEST)))

    def _read(self, versions: Iterable[tuple[str, int]]) -> None:
        wanted = [key for key in dict.fromkeys(versions) if key not in self._facts]
        if wanted and self._reader is not None:
            self._facts.update(dict.fromkeys(wanted, _NOTHING_KNOWN))
            self._facts.update(self._reader.read(wanted))

    def prepare_places(self, nodes: Iterable[str], packages: Iterable[tuple[str, str]] = ()) -> None:
        """Read at once what padlocks of places depend on: packages that rest there speak for all.

        ``packages`` are others, as node and identifier, that will be decided about too.
        """
        found: dict[str, tuple[str, str]] = {}
        wanted = [node for node in nodes if node not in self._resting and self._depends(node)]
        if wanted and self._reader is not None:
            found = self._reader.index.resting_at(wanted)
            self._resting.update((node, found.get(node, ())) for node in wanted)
        speaking = ((node, aip_id) for node, aip_ids in found.items() for aip_id in aip_ids)
        self.prepare(chain(packages, speaking))

    def decision(self, action: Action, node_path: str, aip_id: str = "", version: int = NEWEST) -> Decision:
        """Return the decision; a node that no policy knows is denied."""
        return decide(self.principal, action, self.target(node_path, aip_id, version), self.now)

    def may(self, action: Action, node_path: str, aip_id: str = "", version: int = NEWEST) -> bool:
        """Return whether the action is allowed."""
        return self._answer(action, node_path, aip_id, version).allowed

    def _answer(self, action: Action, node_path: str, aip_id: str, version: int) -> Decision:
        """Return the decision without its Grant; where no facts are asked, one for all that say the same."""
        node = self.tree.node(node_path)
        if node is None or (aip_id and self._depends(node_path)):
            return self.decision(action, node_path, aip_id, version)
        return self._of_words(action, node)

    def _of_words(self, action: Action, node: Node) -> Decision:
        """Return what is decided by the words of a node alone; a Grant is for one object and left out."""
        key = action, node.saying
        if key not in self._told:
            self._told[key] = replace(self.decision(action, node.path), grant=None)
        return self._told[key]

    def require(
        self, action: Action, node_path: str, aip_id: str, unknown: NotFoundError, version: int = NEWEST
    ) -> Grant:
        """Return the grant; raises ``unknown`` where the object may not be known, else ClosedError."""
        return self._granted(self.decision(action, node_path, aip_id, version), unknown)

    def version_decision(self, action: Action, aip_id: str, version: int) -> Decision:
        """Return the decision about a version wherever it lies, as the catalogue says.

        Where the newest version may not be described no other is known either. A version that the
        catalogue does not know is denied; of what it does not know at all, withdrawn or never there, nobody
        is told, the staff neither.
        """
        self.prepare_versions([(aip_id, version)])
        newest = self._facts.get((aip_id, NEWEST), _NOTHING_KNOWN)
        if not newest.node:
            return decide(ANONYMOUS, action, AccessObject(""), self.now)
        described = self.decision(Action.READ_METADATA, newest.node, aip_id)
        if not described.allowed:
            return described
        node = self._facts.get((aip_id, version), _NOTHING_KNOWN).node
        return self.decision(action, node, aip_id, version)

    def require_version(self, action: Action, aip_id: str, version: int, unknown: NotFoundError) -> Grant:
        """Return the grant for a version wherever it lies; raises as ``require``."""
        return self._granted(self.version_decision(action, aip_id, version), unknown)

    def _granted(self, decision: Decision, unknown: NotFoundError) -> Grant:
        if decision.grant is not None:
            return decision.grant
        if decision.metadata != "public":
            raise unknown
        stranger = self.principal.identifier == ""
        raise (LoginMayHelpError if stranger and decision.step is Step.LOG_IN else ClosedError)(decision)

    def downloading(self, node_path: str, aip_id: str) -> Decision:
        """Return the decision about downloading, without the Grant."""
        return replace(self._answer(Action.DOWNLOAD, node_path, aip_id, NEWEST), grant=None)

    def note(self, node_path: str, aip_id: str = "", version: int = NEWEST) -> AccessNote:
        """Return what a page says about downloading."""
        decision = self._answer(Action.DOWNLOAD, node_path, aip_id, version)
        release = decision.release_at
        return AccessNote(
            open=decision.allowed,
            reason=decision.reason,
            release_at="" if release is None else release.isoformat(),
            remedy=decision.remedy,
            policy=decision.policy,
            word=decision.word,
            step=decision.step,
            release=release_note(self.target(node_path, aip_id, version)),
        )

    def locked(self, node_path: str, aip_id: str = "", version: int = NEWEST) -> bool:
        """Return whether a padlock stands beside it: the data are not for whoever asks.

        Where packages differ, a place is locked when those that speak for it are; a mere branch is not.
        """
        if aip_id or not self._depends(node_path):
            return not self.may(Action.DOWNLOAD, node_path, aip_id, version)
        self.prepare_places([node_path])
        speaking = self._resting.get(node_path, ())
        return bool(speaking) and all(self.locked(node_path, resting) for resting in speaking)

    def opens(self, node_path: str, aip_id: str = "") -> str:
        """Return when what is ``locked`` opens to whoever asks (ISO 8601); empty where none knows.

        Of a place whose packages differ in what releases them nothing is said.
        """
        if not aip_id and self._depends(node_path):
            return ""
        if not self.may(Action.READ_METADATA, node_path, aip_id):
            return ""
        release = self._answer(Action.DOWNLOAD, node_path, aip_id, NEWEST).release_at
        return "" if release is None else release.isoformat()

    def open_to_all(self, action: Action, node_path: str, aip_id: str = "", version: int = NEWEST) -> bool:
        """Return whether a stranger would get the same, so that a cache may keep it."""
        return decide(ANONYMOUS, action, self.target(node_path, aip_id, version), self.now).allowed

    def branches_denied(self, action: Action) -> tuple[str, ...]:
        """Return the tops of the branches where seeing, or reading metadata, is denied."""
        return self._denied[action].tops

    def denied_below(self, action: Action, node_path: str) -> bool:
        """Return whether seeing, or reading metadata, is denied in a branch below a node."""
        return node_path in self._denied[action].above

    @cached_property
    def _denied(self) -> dict[Action, _Denied]:
        """What one decision about all that say the same says of both: how much of a node may be shown."""
        shown: dict[str, str] = {}
        for nodes in self.tree.alike:
            word = self._of_words(Action.SEE, nodes[0]).metadata
            if word != "public":
                shown.update((node.path, word) for node in nodes)
        if self._reader is not None:
            # Packages outlive their agreement: where no policy speaks any more, nothing is counted either.
            lawless = self.tree.unknown(self._reader.index.paths())
            shown.update((path, self.decision(Action.SEE, path).metadata) for path in lawless)
        ordered = sorted(shown.items())
        return {
            Action.SEE: _denied(path for path, word in ordered if word == "hidden"),
            Action.READ_METADATA: _denied(path for path, word in ordered if word != "public"),
        }

    def target(self, node_path: str, aip_id: str = "", version: int = NEWEST) -> AccessObject:
        """Return what the decision is about: the words of its node and what is known of the version."""
        if aip_id and self._depends(node_path):
            self._read([(aip_id, version)])
        facts = self._facts.get((aip_id, version), _NOTHING_KNOWN)
        return AccessObject(
            node_path=node_path,
            words=self._words(node_path),
            aip_id=aip_id,
            kind=facts.kind,
            level=facts.level,
            values=facts.values,
            request=facts.request,
        )

    def _words(self, node_path: str) -> AccessWords:
        node = self.tree.node(node_path)
        return AccessWords() if node is None else node.words

    def _depends(self, node_path: str) -> bool:
        """Return whether the words of a node ask for more than who and when."""
        layers = self._words(node_path).layers()
        return any(words.rule is not None or words.exemptions for words in layers)
