//! A reverse proxy of Pingora that terminates TLS, and speaks TLS to its upstream servers.
//!
//! usage: proxy GENERATION DIRECTORY CERTIFICATES-DIRECTORY CERTIFICATE LISTENERS ORIGINS
//!
//! LISTENERS are four ports: of the listener for TLS 1.3, of the one for TLS 1.2, of the one that
//! requires client certificates, and of the one with a pre-shared key. ORIGINS are the ports that
//! `origin` prints. Both are separated by commas. The listening sockets come from another process,
//! over Pingora's Unix socket in DIRECTORY: from the previous generation on its SIGQUIT.
//!
//! The request header `x-route` selects how the proxy connects to an upstream server.

use std::sync::Arc;

use async_trait::async_trait;
use log::{LevelFilter, Log, Metadata, Record};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::listeners::tls::TlsSettings;
use pingora::prelude::{HttpPeer, Opt, Server};
use pingora::protocols::ALPN;
use pingora::protocols::tls::{Psk, PskConfig};
use pingora::proxy::{ProxyHttp, Session, http_proxy_service};
use pingora::server::configuration::ServerConf;
use pingora::utils::tls::{CertKey, X509Pem};
use pingora::{Error, ErrorType, Result};
use pingora_s2n::{PskHmac, S2NPolicy};

const SECRET: &str = "the secret of the listener";

/// The certificates of the proxy and of its upstream servers.
struct Certificates {
    dir: String,
}

impl Certificates {
    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.dir)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        let path = self.path(name);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Returns a certificate with its private key.
    fn pair(&self, name: &str) -> CertKey {
        let chain = self.read(&format!("{name}.pem"));
        CertKey::new(chain, self.read(&format!("{name}.key")))
    }
}

struct Proxy {
    generation: String,
    ca: Arc<X509Pem>,
    client: Arc<CertKey>,
    key: Arc<PskConfig>,
    wrong_key: Arc<PskConfig>,
    psk_port: u16,
    origins: [u16; 4],
}

fn key(secret: &str) -> PskConfig {
    let secret = secret.as_bytes().to_vec();
    PskConfig::new(vec![Psk::new("proxy".to_owned(), secret, PskHmac::SHA256)])
}

impl Proxy {
    /// Returns the upstream server of a route, and how to connect to it.
    fn peer(&self, route: &str) -> Option<HttpPeer> {
        let [plain, mutual, unknown, expired] = self.origins;
        let port = match route {
            "h1" | "h2" | "wrong-name" | "other-name" | "tls12" => plain,
            "mutual" | "no-certificate" => mutual,
            "unknown" | "unverified" => unknown,
            "expired" => expired,
            "psk" | "wrong-psk" => self.psk_port,
            _ => return None,
        };
        let name = match route {
            "wrong-name" | "other-name" => "other.example",
            _ => "localhost",
        };
        let mut peer = HttpPeer::new(("127.0.0.1", port), true, name.to_owned());
        if route == "mutual" {
            peer.client_cert_key = Some(Arc::clone(&self.client));
        }
        let options = &mut peer.options;
        options.ca = Some(Arc::clone(&self.ca));
        options.use_system_certs = false;
        options.max_blinding_delay = Some(0);
        options.alpn = match route {
            "h2" => ALPN::H2,
            _ => ALPN::H1,
        };
        options.max_h2_streams = 100;
        options.verify_cert = route != "unverified";
        options.verify_hostname = route != "other-name" && route != "unverified";
        options.psk = match route {
            "psk" => Some(Arc::clone(&self.key)),
            "wrong-psk" => Some(Arc::clone(&self.wrong_key)),
            _ => None,
        };
        // Connections of different policies would be shared.
        if route == "tls12" {
            peer.group_key = 1;
            options.s2n_security_policy = Some(policy("20240501"));
        }
        Some(peer)
    }
}

fn policy(version: &str) -> S2NPolicy {
    S2NPolicy::from_version(version).expect("a policy")
}

#[async_trait]
impl ProxyHttp for Proxy {
    type CTX = ();

    fn new_ctx(&self) {}

    async fn upstream_peer(&self, session: &mut Session, _: &mut ()) -> Result<Box<HttpPeer>> {
        let route = session.req_header().headers.get("x-route");
        let route = route.and_then(|value| value.to_str().ok());
        // The listener with the pre-shared key gets requests without a route from the proxy itself.
        let peer = self.peer(route.unwrap_or("h1"));
        let peer = peer.ok_or_else(|| Error::explain(ErrorType::HTTPStatus(404), "no route"))?;
        Ok(Box::new(peer))
    }

    async fn upstream_request_filter(
        &self,
        _: &mut Session,
        request: &mut RequestHeader,
        _: &mut (),
    ) -> Result<()> {
        request.remove_header("x-route");
        Ok(())
    }

    async fn response_filter(
        &self,
        _: &mut Session,
        response: &mut ResponseHeader,
        _: &mut (),
    ) -> Result<()> {
        response.insert_header("x-proxy", &self.generation)
    }
}

/// Prints errors.
struct Lines;

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        println!("{} {}", record.level(), record.args());
    }

    fn flush(&self) {}
}

fn ports<const N: usize>(list: &str) -> [u16; N] {
    let ports: Vec<u16> = list
        .split(',')
        .map(|port| port.parse().expect("a port"))
        .collect();
    ports.try_into().expect("all ports")
}

fn main() {
    log::set_logger(&Lines).expect("the only logger");
    log::set_max_level(LevelFilter::Error);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [generation, dir, certs, certificate, listeners, origins] =
        <[String; 6]>::try_from(arguments).expect("6 arguments: see the usage");
    let certs = Certificates { dir: certs };
    let [tls13, tls12, mutual, psk] = ports(&listeners);

    let conf = ServerConf {
        upgrade_sock: format!("{dir}/upgrade"),
        threads: 2,
        grace_period_seconds: Some(1),
        graceful_shutdown_timeout_seconds: Some(1),
        ..ServerConf::default()
    };
    let opt = Opt {
        upgrade: true,
        ..Opt::default()
    };
    let mut server = Server::new_with_opt_and_conf(opt, conf);
    // Returns when the listening sockets have been received.
    server.bootstrap();
    println!("{generation} has the sockets");

    let proxy = Proxy {
        generation,
        ca: Arc::new(X509Pem::new(certs.read("ca.pem"))),
        client: Arc::new(certs.pair("client")),
        key: Arc::new(key(SECRET)),
        wrong_key: Arc::new(key("another secret than the listener's")),
        psk_port: psk,
        origins: ports(&origins),
    };
    let mut service = http_proxy_service(&server.configuration, proxy);
    for (port, version, client_auth) in [
        (tls13, "default_tls13", false),
        (tls12, "20240501", false),
        (mutual, "default_tls13", true),
    ] {
        let chain = certs.path(&format!("{certificate}.pem"));
        let key = certs.path(&format!("{certificate}.key"));
        let mut settings = TlsSettings::intermediate(&chain, &key).expect("a certificate");
        settings.enable_h2();
        settings.set_policy(policy(version));
        settings.set_max_blinding_delay(0);
        settings.set_client_auth_required(client_auth);
        if client_auth {
            settings.set_ca(X509Pem::new(certs.read("ca.pem")));
        }
        service.add_tls_with_settings(&format!("127.0.0.1:{port}"), None, settings);
    }
    let mut settings = TlsSettings::new();
    settings.set_psk_config(key(SECRET));
    settings.set_max_blinding_delay(0);
    service.add_tls_with_settings(&format!("127.0.0.1:{psk}"), None, settings);
    server.add_service(service);
    server.run_forever();
}
