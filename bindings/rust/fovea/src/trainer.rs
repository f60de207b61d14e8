//! Trainer: optimizer, loss, position in the data and history, on top of a model; step, checkpoint. Its loops are in
//! fit.rs.

use crate::context::Context;
use crate::dataset::Dataset;
use crate::error::call;
use crate::losses::Loss;
use crate::model::{set_tensor, Model};
use crate::object::Handle;
use crate::optimizer::{Average, Mix, Optimizer, OptimizerOptions};
use crate::profile::{Profile, ProfileOptions};
use crate::tensor::{Element, Float, Tensor, TensorMut};
use crate::text::{int, text_of, Text};
use crate::Result;
use fovea_sys as sys;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::ptr::null_mut;

/// Options of [`Trainer::new`].
#[derive(Clone, Copy, Debug, Default)]
pub struct TrainerOptions {
    /// SGD, LARS.
    pub nesterov: bool,
    /// 0: the optimizer's; [`ZERO`](crate::ZERO): 0.
    pub learning_rate: f64,
    /// SGD, RMSprop, LARS; [0, 1).
    pub momentum: f64,
    /// The Adam family, Lion; 0: 0.9; [`ZERO`](crate::ZERO): 0.
    pub beta1: f64,
    /// 0: 0.999; Lion 0.99.
    pub beta2: f64,
    /// 0: the optimizer's.
    pub epsilon: f64,
    /// What is less common.
    pub optimizer: OptimizerOptions,
    /// Of the weights.
    pub average: Average,
    /// Mixup and cutmix.
    pub mix: Mix,
    /// So many batches make one step with the mean of their gradients; 0: 1.
    pub accumulate_steps: usize,
    /// The learning rate is for steps on so many samples: one on B of them takes B / rate_batch times as much; 0: the
    /// rate is as it is.
    pub rate_batch: usize,
    /// On every kernel, l1 * sum |w|.
    pub l1: f64,
    /// Every l1 shrinks weights after each step, to exact zeros, instead of being part of the gradient.
    pub proximal_l1: bool,
    /// On every kernel, l2 / 2 * sum w^2, beside the layers' own regularizers.
    pub l2: f64,
    /// Of dropout and shuffling.
    pub seed: u64,
    /// The first step takes memory for batches up to this, a larger one takes it anew; 0: for batches as large as the
    /// first.
    pub max_batch: usize,
}

/// Options of [`Trainer::feed`] and [`Trainer::steps`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    /// 0: 32.
    pub batch_size: usize,
    /// False: another order in every epoch, drawn from the trainer's seed.
    pub no_shuffle: bool,
    /// A last, smaller batch is left out.
    pub drop_last: bool,
    /// Threads of the library's own that prepare batches ahead of the steps, up to 64; 0: none, each batch is prepared
    /// in its step by the context's threads. What is read in them is read on these threads.
    pub workers: usize,
    /// Batches that wait ready beside those that workers are at, up to 64; 0: 2.
    pub prefetch: usize,
}

/// Bytes that training takes, but for what is small beside these: labels of a batch, the order of the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Parameters and state, held by the model.
    pub parameters: usize,
    /// Of parameters.
    pub gradients: usize,
    /// Moments.
    pub optimizer: usize,
    /// Activations and their gradients.
    pub arena: usize,
    /// Packed weights, scratch, saved values.
    pub workspace: usize,
}

/// Where training stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// This was the last batch of an epoch.
    pub epoch_ended: bool,
    /// Of this batch, from 0.
    pub epoch: usize,
    /// As asked of [`Trainer::fit`] or [`Trainer::steps`], else 0.
    pub epochs: usize,
    /// In the epoch, from 1.
    pub batch: usize,
    /// In the epoch.
    pub batches: usize,
    /// Optimizer steps so far.
    pub step: usize,
    /// Seen in this epoch.
    pub samples: usize,
    /// Mean over the epoch so far, penalties included.
    pub loss: f64,
    /// Likewise, measured on the fly in training mode; NaN with targets.
    pub accuracy: f64,
    pub batch_loss: f64,
    pub learning_rate: f64,
    /// Since `fit` began; NaN outside of it. So the next two.
    pub samples_per_second: f64,
    pub seconds_left: f64,
    pub seconds: f64,
    /// Of the newest validation; NaN before it.
    pub val_loss: f64,
    pub val_accuracy: f64,
}

