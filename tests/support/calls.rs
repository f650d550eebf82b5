//! C programs that call functions of the API with valid arguments.

#![allow(dead_code)] // Each test binary uses a part.

use std::collections::BTreeSet;

use super::support::rows;

/// A parameter of a function.
pub struct Parameter {
    pub kind: String,
    pub name: String,
}

impl Parameter {
    /// Parses "const char *version", "s2n_mode mode", or a type without a name.
    pub fn new(text: &str) -> Self {
        let end = text.rfind([' ', '*']).map_or(0, |last| last + 1);
        let kind = match end {
            0 => text,
            _ => text[..end].trim_end(),
        };
        Self {
            kind: kind.to_owned(),
            name: text[end..].to_owned(),
        }
    }

    pub fn is_pointer(&self, callbacks: &BTreeSet<String>) -> bool {
        self.kind.contains('*') || callbacks.contains(&self.kind)
    }

    /// A valid argument, so that only the check under test rejects the call.
    pub fn valid(&self) -> String {
        match (self.kind.as_str(), self.name.as_str()) {
            ("struct s2n_connection *", _) => "conn".into(),
            ("struct s2n_config *", _) => "config".into(),
            ("s2n_cert_private_key *", _) => "s2n_cert_chain_and_key_get_private_key(chain)".into(),
            ("struct s2n_cert_chain_and_key *", _) => "chain".into(),
            ("struct s2n_client_hello *", _) => "hello".into(),
            ("struct s2n_fingerprint *" | "const struct s2n_fingerprint *", _) => {
                "fingerprint".into()
            }
            ("struct s2n_cert *" | "const struct s2n_cert *", _) => "cert".into(),
            ("struct s2n_crl *", _) => "crl".into(),
            ("struct s2n_crl **", _) => "&crl".into(),
            ("struct s2n_psk *", _) => "psk".into(),
            ("struct s2n_psk **", _) => "&psk".into(),
            ("struct s2n_offered_psk *", _) => "offered_psk".into(),
            ("struct s2n_offered_psk **", _) => "&offered_psk".into(),
            ("const struct s2n_connection *", _) => "conn".into(),
            ("const struct s2n_cert_chain_and_key *", _) => "chain".into(),
            ("const uint8_t *", "oid") => "(const uint8_t *)\"2.5.29.17\"".into(),
            ("s2n_fingerprint_type", _) => "S2N_FINGERPRINT_JA3".into(),
            (_, "max_output_size" | "max_size" | "max_hash_size") => "sizeof(room)".into(),
            (_, "lang") => "\"en\"".into(),
            ("s2n_serialization_version", _) => "S2N_SERIALIZED_CONN_V1".into(),
            (_, "version") => "\"default\"".into(),
            (_, "error" | "offs") => "0".into(),
            (_, "ca_dir") => "\".\"".into(),
            ("const char *", _) => "\"missing\"".into(),
            ("const char *const *", _) => "names".into(),
            ("const struct iovec *", _) => "&vector".into(),
            (kind, _) if kind.ends_with("_fn *") => format!("({kind})never"),
            (kind, _) if kind.contains('*') => "(void *)room".into(),
            (kind, _)
                if kind.ends_with("_fn")
                    || kind.ends_with("_cb")
                    || kind.ends_with("_callback")
                    || kind.starts_with("s2n_clock") =>
            {
                format!("({kind})never")
            }
            _ => "1".into(),
        }
    }
}

/// Parses the parameters of a row of `functions.tsv`.
pub fn parameters(list: &str) -> Vec<Parameter> {
    match list {
        "void" => Vec::new(),
        _ => list.split(", ").map(Parameter::new).collect(),
    }
}

/// The value that a function with this result type returns when it fails.
pub fn failure_value(result: &str) -> &'static str {
    match result {
        "int" | "ssize_t" => "-1",
        "uint64_t" => "UINT64_MAX",
        pointer if pointer.ends_with('*') => "NULL",
        other => panic!("no failure value for the type {other}"),
    }
}

/// The names of function pointer types.
pub fn callbacks() -> BTreeSet<String> {
    let rows = rows("types.tsv").into_iter();
    rows.filter(|row| row[0] == "callback" && row[3] == "pointer")
        .map(|row| row[2].clone())
        .collect()
}

