//! Config settings that change during handshakes.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use super::*;
use crate::config::alpn;

/// A handshake uses one list both for the check for a common protocol and for the config of rustls.
#[test]
fn protocols_may_be_set_during_handshakes_of_another_thread() {
    const ROUNDS: usize = 3000;

    let list = |name: &'static str| alpn::list([name.as_bytes()].into_iter()).expect("short");
    let lists = [list("h2"), list("http/1.1")];
    let pair = Pair::new(TLS13_POLICY);
    pair.client.set_alpn(lists[1].clone());
    negotiate(&pair.client).0.expect_err("blocked");
    let hello = pair.to_server.state().bytes.clone();

    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let config = &pair.server_config;
        let is_over = &is_over;
        scope.spawn(move || {
            for list in lists.iter().cycle() {
                if is_over.load(Relaxed) {
                    break;
                }
                config.set_alpn(list.clone());
            }
        });
        let outcomes: Vec<_> = (0..ROUNDS)
            .map(|_| {
                let server = Connection::new(Mode::Server);
                let transport = Arc::<Pipe>::default();
                transport.state().bytes.clone_from(&hello);
                server.set_blinding(BlindingMode::SelfService);
                server.set_config(config.clone()).expect("fits");
                server.set_reader(Some(transport.clone()));
                server.set_writer(Some(Arc::<Pipe>::default()), true);
                negotiate(&server).0
            })
            .collect();
        is_over.store(true, Relaxed);
        assert!(
            outcomes
                .iter()
                .all(|outcome| *outcome == Err(Code::IoBlocked))
        );
    });
}
