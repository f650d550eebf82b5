//! State of the process: fork-safe locks, and permanent allocations.

pub mod fork;
pub mod permanent;

// alias for a caller that is being moved
pub mod lasting {
    pub(crate) use super::permanent::allocate as make;
    pub use super::permanent::is_permanent as is_lasting;
}