/// Returns a C program of these statements. Between `set_up()` and `tear_down()` the objects that
/// [`Parameter::valid`] names exist; `report(call, as_expected, error)` compares the result and the
/// error of a call, and a difference makes the program fail.
pub fn program(statements: &str) -> String {
    let start = START.replace("CERTIFICATE", &certificate());
    format!("{start}{statements}{END}")
}

/// A PEM certificate, as a C string.
fn certificate() -> String {
    let made =
        rcgen::generate_simple_self_signed(["a.example".to_owned()]).expect("the name is valid");
    let lines = made.cert.pem();
    lines
        .lines()
        .map(|line| format!("\"{line}\\n\"\n"))
        .collect()
}

const START: &str = r#"
#include <s2n.h>
#include <rs2n/rs2n.h>
#include <s2n/internal.h>
#include <s2n/quic.h>
#include <s2n/unstable/allow_ip_in_cn.h>
#include <s2n/unstable/async_offload.h>
#include <s2n/unstable/cert_authorities.h>
#include <s2n/unstable/cleanup.h>
#include <s2n/unstable/crl.h>
#include <s2n/unstable/custom_x509_extensions.h>
#include <s2n/unstable/events.h>
#include <s2n/unstable/fingerprint.h>
#include <s2n/unstable/ktls.h>
#include <s2n/unstable/npn.h>
#include <s2n/unstable/renegotiate.h>
#include <stdlib.h>
#include <string.h>

static struct s2n_connection *conn;
static struct s2n_config *config;
static struct s2n_cert_chain_and_key *chain;
static struct s2n_client_hello *hello;
static struct s2n_fingerprint *fingerprint;
static struct s2n_cert_chain_and_key *loaded;
static struct s2n_cert *cert;
static struct s2n_crl *crl;
static struct s2n_psk *psk;
static struct s2n_offered_psk *offered_psk;
static uint8_t pem[] =
CERTIFICATE;
static int64_t room[64];
static int failures;

__attribute__((unused)) static void never(void)
{
    abort();
}

static void set_up(void)
{
    conn = s2n_connection_new(S2N_CLIENT);
    config = s2n_config_new_minimal();
    chain = s2n_cert_chain_and_key_new();
    /* TLS 1.2, one cipher suite, no compression, nothing else. */
    static const uint8_t message[4 + 41] = {
        1, 0, 0, 41, 3, 3, [40] = 2, 0xc0, 0x2f, 1, 0,
    };
    hello = s2n_client_hello_parse_message(message, sizeof(message));
    fingerprint = s2n_fingerprint_new(S2N_FINGERPRINT_JA3);
    loaded = s2n_cert_chain_and_key_new();
    crl = s2n_crl_new();
    psk = s2n_external_psk_new();
    offered_psk = s2n_offered_psk_new();
    if (s2n_cert_chain_and_key_load_public_pem_bytes(loaded, pem, strlen((char *)pem)) != 0
            || s2n_cert_chain_get_cert(loaded, &cert, 0) != 0 || crl == NULL
            || psk == NULL || offered_psk == NULL) {
        abort();
    }
    if (conn == NULL || config == NULL || chain == NULL || hello == NULL || fingerprint == NULL
            || s2n_fingerprint_set_client_hello(fingerprint, hello) != 0) {
        abort();
    }
    s2n_errno = 0;
}

static void tear_down(void)
{
    if (s2n_connection_free(conn) != 0 || s2n_config_free(config) != 0
            || s2n_cert_chain_and_key_free(chain) != 0
            || s2n_cert_chain_and_key_free(loaded) != 0 || s2n_crl_free(&crl) != 0 || s2n_client_hello_free(&hello) != 0
            || s2n_fingerprint_free(&fingerprint) != 0 || s2n_psk_free(&psk) != 0
            || s2n_offered_psk_free(&offered_psk) != 0) {
        abort();
    }
}

static void report(const char *call, int as_expected, const char *error)
{
    const char *found = s2n_strerror_name(s2n_errno);
    if (!as_expected || strcmp(found, error) != 0) {
        fprintf(stderr, "%s: %s, %s instead of %s\n", call,
                as_expected ? "right result" : "wrong result", found, error);
        failures++;
    }
}

int main(void)
{
    const char *const names[] = { "h2" };
    const struct iovec vector = { room, 1 };
    (void)names;
    (void)vector;
    if (s2n_init() != 0) {
        return 1;
    }
"#;

const END: &str = "    return failures != 0;
}
";
