"""The recording of a terminal as an animation, from the asciicast demo.cast.

Every piece of text has its place in the last frame, and is hidden until its time. So a reader without animations
sees the whole session; the others see it repeatedly, with a pause at its end.
"""

import itertools
import json
import pathlib
from xml.sax.saxutils import escape

from svg import Picture, number

CAST = pathlib.Path(__file__).resolve().parent / "demo.cast"
FONT = 12.4
ROW = 18
TOP = 62
# Seconds: the longest wait that is kept, the time within which pieces are one, and the pause at the end.
IDLE, FRAME, PAUSE = 1.2, 0.09, 8


def draw():
    header, *events = (json.loads(line) for line in CAST.read_text().splitlines())
    pieces, end = shown(events, header["width"])
    total = end + PAUSE
    rows = max(piece["row"] for piece in pieces) + 1
    session = "".join(text for _, _, text in events).replace("\r\n", "\n")
    picture = Picture("Recording of a terminal: a client and a server", session, TOP + rows * ROW + 4)
    times = sorted({piece["time"] for piece in pieces})
    frames = [
        f"@keyframes t{index} {{ from {{ visibility: hidden }} {100 * time / total:.2f}% {{ visibility: visible }} }}"
        f"\n.t{index} {{ animation: t{index} {total:.1f}s step-end infinite }}"
        for index, time in enumerate(times)
    ]
    picture.raw(
        f"<style>\n.term {{ font-size: {FONT}px; white-space: pre }}\n.typed {{ font-weight: 600 }}\n"
        + "\n".join(frames)
        + "\n@media (prefers-reduced-motion: reduce) { text, tspan { animation: none !important } }\n</style>"
    )
    for x, kind in ((26, "bad"), (44, "raw"), (62, "safe")):
        picture.raw(f'<circle cx="{x}" cy="21" r="5.5" class="box {kind}"/>')
    picture.text(220, 25.5, "A client and a server", "small", "middle", "muted")
    picture.raw(f'<path d="M1 40 H{picture.width - 1}" class="line frame"/>')
    for row, group in itertools.groupby(pieces, key=lambda piece: piece["row"]):
        spans = "".join(
            f'<tspan class="t{times.index(piece["time"])} {piece["kind"]}">{escape(piece["text"])}</tspan>'
            for piece in group
        )
        picture.raw(
            f'<text x="16" y="{number(TOP + row * ROW)}" class="code term ink" xml:space="preserve">{spans}</text>'
        )
    return picture


def shown(events, width):
    """The pieces of text with their rows and times, and the time of the last one."""
    pieces = []
    row = column = 0
    clock = previous = 0
    typed = False
    for time, _, text in events:
        clock += min(time - previous, IDLE)
        previous = time
        for letter in text.replace("\r\n", "\n"):
            if letter != "\n" and column == width:
                row, column = row + 1, 0
            if letter == "\n":
                row, column, typed = row + 1, 0, False
                continue
            add(pieces, row, clock, kind(typed, column, letter, pieces), letter)
            column += 1
            # The prompt of the shell ends here; what follows on this line is typed.
            typed = typed or (column == 2 and pieces[-1]["text"] in ("$ ", "> "))
    return pieces, clock


def kind(typed, column, letter, pieces):
    if typed:
        is_comment = pieces[-1]["kind"] == "muted" if column > 2 else letter == "#"
        return "muted" if is_comment else "typed"
    return (
        "blue"
        if column < 2 and (letter in "$>" or column == 1 and pieces[-1]["kind"] == "blue")
        else "output"
    )


def add(pieces, row, time, kind, letter):
    """Appends a letter to the last piece, or begins another one."""
    last = pieces[-1] if pieces else None
    if last and (last["row"], last["kind"]) == (row, kind) and time - last["time"] < FRAME:
        last["text"] += letter
    else:
        pieces.append({"row": row, "time": time, "kind": kind, "text": letter})
