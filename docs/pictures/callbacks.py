"""The callbacks of a handshake of TLS 1.3 on a server, in their order."""

from svg import Picture

# Steps of the library, each with the callbacks that it makes, and whether they may suspend the handshake.
STEPS = [
    (["!ClientHello", "~is complete"], [(["ClientHello callback", "~selects a config"], True)]),
    (
        ["!Session, external key", "~offered by the client"],
        [(["PSK selection callback"], False), (["Early data callback"], True)],
    ),
    (
        ["!Own certificate", "~by name and key type"],
        [(["Private key callback", "~signs the handshake"], True)],
    ),
    (["!Own messages", "~ServerHello to Finished"], []),
    (
        ["!Client's certificate", "~if it was requested"],
        [
            (["Verify host callback"], False),
            (["CRL lookup callback"], True),
            (["Validation callback", "~when all checks passed"], True),
        ],
    ),
    (["!Finished of the client", "~s2n_negotiate() returns 0"], []),
]
LEFT, RIGHT = (16, 184), (240, 184)
GAP = 18


def draw():
    picture = Picture(
        "Callbacks of a handshake",
        "On a server of TLS 1.3 the callbacks run in this order: ClientHello, PSK selection, early data, private key;"
        " for the certificate of a client: verify host, CRL lookup, validation. Those for the ClientHello, early data,"
        " the private key, CRL lookups and validation may suspend the handshake.",
        0,
    )
    picture.box(16, 16, 14, [], "call", 14)
    picture.text(38, 27.5, "may suspend the handshake until your result is there", "small")
    y, previous = 52, None
    for step, callbacks in STEPS:
        box = picture.box(LEFT[0], y, LEFT[1], step, "safe")
        if previous:
            picture.arrow(previous.bottom(), box.top())
        middle, previous = box.left()[1], box
        for lines, suspends in callbacks:
            callback = picture.box(RIGHT[0], y, RIGHT[1], lines, "call" if suspends else "plain")
            x = (LEFT[0] + LEFT[1] + RIGHT[0]) / 2
            if y == box.y:
                middle = callback.left()[1] if len(callbacks) > 1 else middle
                picture.arrow((LEFT[0] + LEFT[1], middle), (RIGHT[0], middle), both=True)
            else:
                end = callback.left()[1]
                picture.arrow((x, middle), (x, end), (RIGHT[0], end))
            y += callback.h + 8
        y = max(y - 8 if callbacks else 0, box.y + box.h) + GAP
    picture.lines(
        16, y + 10, ["~A client verifies the server's certificate with the same three."], ink="muted"
    )
    picture.height = y + 26
    return picture
