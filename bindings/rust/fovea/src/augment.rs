//! Augmentation: images changed at random, so that a network sees each of them in many ways.

use crate::context::Context;
use crate::custom::answer;
use crate::dataset::Dataset;
use crate::error::call;
use crate::object::Handle;
use crate::panics::{drop_user, user};
use crate::tensor::{Element, Tensor, TensorMut};
use crate::text::{int, shape_from_c, Text};
use crate::transform::Interpolation;
use crate::{Error, ErrorCode, Result};
use fovea_sys as sys;
use std::fmt;
use std::os::raw::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;
use std::slice::from_raw_parts_mut;
use std::sync::Arc;

/// What a step does; `fovea/augment.h` says it exactly, with the draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AugmentKind {
    /// Left to right; probability 0.5 by default.
    HorizontalFlip,
    /// Top to bottom; probability 0.5 by default.
    VerticalFlip,
    /// A window of the size at a random place, after padding.
    Crop,
    /// The window of the size in the middle.
    CenterCrop,
    /// To the size; with width 0 the shorter side to the height.
    Resize,
    /// The shorter side to a number of the range (256 to 480), then a window of the size (224 x 224), as ResNet.
    ScaleCrop,
    /// A window of a share of the area (0.08 to 1) and a ratio (second range, 3/4 to 4/3), resized to the size.
    ResizedCrop,
    /// Degrees, counterclockwise.
    Rotation,
    /// To the right by the range, down by the second, in shares of the extents or in pixels.
    Shift,
    /// Degrees, horizontally of the range, vertically of the second.
    Shear,
    /// The view becomes a factor as large.
    Zoom,
    /// Likewise, width of the range, height of the second.
    Stretch,
    /// Corners move inwards by shares of half the extents (0 to 0.5).
    Perspective,
    /// k1 of the range (above 0: barrel), k2 of the second.
    Lens,
    /// alpha of the range (34), sigma of the second (4).
    Elastic,
    /// A factor.
    Brightness,
    /// A factor.
    Contrast,
    /// A factor.
    Saturation,
    /// A share of the circle.
    Hue,
    /// An exponent.
    Gamma,
    /// A number added to all values, as Keras.
    ChannelShift,
    /// Along the axes of [`colors`](AugmentStep::colors), with a deviation of the range (0.1).
    ColorOffset,
    /// Grey levels; probability 0.1 by default.
    Grey,
    /// sigma of the range (0.1 to 2).
    Blur,
    /// Normal noise with a deviation of the range.
    Noise,
    /// A window of the size becomes the fill value.
    Cutout,
    /// Likewise a window of a share of the area (0.02 to 0.33) and a ratio (0.3 to 3.3); probability 0.5 by default.
    Erasing,
    /// A factor.
    Sharpness,
    /// Bits that are kept.
    Posterize,
    /// Grey levels from which on values are inverted.
    Solarize,
    AutoContrast,
    Equalize,
    Invert,
    /// A number of steps of torchvision's list with one magnitude.
    RandAugment,
    /// One step of the wide list with a random magnitude.
    TrivialAugment,
    /// Values times the range's lower end, as `f32`.
    Rescale,
    /// The host's own: [`AugmentStep::callback`].
    Callback,
    /// The [`count`](AugmentStep::count) steps after it are done or left out together; probability 0.5 by default.
    RandomApply,
    /// One of the count steps after it is done.
    RandomChoice,
    /// The count steps after it in an order that is drawn.
    RandomOrder,
}

