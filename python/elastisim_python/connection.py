"""The ZeroMQ connection to the simulator, which notices when the simulator is gone."""

from __future__ import annotations

import zmq

from .monitored import MonitoredSocket

# How long a last message may take to leave when the connection closes, in milliseconds.
_LINGER = 5000


class Connection:
    """The scheduler's end of a PAIR socket that the simulator has bound or will bind."""

    introduces_itself = False

    def __init__(self, url: str) -> None:
        """Begins to connect to a ZeroMQ URL; the simulator may come later.

        Raises:
            ValueError: The URL is malformed.
        """
        self._url = url
        self._established = False
        self._lost = False
        self._linger = 0
        self._peer = MonitoredSocket(zmq.PAIR)
        # Over TCP a machine can vanish without a word. The kernel's own probes, unlike ZeroMQ's
        # heartbeats, are answered by a simulator that is halted in a debugger, too.
        for option, value in ((zmq.TCP_KEEPALIVE, 1), (zmq.TCP_KEEPALIVE_IDLE, 60), (zmq.TCP_KEEPALIVE_INTVL, 10),
                              (zmq.TCP_KEEPALIVE_CNT, 6)):
            self._peer.socket.setsockopt(option, value)
        try:
            self._peer.connect(url)
        except zmq.ZMQError as error:
            raise ValueError(f"can't connect to {url!r}: {error};"
                             f' expected a ZeroMQ URL such as ipc://scheduler.ipc or tcp://localhost:5555') from None

    def receive(self) -> bytes:
        """Returns the simulator's next message, however long that takes.

        Raises:
            ConnectionError: The simulator was connected and is gone.
        """
        while True:
            # What had arrived before the connection was lost is still to be read.
            if self._peer.wait(0 if self._lost else None):
                return self._peer.socket.recv()
            self._require_peer()
            self._note_events()

    def send(self, text: bytes) -> None:
        """Sends a message without waiting.

        Raises:
            ConnectionError: The simulator was connected and is gone.
        """
        # Otherwise the message would go to whatever simulator binds the URL next.
        self._note_events()
        self._require_peer()
        self._peer.socket.send(text, zmq.NOBLOCK)

    def send_last(self, text: bytes) -> None:
        """Sends a message if there is a simulator to read it, and has close wait until it has left."""
        self._note_events()
        if self._established and not self._lost:
            self._linger = _LINGER
            self._peer.socket.send(text, zmq.NOBLOCK)

    def close(self) -> None:
        """Ends the connection. Returns within a few seconds whatever the simulator does."""
        self._peer.close(self._linger)

    def _require_peer(self) -> None:
        if self._lost:
            raise ConnectionError(f'lost the connection to the simulator at {self._url} before the end of the'
                                  f' simulation: it has ended early, or another scheduler was there first')

    def _note_events(self) -> None:
        for made in self._peer.changes():
            if made:
                self._established = True
            elif self._established:
                self._lost = True
