//! Session tickets, pre-shared keys and early data.

mod early_data;
mod offered_psk;
mod psk;
mod tickets;
