//! A selection callback that reads all identities, and chooses some of them.

use std::cell::RefCell;
use std::rc::Rc;

use rs2n_core::config::callbacks::{OfferedPsk, OfferedPsks, PskSelectionCallback};
use rs2n_core::connection::Connection;
use rs2n_core::error::Code;

use crate::hellos::Choices;

/// The selection of the current handshake.
pub struct Selection {
    conn: Rc<Connection>,
    /// The server's identities.
    known: Vec<&'static [u8]>,
    /// The identities that are chosen, by the bits of their indices.
    wanted: usize,
    /// The callback succeeds.
    succeeds: bool,
    offered: Option<Offered>,
}

/// What the callback has read, and its result.
#[derive(Default)]
pub struct Offered {
    pub identities: Vec<Vec<u8>>,
    pub chosen: Option<usize>,
}

thread_local! {
    static SELECTION: RefCell<Option<Selection>> = const { RefCell::new(None) };
}

impl Selection {
    pub fn begin(conn: &Rc<Connection>, known: Vec<&'static [u8]>, choices: &mut Choices<'_>) {
        SELECTION.set(Some(Self {
            conn: conn.clone(),
            known,
            wanted: choices(1 << 8),
            succeeds: choices(8) > 0,
            offered: None,
        }));
    }

    /// Returns what the callback has read, if it was called.
    pub fn finish() -> Option<Offered> {
        SELECTION.take()?.offered
    }

    fn select(&mut self, list: &OfferedPsks) -> bool {
        assert!(self.offered.is_none(), "a second call");
        let mut offered = Offered::default();
        let psk = OfferedPsk::default();
        assert!(psk.with_identity(<[u8]>::len).is_none());
        while list.has_next() && list.next(&psk).is_ok() {
            let identity = psk.with_identity(<[u8]>::to_vec).expect("it is set");
            assert!(!identity.is_empty());
            let index = offered.identities.len();
            if self.wanted >> index.min(7) & 1 == 1 {
                let outcome = self.conn.choose_psk(list, Some(&psk));
                let is_known = self.known.contains(&&identity[..]);
                let expected = if is_known { Ok(()) } else { Err(Code::Null) };
                assert_eq!(outcome.map_err(|error| error.code()), expected);
                if is_known {
                    offered.chosen = Some(index);
                }
            }
            offered.identities.push(identity);
        }
        offered.chosen = offered.chosen.filter(|_| self.succeeds);
        self.offered = Some(offered);
        self.succeeds
    }
}

/// The callback of the config.
pub struct Select;

impl PskSelectionCallback for Select {
    fn select(&self, _: usize, offered: &OfferedPsks) -> bool {
        SELECTION.with_borrow_mut(|selection| {
            let selection = selection.as_mut().expect("the handshake has one");
            selection.select(offered)
        })
    }
}
