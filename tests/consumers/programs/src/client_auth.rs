//! Client authentication.

use s2n_tls::callbacks::VerifyHostNameCallback;
use s2n_tls::config::Builder;
use s2n_tls::enums::ClientAuthType;
use s2n_tls::error::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::Outcome;
use crate::endpoints::{Certificates, VERSIONS, client, handshake, result_name, server};

/// Accepts client certificates with a name.
struct AcceptName(&'static str);

impl VerifyHostNameCallback for AcceptName {
    fn verify_host_name(&self, name: &str) -> bool {
        name == self.0
    }
}

fn load_certificate(builder: &mut Builder, certs: &Certificates, name: &str) -> Result<(), Error> {
    if name != "none" {
        builder.load_pem(
            &certs.read(&format!("{name}.pem")),
            &certs.read(&format!("{name}.key")),
        )?;
    }
    Ok(())
}

pub async fn required_and_optional(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        for kind in [ClientAuthType::Required, ClientAuthType::Optional] {
            for name in ["client", "client-rsa", "unknown", "none"] {
                let mut client_config = client(certs, policy)?;
                load_certificate(&mut client_config, certs, name)?;
                client_config.set_client_auth_type(ClientAuthType::Optional)?;
                let mut server_config = server(certs, policy, "ecdsa")?;
                server_config
                    .trust_pem(&certs.read("ca.pem"))?
                    .set_client_auth_type(kind)?
                    .set_verify_host_callback(AcceptName("localhost"))?;
                let (client_config, server_config) =
                    (client_config.build()?, server_config.build()?);
                let (client, server) = handshake(&client_config, &server_config, "localhost").await;
                println!(
                    "client authentication, {version}, {kind:?}, {name}: server {}",
                    result_name(&server)
                );
                let (Ok(mut client), Ok(mut server)) = (client, server) else {
                    continue;
                };
                server.write_all(b"welcome").await?;
                let mut text = [0; 7];
                client.read_exact(&mut text).await?;
                let conn = server.as_ref();
                let used = conn.client_cert_used();
                assert_eq!(used, name != "none");
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

pub async fn client_names(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        for name in ["www.rs2n.test", "localhost", "example.com"] {
            let mut client_config = client(certs, policy)?;
            load_certificate(&mut client_config, certs, "client")?;
            let mut server_config = server(certs, policy, "ecdsa")?;
            server_config
                .trust_pem(&certs.read("ca.pem"))?
                .set_client_auth_type(ClientAuthType::Required)?
                .set_verify_host_callback(AcceptName(name))?;
            let (client_config, server_config) = (client_config.build()?, server_config.build()?);
            let (_, server) = handshake(&client_config, &server_config, "localhost").await;
            println!("client names, {version}, {name}: {}", result_name(&server));
        }
    }
    Ok(())
}
