//! Losses with their options, batches with more than one target, and gradients of the host's.

use crate::error::call;
use crate::model::Model;
use crate::object::Handle;
use crate::optimizer::Optimizer;
use crate::tensor::{Tensor, TensorMut};
use crate::text::{borrowed, int, Text};
use crate::trainer::{Trainer, TrainerOptions};
use crate::Result;
use fovea_sys as sys;
use std::ptr::null;

/// Losses, each by default the mean over the samples of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// Of logits, against a label or a target distribution: -sum_k t_k log softmax(x)_k.
    SoftmaxCrossEntropy,
    /// Mean over the elements of (x - t)^2; a label counts as its one-hot vector, here and below.
    MeanSquaredError,
    /// Of logits: mean of log(1 + exp(x)) - t x.
    BinaryCrossEntropy,
    /// That, times (1 - p)^gamma and the weight alpha, p the probability given to the target.
    Focal,
    /// L1: mean of |x - t|.
    MeanAbsoluteError,
    /// Mean of e^2 / 2 where |e| is below delta, else delta (|e| - delta / 2).
    Huber,
    /// That / delta.
    SmoothL1,
    /// Of log-probabilities: sum of t (log t - x).
    KlDivergence,
    /// Sum over the other classes of max(0, x_j - x_label + margin); labels only.
    Hinge,
    /// 1 - the cosine of the angle between x and t.
    Cosine,
    /// None: the host gives the gradient of the outputs.
    HostGradient,
    /// One of the host's: [`LossOptions::custom`].
    Custom,
    /// One that this crate does not know.
    Other(i32),
}

impl Loss {
    pub(crate) fn raw(self) -> sys::fv_loss {
        match self {
            Loss::SoftmaxCrossEntropy => sys::FV_LOSS_SOFTMAX_CROSS_ENTROPY,
            Loss::MeanSquaredError => sys::FV_LOSS_MEAN_SQUARED_ERROR,
            Loss::BinaryCrossEntropy => sys::FV_LOSS_BINARY_CROSS_ENTROPY,
            Loss::Focal => sys::FV_LOSS_FOCAL,
            Loss::MeanAbsoluteError => sys::FV_LOSS_MEAN_ABSOLUTE_ERROR,
            Loss::Huber => sys::FV_LOSS_HUBER,
            Loss::SmoothL1 => sys::FV_LOSS_SMOOTH_L1,
            Loss::KlDivergence => sys::FV_LOSS_KL_DIVERGENCE,
            Loss::Hinge => sys::FV_LOSS_HINGE,
            Loss::Cosine => sys::FV_LOSS_COSINE,
            Loss::HostGradient => sys::FV_LOSS_HOST_GRADIENT,
            Loss::Custom => sys::FV_LOSS_CUSTOM,
            Loss::Other(raw) => raw,
        }
    }

    pub(crate) fn from_raw(raw: sys::fv_loss) -> Self {
        match raw {
            sys::FV_LOSS_SOFTMAX_CROSS_ENTROPY => Loss::SoftmaxCrossEntropy,
            sys::FV_LOSS_MEAN_SQUARED_ERROR => Loss::MeanSquaredError,
            sys::FV_LOSS_BINARY_CROSS_ENTROPY => Loss::BinaryCrossEntropy,
            sys::FV_LOSS_FOCAL => Loss::Focal,
            sys::FV_LOSS_MEAN_ABSOLUTE_ERROR => Loss::MeanAbsoluteError,
            sys::FV_LOSS_HUBER => Loss::Huber,
            sys::FV_LOSS_SMOOTH_L1 => Loss::SmoothL1,
            sys::FV_LOSS_KL_DIVERGENCE => Loss::KlDivergence,
            sys::FV_LOSS_HINGE => Loss::Hinge,
            sys::FV_LOSS_COSINE => Loss::Cosine,
            sys::FV_LOSS_HOST_GRADIENT => Loss::HostGradient,
            sys::FV_LOSS_CUSTOM => Loss::Custom,
            raw => Loss::Other(raw),
        }
    }
}

