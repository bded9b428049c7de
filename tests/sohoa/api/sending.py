"""A station as small as it can be: a key, a journal, and scans in memory."""

import hashlib
import uuid
from base64 import b64encode
from datetime import UTC, datetime

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.station import AUDIENCE, FIRST, Enrolment, EnrolmentRequest, Journal, JournalEntry, SignedEntry
from schemas.submission import Manifest, SubmittedFile

NOON = datetime(2026, 3, 31, 5, 0, tzinfo=UTC)
TUS = {"Tus-Resumable": "1.0.0"}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class SmallStation:
    """What a station knows, and the requests that it makes."""

    def __init__(self, name="bd-ba-to"):
        self.name = name
        self.key = Ed25519PrivateKey.generate()
        self.entries = []

    def enrolment(self, number=1, status="enrolled", **changes):
        public = b64encode(self.key.public_key().public_bytes_raw())
        request = EnrolmentRequest(station=self.name, kind="post_office", agency="Bưu điện Ba Tơ", public_key=public)
        return Enrolment(request=request, number=number, status=status, decided_at=NOON, decided_by="Test", **changes)

    def token(self, key=None, **claims):
        now = int(datetime.now(UTC).timestamp())
        claims = {"iss": self.name, "aud": AUDIENCE, "iat": now, "exp": now + 300, "jti": uuid.uuid4().hex} | claims
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key or self.key, algorithm="EdDSA")

    def headers(self, **more):
        return {"Authorization": f"Bearer {self.token()}"} | more

    def manifest(self, *contents, **changes):
        files = tuple(
            SubmittedFile(sha256=sha256(data), size=len(data), name=f"{n}.jpg") for n, data in enumerate(contents)
        )
        values = {"station": self.name, "scanned_by": "Lê Văn Quét", "scanned_at": NOON, "files": files}
        return Manifest(**values | changes)

    def announce(self, manifest, *, pages=None, **changes):
        """Write the next entry of the journal and return it, signed."""
        entry = JournalEntry(
            station=self.name,
            sequence=len(self.entries) + 1,
            previous=self.entries[-1].entry.sha256 if self.entries else FIRST,
            written_at=NOON,
            submission_id=manifest.submission_id,
            file_count=len(manifest.files),
            scanned_pages=pages or len(manifest.files),
        ).model_copy(update=changes)
        signed = self.sign(entry)
        self.entries.append(signed)
        return signed

    def sign(self, entry, key=None):
        return SignedEntry.of(entry, (key or self.key).sign(entry.canonical_bytes()))

    # --- requests ------------------------------------------------------------------------------------------------
    def send_journal(self, client, *entries):
        body = Journal(entries=entries or tuple(self.entries)).canonical_bytes()
        return client.post(f"/v1/stations/{self.name}/journal", content=body, headers=self.headers())

    def create(self, client, data, length=None, name=None):
        metadata = "sha256 " + b64encode((name or sha256(data)).encode()).decode()
        length = len(data) if length is None else length
        more = TUS | {"Upload-Length": str(length), "Upload-Metadata": metadata}
        return client.post("/v1/uploads", headers=self.headers(**more))

    def patch(self, client, where, offset, piece, **more):
        headers = TUS | {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"} | more
        return client.patch(where, content=piece, headers=self.headers(**headers))

    def ask(self, client, where):
        return client.head(where, headers=self.headers(**TUS))

    def upload(self, client, data, chunk=2**20):
        where = self.create(client, data).headers["Location"]
        for start in range(0, len(data), chunk):
            answer = self.patch(client, where, start, data[start : start + chunk])
            assert answer.status_code == 204, answer.text
        return where

    def submit(self, client, manifest):
        path = f"/v1/submissions/{manifest.submission_id}"
        return client.put(path, content=manifest.canonical_bytes(), headers=self.headers())

    def send(self, client, *contents, **changes):
        """Do all of it; return the last answer."""
        manifest = self.manifest(*contents)
        self.announce(manifest, **changes)
        assert self.send_journal(client).status_code == 200
        for data in contents:
            self.upload(client, data)
        return self.submit(client, manifest)


def checksum(piece, algorithm="sha256"):
    return {"Upload-Checksum": f"{algorithm} {b64encode(hashlib.new(algorithm, piece).digest()).decode()}"}
