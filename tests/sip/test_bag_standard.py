"""The pure standard: every BagIt version, encoding and spelling that RFC 8493 allows, and second opinions."""

from __future__ import annotations

import logging
import os
import sys
import tarfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oais.errors import NotFoundError
from oais.information.fixity import hash_file
from sip.bag.findings import MOST_PER_CODE, FindingLog
from sip.bag.manifests import Manifest, read_manifest
from sip.bag.paths import percent_decoded, percent_encoded, resolved, why_it_escapes
from sip.bag.reading import read_bag
from sip.bag.validation import validate_bag
from tests.sip.bags import (
    PAYLOAD,
    Spoil,
    also_listing,
    codes,
    digest,
    holding,
    make_bag,
    renew_oxum,
    replacing,
    seal_tags,
    with_payload,
    write,
)
from tests.tars import unpack

MANIFEST = "manifest-sha512.txt"
VERSIONS = ("0.93", "0.94", "0.95", "0.96", "0.97", "1.0")


def bagit_accepts(root: Path) -> bool:
    """The second opinion: bagit-python reads and validates the bag."""
    logging.disable(logging.CRITICAL)
    try:
        bagit.Bag(os.fspath(root)).validate()
    except bagit.BagError:
        return False
    finally:
        logging.disable(logging.NOTSET)
    return True


def then(*spoils: Spoil) -> Spoil:
    """Spoil a bag by one thing after another."""

    def spoil(root: Path) -> None:
        for one in spoils:
            one(root)

    return spoil


@pytest.mark.parametrize("version", VERSIONS)
def test_all_versions(version: str, tmp_path: Path) -> None:
    """A sound bag of every BagIt version is valid, for bagit-python too."""
    root = make_bag(tmp_path / "bag", version=version, algorithms=("sha512", "sha256", "md5"))
    result = validate_bag(root)
    assert result.valid
    assert result.bag.version == version
    assert bagit_accepts(root)


@pytest.mark.parametrize("version", ["0.93", "0.94"])
def test_package_info_of_old_bags(version: str, tmp_path: Path) -> None:
    """Before bag-info.txt its content stood in package-info.txt."""
    root = make_bag(tmp_path / "bag", version=version)
    (root / "bag-info.txt").rename(root / "package-info.txt")
    seal_tags(root)
    assert validate_bag(root).bag.tag("external-identifier") == "test.bag.0001"


@pytest.mark.parametrize("version", VERSIONS)
def test_manifests_of_different_sets(version: str, tmp_path: Path) -> None:
    """Only since 1.0 every manifest must list every file (§3); before, one of them was enough."""
    root = make_bag(tmp_path / "bag", version=version)
    line = f"{digest(PAYLOAD['data/img.fits'], 'sha256')}  data/img.fits\n"
    holding("manifest-sha256.txt", line.encode())(root)
    assert validate_bag(root).valid is (version != "1.0")
    assert not validate_bag(root, profile="intake").valid


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be", "iso-8859-1", "shift_jis", "gb18030"])
def test_real_encodings(codec: str, tmp_path: Path) -> None:
    """Tag files in a real encoding of text are read, with a warning; intake wants UTF-8."""
    name = {"utf-16-be": "UTF-16BE"}.get(codec, codec)
    root = make_bag(tmp_path / "bag")
    tags = "External-Identifier: a.1\nTitle: data\nPayload-Oxum: 2886.3\n"
    write(root, "bag-info.txt", tags.encode(codec))
    write(root, MANIFEST, (root / MANIFEST).read_bytes().decode().encode(codec))
    write(root, "bagit.txt", (root / "bagit.txt").read_bytes().replace(b"UTF-8", name.encode()))
    seal_tags(root)
    sealed = (root / "tagmanifest-sha512.txt").read_bytes().decode()
    write(root, "tagmanifest-sha512.txt", sealed.encode(codec))
    result = validate_bag(root)
    assert codes(result.findings) == {"BAG-006"}
    assert result.bag.tag("Title") == "data"
    assert not validate_bag(root, profile="intake").valid


def test_a_needless_mark_in_utf_16be(tmp_path: Path) -> None:
    """A byte-order mark that the encoding does not need is a remark, and no part of the first label."""
    root = make_bag(tmp_path / "bag")
    replacing("bagit.txt", b"UTF-8", b"UTF-16BE")(root)
    for name in (MANIFEST, "bag-info.txt"):
        write(root, name, ("\ufeff" + (root / name).read_bytes().decode()).encode("utf-16-be"))
    (root / "tagmanifest-sha512.txt").unlink()
    result = validate_bag(root)
    assert result.valid
    assert "BAG-033" in codes(result.findings, "warning")
    assert result.bag.tag("External-Identifier") == "test.bag.0001"


