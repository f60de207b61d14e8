//! The layers of merge.h, norm.h, pooling.h, convolution.h, noise.h and blocks.h: every one has its shape, takes part in a
//! model, and says what it refuses.

mod common;

use common::*;
use fovea::*;

#[test]
fn every_layer_has_its_shape() {
    let context = context();
    let mut g = Graph::new(&context).unwrap();
    let g = &mut g;
    let x = g.input(Input { name: "x", shape: &[12, 10, 6] });
    let none = Layer::default();
    let pool = g.max_pool2d(x, Pool2d::default());
    let gap = g.global_average_pool2d(x, none);
    let offsets =
        g.conv2d(x, Conv2d { filters: 18, kernel: [3, 3], padding: Padding::Same, ..Default::default() });
    let factors =
        g.conv2d(x, Conv2d { filters: 9, kernel: [3, 3], padding: Padding::Same, ..Default::default() });
    let parts = g.split(x, Parts { name: "s", count: 3, ..Default::default() });
    assert_eq!(g.node_name(parts[2]), Some("s_3"));
    let columns = g.split(x, Parts { axis: 1, sizes: &[7, 3], ..Default::default() });
    let pad = |mode| Pad { before: &[3], after: &[0, 1], mode, ..Default::default() };
    let deform = DeformConv2d { filters: 5, kernel: [3, 3], pad: [1; 4], ..Default::default() };
    let same = vec![12, 10, 6];
    let cases = [
        (g.subtract(x, x, none), same.clone()),
        (g.multiply(gap, x, none), same.clone()),
        (g.average(&[x, x, x], none), same.clone()),
        (g.maximum(&[x, x], none), same.clone()),
        (g.pad(x, pad(PadMode::Constant(0.5))), vec![15, 11, 6]),
        (g.pad(x, pad(PadMode::Reflect)), vec![15, 11, 6]),
        (g.pad(x, pad(PadMode::Replicate)), vec![15, 11, 6]),
        (g.slice(x, Slice { begin: &[1, 0, 2], end: &[0, -1, 4], ..Default::default() }), vec![11, 9, 2]),
        (g.crop(x, Crop { crop: [1, 2, 3, 4], ..Default::default() }), vec![9, 3, 6]),
        (parts[1], vec![12, 10, 2]),
        (columns[1], vec![12, 3, 6]),
        (g.reshape(x, Reshape { shape: &[5, -1, 6], ..Default::default() }), vec![5, 24, 6]),
        (g.permute(x, Permute { axes: &[2, 0, 1], ..Default::default() }), vec![6, 12, 10]),
        (g.layer_norm(x, LayerNorm { axes: 3, ..Default::default() }), same.clone()),
        (g.group_norm(x, GroupNorm { groups: 3, ..Default::default() }), same.clone()),
        (g.instance_norm(x, InstanceNorm { affine: true, ..Default::default() }), same.clone()),
        (
            g.local_response_norm(x, LocalResponseNorm { divide_alpha: true, ..Default::default() }),
            same.clone(),
        ),
        (g.global_max_pool2d(x, none), vec![6]),
        (g.adaptive_max_pool2d(x, AdaptivePool2d { size: [5, 0], ..Default::default() }), vec![5, 5, 6]),
        (g.adaptive_average_pool2d(x, AdaptivePool2d { size: [5, 3], ..Default::default() }), vec![5, 3, 6]),
        (g.fractional_max_pool2d(x, FractionalPool2d::default()), vec![8, 7, 6]),
        (g.max_unpool2d(pool, pool, none), same.clone()),
        (
            g.upsample2d(x, Upsample2d { scale: [3, 2], method: Upsample::Bilinear, ..Default::default() }),
            vec![36, 20, 6],
        ),
        (g.pixel_unshuffle(x, PixelShuffle::default()), vec![6, 5, 24]),
        (
            g.transposed_conv2d(
                x,
                TransposedConv2d {
                    filters: 4,
                    kernel: [3, 3],
                    strides: [2, 2],
                    groups: 2,
                    output_padding: [1, 0],
                    ..Default::default()
                },
            ),
            vec![26, 21, 4],
        ),
        (
            g.depthwise_conv2d(x, DepthwiseConv2d { multiplier: 2, kernel: [3, 3], ..Default::default() }),
            vec![10, 8, 12],
        ),
        (
            g.separable_conv2d(
                x,
                SeparableConv2d { filters: 9, kernel: [3, 3], padding: Padding::Same, ..Default::default() },
            ),
            vec![12, 10, 9],
        ),
        (g.local_conv2d(x, LocalConv2d { filters: 3, kernel: [3, 3], ..Default::default() }), vec![10, 8, 3]),
        (g.deform_conv2d(x, offsets, None, deform), vec![12, 10, 5]),
        (g.deform_conv2d(x, offsets, Some(factors), deform), vec![12, 10, 5]),
        (g.spatial_dropout(x, SpatialDropout::default()), same.clone()),
        (g.stochastic_depth(x, StochasticDepth { whole_batch: true, ..Default::default() }), same.clone()),
        (g.gaussian_noise(x, GaussianNoise { stddev: 0.2, ..Default::default() }), same.clone()),
        (g.maxout(x, Maxout { pieces: 3, ..Default::default() }), vec![12, 10, 2]),
        (g.squeeze_excite(x, SqueezeExcite { ratio: 2, ..Default::default() }), same.clone()),
        (g.non_local(x, NonLocal { name: "n", ..Default::default() }), same),
    ];
    g.status().unwrap();
    for (i, (node, shape)) in cases.iter().enumerate() {
        assert_eq!(&g.node_shape(*node).unwrap(), shape, "case {}", i);
    }
    let matrix = g.reshape(x, Reshape { shape: &[12, 60], ..Default::default() });
    let product = g.matmul(matrix, matrix, Matmul { transpose_a: true, ..Default::default() });
    assert_eq!(g.node_shape(product).unwrap(), [60, 60]);
    let shuffled = g.pixel_unshuffle(x, PixelShuffle::default());
    let shuffled = g.pixel_shuffle(shuffled, PixelShuffle::default());
    assert_eq!(g.node_shape(shuffled).unwrap(), [12, 10, 6]);
    let flat = g.flatten(x, none);
    let dropped = g.dense(flat, Dense { units: 2, drop_connect: 0.5, ..Default::default() });
    assert_eq!(g.node_name(dropped), Some("drop_connect_dense_1"));
    // All of them in one model.
    let outputs: Vec<Node> = cases.iter().map(|case| case.0).chain([product, shuffled, dropped]).collect();
    Model::new(g, &outputs, ModelOptions::default()).unwrap();
}

#[test]
fn what_is_refused_is_named() {
    let context = context();
    let refused = |build: &dyn Fn(&mut Graph, Node) -> Node, words: &str| {
        let mut g = Graph::new(&context).unwrap();
        let x = g.input(Input { name: "x", shape: &[12, 10, 6] });
        assert_eq!(build(&mut g, x), Node::INVALID);
        let message = g.status().unwrap_err().to_string();
        assert!(message.contains(words), "{}", message);
    };
    refused(&|g, x| g.group_norm(x, GroupNorm { groups: 4, ..Default::default() }), "groups=4");
    refused(&|g, x| g.split(x, Parts { count: 4, ..Default::default() })[0], "4 parts");
    refused(&|g, x| g.split(x, Parts { count: 3, sizes: &[2, 4], ..Default::default() })[0], "2 sizes for 3");
    refused(&|g, x| g.reshape(x, Reshape { shape: &[0], ..Default::default() }), "shape");
    refused(&|g, x| g.max_unpool2d(x, x, Layer::default()), "max_pool2d");
    refused(&|g, x| g.slice(x, Slice { begin: &[0; 9], ..Default::default() }), "9 numbers");
}
