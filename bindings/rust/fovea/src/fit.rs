//! The loops of training: `fit` with a callback, and `steps`, an iterator.

use crate::callbacks::{Callbacks, Host};
use crate::context::CancelToken;
use crate::dataset::Dataset;
use crate::error::call;
use crate::metrics::{with_metrics, Metric};
use crate::optimizer::Monitor;
use crate::panics;
use crate::text::{int, text_of, Text};
use crate::trainer::{save, set_learning_rate, set_note, Feed, Progress, Trainer};
use crate::Result;
use fovea_sys as sys;
use std::ops::{ControlFlow, Deref};
use std::os::raw::c_void;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;

/// Called between batches on the thread that called [`Trainer::fit`]. [`ControlFlow::Break`] stops the training.
pub type OnProgress<'a> = dyn FnMut(&mut Training, &Progress) -> ControlFlow<()> + 'a;

/// Called before every batch with its epoch, the steps so far and the rate of now: the rate from now on.
pub type RateOf<'a> = dyn FnMut(usize, usize, f64) -> f64 + 'a;

/// Why [`Trainer::fit`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// All of them are done.
    Epochs,
    /// Of the monitored value, for [`Stop::patience`] epochs.
    NoImprovement,
    /// The loss of a batch was NaN or infinite.
    Nan,
    /// Training and validation loss went apart.
    Divergence,
    Time,
}

impl StopReason {
    fn from_raw(raw: sys::fv_stop_reason) -> Self {
        match raw {
            sys::FV_STOP_NO_IMPROVEMENT => StopReason::NoImprovement,
            sys::FV_STOP_NAN => StopReason::Nan,
            sys::FV_STOP_DIVERGENCE => StopReason::Divergence,
            sys::FV_STOP_TIME => StopReason::Time,
            raw => {
                debug_assert_eq!(raw, sys::FV_STOP_EPOCHS);
                StopReason::Epochs
            }
        }
    }
}

/// When [`Trainer::fit`] ends before its epochs are done; a 0 is any number. After each epoch this is decided from the
/// history alone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stop<'a> {
    pub monitor: Monitor,
    /// Instead, where it is not empty: a metric of [`Fit::metrics`], as "val_f1", or another value that is recorded in every
    /// epoch.
    pub monitor_name: &'a str,
    /// Of such a value larger is better; of a metric that is known.
    pub monitor_larger: bool,
    /// Epochs in a row that are no better than the best so far by more than `min_delta`.
    pub patience: u64,
    pub min_delta: f64,
    /// What must be beaten in the first `patience` epochs; 0: nothing; [`ZERO`](crate::ZERO): 0.
    pub baseline: f64,
    /// Epochs in a row in which the training loss falls and the validation loss rises by more than `divergence_delta`.
    pub divergence: u64,
    pub divergence_delta: f64,
    /// Since `fit` began.
    pub seconds: f64,
    /// The model gets the parameters and state of its best epoch back.
    pub restore_best: bool,
    /// Else a loss that is NaN or infinite ends `fit`.
    pub keep_nan: bool,
}

impl Stop<'_> {
    /// The name as text, which must live as long as the descriptor.
    pub(crate) fn name(&self) -> Result<Text> {
        Text::optional(self.monitor_name)
    }

    pub(crate) fn raw(&self, name: &Text) -> sys::fv_stop_desc {
        sys::fv_stop_desc {
            monitor: self.monitor.raw(),
            patience: self.patience as i64,
            min_delta: self.min_delta,
            baseline: self.baseline,
            divergence: self.divergence as i64,
            divergence_delta: self.divergence_delta,
            seconds: self.seconds,
            restore_best: self.restore_best.into(),
            keep_nan: self.keep_nan.into(),
            monitor_name: name.as_ptr(),
            monitor_larger: self.monitor_larger.into(),
            ..Default::default()
        }
    }
}

/// Options of [`Trainer::fit`].
#[derive(Default)]
pub struct Fit<'a> {
    /// 0: 1. In all: a trainer that has done 2 of 5 does 3 more.
    pub epochs: usize,
    /// 0: 32.
    pub batch_size: usize,
    pub no_shuffle: bool,
    pub drop_last: bool,
    /// Threads of the library's own that prepare batches ahead of the steps, up to 64; 0: none. They end when fit
    /// returns, and the trainer is then without a feed.
    pub workers: usize,
    /// Batches that wait ready beside those that workers are at, up to 64; 0: 2.
    pub prefetch: usize,
    /// What is validated, and saved in `best_path`, is the average of the weights as soon as there is one. Not with
    /// `restore_best`.
    pub validate_average: bool,
    /// None: no checkpoints. In the file's name `{epoch}` stands for the epochs that are done, `{step}` for the steps so
    /// far. Written after all callbacks, with what they have changed.
    pub checkpoint_path: Option<&'a Path>,
    /// Save every so many steps too; 0: only after epochs.
    pub checkpoint_steps: usize,
    /// Of the epochs only every so many-th is saved; 0: each.
    pub checkpoint_epochs: usize,
    /// Of these only one that is the best so far by the monitor of `stop`.
    pub checkpoint_improved: bool,
    /// When a newer file is safely on the disk, the oldest of this training beyond so many is removed; 0: all stay.
    pub keep_checkpoints: usize,
    /// The training as a table, appended to where it goes on.
    pub csv_path: Option<&'a Path>,
    /// The same as a JSON object in each line.
    pub jsonl_path: Option<&'a Path>,
    /// A row every so many steps too; 0: only after each epoch.
    pub log_steps: usize,
    /// Each event goes to all of them, in this order.
    pub callbacks: Vec<&'a mut (dyn Callbacks + 'a)>,
    /// A panic in it cancels the training, and goes on when `fit` has cleaned up.
    pub on_progress: Option<&'a mut OnProgress<'a>>,
    /// Likewise.
    pub rate: Option<&'a mut RateOf<'a>>,
    /// None: when all epochs are done.
    pub stop: Option<Stop<'a>>,
    /// The model of the best epoch is saved here; needs `stop`.
    pub best_path: Option<&'a Path>,
    pub cancel: Option<&'a CancelToken>,
    /// Measured in the training and on the validation, and recorded in the history's series under their names, and those
    /// with "val_" in front; empty: those that the trainer has.
    pub metrics: &'a [Metric<'a>],
}

