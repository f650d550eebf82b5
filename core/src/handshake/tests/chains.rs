//! Chains of several certificates: which paths a client accepts (RFC 5280, 6.1), and what it reports about the others.

use rcgen::{
    CustomExtension, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, NameConstraints,
    PKCS_ECDSA_P256_SHA256, SanType, date_time_ymd,
};

use super::*;
use crate::crypto::signature::VERIFIED;

mod limits;
mod revocation;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key")
}

/// The parameters of a CA with this name.
fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// [`authority`], with a maximum number of intermediates below it.
fn limited(name: &str, most: u8) -> CertificateParams {
    let mut params = authority(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(most));
    params
}

fn root(params: CertificateParams) -> Authority {
    CertifiedIssuer::self_signed(params, key()).expect("a root")
}

fn issue(issuer: &Authority, params: CertificateParams) -> Authority {
    CertifiedIssuer::signed_by(params, key(), issuer).expect("a certificate")
}

/// The parameters of a certificate for the server's name.
fn leaf() -> CertificateParams {
    let mut params = CertificateParams::new(["server.example".into()]).expect("a name");
    params.distinguished_name = Default::default();
    params.distinguished_name.push(DnType::CommonName, "leaf");
    params
}

/// A critical extension that no library supports.
fn unknown_critical() -> CustomExtension {
    let mut extension =
        CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
    extension.set_criticality(true);
    extension
}

/// Returns a client that trusts `anchor`, and a server that sends `chain`, the leaf first.
fn pair(anchor: &Authority, chain: &[&Authority]) -> Pair {
    let config = || {
        let config = Config::new_minimal();
        let policy = Policy::find(TLS13_POLICY).expect("a policy");
        config.set_policy(policy).expect("no rules");
        Arc::new(config)
    };
    let (client, server) = (config(), config());
    let trusted = client.trust_pem(anchor.pem().as_bytes());
    trusted.expect("an anchor");
    let pem: String = chain.iter().map(|cert| cert.pem()).collect();
    let key = chain[0].key().serialize_pem();
    let loaded = crate::testing::chain(&(pem, key));
    server.add_chain(&loaded).expect("fits");
    Pair::with_configs(client, server)
}

#[track_caller]
fn accepts(anchor: &Authority, chain: &[&Authority]) {
    let pair = pair(anchor, chain);
    let outcome = pair.negotiate();
    assert_eq!(
        outcome,
        (Ok(()), Ok(())),
        "{:?}",
        pair.client.error_detail()
    );
}

/// Requires an error, and a text about it: a name and a reason.
#[track_caller]
fn rejects(anchor: &Authority, chain: &[&Authority], code: Code, parts: [&str; 2]) {
    let pair = pair(anchor, chain);
    assert_eq!(pair.negotiate().0, Err(code));
    let detail = pair.client.error_detail().expect("an error");
    for part in parts {
        assert!(detail.contains(part), "{detail}");
    }
}

#[test]
fn an_issuer_is_a_certificate_authority() {
    let root = root(authority("root"));
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa] {
        let mut params = authority("no authority");
        params.is_ca = is_ca;
        let between = issue(&root, params);
        let chain = [&issue(&between, leaf()), &between];
        let expected = ["of \"CN=no authority\"", "not that of a CA"];
        rejects(&root, &chain, Code::CertUntrusted, expected);
    }
}

#[test]
fn the_path_length_counts_intermediates() {
    let root = root(authority("root"));
    for most in 0..3 {
        let top = issue(&root, limited("top", most));
        let mut chain = vec![top];
        for below in 0..4 {
            let last = chain.last().expect("the top");
            let server = issue(last, leaf());
            let sent: Vec<_> = [&server].into_iter().chain(chain.iter().rev()).collect();
            match below <= most {
                true => accepts(&root, &sent),
                false => {
                    let text = format!("{below} intermediate certificates are below it");
                    let expected = ["of \"CN=top\"", &text];
                    rejects(&root, &sent, Code::CertUntrusted, expected);
                }
            }
            let next = issue(last, authority(&format!("intermediate {below}")));
            chain.push(next);
        }
    }
}

