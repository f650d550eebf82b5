#!/usr/bin/env python3
"""Records the demonstration: `record.py BUILD FILE` types commands in a shell, and writes an asciicast (version 2).

BUILD is the folder of `make examples`. `make recording` runs it; recording.py draws the file.
"""

import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

COLUMNS, ROWS = 54, 24
KEY = 0.025
PROMPT = b"$ "
COMMANDS = [
    "# A server, on the library that this project builds",
    "./server -N 3 -p 4433 -C certs/ecdsa.pem \\\n    -K certs/ecdsa.key -x -r received >log 2>&1 &",
    "# A client that trusts the CA of the server",
    "./client -A certs/ca.pem -x -s sent localhost 4433",
    "cmp sent received && echo same",
    "# A client that trusts another CA",
    "./client -A other.pem localhost 4433",
]


def main(build, file):
    project = pathlib.Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name in ("server", "client"):
            shutil.copy(build / "examples" / name, folder)
        make = ["sh", project / "tests/certs/make.sh", folder / "certs"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
        shutil.copy(folder / "certs/other-ca.crt", folder / "other.pem")
        (folder / "sent").write_bytes(os.urandom(1 << 20))
        events = record(folder, build)
    header = {"version": 2, "width": COLUMNS, "height": ROWS, "title": "A client and a server"}
    lines = [header, *([round(at, 2), "o", text] for at, text in events)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def record(folder, build):
    """Types the commands. Returns what the terminal received, with the times."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        environment = {"PATH": os.environ["PATH"], "PS1": "$ ", "PS2": "> ", "TERM": "dumb", "LC_ALL": "C"}
        # The copies of the programs have no library in the folder above theirs.
        environment["LD_LIBRARY_PATH"] = str(build)
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "--noediting"], environment)
    start = time.monotonic()
    events = []

    def receive(is_complete):
        received = b""
        while not is_complete(received):
            if not select.select([terminal], [], [], 30)[0]:
                sys.exit(f"no prompt after {received!r}")
            piece = os.read(terminal, 65536)
            received += piece
            events.append((time.monotonic() - start, piece.decode()))

    receive(lambda received: received.endswith(PROMPT))
    for command in COMMANDS:
        time.sleep(0.5)
        for key in command:
            os.write(terminal, key.encode())
            # The terminal echoes each key, and the shell prompts for the rest of a command.
            receive(
                lambda received, end=b"> " if key == "\n" else b"": len(received) > 0
                and received.endswith(end)
            )
            time.sleep(KEY)
        os.write(terminal, b"\n")
        receive(lambda received: received.endswith(b"\n" + PROMPT))
    os.write(terminal, b"kill %1; exit\n")
    os.waitpid(child, 0)
    return events


main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]))
