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
use crate::{version, Error, Result};
use fovea_sys as sys;
use std::os::raw::c_char;
use std::path::Path;
use std::ptr::{null, null_mut};

/// Views of one image at test time, over which predictions are averaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CropViews {
    /// The middle, as the transform crops it.
    #[default]
    None,
    /// The middle and its mirror image.
    Flip,
    /// Four corners, the middle, and all of them mirrored.
    Ten,
    /// Those ten at short sides of 224, 256, 384, 480, 640.
    ResnetMultiScale,
}

impl CropViews {
    fn raw(self) -> sys::fv_crops {
        match self {
            CropViews::None => sys::FV_CROPS_NONE,
            CropViews::Flip => sys::FV_CROPS_FLIP,
            CropViews::Ten => sys::FV_CROPS_TEN,
            CropViews::ResnetMultiScale => sys::FV_CROPS_RESNET_MULTI_SCALE,
        }
    }
}

/// Several views of one image.
#[derive(Clone, Copy, Debug, Default)]
pub struct Crops<'a> {
    pub views: CropViews,
    /// Short sides to which the image is resized; empty: the five of [`CropViews::ResnetMultiScale`], else as the
    /// transform resizes.
    pub scales: &'a [i32],
    /// The outputs are averaged as they are, not their softmax over the last axis.
    pub raw: bool,
}

impl Crops<'_> {
    fn raw(&self) -> sys::fv_crops_desc {
        sys::fv_crops_desc {
            crops: self.views.raw(),
            scales: self.scales.as_ptr(),
            scale_count: self.scales.len(),
            raw: self.raw.into(),
            ..Default::default()
        }
    }

    /// The views of an image of `image` pixels (height, width) for a network's input of `input` pixels whose
    /// transform resizes the short side to `resize_short` (0: it does not). For each scale: top left, top right,
    /// bottom left, bottom right, middle, then the same mirrored.
    ///
    /// Errors: a crop that is larger than the image.
    pub fn boxes(&self, image: [usize; 2], input: [usize; 2], resize_short: usize) -> Result<Vec<CropBox>> {
        version::check()?;
        let desc = self.raw();
        let mut rows = vec![];
        let mut needed = 0;
        for _ in 0..2 {
            rows.resize(needed, sys::fv_crop_box::default());
            call(|error| unsafe {
                sys::fv_crop_boxes(
                    image[0] as i64,
                    image[1] as i64,
                    input[0] as i64,
                    input[1] as i64,
                    int(resize_short),
                    &desc,
                    rows.as_mut_ptr(),
                    rows.len(),
                    &mut needed,
                    error,
                )
            })?;
        }
        let of = |raw: &sys::fv_crop_box| CropBox {
            resized: [raw.resized_height as usize, raw.resized_width as usize],
            top: raw.top as usize,
            left: raw.left as usize,
            mirrored: raw.mirrored != 0,
        };
        Ok(rows.iter().map(of).collect())
    }
}

/// A rectangle of an image that was resized before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CropBox {
    /// Height, width.
    pub resized: [usize; 2],
    pub top: usize,
    pub left: usize,
    /// Its columns are reversed.
    pub mirrored: bool,
}

/// An image file, for [`Session::run_images`].
#[derive(Clone, Copy, Debug)]
pub enum EncodedImage<'a> {
    Bytes(&'a [u8]),
    Path(&'a Path),
}

impl EncodedImage<'_> {
    /// Calls `function` with the descriptors, which live during the call.
    pub(crate) fn with<R>(
        images: &[Self],
        function: impl FnOnce(&[sys::fv_encoded_image]) -> Result<R>,
    ) -> Result<R> {
        let mut paths = vec![];
        for image in images {
            if let EncodedImage::Path(path) = image {
                paths.push(Text::path(path)?);
            }
        }
        let mut path = paths.iter();
        let raw = |image: &EncodedImage| match image {
            EncodedImage::Bytes(bytes) => {
                sys::fv_encoded_image { bytes: bytes.as_ptr().cast(), size: bytes.len(), path: null() }
            }
            EncodedImage::Path(_) => sys::fv_encoded_image {
                bytes: null(),
                size: 0,
                path: path.next().map_or(null(), Text::as_ptr),
            },
        };
        function(&images.iter().map(raw).collect::<Vec<_>>())
    }
}

/// Options of [`Session::new`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionOptions<'a> {
    /// 0: 1. Larger inputs are run in pieces of this size.
    pub max_batch: usize,
    /// Names of the nodes to give out, any of the graph; empty: the model's outputs.
    pub outputs: &'a [&'a str],
    /// Of images, in [`Session::run`], [`Session::run_images`] and [`Session::evaluate`].
    pub crops: Crops<'a>,
    /// [`Session::run_images`] refuses larger images before anything is decoded; 0: 2^27.
    pub max_pixels: usize,
}

impl SessionOptions<'_> {
    /// Calls `function` with the descriptor, which lives during the call.
    fn with<R>(&self, function: impl FnOnce(&sys::fv_session_desc) -> Result<R>) -> Result<R> {
        let names = self.outputs.iter().map(|name| Text::required(name)).collect::<Result<Vec<_>>>()?;
        let pointers: Vec<*const c_char> = names.iter().map(Text::as_ptr).collect();
        let crops = self.crops.raw();
        function(&sys::fv_session_desc {
            crops: &crops,
            max_batch: int(self.max_batch),
            outputs: if pointers.is_empty() { null() } else { pointers.as_ptr() },
            output_count: pointers.len(),
            max_pixels: self.max_pixels as i64,
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

    /// [`run`](Session::run) on image files: decoded, brought to the input's size by the model's transform, and with
    /// crops averaged over the views of each.
    pub fn run_images(&mut self, images: &[EncodedImage], outputs: &mut [TensorMut]) -> Result<()> {
        EncodedImage::with(images, |images| {
            call(|error| unsafe {
                sys::fv_session_run_images(
                    self.handle.get(),
                    images.as_ptr(),
                    images.len(),
                    TensorMut::as_mut_ptr(outputs),
                    outputs.len(),
                    error,
                )
            })
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
