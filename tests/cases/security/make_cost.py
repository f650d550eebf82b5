"""make_cost.py FOLDER: adds the inputs of cost.c, each in two sizes, to a folder made by make.py."""

import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs import DAY, NOW, certificate, cn, dns, key, write

FOLDER = pathlib.Path(sys.argv[1])
root, root_key = [cn('Cost Root')], key()
root_cert = certificate(root, root_key, root, root_key, ca=True)
write('cost_root.pem', root_cert)
leaf_key = load_pem_private_key((FOLDER / 'leaf.key').read_bytes(), None)


def leaf(names, issuer=root, issuer_key=root_key):
    return certificate([cn('leaf')], leaf_key, issuer, issuer_key, dns(*names))


# Names: none is the one that is asked for.
for size in (750, 1500):
    write(f'cost_names_{size}.pem', leaf([f'name-{i}.example' for i in range(size)]))

# Constraints: subtrees that allow all of fifty names, the last subtree each of them.
for size in (250, 500):
    inner, inner_key = [cn(f'Constrained {size}')], key()
    subtrees = [x509.DNSName(f'subtree-{i}.example') for i in range(size - 1)] + [x509.DNSName('localhost')]
    constrained = certificate(inner, inner_key, root, root_key, x509.NameConstraints(subtrees, None), ca=True, critical=True)
    names = ['localhost'] + [f'{i}.localhost' for i in range(49)]
    write(f'cost_constraints_{size}.pem', leaf(names, inner, inner_key), constrained)

# OCSP: certificates of delegates that the issuer has not signed, all of them named as the responder.
honest = leaf(['localhost'])
write('cost_ocsp.pem', honest)
for size in (15, 30):
    keys = [key() for _ in range(size)]
    delegates = [certificate([cn('Responder')], k, root, k, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]))
                 for k in keys]
    made = (ocsp.OCSPResponseBuilder()
            .add_response(cert=honest, issuer=root_cert, algorithm=hashes.SHA1(), cert_status=ocsp.OCSPCertStatus.GOOD,
                          this_update=NOW - DAY, next_update=NOW + 3 * DAY, revocation_time=None, revocation_reason=None)
            .certificates(delegates).responder_id(ocsp.OCSPResponderEncoding.NAME, delegates[0]).sign(keys[0], hashes.SHA256()))
    (FOLDER / f'cost_ocsp_{size}.der').write_bytes(made.public_bytes(Encoding.DER))

# Lists: of certificates that are not the one in question.
for size in (1000, 2000):
    builder = x509.CertificateRevocationListBuilder().issuer_name(x509.Name(root)).last_update(NOW - DAY).next_update(NOW + 30 * DAY)
    for serial in range(1, size + 1):
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - DAY).build())
    write(f'cost_list_{size}.pem', builder.sign(root_key, hashes.SHA256()))
