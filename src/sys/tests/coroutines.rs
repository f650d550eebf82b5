//! Steps on coroutines, each part of which runs in a thread of its own.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

use rs2n_core::base::{Mode, Version};
use rs2n_core::config::{
    CertRequestCallback, CertificateRequest, Checkpoint, CheckpointCallback, ClientAuth, Clock,
    Config, KeyLogCallback,
};
use rs2n_core::connection::Connection;
use rs2n_core::credentials::{
    Answer, CertChain, Coroutine, Coroutines, Offload, PrivateKeys, Signature, Suspension,
    Verification, Work,
};
use rs2n_core::error::Code;
use rs2n_core::testing::{AnyHost, POLICIES, Pair, chain, negotiate, pki, without_step_context};

use crate::sys::coroutine::StackCoroutine;

/// The callbacks of one endpoint's application, and a log of them.
pub(super) struct Application {
    chain: Arc<CertChain>,

    /// Coroutines are resumed in a new thread each time.
    changes_threads: bool,

    /// Operations are performed when the handshake waits, and not in the callback.
    is_late: bool,

    conn: Mutex<Option<Arc<Connection>>>,
    signing: Mutex<Option<Arc<Signature>>>,
    verifying: Mutex<Option<Arc<Verification>>>,
    is_on_coroutine: Arc<AtomicBool>,
    resumed: Arc<AtomicUsize>,
    calls: Mutex<Vec<String>>,
}

impl Application {
    pub(super) fn new(chain: Arc<CertChain>, changes_threads: bool, is_late: bool) -> Arc<Self> {
        Arc::new(Self {
            chain,
            changes_threads,
            is_late,
            conn: Mutex::default(),
            signing: Mutex::default(),
            verifying: Mutex::default(),
            is_on_coroutine: Arc::default(),
            resumed: Arc::default(),
            calls: Mutex::default(),
        })
    }

    /// Has an end call back for everything.
    fn serve(self: &Arc<Self>, conn: &Arc<Connection>, config: &Config) {
        self.attach(conn);
        config.set_private_keys(Some(self.clone()));
        config.set_offload(Some(self.clone()));
        config.set_cert_request(Some(self.clone()));
        config.set_wall_clock(self.clone());
        config.set_key_log_callback(Some(self.clone()));
        config.set_checkpoint_callback(self.clone());
        config.set_verify_host_callback(Some(Arc::new(AnyHost)));
    }

    /// Operations are for this connection.
    pub(super) fn attach(&self, conn: &Arc<Connection>) {
        *lock(&self.conn) = Some(conn.clone());
    }

    /// Does what the handshake waits for. False if it waits for nothing.
    fn work(&self) -> bool {
        if let Some(operation) = lock(&self.signing).take() {
            operation.perform(&self.chain).expect("its key");
            let conn = lock(&self.conn).clone().expect("served");
            conn.apply_signature(&operation)
                .expect("the right connection");
            return true;
        }
        let operation = lock(&self.verifying).take();
        operation.is_some_and(|operation| operation.perform().is_ok())
    }

    fn log_call(&self, call: String) {
        assert!(!self.is_on_coroutine.load(SeqCst), "{call}");
        lock(&self.calls).push(call);
    }
}

impl Coroutines for Application {
    fn coroutine(&self, work: Work) -> io::Result<Box<dyn Coroutine>> {
        Ok(Box::new(Traveller {
            inner: StackCoroutine::new(work)?,
            changes_threads: self.changes_threads,
            is_running: self.is_on_coroutine.clone(),
            resumed: self.resumed.clone(),
        }))
    }
}

impl PrivateKeys for Application {
    fn sign(&self, _: usize, operation: Arc<Signature>) -> i32 {
        self.log_call("sign".into());
        *lock(&self.signing) = Some(operation);
        if !self.is_late {
            assert!(self.work());
        }
        0
    }
}

impl Offload for Application {
    fn verify(&self, _: usize, operation: &Arc<Verification>) -> i32 {
        self.log_call("verify".into());
        *lock(&self.verifying) = Some(operation.clone());
        if !self.is_late {
            assert!(self.work());
        }
        0
    }
}

impl CertRequestCallback for Application {
    fn answer(&self, _: usize, request: &CertificateRequest) -> bool {
        self.log_call("request".into());
        request.answer(self.chain.clone());
        true
    }
}

