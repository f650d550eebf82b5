"""Zones of trust: who may touch raw memory, and where the bytes of the peer are parsed."""

from svg import Picture


def draw():
    picture = Picture(
        "Zones of trust",
        "The program calls the crate rs2n, whose src/ffi and src/sys contain all unsafe Rust of the project. The"
        " bytes of the peer pass through src/sys unparsed into the crate rs2n-core, which forbids unsafe code, and"
        " uses rustls and webpki, also safe Rust. Below them is AWS-LC, in C and assembler.",
        626,
    )
    program = picture.box(
        16, 16, 260, ["!Your program", "~C, or a language that calls C", "~trusted with pointers"], "raw"
    )
    peer = picture.box(300, 16, 124, ["!The peer", "~its bytes may", "~be an attack"], "bad")

    picture.zone(16, 132, 408, 128, "raw")
    picture.lines(28, 153, ["!crate rs2n"])
    picture.lines(132, 153, ["~libs2n.so; has all unsafe code"])
    ffi = picture.box(28, 164, 186, ["!src/ffi", "~checks pointers, sizes,", "~enums; catches panics"], h=84)
    sys = picture.box(
        226, 164, 186, ["!src/sys", "~sockets, your callbacks,", "~allocator, coroutines, fork"], h=84
    )
    picture.arrow((121, 80), ffi.top())
    picture.label(112, 108, ["calls of s2n.h:"], "end")
    picture.label(130, 108, ["pointers, lengths"], "start")
    picture.arrow((362, 80), (362, 164), ink="wrong")
    picture.label(353, 108, ["bytes, unparsed"], "end", "wrong")

    core = picture.zone(16, 316, 408, 152, "safe")
    picture.lines(28, 337, ["!crate rs2n-core"])
    picture.lines(412, 337, ["$#![forbid(unsafe_code)]"], "end")
    picture.box(
        28,
        348,
        384,
        ["~parses records, messages, certificates, tickets;", "~keeps all state; limits time and memory"],
        "plain",
    )
    rustls = picture.box(
        28, 411, 384, ["!rustls, webpki", "~handshake, key schedule, signatures: safe Rust too"], "safe"
    )
    picture.arrow(ffi.bottom(), (121, 316))
    picture.label(112, 292, ["references,"], "end")
    picture.label(130, 292, ["slices, Result"], "start")
    picture.arrow((362, 248), (362, 316), ink="wrong")
    picture.label(353, 292, ["bytes as a slice"], "end", "wrong")

    lc = picture.box(
        16,
        524,
        408,
        [
            "!AWS-LC",
            "~C and assembler: ciphers, digests, signatures, key exchange",
            "~knows no connection, and parses no TLS message",
        ],
        "crypto",
    )
    picture.arrow(core.bottom(), lc.top())
    picture.label(212, 500, ["keys and buffers,"], "end")
    picture.label(228, 500, ["through aws-lc-rs"], "start")
    picture.lines(220, 612, ["~Only code in orange and purple handles raw memory."], "middle", "muted")
    return picture
