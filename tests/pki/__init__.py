"""A public key infrastructure for tests: two tiers, revocation and time-stamps, served by real sockets."""

from tests.pki.authority import Pki, running_pki

__all__ = ["Pki", "running_pki"]
