//! The pre-shared keys that a client offers, for the application's selection callback.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::session_state::Tls13State;
use crate::base::lock;
use crate::error::{Code, Result};
use crate::messages::Reader;

/// Selects one of the pre-shared keys that a client offers. `name` is the application's for the
/// connection.
pub trait PskSelectionCallback: Send + Sync {
    /// False means that no key is selected, and so a full handshake.
    fn select(&self, name: usize, offered: &OfferedPsks) -> bool;
}

/// The identities of the pre_shared_key extension (RFC 8446, 4.2.11).
pub struct OfferedPsks {
    /// The application's pointer to the connection.
    connection: usize,
    /// The list, without its length prefix.
    identities: Arc<[u8]>,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    /// The position of the next identity, in bytes, and its index.
    position: usize,
    index: u16,
    chosen: Option<ChosenPsk>,
}

/// The pre-shared key of a client's offer that a server has chosen.
#[derive(Clone)]
pub(crate) struct ChosenPsk {
    /// The index in the offer.
    pub(crate) index: usize,
    pub(crate) identity: Arc<[u8]>,
    /// The age that the client claims, obfuscated.
    pub(crate) age: u32,
    pub(crate) is_external: bool,
    pub(crate) state: Tls13State,
}

/// One of the offered pre-shared keys; empty until [`OfferedPsks::next`] has set it.
#[derive(Default)]
pub struct OfferedPsk(Mutex<Option<Offered>>);

struct Offered {
    identities: Arc<[u8]>,
    /// The identity, in `identities`.
    range: Range<usize>,
    age: u32,
    index: u16,
}

impl OfferedPsks {
    pub(crate) fn new(connection: usize, identities: Arc<[u8]>) -> Self {
        Self {
            connection,
            identities,
            progress: Mutex::default(),
        }
    }

    /// Returns the application's pointer to the connection.
    pub fn connection(&self) -> usize {
        self.connection
    }

    pub fn has_next(&self) -> bool {
        lock(&self.progress).position < self.identities.len()
    }

    /// Sets `psk` to the next key.
    pub fn next(&self, psk: &OfferedPsk) -> Result<()> {
        *lock(&psk.0) = None;
        let mut progress = lock(&self.progress);
        let rest = &self.identities[progress.position..];
        if rest.is_empty() {
            return Err(Code::StufferOutOfData)?;
        }
        let mut reader = Reader(rest);
        let identity = reader.vector(2)?;
        let age = reader.u32()?;
        if identity.is_empty() {
            return Err(Code::BadMessage)?;
        }
        let start = progress.position + 2;
        let index = progress.index;
        progress.position = self.identities.len() - reader.0.len();
        progress.index += 1;
        *lock(&psk.0) = Some(Offered {
            identities: self.identities.clone(),
            range: start..start + identity.len(),
            age,
            index,
        });
        Ok(())
    }

    /// Restarts at the first key.
    pub fn reread(&self) {
        let mut progress = lock(&self.progress);
        progress.position = 0;
        progress.index = 0;
    }

    /// Chooses a key that the server knows, or none.
    pub(crate) fn choose(&self, chosen: Option<ChosenPsk>) {
        lock(&self.progress).chosen = chosen;
    }

    pub(crate) fn take_chosen(&self) -> Option<ChosenPsk> {
        lock(&self.progress).chosen.take()
    }
}

impl OfferedPsk {
    /// Passes the identity to `read`; its address is valid as long as the list exists.
    pub fn with_identity<R>(&self, read: impl FnOnce(&[u8]) -> R) -> Option<R> {
        let offered = lock(&self.0);
        let offered = offered.as_ref()?;
        Some(read(&offered.identities[offered.range.clone()]))
    }

    /// Returns the key, if the server knows the state of its identity and age.
    pub(crate) fn choose(
        &self,
        is_external: bool,
        find: impl FnOnce(&[u8], u32) -> Result<Tls13State>,
    ) -> Result<ChosenPsk> {
        let offered = lock(&self.0);
        let offered = offered.as_ref().ok_or(Code::InvalidArgument)?;
        let identity = &offered.identities[offered.range.clone()];
        Ok(ChosenPsk {
            index: offered.index.into(),
            identity: identity.into(),
            age: offered.age,
            is_external,
            state: find(identity, offered.age)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(bytes: &[u8]) -> OfferedPsks {
        OfferedPsks::new(0, bytes.into())
    }

    fn identity(psk: &OfferedPsk) -> Option<Vec<u8>> {
        psk.with_identity(<[u8]>::to_vec)
    }

    #[test]
    fn all_keys_are_listed_and_again_after_a_reread() {
        let list = list(&[0, 1, 7, 0, 0, 0, 5, 0, 2, 8, 9, 0, 0, 0, 0]);
        let psk = OfferedPsk::default();
        for _ in 0..2 {
            assert!(list.has_next());
            list.next(&psk).expect("the first");
            assert_eq!(identity(&psk).as_deref(), Some(&[7][..]));
            list.next(&psk).expect("the second");
            assert_eq!(identity(&psk).as_deref(), Some(&[8, 9][..]));
            assert!(!list.has_next());
            let end = list.next(&psk).map_err(|error| error.code());
            assert_eq!(end, Err(Code::StufferOutOfData));
            assert_eq!(identity(&psk), None);
            list.reread();
        }
    }

    #[test]
    fn truncated_and_empty_identities_are_errors() {
        for bytes in [
            &[0][..],
            &[0, 1, 7, 0, 0, 0],
            &[0, 0, 0, 0, 0, 0],
            &[0, 9, 1],
        ] {
            let next = list(bytes).next(&OfferedPsk::default());
            assert_eq!(next.map_err(|error| error.code()), Err(Code::BadMessage));
        }
    }

    #[test]
    fn an_unset_key_cannot_be_chosen() {
        let choice = OfferedPsk::default().choose(true, |_, _| Err(Code::Null)?);
        assert_eq!(choice.err().map(|e| e.code()), Some(Code::InvalidArgument));
    }

    #[test]
    fn a_chosen_key_has_its_place_in_the_offer() {
        let list = OfferedPsks::new(9, [0, 1, 7, 0, 0, 0, 5, 0, 2, 8, 9, 0, 0, 1, 0].into());
        assert_eq!(list.connection(), 9);
        assert!(list.take_chosen().is_none());
        let psk = OfferedPsk::default();
        let state = || Tls13State {
            suite: 0x1301,
            issued: 0,
            age_add: 0,
            secret: vec![1; 32].into(),
            expiration: None,
            early_data: None,
        };
        for (index, identity, age) in [(0, &[7][..], 5), (1, &[8, 9], 256)] {
            list.next(&psk).expect("there are two");
            let chosen = psk.choose(index == 1, |found, claimed| {
                assert_eq!((found, claimed), (identity, age));
                Ok(state())
            });
            list.choose(chosen.ok());
            let chosen = list.take_chosen().expect("chosen");
            assert_eq!((chosen.index, chosen.age), (index, age));
            assert_eq!(
                (&chosen.identity[..], chosen.is_external),
                (identity, index == 1)
            );
        }
        assert!(list.take_chosen().is_none());
    }
}
