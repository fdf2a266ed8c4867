"""A ZeroMQ socket that notices when the other side comes and goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

import zmq
from zmq.utils.monitor import recv_monitor_message


class MonitoredSocket:
    """One that connects; what it is to be set to is set on `socket` before."""

    def __init__(self, kind: int) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.socket = self._context.socket(kind)
        self._monitor = self.socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
        self._poller = zmq.Poller()
        self._poller.register(self.socket, zmq.POLLIN)
        self._poller.register(self._monitor, zmq.POLLIN)

    def connect(self, url: str) -> None:
        """Begins to; the other side may come later.

        Raises:
            zmq.ZMQError: The URL is malformed; the socket is closed.
        """
        try:
            self.socket.connect(url)
        except zmq.ZMQError:
            self.close()
            raise

    def wait(self, milliseconds: Optional[int]) -> bool:
        """Until there is something to read, the other side comes or goes, or the time is over (None: never is).
        Returns whether there is something to read."""
        return self.socket in dict(self._poller.poll(milliseconds))

    def changes(self) -> Iterator[bool]:
        """What has become of the connection since: True for each time that it was made, False for each end of it."""
        while self._monitor.poll(0):
            yield recv_monitor_message(self._monitor)['event'] == zmq.EVENT_HANDSHAKE_SUCCEEDED

    def close(self, linger: int = 0) -> None:
        """Messages that have not left have so many milliseconds to do so."""
        self.socket.disable_monitor()
        self._monitor.close(linger=0)
        self.socket.close(linger=linger)
        self._context.term()
