"""Logs as lines: files, gzip files and standard input, read one line at a time."""

from __future__ import annotations

import gzip
import io
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Optional, cast

from .record import LogError

STANDARD_INPUT = '-'

# A log has no lines longer than this: a file that has is not a log, and would fill the memory.
LONGEST_LINE = 1 << 20


def name_of(path: str) -> str:
    """What the log is called in messages."""
    return 'standard input' if path == STANDARD_INPUT else path


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """The file (or standard input, for -), unpacked where it is gzip."""
    if path == STANDARD_INPUT:
        yield _unpacked(sys.stdin.buffer)
        return
    if Path(path).is_dir():
        raise LogError(f'{path}: a folder; give a file')
    with open(path, 'rb') as file:
        yield _unpacked(file)


def _unpacked(file: BinaryIO) -> BinaryIO:
    buffered = file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, file))
    return cast(BinaryIO, gzip.GzipFile(fileobj=buffered)) if buffered.peek(2)[:2] == b'\x1f\x8b' else buffered


@contextmanager
def kept(path: str) -> Iterator[str]:
    """The path of a log that can be read twice: of a copy where it is standard input."""
    if path != STANDARD_INPUT:
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix='elastisim-log-') as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield copy.name


def lines_of(path: str, name: Optional[str] = None) -> Iterator[bytes]:
    """The lines, without a byte order mark; messages call the file by name. Raises LogError where it breaks off or is
    no text."""
    number, name = 0, name or name_of(path)
    with opened(path) as file:
        try:
            for line in iter(lambda: file.readline(LONGEST_LINE), b''):
                number += 1
                if number == 1 and line.startswith(b'\xef\xbb\xbf'):
                    line = line[3:]
                if len(line) >= LONGEST_LINE:
                    raise LogError(f'{name}:{number}: more than {LONGEST_LINE} bytes in a line; is this a '
                                   'log?')
                yield line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise LogError(f'{name}:{number + 1}: the gzip file is damaged here ({error}); fetch it '
                           'again') from error


def read_whole(path: str, name: str) -> str:
    """All of a file at once, unpacked where it is gzip."""
    with opened(path) as file:
        try:
            return file.read().decode('utf-8')
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise LogError(f'{name}: the gzip file is damaged ({error}); fetch it again') from error
        except UnicodeDecodeError as error:
            raise LogError(f'{name}: not UTF-8: {error}') from None
