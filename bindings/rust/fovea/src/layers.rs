//! Layers: one method of the graph and one descriptor for each.

use crate::activations::Activation;
use crate::graph::{Graph, Node};
use crate::text::{extents, shape_to_c, Text};
use crate::Error;
use fovea_sys as sys;
use std::ptr::null;

/// Where the numbers of a parameter begin. Fan-in of a kernel is the number of inputs that one output sees, fan-out
/// likewise. Zeros mean the defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Initializer {
    /// He normal in front of a ReLU and its kin, Glorot uniform elsewhere; zeros for a bias.
    #[default]
    Automatic,
    Zeros,
    Constant(f64),
    /// stddev 0: 0.01
    Normal {
        mean: f64,
        stddev: f64,
    },
    /// Both 0: -0.05 to 0.05.
    Uniform {
        low: f64,
        high: f64,
    },
    /// stddev = gain * sqrt(2 / (fan_in + fan_out)); gain 0: 1, here and below
    GlorotNormal {
        gain: f64,
    },
    /// U(-a, a), a = gain * sqrt(6 / (fan_in + fan_out))
    GlorotUniform {
        gain: f64,
    },
    /// stddev = gain * sqrt(2 / fan_in)
    HeNormal {
        gain: f64,
    },
    /// U(-a, a), a = gain * sqrt(6 / fan_in)
    HeUniform {
        gain: f64,
    },
    /// What lies beyond 2 stddev is drawn again; stddev 0: 0.01.
    TruncatedNormal {
        mean: f64,
        stddev: f64,
    },
    /// stddev = gain * sqrt(1 / fan_in)
    LecunNormal {
        gain: f64,
    },
    /// U(-a, a), a = gain * sqrt(3 / fan_in)
    LecunUniform {
        gain: f64,
    },
    /// As `HeNormal`, with fan-out
    HeNormalOut {
        gain: f64,
    },
    /// As `HeUniform`, with fan-out
    HeUniformOut {
        gain: f64,
    },
    /// Orthonormal columns, or rows where these are fewer, times gain
    Orthogonal {
        gain: f64,
    },
    /// Gain where output channel = input channel, in a convolution at the centre
    Identity {
        gain: f64,
    },
    /// Sussillo and Abbott 2014
    RandomWalk {
        gain: f64,
    },
}

impl Initializer {
    pub(crate) fn raw(self) -> sys::fv_initializer_desc {
        let zero = sys::fv_initializer_desc::default();
        match self {
            Initializer::Automatic => sys::fv_initializer_desc { kind: sys::FV_INIT_AUTOMATIC, ..zero },
            Initializer::Zeros => sys::fv_initializer_desc { kind: sys::FV_INIT_ZEROS, ..zero },
            Initializer::Constant(value) => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_CONSTANT, value, ..zero }
            }
            Initializer::Normal { mean, stddev } => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_NORMAL, mean, stddev, ..zero }
            }
            Initializer::Uniform { low, high } => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_UNIFORM, low, high, ..zero }
            }
            Initializer::GlorotNormal { gain } => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_GLOROT_NORMAL, gain, ..zero }
            }
            Initializer::GlorotUniform { gain } => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_GLOROT_UNIFORM, gain, ..zero }
            }
            Initializer::HeNormal { gain } => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_HE_NORMAL, gain, ..zero }
            }
            Initializer::HeUniform { gain } => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_HE_UNIFORM, gain, ..zero }
            }
            Initializer::TruncatedNormal { mean, stddev } => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_TRUNCATED_NORMAL, mean, stddev, ..zero }
            }
            Initializer::LecunNormal { gain } => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_LECUN_NORMAL, gain, ..zero }
            }
            Initializer::LecunUniform { gain } => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_LECUN_UNIFORM, gain, ..zero }
            }
            Initializer::HeNormalOut { gain } => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_HE_NORMAL_OUT, gain, ..zero }
            }
            Initializer::HeUniformOut { gain } => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_HE_UNIFORM_OUT, gain, ..zero }
            }
            Initializer::Orthogonal { gain } => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_ORTHOGONAL, gain, ..zero }
            }
            Initializer::Identity { gain } => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_IDENTITY, gain, ..zero }
            }
            Initializer::RandomWalk { gain } => {
                sys::fv_initializer_desc { kind: sys::FV_INIT_RANDOM_WALK, gain, ..zero }
            }
        }
    }
}

