"""States of a connection that is closed: close_notify in both directions, and truncation."""

from svg import Picture


def draw():
    picture = Picture(
        "States of shutdown",
        "An open connection is half closed after s2n_shutdown_send(), which sends close_notify, or after the"
        " close_notify of the peer, and closed after both. If the stream ends before the close_notify of the peer,"
        " the data may be truncated, and calls fail with S2N_ERR_CLOSED.",
        452,
    )
    picture.box(16, 16, 408, ["!Open", "~s2n_send() and s2n_recv() transfer data"], "call")
    sent = picture.box(16, 164, 136, ["!You closed", "~receive the rest,", "~send no more"])
    cut = picture.box(174, 164, 92, ["!Truncated", "~data may be", "~incomplete"], "bad")
    received = picture.box(288, 164, 136, ["!Peer closed", "~s2n_recv() gives 0,", "~send the rest"])
    closed = picture.box(
        16,
        304,
        408,
        ["!Closed in both directions", "~the data of the peer is complete; free the connection"],
        "safe",
    )
    picture.arrow((36, 63), (36, 164))
    picture.label(44, 88, ["s2n_shutdown_send()", "sends close_notify"], "start")
    picture.arrow((404, 63), (404, 164))
    picture.label(396, 88, ["close_notify", "of the peer arrives"], "end")
    picture.arrow((220, 63), cut.top(), ink="wrong")
    picture.label(211, 144, ["the stream ends:"], "end", "wrong")
    picture.label(229, 144, ["S2N_ERR_CLOSED"], "start", "wrong")
    picture.arrow(sent.right(), cut.left(), ink="wrong")
    picture.arrow((36, 228), (36, 304))
    picture.label(44, 262, ["close_notify", "of the peer arrives"], "start")
    picture.arrow((404, 228), (404, 304))
    picture.label(396, 262, ["s2n_shutdown_send()", "sends close_notify"], "end")
    picture.lines(
        16,
        376,
        [
            "~s2n_shutdown() makes both steps: it sends, and waits for the",
            "~peer's close_notify. Data that arrives meanwhile is discarded.",
            "~Before TLS 1.3, the end of one direction ends both.",
            "~After an error that the peer caused, an alert replaces close_notify.",
        ],
        ink="muted",
    )
    return picture
