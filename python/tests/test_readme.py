"""The code of README.md, as it is written."""

from __future__ import annotations

import re
import socketserver
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import TIMEOUT

import rs2n

README = Path(__file__).resolve().parents[1] / "README.md"


def blocks() -> dict[str, str]:
    """The Python code by the heading above it."""
    found: dict[str, str] = {}
    for section in re.split(r"^## ", README.read_text(), flags=re.MULTILINE)[1:]:
        code = re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        if code:
            found[section.partition("\n")[0]] = "\n".join(code)
    return found


def test_every_block_runs(
    certs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = blocks()
    assert list(code) == ["A client", "HTTPS", "A server", "asyncio", "Errors"]
    (tmp_path / "index.html").write_text("the page of the server\n")
    monkeypatch.chdir(tmp_path)
    # The authorities of the system
    monkeypatch.setenv("SSL_CERT_FILE", str(certs / "ca.pem"))

    serving = threading.Event()
    servers: list[Any] = []
    serve_forever = socketserver.BaseServer.serve_forever

    def observed(self: socketserver.BaseServer) -> None:
        servers.append(self)
        serving.set()
        serve_forever(self, 0.01)

    monkeypatch.setattr(socketserver.BaseServer, "serve_forever", observed)
    names: dict[str, Any] = {"HOST": "127.0.0.1", "PORT": 0, "CHAIN": certs / "ecdsa.pem", "KEY": certs / "ecdsa.key"}
    thread = threading.Thread(target=execute, args=(code["A server"], names))
    thread.start()
    assert serving.wait(TIMEOUT)
    web = servers[0]
    try:
        names = {"HOST": "localhost", "PORT": web.server_port}
        execute(code["A client"], names)
        assert "the page of the server" in capsys.readouterr().out
        execute(code["HTTPS"], names)
        assert capsys.readouterr().out == "200\nb'the page of the server\\n'\n"
        untrusting = rs2n.create_default_context(cafile=certs / "other-ca.pem")
        execute(code["Errors"], names | {"untrusting_context": untrusting})
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "S2N_ERR_CERT_UNTRUSTED"
        assert "CN=" in lines[1]
    finally:
        web.shutdown()
        thread.join()
        web.server_close()

    server_context = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(certs / "ecdsa.pem", certs / "ecdsa.key")
    execute(code["asyncio"], {"server_context": server_context, "client_context": rs2n.create_default_context()})
    assert capsys.readouterr().out == "b'hello'\n"


def execute(code: str, names: dict[str, Any]) -> None:
    exec(compile(code, README.name, "exec"), names.setdefault("rs2n", rs2n) and names)
