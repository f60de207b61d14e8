//! Metrics: what is measured of outputs beside the loss, summed up batch by batch.

use crate::context::Context;
use crate::error::call;
use crate::losses::Loss;
use crate::object::Handle;
use crate::tensor::Tensor;
use crate::text::{borrowed, int, text_of, Text};
use crate::trainer::Trainer;
use crate::Result;
use fovea_sys as sys;
use std::ptr::{null, null_mut};

/// What is measured. The last axis of the outputs is the classes, or the units of a regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricKind {
    /// The share of rows that are right.
    Accuracy,
    /// The share of rows whose true class is among the [`k`](Metric::k) largest outputs.
    TopK,
    /// Of a class: right / predicted as it.
    Precision,
    /// Of a class: right / truly it.
    Recall,
    /// Of a class: 2 right / (predicted as it + truly it).
    F1,
    /// Of a class: how often a row of it has a larger probability of it than a row of another. Exact: 8 bytes are kept
    /// for every output.
    RocAuc,
    /// ECE: the mean distance of confidence and accuracy.
    CalibrationError,
    /// Of a unit: the mean of |x - t|.
    MeanAbsoluteError,
    /// Of a unit: the mean of (x - t)^2.
    MeanSquaredError,
    /// Of a unit: 1 - sum (x - t)^2 / sum (t - mean t)^2.
    R2,
    /// The mean of a [`loss`](Metric::loss) with its default options.
    Loss,
    /// One that this crate does not know.
    Other(i32),
}

impl MetricKind {
    fn raw(self) -> sys::fv_metric {
        match self {
            MetricKind::Accuracy => sys::FV_METRIC_ACCURACY,
            MetricKind::TopK => sys::FV_METRIC_TOP_K,
            MetricKind::Precision => sys::FV_METRIC_PRECISION,
            MetricKind::Recall => sys::FV_METRIC_RECALL,
            MetricKind::F1 => sys::FV_METRIC_F1,
            MetricKind::RocAuc => sys::FV_METRIC_ROC_AUC,
            MetricKind::CalibrationError => sys::FV_METRIC_CALIBRATION_ERROR,
            MetricKind::MeanAbsoluteError => sys::FV_METRIC_MEAN_ABSOLUTE_ERROR,
            MetricKind::MeanSquaredError => sys::FV_METRIC_MEAN_SQUARED_ERROR,
            MetricKind::R2 => sys::FV_METRIC_R2,
            MetricKind::Loss => sys::FV_METRIC_LOSS,
            MetricKind::Other(raw) => raw,
        }
    }

    fn from_raw(raw: sys::fv_metric) -> Self {
        match raw {
            sys::FV_METRIC_ACCURACY => MetricKind::Accuracy,
            sys::FV_METRIC_TOP_K => MetricKind::TopK,
            sys::FV_METRIC_PRECISION => MetricKind::Precision,
            sys::FV_METRIC_RECALL => MetricKind::Recall,
            sys::FV_METRIC_F1 => MetricKind::F1,
            sys::FV_METRIC_ROC_AUC => MetricKind::RocAuc,
            sys::FV_METRIC_CALIBRATION_ERROR => MetricKind::CalibrationError,
            sys::FV_METRIC_MEAN_ABSOLUTE_ERROR => MetricKind::MeanAbsoluteError,
            sys::FV_METRIC_MEAN_SQUARED_ERROR => MetricKind::MeanSquaredError,
            sys::FV_METRIC_R2 => MetricKind::R2,
            sys::FV_METRIC_LOSS => MetricKind::Loss,
            raw => MetricKind::Other(raw),
        }
    }

    /// Whether a larger value is better.
    pub fn is_larger_better(self) -> bool {
        unsafe { sys::fv_metric_is_larger_better(self.raw()) != 0 }
    }
}

/// How the values of the classes (or units) become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClassAverage {
    /// Their mean.
    #[default]
    Macro,
    /// All decisions (or values) together, as if of one class.
    Micro,
    /// The mean by the rows that each class has; of R2 by the variance of each unit.
    Weighted,
    /// That of one class.
    One(usize),
}

/// A metric with its options; those of other metrics stay at their defaults.
#[derive(Clone, Copy, Debug)]
pub struct Metric<'a> {
    pub kind: MetricKind,
    pub average: ClassAverage,
    /// Top-k; 0: 5.
    pub k: usize,
    /// Calibration error; 0: 15.
    pub bins: usize,
    /// The outputs are probabilities, not logits.
    pub probabilities: bool,
    /// Each class is a decision of its own.
    pub multilabel: bool,
    /// Of decisions, above 0 and below 1; 0: 0.5.
    pub threshold: f64,
    /// [`MetricKind::Loss`]: which.
    pub loss: Option<Loss>,
    /// Empty: by the kind, as "accuracy", "top_5", "f1_micro", "recall_3".
    pub name: &'a str,
}

