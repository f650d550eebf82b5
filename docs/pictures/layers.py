"""The crates, and the layers of rs2n-core from the facade down."""

from svg import Picture

LAYERS = [
    ("connection", "facade of one TLS connection"),
    ("handshake", "driver, steps on coroutines, checkpoints"),
    ("stream", "send, receive, buffers, shutdown, blinding"),
    ("state", "settings, results, secrets of a connection"),
    ("config", "settings, clocks, callbacks, rustls configs"),
    ("resumption", "ticket keys, tickets, sessions, cache, PSKs"),
    ("verify", "paths, names, OCSP, revocation, trust store"),
    ("credentials", "chains, selection, signing, async operations"),
    ("policy", "security policies and their supported parts"),
    ("record", "framing, seal, open, limits, key updates"),
    ("messages", "ClientHello, ServerHello, fingerprints"),
    ("x509", "certificates, CRLs, OCSP, PEM, names"),
    ("crypto", "algorithms that the provider lacks"),
    ("base", "Mode, Version, clocks, locks, allocation"),
    ("error", "table, alerts, translation"),
    ("process", "locks at a fork, permanent memory"),
]
ROW = 25


def draw():
    bottom = 222 + ROW * len(LAYERS) + 12
    picture = Picture(
        "Crates and layers",
        "The crates rs2n (src/ffi and src/sys) and rs2n-tools use rs2n-core, whose layers each use only layers"
        " below: " + ", ".join(name for name, _ in LAYERS) + ". Below are rustls, webpki and AWS-LC.",
        bottom + 101,
    )
    picture.zone(16, 16, 274, 96, "raw")
    picture.lines(28, 37, ["!crate rs2n"])
    picture.lines(278, 37, ["~libs2n.so, libs2n.a"], "end")
    ffi = picture.box(28, 48, 122, ["!src/ffi", "~C functions"])
    sys = picture.box(158, 48, 122, ["!src/sys", "~system, callbacks"])
    tools = picture.box(306, 16, 118, ["!rs2n-tools", "~rs2nc, rs2nd"], "safe", 96)
    core = picture.zone(16, 168, 408, bottom - 168, "safe")
    picture.lines(28, 189, ["!crate rs2n-core"])
    picture.lines(28, 207, ["~each layer uses only the layers below it"], ink="muted")
    picture.arrow(ffi.bottom(), (89, 168))
    picture.label(96, 144, ["public items"], "start")
    picture.arrow(sys.bottom(), (219, 168), dashed=True)
    picture.label(226, 144, ["implements its traits"], "start")
    picture.arrow(tools.bottom(), (365, 168))
    y = 218
    for name, contents in LAYERS:
        picture.box(28, y, 384, [], h=ROW - 3)
        picture.lines(38, y + 16, [f"!{name}"])
        picture.lines(134, y + 15.5, [f"~{contents}"])
        y += ROW
    below = picture.box(
        16,
        bottom + 38,
        408,
        ["!rustls, webpki, aws-lc-rs", "~handshake messages, signatures, cryptography"],
        "crypto",
    )
    picture.arrow(core.bottom(), below.top())
    return picture
