//! The C API of libfovea, as it is: what `include/fovea` declares, under the same names. The headers are the manual.
//! For Rust programs there is the crate `fovea`, which is safe.
//!
//! Every struct has a `Default` that is all zero with `struct_size` filled in, as the macros of the headers make it.

#![allow(non_camel_case_types)]

#[rustfmt::skip]
mod bindings;

pub use bindings::*;