/// The trainer, as the callback of [`Trainer::fit`] sees it: it may be looked at and saved, and its rate changed.
pub struct Training<'a> {
    pub(crate) trainer: &'a Trainer,
}

impl Training<'_> {
    /// As [`Trainer::save`].
    pub fn save(&mut self, path: impl AsRef<Path>) -> Result<()> {
        unsafe { save(self.trainer.handle.get(), path.as_ref()) }
    }

    /// As [`Trainer::set_note`].
    pub fn set_note(&mut self, key: &str, text: Option<&str>) -> Result<()> {
        unsafe { set_note(self.trainer.handle.get(), key, text) }
    }

    /// As [`Trainer::set_learning_rate`].
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        unsafe { set_learning_rate(self.trainer.handle.get(), rate) }
    }
}

impl Deref for Training<'_> {
    type Target = Trainer;

    fn deref(&self) -> &Trainer {
        self.trainer
    }
}

/// What the trampoline needs.
struct Callback<'t, 'a> {
    trainer: &'t Trainer,
    on_progress: Option<&'a mut OnProgress<'a>>,
    rate: Option<&'a mut RateOf<'a>>,
}

unsafe extern "C" fn rate(user: *mut c_void, epoch: i64, step: i64, now: f64) -> f64 {
    let callback = &mut *user.cast::<Callback>();
    let rate = panics::catch(|| match &mut callback.rate {
        Some(rate) => rate(epoch as usize, step as usize, now),
        None => now,
    });
    rate.unwrap_or(now) // on_progress sees the panic after this batch
}

unsafe extern "C" fn on_progress(user: *mut c_void, progress: *const sys::fv_progress) -> i32 {
    let callback = &mut *user.cast::<Callback>();
    let stop = panics::catch(|| match &mut callback.on_progress {
        Some(on_progress) => {
            let mut training = Training { trainer: callback.trainer };
            on_progress(&mut training, &Progress::from_raw(&*progress)).is_break()
        }
        None => false,
    });
    // A panic in another hook stops the training too.
    (stop.unwrap_or(true) || panics::is_pending()).into()
}

