//! The ways to compute each layer, timed on this machine.

use crate::context::CancelToken;
use crate::error::{call, Result};
use crate::model::Model;
use crate::text::int;
use fovea_sys as sys;
use std::time::Duration;

/// What [`Model::tune`] times.
#[derive(Default)]
pub struct Tune<'a> {
    /// 0: 32.
    pub batch_size: usize,
    /// All passes of a training step; else the forward pass of a session alone.
    pub training: bool,
    /// Of each timing, up to 1000; the fastest counts; 0: 3.
    pub repetitions: usize,
    pub cancel: Option<&'a CancelToken>,
}

/// What [`Model::tune`] has found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// Layers that are computed in another way than before.
    pub changed: usize,
    /// Of a pass or step, as the sum over the layers.
    pub before: Duration,
    pub after: Duration,
}

impl Model {
    /// Times the ways to compute each convolution that leaves its algorithm open, and keeps the fastest. The choices are
    /// saved with the model and in checkpoints, and give the same bits wherever they are loaded.
    ///
    /// Errors: [`Busy`](crate::ErrorCode::Busy): the model has a trainer or a session runs;
    /// [`Cancelled`](crate::ErrorCode::Cancelled), and nothing has changed.
    pub fn tune(&mut self, options: Tune) -> Result<Tuning> {
        let desc = sys::fv_tune_desc {
            batch_size: int(options.batch_size),
            training: options.training.into(),
            repetitions: int(options.repetitions),
            cancel: CancelToken::raw(options.cancel),
            ..Default::default()
        };
        let mut found = sys::fv_tuning::default();
        call(|error| unsafe { sys::fv_model_tune(self.0.get(), &desc, &mut found, error) })?;
        Ok(Tuning {
            changed: found.changed as usize,
            before: Duration::from_secs_f64(found.seconds_before),
            after: Duration::from_secs_f64(found.seconds_after),
        })
    }
}
