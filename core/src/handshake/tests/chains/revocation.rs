//! CRLs that the application provides.

use std::sync::{LazyLock, Mutex};

use rcgen::{
    CertificateRevocationListParams, CrlDistributionPoint, CrlIssuingDistributionPoint, CrlScope,
    KeyIdMethod, KeyUsagePurpose, RevokedCertParams, SerialNumber,
};

use super::*;
use crate::config::CrlLookupCallback;
use crate::verify::crl::{Crl, CrlLookup};

/// Returns the CRL of a CA that lists these serial numbers, issued in a year and replaced in another.
fn list(issuer: &Authority, serials: &[u64], years: [i32; 2]) -> Arc<Crl> {
    list_of(issuer, serials, years, None)
}

/// The same, for a distribution point.
fn list_of(
    issuer: &Authority,
    serials: &[u64],
    years: [i32; 2],
    point: Option<CrlIssuingDistributionPoint>,
) -> Arc<Crl> {
    let revoked = serials.iter().map(|&serial| RevokedCertParams {
        serial_number: SerialNumber::from(serial),
        revocation_time: date_time_ymd(2020, 1, 1),
        reason_code: None,
        invalidity_date: None,
    });
    let [this_update, next_update] = years.map(|year| date_time_ymd(year, 1, 1));
    let params = CertificateRevocationListParams {
        this_update,
        next_update,
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: point,
        revoked_certs: revoked.collect(),
        key_identifier_method: IDENTIFIER.clone(),
    };
    let pem = params.signed_by(issuer).expect("a list").pem();
    let crl = Crl::default();
    crl.load(pem.expect("an encoding").as_bytes())
        .expect("a list");
    Arc::new(crl)
}

/// Provides the list of each issuer, as an application does, by the hash of the name.
struct Lists(Mutex<Vec<Arc<Crl>>>);

impl CrlLookupCallback for Lists {
    fn look_up(&self, lookup: &Arc<CrlLookup>) -> bool {
        let lists = self.0.lock().expect("no test panics under it");
        let mut lists = lists.iter();
        let of_issuer =
            lists.find(|list| list.issuer_hash().expect("loaded") == lookup.issuer_hash());
        lookup.answer(of_issuer.cloned());
        true
    }
}

/// The same for all, so that lists are found by names.
static IDENTIFIER: LazyLock<KeyIdMethod> =
    LazyLock::new(|| KeyIdMethod::PreSpecified(b"identifier".to_vec()));

fn with_usages(name: &str, usages: &[KeyUsagePurpose]) -> CertificateParams {
    let mut params = authority(name);
    params.key_usages = usages.to_vec();
    params.key_identifier_method = IDENTIFIER.clone();
    params
}

