//! The application's callbacks for certificates, private keys, events, key logs and clocks, each as
//! an implementation of a trait of the core.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Arc;
use std::time::Duration;
use std::{io, ptr};

use rs2n_core::config::callbacks::{
    CertRequestCallback, CertTiebreak, CertValidationCallback, CertificateRequest, Checkpoint,
    CheckpointCallback, ClientHelloCallback, Clock, Coroutine, Coroutines, CrlLookup,
    CrlLookupCallback, HandshakeEvent, HandshakeEventCallback, KeyLogCallback, LogLevel, Logger,
    Offload, Passphrase, PrivateKeys, SecretCallback, SecretType, Signature, Validation,
    Verification, VerifyHostCallback, Work,
};
use zeroize::Zeroize;

use super::cancellation::Cancelability;
use super::coroutine::StackCoroutine;
use super::io::Context;

pub type VerifyHostFn = unsafe extern "C" fn(*const c_char, usize, *mut c_void) -> u8;
/// `C` is the C type of a connection.
pub type KeyLogFn<C> = unsafe extern "C" fn(*mut c_void, *mut C, *mut u8, usize) -> c_int;
/// `C` is the C type of a connection.
pub type ClientHelloFn<C> = unsafe extern "C" fn(*mut C, *mut c_void) -> c_int;
/// `C` is the C type of a certificate chain.
pub type CertTiebreakFn<C> = unsafe extern "C" fn(*mut C, *mut C, *mut u8, u32) -> *mut C;
/// `L` is the C type of a CRL lookup.
pub type CrlLookupFn<L> = unsafe extern "C" fn(*mut L, *mut c_void) -> c_int;
/// `C` is the C type of a connection, `V` that of a certificate validation.
pub type ValidationFn<C, V> = unsafe extern "C" fn(*mut C, *mut V, *mut c_void) -> c_int;
/// `C` is the C type of a connection, `R` that of a certificate request.
pub type CertificateRequestFn<C, R> = unsafe extern "C" fn(*mut C, *mut c_void, *mut R) -> c_int;
/// `C` is the C type of a connection, `O` that of a signing operation.
pub type PrivateKeyFn<C, O> = unsafe extern "C" fn(*mut C, *mut O) -> c_int;
/// `C` is the C type of a connection, `O` that of a verification operation.
pub type OffloadFn<C, O> = unsafe extern "C" fn(*mut C, *mut O, *mut c_void) -> c_int;
/// `C` is the C type of a connection, `E` that of an event.
pub type EventFn<C, E> = unsafe extern "C" fn(*mut C, *mut c_void, *mut E);
pub type PassphraseFn = unsafe extern "C" fn(*mut c_void, *mut u8, u32, *mut u32) -> c_int;
pub type ClockFn = unsafe extern "C" fn(*mut c_void, *mut u64) -> c_int;

/// Verifies a host name by the application's callback.
pub struct CVerifyHostCallback {
    pub function: VerifyHostFn,
    pub context: Context,
}

impl VerifyHostCallback for CVerifyHostCallback {
    fn verify(&self, host: &[u8]) -> bool {
        // Applications use the name as a NUL-terminated string, regardless of its length.
        let name = [host, b"\0"].concat();
        // SAFETY: `name` is readable for its length for the whole call, and NUL-terminated; the
        // application paired `context` with `function`.
        let verdict = unsafe { (self.function)(name.as_ptr().cast(), host.len(), self.context.0) };
        verdict != 0
    }
}

/// Calls the application's ClientHello callback, on a server that has received a ClientHello.
pub struct CClientHelloCallback<C> {
    pub function: ClientHelloFn<C>,
    pub context: Context,
}

impl<C> ClientHelloCallback for CClientHelloCallback<C> {
    fn call(&self, name: usize) -> i32 {
        let conn = ptr::with_exposed_provenance_mut(name);
        // SAFETY: `conn` is the application's own pointer; the application paired `context` with
        // `function`.
        unsafe { (self.function)(conn, self.context.0) }
    }
}

/// Passes the lines of a key log to the application.
pub struct CKeyLogCallback<C> {
    pub function: KeyLogFn<C>,
    pub context: Context,
}

impl<C> KeyLogCallback for CKeyLogCallback<C> {
    fn log(&self, name: usize, line: &[u8]) {
        // A copy, as the callback's type permits writes.
        let mut line = line.to_vec();
        let conn = ptr::with_exposed_provenance_mut(name);
        // SAFETY: `line` is readable and writable for its length for the whole call; `conn` is the
        // application's own pointer; the application paired `context` with `function`.
        unsafe { (self.function)(self.context.0, conn, line.as_mut_ptr(), line.len()) };
        line.zeroize();
    }
}

