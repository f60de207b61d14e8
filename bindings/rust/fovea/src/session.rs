//! Session: inference.

use crate::context::CancelToken;
use crate::dataset::Dataset;
use crate::error::call;
use crate::losses::Loss;
use crate::metrics::{with_metrics, Metric, Metrics};
use crate::model::Model;
use crate::object::Handle;
use crate::profile::{Profile, ProfileOptions};
use crate::tensor::{Tensor, TensorMut};
use crate::text::{int, Text};
use crate::{Error, Result};
use fovea_sys as sys;
use std::os::raw::c_char;
use std::ptr::{null, null_mut};

/// Options of [`Session::new`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionOptions<'a> {
    /// 0: 1. Larger inputs are run in pieces of this size.
    pub max_batch: usize,
    /// Names of the nodes to give out, any of the graph; empty: the model's outputs.
    pub outputs: &'a [&'a str],
}

impl SessionOptions<'_> {
    /// Calls `function` with the descriptor, which lives during the call.
    fn with<R>(&self, function: impl FnOnce(&sys::fv_session_desc) -> Result<R>) -> Result<R> {
        let names = self.outputs.iter().map(|name| Text::required(name)).collect::<Result<Vec<_>>>()?;
        let pointers: Vec<*const c_char> = names.iter().map(Text::as_ptr).collect();
        function(&sys::fv_session_desc {
            max_batch: int(self.max_batch),
            outputs: if pointers.is_empty() { null() } else { pointers.as_ptr() },
            output_count: pointers.len(),
            ..Default::default()
        })
    }
}

/// Options of [`Session::evaluate`].
#[derive(Default)]
pub struct Evaluate<'a> {
    /// None: no loss is computed (the result is NaN).
    pub loss: Option<Loss>,
    /// `[classes][classes]`, rows are true classes, columns predictions; overwritten.
    pub confusion: Option<&'a mut [i64]>,
    pub cancel: Option<&'a CancelToken>,
    /// Measured too, with the output's last axis as classes.
    pub metrics: &'a [Metric<'a>],
    /// One for each of `metrics`; overwritten.
    pub metric_values: &'a mut [f64],
    /// Counts the whole dataset too, for its values of each class.
    pub measure: Option<&'a mut Metrics>,
}

/// What [`Session::evaluate`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    pub samples: usize,
    /// Mean over the samples, without penalties.
    pub loss: f64,
    /// Fraction of samples whose largest output is the label's; NaN where the dataset has targets.
    pub accuracy: f64,
}

/// A model compiled for inference, with its own memory. Many sessions may share one model and run at once from many
/// threads.
///
/// ```
/// # use fovea::*;
/// # let context = Context::new(Default::default())?;
/// # let mut g = Graph::new(&context)?;
/// # let x = zoo::lenet5(&mut g, Default::default());
/// # let model = Model::new(&g, &[x], Default::default())?;
/// let mut session = Session::new(&model, SessionOptions { max_batch: 2, ..Default::default() })?;
/// let images = vec![0u8; 2 * 28 * 28];
/// let mut logits = [0f32; 2 * 10];
/// session.run(&[Tensor::new(&images, &[2, 28, 28, 1])?], &mut [TensorMut::new(&mut logits)])?;
/// # Ok::<(), fovea::Error>(())
/// ```
#[derive(Debug)]
pub struct Session {
    pub(crate) handle: Handle<sys::fv_session>,
    outputs: usize,
    profile: Option<Profile>,
}

impl Session {
    /// Compiles the model and takes all memory that runs will need.
    pub fn new(model: &Model, options: SessionOptions) -> Result<Self> {
        let outputs = if options.outputs.is_empty() { model.info()?.outputs } else { options.outputs.len() };
        options.with(|desc| {
            Handle::create(|out, error| unsafe { sys::fv_session_create(model.0.get(), desc, out, error) })
                .map(|handle| Session { handle, outputs, profile: None })
        })
    }

    pub(crate) fn output_count(&self) -> usize {
        self.outputs
    }

    /// Bytes that a session with these options would take, without taking them.
    pub fn memory(model: &Model, options: SessionOptions) -> Result<usize> {
        let mut bytes = 0;
        options.with(|desc| {
            call(|error| unsafe { sys::fv_session_memory(model.0.get(), desc, &mut bytes, error) })
        })?;
        Ok(bytes)
    }