/// A loss with its options; those of other losses stay at their defaults.
#[derive(Clone, Copy, Debug)]
pub struct LossOptions<'a> {
    pub loss: Loss,
    /// The node that it is on; empty: the model's output of the same number.
    pub output: &'a str,
    /// In the sum of several losses; 0: 1; [`ZERO`](crate::ZERO): 0.
    pub weight: f64,
    /// The sum over the batch (and elements), instead of the mean.
    pub sum: bool,
    /// Softmax cross-entropy, hinge: samples with this label count nothing.
    pub ignore: Option<i32>,
    /// Hinge: of the squares.
    pub squared: bool,
    /// Softmax cross-entropy, 0 to 1.
    pub label_smoothing: f64,
    /// Softmax cross-entropy: one for each class; empty: 1.
    pub class_weights: &'a [f64],
    /// Binary cross-entropy: how much a one counts, for each place of the last axis; empty: 1.
    pub positive_weights: &'a [f64],
    /// Huber, smooth L1; 0: 1.
    pub delta: f64,
    /// Focal; 0: 2; [`ZERO`](crate::ZERO): 0.
    pub gamma: f64,
    /// Focal; 0: 0.25; [`ZERO`](crate::ZERO): 0; negative: no weighting.
    pub alpha: f64,
    /// Hinge; 0: 1.
    pub margin: f64,
    /// Custom: the name that it was registered under.
    pub custom: &'a str,
}

impl<'a> LossOptions<'a> {
    /// A loss of the host's own, registered with [`Context::register_loss`](crate::Context::register_loss).
    pub fn custom(name: &'a str) -> Self {
        LossOptions { custom: name, ..LossOptions::new(Loss::Custom) }
    }

    /// The defaults of a loss.
    pub fn new(loss: Loss) -> Self {
        LossOptions {
            loss,
            output: "",
            weight: 0.0,
            sum: false,
            ignore: None,
            squared: false,
            label_smoothing: 0.0,
            class_weights: &[],
            positive_weights: &[],
            delta: 0.0,
            gamma: 0.0,
            alpha: 0.0,
            margin: 0.0,
            custom: "",
        }
    }

    fn raw(&self, output: &Text, custom: &Text) -> sys::fv_loss_desc {
        sys::fv_loss_desc {
            loss: self.loss.raw(),
            output: output.as_ptr(),
            weight: self.weight,
            reduction: if self.sum { sys::FV_REDUCE_SUM } else { sys::FV_REDUCE_MEAN },
            ignore: self.ignore.is_some().into(),
            ignore_label: self.ignore.unwrap_or(0),
            squared: self.squared.into(),
            label_smoothing: self.label_smoothing,
            class_weights: if self.class_weights.is_empty() { null() } else { self.class_weights.as_ptr() },
            class_count: self.class_weights.len(),
            positive_weights: if self.positive_weights.is_empty() {
                null()
            } else {
                self.positive_weights.as_ptr()
            },
            positive_count: self.positive_weights.len(),
            delta: self.delta,
            gamma: self.gamma,
            alpha: self.alpha,
            margin: self.margin,
            custom: custom.as_ptr(),
            ..Default::default()
        }
    }
}

type BatchFn = unsafe extern "C" fn(
    *mut sys::fv_trainer,
    *const sys::fv_batch,
    *mut f64,
    *mut sys::fv_error,
) -> sys::fv_status;

impl Trainer {
    /// A trainer that minimises the weighted sum of several losses, or one with options.
    pub fn with_losses(
        model: &mut Model,
        losses: &[LossOptions],
        optimizer: Optimizer,
        options: TrainerOptions,
    ) -> Result<Self> {
        let texts = losses
            .iter()
            .map(|loss| Ok((Text::optional(loss.output)?, Text::optional(loss.custom)?)))
            .collect::<Result<Vec<_>>>()?;
        let descs: Vec<_> =
            losses.iter().zip(&texts).map(|(loss, (output, custom))| loss.raw(output, custom)).collect();
        let pointers: Vec<_> = descs.iter().map(|desc| desc as *const sys::fv_loss_desc).collect();
        options.with_raw(optimizer, |desc| {
            let desc = sys::fv_trainer_desc { losses: pointers.as_ptr(), loss_count: pointers.len(), ..desc };
            Handle::create(|out, error| unsafe { sys::fv_trainer_create(model.0.get(), &desc, out, error) })
                .map(Trainer::from_handle)
        })
    }

