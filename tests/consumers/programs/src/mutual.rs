//! Clients that show a certificate, or do not.

use s2n_tls::callbacks::VerifyHostNameCallback;
use s2n_tls::config::Builder;
use s2n_tls::enums::ClientAuthType;
use s2n_tls::error::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::Outcome;
use crate::parties::{Certificates, VERSIONS, client, meet, server, word};

/// Accepts clients by the names in their certificates.
struct Named(&'static str);

impl VerifyHostNameCallback for Named {
    fn verify_host_name(&self, name: &str) -> bool {
        name == self.0
    }
}

fn show(builder: &mut Builder, certs: &Certificates, name: &str) -> Result<(), Error> {
    if name != "none" {
        builder.load_pem(
            &certs.read(&format!("{name}.pem")),
            &certs.read(&format!("{name}.key")),
        )?;
    }
    Ok(())
}

pub async fn clients_with_and_without(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        for kind in [ClientAuthType::Required, ClientAuthType::Optional] {
            for shown in ["client", "client-rsa", "unknown", "none"] {
                let mut theirs = client(certs, policy)?;
                show(&mut theirs, certs, shown)?;
                theirs.set_client_auth_type(ClientAuthType::Optional)?;
                let mut ours = server(certs, policy, "ecdsa")?;
                ours.trust_pem(&certs.read("ca.pem"))?
                    .set_client_auth_type(kind)?
                    .set_verify_host_callback(Named("localhost"))?;
                let (theirs, ours) = (theirs.build()?, ours.build()?);
                let (client, server) = meet(&theirs, &ours, "localhost").await;
                println!(
                    "mutual, {version}, {kind:?}, {shown}: server {}",
                    word(&server)
                );
                let (Ok(mut client), Ok(mut server)) = (client, server) else {
                    continue;
                };
                server.write_all(b"welcome").await?;
                let mut text = [0; 7];
                client.read_exact(&mut text).await?;
                let conn = server.as_ref();
                let used = conn.client_cert_used();
                assert_eq!(used, shown != "none");
                let len = match used {
                    true => conn.peer_cert_chain()?.len(),
                    false => 0,
                };
                println!(
                    "  certificates: {len}, signed: {:?} {:?}",
                    conn.selected_client_signature_algorithm()?,
                    conn.selected_client_hash_algorithm()?,
                );
            }
        }
    }
    Ok(())
}

pub async fn names_of_clients(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        for name in ["www.rs2n.test", "localhost", "example.com"] {
            let mut theirs = client(certs, policy)?;
            show(&mut theirs, certs, "client")?;
            let mut ours = server(certs, policy, "ecdsa")?;
            ours.trust_pem(&certs.read("ca.pem"))?
                .set_client_auth_type(ClientAuthType::Required)?
                .set_verify_host_callback(Named(name))?;
            let (theirs, ours) = (theirs.build()?, ours.build()?);
            let (_, server) = meet(&theirs, &ours, "localhost").await;
            println!("names of clients, {version}, {name}: {}", word(&server));
        }
    }
    Ok(())
}
