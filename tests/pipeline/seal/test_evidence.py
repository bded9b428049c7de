"""Evidence records: one time-stamp for many files, proof for each alone, renewed beyond the end of every certificate."""

import hashlib
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.seal.evidence import (
    Stamp,
    decode,
    encode,
    end_of,
    extended,
    grow,
    imprint_of,
    rehashed,
    renewal_of,
    root_of,
    stated_time,
    verify_evidence,
)
from pipeline.seal.raising import Authorities, time_stamp_of
from schemas.problem import ProblemError

FILES = [{f"copy {n}": b"%%PDF %d" % n, f"record {n}": b'{"version": %d}' % n} for n in range(5)]
Y2021, Y2024, Y2039 = (datetime(year, 6, 1, tzinfo=UTC) for year in (2021, 2024, 2039))


def hashes(files, digest="sha256"):
    return [hashlib.new(digest, data).digest() for data in files.values()]


@pytest.fixture(scope="module")
def stamped(pki):
    """Return a function that gives, for groups of hashes, the stamp of each one: one time-stamp is taken for all."""

    def stamp(groups, at, label="tsa", digest="sha256"):
        tree = grow(groups, digest)
        with pki.at(at):
            token = time_stamp_of(tree.root, digest, Authorities(pki.tsa_until(label), 30))
        return [Stamp(digest, path, token) for path in tree.paths]

    return stamp


@pytest.fixture(scope="module")
def once(stamped):
    return [((stamp,),) for stamp in stamped([hashes(files) for files in FILES], Y2021, "tsa-2022")]


@pytest.fixture(scope="module")
def renewed(once, stamped):
    """The same after the tokens and then the files were time-stamped anew, each time by another authority."""
    at = datetime(2021, 12, 1, tzinfo=UTC)
    (stamp,) = stamped([[renewal_of(once[0][-1][-1].token, "sha256")]], at, "tsa-2025")
    chains = [extended(each, stamp, is_new_tree=False) for each in once]
    leaves = [rehashed(each, hashes(files, "sha512"), "sha512") for each, files in zip(chains, FILES, strict=True)]
    return [
        extended(each, stamp, is_new_tree=True)
        for each, stamp in zip(chains, stamped(leaves, Y2024, digest="sha512"), strict=True)
    ]


@given(st.lists(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=4), min_size=1, max_size=40))
def test_every_group_finds_its_way_to_the_root_and_says_no_more_than_that(groups):
    tree = grow(groups, "sha256")
    for group, path in zip(groups, tree.paths, strict=True):
        assert (root_of(Stamp("sha256", path, b"")) or group[0]) == tree.root
        assert set(group) <= set(path[0] if path else group)
        assert len(path) <= len(groups).bit_length() + 1


def test_the_tree_is_that_of_the_standard():
    """RFC 4998, 4.2: three groups, the second one of two documents."""

    def h(*values):
        return hashlib.sha256(b"".join(sorted(values))).digest()

    h1, h2a, h2b, h3 = (hashlib.sha256(bytes([n])).digest() for n in range(4))
    h12 = h(h1, h(h2a, h2b))
    tree = grow([[h1], [h2a, h2b], [h3]], "sha256")
    assert tree.root == h(h12, h3)
    assert tree.paths[0] == (tuple(sorted((h1, h(h2a, h2b)))), (h3,))
    assert tree.paths[1] == (tuple(sorted((h2a, h2b))), (h1,), (h3,))
    assert tree.paths[2] == (tuple(sorted((h3, h12))),)


def test_each_group_is_proven_alone(once, pki):
    for chains, files in zip(once, FILES, strict=True):
        found = verify_evidence(encode(chains), files, [pki.root], Y2021.replace(month=7))
        assert (found.verdict, found.reasons, found.proven_at) == ("VALID", (), Y2021)
        for name, data in files.items():
            assert verify_evidence(encode(chains), {name: data}, [pki.root], Y2021.replace(month=7)).verdict == "VALID"


def test_a_single_file_needs_no_tree(stamped, pki):
    (stamp,) = stamped([hashes({"a": b"a"})], Y2021)
    assert stamp.path == ()
    assert verify_evidence(encode([(stamp,)]), {"a": b"a"}, [pki.root], Y2024).verdict == "VALID"
    assert verify_evidence(encode([(stamp,)]), {"a": b"b"}, [pki.root], Y2024).verdict == "INVALID"


@pytest.mark.parametrize(
    ("stage", "at", "verdict"),
    [
        ("once", Y2021, "VALID"),
        ("once", Y2024, "INDETERMINATE"),  # the first authority's certificate ended in 2022
        ("renewed", Y2024, "VALID"),
        ("renewed", Y2039, "VALID"),  # the second one's in 2025
    ],
)
def test_renewals_outlive_authorities_and_algorithms(stage, at, verdict, request, pki):
    for chains, files in zip(request.getfixturevalue(stage), FILES, strict=True):
        assert verify_evidence(encode(chains), files, [pki.root], at).verdict == verdict


def test_a_renewal_that_came_too_late_proves_nothing(once, stamped, pki):
    (stamp,) = stamped([[renewal_of(once[0][-1][-1].token, "sha256")]], Y2024)
    found = verify_evidence(encode(extended(once[0], stamp, is_new_tree=False)), FILES[0], [pki.root], Y2024)
    assert found.verdict == "INDETERMINATE"
    assert found.reasons[0].startswith("time-stamp 1: ")


def test_two_renewals_of_the_same_time_stamp_hold_independently_of_each_other(once, stamped, pki):
    at = datetime(2021, 12, 1, tzinfo=UTC)
    token = renewal_of(once[0][-1][-1].token, "sha256")
    for label in ("tsa-2025", "tsa"):
        (stamp,) = stamped([[token]], at, label)
        evidence = encode(extended(once[0], stamp, is_new_tree=False))
        assert verify_evidence(evidence, FILES[0], [pki.root], Y2024).verdict == "VALID"