impl AugmentKind {
    fn raw(self) -> sys::fv_augment_step {
        match self {
            AugmentKind::HorizontalFlip => sys::FV_AUGMENT_HORIZONTAL_FLIP,
            AugmentKind::VerticalFlip => sys::FV_AUGMENT_VERTICAL_FLIP,
            AugmentKind::Crop => sys::FV_AUGMENT_CROP,
            AugmentKind::CenterCrop => sys::FV_AUGMENT_CENTER_CROP,
            AugmentKind::Resize => sys::FV_AUGMENT_RESIZE,
            AugmentKind::ScaleCrop => sys::FV_AUGMENT_SCALE_CROP,
            AugmentKind::ResizedCrop => sys::FV_AUGMENT_RESIZED_CROP,
            AugmentKind::Rotation => sys::FV_AUGMENT_ROTATION,
            AugmentKind::Shift => sys::FV_AUGMENT_SHIFT,
            AugmentKind::Shear => sys::FV_AUGMENT_SHEAR,
            AugmentKind::Zoom => sys::FV_AUGMENT_ZOOM,
            AugmentKind::Stretch => sys::FV_AUGMENT_STRETCH,
            AugmentKind::Perspective => sys::FV_AUGMENT_PERSPECTIVE,
            AugmentKind::Lens => sys::FV_AUGMENT_LENS,
            AugmentKind::Elastic => sys::FV_AUGMENT_ELASTIC,
            AugmentKind::Brightness => sys::FV_AUGMENT_BRIGHTNESS,
            AugmentKind::Contrast => sys::FV_AUGMENT_CONTRAST,
            AugmentKind::Saturation => sys::FV_AUGMENT_SATURATION,
            AugmentKind::Hue => sys::FV_AUGMENT_HUE,
            AugmentKind::Gamma => sys::FV_AUGMENT_GAMMA,
            AugmentKind::ChannelShift => sys::FV_AUGMENT_CHANNEL_SHIFT,
            AugmentKind::ColorOffset => sys::FV_AUGMENT_COLOR_OFFSET,
            AugmentKind::Grey => sys::FV_AUGMENT_GREY,
            AugmentKind::Blur => sys::FV_AUGMENT_BLUR,
            AugmentKind::Noise => sys::FV_AUGMENT_NOISE,
            AugmentKind::Cutout => sys::FV_AUGMENT_CUTOUT,
            AugmentKind::Erasing => sys::FV_AUGMENT_ERASING,
            AugmentKind::Sharpness => sys::FV_AUGMENT_SHARPNESS,
            AugmentKind::Posterize => sys::FV_AUGMENT_POSTERIZE,
            AugmentKind::Solarize => sys::FV_AUGMENT_SOLARIZE,
            AugmentKind::AutoContrast => sys::FV_AUGMENT_AUTO_CONTRAST,
            AugmentKind::Equalize => sys::FV_AUGMENT_EQUALIZE,
            AugmentKind::Invert => sys::FV_AUGMENT_INVERT,
            AugmentKind::RandAugment => sys::FV_AUGMENT_RAND_AUGMENT,
            AugmentKind::TrivialAugment => sys::FV_AUGMENT_TRIVIAL_AUGMENT,
            AugmentKind::Rescale => sys::FV_AUGMENT_RESCALE,
            AugmentKind::Callback => sys::FV_AUGMENT_CALLBACK,
            AugmentKind::RandomApply => sys::FV_AUGMENT_RANDOM_APPLY,
            AugmentKind::RandomChoice => sys::FV_AUGMENT_RANDOM_CHOICE,
            AugmentKind::RandomOrder => sys::FV_AUGMENT_RANDOM_ORDER,
        }
    }
}

/// What is beside the image `a b c d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FillMode {
    /// The fill value.
    #[default]
    Constant,
    /// `a a a | a b c d | d d d`.
    Nearest,
    /// `c b a | a b c d | d c b`.
    Reflect,
    /// `b c d | a b c d | a b c`.
    Wrap,
}

impl FillMode {
    fn raw(self) -> sys::fv_fill_mode {
        match self {
            FillMode::Constant => sys::FV_FILL_CONSTANT,
            FillMode::Nearest => sys::FV_FILL_NEAREST,
            FillMode::Reflect => sys::FV_FILL_REFLECT,
            FillMode::Wrap => sys::FV_FILL_WRAP,
        }
    }

    fn keras_name(self) -> &'static str {
        match self {
            FillMode::Constant => "constant",
            FillMode::Nearest => "nearest",
            FillMode::Reflect => "reflect",
            FillMode::Wrap => "wrap",
        }
    }
}

/// The principal axes of a training set's colors.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ColorAxes {
    /// `[channel][axis]`: unit vectors are its columns.
    pub axes: [f64; 9],
    /// Along the axes, of values in units of white; the largest first.
    pub variances: [f64; 3],
}

