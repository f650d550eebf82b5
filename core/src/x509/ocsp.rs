//! OCSP responses (RFC 6960, 4.2.1), parsed from strict DER.

use x509_parser::asn1_rs::{Class, FromDer, GeneralizedTime, Tag};
use x509_parser::der_parser::{Oid, oid};

use super::certificate::outline;
use super::der::{Fields, Value, sequence_of};
use super::{Signed, form};

/// An OCSPResponse.
#[derive(Debug)]
pub(crate) enum OcspResponse<'a> {
    /// The status is "successful", and the response of type id-pkix-ocsp-basic.
    Basic(BasicResponse<'a>),
    /// The responder reports an error, such as "tryLater" or "unauthorized".
    Failed,
}

/// A BasicOCSPResponse with its ResponseData.
#[derive(Debug)]
pub(crate) struct BasicResponse<'a> {
    /// The signature covers the encoded ResponseData as it was received.
    pub(crate) signed: Signed<'a>,
    pub(crate) responder: ResponderId<'a>,
    pub(crate) responses: Vec<SingleResponse<'a>>,
    pub(crate) has_critical_extension: bool,
    /// The included certificates, in DER.
    pub(crate) certificates: Vec<&'a [u8]>,
}

#[derive(Debug)]
pub(crate) enum ResponderId<'a> {
    /// The encoded subject of the responder's certificate.
    Name(&'a [u8]),
    /// The SHA-1 digest of the responder's public key.
    KeyHash(&'a [u8]),
}

/// The status of one certificate.
#[derive(Debug)]
pub(crate) struct SingleResponse<'a> {
    pub(crate) id: CertId<'a>,
    pub(crate) status: CertStatus,
    /// Seconds since 1970.
    pub(crate) this_update: u64,
    pub(crate) next_update: Option<u64>,
    pub(crate) has_critical_extension: bool,
}

/// A CertID (RFC 6960, 4.1.1).
#[derive(Debug)]
pub(crate) struct CertId<'a> {
    /// Whether the hashes are SHA-1 digests.
    pub(crate) is_sha1: bool,
    pub(crate) issuer_name_hash: &'a [u8],
    pub(crate) issuer_key_hash: &'a [u8],
    /// The content of the INTEGER.
    pub(crate) serial: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertStatus {
    Good,
    Revoked,
    Unknown,
}

/// RFC 6960, 4.2.1: id-pkix-ocsp-basic.
const BASIC: Oid<'static> = oid!(1.3.6.1.5.5.7.48.1.1);

const SHA1: Oid<'static> = oid!(1.3.14.3.2.26);

impl<'a> OcspResponse<'a> {
    /// Parses a response; `None` if it is malformed, or successful without a basic response.
    pub(crate) fn parse(der: &'a [u8]) -> Option<Self> {
        let mut fields = Fields::of_whole(der)?;
        let status = fields.next()?.enumerated()?;
        let bytes = fields.explicit(0)?;
        fields.end()?;
        let bytes = match bytes {
            Some(bytes) => Some(response_bytes(&bytes)?),
            None => None,
        };
        match status {
            0 => {
                let (kind, basic) = bytes?;
                let basic = (kind == BASIC.as_bytes()).then_some(basic)?;
                Some(Self::Basic(BasicResponse::parse(basic)?))
            }
            // 4 is not used.
            1..=3 | 5 | 6 => Some(Self::Failed),
            _ => None,
        }
    }
}

/// Parses ResponseBytes into the content of the type's identifier and of the response.
fn response_bytes<'a>(bytes: &Value<'a>) -> Option<(&'a [u8], &'a [u8])> {
    let mut fields = Fields::of(bytes)?;
    let kind = fields.next()?.oid()?;
    let response = fields.primitive(Tag::OctetString)?;
    fields.end()?;
    Some((kind, response))
}

