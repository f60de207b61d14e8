//! What is done to samples before the network sees them, and fitting it on a dataset.

use crate::context::Context;
use crate::dataset::Dataset;
use crate::error::call;
use crate::model::Model;
use crate::object::Handle;
use crate::session::EncodedImage;
use crate::tensor::{Tensor, TensorMut};
use crate::text::{int, shape_from_c};
use crate::{Error, Result};
use fovea_sys as sys;
use std::ptr::null;

/// How an image is resampled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Interpolation {
    #[default]
    Bilinear,
    /// The pixel under the output's centre.
    Nearest,
    /// With a = -0.5.
    Bicubic,
    /// The mean of the pixels under the output.
    Area,
}

impl Interpolation {
    pub(crate) fn raw(self) -> sys::fv_interpolation {
        match self {
            Interpolation::Bilinear => sys::FV_INTERPOLATION_BILINEAR,
            Interpolation::Nearest => sys::FV_INTERPOLATION_NEAREST,
            Interpolation::Bicubic => sys::FV_INTERPOLATION_BICUBIC,
            Interpolation::Area => sys::FV_INTERPOLATION_AREA,
        }
    }

    fn from_raw(raw: sys::fv_interpolation) -> Self {
        match raw {
            sys::FV_INTERPOLATION_NEAREST => Interpolation::Nearest,
            sys::FV_INTERPOLATION_BICUBIC => Interpolation::Bicubic,
            sys::FV_INTERPOLATION_AREA => Interpolation::Area,
            _ => Interpolation::Bilinear,
        }
    }
}

/// Channels of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Channels {
    /// As the image has them.
    #[default]
    Keep,
    /// One: 0.299 red + 0.587 green + 0.114 blue.
    Grey,
    /// Three: grey is repeated, alpha left out.
    Rgb,
}

impl Channels {
    pub(crate) fn raw(self) -> sys::fv_channels {
        match self {
            Channels::Keep => sys::FV_CHANNELS_KEEP,
            Channels::Grey => sys::FV_CHANNELS_GREY,
            Channels::Rgb => sys::FV_CHANNELS_RGB,
        }
    }

    fn from_raw(raw: sys::fv_channels) -> Self {
        match raw {
            sys::FV_CHANNELS_GREY => Channels::Grey,
            sys::FV_CHANNELS_RGB => Channels::Rgb,
            _ => Channels::Keep,
        }
    }
}

/// What is done to every sample that enters the network, from a dataset or from a session alike: x * scale; the sample's
/// own mean and deviation, where asked for; (x - mean\[c\]) / stddev\[c\], where c is the channel (the last axis) or the
/// element. Images of another size than the network's input are first brought to it. Saved with the model.
#[derive(Clone, Copy, Debug, Default)]
pub struct Transform<'a> {
    /// 0: 1. For `u8` pixels 1.0 / 255.
    pub scale: f64,
    /// One for all channels, one for each, or one for each element; empty: 0.
    pub mean: &'a [f64],
    /// As many, each more than 0; empty: 1.
    pub stddev: &'a [f64],
    /// Minus the mean of all the sample's values.
    pub samplewise_center: bool,
    /// Divided by their deviation + 1e-6.
    pub samplewise_std_normalization: bool,
    pub color: Channels,
    pub interpolation: Interpolation,
    /// Windows do not grow where an image shrinks.
    pub no_antialias: bool,
    /// Length of the shorter side, the longer one in proportion; or
    pub resize_short: usize,
    /// exactly so large: height, width.
    pub resize: [usize; 2],
    /// Of the middle: height, width; 0: the input's.
    pub crop: [usize; 2],
}

impl<'a> Transform<'a> {
    pub(crate) fn raw(&self) -> Result<sys::fv_transform_desc> {
        let channels = self.mean.len().max(self.stddev.len());
        let pointer = |values: &[f64]| match values.len() {
            0 => Ok(null()),
            count if count == channels => Ok(values.as_ptr()),
            _ => Err(Error::invalid(format!(
                "the transform has {} means and {} standard deviations",
                self.mean.len(),
                self.stddev.len()
            ))),
        };
        Ok(sys::fv_transform_desc {
            channels: int(channels),
            scale: self.scale,
            mean: pointer(self.mean)?,
            stddev: pointer(self.stddev)?,
            samplewise_center: self.samplewise_center.into(),
            samplewise_std_normalization: self.samplewise_std_normalization.into(),
            color: self.color.raw(),
            interpolation: self.interpolation.raw(),
            no_antialias: self.no_antialias.into(),
            resize_short: int(self.resize_short),
            resize_height: int(self.resize[0]),
            resize_width: int(self.resize[1]),
            crop_height: int(self.crop[0]),
            crop_width: int(self.crop[1]),
            ..Default::default()
        })
    }

