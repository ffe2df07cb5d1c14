"""``verify.py``: one file, the standard library of Python 3.6, and signatures checked as everybody does."""

from __future__ import annotations

import ast
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from oais.information.reader.composed import is_older, verify_program
from oais.information.reader.ed25519 import ORDER, raw_key, signed_by
from oais.information.signature import create_signer, verify_signature

# What a Python 3.6 has; all of it is in every later one too.
MODULES_OF_OLD = {
    "argparse",
    "base64",
    "collections.abc",
    "hashlib",
    "json",
    "os",
    "re",
    "shutil",
    "subprocess",
    "tempfile",
    "stat",
    "sys",
    "typing",
}


@pytest.fixture(scope="module")
def tree() -> ast.Module:
    """The program as a Python 3.6 would read it."""
    return ast.parse(verify_program(), feature_version=(3, 6))


def test_it_needs_nothing_but_an_old_python(tree: ast.Module) -> None:
    """The program has the syntax of Python 3.6 and imports only what that version brings."""
    modules = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert modules <= MODULES_OF_OLD


def test_no_annotation_is_computed_that_an_old_python_does_not_know(tree: ast.Module) -> None:
    """``dict[str, str]`` and ``X | None`` came later: in a signature they stand in quotes."""
    plain = (ast.Constant, ast.Name)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            annotations = [arg.annotation for arg in node.args.args if arg.annotation]
            annotations += [node.returns] if node.returns else []
            assert all(isinstance(each, plain) for each in annotations), node.name
        if isinstance(node, ast.Module | ast.ClassDef):
            assert not any(isinstance(each, ast.AnnAssign) for each in node.body)


def test_every_name_it_uses_is_in_the_one_file(tree: ast.Module) -> None:
    """No part forgot what it takes from another: the composed program imports nothing of ours."""
    assert b"oais." not in verify_program()
    namespace: dict[str, object] = {"__name__": "verify"}
    exec(compile(tree, "verify.py", "exec"), namespace)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    stored = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    caught = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)}
    arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    builtins = set(vars(__import__("builtins")))
    assert used - set(namespace) - stored - caught - arguments - builtins == {"__file__"}


def test_vectors_of_the_standard() -> None:
    """The signatures of RFC 8032 §7.1 (tests 1 to 3) are accepted, and over other bytes refused."""
    vectors = (
        ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", ""),
        ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "72"),
        ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "af82"),
    )
    for seed, message in vectors:
        signer = create_signer(bytes.fromhex(seed))
        data = bytes.fromhex(message)
        assert signed_by(signer.public_pem, data, signer.sign(data))
        assert not signed_by(signer.public_pem, data + b"x", signer.sign(data))


def test_it_agrees_with_openssls_code_on_signatures_and_on_their_damage(seeded: random.Random) -> None:
    """Keys and messages by chance, each whole and with one bit changed anywhere: one verdict."""
    for _ in range(15):
        signer = create_signer(seeded.randbytes(32))
        data = seeded.randbytes(seeded.randrange(200))
        signature = signer.sign(data)
        assert signed_by(signer.public_pem, data, signature)
        for _ in range(4):
            changed = bytearray(signature)
            changed[seeded.randrange(64)] ^= 1 << seeded.randrange(8)
            verdict = verify_signature(signer.public_pem, data, bytes(changed))
            assert signed_by(signer.public_pem, data, bytes(changed)) is verdict is False


def test_forms_of_signature_that_must_be_refused() -> None:
    """A second form of the same signature (S + L), wrong lengths and what is no key are refused."""
    signer = create_signer(b"\x05" * 32)
    good = signer.sign(b"data")
    second = (int.from_bytes(good[32:], "little") + ORDER).to_bytes(32, "little")
    for bad in (good[:32] + second, good[:63], good + b"\0", b"", b"\xff" * 64, b"\0" * 64):
        assert not signed_by(signer.public_pem, b"data", bad)
    for key in (b"", b"x", signer.public_pem[:60], signer.public_pem.replace(b"PUBLIC", b"SECRET")):
        assert raw_key(key) == b""
        assert not signed_by(key, b"data", good)
    assert len(raw_key(signer.public_pem)) == 32
    assert Ed25519PrivateKey.from_private_bytes(b"\x05" * 32).public_key().public_bytes_raw() == raw_key(
        signer.public_pem
    )


def test_an_older_program_gives_way_and_a_newer_one_stays() -> None:
    """What lies in a storage root is replaced by a later release only, or when it is damaged."""
    ours = verify_program()
    assert not is_older(ours)
    assert is_older(ours.replace(b"READER = ", b"READER = 0"))
    assert is_older(ours[:-1])
    assert is_older(b"")
    assert not is_older(ours.replace(b"READER = ", b"READER = 9"))