/// A penalty on a parameter tensor, or on a layer's output (the mean over the batch), added to the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Regularizer {
    /// False: l2 / 2 * sum w^2 (gradient l2 * w, as weight decay); true: l2 * sum w^2 (Keras).
    pub full_square: bool,
    /// At least 0; 0: no penalty.
    pub l2: f64,
    /// l1 * sum |w|, likewise.
    pub l1: f64,
}

impl Regularizer {
    fn raw(self) -> sys::fv_regularizer_desc {
        sys::fv_regularizer_desc {
            full_square: self.full_square.into(),
            l2: self.l2,
            l1: self.l1,
            ..Default::default()
        }
    }
}

/// What surrounds an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Padding {
    /// Top, bottom, left, right.
    Explicit([usize; 4]),
    /// Output extent = ceil(input / stride); an odd cell goes to the bottom and right.
    Same,
}

impl Padding {
    /// None at all.
    pub const VALID: Padding = Padding::Explicit([0; 4]);

    pub(crate) fn raw(self) -> (sys::fv_padding, [i64; 4]) {
        match self {
            Padding::Explicit(pad) => (sys::FV_PAD_EXPLICIT, extents(pad)),
            Padding::Same => (sys::FV_PAD_SAME, [0; 4]),
        }
    }
}

impl Default for Padding {
    /// [`VALID`](Padding::VALID).
    fn default() -> Self {
        Padding::VALID
    }
}

/// How a convolution computes. All give the same result up to rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ConvAlgorithm {
    /// By shape, the fastest as measured.
    #[default]
    Automatic,
    /// One matrix product; 1x1, stride 1, no padding, one group.
    Gemm,
    /// Blocks of rows unfolded, then matrix products; any shape.
    Im2col,
    /// SIMD straight from the image rows; any shape.
    Direct,
    /// One group per input channel.
    Depthwise,
    /// F(4x4, 3x3), a quarter of the multiplications, several times the rounding error; 3x3, stride 1, dilation 1,
    /// one group.
    Winograd,
}

impl ConvAlgorithm {
    pub(crate) fn raw(self) -> sys::fv_conv_algorithm {
        match self {
            ConvAlgorithm::Automatic => sys::FV_CONV_AUTOMATIC,
            ConvAlgorithm::Gemm => sys::FV_CONV_GEMM,
            ConvAlgorithm::Im2col => sys::FV_CONV_IM2COL,
            ConvAlgorithm::Direct => sys::FV_CONV_DIRECT,
            ConvAlgorithm::Depthwise => sys::FV_CONV_DEPTHWISE,
            ConvAlgorithm::Winograd => sys::FV_CONV_WINOGRAD,
        }
    }
}

/// The descriptor of layers that need nothing but a name. Names are unique in a graph; an empty one, here and in all
/// descriptors, lets the graph number the kind ("conv2d_1").
#[derive(Clone, Copy, Debug, Default)]
pub struct Layer<'a> {
    pub name: &'a str,
}

/// A place where the host's data enter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Input<'a> {
    pub name: &'a str,
    /// Required: of one sample.
    pub shape: &'a [usize],
}

/// 2-D convolution: see [`Graph::conv2d`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Conv2d<'a> {
    pub name: &'a str,
    /// Required: output channels.
    pub filters: usize,
    /// Required: height, width; a second 0 repeats the first, here and below.
    pub kernel: [usize; 2],
    /// 0: 1.
    pub strides: [usize; 2],
    /// 0: 1.
    pub dilation: [usize; 2],
    /// 0: 1. Divides the input channels and the filters.
    pub groups: usize,
    pub padding: Padding,
    pub no_bias: bool,
    /// Applied to the output.
    pub activation: Activation,
    pub algorithm: ConvAlgorithm,
    pub kernel_initializer: Initializer,
    pub bias_initializer: Initializer,
    pub kernel_regularizer: Regularizer,
    pub bias_regularizer: Regularizer,
    /// Of the output, after the activation.
    pub activity_regularizer: Regularizer,
    /// Probability of dropping a weight of the kernel in a training step, [0, 1).
    pub drop_connect: f64,
}

/// Fully connected: see [`Graph::dense`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Dense<'a> {
    pub name: &'a str,
    /// Required.
    pub units: usize,
    pub no_bias: bool,
    pub activation: Activation,
    pub kernel_initializer: Initializer,
    pub bias_initializer: Initializer,
    pub kernel_regularizer: Regularizer,
    pub bias_regularizer: Regularizer,
    /// Of the output, after the activation.
    pub activity_regularizer: Regularizer,
    /// Probability of dropping a weight of the kernel in a training step, [0, 1).
    pub drop_connect: f64,
}

