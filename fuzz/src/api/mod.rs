//! Arbitrary sequences of C API calls, with misbehaving callbacks, and the invariants that must
//! hold.

mod call;
mod config;
mod ffi;
mod getters;
mod psk;
mod run;
mod state;
mod transfer;

pub use self::call::Case;

impl Case {
    pub fn run(&self) {
        state::with(|state| {
            state.begin(self.setup);
            state.start(&self.start);
            if !self.early {
                state.handshake();
            }
            for call in self.calls.iter().take(MAX_CALLS) {
                state.run(call);
            }
            state.finish();
        });
    }
}

/// Limit of calls per case; longer cases are not more productive.
const MAX_CALLS: usize = 100;
