"""The service: an archive with its database and its key, whichever database the settings name."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.errors import ConfigurationError, UnauthenticatedError
from oais.functions.administration import initialise
from oais.functions.people.accounts import Entry, create_administrator, disable, person_of
from oais.functions.people.authority import OPERATOR
from oais.functions.people.confirmations import ask_reset
from oais.functions.people.delegation import delegate
from oais.functions.people.registration import import_people
from oais.functions.people.sessions import known_by_session, log_in
from oais.functions.people.tokens import known_by_token, make_token
from oais.functions.service import Service, open_service

PASSWORD = "seven tall herons wade"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive whose database each test names itself."""
    return initialise(tmp_path_factory.mktemp("service") / "home", name="Test archive")


@pytest.fixture
def service(archive: Archive, address: str) -> Iterator[Service]:
    """The service on a new database of each kind, named by the setting."""
    opened = open_service(replace(archive, settings=replace(archive.settings, database=address)))
    yield opened
    opened.database.close()


def test_people_find_the_same_on_both_databases(service: Service) -> None:
    """Made, imported, logged in, with token and delegation, and gone with the account."""
    root = create_administrator(service, Entry("root", "Root", "root@example.org"), PASSWORD)
    rows = "pia,Pia,pia@example.org,PI,tess:AO-1 tess:AO-2\ndan,Dan,dan@example.org,PI,tess:AO-9\n"
    import_people(service, root.identifier, f"login,name,email,role,requests\n{rows}")
    pia, dan = (person_of(service, login).identifier for login in ("pia", "dan"))
    session = log_in(service, "root", PASSWORD).secret
    assert known_by_session(service, session).principal.identifier == root.identifier
    token = make_token(service, dan, dan, "notebook", ["read", "download"]).secret
    delegate(service, pia, "tess:AO-2", "dan")
    ask_reset(service, "pia")
    assert known_by_token(service, token).principal.delegated == {"tess:AO-2"}
    disable(service, root.identifier, "pia")
    assert known_by_token(service, token).principal.delegated == set()
    disable(service, OPERATOR, "dan")
    with pytest.raises(UnauthenticatedError):
        known_by_token(service, token)


def test_the_key_is_made_once_and_for_its_owner_alone(archive: Archive, tmp_path: Path) -> None:
    """Eight that open a new home at once have one key; it stays at the next opening."""
    home = tmp_path / "home"
    (home / "keys").mkdir(parents=True)
    new = replace(archive, home=home)
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(open_service, [new] * 8))
    secrets = {service.secret for service in (*opened, open_service(new))}
    for service in opened:
        service.database.close()
    assert len(secrets) == 1
    assert len(secrets.pop()) == 32
    assert [path.name for path in (home / "keys").iterdir()] == ["service.key"]
    assert stat.S_IMODE((home / "keys" / "service.key").stat().st_mode) == 0o600


@pytest.mark.parametrize(("key", "mode"), [(b"short", 0o600), (b"x" * 33, 0o600), (b"x" * 32, 0o644)])
def test_a_key_that_is_not_whole_or_not_private_is_refused(
    archive: Archive, tmp_path: Path, key: bytes, mode: int
) -> None:
    """The fault tells what was found, and never the key."""
    path = tmp_path / "keys" / "service.key"
    path.parent.mkdir()
    path.write_bytes(key)
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="expected 32 and 600") as fault:
        open_service(replace(archive, home=tmp_path))
    assert key.decode() not in fault.value.message


def test_each_purpose_has_digests_of_its_own(service: Service) -> None:
    """The same text gives one digest for one purpose; parting purpose and text elsewhere gives another."""
    assert service.hmac("address", "192.0.2.1") == service.hmac("address", "192.0.2.1")
    assert service.hmac("address", "192.0.2.1") != service.hmac("code", "192.0.2.1")
    assert service.hmac("ab", "c") != service.hmac("a", "bc")
    assert len(service.hmac("address", "")) == 64
    assert service.secret.hex() not in repr(service)
    assert repr(service.secret) not in repr(service)
