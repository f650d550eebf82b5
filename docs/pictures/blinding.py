"""Timeline of blinding, downwards: both modes, and what the peer observes."""

from svg import Picture

# Left edge and width of each column.
BUILT_IN, SELF_SERVICE, PEER = (16, 124), (152, 138), (314, 110)
OWN = (16, 274)


def column(picture, place, y, contents, kind="plain", h=None):
    return picture.box(place[0], y, place[1], contents, kind, h)


def draw():
    picture = Picture(
        "Timeline of blinding",
        "After an error that the peer caused, built-in blinding sleeps in the failing call, and self-service"
        " blinding returns at once. In both modes the peer observes silence for a random delay, by default of 10 to"
        " 30 seconds. Then the application calls s2n_shutdown(), which sends the alert.",
        516,
    )
    column(picture, BUILT_IN, 16, ["!Built-in", "~the default"], "call")
    column(picture, SELF_SERVICE, 16, ["!Self-service", "~for event loops"], "call")
    column(picture, PEER, 16, ["!The peer", "~observes"])

    failure = column(
        picture, OWN, 80, ["!Error caused by the peer", "~a bad record, message or certificate"], "bad"
    )
    cause = column(picture, PEER, 80, ["~sends it"], "bad", failure.h)
    picture.arrow(cause.left(), failure.right(), ink="wrong")

    sleep = column(picture, BUILT_IN, 149, ["!The call sleeps", "~Its thread does", "~nothing else."], h=178)
    now = column(
        picture,
        SELF_SERVICE,
        149,
        ["!It returns -1", "~Log the error; start", "~a timer of the time", "~that is left."],
    )
    pause = column(
        picture, SELF_SERVICE, 246, ["~Keep the socket,", "~serve others; do", "~not shut down yet."], h=81
    )
    silence = column(
        picture,
        PEER,
        149,
        ["!Silence", "~The socket is", "~open. The time", "~does not reveal", "~the cause."],
        h=178,
    )

    picture.box(16, 349, 408, ["!A random delay is over: 10 to 30 seconds"], "raw")
    returns = column(picture, BUILT_IN, 395, ["It returns -1"])
    timer = column(picture, SELF_SERVICE, 395, ["The timer expires"])
    shutdown = column(
        picture, OWN, 447, ["$s2n_shutdown()", "~sends the alert; close the socket after it"], "call"
    )
    alert = column(picture, PEER, 447, ["!The alert", "~then the end"])
    for box, to in ((sleep, 349), (pause, 349), (silence, 349), (returns, 447), (timer, 447)):
        picture.arrow(box.bottom(), (box.bottom()[0], to))
    for box in (sleep, now):
        picture.arrow((box.top()[0], 127), box.top())
    for box in (returns, timer):
        picture.line((box.top()[0], 379), box.top())
    picture.line(now.bottom(), pause.top())
    picture.line(cause.bottom(), silence.top(), ink="muted")
    picture.arrow(shutdown.right(), alert.left())
    return picture
