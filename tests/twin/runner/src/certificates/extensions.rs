//! Certificate extensions.

use super::der::{boolean, flags, integer, octets, oid, sequence, tlv};

#[derive(Clone)]
pub struct Extension {
    pub oid: &'static str,
    pub critical: bool,
    pub value: Vec<u8>,
}

impl Extension {
    pub fn der(&self) -> Vec<u8> {
        let mut parts = vec![oid(self.oid)];
        if self.critical {
            parts.push(boolean(true));
        }
        parts.push(octets(&self.value));
        sequence(&parts)
    }

    pub fn critical(self, critical: bool) -> Self {
        Self { critical, ..self }
    }
}

pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub const KEY_USAGE: &str = "2.5.29.15";
pub const PURPOSES: &str = "2.5.29.37";
pub const NAMES: &str = "2.5.29.17";
pub const NAME_CONSTRAINTS: &str = "2.5.29.30";

/// Extended key usages.
pub const SERVER: &str = "1.3.6.1.5.5.7.3.1";
pub const CLIENT: &str = "1.3.6.1.5.5.7.3.2";
pub const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
pub const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
pub const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
pub const ANY_PURPOSE: &str = "2.5.29.37.0";
pub const SERVER_GATED: &str = "1.3.6.1.4.1.311.10.3.3";
pub const NETSCAPE_GATED: &str = "2.16.840.1.113730.4.1";

/// Key usages.
pub const DIGITAL_SIGNATURE: u8 = 0;
pub const NON_REPUDIATION: u8 = 1;
pub const KEY_ENCIPHERMENT: u8 = 2;
pub const DATA_ENCIPHERMENT: u8 = 3;
pub const KEY_AGREEMENT: u8 = 4;
pub const CERT_SIGN: u8 = 5;
pub const CRL_SIGN: u8 = 6;
pub const DECIPHER_ONLY: u8 = 8;

/// Basic constraints of a CA, with an optional path length.
pub fn authority(path_len: Option<u8>) -> Extension {
    let mut parts = vec![boolean(true)];
    parts.extend(path_len.map(|len| integer(&[len])));
    extension(BASIC_CONSTRAINTS, true, sequence(&parts))
}

/// Basic constraints of a certificate that is no CA: the default `cA FALSE` is omitted.
pub fn no_authority() -> Extension {
    extension(BASIC_CONSTRAINTS, true, sequence(&[]))
}

pub fn key_usage(usages: &[u8]) -> Extension {
    extension(KEY_USAGE, true, flags(usages))
}

pub fn purposes(purposes: &[&str]) -> Extension {
    let list: Vec<Vec<u8>> = purposes.iter().map(|purpose| oid(purpose)).collect();
    extension(PURPOSES, false, sequence(&list))
}

pub fn names(names: &[Vec<u8>]) -> Extension {
    extension(NAMES, false, sequence(names))
}

/// Name constraints with permitted and excluded subtrees.
pub fn name_constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Extension {
    let subtrees = |tag, names: &[Vec<u8>]| match names {
        [] => Vec::new(),
        names => {
            let list: Vec<Vec<u8>> = names.iter().map(|name| tlv(0x30, name)).collect();
            tlv(tag, &list.concat())
        }
    };
    let value = sequence(&[subtrees(0xa0, permitted), subtrees(0xa1, excluded)]);
    extension(NAME_CONSTRAINTS, true, value)
}

pub fn subject_key_id(id: &[u8]) -> Extension {
    extension("2.5.29.14", false, octets(id))
}

pub fn authority_key_id(id: &[u8]) -> Extension {
    extension("2.5.29.35", false, sequence(&[tlv(0x80, id)]))
}

/// An authority key identifier with issuer name and serial number.
pub fn authority_by_serial(issuer: &[u8], serial: &[u8]) -> Extension {
    let name = tlv(0xa1, &tlv(0xa4, issuer));
    extension("2.5.29.35", false, sequence(&[name, tlv(0x82, serial)]))
}

/// Policy constraints with `requireExplicitPolicy`.
pub fn policy_constraints(skip: u8) -> Extension {
    extension("2.5.29.36", true, sequence(&[tlv(0x80, &[skip])]))
}

pub fn policies(policy: &str) -> Extension {
    extension("2.5.29.32", false, sequence(&[sequence(&[oid(policy)])]))
}

/// An extension of an unassigned type.
pub fn unknown(critical: bool) -> Extension {
    extension("1.3.6.1.4.1.32473.2", critical, vec![5, 0])
}

pub fn extension(oid: &'static str, critical: bool, value: Vec<u8>) -> Extension {
    Extension {
        oid,
        critical,
        value,
    }
}

/// An rfc822Name.
pub fn email(name: &str) -> Vec<u8> {
    tlv(0x81, name.as_bytes())
}

/// A dNSName.
pub fn dns(name: &str) -> Vec<u8> {
    tlv(0x82, name.as_bytes())
}

/// A directoryName.
pub fn directory(name: &[u8]) -> Vec<u8> {
    tlv(0xa4, name)
}

/// A uniformResourceIdentifier.
pub fn uri(name: &str) -> Vec<u8> {
    tlv(0x86, name.as_bytes())
}

/// An iPAddress.
pub fn ip(address: &[u8]) -> Vec<u8> {
    tlv(0x87, address)
}

/// A registeredID.
pub fn registered(id: &str) -> Vec<u8> {
    let mut name = oid(id);
    name[0] = 0x88;
    name
}
