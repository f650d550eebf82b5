//! What a client and a server have in common: the context of a configuration, and the facts of a connection.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};

use boring::nid::Nid;
use boring::ssl::{
    NameType, SslContextBuilder, SslFiletype, SslMethod, SslRef, SslStream, SslVerifyMode,
    SslVersion,
};
use foreign_types_shared::ForeignTypeRef;

use crate::arguments::Arguments;
use crate::counted::Counted;
use crate::{Result, compression};

/// Creates a context with the options that both roles have.
pub fn context(arguments: &Arguments) -> Result<SslContextBuilder> {
    let mut context = SslContextBuilder::new(SslMethod::tls())?;
    context.set_verify(SslVerifyMode::NONE);
    if let Some(file) = arguments.optional("--ca") {
        context.set_ca_file(file)?;
        context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }
    if let Some(names) = arguments.optional("--compression") {
        compression::add(&mut context, names)?;
    }
    if let Some(groups) = arguments.optional("--groups") {
        context.set_curves_list(groups)?;
    }
    if arguments.flag("--early-data") {
        // SAFETY: the pointer is that of a live context, which nothing else uses.
        unsafe { boring_sys::SSL_CTX_set_early_data_enabled(context.as_ptr(), 1) };
    }
    if let Some(file) = arguments.optional("--key-log") {
        // A server has two contexts, one for the public name.
        let log = OpenOptions::new().append(true).create(true).open(file)?;
        context.set_keylog_callback(move |_, line| {
            writeln!(&log, "{line}").expect("the key log is writable");
        });
    }
    match arguments.optional("--tls") {
        None | Some("1.3") => context.set_max_proto_version(Some(SslVersion::TLS1_3))?,
        Some("1.2") => context.set_max_proto_version(Some(SslVersion::TLS1_2))?,
        Some(other) => return Err(format!("unknown version {other}").into()),
    }
    Ok(context)
}

/// Loads a chain and its private key.
pub fn load_chain(context: &mut SslContextBuilder, chain: &str, key: &str) -> Result<()> {
    context.set_certificate_chain_file(chain)?;
    context.set_private_key_file(key, SslFiletype::PEM)?;
    Ok(())
}

/// The facts of a connection after its handshake, a line each.
pub fn facts(stream: &SslStream<Counted>) -> String {
    let ssl = stream.ssl();
    let none = "none";
    let lines = [
        format!("version: {}", ssl.version_str()),
        format!(
            "cipher: {}",
            ssl.current_cipher().map_or(none, |cipher| cipher.name())
        ),
        format!("group: {}", ssl.curve_name().unwrap_or(none)),
        format!("hello retry request: {}", ssl.used_hello_retry_request()),
        format!(
            "server name: {}",
            ssl.servername(NameType::HOST_NAME).unwrap_or(none)
        ),
        format!("ech accepted: {}", ssl.ech_accepted()),
        format!(
            "peer certificate: {}",
            peer_name(ssl).as_deref().unwrap_or(none)
        ),
        format!("early data accepted: {}", accepts_early_data(ssl)),
        format!("exporter: {}", exported(ssl)),
        format!(
            "handshake bytes: sent {} received {}",
            stream.get_ref().sent,
            stream.get_ref().received
        ),
    ];
    lines.map(|line| line + "\n").concat()
}

fn accepts_early_data(ssl: &SslRef) -> bool {
    // SAFETY: the pointer is that of a live connection.
    unsafe { boring_sys::SSL_early_data_accepted(ssl.as_ptr()) == 1 }
}

/// The output of the exporter for the label "test" and an empty context, in hexadecimal digits.
fn exported(ssl: &SslRef) -> String {
    let mut secret = [0; 32];
    ssl.export_keying_material(&mut secret, "test", Some(&[]))
        .expect("the handshake is complete");
    secret.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The common name of the peer's certificate, or a text if it has none.
fn peer_name(ssl: &SslRef) -> Option<String> {
    let certificate = ssl.peer_certificate()?;
    let name = certificate
        .subject_name()
        .entries_by_nid(Nid::COMMONNAME)
        .next();
    let text = name.and_then(|name| name.data().as_utf8().ok().map(|text| text.to_string()));
    Some(text.unwrap_or_else(|| "without a common name".to_owned()))
}

/// Reads up to an empty line, or to the end of the stream.
pub fn read_head(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    Ok(head)
}

/// Writes data and the close_notify alert.
pub fn write_last(stream: &mut SslStream<Counted>, data: &[u8]) -> io::Result<()> {
    stream.write_all(data)?;
    // A peer that has received the data may be gone.
    let _ = stream.shutdown();
    let _ = stream.get_mut().finish();
    Ok(())
}
