"""What makes a receipt a proof: it is about our manifest, and the key behind the pinned certificate signed it.

Everything needed is at the station: nothing is asked of anybody. A signature is CMS `SignedData` (RFC 5652), detached,
with the signed attributes of CAdES B-B (ETSI EN 319 122-1): one signer, over SHA-256, RSA (PKCS #1 v1.5) or ECDSA. That
is what the server makes; anything else proves nothing here, however well it may be signed.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

import asn1crypto.tsp  # noqa: F401 - teaches `cms` the attribute that names the signer's certificate
from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from schemas.problem import CONFIGURATION, RECEIPT_WRONG
from schemas.station import SignedReceipt
from schemas.submission import Manifest, Receipt


def prove(signed: SignedReceipt, manifest: Manifest, pinned: str, at: datetime) -> Receipt:
    """Return the receipt for *manifest*, now that it is proved.

    Args:
        signed: what the server sent.
        manifest: what was sent to it.
        pinned: PEM of the certificate that signs receipts, or of its root (`Welcome.receipt_certificate`).
        at: the time for which certificates have to be valid.

    Raises:
        ProblemError: `receipt-wrong` if it proves nothing, saying why; `configuration` if *pinned* is no certificate.
    """
    receipt = signed.receipt
    is_ours = receipt == Receipt.of(manifest, receipt.received_at, receipt.refused)
    if not is_ours or not {file.sha256 for file in receipt.refused} <= set(receipt.files):
        raise RECEIPT_WRONG.error("it is about something else than what was sent")
    try:
        anchors = x509.load_pem_x509_certificates(pinned.encode())
    except ValueError as error:
        raise CONFIGURATION.error("the certificate of the server's receipts is not in PEM form") from error
    try:
        _check_signature(receipt.canonical_bytes(), signed.signature, anchors, at)
    except VerificationError as error:
        said = "its signer's certificate does not lead to the pinned one, or is not valid now"
        raise RECEIPT_WRONG.error(said) from error
    except InvalidSignature as error:
        raise RECEIPT_WRONG.error("it, or its signature, was changed after it was signed") from error
    except Exception as error:  # bytes of anybody's making make the parser raise anything
        raise RECEIPT_WRONG.error(f"its signature cannot be read ({type(error).__name__})") from error
    return receipt


def _check_signature(data: bytes, signature: bytes, anchors: Sequence[x509.Certificate], at: datetime) -> None:
    """Return if *signature* is one of *data* by somebody whom *anchors* vouch for.

    Raises:
        InvalidSignature: it is not one of *data*.
        VerificationError: it is a stranger's.
        Exception: anything, if it cannot be read.
    """
    content = cms.ContentInfo.load(signature, strict=True)["content"]
    (info,) = content["signer_infos"]
    stated = {attribute["type"].native: _only(attribute["values"]) for attribute in info["signed_attrs"]}
    (named, *_) = stated["signing_certificate_v2"]["certs"]
    made_over = (info["digest_algorithm"]["algorithm"].native, named["hash_algorithm"]["algorithm"].native)
    if (
        made_over != ("sha256", "sha256")
        or content["encap_content_info"]["content_type"].native != "data"
        or stated["content_type"].native != "data"
        or len(stated) != len(info["signed_attrs"])
        or stated["message_digest"].native != sha256(data).digest()
    ):
        raise InvalidSignature
    sent = {sha256(der).digest(): der for der in (choice.chosen.dump() for choice in content["certificates"])}
    # The signed attributes name the certificate by its hash (ESS, RFC 5035): no other can be put in its place.
    signer = x509.load_der_x509_certificate(sent.pop(named["cert_hash"].native))
    _check_value(signer, info["signature"].native, info["signed_attrs"].untag().dump())
    _check_chain(signer, [x509.load_der_x509_certificate(der) for der in sent.values()], anchors, at)


def _only(values: cms.SetOf) -> cms.Any:
    (value,) = values
    return value


def _check_value(signer: x509.Certificate, signature: bytes, signed: bytes) -> None:
    match signer.public_key():
        case RSAPublicKey() as key:
            key.verify(signature, signed, PKCS1v15(), SHA256())
        case EllipticCurvePublicKey() as key:
            key.verify(signature, signed, ECDSA(SHA256()))
        case _:
            raise InvalidSignature


def _check_chain(
    signer: x509.Certificate, others: list[x509.Certificate], anchors: Sequence[x509.Certificate], at: datetime
) -> None:
    """Return if a path leads from *signer* to an anchor, all of it valid *at* (RFC 5280, 6)."""
    end = ExtensionPolicy.permit_all().may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _signs_documents)
    policy = PolicyBuilder().store(Store(list(anchors))).time(at)
    policy = policy.extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=end)
    policy.build_client_verifier().verify(signer, others)


def _signs_documents(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        message = "the certificate is not meant for signing documents"
        raise ValueError(message)
