"""The loop of a non-blocking program: call, wait for the reported event, repeat the call."""

from svg import Picture

WAITS = [
    ("S2N_BLOCKED_ON_READ", "wait until the descriptor is readable"),
    ("S2N_BLOCKED_ON_WRITE", "wait until the descriptor is writable"),
    ("S2N_BLOCKED_ON_APPLICATION_INPUT", "wait for your asynchronous operation"),
]


def draw():
    picture = Picture(
        "The loop of blocked statuses",
        "A call that returns 0 or more has made progress. A call that fails with an error of the type"
        " S2N_ERR_T_BLOCKED is repeated after the event that its blocked status names: the descriptor is readable,"
        " is writable, or the asynchronous operation is complete. Any other error is fatal.",
        484,
    )
    call = picture.box(
        84, 16, 272, ["!Call", "$s2n_negotiate(), s2n_send(),", "$s2n_recv() or s2n_shutdown()"], "call"
    )
    done = picture.box(
        52,
        112,
        336,
        ["!Returns 0 or more: progress", "~make the next call, or pass the rest of the data"],
        "safe",
    )
    picture.zone(52, 175, 336, 214, "plain")
    picture.lines(64, 196, ["!Fails with the type S2N_ERR_T_BLOCKED"])
    y = 208
    for status, event in WAITS:
        wait = picture.box(64, y, 312, [f"${status}", event], "call", 50)
        picture.line(wait.right(), (410, wait.right()[1]), ink="blue")
        y += 58
    picture.arrow((410, 349), (410, 48), call.right(), ink="blue")
    picture.label(402, 99, ["repeat the same call"], "end", "blue")
    fatal = picture.box(
        52,
        405,
        336,
        ["!Fails with another type: fatal", "~after the blinding delay: s2n_shutdown(), free"],
        "bad",
    )
    fatal_y = fatal.left()[1]
    picture.line(call.left(), (28, 48), (28, fatal_y))
    for y in (done.left()[1], 192, fatal_y):
        picture.arrow((28, y), (52, y))
    picture.lines(220, 472, ["~S2N_BLOCKED_ON_EARLY_DATA: only s2n_recv_early_data()"], "middle", "muted")
    return picture
