//! Fovea builds, trains, checkpoints and runs convolutional networks inside your own process.
//!
//! This crate is the safe way to the library libfovea. A [`Context`] has the threads; a [`Graph`] is the builder of a
//! network; a [`Model`] is a graph with its numbers, which a [`Trainer`] trains on a [`Dataset`] and a [`Session`] runs.
//!
//! ```
//! use fovea::*;
//!
//! let context = Context::new(Default::default())?;
//! let mut g = Graph::new(&context)?;
//! let x = g.input(Input { name: "image", shape: &[28, 28, 1] });
//! let x = g.conv2d(x, Conv2d { filters: 8, kernel: [3, 3], activation: Activation::Relu, ..Default::default() });
//! let x = g.max_pool2d(x, Pool2d::default());
//! let x = g.flatten(x, Layer::default());
//! let x = g.dense(x, Dense { units: 10, ..Default::default() });
//!
//! let transform = Some(Transform { scale: 1.0 / 255.0, ..Default::default() });
//! let mut model = Model::new(&g, &[x], ModelOptions { seed: 1, transform, ..Default::default() })?;
//! let data = Dataset::digits(&context, Digits { count: 600, ..Default::default() })?;
//! let (train, test) = data.split(Split { count: 100, ..Default::default() })?;
//! let mut trainer =
//!     Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Adam, TrainerOptions::default())?;
//! trainer.fit(&train, Some(&test), Fit { epochs: 3, batch_size: 50, ..Default::default() })?;
//! assert!(trainer.history()?.last().unwrap().val_accuracy > 0.3);
//! # Ok::<(), fovea::Error>(())
//! ```
//!
//! # Conventions
//!
//! - Tensors are dense, batch first, channels last: `[batch][height][width][channel]`. Slices are lent for the call, in
//!   place, and nothing is copied.
//! - In a descriptor zero means "default", so that `..Default::default()` fills in what you do not want to change. Where
//!   a number's zero is a legal value but not its default, [`ZERO`] stands for zero.
//! - Objects keep what they need of each other alive: drop them in any order.
//! - Threads: every object may go to and be used from any thread. What takes `&mut self` is for one thread at a time,
//!   what takes `&self` for many at once; the compiler sees to it. A model that is being trained and one of its sessions
//!   may be in different threads: the later call gets [`ErrorCode::Busy`].
//! - A panic in a callback is caught, cancels what can be cancelled, and goes on when the call has returned.

mod activations;
mod augment;
mod callbacks;
mod check;
mod context;
mod convolution;
mod custom;
mod dataset;
mod error;
mod fit;
mod graph;
pub mod image;
mod layers;
mod loader;
mod losses;
mod merge;
mod metrics;
mod model;
mod noise;
mod norm;
mod object;
mod optimizer;
mod panics;
pub mod picture;
mod pooling;
mod predict;
mod profile;
pub mod recipe;
mod search;
mod session;
mod sources;
mod statistics;
mod tensor;
mod text;
mod trainer;
mod transfer;
mod transform;
mod tune;
mod version;
pub mod zoo;

