//! The convolution's kin.

use crate::activations::Activation;
use crate::graph::{Graph, Node};
use crate::layers::{ConvAlgorithm, Initializer, Padding, Parameter, Regularizer};
use crate::text::{extents, Text};
use fovea_sys as sys;

/// Transposed convolution: see [`Graph::transposed_conv2d`].
#[derive(Clone, Copy, Debug, Default)]
pub struct TransposedConv2d<'a> {
    pub name: &'a str,
    /// Required: output channels.
    pub filters: usize,
    /// Required: height, width; a second 0 repeats the first, here and below.
    pub kernel: [usize; 2],
    /// 0: 1.
    pub strides: [usize; 2],
    /// 0: 1.
    pub dilation: [usize; 2],
    /// 0: 1.
    pub groups: usize,
    /// Cells taken off the output.
    pub pad: [usize; 4],
    /// Rows and columns more at the bottom and right.
    pub output_padding: [usize; 2],
    /// No bias.
    pub no_bias: bool,
    /// One whose derivative follows from its output.
    pub activation: Activation,
    /// Of the convolution that it is the transpose of.
    pub algorithm: ConvAlgorithm,
    pub kernel_initializer: Initializer,
    pub bias_initializer: Initializer,
    pub kernel_regularizer: Regularizer,
    pub bias_regularizer: Regularizer,
}

/// Depthwise convolution: see [`Graph::depthwise_conv2d`].
#[derive(Clone, Copy, Debug, Default)]
pub struct DepthwiseConv2d<'a> {
    pub name: &'a str,
    /// Filters for each channel; 0: 1.
    pub multiplier: usize,
    /// Required.
    pub kernel: [usize; 2],
    /// 0: 1.
    pub strides: [usize; 2],
    /// 0: 1.
    pub dilation: [usize; 2],
    pub padding: Padding,
    /// No bias.
    pub no_bias: bool,
    /// Applied to the output.
    pub activation: Activation,
    pub kernel_initializer: Initializer,
    pub bias_initializer: Initializer,
    pub kernel_regularizer: Regularizer,
    pub bias_regularizer: Regularizer,
}

/// Separable convolution: see [`Graph::separable_conv2d`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SeparableConv2d<'a> {
    pub name: &'a str,
    /// Required: of the 1 x 1 convolution.
    pub filters: usize,
    /// Of the depthwise one; 0: 1.
    pub multiplier: usize,
    /// Required.
    pub kernel: [usize; 2],
    /// 0: 1.
    pub strides: [usize; 2],
    /// 0: 1.
    pub dilation: [usize; 2],
    pub padding: Padding,
    /// No bias.
    pub no_bias: bool,
    /// Applied to the output.
    pub activation: Activation,
}

/// A convolution with weights of its own at each place: see [`Graph::local_conv2d`].
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalConv2d<'a> {
    pub name: &'a str,
    /// Required.
    pub filters: usize,
    /// Required.
    pub kernel: [usize; 2],
    /// 0: 1.
    pub strides: [usize; 2],
    /// Around the image.
    pub pad: [usize; 4],
    /// No bias.
    pub no_bias: bool,
    /// One whose derivative follows from its output.
    pub activation: Activation,
    pub kernel_initializer: Initializer,
    pub bias_initializer: Initializer,
    pub kernel_regularizer: Regularizer,
    pub bias_regularizer: Regularizer,
}

/// Deformable convolution: see [`Graph::deform_conv2d`].
#[derive(Clone, Copy, Debug, Default)]
pub struct DeformConv2d<'a> {
    pub name: &'a str,
    /// Required.
    pub filters: usize,
    /// Required.
    pub kernel: [usize; 2],
    /// 0: 1.
    pub strides: [usize; 2],
    /// 0: 1.
    pub dilation: [usize; 2],
    /// 0: 1.
    pub groups: usize,
    /// 0: 1.
    pub offset_groups: usize,
    /// Around the image.
    pub pad: [usize; 4],
    /// No bias.
    pub no_bias: bool,
    pub kernel_initializer: Initializer,
    pub bias_initializer: Initializer,
    pub kernel_regularizer: Regularizer,
    pub bias_regularizer: Regularizer,
}

