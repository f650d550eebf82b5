//! The types of the header.

#![allow(non_camel_case_types)]
