//! An HTTPS server of hyper, on `s2n-tls-tokio`, that describes its connections in headers.

use std::convert::Infallible;
use std::fmt::Write;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s2n_tls::config::Config;
use s2n_tls::enums::ClientAuthType;
use s2n_tls::error::Error;
use s2n_tls::security::Policy;
use s2n_tls_tokio::{TlsAcceptor, TlsStream};
use tokio::net::{TcpListener, TcpStream};

type Body = BoxBody<Bytes, hyper::Error>;

/// The settings of a server.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// The directory of the certificates.
    pub certs: &'a str,
    pub certificate: &'a str,
    pub policy: &'a str,
    pub protocols: &'a [&'a str],
    pub client_auth: ClientAuthType,
}

impl Settings<'_> {
    fn config(&self) -> Result<Config, Error> {
        let read = |name: &str| {
            let path = format!("{}/{name}", self.certs);
            fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
        };
        let mut builder = Config::builder();
        builder
            .with_system_certs(false)?
            .set_security_policy(&Policy::from_version(self.policy)?)?
            .set_max_blinding_delay(0)?
            .set_client_auth_type(self.client_auth)?
            .set_application_protocol_preference(self.protocols)?
            .trust_pem(&read("ca.pem"))?
            // The names of client certificates are not compared.
            .set_verify_host_callback(AnyName)?
            .load_pem(
                &read(&format!("{}.pem", self.certificate)),
                &read(&format!("{}.key", self.certificate)),
            )?;
        builder.build()
    }
}

struct AnyName;

impl s2n_tls::callbacks::VerifyHostNameCallback for AnyName {
    fn verify_host_name(&self, _name: &str) -> bool {
        true
    }
}

/// Starts a server on a free port.
pub async fn start(settings: Settings<'_>) -> Result<SocketAddr, Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let acceptor = TlsAcceptor::new(settings.config()?);
    tokio::spawn(serve(listener, acceptor));
    Ok(address)
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor) {
    let mut connection = 0;
    while let Ok((socket, _)) = listener.accept().await {
        socket.set_nodelay(true).expect("a TCP socket");
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // The client reports failed handshakes.
            if let Ok(stream) = acceptor.accept(socket).await {
                serve_connection(stream, connection).await;
            }
        });
        connection += 1;
    }
}

async fn serve_connection(stream: TlsStream<TcpStream>, connection: usize) {
    let tls = Arc::new(describe(&stream));
    let requests = Arc::new(AtomicUsize::new(0));
    let service = service_fn(move |request| {
        let number = requests.fetch_add(1, Ordering::Relaxed);
        let tls = Arc::clone(&tls);
        async move {
            let version = format!("{:?}", request.version());
            let mut response = respond(request).await;
            for (name, value) in [
                ("x-connection", connection.to_string()),
                ("x-request", number.to_string()),
                ("x-version", version),
                ("x-tls", tls.to_string()),
            ] {
                let value = HeaderValue::from_str(&value).expect("printable text");
                response.headers_mut().insert(name, value);
            }
            Ok::<_, Infallible>(response)
        }
    });
    // Clients close connections without waiting for the server's close_notify.
    let _closed = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Describes what was negotiated.
fn describe(stream: &TlsStream<TcpStream>) -> String {
    let conn = stream.as_ref();
    let version = conn.actual_protocol_version();
    // rs2n does not send IP addresses as names.
    let name = conn
        .server_name()
        .filter(|name| name.parse::<IpAddr>().is_err());
    let alpn = conn.application_protocol().map(String::from_utf8_lossy);
    let client = match conn.client_cert_used() {
        true => "client certificate",
        false => "no client certificate",
    };
    format!(
        "{:?} {} {} {} {client}",
        version.expect("negotiated"),
        conn.cipher_suite().expect("negotiated"),
        alpn.unwrap_or("no protocol".into()),
        name.unwrap_or("no name"),
    )
}

async fn respond(request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let mut segments = path.split('/').skip(1);
    match (request.method(), segments.next(), segments.next()) {
        (&Method::GET, Some("bytes"), Some(len)) => {
            Response::new(full(bytes(len.parse().expect("a number"))))
        }
        (&Method::POST, Some("hash"), None) => match hash(request.into_body()).await {
            Ok(text) => Response::new(full(text)),
            Err(_) => status(StatusCode::BAD_REQUEST),
        },
        (&Method::POST, Some("echo"), None) => Response::new(request.into_body().boxed()),
        (&Method::GET, Some("close"), None) => {
            let mut response = Response::new(full("closing"));
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert("connection", close);
            response
        }
        // Not answered: the client gives up.
        (&Method::GET, Some("wait"), None) => std::future::pending().await,
        _ => status(StatusCode::NOT_FOUND),
    }
}

fn full(content: impl Into<Bytes>) -> Body {
    Full::new(content.into())
        .map_err(|never: Infallible| match never {})
        .boxed()
}

fn status(code: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(""));
    *response.status_mut() = code;
    response
}

/// The content of this length, which both ends generate.
pub fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at ^ at >> 8 ^ at >> 16) as u8).collect()
}

/// Returns the length of a body, and its hash.
pub async fn hash<B: hyper::body::Body<Data = Bytes> + Unpin>(
    mut body: B,
) -> Result<String, B::Error> {
    let mut context = Context::new(&SHA256);
    let mut len = 0;
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame?.data_ref() {
            context.update(data);
            len += data.len();
        }
    }
    Ok(describe_hash(len, context))
}

/// Returns the length of some content, and its hash.
pub fn hash_of(content: &[u8]) -> String {
    let mut context = Context::new(&SHA256);
    context.update(content);
    describe_hash(content.len(), context)
}

fn describe_hash(len: usize, context: Context) -> String {
    let mut text = format!("{len} ");
    for byte in context.finish().as_ref() {
        write!(text, "{byte:02x}").expect("a string grows");
    }
    text
}