/// The window of [`Graph::max_pool2d`] and [`Graph::average_pool2d`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Pool2d<'a> {
    pub name: &'a str,
    /// 0: 2.
    pub size: [usize; 2],
    /// 0: the size.
    pub strides: [usize; 2],
    /// Explicit: each side at most half the window.
    pub padding: Padding,
    /// A last window may reach over the edge; it must start inside the image or the top or left padding.
    pub ceil_mode: bool,
    /// Average only: divides by the cells inside the image, instead of by all but those that `ceil_mode` adds.
    pub exclude_padding: bool,
}

/// Batch normalisation: see [`Graph::batch_norm`].
#[derive(Clone, Copy, Debug, Default)]
pub struct BatchNorm<'a> {
    pub name: &'a str,
    /// running = (1 - momentum) * running + momentum * batch; 0: 0.1; [`ZERO`](crate::ZERO): never moves; at most 1.
    pub momentum: f64,
    /// More than 0; 0: 1e-5.
    pub epsilon: f64,
    /// No gamma.
    pub no_scale: bool,
    /// No beta.
    pub no_center: bool,
    /// False: the running variance takes the sample variance (/ (n - 1), PyTorch); true: / n (Keras).
    pub biased_running_variance: bool,
}

/// Dropout: see [`Graph::dropout`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Dropout<'a> {
    pub name: &'a str,
    /// Probability of dropping, [0, 1); 0: 0.5; [`ZERO`](crate::ZERO): none.
    pub rate: f64,
    /// False: kept values are divided by 1 - rate in training; true: values are multiplied by 1 - rate at test.
    pub scale_at_test: bool,
}

/// How a parameter begins and what it costs, as C has it: NULL where it is the default.
pub(crate) struct Parameter {
    initializer: Option<sys::fv_initializer_desc>,
    regularizer: Option<sys::fv_regularizer_desc>,
}

impl Parameter {
    pub(crate) fn new(initializer: Initializer, regularizer: Regularizer) -> Self {
        Parameter {
            initializer: Some(initializer).filter(|i| *i != Initializer::default()).map(Initializer::raw),
            regularizer: Some(regularizer).filter(|r| *r != Regularizer::default()).map(Regularizer::raw),
        }
    }

    pub(crate) fn initializer(&self) -> *const sys::fv_initializer_desc {
        self.initializer.as_ref().map_or(null(), |desc| desc)
    }

    pub(crate) fn regularizer(&self) -> *const sys::fv_regularizer_desc {
        self.regularizer.as_ref().map_or(null(), |desc| desc)
    }
}

/// A node function of layers that need nothing but a name.
pub(crate) type NamedFn =
    unsafe extern "C" fn(*mut sys::fv_graph, sys::fv_node, *const sys::fv_layer_desc) -> sys::fv_node;
type Pool2dFn =
    unsafe extern "C" fn(*mut sys::fv_graph, sys::fv_node, *const sys::fv_pool2d_desc) -> sys::fv_node;

