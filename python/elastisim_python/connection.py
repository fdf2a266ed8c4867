"""The ZeroMQ connection to the simulator, which notices when the simulator is gone."""

from __future__ import annotations

import zmq
from zmq.utils.monitor import recv_monitor_message

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
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.PAIR)
        # Over TCP a machine can vanish without a word. The kernel's own probes, unlike ZeroMQ's
        # heartbeats, are answered by a simulator that is halted in a debugger, too.
        for option, value in ((zmq.TCP_KEEPALIVE, 1), (zmq.TCP_KEEPALIVE_IDLE, 60), (zmq.TCP_KEEPALIVE_INTVL, 10),
                              (zmq.TCP_KEEPALIVE_CNT, 6)):
            self._socket.setsockopt(option, value)
        self._monitor = self._socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
        self._poller = zmq.Poller()
        self._poller.register(self._socket, zmq.POLLIN)
        self._poller.register(self._monitor, zmq.POLLIN)
        try:
            self._socket.connect(url)
        except zmq.ZMQError as error:
            self.close()
            raise ValueError(f"can't connect to {url!r}: {error};"
                             f' expected a ZeroMQ URL such as ipc://scheduler.ipc or tcp://localhost:5555') from None

    def receive(self) -> bytes:
        """Returns the simulator's next message, however long that takes.

        Raises:
            ConnectionError: The simulator was connected and is gone.
        """
        while True:
            # What had arrived before the connection was lost is still to be read.
            ready = dict(self._poller.poll(0 if self._lost else None))
            if self._socket in ready:
                return self._socket.recv()
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
        self._socket.send(text, zmq.NOBLOCK)

    def send_last(self, text: bytes) -> None:
        """Sends a message if there is a simulator to read it, and has close wait until it has left."""
        self._note_events()
        if self._established and not self._lost:
            self._linger = _LINGER
            self._socket.send(text, zmq.NOBLOCK)

    def close(self) -> None:
        """Ends the connection. Returns within a few seconds whatever the simulator does."""
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._socket.close(linger=self._linger)
        self._context.term()

    def _require_peer(self) -> None:
        if self._lost:
            raise ConnectionError(f'lost the connection to the simulator at {self._url} before the end of the'
                                  f' simulation: it has ended early, or another scheduler was there first')

    def _note_events(self) -> None:
        while self._monitor.poll(0):
            event = recv_monitor_message(self._monitor)['event']
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self._established = True
            elif event == zmq.EVENT_DISCONNECTED and self._established:
                self._lost = True
