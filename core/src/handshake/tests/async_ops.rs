//! Asynchronous signatures and verifications: the steps of the handshake are suspended for them.
//! The coroutines here are threads, of which one runs at a time.

use std::io;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use super::*;
use crate::base::lock;
use crate::config::callbacks::{
    Answer, Coroutine, Coroutines, Exit, Offload, PrivateKeys, Signature, Suspension, Verification,
    Work,
};
use crate::credentials::CertChain;

/// A coroutine that is a thread.
struct Threaded {
    /// `None` once the coroutine is dropped.
    answers: Option<Sender<Option<Answer>>>,
    suspensions: Receiver<Option<Suspension>>,
    thread: Option<JoinHandle<()>>,
}

impl Threaded {
    fn new(work: Work) -> Self {
        let (answers, resumed) = channel();
        let (suspended, suspensions) = channel();
        let thread = thread::spawn(move || {
            if resumed.recv().is_err() {
                return;
            }
            let suspended: Sender<Option<Suspension>> = suspended;
            work(Arc::new(ThreadExit {
                suspended: suspended.clone(),
                resumed: Mutex::new(resumed),
            }));
            // Fails if the coroutine is dropped.
            let _ = suspended.send(None);
        });
        Self {
            answers: Some(answers),
            suspensions,
            thread: Some(thread),
        }
    }
}

impl Coroutine for Threaded {
    fn resume(&mut self, answer: Option<Answer>) -> Option<Suspension> {
        let answers = self.answers.as_ref().expect("not dropped");
        answers.send(answer).expect("it waits");
        self.suspensions.recv().expect("it runs")
    }
}

impl Drop for Threaded {
    fn drop(&mut self) {
        self.answers = None;
        let thread = self.thread.take().expect("dropped once");
        thread.join().expect("no panic");
    }
}

struct ThreadExit {
    suspended: Sender<Option<Suspension>>,
    resumed: Mutex<Receiver<Option<Answer>>>,
}

impl Exit for ThreadExit {
    fn suspend(&self, reason: Suspension) -> Option<Answer> {
        self.suspended.send(Some(reason)).ok()?;
        lock(&self.resumed).recv().ok()?
    }
}

/// The application of one side: it performs the operations when the handshake is blocked.
struct Application {
    chain: Arc<CertChain>,
    signing: Mutex<Option<Arc<Signature>>>,
    verifying: Mutex<Option<Arc<Verification>>>,
    /// The result of the callbacks.
    result: i32,
}

impl Coroutines for Application {
    fn coroutine(&self, work: Work) -> io::Result<Box<dyn Coroutine>> {
        Ok(Box::new(Threaded::new(work)))
    }
}

impl PrivateKeys for Application {
    fn sign(&self, _: usize, operation: Arc<Signature>) -> i32 {
        let earlier = lock(&self.signing).replace(operation);
        assert!(earlier.is_none());
        self.result
    }
}

impl Offload for Application {
    fn verify(&self, _: usize, operation: &Arc<Verification>) -> i32 {
        let earlier = lock(&self.verifying).replace(operation.clone());
        assert!(earlier.is_none());
        self.result
    }
}

impl Application {
    fn new(own: &(String, String), result: i32) -> Arc<Self> {
        Arc::new(Self {
            chain: chain(own),
            signing: Mutex::default(),
            verifying: Mutex::default(),
            result,
        })
    }

    /// Performs the pending operation.
    fn work(&self, conn: &Connection) {
        if let Some(operation) = lock(&self.signing).take() {
            operation.perform(&self.chain).expect("its key");
            let applied = conn.apply_signature(&operation);
            applied.expect("the right connection");
        } else {
            let operation = lock(&self.verifying).take().expect("an operation");
            operation.perform().expect("a valid signature");
        }
    }
}

/// A pair whose sides authenticate and have applications, with these results of their callbacks.
fn pair(policy: &[u8], results: [i32; 2]) -> (Pair, [Arc<Application>; 2]) {
    let pair = Pair::new(policy);
    let own = chain(&pki().client);
    pair.client_config.add_chain(&own).expect("fits");
    pair.server_config.set_client_auth(ClientAuth::Required);
    pair.server_config
        .set_verify_host_callback(Some(Arc::new(AnyHost)));
    let applications = [
        Application::new(&pki().client, results[0]),
        Application::new(&pki().server, results[1]),
    ];
    let configs = [&pair.client_config, &pair.server_config];
    for (config, application) in configs.into_iter().zip(&applications) {
        config.set_private_keys(Some(application.clone()));
        config.set_offload(Some(application.clone()));
    }
    (pair, applications)
}