impl Clock for Application {
    fn now(&self) -> Option<Duration> {
        self.log_call("clock".into());
        std::time::UNIX_EPOCH.elapsed().ok()
    }
}

impl KeyLogCallback for Application {
    fn log(&self, _: usize, line: &[u8]) {
        let label = line.split(|&byte| byte == b' ').next().expect("a label");
        self.log_call(String::from_utf8_lossy(label).into_owned());
    }
}

impl CheckpointCallback for Application {
    fn call(&self, _: usize, _: usize, checkpoint: &Checkpoint) {
        self.log_call(checkpoint.name.to_string_lossy().into_owned());
    }
}

/// Locks a value of the test.
fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A coroutine that has no use for the context of its thread.
struct Traveller {
    inner: StackCoroutine,
    changes_threads: bool,
    is_running: Arc<AtomicBool>,
    resumed: Arc<AtomicUsize>,
}

impl Coroutine for Traveller {
    fn resume(&mut self, answer: Option<Answer>) -> Option<Suspension> {
        self.resumed.fetch_add(1, SeqCst);
        self.is_running.store(true, SeqCst);
        let inner = &mut self.inner;
        let resume = || without_step_context(|| inner.resume(answer));
        let suspension = match self.changes_threads {
            true => thread::scope(|scope| scope.spawn(resume).join()).expect("no panic"),
            false => resume(),
        };
        self.is_running.store(false, SeqCst);
        suspension
    }
}

/// Performs a handshake, and returns the callbacks of both endpoints and how often each resumed a
/// coroutine.
fn handshake(policy: &[u8], changes_threads: bool, is_late: bool) -> [(Vec<String>, usize); 2] {
    let pair = Pair::new(policy);
    let Pair { client, server, .. } = pair;
    let ends = [Arc::new(client), Arc::new(server)];
    pair.client_config
        .add_chain(&chain(&pki().client))
        .expect("fits");
    pair.client_config.set_client_auth(ClientAuth::Optional);
    pair.server_config.set_client_auth(ClientAuth::Required);
    let applications = [&pki().client, &pki().server]
        .map(|keys| Application::new(chain(keys), changes_threads, is_late));
    applications[0].serve(&ends[0], &pair.client_config);
    applications[1].serve(&ends[1], &pair.server_config);

    let mut done = [false; 2];
    while done != [true; 2] {
        for end in [0, 1] {
            let outcome = negotiate(&ends[end]).0;
            done[end] = outcome == Ok(());
            match outcome {
                Err(Code::AsyncBlocked) => assert!(applications[end].work()),
                outcome => assert!(matches!(outcome, Ok(()) | Err(Code::IoBlocked))),
            }
        }
    }
    for conn in &ends {
        let ecdsa = c"ecdsa_secp256r1_sha256";
        assert!(conn.signature_scheme(Mode::Client).is_some());
        assert!(conn.signature_scheme(Mode::Server).is_some());
        assert!(
            conn.version() == Version::Tls12
                || conn.signature_scheme(Mode::Server).unwrap_or_default() == ecdsa
        );
    }
    applications.map(|application| {
        *lock(&application.conn) = None;
        let calls = std::mem::take(&mut *lock(&application.calls));
        (calls, application.resumed.load(SeqCst))
    })
}

/// The thread's own context of steps is locked while a coroutine runs, and no callback of the application
/// runs there.
#[test]
fn every_part_of_a_step_may_run_in_another_thread() {
    for policy in POLICIES {
        for is_late in [false, true] {
            let at_home = handshake(policy, false, is_late);
            let travelled = handshake(policy, true, is_late);
            for (calls, resumed) in &at_home {
                for what in ["sign", "verify", "clock", "CLIENT_CERT_VERIFY"] {
                    let is_there = calls.iter().any(|calls| calls == what);
                    // The checkpoint for which the application was waited is left out.
                    let is_awaited = is_late && what == "CLIENT_CERT_VERIFY";
                    assert!(is_there || is_awaited, "{what}: {calls:?}");
                }
                assert!(*resumed > 4, "{resumed}");
            }
            assert!(at_home[0].0.iter().any(|calls| calls == "request"));
            assert_eq!(travelled, at_home);
        }
    }
}
