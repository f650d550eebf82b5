//! The pre-shared keys of a connection (RFC 8446, 4.2.11): those that the application has set, and
//! the one that is in use.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Acquire;

use super::State;
use crate::base::{Mode, StackDepth, lock, memory, with_cleared_stack};
use crate::config::{ClientAuth, Config, Psk, PskMode};
use crate::error::{Code, Result};
use crate::messages::ServerHello;
use crate::resumption::{
    ChosenPsk, EarlyDataState, ExternalPsk, OfferedPsk, OfferedPsks, Tls13State,
};

/// The settings of a connection for pre-shared keys and early data.
#[derive(Default)]
pub(super) struct PskSettings {
    mode: PskMode,
    /// The application has set the mode of the connection.
    mode_is_own: bool,
    list: Vec<Arc<ExternalPsk>>,
    /// Server: the maximum length of early data in bytes, if it differs from that of the config.
    pub(super) max_early_data: Option<u32>,
    /// The data of the application for tickets and sessions that permit early data.
    pub(super) early_data_context: Vec<u8>,
}

/// The pre-shared key of a handshake.
pub(super) struct UsedPsk {
    identity: Arc<[u8]>,
    is_external: bool,
    /// Server: it was selected for a ClientHello that was answered by a HelloRetryRequest. The
    /// client has not shown that it has the key, and may not use it in the end.
    is_unconfirmed: bool,
    early_data: Option<Arc<EarlyDataState>>,
}

/// The maximum length of an extension in bytes, its header included.
const MAX_EXTENSION: usize = 0xffff;

/// The length of the header of an extension, and of the length prefixes of the identities and the
/// binders, in bytes.
const LIST_OVERHEAD: usize = 4 + 2 + 2;

impl State {
    pub(super) fn with_psks<R>(&self, access: impl FnOnce(Option<&PskSettings>) -> R) -> R {
        access(lock(&self.setup).psks.as_deref())
    }

    pub(super) fn change_psks<R>(&self, change: impl FnOnce(&mut PskSettings) -> R) -> R {
        change(lock(&self.setup).psks.get_or_insert_default())
    }

    /// Returns whether the pre-shared keys are those of sessions, or external ones.
    pub(crate) fn psk_mode(&self) -> PskMode {
        self.with_psks(|psks| psks.map_or(PskMode::Resumption, |psks| psks.mode))
    }

    /// Returns the mode of the keys that are set; `None` if there are none. The session of a ticket
    /// is one, also on a server.
    fn set_mode_of_keys(&self) -> Option<PskMode> {
        let is_external = self.with_psks(|psks| psks.is_some_and(|psks| !psks.list.is_empty()));
        if is_external {
            return Some(PskMode::External);
        }
        let has_session = self.with_tls13_session(|_, _| ()).is_some()
            || lock(&self.results)
                .psk
                .as_ref()
                .is_some_and(|psk| !psk.is_external);
        has_session.then_some(PskMode::Resumption)
    }

    /// Fails if keys of the other mode are set.
    pub(super) fn check_psk_mode(&self, mode: PskMode) -> Result<()> {
        match self.set_mode_of_keys() {
            Some(set) if set != mode => Err(Code::PskMode)?,
            _ => Ok(()),
        }
    }

    pub(crate) fn set_psk_mode(&self, mode: PskMode) -> Result<()> {
        self.check_psk_mode(mode)?;
        self.change_psks(|psks| {
            psks.mode = mode;
            psks.mode_is_own = true;
        });
        Ok(())
    }

    /// Changes the mode to that of a key which is set.
    pub(super) fn use_psk_mode(&self, mode: PskMode) {
        if self.psk_mode() != mode {
            self.change_psks(|psks| psks.mode = mode);
        }
    }

    /// Sets the mode to that of a config, unless the connection has one of its own, or keys.
    pub(super) fn inherit_psk_mode(&self, mode: PskMode) {
        let is_own = self.with_psks(|psks| psks.is_some_and(|psks| psks.mode_is_own));
        if !is_own && self.set_mode_of_keys().is_none() {
            self.use_psk_mode(mode);
        }
    }

    /// Adds an external pre-shared key.
    pub(crate) fn append_psk(&self, psk: &Psk) -> Result<()> {
        self.check_psk_mode(PskMode::External)?;
        self.use_psk_mode(PskMode::External);
        self.with_psks(|psks| match psks {
            Some(psks) => self.check_new_psk(psks, psk),
            None => self.check_new_psk(&PskSettings::default(), psk),
        })?;
        let prepared = with_cleared_stack(StackDepth::Keys, || psk.prepare());
        let psk = Arc::new(prepared?);
        self.change_psks(|psks| memory::push(&mut psks.list, psk))
    }

    fn check_new_psk(&self, psks: &PskSettings, psk: &Psk) -> Result<()> {
        if psks
            .list
            .iter()
            .any(|known| *known.identity == *psk.identity())
        {
            return Err(Code::DuplicatePskIdentities)?;
        }
        let known: usize = psks.list.iter().map(|known| known.offered_len()).sum();
        let is_too_long = LIST_OVERHEAD + known + psk.offered_len() > MAX_EXTENSION;
        match self.mode() == Mode::Client && is_too_long {
            true => Err(Code::OfferedPsksTooLong)?,
            false => Ok(()),
        }
    }

