"""The sockets of a session, so that a request can be cut off from outside.

A time-out of `requests` starts anew with every byte; a server that sends one every few seconds
holds such a request for ever, in the headers as well as in the body.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from requests import Session


class Sockets:
    """Remembers the sockets a session opens, until they are cut."""

    def __init__(self) -> None:
        self._open: list[socket.socket] = []
        self.were_cut = False

    def watch(self, session: Session) -> None:
        """Have every socket of `session` remembered from now on."""
        from requests.adapters import HTTPAdapter

        remember = self._remember

        class Watched(HTTPAdapter):
            def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
                pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
                kind = cast("Any", type(pool)).ConnectionCls

                def make(*args: Any, **kwargs: Any) -> Any:
                    connection = kind(*args, **kwargs)
                    connect = connection.connect

                    def connect_and_remember() -> None:
                        connect()
                        remember(connection.sock)

                    connection.connect = connect_and_remember
                    return connection

                pool.ConnectionCls = make
                return pool

        for scheme in ("http://", "https://"):
            session.mount(scheme, Watched())

    def _remember(self, opened: socket.socket) -> None:
        # A response that ends with its connection keeps the socket, the connection forgets it.
        self._open = [known for known in self._open if known.fileno() >= 0] + [opened]

    def cut(self) -> None:
        """End whatever is being sent or awaited; the reader sees a broken connection."""
        self.were_cut = True
        for opened in self._open:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
