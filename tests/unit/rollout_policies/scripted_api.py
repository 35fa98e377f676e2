"""A Kubernetes API that answers from a table of paths, and the kubeconfig that leads to it."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class ScriptedApi(ThreadingHTTPServer):
    """Answers from a table of paths to bodies and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.answers: dict[str, Any] = {}
        self.refusal = 403
        self.asked: list[tuple[str, str, Any]] = []


class _Answering(BaseHTTPRequestHandler):
    server: ScriptedApi

    def _answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.asked.append((self.command, self.path, json.loads(sent) if sent else None))
        found = self.server.answers.get(urlsplit(self.path).path)
        body = json.dumps(found if found is not None else {"message": "no"}).encode()
        self.send_response(self.server.refusal if found is None else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 the base class's names

    def log_message(self, *_: Any) -> None:
        pass


def write_kubeconfig(path: Path, api: ScriptedApi) -> Path:
    """Write a kubeconfig whose cluster is the scripted API."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{api.server_address[1]}"}}],
        "users": [{"name": "u", "user": {}}],
    }
    path.write_text(json.dumps(config))
    return path
