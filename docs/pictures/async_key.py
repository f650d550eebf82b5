"""An asynchronous private key operation: the handshake is suspended while another thread signs."""

from sequence import Sequence


def draw():
    picture = Sequence(
        "Asynchronous private key operation",
        "s2n_negotiate() calls the callback, which passes the operation to a signing thread, and fails as blocked on"
        " application input. While that thread signs and applies the operation, the event loop serves other"
        " connections. Then it calls s2n_negotiate() again, which resumes the handshake.",
        [
            (82, 132, "loop", ["!Event loop", "~your thread"], "raw"),
            (222, 116, "library", ["!rs2n", "~the connection"], "safe"),
            (360, 128, "signer", ["!Signing thread", "~or a token"], "raw"),
        ],
    )
    picture.message("loop", "library", "s2n_negotiate()", "blue")
    picture.message("library", "loop", "your callback")
    picture.message("loop", "signer", "passes on the operation")
    picture.message("library", "loop", "-1, blocked", "wrong")
    top = picture.y
    picture.note("loop", 132, ["~Blocked on", "~application input:", "!Serve others"])
    end = picture.y
    picture.y = top
    picture.note("signer", 128, ["~gets the input,", "~sets the output:", "!Sign"], "crypto")
    picture.y = end
    picture.message("signer", "library", "apply the operation")
    picture.message("signer", "loop", "wakes it, for instance by an eventfd")
    picture.message("loop", "library", "s2n_negotiate()", "blue")
    picture.note("library", 190, ["~The handshake is resumed", "~with the signature."], "safe")
    return picture.finish()
