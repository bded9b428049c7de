"""Detached signatures: what they state is their own, though what they have in common is encoded once."""

from datetime import UTC, datetime

import pytest
from asn1crypto import cms

from pipeline.seal.detached import sign_detached
from schemas.digest import sha256_hex


@pytest.mark.parametrize(
    "at", [datetime(2026, 3, 31, 2, 41, 22, tzinfo=UTC), datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)]
)
@pytest.mark.parametrize("data", [b"a record", b"another"])
def test_each_signature_states_its_own_digest_and_time(authority, data, at):
    for signer in (authority.agency, authority.scanner):
        [signed] = cms.ContentInfo.load(sign_detached(data, signer, at))["content"]["signer_infos"]
        stated = {each["type"].native: each["values"].native[0] for each in signed["signed_attrs"]}
        assert stated["message_digest"].hex() == sha256_hex(data)
        assert stated["signing_time"] == at


def test_a_time_that_cannot_be_stated_is_never_misstated(authority):
    with pytest.raises(ValueError, match="1950, 2049"):
        sign_detached(b"a record", authority.agency, datetime(2051, 1, 1, tzinfo=UTC))