    /// Means and deviations borrowed from what `raw` was read from.
    pub(crate) unsafe fn from_raw(raw: &sys::fv_transform_desc) -> Transform<'a> {
        let values = |values: *const f64| match values.is_null() {
            true => &[][..],
            false => std::slice::from_raw_parts(values, raw.channels as usize),
        };
        Transform {
            scale: raw.scale,
            mean: values(raw.mean),
            stddev: values(raw.stddev),
            samplewise_center: raw.samplewise_center != 0,
            samplewise_std_normalization: raw.samplewise_std_normalization != 0,
            color: Channels::from_raw(raw.color),
            interpolation: Interpolation::from_raw(raw.interpolation),
            no_antialias: raw.no_antialias != 0,
            resize_short: raw.resize_short as usize,
            resize: [raw.resize_height as usize, raw.resize_width as usize],
            crop: [raw.crop_height as usize, raw.crop_width as usize],
        }
    }
}

/// What a mean or a deviation is taken over, beside the samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Statistic {
    /// It is not taken.
    #[default]
    None,
    /// All elements of a channel, as Keras does it: three numbers for RGB.
    Channel,
    /// Nothing else: one number for each element, such as a mean image.
    Feature,
}

impl Statistic {
    fn raw(self) -> sys::fv_statistic {
        match self {
            Statistic::None => sys::FV_STATISTIC_NONE,
            Statistic::Channel => sys::FV_STATISTIC_CHANNEL,
            Statistic::Feature => sys::FV_STATISTIC_FEATURE,
        }
    }
}

/// A change of axes, after mean and deviation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Whitening {
    #[default]
    None,
    /// Only rotated to the principal components: the covariance is diagonal.
    Pca,
    /// And divided by the root of their eigenvalues + epsilon: it is 1.
    PcaWhitening,
    /// And turned back: whitened, nearest to the original.
    Zca,
}

impl Whitening {
    fn raw(self) -> sys::fv_whitening {
        match self {
            Whitening::None => sys::FV_WHITENING_NONE,
            Whitening::Pca => sys::FV_WHITENING_PCA,
            Whitening::PcaWhitening => sys::FV_WHITENING_PCA_WHITENING,
            Whitening::Zca => sys::FV_WHITENING_ZCA,
        }
    }
}

/// Options of [`FittedTransform::fit`].
#[derive(Clone, Copy, Debug, Default)]
pub struct FitTransform<'a> {
    pub featurewise_center: Statistic,
    /// Sigma over N; 1 where all samples have the same value.
    pub featurewise_std_normalization: Statistic,
    /// Its mean is by feature, whether or not that is asked for.
    pub whitening: Whitening,
    /// Added to the eigenvalues; 0: 1e-6, [`ZERO`](crate::ZERO): nothing.
    pub zca_epsilon: f64,
    /// The first so many; 0: all.
    pub components: usize,
    /// Looks at so many, spread evenly over the dataset; 0: all.
    pub max_samples: usize,
    /// What comes before, without mean and stddev.
    pub base: Transform<'a>,
}

/// A list of numbers of a [`FittedTransform`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransformPart {
    Mean,
    Stddev,
    /// Of whitening, `[elements][components]`.
    Matrix,
    /// Of the covariance, descending.
    Eigenvalues,
}

impl TransformPart {
    fn raw(self) -> sys::fv_transform_part {
        match self {
            TransformPart::Mean => sys::FV_TRANSFORM_MEAN,
            TransformPart::Stddev => sys::FV_TRANSFORM_STDDEV,
            TransformPart::Matrix => sys::FV_TRANSFORM_MATRIX,
            TransformPart::Eigenvalues => sys::FV_TRANSFORM_EIGENVALUES,
        }
    }
}

/// How many numbers a [`FittedTransform`] has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransformInfo {
    /// Of what its numbers are applied to, after the geometry.
    pub sample_shape: Vec<usize>,
    pub means: usize,
    pub stddevs: usize,
    pub components: usize,
    /// Images of other sizes are brought to `sample_shape`.
    pub geometry: bool,
}