impl Trainer {
    /// Trains for some epochs on `train`, measures loss and accuracy on `validation` after each, and records the
    /// history. Gives why it ended.
    ///
    /// Errors: as those of its parts; [`Cancelled`](crate::ErrorCode::Cancelled), after which the trainer can be saved or
    /// go on.
    ///
    /// ```
    /// # use fovea::*;
    /// # let context = Context::new(Default::default())?;
    /// # let data = Dataset::digits(&context, Digits { count: 64, ..Default::default() })?;
    /// # let mut g = Graph::new(&context)?;
    /// # let x = zoo::lenet5(&mut g, Default::default());
    /// # let mut model = Model::new(&g, &[x], Default::default())?;
    /// # let mut trainer =
    /// #     Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, Default::default())?;
    /// use std::ops::ControlFlow::{Break, Continue};
    ///
    /// let error = trainer.fit(&data, None, Fit {
    ///     epochs: 100,
    ///     on_progress: Some(&mut |training, progress| {
    ///         if progress.epoch_ended {
    ///             training.set_learning_rate(0.5 * progress.learning_rate).unwrap();
    ///         }
    ///         if progress.epoch == 2 { Break(()) } else { Continue(()) }
    ///     }),
    ///     ..Default::default()
    /// });
    /// assert_eq!(error.unwrap_err().code, ErrorCode::Cancelled);
    /// # Ok::<(), fovea::Error>(())
    /// ```
    pub fn fit(&mut self, train: &Dataset, validation: Option<&Dataset>, options: Fit) -> Result<StopReason> {
        let stop_name = options.stop.unwrap_or_default().name()?;
        let stop = options.stop.map(|stop| stop.raw(&stop_name));
        let path = |path: Option<&Path>| path.map_or(Text::optional(""), Text::path);
        let (checkpoint_path, best_path) = (path(options.checkpoint_path)?, path(options.best_path)?);
        let (csv_path, jsonl_path) = (path(options.csv_path)?, path(options.jsonl_path)?);
        let mut reason = sys::FV_STOP_EPOCHS;
        let trainer = self.handle.get();
        let has_rate = options.rate.is_some();
        let host = |callbacks| Host { trainer: &*self, callbacks };
        let mut hosts: Vec<Host> = options.callbacks.into_iter().map(host).collect();
        let descs: Vec<_> = hosts.iter_mut().map(Host::raw).collect();
        let callbacks: Vec<*const _> = descs.iter().map(|desc| desc as *const _).collect();
        let mut callback = Callback { trainer: self, on_progress: options.on_progress, rate: options.rate };
        with_metrics(options.metrics, |metrics| {
            let desc = sys::fv_fit_desc {
                epochs: int(options.epochs),
                batch_size: int(options.batch_size),
                no_shuffle: options.no_shuffle.into(),
                drop_last: options.drop_last.into(),
                workers: int(options.workers),
                prefetch: int(options.prefetch),
                validate_average: options.validate_average.into(),
                checkpoint_steps: int(options.checkpoint_steps),
                checkpoint_path: checkpoint_path.as_ptr(),
                checkpoint_epochs: int(options.checkpoint_epochs),
                checkpoint_improved: options.checkpoint_improved.into(),
                keep_checkpoints: int(options.keep_checkpoints),
                csv_path: csv_path.as_ptr(),
                jsonl_path: jsonl_path.as_ptr(),
                log_steps: int(options.log_steps),
                callbacks: callbacks.as_ptr(),
                callback_count: callbacks.len(),
                on_progress: Some(on_progress),
                rate: has_rate.then_some(rate as _),
                user: (&mut callback as *mut Callback).cast(),
                cancel: CancelToken::raw(options.cancel),
                stop: stop.as_ref().map_or(std::ptr::null(), |stop| stop),
                best_path: best_path.as_ptr(),
                reason: &mut reason,
                metrics: metrics.as_ptr(),
                metric_count: metrics.len(),
                ..Default::default()
            };
            let validation = validation.map_or(null_mut(), |dataset| dataset.0.get());
            call(|error| unsafe { sys::fv_trainer_fit(trainer, train.0.get(), validation, &desc, error) })
        })?;
        Ok(StopReason::from_raw(reason))
    }

    /// The batches of training one by one, until `epochs` epochs are done (in all, as for [`fit`](Trainer::fit), but 0 is
    /// none): a loop of the caller's own, without validation, history and checkpoints.
    ///
    /// ```
    /// # use fovea::*;
    /// # let context = Context::new(Default::default())?;
    /// # let data = Dataset::digits(&context, Digits { count: 64, ..Default::default() })?;
    /// # let mut g = Graph::new(&context)?;
    /// # let x = zoo::lenet5(&mut g, Default::default());
    /// # let mut model = Model::new(&g, &[x], Default::default())?;
    /// # let mut trainer =
    /// #     Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, Default::default())?;
    /// for progress in trainer.steps(&data, Feed { batch_size: 16, ..Default::default() }, 3)? {
    ///     let progress = progress?;
    ///     println!("{}/{}: {}", progress.batch, progress.batches, progress.loss);
    /// }
    /// # Ok::<(), fovea::Error>(())
    /// ```
    pub fn steps(&mut self, dataset: &Dataset, options: Feed, epochs: usize) -> Result<Steps<'_>> {
        self.feed(dataset, options)?;
        let done = is_done(&self.progress()?, epochs);
        Ok(Steps { trainer: self, epochs, done })
    }
}

/// The newest file that [`fit`](Trainer::fit) has written for this [`Fit::checkpoint_path`]: the one with most steps.
/// [`NotFound`](crate::ErrorCode::NotFound) where there is none.
pub fn find_checkpoint(checkpoint_path: impl AsRef<Path>) -> Result<PathBuf> {
    let path = Text::path(checkpoint_path.as_ref())?;
    let found = text_of(|buffer, capacity, needed, error| unsafe {
        sys::fv_checkpoint_find(path.as_ptr(), buffer, capacity, needed, error)
    });
    found.map(PathBuf::from)
}

fn is_done(progress: &Progress, epochs: usize) -> bool {
    progress.epoch + usize::from(progress.epoch_ended) >= epochs
}

/// Trains on one batch at each turn: see [`Trainer::steps`]. It ends after the last epoch or an error.
pub struct Steps<'a> {
    trainer: &'a mut Trainer,
    epochs: usize,
    done: bool,
}

impl Steps<'_> {
    /// The trainer, between two batches.
    pub fn trainer(&mut self) -> &mut Trainer {
        self.trainer
    }
}

impl Iterator for Steps<'_> {
    type Item = Result<Progress>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let progress = self.trainer.next();
        self.done = match &progress {
            Ok(progress) => is_done(progress, self.epochs),
            Err(_) => true,
        };
        Some(progress.map(|progress| Progress { epochs: self.epochs, ..progress }))
    }
}

impl std::iter::FusedIterator for Steps<'_> {}
