//! Errors, and the call of a fallible function.

use crate::{panics, Node};
use fovea_sys as sys;
use std::ffi::CStr;
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr::addr_of;

/// Of everything here that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// The sort of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The caller passed something that makes no sense; the message says what.
    InvalidArgument,
    /// The allocator refused; everything is as it was before the call.
    OutOfMemory,
    /// The operating system refused to open, read, write, sync or rename a file.
    Io,
    /// A file is damaged or is not what it should be; the message has the offset.
    Format,
    /// A legal request that this build cannot serve.
    Unsupported,
    /// The model is being trained (or run) by another call at this moment.
    Busy,
    /// A cancel token or a callback asked to stop; the object is whole.
    Cancelled,
    /// Two things that must agree do not: another dataset than the checkpoint's, another version of the library.
    Mismatch,
    /// No node or tensor of that name, no such file.
    NotFound,
    /// A fault of the library; please report it.
    Internal,
    /// A code that this crate does not know.
    Other(i32),
}

impl ErrorCode {
    fn from_raw(status: sys::fv_status) -> Self {
        match status {
            sys::FV_INVALID_ARGUMENT => ErrorCode::InvalidArgument,
            sys::FV_OUT_OF_MEMORY => ErrorCode::OutOfMemory,
            sys::FV_IO => ErrorCode::Io,
            sys::FV_FORMAT => ErrorCode::Format,
            sys::FV_UNSUPPORTED => ErrorCode::Unsupported,
            sys::FV_BUSY => ErrorCode::Busy,
            sys::FV_CANCELLED => ErrorCode::Cancelled,
            sys::FV_MISMATCH => ErrorCode::Mismatch,
            sys::FV_NOT_FOUND => ErrorCode::NotFound,
            sys::FV_INTERNAL => ErrorCode::Internal,
            other => ErrorCode::Other(other),
        }
    }

    /// The number that the C API has for it.
    pub fn raw(self) -> i32 {
        match self {
            ErrorCode::InvalidArgument => sys::FV_INVALID_ARGUMENT,
            ErrorCode::OutOfMemory => sys::FV_OUT_OF_MEMORY,
            ErrorCode::Io => sys::FV_IO,
            ErrorCode::Format => sys::FV_FORMAT,
            ErrorCode::Unsupported => sys::FV_UNSUPPORTED,
            ErrorCode::Busy => sys::FV_BUSY,
            ErrorCode::Cancelled => sys::FV_CANCELLED,
            ErrorCode::Mismatch => sys::FV_MISMATCH,
            ErrorCode::NotFound => sys::FV_NOT_FOUND,
            ErrorCode::Internal => sys::FV_INTERNAL,
            ErrorCode::Other(other) => other,
        }
    }

    /// The name that the C API has for it, "FV_FORMAT"; "FV_UNKNOWN" for other values.
    pub fn name(self) -> &'static str {
        let name = unsafe { CStr::from_ptr(sys::fv_status_name(self.raw())) };
        name.to_str().unwrap_or("FV_UNKNOWN")
    }
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub code: ErrorCode,
    /// The node of a graph that the error is about.
    pub node: Option<Node>,
    /// One line.
    pub message: String,
}

impl Error {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Error { code, node: None, message: message.into() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Error::new(ErrorCode::InvalidArgument, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Calls a function of the library with a place for its error. A panic of a callback that it called is still caught.
pub(crate) fn call_quietly(function: impl FnOnce(*mut sys::fv_error) -> sys::fv_status) -> Result<()> {
    let mut place = MaybeUninit::<sys::fv_error>::uninit();
    match function(place.as_mut_ptr()) {
        sys::FV_OK => Ok(()),
        // The library has filled in the code, the node, and the message with its end.
        status => Err(unsafe {
            let error = place.as_ptr();
            let message = CStr::from_ptr(addr_of!((*error).message).cast());
            let node = *addr_of!((*error).node);
            Error {
                code: ErrorCode::from_raw(status),
                node: if node == sys::FV_NODE_INVALID { None } else { Some(Node(node)) },
                message: message.to_string_lossy().into_owned(),
            }
        }),
    }
}

/// Likewise; a panic of a callback goes on here.
pub(crate) fn call(function: impl FnOnce(*mut sys::fv_error) -> sys::fv_status) -> Result<()> {
    let result = call_quietly(function);
    panics::resume();
    result
}