/// Completes a handshake, and returns what each side has waited for.
fn establish(pair: &Pair, applications: &[Arc<Application>; 2]) -> [Vec<&'static str>; 2] {
    let mut waits = [Vec::new(), Vec::new()];
    let mut done = [false; 2];
    for _ in 0..10 {
        for (side, conn) in [&pair.client, &pair.server].into_iter().enumerate() {
            match negotiate(conn) {
                (Err(Code::AsyncBlocked), blocked) => {
                    assert_eq!(blocked, Blocked::ApplicationInput);
                    // A call meanwhile starts no other operation.
                    assert_eq!(negotiate(conn), (Err(Code::AsyncBlocked), blocked));
                    waits[side].push(conn.message_name().to_str().expect("ASCII"));
                    applications[side].work(conn);
                }
                (Err(Code::IoBlocked), _) => {}
                (outcome, _) => {
                    assert_eq!(outcome, Ok(()));
                    done[side] = true;
                }
            }
        }
    }
    assert_eq!(done, [true; 2]);
    waits
}

#[test]
fn the_message_of_a_pending_signature_is_that_of_the_side_that_signs() {
    for (policy, version, of_server) in [
        (TLS12_POLICY, Version::Tls12, "SERVER_KEY"),
        (TLS13_POLICY, Version::Tls13, "SERVER_CERT_VERIFY"),
    ] {
        let (pair, applications) = pair(policy, [0, 0]);
        let waits = establish(&pair, &applications);
        // The server signs first. The client verifies that, then it signs.
        assert_eq!(waits, [[of_server, "CLIENT_CERT_VERIFY"]; 2]);
        for conn in [&pair.client, &pair.server] {
            assert_eq!(conn.version(), version);
            for side in [Mode::Client, Mode::Server] {
                assert!(conn.signature_scheme(side).is_some());
            }
        }
        assert_eq!(send(&pair.client, b"data").0, Ok(4));
        assert_eq!(received(&pair.server), b"data");
    }
}

#[test]
fn a_callback_may_fail_the_handshake() {
    for policy in POLICIES {
        // The server signs first, and the client verifies that.
        let (server, _) = pair(policy, [0, -1]);
        assert_eq!(negotiate(&server.client).0, Err(Code::IoBlocked));
        let failed = (Err(Code::AsyncCallbackFailed), Blocked::Write);
        assert_eq!(negotiate(&server.server), failed);
        assert_eq!(negotiate(&server.server).0, Err(Code::Closed));

        let (client, _) = pair(policy, [-1, 0]);
        client.server_config.set_private_keys(None);
        assert_eq!(client.negotiate().0, Err(Code::Cancelled));
    }
}

#[test]
fn a_suspended_handshake_can_be_dropped() {
    for policy in POLICIES {
        let (pair, _) = pair(policy, [0, 0]);
        assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
        assert_eq!(negotiate(&pair.server).0, Err(Code::AsyncBlocked));
        drop(pair);
    }
}

/// No signature for a request that the client forbids.
#[test]
fn a_client_without_authentication_signs_nothing() {
    for policy in POLICIES {
        let (pair, [client, server]) = pair(policy, [0, 0]);
        pair.server_config.set_private_keys(None);
        pair.client_config.set_offload(None);
        pair.client.set_client_auth(ClientAuth::None);
        assert_eq!(pair.negotiate().0, Err(Code::UnexpectedCertRequest));
        assert!(lock(&client.signing).is_none() && lock(&server.verifying).is_none());
    }
}

/// Only one kind of operation is asynchronous.
#[test]
fn signatures_or_verifications_alone_may_be_asynchronous() {
    for policy in POLICIES {
        for signs in [true, false] {
            let (pair, applications) = pair(policy, [0, 0]);
            for config in [&pair.client_config, &pair.server_config] {
                match signs {
                    true => config.set_offload(None),
                    false => config.set_private_keys(None),
                }
            }
            let waits = establish(&pair, &applications);
            assert_eq!(waits.map(|messages| messages.len()), [1, 1]);
        }
    }
}