impl<'a> BasicResponse<'a> {
    fn parse(der: &'a [u8]) -> Option<Self> {
        let mut fields = Fields::of_whole(der)?;
        let data = fields.next()?;
        let algorithm = fields.next()?;
        algorithm_oid(&algorithm)?;
        let signature = bits(fields.primitive(Tag::BitString)?)?;
        let certificates = match fields.explicit(0)? {
            Some(list) => sequence_of(&list, certificate)?,
            None => Vec::new(),
        };
        fields.end()?;
        let signed = Signed {
            message: data.der,
            algorithm: algorithm.any.data,
            signature,
        };
        Self::parse_data(signed, certificates, &data)
    }

    /// Parses ResponseData.
    fn parse_data(
        signed: Signed<'a>,
        certificates: Vec<&'a [u8]>,
        data: &Value<'a>,
    ) -> Option<Self> {
        let mut fields = Fields::of(data)?;
        if let Some(version) = fields.explicit(0)? {
            // v1 is the only version.
            let is_v1 = version.integer()? == [0];
            is_v1.then_some(())?;
        }
        let responder = ResponderId::parse(&fields.next()?)?;
        let _produced_at = time(&fields.next()?)?;
        let responses = sequence_of(&fields.next()?, SingleResponse::parse)?;
        let has_critical_extension = match fields.explicit(1)? {
            Some(extensions) => has_critical(&extensions)?,
            None => false,
        };
        fields.end()?;
        Some(Self {
            signed,
            responder,
            responses,
            has_critical_extension,
            certificates,
        })
    }
}

impl<'a> ResponderId<'a> {
    fn parse(id: &Value<'a>) -> Option<Self> {
        if let Some(name) = id.unwrap_explicit(1)? {
            return form::is_name(&name.any).then_some(Self::Name(name.der));
        }
        let hash = id.unwrap_explicit(2)??;
        Some(Self::KeyHash(hash.primitive(Tag::OctetString)?))
    }
}

impl<'a> SingleResponse<'a> {
    fn parse(response: &Value<'a>) -> Option<Self> {
        let mut fields = Fields::of(response)?;
        let id = CertId::parse(&fields.next()?)?;
        let status = CertStatus::parse(&fields.next()?)?;
        let this_update = time(&fields.next()?)?;
        let next_update = match fields.explicit(0)? {
            Some(next) => Some(time(&next)?),
            None => None,
        };
        let has_critical_extension = match fields.explicit(1)? {
            Some(extensions) => has_critical(&extensions)?,
            None => false,
        };
        fields.end()?;
        Some(Self {
            id,
            status,
            this_update,
            next_update,
            has_critical_extension,
        })
    }
}

impl<'a> CertId<'a> {
    fn parse(id: &Value<'a>) -> Option<Self> {
        let mut fields = Fields::of(id)?;
        let id = Self {
            is_sha1: algorithm_oid(&fields.next()?)? == SHA1.as_bytes(),
            issuer_name_hash: fields.primitive(Tag::OctetString)?,
            issuer_key_hash: fields.primitive(Tag::OctetString)?,
            serial: fields.next()?.integer()?,
        };
        fields.end()?;
        Some(id)
    }
}

impl CertStatus {
    fn parse(status: &Value<'_>) -> Option<Self> {
        let any = &status.any;
        let is_empty = !any.header.is_constructed() && any.data.is_empty();
        match (any.class(), any.tag().0) {
            (Class::ContextSpecific, 0) if is_empty => Some(Self::Good),
            (Class::ContextSpecific, 1) if any.header.is_constructed() => {
                let mut fields = Fields::of_content(any.data);
                let _revoked_at = time(&fields.next()?)?;
                if let Some(reason) = fields.explicit(0)? {
                    is_reason(reason.enumerated()?).then_some(())?;
                }
                fields.end()?;
                Some(Self::Revoked)
            }
            (Class::ContextSpecific, 2) if is_empty => Some(Self::Unknown),
            _ => None,
        }
    }
}

/// Returns whether a number is a CRLReason (RFC 5280, 5.3.1); 7 is not used.
fn is_reason(reason: u8) -> bool {
    reason <= 10 && reason != 7
}

