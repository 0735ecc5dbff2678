"""How the application is served: one process, one port, and what a slow or greedy caller may not do.

Needs    the application, an address.
Gives    server_config, listen.
Never    believes a header about where a request came from, or waits for ever for the rest of one.
Source   docs/reference/serving.md.
"""

from __future__ import annotations

import socket

import uvicorn
from fastapi import FastAPI

_STOP_S = 20


def server_config(app: FastAPI, *, host: str, port: int) -> uvicorn.Config:
    """The one way this application is served: by `duewell up`, by tests and by the bench."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_STOP_S,
    )


def listen(config: uvicorn.Config) -> socket.socket:
    """A socket that takes calls from now on, so that whoever is told the address can reach it.

    Without TCP_NODELAY, which accepted sockets inherit and the loop sets only where the protocol is named,
    each answer waits 40 ms for the caller's delayed acknowledgement.
    """
    made = config.bind_socket()
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.listen(config.backlog)
    return made
