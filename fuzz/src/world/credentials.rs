//! Functions of certificate chains, private keys, certificates and lists of revoked certificates.

use std::ffi::c_void;
use std::ptr;

use super::setup::read_bytes;
use super::{Args, World, callbacks};
use crate::c::*;

impl World {
    pub fn credentials_call(&self, args: &Args) {
        self.status(match args.function % 4 {
            0 => self.load_chain(args),
            1 => self.read_chain(args),
            2 => self.read_certificate(args),
            _ => self.crl_call(args),
        });
    }

    fn load_chain(&self, args: &Args) -> i32 {
        let slot = self.chains.slot(args.object);
        let chain = slot.get();
        let (mut bytes, mut more) = (args.bytes.get().into_owned(), args.more.get().into_owned());
        let (len, more_len) = (bytes.len() as u32, more.len() as u32);
        let (bytes, more) = (bytes.as_mut_ptr(), more.as_mut_ptr());
        // SAFETY: the chain is live or NULL; every buffer has the size passed, every string is
        // NUL-terminated.
        unsafe {
            match args.other % 8 {
                0 if chain.is_null() => {
                    slot.set(s2n_cert_chain_and_key_new());
                    i32::from(self.pointer(slot.get())) - 1
                }
                0 => s2n_cert_chain_and_key_free(slot.replace(ptr::null_mut())),
                1 => {
                    let (chain_pem, key_pem) = (args.bytes.text(), args.more.text());
                    s2n_cert_chain_and_key_load_pem(chain, chain_pem.as_ptr(), key_pem.as_ptr())
                }
                2 => s2n_cert_chain_and_key_load_pem_bytes(chain, bytes, len, more, more_len),
                3 => s2n_cert_chain_and_key_load_public_pem_bytes(chain, bytes, len),
                4 => rs2n_cert_chain_and_key_load_raw_public_key(chain, bytes, len, more, more_len),
                5 => rs2n_cert_chain_and_key_load_encrypted_pem_bytes(
                    chain,
                    bytes,
                    len,
                    more,
                    more_len,
                    (args.number % 8 != 0).then_some(callbacks::on_passphrase),
                    ptr::null_mut(),
                ),
                6 => s2n_cert_chain_and_key_set_ocsp_data(chain, bytes, len),
                _ => s2n_cert_chain_and_key_set_sct_list(chain, bytes, len),
            }
        }
    }

    fn read_chain(&self, args: &Args) -> i32 {
        let (chain, mut count) = (self.chains.of(args.object), 0);
        let context = args.number as usize as *mut c_void;
        // SAFETY: the chain is live or NULL.
        unsafe {
            match args.other % 3 {
                0 => {
                    let set = s2n_cert_chain_and_key_set_ctx(chain, context);
                    assert!(set != 0 || s2n_cert_chain_and_key_get_ctx(chain) == context);
                    set
                }
                1 => s2n_cert_chain_get_length(chain, &mut count),
                _ => {
                    let key = s2n_cert_chain_and_key_get_private_key(chain);
                    assert!(!chain.is_null() || key.is_null());
                    0
                }
            }
        }
    }

    fn read_certificate(&self, args: &Args) -> i32 {
        let (chain, mut cert) = (self.chains.of(args.object), ptr::null_mut());
        let (oid, bytes) = (args.bytes.text(), args.more.get());
        let oid = oid.as_ptr().cast();
        let mut room = vec![0; args.size().min(1 << 12)];
        let (mut der, mut len, mut is_critical) = (ptr::null(), room.len() as u32, false);
        // SAFETY: the chain is live or NULL, and its certificates with it; every buffer has the
        // size passed.
        unsafe {
            if !self.status(s2n_cert_chain_get_cert(chain, &mut cert, args.number % 4)) {
                cert = ptr::null_mut();
            }
            match args.other % 5 {
                0 => {
                    let got = s2n_cert_get_der(cert, &mut der, &mut len);
                    if got == 0 {
                        read_bytes(der, len as usize);
                    }
                    got
                }
                1 => s2n_cert_get_x509_extension_value_length(cert, oid, &mut len),
                2 => s2n_cert_get_x509_extension_value(
                    cert,
                    oid,
                    room.as_mut_ptr(),
                    &mut len,
                    &mut is_critical,
                ),
                3 => s2n_cert_get_utf8_string_from_extension_data_length(
                    bytes.as_ptr(),
                    bytes.len() as u32,
                    &mut len,
                ),
                _ => s2n_cert_get_utf8_string_from_extension_data(
                    bytes.as_ptr(),
                    bytes.len() as u32,
                    room.as_mut_ptr(),
                    &mut len,
                ),
            }
        }
    }

    fn crl_call(&self, args: &Args) -> i32 {
        let slot = self.crls.slot(args.object);
        let (mut crl, mut hash) = (slot.get(), 0);
        let mut pem = args.bytes.get().into_owned();
        // SAFETY: the list is live or NULL; the buffer has the size passed.
        unsafe {
            match args.other % 6 {
                0 if crl.is_null() => {
                    slot.set(s2n_crl_new());
                    i32::from(self.pointer(slot.get())) - 1
                }
                0 => {
                    slot.set(ptr::null_mut());
                    let freed = s2n_crl_free(&mut crl);
                    assert!(crl.is_null());
                    freed
                }
                1 | 2 => s2n_crl_load_pem(crl, pem.as_mut_ptr(), pem.len()),
                3 => s2n_crl_get_issuer_hash(crl, &mut hash),
                4 => s2n_crl_validate_active(crl),
                _ => s2n_crl_validate_not_expired(crl),
            }
        }
    }

    pub fn free_credentials(&self) {
        for chain in &self.chains.0 {
            // SAFETY: the chain is live or NULL, and not used again.
            assert_eq!(
                unsafe { s2n_cert_chain_and_key_free(chain.replace(ptr::null_mut())) },
                0
            );
        }
        for crl in &self.crls.0 {
            let mut crl = crl.replace(ptr::null_mut());
            // SAFETY: the list is live or NULL, and not used again.
            assert_eq!(unsafe { s2n_crl_free(&mut crl) }, 0);
        }
    }
}
