"""What a token of the lookup API says: which system it was given to, and what that may do."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, StringConstraints
from pydantic import Field as Constraint

from schemas.lookup import Basis, Opens
from schemas.model import Value

LOCAL_ISSUER = "urn:sohoa:local"
"""Who issues the tokens that `sohoa token` makes (`iss`, RFC 7519)."""
ClientName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,99}$")]
"""Name of a system, such as `mot-cua`: it stands in the audit log. It names nobody."""

Scope = Literal[
    "lookup", "lookup:owner_self", "lookup:consent", "lookup:court_or_police", "lookup:audit",
    "record:read", "copy:read", "amend", "admin",
]  # fmt: skip
"""`lookup`: ask what an owner has, by the law of a procedure, and `lookup:…` on another basis too; `record:read`,
`copy:read`: be given addresses that open records and copies; `amend`: say that a record lost its force, or has it back;
`admin`: fetch the receipts of other clients' acts too."""
TokenId = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")]
"""The id of a token (`jti`, RFC 7519)."""


class RevokedToken(Value):
    """A token that was taken back before it ended."""

    issuer: str = Constraint(min_length=1, max_length=500)
    """Who gave it out (`iss`)."""
    token_id: TokenId
    reason: str = Constraint(min_length=1, max_length=200)
    who: str = Constraint(min_length=1, max_length=200)
    at: AwareDatetime


ADMIN: Scope = "admin"
READING: tuple[Scope, ...] = ("lookup", "record:read", "copy:read")
"""What most systems need."""
ASKED_BY: Mapping[Basis, Scope] = {
    "tthc_processing": "lookup",
    "owner_self": "lookup:owner_self",
    "consent": "lookup:consent",
    "court_or_police": "lookup:court_or_police",
    "audit": "lookup:audit",
}
"""The scope that asking on each basis takes, beside `lookup`."""
OPENED_BY: Mapping[Opens, Scope] = {"record": "record:read", "copy": "copy:read"}
"""The scope that each sort of address is handed out for."""
