//! Session tickets, pre-shared keys and early data.

mod early_data;
mod psk;
