//! Well-known networks. Each function adds the network to the graph and returns its logits.

use crate::graph::{Graph, Node};
use crate::layers::ConvAlgorithm;
use crate::text::int;
use fovea_sys as sys;

/// What may differ from the paper. Zeros mean the paper's.
#[derive(Clone, Copy, Debug, Default)]
pub struct Zoo {
    /// 0: 10 or 1000.
    pub classes: usize,
    /// Of the input.
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    /// Of all hidden layers; 0: 1.
    pub width_multiplier: f64,
    /// [`resnet_cifar`].
    pub shortcut: Shortcut,
    /// Of all convolutions; `Direct` rounds least.
    pub algorithm: ConvAlgorithm,
    /// Rate of all dropout layers; 0: the paper's; [`ZERO`](crate::ZERO): none.
    pub dropout: f64,
}

/// How the blocks of [`resnet_cifar`] are bridged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i32)]
pub enum Shortcut {
    /// No parameters: every second pixel, zeros for new channels; the paper's option A.
    #[default]
    Zeros = sys::FV_SHORTCUT_ZEROS,
    /// A 1x1 convolution with batch norm where the extents change; option B.
    Projection = sys::FV_SHORTCUT_PROJECTION,
    /// Not at all: the plain network that the paper compares with.
    None = sys::FV_SHORTCUT_NONE,
}

impl Zoo {
    fn raw(self) -> sys::fv_zoo_desc {
        sys::fv_zoo_desc {
            classes: int(self.classes),
            height: self.height as i64,
            width: self.width as i64,
            channels: self.channels as i64,
            width_multiplier: self.width_multiplier,
            shortcut: self.shortcut as i32,
            algorithm: self.algorithm.raw(),
            dropout: self.dropout,
            ..Default::default()
        }
    }
}

/// LeNet-5 with ReLU, max pooling and a dense output; 28x28x1 is padded to the 32x32 of the paper. 61,706 parameters.
/// LeCun et al., "Gradient-based learning applied to document recognition", 1998, figure 2.
pub fn lenet5(graph: &mut Graph, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_lenet5(graph, &options.raw()) }))
}

/// The Keras example for MNIST: 32 and 64 3x3 filters, max pooling, dropout 0.25, dense 128, dropout 0.5, dense 10;
/// 28x28x1. 1,199,882 parameters.
pub fn keras_cnn(graph: &mut Graph, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_keras_cnn(graph, &options.raw()) }))
}

/// ResNet of 6n+2 layers for CIFAR, depth 20, 32, 44, 56, 110; 32x32x3. He et al., "Deep residual learning for image
/// recognition", 2016, section 4.2.
pub fn resnet_cifar(graph: &mut Graph, depth: usize, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_resnet_cifar(graph, int(depth), &options.raw()) }))
}

/// ResNet of depth 18, 34, 50, 101 or 152; 224x224x3, as the networks below. 25,557,032 parameters at depth 50; names as
/// torchvision's, as below. He et al. 2016, table 1.
pub fn resnet(graph: &mut Graph, depth: usize, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_resnet(graph, int(depth), &options.raw()) }))
}

/// ResNeXt-50 (32x4d). 25,028,904 parameters. Xie et al., "Aggregated residual transformations", 2017, table 1.
pub fn resnext50(graph: &mut Graph, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_resnext50(graph, &options.raw()) }))
}

/// AlexNet in one tower, without LRN. 61,100,840 parameters. Krizhevsky, "One weird trick", 2014.
pub fn alexnet(graph: &mut Graph, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_alexnet(graph, &options.raw()) }))
}

/// AlexNet as it won ILSVRC 2012, 227x227x3: local response norm, and with 2 towers conv2, conv4 and conv5 in two
/// groups. 60,965,224 parameters, with 1 tower 62,378,344. Krizhevsky et al. 2012, figure 2.
pub fn alexnet_2012(graph: &mut Graph, towers: usize, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_alexnet_2012(graph, int(towers), &options.raw()) }))
}

/// ZFNet as it won ILSVRC 2013. 107,627,624 parameters. Zeiler and Fergus 2014, figure 3.
pub fn zfnet(graph: &mut Graph, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_zfnet(graph, &options.raw()) }))
}

/// VGG of depth 11, 13, 16 or 19, on request with batch norm after every convolution. 138,357,544 parameters at depth 16
/// without. Simonyan and Zisserman, "Very deep convolutional networks", 2015, table 1.
pub fn vgg(graph: &mut Graph, depth: usize, batch_norm: bool, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_vgg(graph, int(depth), batch_norm.into(), &options.raw()) }))
}

/// GoogLeNet with batch norm and without auxiliary heads. 6,624,904 parameters. Szegedy et al. 2015, table 1.
pub fn googlenet(graph: &mut Graph, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_googlenet(graph, &options.raw()) }))
}

/// The same with its auxiliary heads: the logits behind inception4a and inception4d, which are trained as further
/// outputs whose losses have the weight 0.3. 13,004,888 parameters.
pub fn googlenet_with_heads(graph: &mut Graph, options: Zoo) -> (Node, [Node; 2]) {
    with_heads(graph, options, sys::fv_zoo_googlenet)
}

/// GoogLeNet as it won ILSVRC 2014: no batch norm, local response norm, 5x5 kernels. 6,998,552 parameters.
pub fn googlenet_2014(graph: &mut Graph, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_googlenet_2014(graph, &options.raw()) }))
}

/// The same with its auxiliary heads; images of 224x224 or about. 13,378,280 parameters.
pub fn googlenet_2014_with_heads(graph: &mut Graph, options: Zoo) -> (Node, [Node; 2]) {
    with_heads(graph, options, sys::fv_zoo_googlenet_2014)
}

fn with_heads(
    graph: &mut Graph,
    options: Zoo,
    build: unsafe extern "C" fn(*mut sys::fv_graph, *const sys::fv_zoo_desc) -> sys::fv_node,
) -> (Node, [Node; 2]) {
    let mut heads = [sys::FV_NODE_INVALID; 2];
    let desc = sys::fv_zoo_desc { heads: heads.as_mut_ptr(), ..options.raw() };
    let logits = graph.node(|graph| Ok(unsafe { build(graph, &desc) }));
    (logits, heads.map(Node))
}

/// DenseNet-121. 7,978,856 parameters. Huang et al., "Densely connected convolutional networks", 2017, table 1.
pub fn densenet121(graph: &mut Graph, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_densenet121(graph, &options.raw()) }))
}

/// SqueezeNet 1.1. 1,235,496 parameters. Iandola et al. 2016.
pub fn squeezenet(graph: &mut Graph, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_squeezenet(graph, &options.raw()) }))
}

/// MobileNetV2. 3,504,872 parameters. Scaled filters are rounded to multiples of 8. Sandler et al. 2018, table 2.
pub fn mobilenet_v2(graph: &mut Graph, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_mobilenet_v2(graph, &options.raw()) }))
}
