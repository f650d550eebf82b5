//! Connection pools and shared configs.

#![allow(deprecated)] // Programs still use pools.

use std::sync::atomic::{AtomicUsize, Ordering};

use s2n_tls::connection::Connection;
use s2n_tls::enums::Mode;
use s2n_tls::pool::ConfigPoolBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

use crate::Outcome;
use crate::endpoints::{Certificates, VERSIONS, client, connect, server};

/// Pools of wiped connections.
pub async fn pool(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        let mut clients = ConfigPoolBuilder::new(Mode::Client, client(certs, policy)?.build()?);
        let mut servers =
            ConfigPoolBuilder::new(Mode::Server, server(certs, policy, "ecdsa")?.build()?);
        clients.set_max_pool_size(2);
        servers.set_max_pool_size(3);
        let (clients, servers) = (clients.build(), servers.build());
        for round in 0..4_usize {
            let mut pairs = Vec::new();
            for _ in 0..round + 1 {
                pairs.push(connect(&clients, &servers).await?);
            }
            for (client, server) in &mut pairs {
                client.write_all(&[round as u8; 100]).await?;
                let mut bytes = [9; 100];
                server.read_exact(&mut bytes).await?;
                assert_eq!(bytes, [round as u8; 100]);
            }
            drop(pairs);
            println!(
                "pool, {version}: {} clients, {} servers",
                clients.pool_size(),
                servers.pool_size()
            );
        }
    }
    Ok(())
}

/// An application context that counts live connections: it is freed with its connection.
struct Counted(&'static AtomicUsize);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

static ALIVE: AtomicUsize = AtomicUsize::new(0);

fn count(conn: &mut Connection) {
    ALIVE.fetch_add(1, Ordering::Relaxed);
    conn.set_application_context(Counted(&ALIVE));
}

pub async fn shared_config(certs: &Certificates) -> Outcome {
    let mut tasks = JoinSet::new();
    for (_, policy) in VERSIONS {
        let client_config = client(certs, policy)?.build()?;
        let server_config = server(certs, policy, "ecdsa")?.build()?;
        for _ in 0..100 {
            let (client_config, server_config) = (client_config.clone(), server_config.clone());
            tasks.spawn(async move {
                let (mut client, mut server) = connect(&client_config, &server_config)
                    .await
                    .expect("a handshake");
                count(client.as_mut());
                count(server.as_mut());
                server.write_all(b"hello").await.expect("sent");
                server.shutdown().await.expect("closed");
                let mut text = String::new();
                client.read_to_string(&mut text).await.expect("received");
                text.len()
            });
        }
    }
    let mut total = 0;
    while let Some(len) = tasks.join_next().await {
        total += len?;
    }
    println!(
        "shared config: {total} bytes, {} live connections",
        ALIVE.load(Ordering::Relaxed)
    );
    Ok(())
}
