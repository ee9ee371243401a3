"""A small model hub on 127.0.0.1, as much of the real one's interface as a download uses.

`GET /api/models/ID/revision/REV?blobs=true` lists a repository with sizes and checksums;
`/ID/resolve/REV/NAME` gives small files and redirects large ones to another host name, as the real
hub redirects to its storage. Ranges are honoured, every answer is logged, and faults can be set.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

MODEL = "Intel/ldm3d-pano"
LARGE = (".safetensors", ".bin", ".ckpt", ".msgpack", ".onnx")
BLOCK_BYTES = 16 * 1024


def safetensors(seed: int, size: int = 20_000, **shapes: tuple[int, ...]) -> bytes:
    """Return a real safetensors file with random float32 numbers, about `size` bytes of them."""
    shapes = shapes or {"weight": (size // 4,)}
    header: dict[str, Any] = {}
    end = 0
    for name, shape in shapes.items():
        count = 4
        for side in shape:
            count *= side
        header[name.replace("__", ".")] = {
            "dtype": "F32", "shape": list(shape), "data_offsets": [end, end + count],
        }  # fmt: skip
        end += count
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    body = hashlib.shake_256(str(seed).encode()).digest(end)
    return struct.pack("<Q", len(text)) + text + body


def model_files(seed: int = 0, channels: int = 4) -> dict[str, bytes]:
    """Return the files of a model's repository with one set of weights."""
    vae = safetensors(
        seed + 1,
        encoder__conv_in__weight=(8, channels, 3, 3),
        decoder__conv_out__weight=(channels, 8, 3, 3),
    )
    values: dict[str, object] = {
        "model_index.json": {"_class_name": "StableDiffusionLDM3DPipeline"},
        "unet/config.json": {"in_channels": 4, "out_channels": 4, "cross_attention_dim": 32},
        "vae/config.json": {
            "in_channels": channels, "out_channels": channels, "latent_channels": 4,
        },
        "text_encoder/config.json": {"hidden_size": 32},
        "scheduler/scheduler_config.json": {"beta_start": 0.00085},
        "tokenizer/vocab.json": {"a": 0},
    }  # fmt: skip
    files = {name: json.dumps(value).encode() for name, value in values.items()}
    return files | {
        "README.md": b"---\nlicense: creativeml-openrail-m\n---\nA model.\n",
        "tokenizer/merges.txt": b"#version: 0.2\n",
        "unet/diffusion_pytorch_model.safetensors": safetensors(seed + 2, 400_000),
        "vae/diffusion_pytorch_model.safetensors": vae,
        "text_encoder/model.safetensors": safetensors(seed + 3, 60_000),
    }


UNET = "unet/diffusion_pytorch_model.safetensors"


def git_sha1(content: bytes) -> str:
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()


@dataclass
class Repo:
    """One repository: commits, branches and what its listing says."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=lambda: {"license": "creativeml-openrail-m"})
    changes: list[dict[str, Any]] = field(default_factory=list)
    """Laid over the listing's entries of that `rfilename`, or added: to lie with."""
    needs_token: str | None = None
    is_gated: bool = False

    def commit(self, files: Mapping[str, bytes], branch: str = "main") -> str:
        """Add a commit and return its hash."""
        digest = hashlib.sha1()
        for name, content in sorted(files.items()):
            digest.update(name.encode() + content)
        self.commits[digest.hexdigest()] = dict(files)
        self.refs[branch] = digest.hexdigest()
        return digest.hexdigest()

    def resolve(self, revision: str) -> str | None:
        return self.refs.get(revision, revision if revision in self.commits else None)


@dataclass
class Fault:
    """What goes wrong with a file whose name ends so, the next `times` times it is asked for."""

    name: str
    kind: str
    """cut, wrong-bytes, longer, endless, wrong-size, status, slow, hang, silence, html,
    ignore-range, wrong-range."""
    times: int = 1
    at: int = 0
    """Byte of the answer's body."""
    status: int = 500
    wait_s: float = 0.0
    retry_after: str = ""