#[test]
fn self_issued_certificates_do_not_count_for_the_path_length() {
    let root = root(authority("root"));
    let top = issue(&root, limited("top", 0));
    let renewed = issue(&top, authority("top"));
    let server = issue(&renewed, leaf());
    accepts(&root, &[&server, &renewed, &top]);
    let lower = issue(&renewed, authority("lower"));
    let server = issue(&lower, leaf());
    let expected = ["of \"CN=top\"", "1 intermediate certificates are below it"];
    let chain = [&server, &lower, &renewed, &top];
    rejects(&root, &chain, Code::CertUntrusted, expected);
}

/// As in s2n-tls: a root's is ignored.
#[test]
fn the_path_length_of_a_trust_anchor_counts_unless_it_is_a_root() {
    for (is_root, anchor) in [
        (true, root(limited("anchor", 0))),
        (false, issue(&root(authority("root")), limited("anchor", 0))),
    ] {
        let alone = issue(&anchor, leaf());
        accepts(&anchor, &[&alone]);
        let lower = issue(&anchor, authority("lower"));
        let server = issue(&lower, leaf());
        let chain = [&server, &lower];
        match is_root {
            true => accepts(&anchor, &chain),
            false => {
                let expected = ["of \"CN=anchor\"", "permits 0"];
                rejects(&anchor, &chain, Code::CertUntrusted, expected);
            }
        }
    }
}

/// [`authority`], which permits names below one domain only.
fn constrained(name: &str, domain: &str) -> CertificateParams {
    let mut params = authority(name);
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName(domain.into())],
        excluded_subtrees: vec![],
    });
    params
}

fn with_name(mut params: CertificateParams, name: &str) -> CertificateParams {
    let name = name.try_into().expect("a DNS name");
    params.subject_alt_names = vec![SanType::DnsName(name)];
    params
}

#[test]
fn name_constraints_apply_to_all_certificates_below() {
    let excluded = "its names are excluded";
    for (domain, is_permitted) in [("example", true), ("test", false)] {
        // In the trust anchor, and in an intermediate.
        let constrained_root = root(constrained("root", domain));
        let direct = issue(&constrained_root, leaf());
        let root = root(authority("root"));
        let top = issue(&root, constrained("top", domain));
        let lower = issue(&top, authority("lower"));
        let below_top = issue(&top, leaf());
        let below_lower = issue(&lower, leaf());
        for (anchor, chain) in [
            (&constrained_root, &[&direct][..]),
            (&root, &[&below_top, &top]),
            (&root, &[&below_lower, &lower, &top]),
        ] {
            match is_permitted {
                true => accepts(anchor, chain),
                false => rejects(
                    anchor,
                    chain,
                    Code::CertUntrusted,
                    ["of \"CN=leaf\"", excluded],
                ),
            }
        }
    }
}

#[test]
fn name_constraints_do_not_apply_to_their_own_certificate() {
    let root = root(authority("root"));
    let top = issue(
        &root,
        with_name(constrained("top", "example"), "outside.test"),
    );
    accepts(&root, &[&issue(&top, leaf()), &top]);
}

/// RFC 5280, 6.1.3 (b): "If certificate i is self-issued and it is not the final certificate in the
/// path, skip this step".
#[test]
fn name_constraints_skip_self_issued_intermediates() {
    let root = root(authority("root"));
    let top = issue(&root, constrained("top", "example"));
    let renewed = issue(&top, with_name(authority("top"), "outside.test"));
    accepts(&root, &[&issue(&renewed, leaf()), &renewed, &top]);

    let lower = issue(&top, with_name(authority("lower"), "outside.test"));
    let chain = [&issue(&lower, leaf()), &lower, &top];
    let expected = ["of \"CN=lower\"", "its names are excluded"];
    rejects(&root, &chain, Code::CertUntrusted, expected);

    // A leaf whose subject is that of its issuer.
    let mut params = leaf();
    params.distinguished_name = authority("top").distinguished_name;
    params
        .subject_alt_names
        .push(SanType::DnsName("outside.test".try_into().expect("a name")));
    let chain = [&issue(&top, params), &top];
    let expected = ["of \"CN=top\"", "its names are excluded"];
    rejects(&root, &chain, Code::CertUntrusted, expected);
}

