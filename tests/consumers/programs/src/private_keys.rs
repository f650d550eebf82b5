//! Asynchronous private key operations with an external signer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use s2n_tls::callbacks::{
    ConnectionFuture, OperationType, PrivateKeyCallback, PrivateKeyOperation,
};
use s2n_tls::config::{Builder, Config};
use s2n_tls::connection::Connection;
use s2n_tls::error::Error;
use s2n_tls::security::Policy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

use crate::Outcome;
use crate::endpoints::{Certificates, VERSIONS, client, connect, handshake, result_name};

/// Signs with its key; fails if it has none.
struct Signer(Option<Arc<EcdsaKeyPair>>);

impl PrivateKeyCallback for Signer {
    fn handle_operation(
        &self,
        _: &mut Connection,
        operation: PrivateKeyOperation,
    ) -> Result<Option<Pin<Box<dyn ConnectionFuture>>>, Error> {
        assert!(
            matches!(operation.kind()?, OperationType::Sign(..)),
            "{:?}",
            operation.kind()
        );
        let mut hash = vec![0; operation.input_size()?];
        operation.input(&mut hash)?;
        let (sender, signature) = oneshot::channel();
        let key = self.0.clone();
        // A separate thread simulates a remote signing service.
        std::thread::spawn(move || {
            let signature = key.map(|key| {
                let digest = Digest::import_less_safe(&hash, &SHA256).expect("a SHA-256 digest");
                key.sign_digest(&digest)
                    .expect("a signature")
                    .as_ref()
                    .to_vec()
            });
            let _ = sender.send(signature);
        });
        Ok(Some(Box::pin(PendingSignature {
            operation: Some(operation),
            signature,
        })))
    }
}

struct PendingSignature {
    operation: Option<PrivateKeyOperation>,
    signature: oneshot::Receiver<Option<Vec<u8>>>,
}

impl ConnectionFuture for PendingSignature {
    fn poll(
        mut self: Pin<&mut Self>,
        conn: &mut Connection,
        context: &mut Context,
    ) -> Poll<Result<(), Error>> {
        let Poll::Ready(signature) = Pin::new(&mut self.signature).poll(context) else {
            return Poll::Pending;
        };
        let operation = self.operation.take().expect("not polled after completion");
        Poll::Ready(match signature.expect("the thread sends") {
            Some(signature) => operation.set_output(conn, &signature),
            None => Err(Error::application("the signer failed".into())),
        })
    }
}

/// Returns a server config with a chain and an external signer.
fn keyless(certs: &Certificates, policy: &str, signer: Signer) -> Result<Builder, Error> {
    let mut builder = Config::builder();
    builder
        .set_security_policy(&Policy::from_version(policy)?)?
        .set_max_blinding_delay(0)?
        .load_public_pem(&certs.read("ecdsa.pem"))?
        .set_private_key_callback(signer)?;
    Ok(builder)
}

pub async fn external_signer(certs: &Certificates) -> Outcome {
    let pem = String::from_utf8(certs.read("ecdsa.key"))?;
    let der = decode(&pem);
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der)?;
    let key = Arc::new(key);
    for (version, policy) in VERSIONS {
        let server_config = keyless(certs, policy, Signer(Some(key.clone())))?.build()?;
        let client_config = client(certs, policy)?.build()?;
        let mut count = 0;
        for _ in 0..10 {
            let (mut client, mut server) = connect(&client_config, &server_config).await?;
            client.write_all(b"signed?").await?;
            let mut text = [0; 7];
            server.read_exact(&mut text).await?;
            assert_eq!(&text, b"signed?");
            count += 1;
        }
        println!("external signer, {version}: {count}");
    }
    Ok(())
}

pub async fn failing_signer(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        let server_config = keyless(certs, policy, Signer(None))?.build()?;
        let client_config = client(certs, policy)?.build()?;
        let (client, server) = handshake(&client_config, &server_config, "localhost").await;
        assert!(client.is_err());
        println!("failing signer, {version}: {}", result_name(&server));
    }
    Ok(())
}

/// Decodes a PEM file.
fn decode(pem: &str) -> Vec<u8> {
    let text = pem.lines().filter(|line| !line.starts_with('-'));
    let digits = text.flat_map(str::bytes).filter_map(|letter| match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    });
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for digit in digits {
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