@dataclass(frozen=True)
class Logged:
    """One answer."""

    method: str
    path: str
    host: str
    start: int | None
    """Of the range that was asked for."""
    status: int
    authorization: str | None
    user_agent: str
    name: str = ""


class HubServer(ThreadingHTTPServer):
    """The server; use as a context manager."""

    daemon_threads = False
    block_on_close = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repos: dict[str, Repo] = {}
        self.faults: list[Fault] = []
        self.log: list[Logged] = []
        self.sent_bytes: dict[str, int] = {}
        self.closing = threading.Event()
        self._names: dict[str, str] = {}
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def repo(self, model_id: str, files: Mapping[str, bytes] | None = None) -> Repo:
        """Add a repository with one commit on main."""
        repo = self.repos[model_id] = Repo()
        repo.commit(model_files() if files is None else files)
        return repo

    def fault(self, name: str, kind: str, **values: Any) -> None:
        self.faults.append(Fault(name, kind, **values))

    def take_fault(self, name: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and name.endswith(fault.name):
                fault.times -= 1
                return fault
        return None

    def gets(self, name: str) -> list[Logged]:
        """Return what was asked for of a file's content (redirects left out)."""
        return [e for e in self.log if e.name == name and e.status not in {302, 307}]

    def weight_bytes(self) -> int:
        """Return how many bytes of weights were sent."""
        return sum(count for name, count in self.sent_bytes.items() if name.endswith(LARGE))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away."""

    def __enter__(self) -> HubServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: HubServer
    timeout = 20

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            self._info(match[1], match[2] or "main")
        elif match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._resolve(match[1], match[2], match[3])
        elif match := re.fullmatch(r"/storage/([^/]+/[^/]+)/([^/]+)/(.+)", path):
            self._content(self.server.repos[match[1]].commits[match[2]][match[3]], match[3])
        else:
            self._refuse(404)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _info(self, model_id: str, revision: str) -> None:
        fault = self.server.take_fault(f"/api/{model_id}")
        if fault is not None and self._fail(fault):
            return
        repo = self._allowed(model_id)
        if repo is None:
            return
        commit = repo.resolve(revision)
        if commit is None:
            self._refuse(404, "RevisionNotFound")
            return
        siblings = [_sibling(n, c) for n, c in repo.commits[commit].items()]
        for change in repo.changes:
            of_name = [s for s in siblings if s["rfilename"] == change["rfilename"]]
            of_name[0].update(change) if of_name else siblings.append(change)
        self._json({
            "_id": "0", "id": model_id, "modelId": model_id, "sha": commit, "private": False,
            "gated": False, "disabled": False, "downloads": 0, "likes": 0, "siblings": siblings,
            "tags": [f"license:{repo.card['license']}"] if "license" in repo.card else [],
            "cardData": repo.card,
        })  # fmt: skip

    def _resolve(self, model_id: str, revision: str, name: str) -> None:
        repo = self._allowed(model_id)
        if repo is None:
            return
        commit = repo.resolve(revision)
        if commit is None or name not in repo.commits[commit]:
            self._refuse(404, "EntryNotFound", name)
            return
        content = repo.commits[commit][name]
        if not name.endswith(LARGE):
            self._content(
                content, name, {"X-Repo-Commit": commit, "ETag": f'"{git_sha1(content)}"'}
            )
            return
        self._answer(302, {
            "X-Repo-Commit": commit,
            "X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"',
            "X-Linked-Size": str(len(content)),
            "Location": f"http://localhost:{self.server.server_port}/storage/{model_id}/{commit}/{name}",
            "Content-Length": "0",
        }, name)  # fmt: skip

    def _allowed(self, model_id: str) -> Repo | None:
        repo = self.server.repos.get(model_id)
        token = self.headers.get("authorization")
        if repo is None:
            self._refuse(401 if token is None else 404, "RepoNotFound")
        elif repo.is_gated:
            self._refuse(403, "GatedRepo")
        elif repo.needs_token is not None and token != f"Bearer {repo.needs_token}":
            self._refuse(401, "RepoNotFound")
        else:
            return repo
        return None

    def _content(self, content: bytes, name: str, extra: Mapping[str, str] | None = None) -> None:
        fault = self.server.take_fault(name)
        if fault is not None and self._fail(fault, name):
            return
        kind = fault.kind if fault is not None else ""
        start = 0 if kind == "ignore-range" else self._start() or 0
        if start >= len(content) > 0:
            self._refuse(416, name=name)
            return
        body = content[start:]
        headers = dict(extra or {}) | {"Content-Length": str(len(body)), "Accept-Ranges": "bytes"}
        if start:
            shown = 0 if kind == "wrong-range" else start
            headers["Content-Range"] = f"bytes {shown}-{len(content) - 1}/{len(content)}"
        if kind == "wrong-size":
            headers["Content-Length"] = str(len(body) - 7)
            body = body[:-7]
        if kind == "wrong-bytes":
            at = fault.at if fault is not None else 0
            body = body[:at] + bytes([body[at] ^ 0xFF]) + body[at + 1 :]
        if kind in {"longer", "endless"}:
            del headers["Content-Length"]
            body += b"more" if kind == "longer" else bytes(64 * 2**20)
        self._answer(206 if start else 200, headers, name)
        if self.command != "HEAD":
            self._send(body, name, fault)

    def _send(self, body: bytes, name: str, fault: Fault | None) -> None:
        is_cut = fault is not None and fault.kind == "cut"
        end = fault.at if fault is not None and is_cut else len(body)
        for at in range(0, end, BLOCK_BYTES):
            if fault is not None and fault.kind == "slow":
                self.server.closing.wait(fault.wait_s)
            if fault is not None and fault.kind == "hang" and at >= fault.at:
                self.server.closing.wait(30)
                return
            block = body[at : min(at + BLOCK_BYTES, end)]
            self.wfile.write(block)
            sent = self.server.sent_bytes
            sent[name] = sent.get(name, 0) + len(block)

    def _fail(self, fault: Fault, name: str = "") -> bool:
        """Give an answer that is no answer, for faults of that kind."""
        if fault.kind == "status":
            headers = {"Content-Length": "0"}
            if fault.retry_after:
                headers["Retry-After"] = fault.retry_after
            self._answer(fault.status, headers, name)
            return True
        if fault.kind == "html":
            page = b"<html>Please sign in to this network</html>"
            self._answer(200, {"Content-Length": str(len(page)), "Content-Type": "text/html"}, name)
            self.wfile.write(page)
            return True
        if fault.kind == "silence":
            self.server.closing.wait(30)
            return True
        return False

    def _start(self) -> int | None:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        return int(match[1]) if match else None

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self._answer(200, {"Content-Length": str(len(body)), "Content-Type": "application/json"})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refuse(self, status: int, code: str = "", name: str = "") -> None:
        headers = {"Content-Length": "0"} | ({"X-Error-Code": code} if code else {})
        self._answer(status, headers, name)

    def _answer(self, status: int, headers: Mapping[str, str], name: str = "") -> None:
        host = self.headers.get("host", "").partition(":")[0]
        self.server.log.append(
            Logged(
                self.command, self.path, host, self._start(), status,
                self.headers.get("authorization"), self.headers.get("user-agent", ""), name,
            )
        )  # fmt: skip
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the terminal clean."""


def _sibling(name: str, content: bytes) -> dict[str, Any]:
    entry: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": git_sha1(content)}
    if name.endswith(LARGE):
        entry["lfs"] = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "pointerSize": 134,
        }
    return entry


def wait_until(condition: Any, timeout_s: float = 20.0) -> None:
    """Wait for something another process or thread does."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def paths_under(folder: Any) -> Iterable[str]:
    """Return all files and links below a folder, relative."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())