impl Progress {
    pub(crate) fn from_raw(raw: &sys::fv_progress) -> Self {
        Progress {
            epoch_ended: raw.epoch_ended != 0,
            epoch: raw.epoch as usize,
            epochs: raw.epochs as usize,
            batch: raw.batch as usize,
            batches: raw.batches as usize,
            step: raw.step as usize,
            samples: raw.samples as usize,
            loss: raw.loss,
            accuracy: raw.accuracy,
            batch_loss: raw.batch_loss,
            learning_rate: raw.learning_rate,
            samples_per_second: raw.samples_per_second,
            seconds_left: raw.seconds_left,
            seconds: raw.seconds,
            val_loss: raw.val_loss,
            val_accuracy: raw.val_accuracy,
        }
    }
}

/// One epoch. NaN: not measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistoryRow {
    /// From 0.
    pub epoch: usize,
    pub loss: f64,
    pub accuracy: f64,
    pub val_loss: f64,
    pub val_accuracy: f64,
    pub learning_rate: f64,
}

impl HistoryRow {
    pub(crate) fn from_raw(raw: &sys::fv_history_row) -> Self {
        HistoryRow {
            epoch: raw.epoch as usize,
            loss: raw.loss,
            accuracy: raw.accuracy,
            val_loss: raw.val_loss,
            val_accuracy: raw.val_accuracy,
            learning_rate: raw.learning_rate,
        }
    }
}

/// What a trainer was created with and how far it is: see [`Trainer::info`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainerInfo {
    pub accumulate_steps: usize,
    /// Batches since the last step.
    pub accumulated: usize,
    /// How often the average of the weights was taken.
    pub averages: usize,
    pub seed: u64,
    pub l1: f64,
    pub l2: f64,
    /// None: there was none.
    pub feed: Option<Feed>,
    pub proximal_l1: bool,
    /// 0: the rate is for steps of any size.
    pub rate_batch: usize,
    pub mix: Mix,
}

/// Everything that decides how the training of a model goes on; all of it is in its checkpoint. A model has at most one
/// trainer at a time. While a trainer steps, sessions on the same model return [`Busy`](crate::ErrorCode::Busy).
///
/// ```
/// use fovea::*;
///
/// let context = Context::new(Default::default())?;
/// let data = Dataset::digits(&context, Digits { count: 64, ..Default::default() })?;
/// let mut g = Graph::new(&context)?;
/// let x = zoo::lenet5(&mut g, Default::default());
/// let mut model = Model::new(&g, &[x], Default::default())?;
/// let mut trainer =
///     Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Adam, TrainerOptions::default())?;
/// trainer.fit(&data, None, Fit { epochs: 2, ..Default::default() })?;
/// assert_eq!(trainer.history()?.len(), 2);
/// # Ok::<(), fovea::Error>(())
/// ```
#[derive(Debug)]
pub struct Trainer {
    pub(crate) handle: Handle<sys::fv_trainer>,
    /// Lent by the library, for as long as the trainer lives.
    model: ManuallyDrop<Model>,
    profile: Option<Profile>,
}

impl Trainer {
    /// Memory for steps is taken at the first one, or when a larger batch comes.
    ///
    /// Errors: a number out of range; [`Busy`](crate::ErrorCode::Busy) where the model has a trainer.
    pub fn new(model: &mut Model, loss: Loss, optimizer: Optimizer, options: TrainerOptions) -> Result<Self> {
        options.with_raw(optimizer, |desc| {
            let desc = sys::fv_trainer_desc { loss: loss.raw(), ..desc };
            Handle::create(|out, error| unsafe { sys::fv_trainer_create(model.0.get(), &desc, out, error) })
                .map(Trainer::from_handle)
        })
    }

    /// Makes the model and the trainer of a checkpoint; after it the same calls give the same bits as if the program
    /// had never stopped.
    pub fn load(context: &Context, path: impl AsRef<Path>) -> Result<Self> {
        let path = Text::path(path.as_ref())?;
        Handle::create(|out, error| unsafe {
            sys::fv_trainer_load(context.0.get(), path.as_ptr(), out, error)
        })
        .map(Trainer::from_handle)
    }