pub use activations::{Activation, Elu, LeakyRelu, Prelu, Sharing, Softplus, Swish};
pub use augment::{
    AugmentKind, AugmentStep, Augmentation, ColorAxes, ContactSheet, FillMode, ImageDataGenerator, Pixels,
};
pub use callbacks::Callbacks;
pub use check::{gradient_bands, Check, Checks, Finding, FindingCode, Report, Severity};
pub use context::{Allocator, CancelToken, Context, ContextOptions, Log, LogLevel, ParallelFor, Work};
pub use convolution::{DeformConv2d, DepthwiseConv2d, LocalConv2d, SeparableConv2d, TransposedConv2d};
pub use custom::{
    Backward, Custom, CustomLayer, CustomLoss, CustomParameter, CustomShape, Forward, LossRows, Real, Role,
    Target,
};
pub use dataset::{Dataset, DatasetInfo, Digits, Folds, Idx, MemoryDataset, Split};
pub use error::{Error, ErrorCode, Result};
pub use fit::{find_checkpoint, Fit, OnProgress, RateOf, Steps, Stop, StopReason, Training};
pub use graph::{Graph, Node};
pub use layers::{
    BatchNorm, Conv2d, ConvAlgorithm, Dense, Dropout, Initializer, Input, Layer, Padding, Pool2d, Regularizer,
};
pub use loader::{LoadedBatch, Loader, LoaderOptions};
pub use losses::{Loss, LossOptions};
pub use merge::{Crop, Matmul, Pad, PadMode, Parts, Permute, Reshape, Slice};
pub use metrics::{ClassAverage, Metric, MetricKind, Metrics, MetricsOptions};
pub use model::{Model, ModelInfo, ModelOptions, Port, TensorInfo};
pub use noise::{GaussianNoise, Maxout, NonLocal, SpatialDropout, SqueezeExcite, StochasticDepth};
pub use norm::{GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm};
pub use optimizer::{
    Average, Constraint, CycleShape, FoundRate, Group, Mix, Monitor, Optimizer, OptimizerOptions, RatePoint,
    RateRange, Schedule, ScheduleKind,
};
pub use pooling::{AdaptivePool2d, FractionalPool2d, PixelShuffle, Upsample, Upsample2d};
pub use predict::{Ensemble, Sample, Temperature};
pub use profile::{Pass, Profile, ProfileOptions, ProfileRow};
pub use search::{
    CrossValidate, CrossValidation, OnTrial, Parameter, Range, Search, SearchFit, SearchMethod,
    SearchOptions, SearchRun, Trial, TrialState,
};
pub use session::{
    confusion_scores, ClassScore, CropBox, CropViews, Crops, EncodedImage, Evaluate, Evaluation, Session,
    SessionOptions,
};
pub use sources::{Audit, AuditPart, Cifar, FilesInfo, ImageFiles, ImageList, SampleSource};
pub use statistics::{BatchNormUpdate, Lsuv, NodeStatistics, Statistics};
pub use tensor::{DType, Element, Float, Tensor, TensorMut};
pub use trainer::{Feed, HistoryRow, Memory, Progress, Trainer, TrainerInfo, TrainerOptions};
pub use transfer::{FeatureOptions, Freeze, Head, Load, LoadReport, LoadRow, Match, Probe, ProbeResult};
pub use transform::{
    Channels, FitTransform, FittedTransform, Interpolation, Statistic, Transform, TransformInfo,
    TransformPart, Whitening,
};
pub use tune::{Tune, Tuning};
pub use version::{version, Version};

/// The value zero in a descriptor, where a plain 0 means "default".
pub const ZERO: f64 = fovea_sys::FV_ZERO;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// What the compiler must refuse: a trainer that steps inside its own `fit`,
///
/// ```compile_fail,E0501
/// # fn with(trainer: &mut fovea::Trainer, data: &fovea::Dataset) {
/// let mut again = |_: &mut fovea::Training, _: &fovea::Progress| {
///     trainer.next().unwrap();
///     std::ops::ControlFlow::Continue(())
/// };
/// trainer.fit(data, None, fovea::Fit { on_progress: Some(&mut again), ..Default::default() });
/// # }
/// ```
///
/// the same through what the callback is given,
///
/// ```compile_fail,E0596
/// # fn with(trainer: &mut fovea::Trainer, data: &fovea::Dataset) {
/// let mut again = |training: &mut fovea::Training, _: &fovea::Progress| {
///     training.next().unwrap();
///     std::ops::ControlFlow::Continue(())
/// };
/// trainer.fit(data, None, fovea::Fit { on_progress: Some(&mut again), ..Default::default() });
/// # }
/// ```
///
/// a tensor that outlives its memory,
///
/// ```compile_fail,E0597
/// let tensor = {
///     let data = [0f32; 4];
///     fovea::Tensor::vector(&data)
/// };
/// tensor.shape();
/// ```
///
/// a dataset that borrows from the stack,
///
/// ```compile_fail,E0597
/// # fn with(context: &fovea::Context) {
/// let images = [0u8; 4];
/// let owner = &images;
/// fovea::Dataset::borrow_memory(context, owner, |images| {
///     Ok(fovea::MemoryDataset::with_targets(
///         fovea::Tensor::vector(&images[..]),
///         fovea::Tensor::vector(&images[..]),
///     ))
/// });
/// # }
/// ```
///
/// gradients that are held over the next step,
///
/// ```compile_fail,E0499
/// # fn with(trainer: &mut fovea::Trainer) {
/// let gradients = trainer.gradient_block::<f32>().unwrap();
/// trainer.next().unwrap();
/// gradients.fill(0.0);
/// # }
/// ```
///
/// a profile that is read while its session runs,
///
/// ```compile_fail,E0502
/// # fn with(session: &mut fovea::Session) {
/// let profile = session.profile().unwrap();
/// session.run(&[], &mut []).unwrap();
/// profile.table().unwrap();
/// # }
/// ```
///
/// one session in two threads at once.
///
/// ```compile_fail,E0499
/// # fn with(session: &mut fovea::Session) {
/// std::thread::scope(|scope| {
///     scope.spawn(|| session.run(&[], &mut []));
///     scope.spawn(|| session.run(&[], &mut []));
/// });
/// # }
/// ```
#[cfg(doctest)]
struct Refused;
