//! The C API in any order: what a program may call, what its callbacks may do, and what must hold.

mod c;
mod call;
mod config;
mod inquire;
mod perform;
mod world;

pub use self::call::Case;

impl Case {
    pub fn run(&self) {
        world::with(|world| {
            world.begin(self.setup);
            if !self.early {
                world.handshake();
            }
            for call in self.calls.iter().take(MANY) {
                world.perform(call);
            }
            world.finish();
        });
    }
}

/// More calls than this find nothing that fewer do not.
const MANY: usize = 100;