    pub(crate) fn from_handle(handle: Handle<sys::fv_trainer>) -> Self {
        let model = unsafe { Handle::from_raw(sys::fv_trainer_model(handle.get())) };
        Trainer { handle, model: ManuallyDrop::new(Model(model)), profile: None }
    }

    /// Gives the library's object away.
    pub(crate) fn into_raw(self) -> *mut sys::fv_trainer {
        let Trainer { handle, .. } = self;
        ManuallyDrop::new(handle).get()
    }

    /// Writes the model's file with everything else that training needs: optimizer, step, epoch, position, seed,
    /// history. A crash leaves the old file or the new one. [`Model::load`] opens it too. Errors: as [`Model::save`].
    pub fn save(&mut self, path: impl AsRef<Path>) -> Result<()> {
        unsafe { save(self.handle.get(), path.as_ref()) }
    }

    /// The model that is being trained.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Copies a parameter or state tensor into the model; the shape must agree.
    pub fn set_tensor(&mut self, name: &str, tensor: Tensor) -> Result<()> {
        unsafe { set_tensor(self.model.0.get(), name, tensor) }
    }

    /// The first loss.
    pub fn loss(&self) -> Loss {
        Loss::from_raw(unsafe { sys::fv_trainer_loss(self.handle.get()) })
    }

    /// The rest of what the trainer was created with and how far it is, from a checkpoint too.
    pub fn info(&self) -> Result<TrainerInfo> {
        let info = self.raw_info()?;
        Ok(TrainerInfo {
            accumulate_steps: info.accumulate_steps as usize,
            accumulated: info.accumulated as usize,
            averages: info.averages as usize,
            seed: info.seed,
            l1: info.l1,
            l2: info.l2,
            feed: (info.batch_size != 0).then_some(Feed {
                batch_size: info.batch_size as usize,
                no_shuffle: info.no_shuffle != 0,
                drop_last: info.drop_last != 0,
                ..Default::default()
            }),
            proximal_l1: info.proximal_l1 != 0,
            rate_batch: info.rate_batch as usize,
            mix: Mix { mixup: info.mixup, cutmix: info.cutmix, probability: info.mix_probability },
        })
    }

    pub(crate) fn raw_info(&self) -> Result<sys::fv_trainer_info> {
        let mut info = sys::fv_trainer_info::default();
        call(|error| unsafe { sys::fv_trainer_get_info(self.handle.get(), &mut info, error) })?;
        Ok(info)
    }

    /// Keeps text under a key, in the trainer and its checkpoints: what a loop or a callback must know to go on as if it
    /// had never stopped. None removes it.
    pub fn set_note(&mut self, key: &str, text: Option<&str>) -> Result<()> {
        unsafe { set_note(self.handle.get(), key, text) }
    }

    /// The text under a key; [`NotFound`](crate::ErrorCode::NotFound) where there is none.
    pub fn note(&self, key: &str) -> Result<String> {
        let key = Text::required(key)?;
        text_of(|buffer, capacity, needed, error| unsafe {
            sys::fv_trainer_get_note(self.handle.get(), key.as_ptr(), buffer, capacity, needed, error)
        })
    }

    /// Keeps a copy of the model's parameters and state, in the checkpoints from then on, in place of an earlier one.
    pub fn keep_weights(&mut self) -> Result<()> {
        call(|error| unsafe { sys::fv_trainer_keep_weights(self.handle.get(), error) })
    }

    /// Puts the copy back into the model. Errors: [`NotFound`](crate::ErrorCode::NotFound): nothing was kept.
    pub fn restore_weights(&mut self) -> Result<()> {
        call(|error| unsafe { sys::fv_trainer_restore_weights(self.handle.get(), error) })
    }

    /// Bytes that training with batches of `batch` samples takes, without taking them.
    pub fn memory(&self, batch: usize) -> Result<Memory> {
        let mut memory = sys::fv_memory::default();
        call(|error| unsafe { sys::fv_trainer_memory(self.handle.get(), batch as i64, &mut memory, error) })?;
        Ok(Memory {
            parameters: memory.parameters,
            gradients: memory.gradients,
            optimizer: memory.optimizer,
            arena: memory.arena,
            workspace: memory.workspace,
        })
    }

