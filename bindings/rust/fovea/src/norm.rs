//! Normalisation within each sample.

use crate::graph::{Graph, Node};
use crate::text::Text;
use fovea_sys as sys;

/// Layer normalisation: see [`Graph::layer_norm`].
#[derive(Clone, Copy, Debug, Default)]
pub struct LayerNorm<'a> {
    pub name: &'a str,
    /// How many of the last axes are normalised together; 0: 1, the channels.
    pub axes: usize,
    /// 0: 1e-5; above 0.
    pub epsilon: f64,
    /// No gamma.
    pub no_scale: bool,
    /// No beta.
    pub no_center: bool,
}

/// Group normalisation: see [`Graph::group_norm`].
#[derive(Clone, Copy, Debug, Default)]
pub struct GroupNorm<'a> {
    pub name: &'a str,
    /// Required; divides the channels.
    pub groups: usize,
    /// 0: 1e-5; above 0.
    pub epsilon: f64,
    /// No gamma.
    pub no_scale: bool,
    /// No beta.
    pub no_center: bool,
}

/// Instance normalisation: see [`Graph::instance_norm`].
#[derive(Clone, Copy, Debug, Default)]
pub struct InstanceNorm<'a> {
    pub name: &'a str,
    /// 0: 1e-5; above 0.
    pub epsilon: f64,
    /// With gamma and beta.
    pub affine: bool,
}

/// Local response normalisation: see [`Graph::local_response_norm`].
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalResponseNorm<'a> {
    pub name: &'a str,
    /// Channels of the sum; 0: 5.
    pub size: usize,
    /// 0: 2.
    pub k: f64,
    /// 0: 1e-4.
    pub alpha: f64,
    /// 0: 0.75.
    pub beta: f64,
    /// alpha / size in the place of alpha (PyTorch, Caffe).
    pub divide_alpha: bool,
}

impl Graph {
    /// y = gamma * (x - mean) / sqrt(variance + epsilon) + beta over the last axes of each sample. Parameters: gamma, beta.
    pub fn layer_norm(&mut self, x: Node, desc: LayerNorm) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_layer_norm_desc {
                name: name.as_ptr(),
                axes: desc.axes as i64,
                epsilon: desc.epsilon,
                no_scale: desc.no_scale.into(),
                no_center: desc.no_center.into(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_layer_norm(graph, x.0, &raw) })
        })
    }

    /// The same over the image and the channels of each group. Parameters: gamma, beta.
    pub fn group_norm(&mut self, x: Node, desc: GroupNorm) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_group_norm_desc {
                name: name.as_ptr(),
                groups: desc.groups as i64,
                epsilon: desc.epsilon,
                no_scale: desc.no_scale.into(),
                no_center: desc.no_center.into(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_group_norm(graph, x.0, &raw) })
        })
    }

    /// The same over the image for each channel.
    pub fn instance_norm(&mut self, x: Node, desc: InstanceNorm) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_instance_norm_desc {
                name: name.as_ptr(),
                epsilon: desc.epsilon,
                affine: desc.affine.into(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_instance_norm(graph, x.0, &raw) })
        })
    }

    /// y_i = x_i / (k + alpha * sum of x_j^2 over neighbouring channels)^beta.
    pub fn local_response_norm(&mut self, x: Node, desc: LocalResponseNorm) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_local_response_norm_desc {
                name: name.as_ptr(),
                size: desc.size as i64,
                k: desc.k,
                alpha: desc.alpha,
                beta: desc.beta,
                divide_alpha: desc.divide_alpha.into(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_local_response_norm(graph, x.0, &raw) })
        })
    }
}
