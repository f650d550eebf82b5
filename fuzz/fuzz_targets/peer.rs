//! Bytes from the peer into a client or a server: before, during and after the handshake.
//!
//! A genuine peer talks to the connection under test through somebody who drops, damages, divides
//! and inserts. Besides "no panic": no call goes on for ever, no byte arrives that the peer has
//! not sent at this place, an error is the end of the connection, and what was not touched works.

#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use rs2n_fuzz::peer::{self, Conversation};
use rs2n_fuzz::seeds;

fuzz_target!(init: seeds::write("peer", peer::seeds()), |input: &[u8]| {
    let mut u = Unstructured::new(input);
    let Ok(mut conversation) = Conversation::new(&mut u) else {
        return;
    };
    // An input that ends in the middle of a step has been followed as far as it goes.
    let _ = conversation.run(&mut u);
    conversation.finish();
});
