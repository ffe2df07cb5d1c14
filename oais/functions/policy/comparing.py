"""What other policies would change: node by node, before they are put in force."""

from __future__ import annotations

from dataclasses import dataclass

from policies.access import AccessWords, Exemption
from policies.embargo import Period
from policies.loading import PolicySet


@dataclass(frozen=True, slots=True)
class Change:
    """The words of a node now and as they would be; an empty text where there is no such node."""

    node: str
    before: str
    after: str


def compare(before: PolicySet, after: PolicySet) -> list[Change]:
    """Return every node of either tree whose words differ, by path."""
    old = {node.path: in_words(node.words) for node in before.tree.nodes()}
    new = {node.path: in_words(node.words) for node in after.tree.nodes()}
    return [
        Change(path, old.get(path, ""), new.get(path, ""))
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
    ]


def in_words(words: AccessWords) -> str:
    """Return the words in force at a node in one line, those of the nodes above behind it."""
    return "; and ".join(_one(layer) for layer in words.layers())


def _one(words: AccessWords) -> str:
    metadata = f"metadata {words.metadata}"
    if words.metadata_opens is not None:
        metadata += f", public from {words.metadata_opens:%Y-%m-%d}"
    return f"{metadata}, data {words.data}{_end(words)}{_more(words)} ({words.policy}: {words.reason})"


def _end(words: AccessWords) -> str:
    if words.rule is not None:
        periods = ((words.rule.periods.after_last, "last"), (words.rule.periods.after_first, "first"))
        told = " or ".join(_after(period, which) for period, which in periods if period is not None)
        return f" until {told}, then {words.then}"
    return "" if words.opens is None else f" until {words.opens:%Y-%m-%d}, then {words.then}"


def _after(period: Period, which: str) -> str:
    return f"{period} after the {which} visit"


def _more(words: AccessWords) -> str:
    """Return what else the words say: groups, a mailed code, periods of headers, exceptions."""
    told = [f"groups {', '.join(words.groups)}"] if words.groups else []
    told += ["a mailed code as well"] if words.code else []
    told += ["periods of headers first"] if words.rule is not None and words.rule.from_headers else []
    told += [f"{item.data} for {_covered(item)}" for item in words.exemptions]
    return "".join(f", {item}" for item in told)


def _covered(exemption: Exemption) -> str:
    conditions = {"kind": exemption.kinds, "level": exemption.levels, **exemption.values}
    return " and ".join(f"{name} {' or '.join(wanted)}" for name, wanted in conditions.items() if wanted)
