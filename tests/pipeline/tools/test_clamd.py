"""A real clamd is asked, and silence is not consent."""

import pytest

from pipeline.tools.clamd import harm_in
from schemas.problem import ANTIVIRUS_UNREACHABLE, ProblemError
from tests.servers import HARM, free_ports


def test_what_is_known_is_named_and_what_is_not_passes(antivirus, tmp_path):
    harmful, harmless = tmp_path / "harmful", tmp_path / "harmless"
    harmful.write_bytes(b"before " * 50_000 + HARM + b" after")
    harmless.write_bytes(b"")
    assert harm_in(harmful, antivirus, seconds=30) == "Sohoa.Test.Harm.UNOFFICIAL"
    assert harm_in(harmless, antivirus, seconds=30) is None


def test_a_file_that_was_not_looked_at_does_not_pass(antivirus, tmp_path):
    large = tmp_path / "large"
    large.write_bytes(bytes(5 * 1024 * 1024))
    [nobody] = free_ports(1)
    for address in (antivirus, f"127.0.0.1:{nobody}", "/nowhere/clamd.sock"):
        with pytest.raises(ProblemError) as refusal:
            harm_in(large, address, seconds=30)
        assert refusal.value.kind is ANTIVIRUS_UNREACHABLE