    /// Client: returns the external pre-shared key that is offered: the first one.
    pub(crate) fn offered_psk(&self) -> Option<Arc<ExternalPsk>> {
        self.with_psks(|psks| psks?.list.first().cloned())
    }

    /// Server: returns the external pre-shared key with an identity.
    fn find_psk(&self, identity: &[u8]) -> Option<Tls13State> {
        self.with_psks(|psks| {
            let mut list = psks?.list.iter();
            let found = list.find(|psk| *psk.identity == *identity);
            found.map(|psk| psk.state.clone())
        })
    }

    /// Server: chooses the first of its external pre-shared keys that the client offers.
    ///
    /// The time grows with the sum of both numbers of keys. A hash table with a secret hash key
    /// shows a client no part of an identity.
    pub(crate) fn choose_external<'a>(
        &self,
        offered: impl Iterator<Item = (&'a [u8], u32)>,
    ) -> Result<Option<ChosenPsk>> {
        let list =
            self.with_psks(|psks| psks.map_or(Ok(Vec::new()), |psks| copy_list(&psks.list)))?;
        let mut places = HashMap::new();
        memory::reserve_entries(&mut places, list.len())?;
        places.extend(
            list.iter()
                .enumerate()
                .map(|(place, psk)| (&*psk.identity, place)),
        );
        let known = offered.enumerate().filter_map(|(index, (identity, age))| {
            places.get(identity).map(|&place| (place, index, age))
        });
        let Some((place, index, age)) = known.min() else {
            return Ok(None);
        };
        let psk = &list[place];
        Ok(Some(ChosenPsk {
            index,
            identity: psk.identity.clone(),
            age,
            is_external: true,
            state: psk.state.clone(),
        }))
    }

    /// Server: chooses one of the keys that are passed to the selection callback, or none.
    pub(crate) fn choose_psk(&self, list: &OfferedPsks, psk: Option<&OfferedPsk>) -> Result<()> {
        let Some(psk) = psk else {
            list.choose(None);
            self.drop_used_psk();
            return Ok(());
        };
        let config = self.config()?;
        let is_external = self.psk_mode() == PskMode::External;
        let find = |identity: &[u8], age: u32| match is_external {
            true => Ok(self.find_psk(identity).ok_or(Code::Null)?),
            false => self.find_session(&config, identity, age),
        };
        let chosen = psk.choose(is_external, find)?;
        self.use_psk(&chosen);
        list.choose(Some(chosen));
        Ok(())
    }

    /// Decrypts the session of a ticket. As without a callback, a server that requests certificates
    /// resumes none.
    fn find_session(&self, config: &Config, identity: &[u8], age: u32) -> Result<Tls13State> {
        if !config.uses_tickets() {
            return Err(Code::Null)?;
        }
        if self.client_auth_of(config) != ClientAuth::None {
            return Err(Code::InvalidSessionTicket)?;
        }
        let now = config.wall_nanoseconds()?;
        let settings = config.with_resumption(|settings| settings.clone());
        settings.open_tls13(identity, age, now)
    }

    /// Sets the pre-shared key that the handshake uses.
    pub(crate) fn use_psk(&self, psk: &ChosenPsk) {
        lock(&self.results).psk = Some(Box::new(UsedPsk {
            identity: psk.identity.clone(),
            is_external: psk.is_external,
            is_unconfirmed: false,
            early_data: psk.state.early_data.clone(),
        }));
    }

    /// Server: stores whether the answer to a ClientHello uses the selected pre-shared key.
    pub(super) fn confirm_psk(&self, hello: &ServerHello) {
        let used = &mut lock(&self.results).psk;
        match used {
            Some(psk) if hello.is_retry_request() => psk.is_unconfirmed = true,
            Some(psk) if hello.has_pre_shared_key => psk.is_unconfirmed = false,
            _ => *used = None,
        }
    }

    /// Client: sets the pre-shared key that the server has chosen, of which one was offered.
    pub(super) fn use_offered_psk(&self) {
        let used = match self.offered_psk() {
            Some(psk) => Some(UsedPsk {
                identity: psk.identity.clone(),
                is_external: true,
                is_unconfirmed: false,
                early_data: psk.state.early_data.clone(),
            }),
            None => self.with_tls13_session(|ticket, state| UsedPsk {
                identity: ticket.clone(),
                is_external: false,
                is_unconfirmed: false,
                early_data: state.early_data.clone(),
            }),
        };
        lock(&self.results).psk = used.map(Box::new);
    }

    /// Forgets the pre-shared key of the handshake, which is a full one.
    pub(crate) fn drop_used_psk(&self) {
        lock(&self.results).psk = None;
    }

    /// Returns whether the handshake uses an external pre-shared key.
    pub(crate) fn uses_external_psk(&self) -> bool {
        let results = lock(&self.results);
        results.psk.as_ref().is_some_and(|psk| psk.is_external)
    }

