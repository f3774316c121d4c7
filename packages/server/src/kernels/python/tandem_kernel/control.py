"""The pipe over which the host gives its commands."""

import json
import os

from tandem_kernel.descriptors import read_some, write_fully
from tandem_kernel.protocol import CONTROL_DESCRIPTOR

_CHUNK_BYTES = 64 * 1024


class Control:
    """JSON messages in both directions, each ended by a NUL byte."""

    def __init__(self, loop, on_message, on_close):
        self._on_message = on_message
        self._on_close = on_close
        self._pending = b""
        self._loop = loop
        os.set_blocking(CONTROL_DESCRIPTOR, False)
        loop.add_reader(CONTROL_DESCRIPTOR, self._read)

    def send(self, message):
        write_fully(CONTROL_DESCRIPTOR, json.dumps(message).encode() + b"\0")

    def _read(self):
        chunk = read_some(CONTROL_DESCRIPTOR, _CHUNK_BYTES)
        if chunk is None:
            return
        if chunk == b"":
            self._loop.remove_reader(CONTROL_DESCRIPTOR)
            self._on_close()
            return
        *messages, self._pending = (self._pending + chunk).split(b"\0")
        for message in messages:
            self._on_message(json.loads(message))