/// `C` is the C type of a connection, `L` that of a log level.
pub type LogFn<C, L> = unsafe extern "C" fn(L, *mut C, *const c_char, *mut c_void);

/// Passes the log of the library to the application.
pub struct CLogger<C, L> {
    pub function: LogFn<C, L>,
    pub context: Context,
}

impl<C, L: From<LogLevel>> Logger for CLogger<C, L> {
    fn log(&self, level: LogLevel, name: usize, message: &CStr) {
        // Calls that transfer data do not disable cancellation.
        let _held = Cancelability::held();
        let conn = ptr::with_exposed_provenance_mut(name);
        // SAFETY: `message` is a NUL-terminated string for the whole call; `conn` is the
        // application's own pointer; the application paired `context` with `function`.
        unsafe { (self.function)(level.into(), conn, message.as_ptr(), self.context.0) };
    }
}

/// The application's callback for the secrets of a QUIC connection, with its type of secrets `T`.
pub type SecretFn<C, T> = unsafe extern "C" fn(*mut c_void, *mut C, T, *mut u8, u8) -> c_int;

/// Passes the secrets of a QUIC connection to the application.
pub struct CSecretCallback<C, T> {
    pub function: SecretFn<C, T>,
    pub context: Context,
}

impl<C, T: From<SecretType>> SecretCallback for CSecretCallback<C, T> {
    fn receive(&self, name: usize, typ: SecretType, secret: &mut [u8]) -> bool {
        let Ok(len) = u8::try_from(secret.len()) else {
            return false;
        };
        let conn = ptr::with_exposed_provenance_mut(name);
        // SAFETY: `secret` is readable and writable for `len` bytes for the whole call; `conn` is the
        // application's own pointer; the application paired `context` with `function`.
        unsafe { (self.function)(self.context.0, conn, typ.into(), secret.as_mut_ptr(), len) >= 0 }
    }
}

/// Selects one of two certificates for a name by the application's tie-break callback.
pub struct CCertTiebreakCallback<C> {
    pub function: CertTiebreakFn<C>,
}

impl<C> CertTiebreak for CCertTiebreakCallback<C> {
    fn winner(&self, first: usize, second: usize, host: &[u8]) -> usize {
        // A copy, as the callback's type permits writes.
        let mut host = host.to_vec();
        let len = u32::try_from(host.len()).unwrap_or(u32::MAX);
        let [first, second] = [first, second].map(ptr::with_exposed_provenance_mut);
        // SAFETY: `host` is readable and writable for its length for the whole call; the chains are
        // the application's own pointers.
        let winner = unsafe { (self.function)(first, second, host.as_mut_ptr(), len) };
        winner.addr()
    }
}

/// Looks up a certificate revocation list (CRL) by the application's callback.
pub struct CCrlLookupCallback<L> {
    pub function: CrlLookupFn<L>,
    pub context: Context,
}

impl<L> CrlLookupCallback for CCrlLookupCallback<L> {
    fn look_up(&self, lookup: &Arc<CrlLookup>) -> bool {
        let lookup = Arc::as_ptr(lookup).cast_mut().cast();
        // SAFETY: `lookup` lives until the connection is wiped; the application paired `context`
        // with `function`.
        unsafe { (self.function)(lookup, self.context.0) == 0 }
    }
}

/// Calls the application's certificate validation callback, which accepts or rejects a chain.
pub struct CCertValidationCallback<C, V> {
    pub function: ValidationFn<C, V>,
    pub context: Context,
}

impl<C, V> CertValidationCallback for CCertValidationCallback<C, V> {
    fn validate(&self, name: usize, validation: &Arc<Validation>) -> bool {
        let conn = ptr::with_exposed_provenance_mut(name);
        let validation = Arc::as_ptr(validation).cast_mut().cast();
        // SAFETY: `conn` is the application's own pointer; `validation` lives until the connection
        // is wiped; the application paired `context` with `function`.
        unsafe { (self.function)(conn, validation, self.context.0) == 0 }
    }
}

/// Selects the client certificate for a certificate request by the application's callback.
pub struct CCertRequestCallback<C, R> {
    pub function: CertificateRequestFn<C, R>,
    pub context: Context,
}