#[test]
fn purposes_restrict_leaves_and_intermediates() {
    let for_clients = |mut params: CertificateParams| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params
    };
    let denied = "does not permit server authentication";
    let plain = root(authority("root"));
    let top = issue(&plain, for_clients(authority("top")));
    let lower = issue(&top, authority("lower"));
    let chain = [&issue(&lower, leaf()), &lower, &top];
    rejects(
        &plain,
        &chain,
        Code::CertIntentInvalid,
        ["of \"CN=top\"", denied],
    );

    let server = issue(&plain, for_clients(leaf()));
    let expected = ["of \"CN=leaf\"", denied];
    rejects(&plain, &[&server], Code::CertIntentInvalid, expected);

    // The purposes of a trust anchor are not checked.
    let root = root(for_clients(authority("root")));
    accepts(&root, &[&issue(&root, leaf())]);
}

#[test]
fn unknown_critical_extensions_are_rejected_anywhere_in_the_path() {
    let with_extension = |mut params: CertificateParams| {
        params.custom_extensions.push(unknown_critical());
        params
    };
    let code = Code::CertUnhandledCriticalExtension;
    let unsupported = "critical extensions are not supported: 1.3.6.1.4.1.99999.1";
    let plain = root(authority("root"));
    let server = issue(&plain, with_extension(leaf()));
    rejects(&plain, &[&server], code, ["of \"CN=leaf\"", unsupported]);

    let top = issue(&plain, with_extension(authority("top")));
    let chain = [&issue(&top, leaf()), &top];
    rejects(&plain, &chain, code, ["of \"CN=top\"", unsupported]);

    let anchor = root(with_extension(authority("root")));
    let server = issue(&anchor, leaf());
    rejects(&anchor, &[&server], code, ["of \"CN=root\"", unsupported]);

    // A leaf that is trusted itself.
    let alone = root(with_extension(leaf()));
    rejects(&alone, &[&alone], code, ["of \"CN=leaf\"", unsupported]);
}

/// As in s2n-tls: the purposes of a trust anchor count if the peer sends its issuer too.
#[test]
fn a_leaf_may_be_trusted_itself() {
    let root = root(authority("root"));
    let server = issue(&root, leaf());
    accepts(&server, &[&server]);
    accepts(&server, &[&server, &root]);

    let mut params = leaf();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let server = issue(&root, params);
    accepts(&server, &[&server]);
    let other = issue(&root, authority("other"));
    accepts(&server, &[&server, &other]);
    let expected = ["of \"CN=leaf\"", "does not permit server authentication"];
    let chain = [&server, &root];
    rejects(&server, &chain, Code::CertIntentInvalid, expected);
}

#[test]
fn every_certificate_of_a_path_is_in_its_validity_period() {
    let expired = |mut params: CertificateParams| {
        params.not_before = date_time_ymd(1990, 1, 1);
        params.not_after = date_time_ymd(2000, 1, 1);
        params
    };
    let code = Code::CertExpired;
    let text = "it has expired on 2000-01-01";
    let valid = root(authority("root"));
    let top = issue(&valid, expired(authority("top")));
    let chain = [&issue(&top, leaf()), &top];
    rejects(&valid, &chain, code, ["of \"CN=top\"", text]);

    let anchor = root(expired(authority("root")));
    let server = issue(&anchor, leaf());
    rejects(&anchor, &[&server], code, ["of \"CN=root\"", text]);

    let alone = root(expired(leaf()));
    rejects(&alone, &[&alone], code, ["of \"CN=leaf\"", text]);
}
