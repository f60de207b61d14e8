//! Strings, paths, counts and shapes on their way to C and back.

use crate::error::call;
use crate::{Error, Result};
use fovea_sys as sys;
use std::ffi::{CStr, CString};
use std::os::raw::c_char;
use std::path::Path;
use std::ptr::{null, null_mut};

/// Text that may be absent, which is how C says "default": NULL.
pub(crate) struct Text(Option<CString>);

impl Text {
    /// The empty string is absent.
    pub(crate) fn optional(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(Text(None));
        }
        Text::required(text)
    }

    pub(crate) fn required(text: &str) -> Result<Self> {
        match CString::new(text) {
            Ok(text) => Ok(Text(Some(text))),
            Err(_) => Err(Error::invalid(format!("{:?} has a zero byte", text))),
        }
    }

    pub(crate) fn path(path: &Path) -> Result<Self> {
        match path.to_str() {
            Some(text) => Text::required(text),
            None => Err(Error::invalid(format!("the path {:?} is not UTF-8", path))),
        }
    }

    pub(crate) fn as_ptr(&self) -> *const c_char {
        self.0.as_ref().map_or(null(), |text| text.as_ptr())
    }
}

/// A name that the library lends for as long as `owner` lives.
pub(crate) unsafe fn borrowed<O>(_owner: &O, text: *const c_char) -> &str {
    CStr::from_ptr(text).to_str().unwrap_or("")
}

/// Text of the size that `read`, called with (buffer, capacity, needed, error), says it needs.
pub(crate) fn text_of(
    read: impl Fn(*mut c_char, usize, *mut usize, *mut sys::fv_error) -> sys::fv_status,
) -> Result<String> {
    let mut needed = 0;
    call(|error| read(null_mut(), 0, &mut needed, error))?;
    let mut text = vec![0u8; needed];
    call(|error| read(text.as_mut_ptr().cast(), text.len(), &mut needed, error))?;
    text.pop(); // the zero at its end
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// A count as C's int32_t; what does not fit becomes its largest value, which the library refuses or cannot reach.
pub(crate) fn int(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

pub(crate) fn extents<const N: usize>(values: [usize; N]) -> [i64; N] {
    values.map(|value| value as i64)
}

/// A shape as C has it: FV_MAX_RANK extents.
pub(crate) fn shape_to_c(shape: &[usize], what: &str) -> Result<[i64; sys::FV_MAX_RANK as usize]> {
    let mut out = [0; sys::FV_MAX_RANK as usize];
    if shape.len() > out.len() {
        return Err(Error::invalid(format!("{} has rank {}, at most {}", what, shape.len(), out.len())));
    }
    for (to, &from) in out.iter_mut().zip(shape) {
        *to = from as i64;
    }
    Ok(out)
}

pub(crate) fn shape_from_c(shape: &[i64], rank: i32) -> Vec<usize> {
    shape.iter().take(rank as usize).map(|&extent| extent as usize).collect()
}
