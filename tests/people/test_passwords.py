"""Which passwords are taken, and how a flood of logins is met (bad-input table I, rows I1 and I2)."""

from __future__ import annotations

import os
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import pytest
from argon2.exceptions import VerifyMismatchError
from hypothesis import given
from hypothesis import strategies as st

from oais.errors import BusyError, InvalidError
from oais.functions.people import passwords
from oais.functions.people.passwords import MOST_BYTES, check_password, fits, hash_password, is_outdated

GOOD = (
    "seven tall herons wade",
    "  spaces at both ends  ",
    "πέντε μικρά καράβια",
    "五匹の小さな鯨が静かに泳ぐ夜明け前",
    "x7" + "k" * 200 + "abcdefgh",
    "🦀🐙🦑🐳🐬 wander about",
    "nul\0in\0the\0middle of it",
    "correct horse battery staple",
)
BAD = {
    "seven c": "7 characters, expected at least 15",
    "": "0 characters, expected at least 15",
    "fourteen chars": "14 characters",
    "a" * 40: "fewer than 5 different characters",
    "abababababababab": "fewer than 5 different characters",
    "passwordpassword": "everybody tries first",
    "Password12345678": "everybody tries first",
    "qwertyuiop123456": "everybody tries first",
    "LetMeIn!!!!!!!!!!1234567": "everybody tries first",
    "ｐａｓｓｗｏｒｄ１２３４５６７８": "everybody tries first",
    "123456789012345": "everybody tries first",
    "wilma.stone2026!": "own name",
    "x" * (MOST_BYTES + 1): "longer than 1024 bytes",
    "é" * 600: "longer than 1024 bytes",
    "x" * 1_000_000: "longer than 1024 bytes",
}


@pytest.mark.parametrize("password", GOOD)
def test_long_ones_of_any_characters_are_taken_whole(password: str) -> None:
    """Spaces, NUL and all scripts count; a change at either end makes another password."""
    check_password(password, "wilma.stone")
    hashed = hash_password(password)
    assert fits(password, hashed)
    assert not fits(password + "x", hashed)
    assert not fits(password[1:], hashed)
    assert not fits(password[:-1], hashed)


@pytest.mark.parametrize(("password", "told"), BAD.items(), ids=range(len(BAD)))
def test_short_common_and_endless_ones_are_refused(password: str, told: str) -> None:
    """The fault names the rule, has status 422, and never shows the password."""
    with pytest.raises(InvalidError, match=told) as fault:
        check_password(password, "wilma.stone", "Wilma Stone", "wilma@example.org")
    assert fault.value.http_status == 422
    assert not password or len(password) < 8 or password not in fault.value.message


def test_a_refused_password_costs_no_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules are asked before argon2 is."""

    class NoHasher:
        def hash(self, _password: bytes) -> NoReturn:
            raise AssertionError("hashed")

    monkeypatch.setattr(passwords, "_HASHER", NoHasher())
    with pytest.raises(InvalidError):
        check_password("x" * 1_000_000)


def test_twins_of_unicode_are_one_password() -> None:
    """What looks the same on two keyboards is the same password (NFKC)."""
    composed = "café crème brûlée à Orsay"
    assert fits(unicodedata.normalize("NFD", composed), hash_password(composed))


@given(st.text(min_size=15, max_size=60))
def test_the_rules_answer_for_every_text(password: str) -> None:
    """Whatever is typed, there is an answer, and the twins of a password get the same."""
    told = passwords.password_fault(password)
    assert passwords.password_fault(unicodedata.normalize("NFKC", password)) == told


def test_the_hash_is_argon2id_with_the_agreed_costs() -> None:
    """19 MiB, two passes, one lane; hashes of other costs are renewed."""
    hashed = hash_password(GOOD[0])
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not is_outdated(hashed)
    assert is_outdated(hashed.replace("m=19456", "m=8192"))
    assert hashed != hash_password(GOOD[0])


@pytest.mark.parametrize("hashed", ["", "x", "$argon2id$v=19$m=19456,t=2,p=1$broken"])
def test_no_password_fits_a_missing_or_broken_hash(hashed: str) -> None:
    """An account without a password cannot be opened by any, not even the empty one."""
    assert not fits("", hashed)
    assert not fits(GOOD[0], hashed)
    assert not fits("nobody has this password", hashed)


class SlowHasher:
    """Hashes that end when the test says so, counting how many are under way."""

    def __init__(self) -> None:
        self.verified = 0
        self.at_once = 0
        self.most_at_once = 0
        self.arrived = threading.Semaphore(0)
        self.go_on = threading.Event()
        self._lock = threading.Lock()

    def hash(self, _password: bytes) -> str:
        return "a hash"

    def verify(self, _hashed: str, _password: bytes) -> NoReturn:
        with self._lock:
            self.verified += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.arrived.release()
        assert self.go_on.wait(60)
        with self._lock:
            self.at_once -= 1
        raise VerifyMismatchError


def test_a_flood_of_logins_is_met_by_few_hashes_and_a_short_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 200 at once two are hashed (one where pages need the second core), 20 wait, the others come back."""
    few = 1 if (os.cpu_count() or 1) <= 2 else 2
    slow = SlowHasher()
    monkeypatch.setattr(passwords, "_HASHER", slow)
    turned_away = threading.Semaphore(0)
    answers = set()

    def try_one(number: int) -> bool:
        try:
            assert not fits("whatever it may be", "a hash" if number % 2 else "")
        except BusyError as error:
            answers.add((error.http_status, error.retry_after > 0))
            turned_away.release()
            return False
        return True

    with ThreadPoolExecutor(200) as pool:
        tries = [pool.submit(try_one, number) for number in range(200)]
        for _one in range(180 - few):
            assert turned_away.acquire(timeout=60)
        for _one in range(few):
            assert slow.arrived.acquire(timeout=60)
        assert slow.most_at_once == few
        slow.go_on.set()
        served = sum(one.result() for one in tries)
    assert answers == {(429, True)}
    assert (served, slow.verified, slow.most_at_once) == (20 + few, 20 + few, few)
    assert not fits("whatever it may be", "")  # there is room again