def test_several_time_stamps_are_renewed_with_one(stamped, pki):
    groups = [hashes(files) for files in FILES[:2]]
    first = [((stamped([each], Y2021, "tsa-2022")[0]),) for each in groups]
    leaves = [[renewal_of(chain[-1].token, "sha256")] for chain in first]
    for chain, stamp, files in zip(first, stamped(leaves, Y2021.replace(month=7)), FILES, strict=False):
        assert verify_evidence(encode([(*chain, stamp)]), files, [pki.root], Y2039).verdict == "VALID"


def test_the_file_that_changed_is_named(renewed, pki):
    changed = FILES[3] | {"copy 3": b"%PDF 4"}
    found = verify_evidence(encode(renewed[3]), changed, [pki.root], Y2039)
    assert (found.verdict, found.reasons) == ("INVALID", ("copy 3 is not what was time-stamped",))


def test_evidence_of_another_file_proves_nothing(renewed, pki):
    assert verify_evidence(encode(renewed[1]), FILES[0], [pki.root], Y2039).verdict == "INVALID"


@pytest.mark.parametrize("seed", range(60))
def test_a_flipped_bit_in_the_evidence_is_caught_wherever_it_is(seed, renewed, pki):
    lot, evidence = Random(seed), encode(renewed[2])
    place = lot.randrange(len(evidence))
    changed = evidence[:place] + bytes([evidence[place] ^ 1 << lot.randrange(8)]) + evidence[place + 1 :]
    assert verify_evidence(changed, FILES[2], [pki.root], Y2039).verdict != "VALID", place


def test_a_time_stamp_whose_imprint_cannot_be_read_is_refused_in_words(stamped, pki):
    (stamp,) = stamped([hashes({"a": b"a"})], Y2021)
    length = stamp.token.index(imprint_of(stamp.token).value) - 1
    broken = stamp.token[:length] + bytes([stamp.token[length] ^ 0x08]) + stamp.token[length + 1 :]
    found = verify_evidence(encode([(stamp._replace(token=broken),)]), {"a": b"a"}, [pki.root], Y2024)
    assert (found.verdict, found.reasons) == ("INVALID", ("the evidence cannot be read (ProblemError)",))


def test_whatever_is_flipped_in_a_time_stamp_it_is_read_or_called_damaged(stamped):
    (stamp,) = stamped([hashes({"a": b"a"})], Y2021)
    read = []
    for place in range(0, len(stamp.token), 7):
        changed = bytearray(stamp.token)
        changed[place] ^= 1 << (place % 8)
        with suppress(ProblemError):  # and nothing else
            read.append((stated_time(bytes(changed)), imprint_of(bytes(changed)), end_of(bytes(changed))))
    assert (stated_time(stamp.token), imprint_of(stamp.token), end_of(stamp.token)) in read
    assert {imprint.digest for _, imprint, _ in read} <= {"sha256", "sha384", "sha512"}


@given(st.binary(max_size=300))
def test_bytes_that_are_no_evidence_are_refused_in_words(data):
    with pytest.raises(ProblemError, match="evidence record"):
        decode(data)
    assert verify_evidence(data, {}, [], Y2039).verdict == "INVALID"


def test_what_is_encoded_is_decoded(renewed):
    assert [decode(encode(each)) for each in renewed] == renewed


def test_it_is_known_when_evidence_ends(once, renewed):
    assert end_of(once[0][-1][-1].token) == datetime(2022, 1, 1, tzinfo=UTC)
    assert end_of(renewed[0][-1][-1].token) == datetime(2040, 1, 1, tzinfo=UTC)
    assert [stated_time(stamp.token).year for chain in renewed[0] for stamp in chain] == [2021, 2021, 2024]


def test_openssl_confirms_each_time_stamp(renewed, pki, tmp_path):
    (tmp_path / "root.pem").write_bytes(pki.root)
    (tmp_path / "sub.pem").write_bytes(pki.chain("sub"))
    stamps = [stamp for chain in renewed[0] for stamp in chain]
    roots = [root_of(stamps[0]), renewal_of(stamps[0].token, "sha256"), root_of(stamps[2])]
    for stamp, root, year in zip(stamps, roots, (2021, 2021, 2024), strict=True):
        (tmp_path / "token").write_bytes(stamp.token)
        then = str(int(datetime(year, 12, 15, tzinfo=UTC).timestamp()))
        command = ["openssl", "ts", "-verify", "-digest", root.hex(), "-in", "token", "-token_in", "-attime", then]
        done = subprocess.run(
            [*command, "-CAfile", "root.pem", "-untrusted", "sub.pem"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "Verification: OK" in done.stdout, done.stderr


def joins(place, count):
    """Return how often the leaf at *place* of *count* meets a neighbour: one that has none moves up as it is."""
    met = 0
    while count > 1:
        met += (place ^ 1) < count
        place, count = place // 2, (count + 1) // 2
    return met


@pytest.mark.nightly
def test_ten_thousand_files_are_proven_with_one_time_stamp(stamped, pki):
    files = [{"copy": b"%d" % n} for n in range(10_000)]
    stamps = stamped([hashes(each) for each in files], Y2021)
    assert len({stamp.token for stamp in stamps}) == 1
    assert [len(stamp.path) for stamp in stamps] == [joins(place, 10_000) for place in range(10_000)]
    assert max(len(stamp.path) for stamp in stamps) == 14
    for stamp, each in list(zip(stamps, files, strict=True))[::500]:
        assert verify_evidence(encode([(stamp,)]), each, [pki.root], Y2024).verdict == "VALID"