@pytest.mark.parametrize("ends", [b"\r\n", b"\r", b"\n"], ids=["CRLF", "CR", "LF"])
def test_line_ends(ends: bytes, tmp_path: Path) -> None:
    """LF, CR and CRLF end a line of every tag file (§2.3)."""
    root = make_bag(tmp_path / "bag")
    for name in (MANIFEST, "bag-info.txt", "bagit.txt"):
        holding(name, (root / name).read_bytes().replace(b"\n", ends))(root)
    assert validate_bag(root).findings == ()
    assert validate_bag(root).bag.tag("External-Identifier") == "test.bag.0001"


def manifest_as(change: Callable[[bytes], bytes]) -> Spoil:
    """The same manifest, each line written in another way."""

    def spoil(root: Path) -> None:
        lines = (root / MANIFEST).read_bytes().splitlines()
        holding(MANIFEST, b"".join(change(line) + b"\n" for line in lines))(root)

    return spoil


ALLOWED: dict[str, Spoil] = {
    "upper-case digest": manifest_as(lambda line: line[:128].upper() + line[128:]),
    "tab between": manifest_as(lambda line: line.replace(b"  ", b"\t")),
    "many spaces": manifest_as(lambda line: line.replace(b"  ", b"     ")),
    "space in a name": with_payload("data/a name.txt"),
    "%25": with_payload("data/50%", listed="data/50%25"),
    "folded value": holding("bag-info.txt", b"Title: one\n  two\n\tthree\nPayload-Oxum: 2886.3\n"),
    "tag directory": then(lambda r: write(r, "metadata/submission.yaml", b"level: N0\n"), seal_tags),
    "empty directory": lambda r: (r / "data/empty").mkdir(),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_what_the_standard_allows(case: str, tmp_path: Path) -> None:
    """These spellings are right by the standard and get no finding."""
    root = make_bag(tmp_path / "bag")
    ALLOWED[case](root)
    assert validate_bag(root).findings == ()


def test_values_are_kept_in_order(tmp_path: Path) -> None:
    """Labels keep their first spelling, repeated ones all values in order, folds their line breaks."""
    tags = "Title: one\n  two\ncontact-name: A\nContact-Name: B\nPayload-Oxum: 2886.3\n"
    bag = validate_bag(make_bag(tmp_path / "bag", tags=tags)).bag
    assert list(bag.tags) == ["Title", "contact-name", "Payload-Oxum"]
    assert bag.values("CONTACT-NAME") == ("A", "B")
    assert bag.tag("title") == "one\ntwo"


def test_a_complete_bag_with_fetch_file_is_valid(tmp_path: Path) -> None:
    """A bag whose holes have been filled is valid; only intake refuses its fetch.txt."""
    root = make_bag(tmp_path / "bag")
    holding("fetch.txt", b"https://example.org/a 2880 data/img.fits\n")(root)
    result = validate_bag(root)
    assert result.valid
    assert result.bag.fetch == {"data/img.fits": ("https://example.org/a", 2880)}
    assert not validate_bag(root, profile="intake").valid


def test_a_holey_bag_asks_no_network(tmp_path: Path) -> None:
    """What fetch.txt promises and is not there is reported, and no socket is even made."""
    sockets: list[str] = []
    watching = [True]
    sys.addaudithook(
        lambda event, _: sockets.append(event) if watching[0] and event.startswith("socket.") else None
    )
    root = make_bag(tmp_path / "bag")
    (root / "data/img.fits").unlink()
    holding("fetch.txt", b"http://169.254.169.254/latest - data/img.fits\n")(root)
    renew_oxum(root)
    result = validate_bag(root)
    watching[0] = False
    assert codes(result.findings, "error") == {"BAG-085"}
    assert sockets == []


def test_all_faults_are_listed(tmp_path: Path) -> None:
    """One bag with seven faults gets seven findings, each naming its file, not only the first."""
    root = make_bag(tmp_path / "bag")
    write(root, "data/img.fits", b"other")
    (root / "data/run1/empty.txt").unlink()
    write(root, "data/more", b"x")
    also_listing(b"nonsense\n" + b"0" * 128 + b"  ../secret\n")(root)
    holding("bag-info.txt", b"no colon\nPayload-Oxum: 1.1\n")(root)
    found = {(f.code, f.path) for f in validate_bag(root).findings if f.severity == "error"}
    assert found == {
        ("BAG-020", "data/img.fits"),
        ("BAG-019", "data/run1/empty.txt"),
        ("BAG-018", "data/more"),
        ("BAG-021", MANIFEST),
        ("BAG-040", "../secret"),
        ("BAG-071", "bag-info.txt"),
        ("BAG-079", "bag-info.txt"),
    }


def test_a_finding_tells_found_and_expected(tmp_path: Path) -> None:
    """The message of a wrong digest names algorithm, file, what was found and what was expected."""
    root = make_bag(tmp_path / "bag")
    write(root, "data/img.fits", b"other")
    (message,) = [f.message for f in validate_bag(root).findings if f.code == "BAG-020"]
    found, expected = digest(b"other", "sha512"), digest(PAYLOAD["data/img.fits"], "sha512")
    assert message == f"sha512 of data/img.fits is {found[:16]}…, expected {expected[:16]}…"


def test_findings_are_capped(tmp_path: Path) -> None:
    """Of one code a thousand findings are listed and the rest is counted."""
    root = make_bag(tmp_path / "bag")
    also_listing(b"".join(b"x%d\n" % n for n in range(MOST_PER_CODE + 234)))(root)
    found = [f for f in validate_bag(root).findings if f.code == "BAG-021"]
    assert len(found) == MOST_PER_CODE + 1
    assert found[-1].message == "234 more of BAG-021 not listed"


def test_known_digests_are_not_computed_again(tmp_path: Path) -> None:
    """With the digests of receipt nothing is read: wrong ones are believed over the sound file."""
    root = make_bag(tmp_path / "bag")
    files = {path.relative_to(root).as_posix(): hash_file(path) for path in root.rglob("*") if path.is_file()}
    assert validate_bag(root, files=files).findings == ()
    stale = files | {"data/img.fits": hash_file(root / "bagit.txt")}
    assert codes(validate_bag(root, files=stale).findings) == {"BAG-064"}


def test_no_directory(tmp_path: Path) -> None:
    """A path that is no directory is a wrong question, not a finding."""
    with pytest.raises(NotFoundError):
        validate_bag(tmp_path / "nowhere")


BAGIT_ACCEPTS: dict[str, Spoil] = {
    "linked directory in the payload": lambda r: (r / "data/d").symlink_to("/etc"),
    "link to a file of the bag": then(
        lambda r: (r / "data/run1/spectrum.csv").rename(r / "notes.txt"),
        lambda r: (r / "data/run1/spectrum.csv").symlink_to("../../notes.txt"),
        seal_tags,
    ),
    "two manifests that list different files": holding(
        "manifest-sha256.txt", f"{digest(PAYLOAD['data/img.fits'], 'sha256')}  data/img.fits\n".encode()
    ),
    "sibling directory read through the manifest": then(
        lambda r: write(r.parent, "bag-10/data/secret.txt", b"secret"),
        also_listing(digest(b"secret", "sha512").encode() + b"  ../bag-10/data/secret.txt\n"),
    ),
    "two Payload-Oxum lines": holding("bag-info.txt", b"Payload-Oxum: 2886.3\nPayload-Oxum: 2886.3\n"),
    "encoding unicode_escape": replacing("bagit.txt", b"UTF-8", b"unicode_escape"),
    "encoding utf-7": replacing("bagit.txt", b"UTF-8", b"utf-7"),
}


@pytest.mark.parametrize("case", BAGIT_ACCEPTS)
def test_we_refuse_what_bagit_accepts(case: str, tmp_path: Path) -> None:
    """Bags that bagit-python calls valid (bad-input §1.1) are refused by the pure standard here."""
    root = make_bag(tmp_path / "bag")
    BAGIT_ACCEPTS[case](root)
    assert bagit_accepts(root)
    assert not validate_bag(root).valid


BOTH_REFUSE: dict[str, Spoil] = {
    "flipped": lambda r: write(r, "data/img.fits", b"x" + PAYLOAD["data/img.fits"][1:]),
    "missing": then(lambda r: (r / "data/img.fits").unlink(), renew_oxum),
    "unlisted": then(lambda r: write(r, "data/more", b""), renew_oxum),
    "wrong tag file": lambda r: write(r, "bag-info.txt", b"A: b\n"),
    "no declaration": lambda r: (r / "bagit.txt").unlink(),
    "no manifest": then(lambda r: (r / MANIFEST).unlink(), seal_tags),
    "wrong oxum": replacing("bag-info.txt", b"2886.3", b"2886.4"),
}


@pytest.mark.parametrize("case", BOTH_REFUSE)
def test_we_refuse_what_bagit_refuses(case: str, tmp_path: Path) -> None:
    """Where bagit-python is right to refuse, so do we."""
    root = make_bag(tmp_path / "bag")
    BOTH_REFUSE[case](root)
    assert not bagit_accepts(root)
    assert not validate_bag(root).valid


def test_a_bag_made_by_bagit_is_sound(tmp_path: Path) -> None:
    """What bagit-python makes is sound at intake too, with a remark on its version, 0.97."""
    for path, data in PAYLOAD.items():
        write(tmp_path, path.removeprefix("data/"), data)
    logging.disable(logging.CRITICAL)
    bagit.make_bag(os.fspath(tmp_path), {"External-Identifier": "made.by.bagit"}, checksums=["sha512"])
    logging.disable(logging.NOTSET)
    result = validate_bag(tmp_path, profile="intake")
    assert {found.code: found.severity for found in result.findings} == {"BAG-004": "warning"}


REAL = {
    "example.edu.sample_missing_data_file.tar": (False, {"BAG-019"}),
    "example.edu.tagsample_good.tar": (True, set()),
    "test.edu.btr-wasabi-or.tar": (True, set()),
    "test.edu.btr_bad_checksums.tar": (False, {"BAG-020"}),
    "virginia.edu.uva-lib_2278801.tar": (True, set()),
}


@pytest.mark.parametrize("name", REAL)
def test_real_bags(name: str, shared: Path, tmp_path: Path) -> None:
    """Bags of real deposits get the verdict that the data's own list gives them."""
    with tarfile.open(shared / "data" / "bags" / name) as archive:
        unpack(archive, tmp_path)
    (root,) = tmp_path.iterdir()
    verdict = {line.split("\t")[0]: line for line in (shared / "data/MANIFEST.tsv").read_text().splitlines()}[
        f"bags/{name}"
    ]
    valid, expected = REAL[name]
    assert ("INVALID" not in verdict) is valid
    result = validate_bag(root)
    assert result.valid is valid
    assert codes(result.findings, "error") == expected


def test_the_real_bag_of_md5_alone(shared: Path, tmp_path: Path) -> None:
    """A deposit of 2014 with md5 alone is valid with a warning, and refused at intake."""
    with tarfile.open(shared / "data/bags/virginia.edu.uva-lib_2278801.tar") as archive:
        unpack(archive, tmp_path)
    (root,) = tmp_path.iterdir()
    assert "BAG-012" in codes(validate_bag(root).findings, "warning")
    assert "BAG-012" in codes(validate_bag(root, profile="intake").findings, "error")


NAMES = st.text(
    st.characters(exclude_characters="/\0*\\", exclude_categories=["Cs"]), min_size=1, max_size=12
).filter(lambda name: name not in (".", "..") and not name[0].isspace())


@given(st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map("/".join), st.binary(max_size=8)))
def test_manifests_come_back_as_written(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    """Any names, percent-encoded as the standard says, are read back with their digests."""
    path = tmp_path_factory.mktemp("manifest") / MANIFEST
    entries = {f"data/{name}": digest(data, "sha512") for name, data in files.items()}
    lines = (f"{value}  {percent_encoded(name)}\n" for name, value in entries.items())
    path.write_bytes("".join(lines).encode())
    manifest, log = Manifest(MANIFEST, "sha512", False, (1, 0)), FindingLog()
    read_manifest(path, manifest, "utf-8", log)
    assert {name: value.hex() for name, value in manifest.entries.items()} == entries
    assert log.listed() == ()


@given(st.text(st.sampled_from("ab./~:\\C%\n"), max_size=12))
def test_no_path_leaves_the_bag(path: str) -> None:
    """A path that is let through stays below the bag, whichever way it is joined to it."""
    assert percent_decoded(percent_encoded(path), with_percent=True) == path
    if why_it_escapes(path) == "":
        joined = os.path.normpath(os.path.join("/bag", path))
        assert joined == "/bag" or joined.startswith("/bag/")
        assert joined == os.path.normpath(os.path.join("/bag", resolved(path)))


def test_reading_alone(tmp_path: Path) -> None:
    """The tag files can be read without judging the payload."""
    bag, findings = read_bag(make_bag(tmp_path / "bag"))
    assert findings == []
    assert bag.manifests["sha512"]["data/img.fits"] == digest(PAYLOAD["data/img.fits"], "sha512")
    assert set(bag.tag_manifests["sha512"]) == {"bagit.txt", "bag-info.txt", MANIFEST}


def test_normalization_of_many_names(tmp_path: Path, record_count: Callable[[str, int], None]) -> None:
    """Manifests written on a system that decomposes names match a disk that composes them."""
    names = ["Núñez", "Å", "ệ", "가", "é" * 20]
    payload = {f"data/{unicodedata.normalize('NFC', name)}": name.encode() for name in names}
    root = make_bag(tmp_path / "bag", payload)
    composed = (root / MANIFEST).read_bytes().decode()
    holding(MANIFEST, unicodedata.normalize("NFD", composed).encode())(root)
    result = validate_bag(root)
    assert result.valid
    assert len([f for f in result.findings if f.code == "BAG-053"]) == len(names)
    record_count("matrix cells", len(names))