impl Metric<'_> {
    /// The defaults of a kind.
    pub fn new(kind: MetricKind) -> Self {
        Metric {
            kind,
            average: ClassAverage::Macro,
            k: 0,
            bins: 0,
            probabilities: false,
            multilabel: false,
            threshold: 0.0,
            loss: None,
            name: "",
        }
    }

    fn raw(&self, name: &Text) -> sys::fv_metric_desc {
        let (average, class) = match self.average {
            ClassAverage::Macro => (sys::FV_CLASS_MACRO, 0),
            ClassAverage::Micro => (sys::FV_CLASS_MICRO, 0),
            ClassAverage::Weighted => (sys::FV_CLASS_WEIGHTED, 0),
            ClassAverage::One(class) => (sys::FV_CLASS_ONE, int(class)),
        };
        sys::fv_metric_desc {
            metric: self.kind.raw(),
            average,
            class_index: class,
            k: int(self.k),
            bins: int(self.bins),
            probabilities: self.probabilities.into(),
            multilabel: self.multilabel.into(),
            threshold: self.threshold,
            loss: self.loss.map_or(0, Loss::raw),
            name: name.as_ptr(),
            ..Default::default()
        }
    }

    /// What it is called, where no name was given too.
    pub fn name(&self) -> Result<String> {
        crate::version::check()?;
        let name = Text::optional(self.name)?;
        let desc = self.raw(&name);
        text_of(|buffer, capacity, needed, error| unsafe {
            sys::fv_metric_name(&desc, buffer, capacity, needed, error)
        })
    }
}

/// Calls `function` with the descriptors, which live during the call.
pub(crate) fn with_metrics<R>(
    metrics: &[Metric],
    function: impl FnOnce(&[*const sys::fv_metric_desc]) -> Result<R>,
) -> Result<R> {
    let names = metrics.iter().map(|metric| Text::optional(metric.name)).collect::<Result<Vec<_>>>()?;
    let descs: Vec<_> = metrics.iter().zip(&names).map(|(metric, name)| metric.raw(name)).collect();
    let pointers: Vec<_> = descs.iter().map(|desc| desc as *const sys::fv_metric_desc).collect();
    function(&pointers)
}

/// Options of [`Metrics::new`].
#[derive(Clone, Copy, Debug, Default)]
pub struct MetricsOptions {
    /// Rows with this label do not count.
    pub ignore: Option<i32>,
    /// For [`Metrics::confusion`].
    pub confusion: bool,
    /// ROC-AUC: memory for so many rows is taken at once; 0: as they come.
    pub rows: usize,
    /// Confusion of a single output: above it is "yes"; 0: 0, which is for logits; for probabilities give 0.5.
    pub confusion_threshold: f64,
}

/// A set of metrics that is summed up batch by batch.
///
/// ```
/// # use fovea::*;
/// # let context = Context::new(Default::default())?;
/// let set = [Metric::new(MetricKind::Accuracy), Metric { k: 2, ..Metric::new(MetricKind::TopK) }];
/// let mut metrics = Metrics::new(&context, 3, &set, Default::default())?;
/// let outputs = [3f32, 1.0, 2.0, 0.0, 1.0, 2.0];
/// metrics.update(Tensor::new(&outputs, &[2, 3])?, Tensor::vector(&[2, 2]), None)?;
/// assert_eq!(metrics.values()?, [0.5, 1.0]);
/// # Ok::<(), fovea::Error>(())
/// ```
#[derive(Debug)]
pub struct Metrics(pub(crate) Handle<sys::fv_metrics>);

impl Metrics {
    /// Of outputs whose last extent is `classes`.
    pub fn new(
        context: &Context,
        classes: usize,
        metrics: &[Metric],
        options: MetricsOptions,
    ) -> Result<Self> {
        with_metrics(metrics, |pointers| {
            let desc = sys::fv_metrics_desc {
                ignore: options.ignore.is_some().into(),
                ignore_label: options.ignore.unwrap_or(0),
                confusion: options.confusion.into(),
                classes: classes as i64,
                metrics: pointers.as_ptr(),
                metric_count: pointers.len(),
                rows: options.rows as i64,
                confusion_threshold: options.confusion_threshold,
                ..Default::default()
            };
            Handle::create(|out, error| unsafe { sys::fv_metrics_create(context.0.get(), &desc, out, error) })
                .map(Metrics)
        })
    }

    /// Counts a batch: `outputs` `[batch][...][classes]`; `truth` labels `[batch][...]` or targets of the outputs' shape;
    /// weights `[batch]`. What is refused is not counted.
    pub fn update(&mut self, outputs: Tensor, truth: Tensor, sample_weights: Option<Tensor>) -> Result<()> {
        let (outputs, truth) = (Tensor::raw(Some(&outputs)), Tensor::raw(Some(&truth)));
        let weights = sample_weights.map(|tensor| Tensor::raw(Some(&tensor)));
        let weights = weights.as_ref().map_or(null(), |tensor| tensor as *const _);
        call(|error| unsafe { sys::fv_metrics_update(self.0.get(), &outputs, &truth, weights, error) })
    }