fn signs_lists(name: &str) -> CertificateParams {
    let usages = [KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    with_usages(name, &usages)
}

fn numbered(mut params: CertificateParams, serial: u64) -> CertificateParams {
    params.serial_number = Some(SerialNumber::from(serial));
    params
}

const CURRENT: [i32; 2] = [2020, 3000];

#[test]
fn a_listed_certificate_is_revoked() {
    let root = root(signs_lists("root"));
    let top = issue(&root, numbered(signs_lists("top"), 5));
    let server = issue(&top, numbered(leaf(), 7));
    for (of_root, of_top, expected) in [
        (&[][..], &[][..], Ok(())),
        // Serial numbers count for their issuer only.
        (&[7, 6], &[5, 8], Ok(())),
        (&[], &[6, 7], Err(Code::CertRevoked)),
        (&[5], &[], Err(Code::CertRevoked)),
    ] {
        let pair = pair(&root, &[&server, &top]);
        let lists = vec![list(&root, of_root, CURRENT), list(&top, of_top, CURRENT)];
        let callback = Arc::new(Lists(Mutex::new(lists)));
        pair.client_config.set_crl_lookup_callback(Some(callback));
        assert_eq!(pair.negotiate().0, expected, "{of_root:?} {of_top:?}");
        if expected.is_err() {
            let detail = pair.client.error_detail().expect("an error");
            assert!(detail.ends_with("a revocation list (CRL) of its issuer lists it"));
        }
    }
}

#[test]
fn every_certificate_requires_a_list_of_its_issuer() {
    let root = root(signs_lists("root"));
    let top = issue(&root, signs_lists("top"));
    let server = issue(&top, leaf());
    // A CA with the same name and another key.
    let other = CertifiedIssuer::self_signed(signs_lists("top"), key()).expect("a root");
    // A CA that may not sign lists.
    let params = with_usages("root", &[KeyUsagePurpose::KeyCertSign]);
    let weak = CertifiedIssuer::self_signed(params, key()).expect("a root");
    let by_weak = issue(&weak, leaf());
    for (anchor, chain, lists, code) in [
        (
            &root,
            &[&server, &top][..],
            vec![&root],
            Code::CrlLookupFailed,
        ),
        (&root, &[&server, &top], vec![&top], Code::CrlLookupFailed),
        (&root, &[&server, &top], vec![], Code::CrlLookupFailed),
        (
            &root,
            &[&server, &top],
            vec![&root, &other],
            Code::CrlSignature,
        ),
        (&weak, &[&by_weak], vec![&root], Code::CrlIssuer),
    ] {
        let pair = pair(anchor, chain);
        let lists = lists.into_iter().map(|issuer| list(issuer, &[], CURRENT));
        let callback = Arc::new(Lists(Mutex::new(lists.collect())));
        pair.client_config.set_crl_lookup_callback(Some(callback));
        assert_eq!(pair.negotiate().0, Err(code));
        let reason = match code {
            Code::CrlLookupFailed => "no revocation list (CRL) covers it",
            Code::CrlSignature => "the signature of the revocation list (CRL) was not made by",
            _ => "its issuer's key must not sign revocation lists",
        };
        let detail = pair.client.error_detail().expect("an error");
        assert!(detail.contains(reason), "{detail}");
    }
}

/// RFC 5280, 6.3.3 (b) (2): the distribution point and the kinds of certificates.
#[test]
fn a_list_covers_the_certificates_of_its_distribution_point() {
    const URI: &str = "http://crl.example/1";

    let at = |uri: &str| CrlDistributionPoint {
        uris: vec![uri.into()],
    };
    let with_point = |mut params: CertificateParams| {
        params.crl_distribution_points = vec![at(URI)];
        params
    };
    let root = root(signs_lists("root"));
    let top = issue(&root, with_point(signs_lists("top")));
    let server = issue(&top, with_point(leaf()));
    let without_point = issue(&top, leaf());
    let missing = Err(Code::CrlLookupFailed);
    for (server, uri, scopes, expected) in [
        (&server, URI, [None, None], Ok(())),
        (&server, "http://crl.example/2", [None, None], missing),
        // A certificate without distribution points.
        (&without_point, URI, [None, None], missing),
        (
            &server,
            URI,
            [Some(CrlScope::CaCertsOnly), Some(CrlScope::UserCertsOnly)],
            Ok(()),
        ),
        (&server, URI, [None, Some(CrlScope::CaCertsOnly)], missing),
        (&server, URI, [Some(CrlScope::UserCertsOnly), None], missing),
    ] {
        let pair = pair(&root, &[server, &top]);
        let lists = [&root, &top].into_iter().zip(scopes);
        let lists = lists.map(|(issuer, scope)| {
            let distribution_point = at(uri);
            let point = CrlIssuingDistributionPoint {
                distribution_point,
                scope,
            };
            list_of(issuer, &[], CURRENT, Some(point))
        });
        let callback = Arc::new(Lists(Mutex::new(lists.collect())));
        pair.client_config.set_crl_lookup_callback(Some(callback));
        assert_eq!(pair.negotiate().0, expected, "{uri} {scopes:?}");
    }
}

#[test]
fn the_application_can_check_the_age_of_a_list() {
    let code = |outcome: Result<()>| outcome.map_err(|error| error.code());
    let root = root(signs_lists("root"));
    let current = list(&root, &[], CURRENT);
    assert_eq!(code(current.check_active()), Ok(()));
    assert_eq!(code(current.check_not_expired()), Ok(()));
    let future = list(&root, &[], [2900, 3000]);
    assert_eq!(code(future.check_active()), Err(Code::CrlNotYetValid));
    assert_eq!(code(future.check_not_expired()), Ok(()));
    let past = list(&root, &[], [2000, 2001]);
    assert_eq!(code(past.check_active()), Ok(()));
    assert_eq!(code(past.check_not_expired()), Err(Code::CrlExpired));
}

#[test]
fn a_list_is_loaded_once() {
    let code = |outcome: Result<()>| outcome.map_err(|error| error.code());
    let crl = Crl::default();
    assert_eq!(
        crl.issuer_hash().map_err(|error| error.code()),
        Err(Code::Null)
    );
    assert_eq!(code(crl.check_active()), Err(Code::Null));
    assert!(crl.load(b"no list").is_err());
    let root = root(signs_lists("root"));
    let loaded = list(&root, &[], CURRENT);
    assert_eq!(code(loaded.load(b"no list")), Err(Code::InvalidArgument));
}
