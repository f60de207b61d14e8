//! What `fit` calls at the beginning and end of training, epochs and batches.

use crate::fit::Training;
use crate::panics;
use crate::trainer::{Progress, Trainer};
use fovea_sys as sys;
use std::ops::ControlFlow::{self, Continue};
use std::os::raw::c_void;

/// Called by [`Trainer::fit`] on the thread that called it; see [`Fit::callbacks`](crate::Fit::callbacks).
/// [`ControlFlow::Break`] stops the training. A panic does too, and goes on when `fit` has cleaned up.
///
/// At the beginning of an epoch or batch the progress is about the batch to come.
#[allow(unused_variables)]
pub trait Callbacks {
    /// Once, when everything is ready.
    fn on_train_begin(&mut self, training: &mut Training, progress: &Progress) -> ControlFlow<()> {
        Continue(())
    }

    /// Once if [`on_train_begin`](Callbacks::on_train_begin) was called, whatever has ended the training.
    fn on_train_end(&mut self, training: &mut Training, progress: &Progress) {}

    /// Also where `fit` goes on inside of an epoch.
    fn on_epoch_begin(&mut self, training: &mut Training, progress: &Progress) -> ControlFlow<()> {
        Continue(())
    }

    /// After validation and history.
    fn on_epoch_end(&mut self, training: &mut Training, progress: &Progress) -> ControlFlow<()> {
        Continue(())
    }

    fn on_batch_begin(&mut self, training: &mut Training, progress: &Progress) -> ControlFlow<()> {
        Continue(())
    }

    fn on_batch_end(&mut self, training: &mut Training, progress: &Progress) -> ControlFlow<()> {
        Continue(())
    }
}

/// What the trampolines need.
pub(crate) struct Host<'t, 'a> {
    pub(crate) trainer: &'t Trainer,
    pub(crate) callbacks: &'a mut (dyn Callbacks + 'a),
}

impl Host<'_, '_> {
    /// Good for as long as `self` stays where it is.
    pub(crate) fn raw(&mut self) -> sys::fv_callbacks_desc {
        sys::fv_callbacks_desc {
            on_train_begin: Some(on_train_begin),
            on_train_end: Some(on_train_end),
            on_epoch_begin: Some(on_epoch_begin),
            on_epoch_end: Some(on_epoch_end),
            on_batch_begin: Some(on_batch_begin),
            on_batch_end: Some(on_batch_end),
            user: (self as *mut Self).cast(),
            ..Default::default()
        }
    }
}

unsafe fn tell(
    user: *mut c_void,
    progress: *const sys::fv_progress,
    event: impl FnOnce(&mut dyn Callbacks, &mut Training, &Progress) -> ControlFlow<()>,
) -> i32 {
    let host = &mut *user.cast::<Host>();
    let flow = panics::catch(|| {
        let mut training = Training { trainer: host.trainer };
        event(&mut *host.callbacks, &mut training, &Progress::from_raw(&*progress))
    });
    // A panic in another hook stops the training too.
    (flow.map_or(true, |flow| flow.is_break()) || panics::is_pending()).into()
}

macro_rules! trampolines {
    ($($event:ident)*) => {$(
        unsafe extern "C" fn $event(
            user: *mut c_void,
            _trainer: *mut sys::fv_trainer,
            progress: *const sys::fv_progress,
        ) -> i32 {
            tell(user, progress, |callbacks, training, progress| callbacks.$event(training, progress))
        }
    )*};
}
trampolines!(on_train_begin on_epoch_begin on_epoch_end on_batch_begin on_batch_end);

unsafe extern "C" fn on_train_end(
    user: *mut c_void,
    _trainer: *mut sys::fv_trainer,
    progress: *const sys::fv_progress,
) -> i32 {
    tell(user, progress, |callbacks, training, progress| {
        callbacks.on_train_end(training, progress);
        Continue(())
    })
}
