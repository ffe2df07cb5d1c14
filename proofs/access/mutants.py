"""Mutants of a module: every small wrong turn its author could have taken, one at a time.

A mutant is the module's source with one change. Annotations, docstrings and ``__all__`` say nothing to a
running program and are left as they are.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from types import CodeType

Apply = Callable[[ast.AST], None]
"""Changes a node in its place."""

Turn = tuple[str, Apply]
"""What a change is called, and the change."""

_COMPARISONS: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OPERATORS: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_FUNCTIONS = {"max": "min", "min": "max", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one change, compiled; ``line`` and ``change`` say which."""

    module: str
    line: int
    change: str
    code: CodeType

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.change}"


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module's source; one whose text stays the same is none."""
    tree = ast.parse(source)
    members = _enumerations(tree)
    silent = _silent(tree)
    original = ast.unparse(tree)
    for index, node in enumerate(ast.walk(tree)):
        if node in silent:
            continue
        for change, apply in _turns(node, members):
            changed = deepcopy(tree)
            apply(next(other for at, other in enumerate(ast.walk(changed)) if at == index))
            ast.fix_missing_locations(changed)
            if ast.unparse(changed) != original:
                code = compile(changed, f"<mutant of {module}>", "exec", dont_inherit=True)
                yield Mutant(module, getattr(node, "lineno", 0), change, code)


def _silent(tree: ast.Module) -> set[ast.AST]:
    """Return the nodes that say nothing to a running program."""
    tops: list[ast.AST] = []
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            tops += [part for part in [getattr(node, name, None)] if part is not None]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            tops.append(node)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            tops.append(node)
    return {node for top in tops for node in ast.walk(top)}


def _enumerations(tree: ast.Module) -> dict[str, list[str]]:
    """Return the members of the enumerations that a module defines or names, by class."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr.isupper():
            found.setdefault(node.value.id, [])
            found[node.value.id] += [] if node.attr in found[node.value.id] else [node.attr]
    return found


def _turns(node: ast.AST, members: Mapping[str, list[str]]) -> Iterator[Turn]:
    """Yield the changes that a node can take."""
    maker = _MAKERS.get(type(node))
    if maker is not None:
        yield from maker(node)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        for other in members.get(node.value.id, []):
            if other != node.attr and node.attr in members[node.value.id]:
                yield f"{node.value.id}.{other} for {node.attr}", _setting("attr", other)


def _setting(name: str, value: object) -> Apply:
    return lambda node: setattr(node, name, deepcopy(value))


def _dropping(*names: str, at: int) -> Apply:
    def drop(node: ast.AST) -> None:
        for name in names:
            getattr(node, name).pop(at)

    return drop


def _compare(node: ast.Compare) -> Iterator[Turn]:
    for at, operator in enumerate(node.ops):
        for other in _COMPARISONS[type(operator)]:
            ops = [*node.ops[:at], other(), *node.ops[at + 1 :]]
            yield f"{other.__name__} for {type(operator).__name__}", _setting("ops", ops)


def _bool_op(node: ast.BoolOp) -> Iterator[Turn]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield f"{type(other).__name__} for {type(node.op).__name__}", _setting("op", other)
    for at, value in enumerate(node.values):
        rest = [*node.values[:at], *node.values[at + 1 :]]
        yield f"without {ast.unparse(value)!r}", _setting("values", rest if len(rest) > 1 else rest * 2)


def _bin_op(node: ast.BinOp) -> Iterator[Turn]:
    other = _OPERATORS.get(type(node.op))
    if other is not None:
        yield f"{other.__name__} for {type(node.op).__name__}", _setting("op", other())


def _not(node: ast.UnaryOp) -> Iterator[Turn]:
    if isinstance(node.op, ast.Not):
        yield "without 'not'", _setting("operand", ast.UnaryOp(ast.Not(), node.operand))


def _constant(node: ast.Constant) -> Iterator[Turn]:
    value = node.value
    if isinstance(value, bool):
        yield f"{not value} for {value}", _setting("value", not value)
    elif isinstance(value, int):
        yield f"{value + 1} for {value}", _setting("value", value + 1)
    elif isinstance(value, str):
        yield f"another text for {value!r}", _setting("value", f"{value}~")


def _test(node: ast.If | ast.IfExp) -> Iterator[Turn]:
    for value in (True, False):
        yield f"{value} for {ast.unparse(node.test)!r}", _setting("test", ast.Constant(value))


def _returned(node: ast.Return) -> Iterator[Turn]:
    if node.value is not None:
        yield f"None for {ast.unparse(node.value)!r}", _setting("value", ast.Constant(None))


def _statement(node: ast.Expr) -> Iterator[Turn]:
    yield f"without {ast.unparse(node)!r}", _setting("value", ast.Constant(None))


def _items(node: ast.Set | ast.Tuple | ast.List) -> Iterator[Turn]:
    reads = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    for at, item in enumerate(node.elts if reads else []):
        yield f"without {ast.unparse(item)!r}", _dropping("elts", at=at)


def _entries(node: ast.Dict) -> Iterator[Turn]:
    for at, key in enumerate(node.keys):
        yield f"without the entry {ast.unparse(key) if key else '**'!r}", _dropping("keys", "values", at=at)


def _call(node: ast.Call) -> Iterator[Turn]:
    other = _FUNCTIONS.get(ast.unparse(node.func))
    if other is not None:
        yield f"{other} for {ast.unparse(node.func)}", _setting("func", ast.Name(other, ast.Load()))
    for at, keyword in enumerate(node.keywords):
        yield f"without {ast.unparse(keyword)!r}", _dropping("keywords", at=at)


def _condition(node: ast.comprehension) -> Iterator[Turn]:
    for at, test in enumerate(node.ifs):
        yield f"without 'if {ast.unparse(test)}'", _dropping("ifs", at=at)


_MAKERS: Mapping[type[ast.AST], Callable[..., Iterator[Turn]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _bool_op,
    ast.BinOp: _bin_op,
    ast.UnaryOp: _not,
    ast.Constant: _constant,
    ast.If: _test,
    ast.IfExp: _test,
    ast.Return: _returned,
    ast.Expr: _statement,
    ast.Set: _items,
    ast.Tuple: _items,
    ast.List: _items,
    ast.Dict: _entries,
    ast.Call: _call,
    ast.comprehension: _condition,
}
