//! The version of the library that is loaded, and whether this crate can work with it.

use crate::{Error, ErrorCode, Result};
use fovea_sys as sys;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

/// A version of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

impl Version {
    fn from_raw(raw: u32) -> Self {
        Version { major: raw / 10000, minor: raw / 100 % 100, patch: raw % 100 }
    }

    /// Whether a program that was built for `self` can use a library of version `loaded`.
    fn accepts(self, loaded: Version) -> bool {
        // Before 1.0 each minor version may break; from then on, each major one.
        loaded >= self && loaded.major == self.major && (self.major > 0 || loaded.minor == self.minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// The version of the library that is loaded.
pub fn version() -> Version {
    Version::from_raw(unsafe { sys::fv_version() })
}

/// Refuses a library that this crate was not made for. Everything that needs no other object calls it first.
pub(crate) fn check() -> Result<()> {
    static GOOD: AtomicBool = AtomicBool::new(false);
    if GOOD.load(Ordering::Relaxed) {
        return Ok(());
    }
    compare(Version::from_raw(sys::FV_VERSION as u32), version())?;
    GOOD.store(true, Ordering::Relaxed);
    Ok(())
}

fn compare(needed: Version, loaded: Version) -> Result<()> {
    if needed.accepts(loaded) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::Mismatch,
        format!(
            "libfovea {} is loaded, but this program was built for {}: install libfovea {}, or set LD_LIBRARY_PATH \
             to its folder, or rebuild the program with a crate 'fovea' of version {}.{}",
            loaded, needed, needed, loaded.major, loaded.minor
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_of_another_version_is_refused_with_advice() {
        let of = Version::from_raw;
        assert!(compare(of(100), of(100)).is_ok());
        assert!(compare(of(100), of(101)).is_ok());
        assert!(compare(of(10200), of(10300)).is_ok());
        for (needed, loaded) in [(100, 200), (101, 100), (100, 10000), (10300, 10200), (10000, 20000)] {
            let error = compare(of(needed), of(loaded)).unwrap_err();
            assert_eq!(error.code, ErrorCode::Mismatch);
            assert!(error.message.contains("install libfovea"), "{}", error);
        }
    }
}
