"""The path of a record out and in, after the handshake."""

from svg import Picture


def draw():
    picture = Picture(
        "Path of a record",
        "Sending: earlier records are flushed, a KeyUpdate is sent if it is due, and records are sealed from the"
        " caller's buffer into the output buffer, which the writer of the transport takes. Receiving: the reader"
        " fills the input buffer, a record is opened in place or to the caller's buffer; handshake messages and"
        " alerts are processed, and make a KeyUpdate due. Each direction has its own lock.",
        508,
    )
    caller = picture.box(16, 16, 196, ["$s2n_send()", "~your buffer"], "call")
    picture.zone(16, 90, 196, 312, "safe")
    picture.lines(26, 111, ["!Send"])
    flush = picture.box(28, 122, 172, ["~flush earlier records"])
    update = picture.box(28, 190, 172, ["~KeyUpdate, if it is due"])
    seal = picture.box(28, 258, 172, ["~seal: encrypt into", "~the output buffer"])
    out = picture.box(28, 343, 172, ["~output buffer,", "~or a batch of records"])
    writer = picture.box(16, 426, 196, ["~writer: descriptor or callback"])
    steps = (caller, flush, update, seal, out, writer)
    for upper, lower in zip(steps, steps[1:]):
        picture.arrow(upper.bottom(), lower.top())

    caller = picture.box(228, 16, 196, ["$s2n_recv()", "~your buffer"], "call")
    picture.zone(228, 90, 196, 312, "safe")
    picture.lines(238, 111, ["!Receive"])
    pending = picture.box(240, 122, 172, ["~plaintext that is left,", "~in the input buffer"])
    opened = picture.box(240, 190, 172, ["~open: decrypt in place,", "~or to your buffer"])
    messages = picture.box(240, 258, 82, ["~handshake", "~messages"])
    alerts = picture.box(336, 258, 76, ["~alerts"], h=47)
    buffer = picture.box(240, 343, 172, ["~input buffer: 5 bytes of", "~header, then the body"])
    reader = picture.box(228, 426, 196, ["~reader: descriptor or callback"])
    picture.arrow(reader.top(), buffer.bottom())
    picture.arrow((329, buffer.y), (329, opened.y + opened.h))
    picture.arrow(opened.top(), pending.bottom())
    picture.arrow(pending.top(), caller.bottom())
    picture.arrow((281, 237), messages.top())
    picture.arrow((374, 237), alerts.top())
    picture.arrow(messages.left(), (220, 281.5), (220, 205), update.right(), ink="blue", dashed=True)
    picture.lines(
        220,
        480,
        [
            "~Each half has a lock. They share atomic flags (closed, alert,",
            "~KeyUpdate due) and the key schedule, which has its own lock.",
        ],
        "middle",
        "muted",
    )
    return picture
