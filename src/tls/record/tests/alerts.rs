//! Alerts, however they are cut.

use super::super::{AlertEvent, AlertJoiner, alert_record};
use crate::tls::error::Code;

const TLS13: bool = true;
const TLS12: bool = false;

/// What one record with these alerts amounts to.
fn event(plain: &[u8], tls13: bool, ignore_warnings: bool) -> AlertEvent {
    AlertJoiner::default()
        .push(plain, tls13, ignore_warnings)
        .unwrap()
}

#[test]
fn close_notify_closes_at_any_level() {
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
fn in_tls13_all_but_user_canceled_are_fatal() {
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
fn in_tls12_warnings_are_ignored_on_request() {
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
fn an_alert_may_be_split() {
    let mut joiner = AlertJoiner::default();
    assert_eq!(joiner.push(&[2], TLS13, false).unwrap(), AlertEvent::None);
    let event = joiner.push(&[40], TLS13, false).unwrap();
    assert_eq!(event, AlertEvent::Fatal(40));
}

#[test]
fn several_alerts_are_joined_whatever_the_cut() {
    let alerts = [1, 100, 1, 41, 1, 0];
    for first in 1..alerts.len() {
        for second in first + 1..alerts.len() {
            let mut joiner = AlertJoiner::default();
            let cuts = [&alerts[..first], &alerts[first..second], &alerts[second..]];
            let events = cuts.map(|cut| joiner.push(cut, TLS12, true).unwrap());
            let expected = [AlertEvent::None, AlertEvent::None, AlertEvent::CloseNotify];
            assert_eq!(events, expected, "{first} {second}");
        }
    }
}

#[test]
fn nothing_counts_after_the_end() {
    assert_eq!(event(&[1, 0, 2, 40], TLS12, false), AlertEvent::CloseNotify);
    assert_eq!(event(&[2, 40, 1, 0], TLS13, false), AlertEvent::Fatal(40));
    assert_eq!(event(&[1, 90, 2, 40], TLS13, false), AlertEvent::Fatal(40));
}

#[test]
fn an_empty_alert_is_refused() {
    let refused = AlertJoiner::default().push(&[], TLS13, true);
    assert_eq!(refused.unwrap_err().code(), Code::BadMessage);
}

#[test]
fn a_plaintext_alert_is_one_record() {
    assert_eq!(alert_record(1, 0), [21, 3, 3, 0, 2, 1, 0]);
    assert_eq!(alert_record(2, 70), [21, 3, 3, 0, 2, 2, 70]);
}
