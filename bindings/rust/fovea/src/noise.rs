//! Regularisation by noise, maxout, and blocks of several nodes.

use crate::graph::{Graph, Node};
use crate::text::Text;
use fovea_sys as sys;

/// Dropout of whole channels: see [`Graph::spatial_dropout`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SpatialDropout<'a> {
    pub name: &'a str,
    /// [0, 1); 0: 0.5.
    pub rate: f64,
}

/// Stochastic depth: see [`Graph::stochastic_depth`].
#[derive(Clone, Copy, Debug, Default)]
pub struct StochasticDepth<'a> {
    pub name: &'a str,
    /// [0, 1); 0: 0.5.
    pub rate: f64,
    /// One draw for the batch, instead of one for each sample.
    pub whole_batch: bool,
}

/// Gaussian noise: see [`Graph::gaussian_noise`].
#[derive(Clone, Copy, Debug, Default)]
pub struct GaussianNoise<'a> {
    pub name: &'a str,
    /// 0: 0.1.
    pub stddev: f64,
}

/// Maxout: see [`Graph::maxout`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Maxout<'a> {
    pub name: &'a str,
    /// 0: 2; divides the channels.
    pub pieces: usize,
}

/// Squeeze-and-excitation: see [`Graph::squeeze_excite`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SqueezeExcite<'a> {
    pub name: &'a str,
    /// The bottleneck has C / ratio units; 0: 16.
    pub ratio: usize,
    /// Or its units themselves.
    pub squeeze: usize,
}

/// A non-local block: see [`Graph::non_local`].
#[derive(Clone, Copy, Debug, Default)]
pub struct NonLocal<'a> {
    pub name: &'a str,
    /// Of the embeddings; 0: C / 2.
    pub channels: usize,
}

impl Graph {
    /// Sets whole channels of an image to zero in training; the others are divided by 1 - rate.
    pub fn spatial_dropout(&mut self, x: Node, desc: SpatialDropout) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw =
                sys::fv_spatial_dropout_desc { name: name.as_ptr(), rate: desc.rate, ..Default::default() };
            Ok(unsafe { sys::fv_spatial_dropout(graph, x.0, &raw) })
        })
    }

    /// Sets whole samples to zero in training (drop path); the others are divided by 1 - rate.
    pub fn stochastic_depth(&mut self, x: Node, desc: StochasticDepth) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_stochastic_depth_desc {
                name: name.as_ptr(),
                rate: desc.rate,
                whole_batch: desc.whole_batch.into(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_stochastic_depth(graph, x.0, &raw) })
        })
    }

    /// Adds N(0, stddev^2) in training.
    pub fn gaussian_noise(&mut self, x: Node, desc: GaussianNoise) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_gaussian_noise_desc {
                name: name.as_ptr(),
                stddev: desc.stddev,
                ..Default::default()
            };
            Ok(unsafe { sys::fv_gaussian_noise(graph, x.0, &raw) })
        })
    }

    /// The largest of `pieces` channels, j * units + u for unit u.
    pub fn maxout(&mut self, x: Node, desc: Maxout) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw =
                sys::fv_maxout_desc { name: name.as_ptr(), pieces: desc.pieces as i64, ..Default::default() };
            Ok(unsafe { sys::fv_maxout(graph, x.0, &raw) })
        })
    }

    /// x * sigmoid(W2 relu(W1 mean(x) + b1) + b2): a block of several nodes.
    pub fn squeeze_excite(&mut self, x: Node, desc: SqueezeExcite) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_squeeze_excite_desc {
                name: name.as_ptr(),
                ratio: desc.ratio as i64,
                squeeze: desc.squeeze as i64,
                ..Default::default()
            };
            Ok(unsafe { sys::fv_squeeze_excite(graph, x.0, &raw) })
        })
    }

    /// x + out(softmax(theta(x) phi(x)') g(x)): a block of several nodes, which begins as the identity.
    pub fn non_local(&mut self, x: Node, desc: NonLocal) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_non_local_desc {
                name: name.as_ptr(),
                channels: desc.channels as i64,
                ..Default::default()
            };
            Ok(unsafe { sys::fv_non_local(graph, x.0, &raw) })
        })
    }
}
