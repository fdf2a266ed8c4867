"""The direct connection to the simulator that started this process: lines over a socket, without ZeroMQ."""

from __future__ import annotations

import socket

_SUFFIX = '.direct'
"""What follows the name of the socket's file in a URL such as ipc:///tmp/elastisim-x/s."""

# Bytes that are read at a time: below what the C library would map and unmap each time.
_PIECE = 1 << 16


def connect(url: str) -> DirectConnection | None:
    """Connects to the simulator that waits at an ipc:// URL, if it waits for direct connections, too."""
    if not url.startswith('ipc://') or not hasattr(socket, 'AF_UNIX'):
        return None
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        peer.connect(url[len('ipc://'):] + _SUFFIX)
    except (OSError, ValueError):
        peer.close()
        return None
    return DirectConnection(peer, url)


class DirectConnection:
    """The scheduler's end; it does what Connection does."""

    introduces_itself = True

    def __init__(self, peer: socket.socket, url: str) -> None:
        self._socket = peer
        self._url = url
        self._rest = b''
        # Whether nothing is left to be sent of a line that was begun.
        self._whole = True

    def receive(self) -> bytes:
        """Returns the simulator's next message, however long that takes.

        Raises:
            ConnectionError: The simulator is gone.
        """
        pieces: list[bytes] = []
        piece, self._rest = self._rest, b''
        while b'\n' not in piece:
            if piece:
                pieces.append(piece)
            piece = self._read()
        line, _, self._rest = piece.partition(b'\n')
        return b''.join((*pieces, line))

    def send(self, text: bytes) -> None:
        """Sends a message.

        Raises:
            ConnectionError: The simulator is gone.
        """
        self._whole = False
        try:
            self._socket.sendall(text + b'\n')
        except ConnectionError:
            raise self._lost() from None
        self._whole = True

    def send_last(self, text: bytes) -> None:
        """Sends a message if there is a simulator to read it, and it was not interrupted within another one."""
        if self._whole:
            try:
                self.send(text)
            except OSError:
                pass

    def close(self) -> None:
        """Ends the connection. What was sent arrives all the same."""
        self._socket.close()

    def _read(self) -> bytes:
        try:
            piece = self._socket.recv(_PIECE)
        except ConnectionError:
            piece = b''
        if not piece:
            raise self._lost()
        return piece

    def _lost(self) -> ConnectionError:
        return ConnectionError(f'lost the connection to the simulator at {self._url} before the end of the'
                               f' simulation: it has ended early, or another scheduler was there first')
