//! Records of early data that a client with the key sends, and what the server receives.

use rs2n_core::config::EarlyDataProgress;
use rs2n_core::error::Code;
use rs2n_core::record::{ContentType, Sealer};

use super::Server;
use super::answer::Answer;
use super::hello::Parsed;
use super::keys::Key;
use crate::hellos::Choices;

/// The records of a client, and their effect on a server.
#[derive(Default)]
struct Records {
    bytes: Vec<u8>,
    /// The early data before the first record that may end it.
    data: Vec<u8>,
    /// All records are data.
    is_data_only: bool,
    /// The records end with EndOfEarlyData.
    is_ended: bool,
}

/// Fewer records without data than the limits of the library.
const MAX_RECORDS: usize = 20;

impl Server {
    /// Checks whether the server accepts early data, and what it receives.
    pub(super) fn check_early_data(
        &mut self,
        message: &[u8],
        answer: &Answer,
        choices: &mut Choices<'_>,
    ) {
        let parsed = Parsed::new(message);
        let key = answer.selected.and_then(|index| {
            let identities = &parsed.as_ref()?.identities;
            Key::find(identities[index])
        });
        let is_requested = parsed.as_ref().is_some_and(|hello| hello.has_early_data);
        let accepted = key.filter(|key| {
            // If the identity is offered twice, the callback may have chosen the second one.
            let is_first = answer.selected == Some(0) && self.chosen.is_none_or(|index| index == 0);
            let is_permitted = key.limit > 0 && self.limit() > 0 && self.receives;
            is_requested && is_first && is_permitted && key.suite == answer.suite
        });
        let progress = self.conn.early_data_progress();
        let is_accepted = progress == EarlyDataProgress::Accepted;
        assert_eq!(is_accepted, accepted.is_some(), "{progress:?}");
        match accepted {
            Some(key) => self.receive(key, message, choices),
            None => self.skip(choices),
        }
    }

    /// Returns the limit of early data in bytes, which is that of the server's first key.
    fn limit(&self) -> u32 {
        self.keys.first().map_or(0, |key| key.limit)
    }

    fn receive(&mut self, key: &Key, message: &[u8], choices: &mut Choices<'_>) {
        let records = Records::new(key.early_sealer(message), choices);
        let limit = self.limit() as usize;
        self.input.push(&records.bytes);
        let room = 1 + choices(300);
        let mut code = Code::EarlyDataBlocked;
        for _ in 0..=records.data.len() {
            if code == Code::EarlyDataBlocked {
                code = self.run(room);
            }
        }
        assert_ne!(code, Code::EarlyDataBlocked);
        assert!(self.received.len() <= limit);
        assert!(records.data.starts_with(&self.received));
        if records.is_data_only && records.data.len() <= limit {
            assert_eq!(code, Code::IoBlocked);
            assert_eq!(self.received, records.data);
            let expected = match records.is_ended {
                true => EarlyDataProgress::Ended,
                false => EarlyDataProgress::Accepted,
            };
            assert_eq!(self.conn.early_data_progress(), expected);
        } else if records.data.len() > limit {
            // Once the limit is reached, the handshake continues, and has no early data.
            assert!(matches!(code, Code::MaxEarlyDataSize | Code::BadMessage));
        }
    }

    /// Sends records that the server skips, as it has rejected early data, or rejects.
    fn skip(&mut self, choices: &mut Choices<'_>) {
        for _ in 0..choices(8) {
            let typ = [23, 23, 23, 20, 21, 22][choices(6)];
            let body = vec![choices(256) as u8; 1 + choices(600)];
            let len = (body.len() as u16).to_be_bytes();
            self.input.push(&[&[typ, 3, 3][..], &len, &body].concat());
            self.run(100);
        }
        assert!(self.received.is_empty());
    }
}

impl Records {
    fn new(mut sealer: Sealer, choices: &mut Choices<'_>) -> Self {
        let mut records = Self {
            is_data_only: true,
            ..Self::default()
        };
        for _ in 0..choices(MAX_RECORDS) {
            records.add(&mut sealer, choices);
        }
        if records.is_data_only && choices(2) == 1 {
            records.is_ended = true;
            for part in [5_u8, 0, 0, 0].chunks(1 + choices(4)) {
                records.seal(&mut sealer, ContentType::Handshake, part);
            }
        }
        records
    }

    fn add(&mut self, sealer: &mut Sealer, choices: &mut Choices<'_>) {
        let content = vec![choices(256) as u8; choices(300)];
        match choices(32) {
            1 => self.add_other(sealer, ContentType::Handshake, &[5, 0, 0, 0, 0]),
            2 => self.add_other(sealer, ContentType::Handshake, &content),
            3 => self.add_other(sealer, ContentType::Alert, &[1, content.len() as u8]),
            4 => self.add_other(sealer, ContentType::Alert, &content),
            5 => self.add_other(sealer, ContentType::ChangeCipherSpec, &[1]),
            6 => {
                self.is_data_only = false;
                let typ = 20 + (content.len() % 6) as u8;
                let len = (content.len() as u16).to_be_bytes();
                let record = [&[typ, 3, 3][..], &len, &content].concat();
                self.bytes.extend(record);
            }
            7 => {
                self.add_other(sealer, ContentType::ApplicationData, &content);
                if let Some(last) = self.bytes.last_mut() {
                    *last ^= 1;
                }
            }
            _ => {
                self.seal(sealer, ContentType::ApplicationData, &content);
                if self.is_data_only {
                    self.data.extend(content);
                }
            }
        }
    }

    /// Adds a record that may end early data.
    fn add_other(&mut self, sealer: &mut Sealer, typ: ContentType, content: &[u8]) {
        self.is_data_only = false;
        self.seal(sealer, typ, content);
    }

    fn seal(&mut self, sealer: &mut Sealer, typ: ContentType, content: &[u8]) {
        let mut record = vec![0; content.len() + sealer.overhead()];
        let len = sealer.seal(typ, &[content], &mut record);
        self.bytes.extend(&record[..len.expect("a short record")]);
    }
}