impl<C, R> CertRequestCallback for CCertRequestCallback<C, R> {
    fn answer(&self, name: usize, request: &CertificateRequest) -> bool {
        let conn = ptr::with_exposed_provenance_mut(name);
        let request = (&raw const *request).cast_mut().cast();
        // SAFETY: `conn` is the application's own pointer; `request` lives during the call; the
        // application paired `context` with `function`.
        unsafe { (self.function)(conn, self.context.0, request) == 0 }
    }
}

/// Passes signing operations to the application's private key callback.
pub struct CPrivateKeyCallback<C, O> {
    pub function: PrivateKeyFn<C, O>,
}

impl<C, O> PrivateKeys for CPrivateKeyCallback<C, O> {
    fn sign(&self, name: usize, operation: Arc<Signature>) -> i32 {
        let conn = ptr::with_exposed_provenance_mut(name);
        // The application owns the operation from here on, and frees it.
        let operation = Arc::into_raw(operation).cast_mut().cast();
        // SAFETY: `conn` is the application's own pointer, and `operation` stands for an operation.
        unsafe { (self.function)(conn, operation) }
    }
}

impl<C, O> Coroutines for CPrivateKeyCallback<C, O> {
    fn coroutine(&self, work: Work) -> io::Result<Box<dyn Coroutine>> {
        Ok(Box::new(StackCoroutine::new(work)?))
    }
}

/// Passes signature verifications to the application's offload callback.
pub struct COffloadCallback<C, O> {
    pub function: OffloadFn<C, O>,
    pub context: Context,
}

impl<C, O> Offload for COffloadCallback<C, O> {
    fn verify(&self, name: usize, operation: &Arc<Verification>) -> i32 {
        let conn = ptr::with_exposed_provenance_mut(name);
        let operation = Arc::as_ptr(operation).cast_mut().cast();
        // SAFETY: `conn` is the application's own pointer, and `operation` stands for an operation;
        // the application paired `context` with `function`.
        unsafe { (self.function)(conn, operation, self.context.0) }
    }
}

impl<C, O> Coroutines for COffloadCallback<C, O> {
    fn coroutine(&self, work: Work) -> io::Result<Box<dyn Coroutine>> {
        Ok(Box::new(StackCoroutine::new(work)?))
    }
}

/// Reports the events of a connection to the application.
pub struct CEventCallback<C, E> {
    pub function: EventFn<C, E>,
}

impl<C, E> CEventCallback<C, E> {
    fn report(&self, name: usize, subscriber: usize, mut event: E) {
        let conn = ptr::with_exposed_provenance_mut(name);
        let subscriber = ptr::with_exposed_provenance_mut(subscriber);
        // SAFETY: `conn` and `subscriber` are the application's own pointers, and `event` lives
        // during the call.
        unsafe { (self.function)(conn, subscriber, &mut event) }
    }
}

impl<C, E: for<'a> From<&'a HandshakeEvent>> HandshakeEventCallback for CEventCallback<C, E> {
    fn call(&self, name: usize, subscriber: usize, event: &HandshakeEvent) {
        self.report(name, subscriber, event.into());
    }
}

impl<C, E: for<'a> From<&'a Checkpoint>> CheckpointCallback for CEventCallback<C, E> {
    fn call(&self, name: usize, subscriber: usize, checkpoint: &Checkpoint) {
        self.report(name, subscriber, checkpoint.into());
    }
}

/// Reads a passphrase from the application's callback.
pub struct CPassphraseCallback {
    pub function: PassphraseFn,
    pub context: Context,
}

impl Passphrase for CPassphraseCallback {
    fn read(&self, buffer: &mut [u8]) -> Option<usize> {
        let size = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let mut len = 0;
        // SAFETY: `buffer` is writable for `size` bytes, and `len` is writable, for the whole call; the
        // application paired `context` with `function`.
        let status =
            unsafe { (self.function)(self.context.0, buffer.as_mut_ptr(), size, &mut len) };
        (status == 0).then_some(len as usize)
    }
}

/// Reads the time from the application's clock callback.
pub struct CClockCallback {
    pub function: ClockFn,
    pub context: Context,
}

impl Clock for CClockCallback {
    fn now(&self) -> Option<Duration> {
        let mut nanoseconds = 0;
        let _held = Cancelability::held();
        // SAFETY: `nanoseconds` is writable for the whole call, and the application paired
        // `context` with `function`.
        let status = unsafe { (self.function)(self.context.0, &mut nanoseconds) };
        (status == 0).then(|| Duration::from_nanos(nanoseconds))
    }
}
