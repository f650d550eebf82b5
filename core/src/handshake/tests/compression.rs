//! Certificate compression (RFC 8879) with faulty peers.

use super::*;
use crate::config::CertCompression::{Faulty, Zlib};
use crate::credentials::compression::Fault;

/// The alert of a message that cannot be decompressed, which RFC 8879, 4, requires.
const BAD_CERTIFICATE: u8 = 42;
/// Returns a pair whose server requires a client certificate.
fn mutual() -> Pair {
    let pair = Pair::new(TLS13_POLICY);
    let (client, server) = (&pair.client_config, &pair.server_config);
    server.set_client_auth(ClientAuth::Required);
    server.disable_verification();
    client
        .add_chain(&chain(&pki().client))
        .expect("a chain for the policy");
    for config in [client, server] {
        config.set_cert_compression(vec![Zlib]);
        config.set_max_blinding_delay(0);
    }
    pair
}

#[test]
fn a_client_rejects_a_compressed_message_that_is_not_exact() {
    for fault in Fault::ALL {
        let pair = mutual();
        pair.server_config.set_cert_compression(vec![Faulty(fault)]);
        assert_eq!(
            pair.negotiate().0,
            Err(Code::DecodeCertificate),
            "{fault:?}"
        );
        shutdown(&pair.client).0.expect("sent");
        assert_eq!(negotiate(&pair.server).0, Err(Code::Alert));
        let alert = pair.server.alert().expect("received");
        assert_eq!(alert, BAD_CERTIFICATE, "{fault:?}");
    }
}

#[test]
fn a_server_rejects_a_compressed_message_that_is_not_exact() {
    for fault in Fault::ALL {
        let pair = mutual();
        pair.client_config.set_cert_compression(vec![Faulty(fault)]);
        assert_eq!(
            pair.negotiate().1,
            Err(Code::DecodeCertificate),
            "{fault:?}"
        );
        shutdown(&pair.server).0.expect("sent");
        assert_eq!(recv(&pair.client, 1).0, Err(Code::Alert));
        let alert = pair.client.alert().expect("received");
        assert_eq!(alert, BAD_CERTIFICATE, "{fault:?}");
    }
}