    // ---- one batch from memory

    /// One optimizer step on a batch: `inputs` as for [`Session::run`](crate::Session::run); `target`: `i32` or `i64`
    /// labels `[batch]`, or `f32` or `f64` targets `[batch][...]`. Gives the batch's mean loss, penalties included.
    pub fn step(&mut self, inputs: &[Tensor], target: Tensor) -> Result<f64> {
        self.batch(sys::fv_trainer_step, inputs, target)
    }

    /// The first half of [`step`](Trainer::step): forward and backward, which leaves the gradients in the trainer.
    /// Until the second half, [`apply`](Trainer::apply), uses them up, the host may read and replace them.
    pub fn backward(&mut self, inputs: &[Tensor], target: Tensor) -> Result<f64> {
        self.batch(sys::fv_trainer_backward, inputs, target)
    }

    /// The optimizer's step on the gradients that are there.
    pub fn apply(&mut self) -> Result<()> {
        call(|error| unsafe { sys::fv_trainer_apply(self.handle.get(), error) })
    }

    fn batch(&mut self, function: BatchFn, inputs: &[Tensor], target: Tensor) -> Result<f64> {
        let target = Tensor::raw(Some(&target));
        let mut loss = 0.0;
        call(|error| unsafe {
            function(self.handle.get(), Tensor::as_ptr(inputs), inputs.len(), &target, &mut loss, error)
        })?;
        Ok(loss)
    }

    /// Copies the gradient of a parameter out, and gives its shape. There are gradients from
    /// [`backward`](Trainer::backward) to [`apply`](Trainer::apply).
    pub fn get_gradient<T: Float>(&self, name: &str, gradient: &mut [T]) -> Result<Vec<usize>> {
        let name = Text::required(name)?;
        TensorMut::fill(gradient, |buffer| {
            call(|error| unsafe {
                sys::fv_trainer_get_gradient(self.handle.get(), name.as_ptr(), buffer, error)
            })
        })
    }

    /// Replaces the gradient of a parameter.
    pub fn set_gradient(&mut self, name: &str, gradient: Tensor) -> Result<()> {
        let name = Text::required(name)?;
        let gradient = Tensor::raw(Some(&gradient));
        call(|error| unsafe {
            sys::fv_trainer_set_gradient(self.handle.get(), name.as_ptr(), &gradient, error)
        })
    }

    /// All gradients as one block, in the order of the parameters, for in-place all-reduce. None where there are no
    /// gradients, which are there from [`backward`](Trainer::backward) to [`apply`](Trainer::apply), and where the model
    /// has not the element type `T`.
    pub fn gradient_block<T: Float>(&mut self) -> Option<&mut [T]> {
        if self.model.info().ok()?.dtype != <T as Element>::DTYPE {
            return None;
        }
        let mut count = 0;
        let block = unsafe { sys::fv_trainer_gradient_block(self.handle.get(), &mut count) };
        if block.is_null() {
            return None;
        }
        Some(unsafe { std::slice::from_raw_parts_mut(block.cast(), count as usize) })
    }

    /// Of the next step, by the schedule.
    pub fn learning_rate(&self) -> f64 {
        unsafe { sys::fv_trainer_learning_rate(self.handle.get()) }
    }

