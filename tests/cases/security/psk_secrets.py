"""psk_secrets.py DIGEST KEY [HELLO]: derives the secrets of an external pre-shared key, for residue_psk.c.

KEY is masked; HELLO is the ClientHello that offers early data. Both are in hex. Prints "LABEL masked hex" lines.
"""

import sys

from key_schedule import MASK, show, show_early_secrets, show_early_traffic

# The length of the key of the cipher suite with which the early data is encrypted.
KEY_SIZES = {'sha256': 16, 'sha384': 32}

digest, *arguments = sys.argv[1:]
masked, *hellos = map(bytes.fromhex, arguments)
key = bytes(byte ^ MASK for byte in masked)
show('application_secret', key)
early = show_early_secrets(key, b'ext binder', digest)
for hello in hellos:
    show_early_traffic(early, hello, digest, KEY_SIZES[digest])