    /// Returns the identity of the pre-shared key that is in use; `None` if there is none.
    pub(crate) fn used_psk_identity(&self) -> Option<Arc<[u8]>> {
        let results = lock(&self.results);
        let used = results.psk.as_ref().filter(|psk| !psk.is_unconfirmed);
        used.map(|psk| psk.identity.clone())
    }

    /// Server: returns whether the response to the ClientHello resumes the session of a ticket.
    pub(crate) fn resumes_ticket(&self) -> bool {
        let results = lock(&self.results);
        let used = results.psk.as_ref();
        self.shared.psk_is_selected.load(Acquire)
            && used.is_some_and(|psk| !psk.is_external && !psk.is_unconfirmed)
    }

    /// Returns the early data of the pre-shared key that is in use.
    pub(crate) fn used_early_data(&self) -> Option<Arc<EarlyDataState>> {
        lock(&self.results).psk.as_ref()?.early_data.clone()
    }

    /// Returns the first pre-shared key; `None` if there is none.
    pub(super) fn first_psk(&self) -> Option<FirstPsk> {
        if let Some(psk) = self.offered_psk() {
            return Some(FirstPsk {
                early_data: psk.state.early_data.clone(),
                is_external: true,
            });
        }
        let early_data = match self.mode() {
            Mode::Client => self.with_tls13_session(|_, state| state.early_data.clone()),
            Mode::Server => None,
        };
        let used = || Some(lock(&self.results).psk.as_ref()?.early_data.clone());
        let early_data = early_data.or_else(used)?;
        Some(FirstPsk {
            early_data,
            is_external: false,
        })
    }

    /// Frees the external pre-shared keys, which only the handshake needs, but keeps their early
    /// data.
    pub(crate) fn free_psk_secrets(&self) {
        self.with_psks_mut(|psks| {
            for psk in &mut psks.list {
                if let Some(psk) = Arc::get_mut(psk) {
                    psk.state.secret = Default::default();
                }
            }
        });
    }

    fn with_psks_mut(&self, change: impl FnOnce(&mut PskSettings)) {
        if let Some(psks) = lock(&self.setup).psks.as_deref_mut() {
            change(psks);
        }
    }
}

fn copy_list(list: &[Arc<ExternalPsk>]) -> Result<Vec<Arc<ExternalPsk>>> {
    let mut copy = Vec::new();
    memory::reserve_exact(&mut copy, list.len())?;
    copy.extend(list.iter().cloned());
    Ok(copy)
}

/// The first pre-shared key of a connection.
pub(super) struct FirstPsk {
    pub(super) early_data: Option<Arc<EarlyDataState>>,
    pub(super) is_external: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(state: &State, identity: &[u8]) -> Result<()> {
        let mut psk = Psk::default();
        psk.set_identity(identity)?;
        psk.set_secret(b"secret")?;
        state.append_psk(&psk)
    }

    #[test]
    fn a_server_chooses_in_its_own_order() {
        let server = State::new(Mode::Server);
        for identity in [&b"a"[..], b"b", b"c"] {
            append(&server, identity).expect("a new one");
        }
        let choose = |offered: &[(&[u8], u32)]| {
            let chosen = server.choose_external(offered.iter().copied());
            let chosen = chosen.expect("memory");
            chosen.map(|psk| (psk.identity.to_vec(), psk.index, psk.age))
        };
        assert_eq!(choose(&[]), None);
        assert_eq!(choose(&[(b"x", 1), (b"", 2)]), None);
        let offered: [(&[u8], u32); 4] = [(b"c", 1), (b"b", 2), (b"b", 3), (b"x", 4)];
        assert_eq!(choose(&offered), Some((b"b".to_vec(), 1, 2)));
    }

    #[test]
    fn keys_of_both_modes_are_not_mixed() {
        let client = State::new(Mode::Client);
        append(&client, b"a").expect("the first one");
        assert_eq!(client.psk_mode(), PskMode::External);
        let mixed = client.set_psk_mode(PskMode::Resumption);
        assert_eq!(mixed.map_err(|e| e.code()), Err(Code::PskMode));
        let twice = append(&client, b"a");
        let duplicate = Err(Code::DuplicatePskIdentities);
        assert_eq!(twice.map_err(|e| e.code()), duplicate);
        client.wipe().expect("no config");
        assert_eq!(client.psk_mode(), PskMode::Resumption);
    }

    #[test]
    fn secrets_are_freed_and_limits_kept() {
        let client = State::new(Mode::Client);
        let mut psk = Psk::default();
        psk.set_identity(b"a").expect("of a length");
        psk.set_secret(b"secret").expect("not zeros");
        psk.configure_early_data(9, 0x1301).expect("SHA-256");
        client.append_psk(&psk).expect("the first one");
        client.free_psk_secrets();
        let offered = client.offered_psk().expect("it is kept");
        assert!(offered.state.secret.is_empty());
        assert_eq!(client.max_early_data().ok(), Some(9));
    }
}
