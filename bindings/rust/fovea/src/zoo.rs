//! Well-known networks. Each function adds the network to the graph and returns its logits.

use crate::graph::{Graph, Node};
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
}

impl Zoo {
    fn raw(self) -> sys::fv_zoo_desc {
        sys::fv_zoo_desc {
            classes: int(self.classes),
            height: self.height as i64,
            width: self.width as i64,
            channels: self.channels as i64,
            width_multiplier: self.width_multiplier,
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

/// ResNet of 6n+2 layers for CIFAR, depth 20, 32, 44, 56, 110; 32x32x3; shortcuts without parameters (option A).
/// He et al., "Deep residual learning for image recognition", 2016, section 4.2.
pub fn resnet_cifar(graph: &mut Graph, depth: usize, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_resnet_cifar(graph, int(depth), &options.raw()) }))
}

/// ResNet-18; 224x224x3. He et al. 2016, table 1. 11,689,512 parameters; names as torchvision's.
pub fn resnet18(graph: &mut Graph, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_resnet18(graph, &options.raw()) }))
}

/// VGG-16 (configuration D); 224x224x3. Simonyan and Zisserman, "Very deep convolutional networks", 2015, table 1.
/// 138,357,544 parameters.
pub fn vgg16(graph: &mut Graph, options: Zoo) -> Node {
    graph.node(|graph| Ok(unsafe { sys::fv_zoo_vgg16(graph, &options.raw()) }))
}