    /// Forgets all rows.
    pub fn reset(&mut self) {
        unsafe { sys::fv_metrics_reset(self.0.get()) }
    }

    /// Of each metric; NaN before the first row.
    pub fn values(&self) -> Result<Vec<f64>> {
        numbers_of(|values, capacity, needed, error| unsafe {
            sys::fv_metrics_values(self.0.get(), values, capacity, needed, error)
        })
    }

    /// Of metric `index`, for each class or unit. Refused: one that has none.
    pub fn class_values(&self, index: usize) -> Result<Vec<f64>> {
        numbers_of(|values, capacity, needed, error| unsafe {
            sys::fv_metrics_class_values(self.0.get(), index, values, capacity, needed, error)
        })
    }

    /// `[classes][classes]`, rows are true classes, columns predictions; of a single output 2 x 2.
    pub fn confusion(&self) -> Result<Vec<i64>> {
        numbers_of(|values, capacity, needed, error| unsafe {
            sys::fv_metrics_confusion(self.0.get(), values, capacity, needed, error)
        })
    }
}

impl Trainer {
    /// Measured on the fly from now on, on the output of the first loss in training mode, over the epoch so far. Those that
    /// are measured already go on; others begin with nothing. Part of the checkpoint.
    pub fn set_metrics(&mut self, metrics: &[Metric]) -> Result<()> {
        with_metrics(metrics, |pointers| {
            call(|error| unsafe {
                sys::fv_trainer_set_metrics(self.handle.get(), pointers.as_ptr(), pointers.len(), error)
            })
        })
    }

    /// Metric `index`, with its name, from a checkpoint too.
    pub fn metric(&self, index: usize) -> Result<Metric<'_>> {
        let mut desc = sys::fv_metric_desc::default();
        call(|error| unsafe { sys::fv_trainer_get_metric(self.handle.get(), index, &mut desc, error) })?;
        Ok(Metric {
            kind: MetricKind::from_raw(desc.metric),
            average: match desc.average {
                sys::FV_CLASS_MICRO => ClassAverage::Micro,
                sys::FV_CLASS_WEIGHTED => ClassAverage::Weighted,
                sys::FV_CLASS_ONE => ClassAverage::One(desc.class_index as usize),
                _ => ClassAverage::Macro,
            },
            k: desc.k as usize,
            bins: desc.bins as usize,
            probabilities: desc.probabilities != 0,
            multilabel: desc.multilabel != 0,
            threshold: desc.threshold,
            loss: Some(Loss::from_raw(desc.loss)).filter(|_| desc.loss != 0),
            name: unsafe { borrowed(self, desc.name) },
        })
    }

    /// The values of its metrics over the epoch so far.
    pub fn metric_values(&self) -> Result<Vec<f64>> {
        numbers_of(|values, capacity, needed, error| unsafe {
            sys::fv_trainer_metric_values(self.handle.get(), values, capacity, needed, error)
        })
    }

    /// Begins to count anew, as each epoch of [`next`](Trainer::next) does.
    pub fn reset_metrics(&mut self) {
        unsafe { sys::fv_trainer_reset_metrics(self.handle.get()) }
    }

    /// A value with a name for the row of the history that is recorded next, beside its own numbers.
    pub fn record_value(&mut self, name: &str, value: f64) -> Result<()> {
        let name = Text::required(name)?;
        call(|error| unsafe { sys::fv_trainer_record_value(self.handle.get(), name.as_ptr(), value, error) })
    }

    /// The names of such values, in the order in which they first came.
    pub fn series_names(&self) -> Vec<&str> {
        let name = |index| unsafe { sys::fv_trainer_series_name(self.handle.get(), index) };
        (0..)
            .map(name)
            .take_while(|name| !name.is_null())
            .map(|name| unsafe { borrowed(self, name) })
            .collect()
    }

    /// The values of a series, or of a number of [`HistoryRow`](crate::HistoryRow) by its name, one for each row; NaN where
    /// there was none.
    pub fn series(&self, name: &str) -> Result<Vec<f64>> {
        let name = Text::required(name)?;
        numbers_of(|values, capacity, needed, error| unsafe {
            sys::fv_trainer_series(self.handle.get(), name.as_ptr(), values, capacity, needed, error)
        })
    }
}

/// As many numbers as `read`, called with (buffer, capacity, needed, error), says there are.
pub(crate) fn numbers_of<T: Copy + Default>(
    read: impl Fn(*mut T, usize, *mut usize, *mut sys::fv_error) -> sys::fv_status,
) -> Result<Vec<T>> {
    let mut count = 0;
    call(|error| read(null_mut(), 0, &mut count, error))?;
    let mut values = vec![T::default(); count];
    call(|error| read(values.as_mut_ptr(), count, &mut count, error))?;
    Ok(values)
}
