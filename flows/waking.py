"""Waking the worker: a Prefect server is asked for a run of `reconcile` as soon as something has a receipt.

Over its plain HTTP API, for importing Prefect takes seconds and an API process does not need it. Nobody waits for this
and nobody fails because of it: `reconcile` also runs every minute.
"""

import json
import threading
import time
import urllib.request
from base64 import b64encode
from http.client import HTTPException
from typing import Any

DEPLOYMENT = "reconcile/live"
_LEAST_SECONDS = 2.0
"""Between two wakings: a run takes everything that is waiting, so that many receipts need only one."""
_AGAIN_SECONDS = 10.0
_ANSWER_SECONDS = 10.0


class Waker:
    """Wakes the worker from a thread of its own."""

    def __init__(self, url: str, auth: str | None) -> None:
        """Begin to wait for calls.

        Args:
            url: address of the Prefect API.
            auth: its user and password, `user:password`; None if it wants none.
        """
        self._url = url
        self._headers = {"Content-Type": "application/json"}
        if auth:
            self._headers["Authorization"] = f"Basic {b64encode(auth.encode()).decode()}"
        self._called = threading.Event()
        threading.Thread(target=self._serve, daemon=True, name="waker").start()

    def __call__(self) -> None:
        """Have the worker woken; comes back at once."""
        self._called.set()

    def _serve(self) -> None:
        while True:
            self._called.wait()
            self._called.clear()
            try:
                deployment = self._ask("GET", f"/deployments/name/{DEPLOYMENT}")["id"]
                self._ask("POST", f"/deployments/{deployment}/create_flow_run", b"{}")
            except (OSError, HTTPException, ValueError, KeyError):  # the server or its worker is not there yet
                self._called.set()
                time.sleep(_AGAIN_SECONDS)
            time.sleep(_LEAST_SECONDS)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        request = urllib.request.Request(self._url + path, body, self._headers, method=method)  # noqa: S310 - ours
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310 - see above
            found: dict[str, Any] = json.load(answer)
        return found
