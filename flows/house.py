"""The house, opened from settings: the store and what lives in it. Doors and flows hand it down; nothing is global."""

import sys
from dataclasses import dataclass
from typing import Self

from flows.log import Log
from flows.traces import Traces, traces_to
from schemas.digest import Sha256
from schemas.problem import SUBMISSION_UNKNOWN
from schemas.settings import Settings
from schemas.submission import Manifest, Receipt
from storage import keys
from storage.audit import Audit
from storage.backfills import Backfills
from storage.catalog import Catalog
from storage.claims import Claims
from storage.drafts import Drafts
from storage.evidence import Evidence
from storage.inbox import Inbox
from storage.journals import Journals
from storage.keyings import Keyings
from storage.opening import catalog_at, open_catalog, open_store, open_warehouse
from storage.port import ObjectStore
from storage.quarantine import Quarantine
from storage.reviews import Reviews
from storage.signatures import Signatures
from storage.signers import Signers
from storage.stations import Stations
from storage.synced import Synced
from storage.tokens import Tokens
from storage.warehouse import Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The object store, the rooms in it, and the catalog over it."""

    settings: Settings
    store: ObjectStore
    inbox: Inbox
    warehouse: Warehouse
    drafts: Drafts
    evidence: Evidence
    signatures: Signatures
    audit: Audit
    stations: Stations
    signers: Signers
    claims: Claims
    journals: Journals
    quarantine: Quarantine
    backfills: Backfills
    reviews: Reviews
    keyings: Keyings
    synced: Synced
    tokens: Tokens
    catalog: Catalog
    log: Log
    traces: Traces

    @classmethod
    def open(cls, settings: Settings, *, needs_catalog: bool = True) -> Self:
        """Return the house that the settings describe, made ready for work.

        Args:
            settings: what it consists of.
            needs_catalog: False for work that does without the catalog, or makes it anew.

        Raises:
            ProblemError: `store-unreachable`, `configuration`; `catalog-missing` when records are there without it.
        """
        store = open_store(settings)
        return cls(
            settings=settings,
            store=store,
            inbox=Inbox(store),
            warehouse=open_warehouse(settings, store),
            drafts=Drafts(store),
            evidence=Evidence(store),
            signatures=Signatures(store),
            audit=Audit(store),
            stations=Stations(store),
            signers=Signers(store),
            claims=Claims(store),
            journals=Journals(store),
            quarantine=Quarantine(store),
            backfills=Backfills(store),
            reviews=Reviews(store),
            keyings=Keyings(store),
            synced=Synced(store),
            tokens=Tokens(store),
            catalog=open_catalog(settings, store) if needs_catalog else catalog_at(settings),
            log=Log(sys.stderr if settings.logs == "json" else None),
            traces=traces_to(settings.traces.endpoint),
        )

    def check(self) -> None:
        """Make sure that work can be done now.

        Raises:
            ProblemError: what stands in the way.
        """
        self.store.stat(keys.receipt("0" * 64))
        self.catalog.check()

    def received(self, submission_id: Sha256) -> tuple[Receipt, Manifest]:
        """Return the receipt and the manifest of a submission.

        Raises:
            ProblemError: `submission-unknown` if it has no receipt.
        """
        receipt = self.inbox.receipt(submission_id)
        if receipt is None:
            raise SUBMISSION_UNKNOWN.error(f"{submission_id} has no receipt")
        return receipt.value, self.inbox.manifest(keys.manifest(receipt.value))
