"""A replay of early data, with and without a strike register."""

from sequence import Sequence


def draw():
    picture = Sequence(
        "Replay of early data",
        "A client sends a ClientHello with a ticket, and early data, which the server processes. An attacker who has"
        " recorded both sends them again. Without a callback the server processes the request a second time; with a"
        " strike register it rejects the early data. The attacker cannot complete the handshake.",
        [
            (74, 116, "client", ["!Client", "~has a ticket"], "plain"),
            (214, 116, "attacker", ["!Attacker", "~on the network"], "bad"),
            (356, 136, "server", ["!Server", "~has the ticket key"], "safe"),
        ],
    )
    picture.message("client", "server", "ClientHello, ticket, early data", "blue")
    y = picture.y - 12
    picture.raw(f'<circle cx="{picture.lanes["attacker"]}" cy="{y}" r="4.5" class="head-wrong"/>')
    top = picture.y
    picture.note("attacker", 124, ["~records the flight,", "~cannot read it"], "bad")
    picture.y = top
    picture.note("server", 136, ["~accepts the ticket,", "~processes the", "~request"], "safe")
    picture.message("attacker", "server", "the same again", "wrong")
    top = picture.y
    picture.note(
        "server",
        196,
        ["!Server, no callback", "~early data is accepted:", "~the request is processed", "~a second time"],
        "bad",
        114,
    )
    picture.y = top
    picture.note(
        "server",
        196,
        [
            "!Server, strike register",
            "~the ticket was used:",
            "~early data is rejected,",
            "~nothing is processed",
        ],
        "safe",
        326,
    )
    picture.message("server", "attacker", "ServerHello, Finished")
    picture.note(
        "attacker",
        330,
        ["~The attacker has no secret and cannot answer:", "~data after the handshake is never a replay."],
        "plain",
        220,
    )
    return picture.finish()
