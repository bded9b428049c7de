"""clamd, the daemon of ClamAV, asked over its own protocol (clamd(8), `INSTREAM`): is a file known to be harmful?"""

import re
import socket
from pathlib import Path

from schemas.problem import ANTIVIRUS_UNREACHABLE

_PIECE = 256 * 1024
_LONGEST_ANSWER = 4096
_FOUND = re.compile(r"stream: (.{1,200}) FOUND")


def harm_in(path: Path, address: str, *, seconds: float) -> str | None:
    """Return the name of what clamd knows in a file, None if it knows nothing.

    Args:
        path: the file.
        address: `host:port`, or the path of a socket.
        seconds: how long each step of the conversation may take.

    Raises:
        ProblemError: `antivirus-unreachable`, also when clamd takes no file as large as this: what was not looked at
            is not known to be harmless.
    """
    try:
        with _connected(address, seconds) as connection:
            connection.sendall(b"zINSTREAM\0")
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    connection.sendall(len(piece).to_bytes(4) + piece)
            connection.sendall(bytes(4))
            said = _answer(connection)
    except OSError as error:
        raise ANTIVIRUS_UNREACHABLE.error(f"{address}: {error.strerror or error}") from error
    if said == "stream: OK":
        return None
    found = _FOUND.fullmatch(said)
    if found is None:
        raise ANTIVIRUS_UNREACHABLE.error(f"{address} says: {said[:200]}")
    return found[1]


def _connected(address: str, seconds: float) -> socket.socket:
    if address.startswith("/"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(seconds)
        connection.connect(address)
        return connection
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=seconds)


def _answer(connection: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < _LONGEST_ANSWER:
        piece = connection.recv(_LONGEST_ANSWER)
        if not piece:
            break
        said += piece
    return said.rstrip(b"\0").decode("utf-8", "replace").strip()