    /// Runs the network on `inputs` (one tensor for each input of the model, `[batch][...]`, before the input
    /// transform) and fills `outputs` (`[batch][...]`, `f32` or `f64`). The model's current parameters are used.
    ///
    /// Errors: shapes, a buffer that is too small; [`Busy`](crate::ErrorCode::Busy) while the model is being trained.
    pub fn run(&mut self, inputs: &[Tensor], outputs: &mut [TensorMut]) -> Result<()> {
        call(|error| unsafe {
            sys::fv_session_run(
                self.handle.get(),
                Tensor::as_ptr(inputs),
                inputs.len(),
                TensorMut::as_mut_ptr(outputs),
                outputs.len(),
                error,
            )
        })
    }

    /// Runs the whole dataset through the session's first output.
    pub fn evaluate(&mut self, dataset: &Dataset, options: Evaluate) -> Result<Evaluation> {
        if let Some(confusion) = &options.confusion {
            check_confusion(confusion, dataset.info()?.classes)?;
        }
        if options.metrics.len() != options.metric_values.len() {
            return Err(Error::invalid(format!(
                "there are {} metrics and room for {} values",
                options.metrics.len(),
                options.metric_values.len()
            )));
        }
        let mut result = sys::fv_evaluation::default();
        with_metrics(options.metrics, |metrics| {
            let desc = sys::fv_evaluate_desc {
                loss: options.loss.map_or(0, Loss::raw),
                confusion: options.confusion.map_or(null_mut(), |confusion| confusion.as_mut_ptr()),
                cancel: CancelToken::raw(options.cancel),
                metrics: metrics.as_ptr(),
                metric_count: metrics.len(),
                metric_values: options.metric_values.as_mut_ptr(),
                measure: options.measure.map_or(null_mut(), |metrics| metrics.0.get()),
                ..Default::default()
            };
            call(|error| unsafe {
                sys::fv_session_evaluate(self.handle.get(), dataset.0.get(), &desc, &mut result, error)
            })
        })?;
        Ok(Evaluation { samples: result.samples as usize, loss: result.loss, accuracy: result.accuracy })
    }

    /// Times every run from now on, node by node. A profile that is there already is replaced.
    pub fn start_profile(&mut self, options: ProfileOptions) -> Result<()> {
        let (session, desc) = (self.handle.get(), options.raw());
        let profile =
            Profile::start(|out, error| unsafe { sys::fv_session_profile(session, &desc, out, error) });
        self.profile = Some(profile?);
        Ok(())
    }

    /// What has been timed; None before [`start_profile`](Session::start_profile).
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// Ends the timing and forgets the profile.
    pub fn stop_profile(&mut self) {
        self.profile = None;
    }
}

fn check_confusion(confusion: &[i64], classes: usize) -> Result<()> {
    if classes.checked_mul(classes) == Some(confusion.len()) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "the confusion matrix has {} entries, expected {} x {}",
        confusion.len(),
        classes,
        classes
    )))
}

/// How well one class is told from the others. A quotient 0 / 0 gives 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClassScore {
    /// Right / predicted as it.
    pub precision: f64,
    /// Right / truly it.
    pub recall: f64,
    /// 2 precision recall / (precision + recall)
    pub f1: f64,
}

/// For each class, from the confusion matrix of [`Session::evaluate`].
///
/// ```
/// let scores = fovea::confusion_scores(&[8, 2, 0, 10], 2)?;
/// assert_eq!((scores[0].precision, scores[0].recall), (1.0, 0.8));
/// # Ok::<(), fovea::Error>(())
/// ```
pub fn confusion_scores(confusion: &[i64], classes: usize) -> Result<Vec<ClassScore>> {
    crate::version::check()?;
    check_confusion(confusion, classes)?;
    let mut columns = vec![0.0; 3 * classes];
    let (precision, rest) = columns.split_at_mut(classes);
    let (recall, f1) = rest.split_at_mut(classes);
    call(|error| unsafe {
        sys::fv_confusion_scores(
            confusion.as_ptr(),
            classes,
            precision.as_mut_ptr(),
            recall.as_mut_ptr(),
            f1.as_mut_ptr(),
            error,
        )
    })?;
    let score = |k: usize| ClassScore { precision: precision[k], recall: recall[k], f1: f1[k] };
    Ok((0..classes).map(score).collect())
}
