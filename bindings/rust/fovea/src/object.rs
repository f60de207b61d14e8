//! Ownership of the library's objects.

use crate::error::{call_quietly, Result};
use crate::panics;
use fovea_sys as sys;
use std::fmt;
use std::ptr::{null_mut, NonNull};

/// A sort of object: how it is destroyed.
pub(crate) trait Object {
    unsafe fn destroy(object: *mut Self);
}

macro_rules! objects {
    ($($object:ident: $destroy:ident),* $(,)?) => {
        $(impl Object for sys::$object {
            unsafe fn destroy(object: *mut Self) {
                sys::$destroy(object);
            }
        })*
    };
}

objects! {
    fv_context: fv_context_destroy,
    fv_cancel_token: fv_cancel_token_destroy,
    fv_graph: fv_graph_destroy,
    fv_model: fv_model_destroy,
    fv_session: fv_session_destroy,
    fv_trainer: fv_trainer_destroy,
    fv_dataset: fv_dataset_destroy,
    fv_augmentation: fv_augmentation_destroy,
    fv_loader: fv_loader_destroy,
    fv_profile: fv_profile_destroy,
    fv_load_report: fv_load_report_destroy,
    fv_search: fv_search_destroy,
    fv_metrics: fv_metrics_destroy,
    fv_report: fv_report_destroy,
    fv_transform: fv_transform_destroy,
    fv_audit: fv_audit_destroy,
}

/// Owns an object. Objects keep what they need of each other alive, so that any order of destruction is legal.
pub(crate) struct Handle<T: Object>(NonNull<T>);

// An object may be used from any thread, one at a time or, where the headers say `shared` or `any`, many at once. The
// wrappers take `&mut self` for every function of the thread class `exclusive`, which leaves the others for `&self`.
unsafe impl<T: Object> Send for Handle<T> {}
unsafe impl<T: Object> Sync for Handle<T> {}

impl<T: Object> Handle<T> {
    /// `create` gives an object to its first argument where it succeeds.
    pub(crate) fn create(
        create: impl FnOnce(*mut *mut T, *mut sys::fv_error) -> sys::fv_status,
    ) -> Result<Self> {
        let mut object = null_mut();
        let result = call_quietly(|error| create(&mut object, error));
        let handle = result.map(|()| unsafe { Handle::from_raw(object) });
        panics::resume();
        handle
    }

    /// Takes over an object that the library has given.
    pub(crate) unsafe fn from_raw(object: *mut T) -> Self {
        Handle(NonNull::new_unchecked(object))
    }

    /// For any call.
    pub(crate) fn get(&self) -> *mut T {
        self.0.as_ptr()
    }
}

impl<T: Object> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Object> Drop for Handle<T> {
    fn drop(&mut self) {
        unsafe { T::destroy(self.get()) };
        panics::resume_in_drop();
    }
}