    /// One optimizer step on a batch with one target for every loss or one for each, and weights of its samples. Gives
    /// the weighted sum of the losses, penalties included.
    pub fn step_batch(
        &mut self,
        inputs: &[Tensor],
        targets: &[Tensor],
        sample_weights: Option<Tensor>,
    ) -> Result<f64> {
        self.host_batch(sys::fv_trainer_step_batch, inputs, targets, sample_weights)
    }

    /// The first half of [`step_batch`](Trainer::step_batch).
    pub fn backward_batch(
        &mut self,
        inputs: &[Tensor],
        targets: &[Tensor],
        sample_weights: Option<Tensor>,
    ) -> Result<f64> {
        self.host_batch(sys::fv_trainer_backward_batch, inputs, targets, sample_weights)
    }

    fn host_batch(
        &mut self,
        function: BatchFn,
        inputs: &[Tensor],
        targets: &[Tensor],
        sample_weights: Option<Tensor>,
    ) -> Result<f64> {
        let weights = sample_weights.map(|tensor| Tensor::raw(Some(&tensor)));
        let batch = sys::fv_batch {
            inputs: Tensor::as_ptr(inputs),
            input_count: inputs.len(),
            targets: Tensor::as_ptr(targets),
            target_count: targets.len(),
            sample_weights: weights.as_ref().map_or(null(), |tensor| tensor),
            ..Default::default()
        };
        let mut loss = 0.0;
        call(|error| unsafe { function(self.handle.get(), &batch, &mut loss, error) })?;
        Ok(loss)
    }

    /// The value of each loss on the last batch, without its weight and without penalties; NaN before it.
    pub fn loss_values(&self) -> Result<Vec<f64>> {
        let mut count = 0;
        call(|error| unsafe {
            sys::fv_trainer_loss_values(self.handle.get(), std::ptr::null_mut(), 0, &mut count, error)
        })?;
        let mut values = vec![0.0; count];
        call(|error| unsafe {
            sys::fv_trainer_loss_values(self.handle.get(), values.as_mut_ptr(), count, &mut count, error)
        })?;
        Ok(values)
    }

    /// Loss `index` with its options, from a checkpoint too.
    pub fn loss_options(&self, index: usize) -> Result<LossOptions<'_>> {
        let mut desc = sys::fv_loss_desc::default();
        call(|error| unsafe { sys::fv_trainer_get_loss(self.handle.get(), int(index), &mut desc, error) })?;
        Ok(LossOptions {
            loss: Loss::from_raw(desc.loss),
            output: if desc.output.is_null() { "" } else { unsafe { borrowed(self, desc.output) } },
            weight: desc.weight,
            sum: desc.reduction == sys::FV_REDUCE_SUM,
            ignore: Some(desc.ignore_label).filter(|_| desc.ignore != 0),
            squared: desc.squared != 0,
            label_smoothing: desc.label_smoothing,
            class_weights: match desc.class_count {
                0 => &[],
                count => unsafe { std::slice::from_raw_parts(desc.class_weights, count) },
            },
            positive_weights: match desc.positive_count {
                0 => &[],
                count => unsafe { std::slice::from_raw_parts(desc.positive_weights, count) },
            },
            delta: desc.delta,
            gamma: desc.gamma,
            alpha: desc.alpha,
            margin: desc.margin,
            custom: if desc.custom.is_null() { "" } else { unsafe { borrowed(self, desc.custom) } },
        })
    }

    /// With [`Loss::HostGradient`]: runs forward in training mode and gives out the model's outputs.
    pub fn forward(&mut self, inputs: &[Tensor], outputs: &mut [TensorMut]) -> Result<()> {
        call(|error| unsafe {
            sys::fv_trainer_forward(
                self.handle.get(),
                Tensor::as_ptr(inputs),
                inputs.len(),
                TensorMut::as_mut_ptr(outputs),
                outputs.len(),
                error,
            )
        })
    }

    /// The way back from [`forward`](Trainer::forward), from the gradient of each output on; then
    /// [`apply`](Trainer::apply).
    pub fn backward_from(&mut self, gradients: &[Tensor]) -> Result<()> {
        call(|error| unsafe {
            sys::fv_trainer_backward_from(
                self.handle.get(),
                Tensor::as_ptr(gradients),
                gradients.len(),
                error,
            )
        })
    }
}
