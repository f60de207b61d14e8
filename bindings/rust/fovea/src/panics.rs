//! Panics may not cross C: one in a callback is caught, kept, and goes on when the call that led to it has returned.
//!
//! Callbacks run on the thread that made the call, so that a thread's own memory is the place to keep it.

use std::any::Any;
use std::cell::Cell;
use std::os::raw::c_void;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

thread_local! {
    static CAUGHT: Cell<Option<Box<dyn Any + Send>>> = const { Cell::new(None) };
}

/// Runs a callback; None when it panicked. The first panic is kept.
pub(crate) fn catch<T>(callback: impl FnOnce() -> T) -> Option<T> {
    // Who sees broken state is the caller of the library's function, to whom the panic goes on.
    match catch_unwind(AssertUnwindSafe(callback)) {
        Ok(value) => Some(value),
        Err(panic) => {
            // At the end of a thread its memory may be gone.
            let _ = CAUGHT.try_with(|caught| caught.set(caught.take().or(Some(panic))));
            None
        }
    }
}

/// Goes on with the panic that was caught, if any.
pub(crate) fn resume() {
    if let Ok(Some(panic)) = CAUGHT.try_with(Cell::take) {
        resume_unwind(panic);
    }
}

/// Whether one has been caught that has not gone on yet.
pub(crate) fn is_pending() -> bool {
    let pending = CAUGHT.try_with(|caught| {
        let panic = caught.take();
        let pending = panic.is_some();
        caught.set(panic);
        pending
    });
    pending.unwrap_or(false)
}

/// As [`resume`]; but while another panic is on its way, a second one would end the process, and is forgotten.
pub(crate) fn resume_in_drop() {
    if std::thread::panicking() {
        let _ = CAUGHT.try_with(Cell::take);
    } else {
        resume();
    }
}

/// The `user` pointer of a callback: a value that [`drop_user`] takes back.
pub(crate) fn user<T>(value: T) -> *mut c_void {
    Box::into_raw(Box::new(value)).cast()
}

/// The `drop` that belongs to it.
pub(crate) unsafe extern "C" fn drop_user<T>(user: *mut c_void) {
    let value = Box::from_raw(user.cast::<T>());
    catch(|| drop(value));
}
