//! Activations: as the `activation` of another layer, or as layers of their own.

use crate::graph::{Graph, Node};
use crate::layers::Layer;
use crate::text::Text;
use fovea_sys as sys;

/// Elementwise activations. In a layer's field the ones with a constant take its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Activation {
    /// x
    #[default]
    Linear,
    /// max(0, x); its gradient at 0 is 0
    Relu,
    /// 1 / (1 + exp(-x))
    Sigmoid,
    /// (exp(x) - exp(-x)) / (exp(x) + exp(-x))
    Tanh,
    /// min(max(0, x), 6); its gradient at 0 and 6 is 0
    Relu6,
    /// x above 0, else 0.01 x
    LeakyRelu,
    /// x above 0, else exp(x) - 1
    Elu,
    /// 1.0507 (x above 0, else 1.6733 (exp(x) - 1))
    Selu,
    /// As ELU, whose alpha is 1 here
    Celu,
    /// x Phi(x), Phi the normal distribution function
    Gelu,
    /// 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))): close to GELU
    GeluTanh,
    /// x sigmoid(x), also called SiLU
    Swish,
    /// x min(max(x + 3, 0), 6) / 6
    HardSwish,
    /// min(max(x + 3, 0), 6) / 6
    HardSigmoid,
    /// x tanh(log(1 + exp(x)))
    Mish,
    /// log(1 + exp(x))
    Softplus,
}

impl Activation {
    pub(crate) fn raw(self) -> sys::fv_activation {
        match self {
            Activation::Linear => sys::FV_ACT_LINEAR,
            Activation::Relu => sys::FV_ACT_RELU,
            Activation::Sigmoid => sys::FV_ACT_SIGMOID,
            Activation::Tanh => sys::FV_ACT_TANH,
            Activation::Relu6 => sys::FV_ACT_RELU6,
            Activation::LeakyRelu => sys::FV_ACT_LEAKY_RELU,
            Activation::Elu => sys::FV_ACT_ELU,
            Activation::Selu => sys::FV_ACT_SELU,
            Activation::Celu => sys::FV_ACT_CELU,
            Activation::Gelu => sys::FV_ACT_GELU,
            Activation::GeluTanh => sys::FV_ACT_GELU_TANH,
            Activation::Swish => sys::FV_ACT_SWISH,
            Activation::HardSwish => sys::FV_ACT_HARD_SWISH,
            Activation::HardSigmoid => sys::FV_ACT_HARD_SIGMOID,
            Activation::Mish => sys::FV_ACT_MISH,
            Activation::Softplus => sys::FV_ACT_SOFTPLUS,
        }
    }
}

/// Which elements of a sample share a learned parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sharing {
    /// One parameter.
    #[default]
    All,
    /// One for each channel (the last axis).
    Channel,
    /// One for each element.
    None,
}

impl Sharing {
    fn raw(self) -> sys::fv_sharing {
        match self {
            Sharing::All => sys::FV_SHARE_ALL,
            Sharing::Channel => sys::FV_SHARE_CHANNEL,
            Sharing::None => sys::FV_SHARE_NONE,
        }
    }
}

/// See [`Graph::leaky_relu`].
#[derive(Clone, Copy, Debug, Default)]
pub struct LeakyRelu<'a> {
    pub name: &'a str,
    /// Below 0; 0: 0.01; [`ZERO`](crate::ZERO): 0; never negative.
    pub slope: f64,
}

/// See [`Graph::elu`] and [`Graph::celu`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Elu<'a> {
    pub name: &'a str,
    /// 0: 1; [`ZERO`](crate::ZERO): 0 (ELU only); never negative.
    pub alpha: f64,
}

/// See [`Graph::softplus`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Softplus<'a> {
    pub name: &'a str,
    /// 0: 1; above 0.
    pub beta: f64,
}

/// See [`Graph::prelu`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Prelu<'a> {
    pub name: &'a str,
    /// What it begins as; 0: 0.25; [`ZERO`](crate::ZERO): 0.
    pub slope: f64,
    pub sharing: Sharing,
}

