//! The error table: number, name and message of every error of the API.
//!
//! The number is `type << 26 | index`. Numbers are part of the ABI: programs compiled against
//! `s2n-tls` contain them as constants, so the index of a row never changes. New rows are appended
//! to their type.
//!
//! Errors of the extensions, whose names begin with `RS2N_`, have indexes from 0x10000 on, which no
//! release of s2n-tls comes near.

use std::ffi::CStr;

use super::ErrorType;

macro_rules! error_table {
    ($($ty:ident { $($variant:ident = $index:literal, $name:literal, $message:literal;)* })*) => {
        /// An error number of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum Code {
            $($(
                #[doc = concat!("`", $name, "`: ", $message)]
                $variant = (ErrorType::$ty as i32) << ErrorType::SHIFT | $index,
            )*)*
        }

        /// Every code, in the order of the table.
        #[cfg(test)]
        pub(super) const ALL: &[Code] = &[$($(Code::$variant,)*)*];

        impl Code {
            /// Converts an error number; `None` if it is not in the table.
            pub fn from_number(number: i32) -> Option<Self> {
                Some(match number {
                    $($(n if n == Self::$variant as i32 => Self::$variant,)*)*
                    _ => return None,
                })
            }

            /// Returns the name of the constant in s2n-tls, such as `S2N_ERR_NULL`, or that of an
            /// error of an extension.
            pub fn name(self) -> &'static CStr {
                match self {
                    $($(Self::$variant => cstr(concat!($name, "\0")),)*)*
                }
            }

            /// Returns the error message, in English.
            pub fn message(self) -> &'static CStr {
                match self {
                    $($(Self::$variant => cstr(concat!($message, "\0")),)*)*
                }
            }
        }
    };
}

const fn cstr(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a NUL inside a name or message of the error table"),
    }
}

