"""Starts an engine process; imports so little that engines load while the server's imports go on."""

import socket
import subprocess
import sys

from model_server.inference.settings import Settings


def spawn(settings: Settings) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A process that loads its model from now on, and the server's end of the socket to it."""
    ours, theirs = socket_pair()
    with theirs:
        module = (sys.executable, "-m", "model_server.inference.process")
        command = [*module, str(theirs.fileno()), settings.text()]
        return subprocess.Popen(command, pass_fds=[theirs.fileno()]), ours


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """The server's end, which never blocks, and the process's."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    return ours, theirs