/// See [`Graph::swish`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Swish<'a> {
    pub name: &'a str,
    /// Or what it begins as; 0: 1, SiLU; [`ZERO`](crate::ZERO): 0.
    pub beta: f64,
    /// Beta is a parameter.
    pub learned: bool,
    /// Of a learned beta.
    pub sharing: Sharing,
}

/// What each computes stands with [`Activation`], too. Elementwise, any shape.
impl Graph {
    /// max(0, x)
    pub fn relu(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_relu, x, desc)
    }

    /// min(max(0, x), 6)
    pub fn relu6(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_relu6, x, desc)
    }

    /// 1 / (1 + exp(-x))
    pub fn sigmoid(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_sigmoid, x, desc)
    }

    /// tanh(x)
    pub fn tanh(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_tanh, x, desc)
    }

    /// 1.0507 (x above 0, else 1.6733 (exp(x) - 1)): keeps mean 0 and variance 1
    pub fn selu(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_selu, x, desc)
    }

    /// x Phi(x), Phi the normal distribution function
    pub fn gelu(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_gelu, x, desc)
    }

    /// The approximation of [`gelu`](Graph::gelu) by a tanh
    pub fn gelu_tanh(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_gelu_tanh, x, desc)
    }

    /// x min(max(x + 3, 0), 6) / 6
    pub fn hard_swish(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_hard_swish, x, desc)
    }

    /// min(max(x + 3, 0), 6) / 6
    pub fn hard_sigmoid(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_hard_sigmoid, x, desc)
    }

    /// x tanh(log(1 + exp(x)))
    pub fn mish(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_mish, x, desc)
    }

    /// x above 0, else slope * x
    pub fn leaky_relu(&mut self, x: Node, desc: LeakyRelu) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw =
                sys::fv_leaky_relu_desc { name: name.as_ptr(), slope: desc.slope, ..Default::default() };
            Ok(unsafe { sys::fv_leaky_relu(graph, x.0, &raw) })
        })
    }

    /// x above 0, else alpha * (exp(x) - 1)
    pub fn elu(&mut self, x: Node, desc: Elu) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_elu_desc { name: name.as_ptr(), alpha: desc.alpha, ..Default::default() };
            Ok(unsafe { sys::fv_elu(graph, x.0, &raw) })
        })
    }

    /// x above 0, else alpha * (exp(x / alpha) - 1)
    pub fn celu(&mut self, x: Node, desc: Elu) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_elu_desc { name: name.as_ptr(), alpha: desc.alpha, ..Default::default() };
            Ok(unsafe { sys::fv_celu(graph, x.0, &raw) })
        })
    }

    /// log(1 + exp(beta * x)) / beta
    pub fn softplus(&mut self, x: Node, desc: Softplus) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_softplus_desc { name: name.as_ptr(), beta: desc.beta, ..Default::default() };
            Ok(unsafe { sys::fv_softplus(graph, x.0, &raw) })
        })
    }

    /// x above 0, else slope * x with a learned slope. Parameter: slope.
    pub fn prelu(&mut self, x: Node, desc: Prelu) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_prelu_desc {
                name: name.as_ptr(),
                slope: desc.slope,
                sharing: desc.sharing.raw(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_prelu(graph, x.0, &raw) })
        })
    }

    /// x * sigmoid(beta * x), with a beta that may be learned. Parameter: beta, where it is.
    pub fn swish(&mut self, x: Node, desc: Swish) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_swish_desc {
                name: name.as_ptr(),
                beta: desc.beta,
                learned: desc.learned.into(),
                sharing: desc.sharing.raw(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_swish(graph, x.0, &raw) })
        })
    }

    /// exp(x_i) / sum_j exp(x_j) over the last axis. For training take the logits as the model's first output: the
    /// softmax cross-entropy contains the softmax.
    pub fn softmax(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_softmax, x, desc)
    }

    /// x_i - log(sum_j exp(x_j)) over the last axis.
    pub fn log_softmax(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_log_softmax, x, desc)
    }
}