impl Graph {
    /// The transpose of a convolution's matrix: H x W x C -> OH x OW x filters. Parameters: kernel `[kh][kw][filters/groups][C]`, bias.
    pub fn transposed_conv2d(&mut self, x: Node, desc: TransposedConv2d) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let kernel = Parameter::new(desc.kernel_initializer, desc.kernel_regularizer);
            let bias = Parameter::new(desc.bias_initializer, desc.bias_regularizer);
            let raw = sys::fv_transposed_conv2d_desc {
                name: name.as_ptr(),
                filters: desc.filters as i64,
                kernel: extents(desc.kernel),
                strides: extents(desc.strides),
                dilation: extents(desc.dilation),
                groups: desc.groups as i64,
                pad: extents(desc.pad),
                output_padding: extents(desc.output_padding),
                no_bias: desc.no_bias.into(),
                activation: desc.activation.raw(),
                algorithm: desc.algorithm.raw(),
                kernel_initializer: kernel.initializer(),
                bias_initializer: bias.initializer(),
                kernel_regularizer: kernel.regularizer(),
                bias_regularizer: bias.regularizer(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_transposed_conv2d(graph, x.0, &raw) })
        })
    }

    /// Each channel by itself: a conv2d with as many groups as channels.
    pub fn depthwise_conv2d(&mut self, x: Node, desc: DepthwiseConv2d) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let (padding, pad) = desc.padding.raw();
            let kernel = Parameter::new(desc.kernel_initializer, desc.kernel_regularizer);
            let bias = Parameter::new(desc.bias_initializer, desc.bias_regularizer);
            let raw = sys::fv_depthwise_conv2d_desc {
                name: name.as_ptr(),
                multiplier: desc.multiplier as i64,
                kernel: extents(desc.kernel),
                strides: extents(desc.strides),
                dilation: extents(desc.dilation),
                padding,
                pad,
                no_bias: desc.no_bias.into(),
                activation: desc.activation.raw(),
                kernel_initializer: kernel.initializer(),
                bias_initializer: bias.initializer(),
                kernel_regularizer: kernel.regularizer(),
                bias_regularizer: bias.regularizer(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_depthwise_conv2d(graph, x.0, &raw) })
        })
    }

    /// A depthwise convolution, then a 1 x 1 convolution.
    pub fn separable_conv2d(&mut self, x: Node, desc: SeparableConv2d) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let (padding, pad) = desc.padding.raw();
            let raw = sys::fv_separable_conv2d_desc {
                name: name.as_ptr(),
                filters: desc.filters as i64,
                multiplier: desc.multiplier as i64,
                kernel: extents(desc.kernel),
                strides: extents(desc.strides),
                dilation: extents(desc.dilation),
                padding,
                pad,
                no_bias: desc.no_bias.into(),
                activation: desc.activation.raw(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_separable_conv2d(graph, x.0, &raw) })
        })
    }

    /// Parameters: kernel `[OH][OW][kh][kw][C][filters]`, bias `[OH][OW][filters]`.
    pub fn local_conv2d(&mut self, x: Node, desc: LocalConv2d) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let kernel = Parameter::new(desc.kernel_initializer, desc.kernel_regularizer);
            let bias = Parameter::new(desc.bias_initializer, desc.bias_regularizer);
            let raw = sys::fv_local_conv2d_desc {
                name: name.as_ptr(),
                filters: desc.filters as i64,
                kernel: extents(desc.kernel),
                strides: extents(desc.strides),
                pad: extents(desc.pad),
                no_bias: desc.no_bias.into(),
                activation: desc.activation.raw(),
                kernel_initializer: kernel.initializer(),
                bias_initializer: bias.initializer(),
                kernel_regularizer: kernel.regularizer(),
                bias_regularizer: bias.regularizer(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_local_conv2d(graph, x.0, &raw) })
        })
    }

    /// A convolution whose window's cells are moved by `offsets` and multiplied by `factors`, if there are any; torchvision's layout.
    pub fn deform_conv2d(
        &mut self,
        x: Node,
        offsets: Node,
        factors: Option<Node>,
        desc: DeformConv2d,
    ) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let kernel = Parameter::new(desc.kernel_initializer, desc.kernel_regularizer);
            let bias = Parameter::new(desc.bias_initializer, desc.bias_regularizer);
            let raw = sys::fv_deform_conv2d_desc {
                name: name.as_ptr(),
                filters: desc.filters as i64,
                kernel: extents(desc.kernel),
                strides: extents(desc.strides),
                dilation: extents(desc.dilation),
                groups: desc.groups as i64,
                offset_groups: desc.offset_groups as i64,
                pad: extents(desc.pad),
                no_bias: desc.no_bias.into(),
                kernel_initializer: kernel.initializer(),
                bias_initializer: bias.initializer(),
                kernel_regularizer: kernel.regularizer(),
                bias_regularizer: bias.regularizer(),
                ..Default::default()
            };
            Ok(unsafe {
                sys::fv_deform_conv2d(
                    graph,
                    x.0,
                    offsets.0,
                    factors.map_or(sys::FV_NODE_INVALID, |node| node.0),
                    &raw,
                )
            })
        })
    }
}