impl ColorAxes {
    /// Of up to `max_samples` (0: all) of a dataset's RGB images; `white`: the value of white in `f32` images.
    pub fn fit(dataset: &Dataset, max_samples: usize, white: f64) -> Result<Self> {
        let mut raw = sys::fv_color_axes::default();
        call(|error| unsafe {
            sys::fv_augmentation_fit_colors(dataset.0.get(), max_samples as i64, white, &mut raw, error)
        })?;
        Ok(ColorAxes { axes: raw.axes, variances: raw.variances })
    }
}

/// The pixels that a callback changes, `[height][width][channels]`.
#[derive(Debug)]
pub enum Pixels<'a> {
    U8(&'a mut [u8]),
    F32(&'a mut [f32]),
}

type Function = Arc<dyn Fn(&[usize], Pixels, u64) -> Result<()> + Send + Sync>;

/// A step of an [`Augmentation`]. What it has no use for stays as it is.
#[derive(Clone)]
pub struct AugmentStep {
    kind: AugmentKind,
    desc: sys::fv_augment_desc,
    function: Option<Function>,
    name: String,
}

// Its only pointers are filled in where a call needs them.
unsafe impl Send for AugmentStep {}
unsafe impl Sync for AugmentStep {}

impl fmt::Debug for AugmentStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AugmentStep").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A range whose two ends are 0 is C's default.
fn ends(low: f64, high: f64) -> (f64, f64) {
    if low == 0.0 && high == 0.0 {
        (sys::FV_ZERO, sys::FV_ZERO)
    } else {
        (low, high)
    }
}

impl AugmentStep {
    pub fn new(kind: AugmentKind) -> Self {
        let desc = sys::fv_augment_desc { step: kind.raw(), ..Default::default() };
        AugmentStep { kind, desc, function: None, name: String::new() }
    }

    /// A function that changes pixels in place: it is given their shape and a number drawn for this image. It runs on
    /// the threads of the context, several at once; an error, or a panic, fails the call that wanted the image. The name is
    /// part of the dataset's fingerprint.
    pub fn callback(
        name: &str,
        function: impl Fn(&[usize], Pixels, u64) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        let mut step = AugmentStep::new(AugmentKind::Callback);
        step.function = Some(Arc::new(function));
        step.name = name.into();
        step
    }

    /// Of being done.
    pub fn probability(mut self, probability: f64) -> Self {
        self.desc.probability = ends(probability, 0.0).0;
        self
    }

    pub fn range(mut self, low: f64, high: f64) -> Self {
        (self.desc.low, self.desc.high) = ends(low, high);
        self
    }

    pub fn second_range(mut self, low: f64, high: f64) -> Self {
        (self.desc.second_low, self.desc.second_high) = ends(low, high);
        self
    }

    pub fn size(mut self, height: usize, width: usize) -> Self {
        self.desc.size = [height as i64, width as i64];
        self
    }

    /// Of a crop, on each side.
    pub fn padding(mut self, padding: usize) -> Self {
        self.desc.padding = padding as i64;
        self
    }

    pub fn interpolation(mut self, interpolation: Interpolation) -> Self {
        self.desc.interpolation = interpolation.raw();
        self
    }

    /// The value is for [`FillMode::Constant`], cutout and erasing.
    pub fn fill(mut self, mode: FillMode, value: f64) -> Self {
        self.desc.fill_mode = mode.raw();
        self.desc.fill_value = value;
        self
    }

    /// A shift's ranges are pixels.
    pub fn in_pixels(mut self) -> Self {
        self.desc.pixels = 1;
        self
    }

    /// Erasing draws every value.
    pub fn random_fill(mut self) -> Self {
        self.desc.random_fill = 1;
        self
    }

    /// RandAugment's number of steps, and their magnitude of 0 to 30.
    pub fn policy(mut self, count: usize, magnitude: usize) -> Self {
        self.desc.count = int(count);
        self.desc.magnitude = if magnitude == 0 { -1 } else { int(magnitude) };
        self
    }

    /// How many of the steps after it a group is about.
    pub fn count(mut self, count: usize) -> Self {
        self.desc.count = int(count);
        self
    }

    pub fn colors(mut self, colors: ColorAxes) -> Self {
        self.desc.colors = sys::fv_color_axes { axes: colors.axes, variances: colors.variances };
        self
    }
}

/// The arguments of Keras's `ImageDataGenerator`, by their names and with their defaults. Its normalisation is the
/// model's: see [`Transform`](crate::Transform).
#[derive(Clone)]
pub struct ImageDataGenerator {
    /// Degrees.
    pub rotation_range: f64,
    /// Below 1 a share of the width, else pixels.
    pub width_shift_range: f64,
    pub height_shift_range: f64,
    pub brightness_range: Option<(f64, f64)>,
    /// Degrees.
    pub shear_range: f64,
    pub zoom_range: Option<(f64, f64)>,
    pub channel_shift_range: f64,
    pub fill_mode: FillMode,
    pub cval: f64,
    pub horizontal_flip: bool,
    pub vertical_flip: bool,
    /// 0: none; else the result is `f32`.
    pub rescale: f64,
    /// A step made by [`AugmentStep::callback`].
    pub preprocessing_function: Option<AugmentStep>,
    /// The value of white in `f32` images.
    pub white: f64,
}

impl Default for ImageDataGenerator {
    fn default() -> Self {
        ImageDataGenerator {
            rotation_range: 0.0,
            width_shift_range: 0.0,
            height_shift_range: 0.0,
            brightness_range: None,
            shear_range: 0.0,
            zoom_range: None,
            channel_shift_range: 0.0,
            fill_mode: FillMode::Nearest,
            cval: 0.0,
            horizontal_flip: false,
            vertical_flip: false,
            rescale: 0.0,
            preprocessing_function: None,
            white: 255.0,
        }
    }
}

/// Options of [`Augmentation::contact_sheet`].
#[derive(Clone, Copy, Debug, Default)]
pub struct ContactSheet {
    /// Of images; 0: 16.
    pub count: usize,
    /// 0: about as many as rows.
    pub columns: usize,
    /// Each value becomes zoom x zoom pixels; 0: chosen.
    pub zoom: usize,
    pub seed: u64,
}

/// An immutable pipeline of steps.
///
/// ```
/// use fovea::{AugmentKind, AugmentStep, Augmentation, Context, Dataset, Digits};
///
/// let context = Context::new(Default::default())?;
/// let steps = [
///     AugmentStep::new(AugmentKind::Crop).size(28, 28).padding(2),
///     AugmentStep::new(AugmentKind::Rotation).range(-10.0, 10.0),
/// ];
/// let augmentation = Augmentation::new(&context, &steps, 1.0)?;
/// let data = Dataset::digits(&context, Digits { count: 10, ..Default::default() })?;
/// let augmented = data.augment(&augmentation)?;
/// assert_eq!(augmented.info()?.shape, [28, 28, 1]);
/// # Ok::<(), fovea::Error>(())
/// ```
#[derive(Debug)]
pub struct Augmentation(pub(crate) Handle<sys::fv_augmentation>);

impl Augmentation {
    /// `white`: the value of white in `f32` images.
    pub fn new(context: &Context, steps: &[AugmentStep], white: f64) -> Result<Self> {
        let names = steps.iter().map(|step| Text::optional(&step.name)).collect::<Result<Vec<_>>>()?;
        let mut descs = Vec::with_capacity(steps.len());
        for (step, name) in steps.iter().zip(&names) {
            let mut desc = sys::fv_augment_desc { name: name.as_ptr(), ..step.desc };
            if let Some(function) = &step.function {
                desc.function = Some(augment);
                desc.user = user(function.clone());
                desc.drop = Some(drop_user::<Function>);
            }
            descs.push(desc);
        }
        let pointers: Vec<_> = descs.iter().map(|desc| desc as *const sys::fv_augment_desc).collect();
        let desc = sys::fv_augmentation_desc { white, ..Default::default() };
        Handle::create(|out, error| unsafe {
            let (first, count) = (pointers.as_ptr(), pointers.len());
            sys::fv_augmentation_create(context.0.get(), first, count, &desc, out, error)
        })
        .map(Augmentation)
    }

    /// The pipeline of Keras's generator.
    pub fn from_keras(context: &Context, options: &ImageDataGenerator) -> Result<Self> {
        let fill_mode = Text::required(options.fill_mode.keras_name())?;
        let brightness = options.brightness_range.unwrap_or_default();
        let zoom = options.zoom_range.unwrap_or_default();
        let mut desc = sys::fv_image_data_generator_desc {
            rotation_range: options.rotation_range,
            width_shift_range: options.width_shift_range,
            height_shift_range: options.height_shift_range,
            brightness_range: [brightness.0, brightness.1],
            shear_range: options.shear_range,
            zoom_range: [zoom.0, zoom.1],
            channel_shift_range: options.channel_shift_range,
            fill_mode: fill_mode.as_ptr(),
            cval: options.cval,
            horizontal_flip: options.horizontal_flip.into(),
            vertical_flip: options.vertical_flip.into(),
            rescale: options.rescale,
            white: options.white,
            ..Default::default()
        };
        if let Some(function) =
            options.preprocessing_function.as_ref().and_then(|step| step.function.as_ref())
        {
            desc.preprocessing_function = Some(augment);
            desc.user = user(function.clone());
            desc.drop = Some(drop_user::<Function>);
        }
        Handle::create(|out, error| unsafe {
            sys::fv_augmentation_from_keras(context.0.get(), &desc, out, error)
        })
        .map(Augmentation)
    }

    /// What it makes of an image `[height][width][channels]` as the training with `seed` has it at `position` of
    /// `epoch`; gives the shape.
    pub fn apply<T: Element>(
        &self,
        image: Tensor,
        seed: u64,
        epoch: usize,
        position: usize,
        out: &mut [T],
    ) -> Result<Vec<usize>> {
        let image = Tensor::raw(Some(&image));
        TensorMut::fill(out, |buffer| {
            call(|error| unsafe {
                let (epoch, position) = (epoch as i64, position as i64);
                sys::fv_augmentation_apply(self.0.get(), &image, seed, epoch, position, buffer, error)
            })
        })
    }

    /// The shape, `[height, width, channels]`, that images of a shape come out with.
    pub fn shape(&self, shape: [usize; 3]) -> Result<[usize; 3]> {
        let given = shape.map(|extent| extent as i64);
        let mut made = [0; 3];
        call(|error| unsafe {
            sys::fv_augmentation_shape(self.0.get(), given.as_ptr(), made.as_mut_ptr(), error)
        })?;
        Ok(made.map(|extent| extent as usize))
    }

    /// Draws one image as it makes it at positions 0, 1, 2, ... into a PNG file, for a person to look at.
    pub fn contact_sheet(&self, image: Tensor, options: ContactSheet, path: impl AsRef<Path>) -> Result<()> {
        let (path, image) = (Text::path(path.as_ref())?, Tensor::raw(Some(&image)));
        let desc = sys::fv_contact_sheet_desc {
            count: int(options.count),
            columns: int(options.columns),
            zoom: int(options.zoom),
            seed: options.seed,
            ..Default::default()
        };
        call(|error| unsafe {
            sys::fv_augmentation_contact_sheet(self.0.get(), &image, &desc, path.as_ptr(), error)
        })
    }
}

impl Dataset {
    /// Its images as the pipeline makes them: drawn anew in every epoch of a training; read otherwise, sample i is
    /// always the same.
    pub fn augment(&self, augmentation: &Augmentation) -> Result<Dataset> {
        Handle::create(|out, error| unsafe {
            sys::fv_dataset_augment(self.0.get(), augmentation.0.get(), out, error)
        })
        .map(Dataset)
    }
}

unsafe extern "C" fn augment(
    user: *mut c_void,
    image: *mut sys::fv_buffer,
    random: u64,
    error: *mut sys::fv_error,
) -> sys::fv_status {
    let (function, image) = (&*user.cast::<Function>(), &*image);
    answer(error, || {
        let shape = shape_from_c(&image.shape, image.rank);
        let count: usize = shape.iter().product();
        let pixels = match image.dtype {
            sys::FV_U8 => Pixels::U8(from_raw_parts_mut(image.data.cast(), count)),
            _ => Pixels::F32(from_raw_parts_mut(image.data.cast(), count)),
        };
        // The thread may be the library's: a panic cannot go on where the call was made.
        catch_unwind(AssertUnwindSafe(|| function(&shape, pixels, random)))
            .unwrap_or_else(|_| Err(Error::new(ErrorCode::Internal, "it panicked")))
    })
}