/// Shapes are those of one sample; the batch is implied and in front. H x W x C is height, width, channels. Parameters
/// are called name.kernel and so on.
impl Graph {
    /// A place where the host's data enter. Inputs are numbered in the order of their creation.
    pub fn input(&mut self, desc: Input) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            // A zero ends the shape in C.
            if desc.shape.contains(&0) {
                return Err(Error::invalid(format!("input {:?}: the shape is {:?}", desc.name, desc.shape)));
            }
            let raw = sys::fv_input_desc {
                name: name.as_ptr(),
                shape: shape_to_c(desc.shape, "the input")?,
                ..Default::default()
            };
            Ok(unsafe { sys::fv_input(graph, &raw) })
        })
    }

    /// 2-D convolution (cross-correlation): H x W x C -> OH x OW x filters.
    ///
    /// Parameters: kernel `[kh][kw][C/groups][filters]`, bias `[filters]`. Refused: no filters or kernel, groups that
    /// do not divide, an empty output, an algorithm that cannot serve the shape.
    pub fn conv2d(&mut self, x: Node, desc: Conv2d) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let (padding, pad) = desc.padding.raw();
            let kernel = Parameter::new(desc.kernel_initializer, desc.kernel_regularizer);
            let bias = Parameter::new(desc.bias_initializer, desc.bias_regularizer);
            let activity = desc.activity_regularizer.raw();
            let raw = sys::fv_conv2d_desc {
                name: name.as_ptr(),
                filters: desc.filters as i64,
                kernel: extents(desc.kernel),
                strides: extents(desc.strides),
                dilation: extents(desc.dilation),
                groups: desc.groups as i64,
                padding,
                no_bias: desc.no_bias.into(),
                pad,
                activation: desc.activation.raw(),
                algorithm: desc.algorithm.raw(),
                kernel_initializer: kernel.initializer(),
                bias_initializer: bias.initializer(),
                kernel_regularizer: kernel.regularizer(),
                bias_regularizer: bias.regularizer(),
                activity_regularizer: &activity,
                drop_connect: desc.drop_connect,
                ..Default::default()
            };
            Ok(unsafe { sys::fv_conv2d(graph, x.0, &raw) })
        })
    }

    /// Fully connected: y = activation(x W + b), N -> units. x must be flat (see [`flatten`](Graph::flatten)).
    ///
    /// Parameters: kernel `[N][units]`, bias `[units]`.
    pub fn dense(&mut self, x: Node, desc: Dense) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let kernel = Parameter::new(desc.kernel_initializer, desc.kernel_regularizer);
            let bias = Parameter::new(desc.bias_initializer, desc.bias_regularizer);
            let activity = desc.activity_regularizer.raw();
            let raw = sys::fv_dense_desc {
                name: name.as_ptr(),
                units: desc.units as i64,
                no_bias: desc.no_bias.into(),
                activation: desc.activation.raw(),
                kernel_initializer: kernel.initializer(),
                bias_initializer: bias.initializer(),
                kernel_regularizer: kernel.regularizer(),
                bias_regularizer: bias.regularizer(),
                activity_regularizer: &activity,
                drop_connect: desc.drop_connect,
                ..Default::default()
            };
            Ok(unsafe { sys::fv_dense(graph, x.0, &raw) })
        })
    }

    /// The largest value of each window, for each channel. Padding never wins; the gradient goes to the first maximum
    /// in row order; NaN wins.
    pub fn max_pool2d(&mut self, x: Node, desc: Pool2d) -> Node {
        self.pool2d(sys::fv_max_pool2d, x, desc)
    }

    /// The mean of each window, for each channel.
    pub fn average_pool2d(&mut self, x: Node, desc: Pool2d) -> Node {
        self.pool2d(sys::fv_average_pool2d, x, desc)
    }

    /// The mean over the image: H x W x C -> C.
    pub fn global_average_pool2d(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_global_average_pool2d, x, desc)
    }

    /// y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, for each channel (the last axis). Training takes mean
    /// and variance of the batch and moves the running ones; inference takes the running ones.
    ///
    /// Parameters: gamma `[C]`, beta `[C]`; state: running_mean `[C]`, running_var `[C]`.
    pub fn batch_norm(&mut self, x: Node, desc: BatchNorm) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_batch_norm_desc {
                name: name.as_ptr(),
                momentum: desc.momentum,
                epsilon: desc.epsilon,
                no_scale: desc.no_scale.into(),
                no_center: desc.no_center.into(),
                biased_running_variance: desc.biased_running_variance.into(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_batch_norm(graph, x.0, &raw) })
        })
    }

    /// Sets each element to zero with probability `rate` in training, does nothing at inference.
    pub fn dropout(&mut self, x: Node, desc: Dropout) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_dropout_desc {
                name: name.as_ptr(),
                rate: desc.rate,
                scale_at_test: desc.scale_at_test.into(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_dropout(graph, x.0, &raw) })
        })
    }

    pub(crate) fn named(&mut self, function: NamedFn, x: Node, desc: Layer) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_layer_desc { name: name.as_ptr(), ..Default::default() };
            Ok(unsafe { function(graph, x.0, &raw) })
        })
    }

    fn pool2d(&mut self, function: Pool2dFn, x: Node, desc: Pool2d) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let (padding, pad) = desc.padding.raw();
            let raw = sys::fv_pool2d_desc {
                name: name.as_ptr(),
                size: extents(desc.size),
                strides: extents(desc.strides),
                padding,
                ceil_mode: desc.ceil_mode.into(),
                pad,
                exclude_padding: desc.exclude_padding.into(),
                ..Default::default()
            };
            Ok(unsafe { function(graph, x.0, &raw) })
        })
    }
}
