//! Calls that leave us, each behind a safe type.