/// A transform with numbers fitted on a training set. Immutable; a model made with it has it for good, and every host
/// that loads the model.
#[derive(Debug)]
pub struct FittedTransform(pub(crate) Handle<sys::fv_transform>);

impl FittedTransform {
    /// Fits on the samples of a dataset, in `f64`.
    ///
    /// Errors: options and shapes that do not go together; a dataset that is marked as a test set.
    pub fn fit(context: &Context, dataset: &Dataset, options: FitTransform) -> Result<Self> {
        let base = options.base.raw()?;
        let desc = sys::fv_transform_fit_desc {
            featurewise_center: options.featurewise_center.raw(),
            featurewise_std_normalization: options.featurewise_std_normalization.raw(),
            whitening: options.whitening.raw(),
            zca_epsilon: options.zca_epsilon,
            components: options.components as i64,
            max_samples: options.max_samples as i64,
            base: &base,
            ..Default::default()
        };
        Handle::create(|out, error| unsafe {
            sys::fv_transform_fit(context.0.get(), dataset.0.get(), &desc, out, error)
        })
        .map(FittedTransform)
    }

    /// What the network would see of one sample: `f32` or `f64`, bit for bit what a model of that type computes with.
    pub fn apply(&self, sample: Tensor, out: &mut TensorMut) -> Result<()> {
        let out = TensorMut::as_mut_ptr(std::slice::from_mut(out));
        let sample = Tensor::raw(Some(&sample));
        call(|error| unsafe { sys::fv_transform_apply(self.0.get(), &sample, out, error) })
    }

    /// The same of an image file, decoded to the channels of the fitted shape.
    pub fn apply_image(&self, image: EncodedImage, out: &mut TensorMut) -> Result<()> {
        let out = TensorMut::as_mut_ptr(std::slice::from_mut(out));
        EncodedImage::with(&[image], |images| {
            call(|error| unsafe { sys::fv_transform_apply_image(self.0.get(), images.as_ptr(), out, error) })
        })
    }

    /// One list of its numbers.
    ///
    /// Errors: [`NotFound`](crate::ErrorCode::NotFound): it has none.
    pub fn values(&self, part: TransformPart) -> Result<Vec<f64>> {
        let info = self.info()?;
        let elements = info.sample_shape.iter().product::<usize>();
        let room = match part {
            TransformPart::Mean => info.means,
            TransformPart::Stddev => info.stddevs,
            TransformPart::Matrix if info.components > 0 => elements * elements,
            TransformPart::Matrix => 0,
            TransformPart::Eigenvalues => info.components,
        };
        let mut values = vec![0.0; room];
        let mut count = 0;
        TensorMut::fill(&mut values, |buffer| {
            call(|error| unsafe { sys::fv_transform_get(self.0.get(), part.raw(), buffer, error) })?;
            let raw = unsafe { &*buffer };
            count = shape_from_c(&raw.shape, raw.rank).iter().product();
            Ok(())
        })?;
        values.truncate(count);
        Ok(values)
    }

    /// All of it but whitening, which is [`Unsupported`](crate::ErrorCode::Unsupported) here.
    pub fn transform(&self) -> Result<Transform<'_>> {
        let mut raw = sys::fv_transform_desc::default();
        call(|error| unsafe { sys::fv_transform_get_desc(self.0.get(), &mut raw, error) })?;
        Ok(unsafe { Transform::from_raw(&raw) })
    }

    pub fn info(&self) -> Result<TransformInfo> {
        let mut info = sys::fv_transform_info::default();
        call(|error| unsafe { sys::fv_transform_get_info(self.0.get(), &mut info, error) })?;
        Ok(TransformInfo {
            sample_shape: shape_from_c(&info.sample_shape, info.sample_rank),
            means: info.means as usize,
            stddevs: info.stddevs as usize,
            components: info.components as usize,
            geometry: info.geometry != 0,
        })
    }
}

impl Model {
    /// The whole transform of one input.
    pub fn fitted_transform(&self, input: usize) -> Result<FittedTransform> {
        Handle::create(|out, error| unsafe { sys::fv_model_transform(self.0.get(), int(input), out, error) })
            .map(FittedTransform)
    }
}
