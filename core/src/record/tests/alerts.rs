//! Parsing and encoding of alerts.

use super::super::{AlertEvent, fatal_alert, plaintext_alert, warning_alert};
use crate::error::{Alert, Code};

const TLS13: bool = true;
const TLS12: bool = false;

/// Parses the content of an alert record.
fn event(plain: &[u8], tls13: bool, ignore_warnings: bool) -> AlertEvent {
    AlertEvent::read(plain, tls13, ignore_warnings).unwrap()
}

#[test]
fn close_notify_is_accepted_at_any_level() {
    for tls13 in [TLS12, TLS13] {
        for ignore_warnings in [false, true] {
            for level in 0..=255 {
                let event = event(&[level, 0], tls13, ignore_warnings);
                assert_eq!(event, AlertEvent::CloseNotify);
            }
        }
    }
}

#[test]
fn tls13_alerts_other_than_user_canceled_are_fatal() {
    for ignore_warnings in [false, true] {
        for level in 0..=255 {
            for code in 1..=255 {
                let expected = match code {
                    90 => AlertEvent::None,
                    code => AlertEvent::Fatal(code),
                };
                assert_eq!(event(&[level, code], TLS13, ignore_warnings), expected);
            }
        }
    }
}

#[test]
fn tls12_warnings_are_ignored_if_configured() {
    for level in 0..=255 {
        for code in 1..=255 {
            assert_eq!(event(&[level, code], TLS12, false), AlertEvent::Fatal(code));
            let expected = match level {
                1 => AlertEvent::None,
                _ => AlertEvent::Fatal(code),
            };
            assert_eq!(event(&[level, code], TLS12, true), expected);
        }
    }
}

#[test]
fn an_alert_of_another_length_than_two_bytes_is_rejected() {
    for content in [&[][..], &[2], &[2, 40, 0], &[1, 90, 2, 40]] {
        let error = AlertEvent::read(content, TLS13, true).unwrap_err();
        assert_eq!(error.code(), Code::BadMessage);
        assert_eq!(error.received_alert(), Some(Alert::DecodeError));
    }
}

#[test]
fn a_plaintext_alert_is_encoded_as_one_record() {
    assert_eq!(
        plaintext_alert(warning_alert(Alert::CloseNotify)),
        [21, 3, 3, 0, 2, 1, 0]
    );
    assert_eq!(plaintext_alert(fatal_alert(70)), [21, 3, 3, 0, 2, 2, 70]);
}
