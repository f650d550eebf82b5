"""The key schedule of TLS 1.3, for the scripts that derive the secrets which a program searches for."""

import hashlib
import hmac

MASK = 0x5a


def show(label, secret):
    """Prints "LABEL masked hex", as the programs read it."""
    print(label, bytes(byte ^ MASK for byte in secret).hex())


def expand(prk, info, size=32, digest='sha256'):
    """HKDF-Expand (RFC 5869, 2.3)."""
    block, output, count = b'', b'', 0
    while len(output) < size:
        count += 1
        block = hmac.digest(prk, block + info + bytes([count]), digest)
        output += block
    return output[:size]


def expand_label(secret, label, context, digest, size=None):
    """HKDF-Expand-Label (RFC 8446, 7.1), with the length of the hash unless `size` is given."""
    size = size or hashlib.new(digest).digest_size
    label = b'tls13 ' + label
    info = size.to_bytes(2, 'big') + bytes([len(label)]) + label + bytes([len(context)]) + context
    return expand(secret, info, size, digest)


def show_early_secrets(key, binder_label, digest):
    """Shows the early secret of a pre-shared key and the keys of its binder, and returns the former."""
    size = hashlib.new(digest).digest_size
    early = hmac.digest(bytes(size), key, digest)
    binder = expand_label(early, binder_label, hashlib.new(digest).digest(), digest)
    show('early_secret', early)
    show('binder_key', binder)
    show('binder_finished_key', expand_label(binder, b'finished', b'', digest))
    return early


def show_early_traffic(early, hello, digest, key_size):
    """Shows the secret and the key of early data, of the ClientHello that offers it."""
    secret = expand_label(early, b'c e traffic', hashlib.new(digest, hello).digest(), digest)
    show('CLIENT_EARLY_TRAFFIC_SECRET', secret)
    show('early_traffic_key', expand_label(secret, b'key', b'', digest, key_size))