    /// The base of the schedule.
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        unsafe { set_learning_rate(self.handle.get(), rate) }
    }

    // ---- batches from a dataset

    /// Gives the trainer the data that [`next`](Trainer::next) steps through. A trainer that stands inside an epoch goes
    /// on there and refuses another dataset or other options with [`Mismatch`](crate::ErrorCode::Mismatch); one that was
    /// loaded from a checkpoint refuses another dataset at its first feed in any case.
    pub fn feed(&mut self, dataset: &Dataset, options: Feed) -> Result<()> {
        let desc = sys::fv_feed_desc {
            batch_size: int(options.batch_size),
            no_shuffle: options.no_shuffle.into(),
            drop_last: options.drop_last.into(),
            workers: int(options.workers),
            prefetch: int(options.prefetch),
            ..Default::default()
        };
        call(|error| unsafe { sys::fv_trainer_feed(self.handle.get(), dataset.0.get(), &desc, error) })
    }

    /// Lets go of the dataset and ends its workers; the training stays where it stands.
    pub fn end_feed(&mut self) -> Result<()> {
        call(|error| unsafe { sys::fv_trainer_end_feed(self.handle.get(), error) })
    }

    /// Trains on the next batch of the feed.
    #[allow(clippy::should_implement_trait)] // Steps is the iterator; this is its step, under the name it has in C
    pub fn next(&mut self) -> Result<Progress> {
        let mut progress = sys::fv_progress::default();
        call(|error| unsafe { sys::fv_trainer_next(self.handle.get(), &mut progress, error) })?;
        Ok(Progress::from_raw(&progress))
    }

    /// What [`next`](Trainer::next) has reported of the last batch (without `batch_loss`, images per second and times,
    /// which are NaN). Before the first batch `epoch`, `batch`, `step` and
    /// `samples` are 0, `loss` and `accuracy` NaN. Survives checkpoints.
    pub fn progress(&self) -> Result<Progress> {
        let mut progress = sys::fv_progress::default();
        call(|error| unsafe { sys::fv_trainer_get_progress(self.handle.get(), &mut progress, error) })?;
        Ok(Progress::from_raw(&progress))
    }

    // ---- where the time goes

    /// Times every step from now on, node by node. A profile that is there already is replaced.
    pub fn start_profile(&mut self, options: ProfileOptions) -> Result<()> {
        let (trainer, desc) = (self.handle.get(), options.raw());
        let profile =
            Profile::start(|out, error| unsafe { sys::fv_trainer_profile(trainer, &desc, out, error) });
        self.profile = Some(profile?);
        Ok(())
    }

    /// What has been timed; None before [`start_profile`](Trainer::start_profile). The callback of
    /// [`fit`](Trainer::fit) may look at it too.
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// Ends the timing and forgets the profile.
    pub fn stop_profile(&mut self) {
        self.profile = None;
    }

    // ---- history

    /// Adds a row to the history; [`fit`](Trainer::fit) does so after every epoch. Part of the checkpoint.
    pub fn record(&mut self, row: HistoryRow) -> Result<()> {
        let raw = sys::fv_history_row {
            epoch: row.epoch as i64,
            loss: row.loss,
            accuracy: row.accuracy,
            val_loss: row.val_loss,
            val_accuracy: row.val_accuracy,
            learning_rate: row.learning_rate,
        };
        call(|error| unsafe { sys::fv_trainer_record(self.handle.get(), &raw, error) })
    }

    /// All rows so far.
    pub fn history(&self) -> Result<Vec<HistoryRow>> {
        let trainer = self.handle.get();
        let mut count = 0;
        call(|error| unsafe { sys::fv_trainer_history(trainer, null_mut(), 0, &mut count, error) })?;
        let mut rows = vec![sys::fv_history_row::default(); count];
        call(|error| unsafe {
            sys::fv_trainer_history(trainer, rows.as_mut_ptr(), rows.len(), null_mut(), error)
        })?;
        Ok(rows.iter().map(HistoryRow::from_raw).collect())
    }
}

type BatchFn = unsafe extern "C" fn(
    *mut sys::fv_trainer,
    *const sys::fv_tensor,
    usize,
    *const sys::fv_tensor,
    *mut f64,
    *mut sys::fv_error,
) -> sys::fv_status;

/// What a trainer and the callback of its `fit` both may do, on the thread that has the trainer.
pub(crate) unsafe fn save(trainer: *mut sys::fv_trainer, path: &Path) -> Result<()> {
    let path = Text::path(path)?;
    call(|error| sys::fv_trainer_save(trainer, path.as_ptr(), error))
}

pub(crate) unsafe fn set_note(trainer: *mut sys::fv_trainer, key: &str, text: Option<&str>) -> Result<()> {
    let key = Text::required(key)?;
    let text = text.map(Text::required).transpose()?;
    let text = text.as_ref().map_or(std::ptr::null(), Text::as_ptr);
    call(|error| sys::fv_trainer_set_note(trainer, key.as_ptr(), text, error))
}

pub(crate) unsafe fn set_learning_rate(trainer: *mut sys::fv_trainer, rate: f64) -> Result<()> {
    call(|error| sys::fv_trainer_set_learning_rate(trainer, rate, error))
}
