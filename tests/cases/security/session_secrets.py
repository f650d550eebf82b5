"""session_secrets.py FILE: derives the secrets of sessions, for residue_sessions.c.

The file has the secret of the ticket key, two masked sessions with their lengths, and the memory of an endpoint that
still has the resumption master secrets, which no function of the API returns. Prints "LABEL masked hex" lines.
"""

import hmac
import pathlib
import sys

from key_schedule import MASK, expand, expand_label, show, show_early_secrets

SESSION_LEN = 2000
TLS13 = 2
SUITES = {0x1301: 'sha256', 0x1302: 'sha384', 0x1303: 'sha256'}


def show_pre_shared_key(key, digest, memory):
    show('pre_shared_key', key)
    show_early_secrets(key, b'res binder', digest)
    # The nonce of the first ticket of a connection is 0.
    blocks = {memory[at:at + len(key)] for at in range(0, len(memory) - len(key), 8)}
    found = [block for block in blocks if expand_label(block, b'resumption', bytes(2), digest) == key]
    if len(found) != 1:
        sys.exit('no resumption master secret in the memory of the peer')
    show('resumption_master_secret', found[0])


data = pathlib.Path(sys.argv[1]).read_bytes()
secret, data = data[:32], data[32:]
extracted = hmac.digest(bytes(32), secret, 'sha256')
ticket_key = expand(extracted, b'')
show('application_key', secret)
show('extracted_key', extracted)
show('ticket_key', ticket_key)
sessions = []
for _ in range(2):
    length = int.from_bytes(data[SESSION_LEN:SESSION_LEN + 4], sys.byteorder)
    sessions.append(bytes(byte ^ MASK for byte in data[:length]))
    data = data[SESSION_LEN + 4:]
for session in sessions:
    length = int.from_bytes(session[1:3], 'big')
    ticket, state = session[3:3 + length], session[3 + length:]
    prk = hmac.digest(bytes(32), ticket_key, 'sha256')
    show('prk_of_a_ticket', prk)
    show('key_of_a_ticket', expand(prk, ticket[17:49]))
    if state[0] == TLS13:
        digest = SUITES[int.from_bytes(state[2:4], 'big')]
        show_pre_shared_key(state[17:17 + state[16]], digest, data)
    else:
        show('tls12_master_secret', state[12:60])
