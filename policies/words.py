"""The words of access: what a policy may say of a node, and what is known of the object it is said of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from policies.embargo import EmbargoRule, ObservationRequest

METADATA_WORDS: Final = ("public", "listed", "hidden")
"""What is shown of a node, from open to strict: everything, its name and a padlock, nothing."""

DATA_WORDS: Final = ("open", "email-code", "account", "group", "embargo", "closed")
"""Who downloads, from open to strict: anybody, who has a mailed code, any registered user, the members of
groups, the owners of the observation request and their delegates, nobody but the archive's staff."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """What a policy frees from its own word: every condition that is given must hold.

    ``values`` are the agreement's names and the texts that each may have.
    """

    reason: str
    data: str = "open"
    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def covers(self, target: AccessObject) -> bool:
        """Return whether the object is one of those freed."""
        return (
            (not self.kinds or target.kind in self.kinds)
            and (not self.levels or target.level in self.levels)
            and all(str(target.values.get(name)) in wanted for name, wanted in self.values.items())
        )


@dataclass(frozen=True, slots=True)
class AccessWords:
    """What one policy says of a node, and what stands above it: all of them must allow.

    ``policy`` is the name of the policy, ``node`` the node that set the words, ``reason`` why they are so.
    The data word holds until ``opens``, or until the embargo's ``rule`` releases, then ``then`` does.
    ``code`` asks insiders for a mailed code in addition to the login. ``metadata_opens`` is when the
    description becomes public; ``contact`` how to ask.
    """

    metadata: str = "hidden"
    data: str = "closed"
    policy: str = ""
    node: str = ""
    reason: str = "no policy names it"
    opens: datetime | None = None
    contact: str = ""
    then: str = "open"
    groups: tuple[str, ...] = ()
    rule: EmbargoRule | None = None
    code: bool = False
    metadata_opens: datetime | None = None
    exemptions: tuple[Exemption, ...] = ()
    above: AccessWords | None = None

    def layers(self) -> Iterator[AccessWords]:
        """Return these words and all that stand above them."""
        words: AccessWords | None = self
        while words is not None:
            yield words
            words = words.above

    def saying(self) -> str:
        """Return a text that is the same for words that say the same, whichever nodes set them."""
        return repr([replace(words, node="", above=None) for words in self.layers()])


@dataclass(frozen=True, slots=True)
class AccessObject:
    """A thing to decide about: a node, or an AIP that lies at a node.

    ``kind``, ``level`` and ``values`` are its description's, ``request`` what is known of its observation
    request; ``withdrawn`` data are described and not handed out.
    """

    node_path: str
    words: AccessWords = field(default_factory=AccessWords)
    aip_id: str = ""
    kind: str = ""
    level: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    request: ObservationRequest | None = None
    withdrawn: bool = False
