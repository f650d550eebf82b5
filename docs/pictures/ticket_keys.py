"""Lifetimes of ticket keys that are rotated every hour, with the default settings."""

from svg import Picture

LEFT, HOUR = 78, 18.7
ENCRYPTS, DECRYPTS = 2, 13
KEYS = 4
ROW = 30


def draw():
    picture = Picture(
        "Lifetimes of ticket keys",
        f"A key encrypts and decrypts tickets for {ENCRYPTS} hours from its introduction on, and only decrypts for"
        f" {DECRYPTS} hours more. With a new key every hour, two keys encrypt at a time. A session is resumed"
        " while the key of its ticket decrypts.",
        330,
    )
    for y, kind, text in (
        (16, "raw", f"encrypts and decrypts, {ENCRYPTS} hours"),
        (38, "call", f"only decrypts, {DECRYPTS} hours more"),
        (60, "safe", "a session is resumed, 15 hours at most"),
    ):
        picture.box(16, y, 14, [], kind, 14)
        picture.text(38, y + 11.5, text, "small")
    top = 100
    bottom = top + (KEYS + 1) * ROW
    for hour in range(0, 19, 3):
        x = LEFT + hour * HOUR
        picture.line((x, top - 6), (x, bottom + 2), dashed=True)
        picture.text(x, bottom + 18, f"{hour} h", "small", "middle", "muted")
    for key in range(KEYS):
        y = top + key * ROW
        picture.text(16, y + 14, f"Key {key + 1}", "strong")
        bar(picture, key, ENCRYPTS, y, "raw")
        bar(picture, key + ENCRYPTS, DECRYPTS, y, "call")
    y = top + KEYS * ROW
    picture.text(16, y + 14, "Session", "strong")
    start = 1.4
    bar(picture, start, ENCRYPTS + DECRYPTS - start, y, "safe")
    picture.lines(
        16,
        bottom + 44,
        [
            "~A new key every hour: two keys encrypt at a time.",
            "~This session has a ticket of key 1, and ends with it.",
        ],
        ink="muted",
    )
    return picture


def bar(picture, start, hours, y, kind):
    picture.box(LEFT + start * HOUR, y, hours * HOUR, [], kind, 20)
