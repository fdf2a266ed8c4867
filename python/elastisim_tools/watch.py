"""elastisim-watch: shows a run of the simulator as it goes, from its live stream (docs/events.md)."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import NoReturn, Optional

from . import __version__
from .live import Event, LiveRun, event_line

HELP = """Shows a run of the simulator while it goes: the queue, the jobs that run, the nodes as a grid, what happened
last and how fast. The simulator sends it there
when it is given the option events-url; with events-wait, too, the run begins when this program is there."""

EPILOG = """exit status: 0 the run is over; 1 the simulator is gone before that; 2 the command line; 130 interrupted"""

# Seconds:
REDRAW_INTERVAL = 0.1
RATE_WINDOW = 3.0  # that rates are taken over
GONE_AFTER = 1.0  # without a connection that there was
NOTICE_AFTER = 2.0  # until it is told what is waited for

# Messages that are kept while others are being looked at, and that are looked at between two frames.
HIGH_WATER_MARK = 100_000
BATCH = 5000


class WatchError(Exception):
    """Why the run can't be watched on, in one sentence."""


class Stream:
    """The connection to a run."""

    def __init__(self, url: str) -> None:
        import zmq
        from elastisim_python.monitored import MonitoredSocket

        self.url = url
        self.connected = False
        self.ended = False
        self._lost_at: float | None = None
        self._run = MonitoredSocket(zmq.SUB)
        self._run.socket.setsockopt(zmq.RCVHWM, HIGH_WATER_MARK)
        self._run.socket.setsockopt(zmq.RECONNECT_IVL, 50)
        self._run.socket.setsockopt(zmq.SUBSCRIBE, b'')
        try:
            self._run.connect(url)
        except zmq.ZMQError as error:
            raise WatchError(f"can't connect to '{url}': {error.strerror}; use ipc://PATH or tcp://HOST:PORT") from None

    def close(self) -> None:
        self._run.close()

    def wait(self, seconds: float) -> None:
        """Until there is something to read, or so long. Raises WatchError when the simulator is gone."""
        readable = self._run.wait(max(0, round(1000 * seconds)))
        for self.connected in self._run.changes():
            self._lost_at = None if self.connected else time.monotonic()
        if not readable and self._lost_at is not None and time.monotonic() - self._lost_at > GONE_AFTER:
            raise WatchError(f'the simulator at {self.url} is gone before the run was over')

    def read(self, most: int) -> Iterator[tuple[str, Event]]:
        """What has come, so many events at most, up to the end of the run."""
        import zmq

        for _ in range(most):
            try:
                topic, text = self._run.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            yield topic.decode(), json.loads(text)
            if topic == b'run.end':
                self.ended = True
                return


class Rates:
    """Events, and simulated seconds, per second of the wall clock, lately."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int, float]] = deque()

    def note(self, run: LiveRun, now: float) -> None:
        self._samples.append((now, run.events, run.time))
        while now - self._samples[0][0] > RATE_WINDOW:
            self._samples.popleft()

    def figures(self) -> tuple[float, float]:
        first, last = self._samples[0], self._samples[-1]
        elapsed = last[0] - first[0]
        return ((last[1] - first[1]) / elapsed, (last[2] - first[2]) / elapsed) if elapsed > 0 else (0, 0)


# --- The two ways to show it ---------------------------------------------------------------------------------


def watch_plainly(stream: Stream) -> None:
    """A line per event."""
    begin, told = time.monotonic(), False
    while not stream.ended:
        stream.wait(NOTICE_AFTER)
        for topic, event in stream.read(BATCH):
            print(event_line(topic, event))
        sys.stdout.flush()
        if not told and not stream.connected and time.monotonic() - begin >= NOTICE_AFTER:
            print(f'elastisim-watch: waiting for a run at {stream.url}', file=sys.stderr)
            told = True


def watch_on_screen(stream: Stream) -> None:
    """A picture that is drawn again and again, and a line at the end."""
    from rich.console import Console, RenderableType
    from rich.live import Live

    from .screen import picture, summary

    run, rates, console = LiveRun(), Rates(), Console()

    def draw() -> RenderableType:
        rates.note(run, time.monotonic())
        return picture(run, rates.figures(), stream.url, stream.connected, console.size)

    with Live(draw(), console=console, screen=True, auto_refresh=False) as live:
        drawn = time.monotonic()
        while not stream.ended:
            stream.wait(REDRAW_INTERVAL)
            for topic, event in stream.read(BATCH):
                run.apply(topic, event)
            if time.monotonic() - drawn >= REDRAW_INTERVAL or stream.ended:
                live.update(draw(), refresh=True)
                drawn = time.monotonic()
    console.print(summary(run), soft_wrap=True)


# --- The command ---------------------------------------------------------------------------------------------


def _terminate(number: int, _: Optional[FrameType]) -> NoReturn:
    sys.exit(128 + number)


def _watch(arguments: argparse.Namespace) -> int:
    stream = Stream(arguments.url)
    try:
        if arguments.plain or not sys.stdout.isatty():
            watch_plainly(stream)
        else:
            watch_on_screen(stream)
    finally:
        stream.close()
    return 0


def _fail(message: str, status: int) -> int:
    print(f'elastisim-watch: error: {message}', file=sys.stderr)
    return status


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog='elastisim-watch', description=HELP, epilog=EPILOG)
    parser.add_argument('url', metavar='URL', help='what the simulator was given as --events-url or events_url')
    parser.add_argument('--plain', action='store_true',
                        help='print each event as a line; also done where the output is not a terminal')
    parser.add_argument('--version', action='version', version=f'%(prog)s {__version__}')
    parsed = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return _watch(parsed)
    except WatchError as error:
        return _fail(str(error), 2 if "can't connect" in str(error) else 1)
    except ModuleNotFoundError as error:
        package = {'zmq': 'python3-zmq', 'rich': 'python3-rich'}.get((error.name or '').partition('.')[0])
        if not package:
            raise
        return _fail(f"Python's {error.name} is missing; install the package {package}", 1)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Who read our lines has seen enough.
        sys.stdout = None  # type: ignore[assignment]
        return 0