error_table! {
    Ok {
        Ok = 0, "S2N_ERR_OK", "no error";
    }
    Io {
        Io = 0, "S2N_ERR_IO", "underlying I/O operation failed, check system errno";
    }
    Closed {
        Closed = 0, "S2N_ERR_CLOSED", "connection is closed";
    }
    Blocked {
        IoBlocked = 0, "S2N_ERR_IO_BLOCKED", "underlying I/O operation would block";
        AsyncBlocked = 1, "S2N_ERR_ASYNC_BLOCKED", "blocked on external async function invocation";
        EarlyDataBlocked = 2, "S2N_ERR_EARLY_DATA_BLOCKED", "Blocked on early data";
        AppDataBlocked = 3, "S2N_ERR_APP_DATA_BLOCKED", "Blocked on application data during handshake";
    }
    Alert {
        Alert = 0, "S2N_ERR_ALERT", "TLS alert received";
    }
    Proto {
        Encrypt = 0, "S2N_ERR_ENCRYPT", "error encrypting data";
        Decrypt = 1, "S2N_ERR_DECRYPT", "error decrypting data";
        BadMessage = 2, "S2N_ERR_BAD_MESSAGE", "Bad message encountered";
        UnexpectedCertRequest = 3, "S2N_ERR_UNEXPECTED_CERT_REQUEST", "Client forbids mutual authentication, but server requested a cert";
        MissingCertRequest = 4, "S2N_ERR_MISSING_CERT_REQUEST", "Client requires mutual authentication, but server did not request a cert";
        MissingClientCert = 5, "S2N_ERR_MISSING_CLIENT_CERT", "Server requires client certificate";
        KeyInit = 6, "S2N_ERR_KEY_INIT", "error initializing encryption key";
        KeyDestroy = 7, "S2N_ERR_KEY_DESTROY", "error destroying encryption key";
        DhSerializing = 8, "S2N_ERR_DH_SERIALIZING", "error serializing Diffie-Hellman parameters";
        DhSharedSecret = 9, "S2N_ERR_DH_SHARED_SECRET", "error computing Diffie-Hellman shared secret";
        DhWritingPublicKey = 10, "S2N_ERR_DH_WRITING_PUBLIC_KEY", "error writing Diffie-Hellman public key";
        DhFailedSigning = 11, "S2N_ERR_DH_FAILED_SIGNING", "error signing Diffie-Hellman values";
        DhCopyingParameters = 12, "S2N_ERR_DH_COPYING_PARAMETERS", "error copying Diffie-Hellman parameters";
        DhGeneratingParameters = 13, "S2N_ERR_DH_GENERATING_PARAMETERS", "error generating Diffie-Hellman parameters";
        CipherNotSupported = 14, "S2N_ERR_CIPHER_NOT_SUPPORTED", "Cipher is not supported";
        NoApplicationProtocol = 15, "S2N_ERR_NO_APPLICATION_PROTOCOL", "No supported application protocol to negotiate";
        FallbackDetected = 16, "S2N_ERR_FALLBACK_DETECTED", "TLS fallback detected";
        HashDigestFailed = 17, "S2N_ERR_HASH_DIGEST_FAILED", "failed to create hash digest";
        HashInitFailed = 18, "S2N_ERR_HASH_INIT_FAILED", "error initializing hash";
        HashUpdateFailed = 19, "S2N_ERR_HASH_UPDATE_FAILED", "error updating hash";
        HashCopyFailed = 20, "S2N_ERR_HASH_COPY_FAILED", "error copying hash";
        HashWipeFailed = 21, "S2N_ERR_HASH_WIPE_FAILED", "error wiping hash";
        HashNotReady = 22, "S2N_ERR_HASH_NOT_READY", "hash not in a valid state for the attempted operation";
        AllowMd5ForFipsFailed = 23, "S2N_ERR_ALLOW_MD5_FOR_FIPS_FAILED", "error allowing MD5 to be used when in FIPS mode";
        DecodeCertificate = 24, "S2N_ERR_DECODE_CERTIFICATE", "error decoding certificate";
        DecodePrivateKey = 25, "S2N_ERR_DECODE_PRIVATE_KEY", "error decoding private key";
        InvalidHelloRetry = 26, "S2N_ERR_INVALID_HELLO_RETRY", "Invalid hello retry request";
        InvalidSignatureAlgorithm = 27, "S2N_ERR_INVALID_SIGNATURE_ALGORITHM", "Invalid signature algorithm";
        InvalidSignatureScheme = 28, "S2N_ERR_INVALID_SIGNATURE_SCHEME", "Invalid signature scheme";
        NoValidSignatureScheme = 29, "S2N_ERR_NO_VALID_SIGNATURE_SCHEME", "Unable to negotiate a supported signature scheme";
        CbcVerify = 30, "S2N_ERR_CBC_VERIFY", "Failed CBC verification";
        DhCopyingPublicKey = 31, "S2N_ERR_DH_COPYING_PUBLIC_KEY", "error copying Diffie-Hellman public key";
        Sign = 32, "S2N_ERR_SIGN", "error signing data";
        VerifySignature = 33, "S2N_ERR_VERIFY_SIGNATURE", "error verifying signature";
        EcdheGenKey = 34, "S2N_ERR_ECDHE_GEN_KEY", "Failed to generate an ECDHE key";
        EcdheSharedSecret = 35, "S2N_ERR_ECDHE_SHARED_SECRET", "Error computing ECDHE shared secret";
        EcdheUnsupportedCurve = 36, "S2N_ERR_ECDHE_UNSUPPORTED_CURVE", "Unsupported EC curve was presented during an ECDHE handshake";
        EcdheInvalidPublicKey = 37, "S2N_ERR_ECDHE_INVALID_PUBLIC_KEY", "Failed to validate the peer's point on the elliptic curve";
        EcdheInvalidPublicKeyFips = 38, "S2N_ERR_ECDHE_INVALID_PUBLIC_KEY_FIPS", "Failed to validate the peer's point on the elliptic curve, per FIPS requirements";
        EcdsaUnsupportedCurve = 39, "S2N_ERR_ECDSA_UNSUPPORTED_CURVE", "Unsupported EC curve was presented during an ECDSA SignatureScheme handshake";
        EcdheSerializing = 40, "S2N_ERR_ECDHE_SERIALIZING", "Error serializing ECDHE public";
        KemUnsupportedParams = 41, "S2N_ERR_KEM_UNSUPPORTED_PARAMS", "Unsupported KEM params was presented during a handshake that uses a KEM";
        ShutdownRecordType = 42, "S2N_ERR_SHUTDOWN_RECORD_TYPE", "Non alert record received during s2n_shutdown()";
        ShutdownClosed = 43, "S2N_ERR_SHUTDOWN_CLOSED", "Peer closed before sending their close_notify";
        NonEmptyRenegotiationInfo = 44, "S2N_ERR_NON_EMPTY_RENEGOTIATION_INFO", "renegotiation_info should be empty";
        RecordLimit = 45, "S2N_ERR_RECORD_LIMIT", "TLS record limit reached";
        CertUntrusted = 46, "S2N_ERR_CERT_UNTRUSTED", "Certificate is untrusted";
        CertInvalidHostname = 47, "S2N_ERR_CERT_INVALID_HOSTNAME", "Certificate is not valid for the supplied hostname";
        CertRevoked = 48, "S2N_ERR_CERT_REVOKED", "Certificate has been revoked by the CA";
        CertNotYetValid = 49, "S2N_ERR_CERT_NOT_YET_VALID", "Certificate is not yet valid";
        CertExpired = 50, "S2N_ERR_CERT_EXPIRED", "Certificate has expired";
        CertTypeUnsupported = 51, "S2N_ERR_CERT_TYPE_UNSUPPORTED", "Certificate Type is unsupported";
        CertInvalid = 52, "S2N_ERR_CERT_INVALID", "Certificate is invalid";
        CertMaxChainDepthExceeded = 53, "S2N_ERR_CERT_MAX_CHAIN_DEPTH_EXCEEDED", "The maximum certificate chain depth has been exceeded";
        CertRejected = 54, "S2N_ERR_CERT_REJECTED", "Certificate failed custom application validation";
        CertUnhandledCriticalExtension = 55, "S2N_ERR_CERT_UNHANDLED_CRITICAL_EXTENSION", "Unhandled critical certificate extension";
        CrlLookupFailed = 56, "S2N_ERR_CRL_LOOKUP_FAILED", "No CRL could be found for the corresponding certificate";
        CrlSignature = 57, "S2N_ERR_CRL_SIGNATURE", "The signature of the CRL is invalid";
        CrlIssuer = 58, "S2N_ERR_CRL_ISSUER", "Unable to get the CRL issuer certificate";
        CrlUnhandledCriticalExtension = 59, "S2N_ERR_CRL_UNHANDLED_CRITICAL_EXTENSION", "Unhandled critical CRL extension";
        CrlInvalidThisUpdate = 60, "S2N_ERR_CRL_INVALID_THIS_UPDATE", "The CRL contains an invalid thisUpdate field";
        CrlInvalidNextUpdate = 61, "S2N_ERR_CRL_INVALID_NEXT_UPDATE", "The CRL contains an invalid nextUpdate field";
        CrlNotYetValid = 62, "S2N_ERR_CRL_NOT_YET_VALID", "The CRL is not yet valid";
        CrlExpired = 63, "S2N_ERR_CRL_EXPIRED", "The CRL has expired";
        InvalidMaxFragLen = 64, "S2N_ERR_INVALID_MAX_FRAG_LEN", "invalid Maximum Fragmentation Length encountered";
        MaxFragLenMismatch = 65, "S2N_ERR_MAX_FRAG_LEN_MISMATCH", "Negotiated Maximum Fragmentation Length from server does not match the requested length by client";
        ProtocolVersionUnsupported = 66, "S2N_ERR_PROTOCOL_VERSION_UNSUPPORTED", "TLS protocol version is not supported by configuration";
        BadKeyShare = 67, "S2N_ERR_BAD_KEY_SHARE", "Bad key share received";
        Cancelled = 68, "S2N_ERR_CANCELLED", "handshake was cancelled";
        ProtocolDowngradeDetected = 69, "S2N_ERR_PROTOCOL_DOWNGRADE_DETECTED", "Protocol downgrade detected by client";
        MaxInnerPlaintextSize = 70, "S2N_ERR_MAX_INNER_PLAINTEXT_SIZE", "Inner plaintext size exceeds limit";
        RecordStufferSize = 71, "S2N_ERR_RECORD_STUFFER_SIZE", "Record stuffer out of space";
        FragmentLengthTooLarge = 72, "S2N_ERR_FRAGMENT_LENGTH_TOO_LARGE", "Fragment length is too large";
        FragmentLengthTooSmall = 73, "S2N_ERR_FRAGMENT_LENGTH_TOO_SMALL", "Fragment length is too small";
        RecordStufferNeedsDraining = 74, "S2N_ERR_RECORD_STUFFER_NEEDS_DRAINING", "Record stuffer needs to be drained first";
        MissingExtension = 75, "S2N_ERR_MISSING_EXTENSION", "Mandatory extension not received";
        UnsupportedExtension = 76, "S2N_ERR_UNSUPPORTED_EXTENSION", "Illegal use of a known, supported extension";
        DuplicateExtension = 77, "S2N_ERR_DUPLICATE_EXTENSION", "Extension block contains two or more extensions of the same type";
        MaxEarlyDataSize = 78, "S2N_ERR_MAX_EARLY_DATA_SIZE", "Maximum early data bytes exceeded";
        EarlyDataTrialDecrypt = 79, "S2N_ERR_EARLY_DATA_TRIAL_DECRYPT", "Unable to decrypt rejected early data";
        NoRenegotiation = 80, "S2N_ERR_NO_RENEGOTIATION", "Only secure, server-initiated renegotiation is supported";
        KtlsKeyupdate = 81, "S2N_ERR_KTLS_KEYUPDATE", "Received KeyUpdate from peer, but kernel does not support updating tls keys";
        CertIntentInvalid = 82, "S2N_ERR_CERT_INTENT_INVALID", "Certificate intent is invalid for the current context.";
        BadFinished = 83, "S2N_ERR_BAD_FINISHED", "Finished verify_data did not match the expected value";
        BadPskBinder = 84, "S2N_ERR_BAD_PSK_BINDER", "PSK binder did not match the expected value";
        EchRejected = 0x10000, "RS2N_ERR_ECH_REJECTED", "The server has rejected Encrypted ClientHello";
    }
    Internal {
        Madvise = 0, "S2N_ERR_MADVISE", "error calling madvise";
        Alloc = 1, "S2N_ERR_ALLOC", "error allocating memory";
        Mlock = 2, "S2N_ERR_MLOCK", "error calling mlock (Did you run prlimit?)";
        Munlock = 3, "S2N_ERR_MUNLOCK", "error calling munlock";
        Fstat = 4, "S2N_ERR_FSTAT", "error calling fstat";
        Open = 5, "S2N_ERR_OPEN", "error calling open";
        Mmap = 6, "S2N_ERR_MMAP", "error calling mmap";
        Atexit = 7, "S2N_ERR_ATEXIT", "error calling atexit";
        Nomem = 8, "S2N_ERR_NOMEM", "no memory";
        Null = 9, "S2N_ERR_NULL", "NULL pointer encountered";
        Safety = 10, "S2N_ERR_SAFETY", "a safety check failed";
        Initialized = 11, "S2N_ERR_INITIALIZED", "s2n is initialized";
        NotInitialized = 12, "S2N_ERR_NOT_INITIALIZED", "s2n not initialized";
        RandomUninitialized = 13, "S2N_ERR_RANDOM_UNINITIALIZED", "s2n entropy not initialized";
        OpenRandom = 14, "S2N_ERR_OPEN_RANDOM", "error opening urandom";
        ResizeStaticStuffer = 15, "S2N_ERR_RESIZE_STATIC_STUFFER", "cannot resize a static stuffer";
        ResizeTaintedStuffer = 16, "S2N_ERR_RESIZE_TAINTED_STUFFER", "cannot resize a tainted stuffer";
        StufferOutOfData = 17, "S2N_ERR_STUFFER_OUT_OF_DATA", "stuffer is out of data";
        StufferIsFull = 18, "S2N_ERR_STUFFER_IS_FULL", "stuffer is full";
        StufferNotFound = 19, "S2N_ERR_STUFFER_NOT_FOUND", "stuffer expected bytes were not found";
        StufferHasUnprocessedData = 20, "S2N_ERR_STUFFER_HAS_UNPROCESSED_DATA", "stuffer has unprocessed data";
        HashInvalidAlgorithm = 21, "S2N_ERR_HASH_INVALID_ALGORITHM", "invalid hash algorithm";
        PrfInvalidAlgorithm = 22, "S2N_ERR_PRF_INVALID_ALGORITHM", "invalid prf hash algorithm";
        PrfInvalidSeed = 23, "S2N_ERR_PRF_INVALID_SEED", "invalid prf seeds provided";
        PrfDerive = 24, "S2N_ERR_PRF_DERIVE", "error deriving a secret from the PRF";
        PHashInvalidAlgorithm = 25, "S2N_ERR_P_HASH_INVALID_ALGORITHM", "invalid p_hash algorithm";
        PHashInitFailed = 26, "S2N_ERR_P_HASH_INIT_FAILED", "error initializing p_hash";
        PHashUpdateFailed = 27, "S2N_ERR_P_HASH_UPDATE_FAILED", "error updating p_hash";
        PHashFinalFailed = 28, "S2N_ERR_P_HASH_FINAL_FAILED", "error creating p_hash digest";
        PHashWipeFailed = 29, "S2N_ERR_P_HASH_WIPE_FAILED", "error wiping p_hash";
        HmacInvalidAlgorithm = 30, "S2N_ERR_HMAC_INVALID_ALGORITHM", "invalid HMAC algorithm";
        HkdfOutputSize = 31, "S2N_ERR_HKDF_OUTPUT_SIZE", "invalid HKDF output size";
        Hkdf = 32, "S2N_ERR_HKDF", "error generating HKDF output";
        AlertPresent = 33, "S2N_ERR_ALERT_PRESENT", "TLS alert is already pending";
        HandshakeState = 34, "S2N_ERR_HANDSHAKE_STATE", "Invalid handshake state encountered";
        ShutdownPaused = 35, "S2N_ERR_SHUTDOWN_PAUSED", "s2n_shutdown() called while paused";
        SizeMismatch = 36, "S2N_ERR_SIZE_MISMATCH", "size mismatch";
        Random = 37, "S2N_ERR_RANDOM", "Error generating random data";
        KeyCheck = 38, "S2N_ERR_KEY_CHECK", "Invalid key";
        CipherType = 39, "S2N_ERR_CIPHER_TYPE", "Unknown cipher type used";
        MapDuplicate = 40, "S2N_ERR_MAP_DUPLICATE", "Duplicate map key inserted";
        MapImmutable = 41, "S2N_ERR_MAP_IMMUTABLE", "Attempt to update an immutable map";
        MapMutable = 42, "S2N_ERR_MAP_MUTABLE", "Attempt to lookup a mutable map";
        MapInvalidMapSize = 43, "S2N_ERR_MAP_INVALID_MAP_SIZE", "Attempt to create a map with 0 capacity";
        InitialHmac = 44, "S2N_ERR_INITIAL_HMAC", "error calling EVP_CIPHER_CTX_ctrl for composite cbc cipher";
        InvalidNonceType = 45, "S2N_ERR_INVALID_NONCE_TYPE", "Invalid AEAD nonce type";
        Unimplemented = 46, "S2N_ERR_UNIMPLEMENTED", "Unimplemented feature";
        HandshakeUnreachable = 47, "S2N_ERR_HANDSHAKE_UNREACHABLE", "Unreachable handshake state machine handler invoked";
        Read = 48, "S2N_ERR_READ", "error calling read";
        Write = 49, "S2N_ERR_WRITE", "error calling write";
        BadFd = 50, "S2N_ERR_BAD_FD", "Invalid file descriptor";
        RdrandFailed = 51, "S2N_ERR_RDRAND_FAILED", "Error executing rdrand instruction";
        FailedCacheRetrieval = 52, "S2N_ERR_FAILED_CACHE_RETRIEVAL", "Failed cache retrieval";
        X509TrustStore = 53, "S2N_ERR_X509_TRUST_STORE", "Error initializing trust store";
        UnknownProtocolVersion = 54, "S2N_ERR_UNKNOWN_PROTOCOL_VERSION", "Error determining client protocol version";
        NullCnName = 55, "S2N_ERR_NULL_CN_NAME", "Error parsing CN names";
        NullSans = 56, "S2N_ERR_NULL_SANS", "Error parsing SANS";
        ClientHelloVersion = 57, "S2N_ERR_CLIENT_HELLO_VERSION", "Could not get client hello version";
        ClientProtocolVersion = 58, "S2N_ERR_CLIENT_PROTOCOL_VERSION", "Could not get client protocol version";
        ServerProtocolVersion = 59, "S2N_ERR_SERVER_PROTOCOL_VERSION", "Could not get server protocol version";
        ActualProtocolVersion = 60, "S2N_ERR_ACTUAL_PROTOCOL_VERSION", "Could not get actual protocol version";
        PollingFromSocket = 61, "S2N_ERR_POLLING_FROM_SOCKET", "Error polling from socket";
        RecvStufferFromConn = 62, "S2N_ERR_RECV_STUFFER_FROM_CONN", "Error receiving stuffer from connection";
        SendStufferToConn = 63, "S2N_ERR_SEND_STUFFER_TO_CONN", "Error sending stuffer to connection";
        PreconditionViolation = 64, "S2N_ERR_PRECONDITION_VIOLATION", "Precondition violation";
        PostconditionViolation = 65, "S2N_ERR_POSTCONDITION_VIOLATION", "Postcondition violation";
        IntegerOverflow = 66, "S2N_ERR_INTEGER_OVERFLOW", "Integer overflow violation";
        ArrayIndexOob = 67, "S2N_ERR_ARRAY_INDEX_OOB", "Array index out of bounds";
        FreeStaticBlob = 68, "S2N_ERR_FREE_STATIC_BLOB", "Cannot free a static blob";
        ResizeStaticBlob = 69, "S2N_ERR_RESIZE_STATIC_BLOB", "Cannot resize a static blob";
        RecordLengthTooLarge = 70, "S2N_ERR_RECORD_LENGTH_TOO_LARGE", "Record length exceeds protocol version maximum";
        SetDuplicateValue = 71, "S2N_ERR_SET_DUPLICATE_VALUE", "Set already contains the provided value";
        InvalidParsedExtensions = 72, "S2N_ERR_INVALID_PARSED_EXTENSIONS", "Invalid parsed extension data";
        AsyncCallbackFailed = 73, "S2N_ERR_ASYNC_CALLBACK_FAILED", "Callback associated with async private keys function has failed";
        AsyncMoreThanOne = 74, "S2N_ERR_ASYNC_MORE_THAN_ONE", "Only one asynchronous operation can be in-progress at the same time";
        PqCrypto = 75, "S2N_ERR_PQ_CRYPTO", "An error occurred in a post-quantum crypto function";
        InvalidCertState = 76, "S2N_ERR_INVALID_CERT_STATE", "Certificate validation entered an invalid state and is not able to continue";
        InvalidSupportedGroupState = 77, "S2N_ERR_INVALID_SUPPORTED_GROUP_STATE", "SupportedGroup preference decision entered invalid state and selected both KEM and EC Curve";
        InvalidEarlyDataState = 78, "S2N_ERR_INVALID_EARLY_DATA_STATE", "Early data in invalid state";
        PkeyCtxInit = 79, "S2N_ERR_PKEY_CTX_INIT", "Unable to initialize the libcrypto pkey context";
        LibcryptoVersionNumberMismatch = 80, "S2N_ERR_LIBCRYPTO_VERSION_NUMBER_MISMATCH", "The libcrypto major version number seen at compile-time is different from the major version number seen at run-time";
        LibcryptoVersionNameMismatch = 81, "S2N_ERR_LIBCRYPTO_VERSION_NAME_MISMATCH", "The libcrypto major version name seen at compile-time is different from the major version name seen at run-time";
        InternalLibcryptoError = 82, "S2N_ERR_INTERNAL_LIBCRYPTO_ERROR", "An internal error has occurred in the libcrypto API";
        OsslProvider = 83, "S2N_ERR_OSSL_PROVIDER", "Failed to load or unload an openssl provider";
        BadHex = 84, "S2N_ERR_BAD_HEX", "Could not parse malformed hex string";
        TestAssertion = 85, "S2N_ERR_TEST_ASSERTION", "Test assertion failed";
        ConfigNullBeforeChCallback = 86, "S2N_ERR_CONFIG_NULL_BEFORE_CH_CALLBACK", "Config set to NULL before client hello callback. This should not be possible outside of tests.";
        ZeroLifetimeTicket = 87, "S2N_ERR_ZERO_LIFETIME_TICKET", "Calculated session lifetime is zero";
    }
    Usage {
        NoAlert = 0, "S2N_ERR_NO_ALERT", "No Alert present";
        ServerMode = 1, "S2N_ERR_SERVER_MODE", "Operation not allowed in server mode";
        ClientMode = 2, "S2N_ERR_CLIENT_MODE", "Operation not allowed in client mode";
        ClientModeDisabled = 3, "S2N_ERR_CLIENT_MODE_DISABLED", "client connections not allowed";
        TooManyCertificates = 4, "S2N_ERR_TOO_MANY_CERTIFICATES", "only 1 certificate is supported in client mode";
        TooManySignatureSchemes = 5, "S2N_ERR_TOO_MANY_SIGNATURE_SCHEMES", "Max supported length of SignatureAlgorithms/SignatureSchemes list is 128";
        ClientAuthNotSupportedInFipsMode = 6, "S2N_ERR_CLIENT_AUTH_NOT_SUPPORTED_IN_FIPS_MODE", "Client Auth is not supported when in FIPS mode";
        InvalidBase64 = 7, "S2N_ERR_INVALID_BASE64", "invalid base64 encountered";
        InvalidHex = 8, "S2N_ERR_INVALID_HEX", "invalid HEX encountered";
        InvalidPem = 9, "S2N_ERR_INVALID_PEM", "invalid PEM encountered";
        DhParamsCreate = 10, "S2N_ERR_DH_PARAMS_CREATE", "error creating Diffie-Hellman parameters";
        DhTooSmall = 11, "S2N_ERR_DH_TOO_SMALL", "Diffie-Hellman parameters are too small";
        DhParameterCheck = 12, "S2N_ERR_DH_PARAMETER_CHECK", "Diffie-Hellman parameter check failed";
        InvalidPkcs3 = 13, "S2N_ERR_INVALID_PKCS3", "invalid PKCS3 encountered";
        NoCertificateInPem = 14, "S2N_ERR_NO_CERTIFICATE_IN_PEM", "No certificate in PEM";
        ServerNameTooLong = 15, "S2N_ERR_SERVER_NAME_TOO_LONG", "server name is too long";
        NumDefaultCertificates = 16, "S2N_ERR_NUM_DEFAULT_CERTIFICATES", "exceeded max default certificates or provided no default";
        MultipleDefaultCertificatesPerAuthType = 17, "S2N_ERR_MULTIPLE_DEFAULT_CERTIFICATES_PER_AUTH_TYPE", "setting multiple default certificates per auth type is not allowed";
        InvalidCipherPreferences = 18, "S2N_ERR_INVALID_CIPHER_PREFERENCES", "Invalid Cipher Preferences version";
        InvalidApplicationProtocol = 19, "S2N_ERR_INVALID_APPLICATION_PROTOCOL", "The supplied application protocol name is invalid";
        KeyMismatch = 20, "S2N_ERR_KEY_MISMATCH", "public and private key do not match";
        SendSize = 21, "S2N_ERR_SEND_SIZE", "Retried s2n_send() size is invalid";
        CorkSetOnUnmanaged = 22, "S2N_ERR_CORK_SET_ON_UNMANAGED", "Attempt to set connection cork management on unmanaged IO";
        UnrecognizedExtension = 23, "S2N_ERR_UNRECOGNIZED_EXTENSION", "TLS extension not recognized";
        ExtensionNotReceived = 24, "S2N_ERR_EXTENSION_NOT_RECEIVED", "The TLS extension was not received";
        InvalidSctList = 25, "S2N_ERR_INVALID_SCT_LIST", "SCT list is invalid";
        InvalidOcspResponse = 26, "S2N_ERR_INVALID_OCSP_RESPONSE", "OCSP response is invalid";
        UpdatingExtension = 27, "S2N_ERR_UPDATING_EXTENSION", "Updating extension data failed";
        InvalidSerializedSessionState = 28, "S2N_ERR_INVALID_SERIALIZED_SESSION_STATE", "Serialized session state is not in valid format";
        SerializedSessionStateTooLong = 29, "S2N_ERR_SERIALIZED_SESSION_STATE_TOO_LONG", "Serialized session state is too long";
        SessionIdTooLong = 30, "S2N_ERR_SESSION_ID_TOO_LONG", "Session id is too long";
        ClientAuthNotSupportedInSessionResumptionMode = 31, "S2N_ERR_CLIENT_AUTH_NOT_SUPPORTED_IN_SESSION_RESUMPTION_MODE", "Client Auth is not supported in session resumption mode";
        InvalidTicketKeyLength = 32, "S2N_ERR_INVALID_TICKET_KEY_LENGTH", "Session ticket key length cannot be zero";
        InvalidTicketKeyNameOrNameLength = 33, "S2N_ERR_INVALID_TICKET_KEY_NAME_OR_NAME_LENGTH", "Session ticket key name should be unique and the name length cannot be zero";
        TicketKeyNotUnique = 34, "S2N_ERR_TICKET_KEY_NOT_UNIQUE", "Cannot add session ticket key because it was added before";
        TicketKeyLimit = 35, "S2N_ERR_TICKET_KEY_LIMIT", "Limit reached for unexpired session ticket keys";
        NoTicketEncryptDecryptKey = 36, "S2N_ERR_NO_TICKET_ENCRYPT_DECRYPT_KEY", "No key in encrypt-decrypt state is available to encrypt session ticket";
        EncryptDecryptKeySelectionFailed = 37, "S2N_ERR_ENCRYPT_DECRYPT_KEY_SELECTION_FAILED", "Failed to select a key from keys in encrypt-decrypt state";
        KeyUsedInSessionTicketNotFound = 38, "S2N_ERR_KEY_USED_IN_SESSION_TICKET_NOT_FOUND", "Key used in already assigned session ticket not found for decryption";
        SendingNst = 39, "S2N_ERR_SENDING_NST", "Error in session ticket status encountered before sending NST";
        InvalidDynamicThreshold = 40, "S2N_ERR_INVALID_DYNAMIC_THRESHOLD", "invalid dynamic record threshold";
        InvalidArgument = 41, "S2N_ERR_INVALID_ARGUMENT", "invalid argument provided into a function call";
        NotInUnitTest = 42, "S2N_ERR_NOT_IN_UNIT_TEST", "Illegal configuration, can only be used during unit tests";
        NotInTest = 43, "S2N_ERR_NOT_IN_TEST", "Illegal configuration, can only be used during unit or integration tests";
        UnsupportedCpu = 44, "S2N_ERR_UNSUPPORTED_CPU", "Unsupported CPU architecture";
        SessionIdTooShort = 45, "S2N_ERR_SESSION_ID_TOO_SHORT", "Session id is too short";
        ConnectionCachingDisallowed = 46, "S2N_ERR_CONNECTION_CACHING_DISALLOWED", "This connection is not allowed to be cached";
        SessionTicketNotSupported = 47, "S2N_ERR_SESSION_TICKET_NOT_SUPPORTED", "Session ticket not supported for this connection";
        OcspNotSupported = 48, "S2N_ERR_OCSP_NOT_SUPPORTED", "OCSP stapling was requested, but is not supported";
        InvalidSignatureAlgorithmsPreferences = 49, "S2N_ERR_INVALID_SIGNATURE_ALGORITHMS_PREFERENCES", "Invalid signature algorithms preferences version";
        RsaPssNotSupported = 50, "S2N_ERR_RSA_PSS_NOT_SUPPORTED", "RSA-PSS signing not supported by underlying libcrypto implementation";
        InvalidEccPreferences = 51, "S2N_ERR_INVALID_ECC_PREFERENCES", "Invalid ecc curves preferences version";
        DeprecatedSecurityPolicy = 52, "S2N_ERR_DEPRECATED_SECURITY_POLICY", "Deprecated security policy. Please choose a different security policy.";
        InvalidSecurityPolicy = 53, "S2N_ERR_INVALID_SECURITY_POLICY", "Invalid security policy";
        InvalidKemPreferences = 54, "S2N_ERR_INVALID_KEM_PREFERENCES", "Invalid kem preferences version";
        AsyncAlreadyPerformed = 55, "S2N_ERR_ASYNC_ALREADY_PERFORMED", "Async operation was already performed, cannot perform it again";
        AsyncNotPerformed = 56, "S2N_ERR_ASYNC_NOT_PERFORMED", "Async operation is not performed, cannot apply its result";
        AsyncWrongConnection = 57, "S2N_ERR_ASYNC_WRONG_CONNECTION", "Async private key operation can only be consumed by connection which initiated it";
        AsyncAlreadyApplied = 58, "S2N_ERR_ASYNC_ALREADY_APPLIED", "Async operation was already applied to connection, cannot apply it again";
        UnsupportedWithQuic = 59, "S2N_ERR_UNSUPPORTED_WITH_QUIC", "Functionality not supported when running with QUIC support enabled";
        DuplicatePskIdentities = 60, "S2N_ERR_DUPLICATE_PSK_IDENTITIES", "The list of pre-shared keys provided contains duplicate psk identities";
        OfferedPsksTooLong = 61, "S2N_ERR_OFFERED_PSKS_TOO_LONG", "The total pre-shared key data is too long to send over the wire";
        InvalidSessionTicket = 62, "S2N_ERR_INVALID_SESSION_TICKET", "Session ticket data is not valid";
        Reentrancy = 63, "S2N_ERR_REENTRANCY", "Original execution must complete before method can be called again";
        InvalidState = 64, "S2N_ERR_INVALID_STATE", "Invalid state, this is the result of invalid use of an API. Check the API documentation for the function that raised this error for more info";
        EarlyDataNotAllowed = 65, "S2N_ERR_EARLY_DATA_NOT_ALLOWED", "Early data is not allowed by the connection";
        NoCertFound = 66, "S2N_ERR_NO_CERT_FOUND", "Certificate not found";
        CertNotValidated = 67, "S2N_ERR_CERT_NOT_VALIDATED", "Certificate not validated";
        NoPrivateKey = 68, "S2N_ERR_NO_PRIVATE_KEY", "Certificate found, but no corresponding private key";
        PskMode = 69, "S2N_ERR_PSK_MODE", "Mixing resumption and external PSKs is not supported";
        X509ExtensionValueNotFound = 70, "S2N_ERR_X509_EXTENSION_VALUE_NOT_FOUND", "X509 extension value not found";
        InvalidX509ExtensionType = 71, "S2N_ERR_INVALID_X509_EXTENSION_TYPE", "Invalid X509 extension type";
        InsufficientMemSize = 72, "S2N_ERR_INSUFFICIENT_MEM_SIZE", "The provided buffer size is not large enough to contain the output data. Try increasing the allocation size.";
        KeyingMaterialExpired = 73, "S2N_ERR_KEYING_MATERIAL_EXPIRED", "The lifetime of the connection keying material has exceeded the limit. Perform a new full handshake.";
        SecretScheduleState = 74, "S2N_ERR_SECRET_SCHEDULE_STATE", "Correct inputs to secret calculation not available";
        CertOwnership = 75, "S2N_ERR_CERT_OWNERSHIP", "The ownership of the certificate chain is incompatible with the operation";
        HandshakeNotComplete = 76, "S2N_ERR_HANDSHAKE_NOT_COMPLETE", "Operation is only allowed after the handshake is complete";
        KtlsManagedIo = 77, "S2N_ERR_KTLS_MANAGED_IO", "kTLS cannot be enabled while custom I/O is configured for the connection";
        KtlsUnsupportedPlatform = 78, "S2N_ERR_KTLS_UNSUPPORTED_PLATFORM", "kTLS is unsupported on this platform";
        KtlsUnsupportedConn = 79, "S2N_ERR_KTLS_UNSUPPORTED_CONN", "kTLS is unsupported for this connection";
        KtlsEnable = 80, "S2N_ERR_KTLS_ENABLE", "An error occurred when attempting to enable kTLS on socket. Ensure the 'tls' kernel module is enabled.";
        KtlsBadCmsg = 81, "S2N_ERR_KTLS_BAD_CMSG", "Error handling cmsghdr.";
        KtlsReneg = 82, "S2N_ERR_KTLS_RENEG", "kTLS does not support secure renegotiation";
        KtlsSockopt = 83, "S2N_ERR_KTLS_SOCKOPT", "A call to sockopt failed when attempting to update the keys in the kernel";
        Atomic = 84, "S2N_ERR_ATOMIC", "Atomic operations in this environment would require locking";
        KtlsKeyLimit = 85, "S2N_ERR_KTLS_KEY_LIMIT", "Reached key encryption limit, but kernel does not support updating tls keys";
        SecurityPolicyIncompatibleCert = 86, "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT", "The certificate key or signature is not allowed by the security policy";
        InvalidSerializedConnection = 87, "S2N_ERR_INVALID_SERIALIZED_CONNECTION", "Serialized connection is invalid";
        TooManyCas = 88, "S2N_ERR_TOO_MANY_CAS", "Too many certificate authorities in trust store";
        ApiUnsupportedByLibcrypto = 89, "S2N_ERR_API_UNSUPPORTED_BY_LIBCRYPTO", "The invoked s2n-tls API is not supported by the libcrypto";
        FipsModeUnsupported = 90, "S2N_ERR_FIPS_MODE_UNSUPPORTED", "FIPS mode is not supported for the libcrypto";
        WrongPassphrase = 0x10000, "RS2N_ERR_WRONG_PASSPHRASE", "The passphrase does not decrypt the private key";
        KeyEncryption = 0x10001, "RS2N_ERR_KEY_ENCRYPTION", "The encryption of the private key is not supported";
        PolicyText = 0x10002, "RS2N_ERR_POLICY_TEXT", "The definition of the security policy is not valid";
        InvalidEchConfigList = 0x10003, "RS2N_ERR_INVALID_ECH_CONFIG_LIST", "The list of ECH configs is malformed, or has no config that is supported";
        PassphraseCallback = 0x10004, "RS2N_ERR_PASSPHRASE_CALLBACK", "The passphrase callback has failed";
    }
}

/// The errors that s2n-tls has too.
#[cfg(test)]
pub(super) fn of_s2n_tls() -> impl Iterator<Item = Code> {
    let is_extension = |code: &Code| code.name().to_bytes().starts_with(b"RS2N_");
    ALL.iter().copied().filter(move |code| !is_extension(code))
}