/// Returns whether an extension of a list is critical.
fn has_critical(extensions: &Value<'_>) -> Option<bool> {
    let critical = sequence_of(extensions, |extension| {
        let mut fields = Fields::of(extension)?;
        fields.next()?.oid()?;
        let mut value = fields.next()?;
        let mut is_critical = false;
        if form::is(&value.any, Tag::Boolean) {
            is_critical = value.boolean()?;
            value = fields.next()?;
        }
        value.primitive(Tag::OctetString)?;
        fields.end()?;
        Some(is_critical)
    })?;
    Some(critical.contains(&true))
}

/// Returns the encoding of a certificate, after a check of the parts that its signature does not
/// cover.
fn certificate<'a>(cert: &Value<'a>) -> Option<&'a [u8]> {
    let mut fields = Fields::of(cert)?;
    let _tbs = fields.next()?;
    algorithm_oid(&fields.next()?)?;
    fields.primitive(Tag::BitString)?;
    fields.end()?;
    outline(cert.der).map(|_| cert.der)
}

/// Returns the content of the identifier in an AlgorithmIdentifier.
fn algorithm_oid<'a>(algorithm: &Value<'a>) -> Option<&'a [u8]> {
    let mut fields = Fields::of(algorithm)?;
    let oid = fields.next()?.oid()?;
    if !fields.is_empty() {
        let _parameters = fields.next()?;
    }
    fields.end()?;
    Some(oid)
}

/// Returns the bytes of a BIT STRING; none if it does not end with a byte, as every signature does.
fn bits(content: &[u8]) -> Option<&[u8]> {
    match content {
        [0, bytes @ ..] => Some(bytes),
        [1..8, _, ..] => Some(&[]),
        _ => None,
    }
}

/// Returns the seconds since 1970 of a GeneralizedTime in seconds and UTC (RFC 6960, 4.2.2.1).
fn time(value: &Value<'_>) -> Option<u64> {
    let [digits @ .., b'Z'] = value.primitive(Tag::GeneralizedTime)? else {
        return None;
    };
    form::is_digits(digits, 14).then_some(())?;
    let (_, time) = GeneralizedTime::from_der(value.der).ok()?;
    u64::try_from(time.utc_datetime().ok()?.unix_timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_parsed_strictly() {
        let revoked_at = [&[0x18, 15][..], b"20200101000000Z"].concat();
        let revoked = |tag: u8, content: &[&[u8]]| {
            let content = content.concat();
            [&[tag, content.len() as u8][..], &content].concat()
        };
        for (status, expected) in [
            (vec![0x80, 0], Some(CertStatus::Good)),
            (vec![0x80, 1, 0], None),
            (vec![0xa0, 0], None),
            (vec![0x82, 0], Some(CertStatus::Unknown)),
            (vec![0x82, 1, 0], None),
            (vec![0xa2, 0], None),
            (vec![0x83, 0], None),
            (vec![0xa1, 0], None),
            (revoked(0xa1, &[&revoked_at]), Some(CertStatus::Revoked)),
            // Not constructed, as an ENUMERATED, or with more fields.
            (revoked(0x81, &[&revoked_at]), None),
            (
                revoked(0xa1, &[&revoked_at, &[0xa0, 3, 10, 1, 1]]),
                Some(CertStatus::Revoked),
            ),
            (revoked(0xa1, &[&revoked_at, &[0xa0, 3, 10, 1, 7]]), None),
            (revoked(0xa1, &[&revoked_at, &[10, 1, 1]]), None),
        ] {
            let (value, rest) = Value::parse(&status).expect("a value");
            assert!(rest.is_empty());
            assert_eq!(CertStatus::parse(&value), expected, "{status:02x?}");
        }
    }

    #[test]
    fn a_signature_consists_of_whole_bytes() {
        for (content, expected) in [
            (&[][..], None),
            (&[0], Some(&[][..])),
            (&[0, 5, 6], Some(&[5, 6])),
            (&[1], None),
            (&[1, 4], Some(&[])),
            (&[7, 0x80], Some(&[])),
            (&[8, 0], None),
        ] {
            assert_eq!(bits(content), expected, "{content:?}");
        }
    }
}
