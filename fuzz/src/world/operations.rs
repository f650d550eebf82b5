//! Operations that the application completes later: private keys, verification, validation, lists
//! of revoked certificates, ClientHello callbacks.

use std::ptr;

use super::{Args, World};
use crate::c::*;

/// An operation that has not been freed, with the number of its connection.
#[derive(Clone, Copy)]
pub enum Pending {
    /// Owned by the application, not by the connection.
    PrivateKey(*mut s2n_async_pkey_op, u8),
    Offload(*mut s2n_async_offload_op, u8),
    Lookup(*mut s2n_crl_lookup, u8),
    Validation(*mut s2n_cert_validation_info, u8),
    Hello(u8),
}

impl Pending {
    pub fn owner(&self) -> Option<u8> {
        match *self {
            Self::PrivateKey(..) => None,
            Self::Offload(_, owner)
            | Self::Lookup(_, owner)
            | Self::Validation(_, owner)
            | Self::Hello(owner) => Some(owner),
        }
    }
}

impl World {
    fn find<T>(&self, number: u8, select: impl Fn(&Pending) -> Option<*mut T>) -> *mut T {
        let pending = self.pending.borrow();
        let found: Vec<_> = pending.iter().filter_map(select).collect();
        let found = found.get(usize::from(number) % found.len().max(1));
        found.copied().unwrap_or(ptr::null_mut())
    }

    pub fn operation_call(&self, args: &Args) {
        let signature = self.find(args.object, |pending| match pending {
            Pending::PrivateKey(op, _) => Some(*op),
            _ => None,
        });
        let offload = self.find(args.object, |pending| match pending {
            Pending::Offload(op, _) => Some(*op),
            _ => None,
        });
        let validation = self.find(args.object, |pending| match pending {
            Pending::Validation(info, _) => Some(*info),
            _ => None,
        });
        let lookup = self.find(args.object, |pending| match pending {
            Pending::Lookup(lookup, _) => Some(*lookup),
            _ => None,
        });
        let (conn, chain) = (self.conn(args.other), self.chains.of(args.other));
        let (mut len, mut kind, mut hash) = (0, 0, 0);
        let mut room = vec![0; args.size().min(1 << 12)];
        let bytes = args.bytes.get();
        // SAFETY: every object is live or NULL; every buffer has the size passed.
        self.status(unsafe {
            match args.function % 16 {
                0 => {
                    let key = s2n_cert_chain_and_key_get_private_key(chain);
                    s2n_async_pkey_op_perform(signature, key)
                }
                1 | 2 => s2n_async_pkey_op_apply(signature, conn),
                3 => self.free_signature(signature),
                4 => s2n_async_pkey_op_get_input(signature, room.as_mut_ptr(), room.len() as u32),
                5 => s2n_async_pkey_op_get_input_size(signature, &mut len),
                6 => s2n_async_pkey_op_get_op_type(signature, &mut kind),
                7 => s2n_async_pkey_op_set_output(signature, bytes.as_ptr(), bytes.len() as u32),
                8 => s2n_async_offload_op_perform(offload),
                9 => s2n_cert_validation_accept(validation),
                10 => s2n_cert_validation_reject(validation),
                11 => s2n_client_hello_cb_done(conn),
                12 => s2n_crl_lookup_set(lookup, self.crls.of(args.other)),
                13 => s2n_crl_lookup_ignore(lookup),
                14 => s2n_crl_lookup_get_cert_issuer_hash(lookup, &mut hash),
                _ => {
                    self.complete_pending();
                    0
                }
            }
        });
    }

    fn free_signature(&self, op: *mut s2n_async_pkey_op) -> i32 {
        let is_same =
            |pending: &Pending| matches!(pending, Pending::PrivateKey(other, _) if *other == op);
        self.pending
            .borrow_mut()
            .retain(|pending| !is_same(pending));
        // SAFETY: the operation is live or NULL, and not used again.
        unsafe { s2n_async_pkey_op_free(op) }
    }

    /// Signs, as an application without faults.
    pub fn complete_signature(&self, op: *mut s2n_async_pkey_op, number: u8) {
        // SAFETY: the operation is live, the others are live or NULL.
        unsafe {
            let key = s2n_cert_chain_and_key_get_private_key(self.chains.of(number));
            self.status(s2n_async_pkey_op_perform(op, key));
            self.status(s2n_async_pkey_op_apply(op, self.conn(number)));
        }
    }

    pub fn set_signature(&self, op: *mut s2n_async_pkey_op, number: u8, bytes: &[u8]) {
        // SAFETY: the operation is live, the connection is live or NULL, the buffer has the size
        // passed.
        unsafe {
            self.status(s2n_async_pkey_op_set_output(
                op,
                bytes.as_ptr(),
                bytes.len() as u32,
            ));
            self.status(s2n_async_pkey_op_apply(op, self.conn(number)));
        }
    }

    /// Completes every operation, as an application without faults.
    pub fn complete_pending(&self) {
        // A call may begin other operations, but not free one.
        let pending = self.pending.borrow().clone();
        for pending in pending {
            match pending {
                Pending::PrivateKey(op, number) => self.complete_signature(op, number),
                // SAFETY: the object is live as long as its connection.
                Pending::Offload(op, _) => {
                    self.status(unsafe { s2n_async_offload_op_perform(op) });
                }
                // SAFETY: as above; the list is live or NULL.
                Pending::Lookup(lookup, _) => {
                    self.status(unsafe { s2n_crl_lookup_set(lookup, self.crls.of(0)) });
                    self.status(unsafe { s2n_crl_lookup_ignore(lookup) });
                }
                // SAFETY: as above.
                Pending::Validation(info, _) => {
                    self.status(unsafe { s2n_cert_validation_accept(info) });
                }
                // SAFETY: the connection is live.
                Pending::Hello(number) => {
                    self.status(unsafe { s2n_client_hello_cb_done(self.conn(number)) });
                }
            }
        }
    }

    /// Frees the operations that the application owns, after their connections.
    pub fn free_pending(&self) {
        for pending in self.pending.take() {
            if let Pending::PrivateKey(op, _) = pending {
                // SAFETY: the operation is live, and not used again.
                assert_eq!(unsafe { s2n_async_pkey_op_free(op) }, 0);
            }
        }
    }

    pub fn handshake(&self) {
        for _ in 0..12 {
            let is_done = [0, 1].map(|number| self.negotiate(number));
            self.complete_pending();
            if is_done == [true, true] {
                break;
            }
        }
    }

    pub fn negotiate(&self, number: u8) -> bool {
        let conn = self.conn(number);
        let mut blocked = -1;
        let outer = self.negotiating.replace(Some(number % 3));
        // SAFETY: the connection is live or NULL.
        let is_done = self.status(unsafe { s2n_negotiate(conn, &mut blocked) });
        self.negotiating.set(outer);
        assert!((-1..=4).contains(&blocked));
        assert!(!is_done || blocked == 0);
        is_done
    }
}
