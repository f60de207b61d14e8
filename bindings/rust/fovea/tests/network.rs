//! Graph, layers, zoo, model: what is built is what was asked for.

mod common;

use common::*;
use fovea::*;

#[test]
fn every_layer_has_its_shape() {
    let context = context();
    let mut g = Graph::new(&context).unwrap();
    let g = &mut g;
    let x = g.input(Input { name: "x", shape: &[12, 10, 4] });
    let none = Layer::default();
    let cases = [
        (
            g.conv2d(
                x,
                Conv2d {
                    filters: 6,
                    kernel: [3, 5],
                    strides: [2, 1],
                    padding: Padding::Same,
                    ..Default::default()
                },
            ),
            vec![6, 10, 6],
        ),
        (
            g.conv2d(
                x,
                Conv2d {
                    filters: 8,
                    kernel: [3, 0],
                    dilation: [2, 2],
                    groups: 4,
                    padding: Padding::Explicit([1, 2, 3, 4]),
                    no_bias: true,
                    ..Default::default()
                },
            ),
            vec![11, 13, 8],
        ),
        (g.max_pool2d(x, Pool2d::default()), vec![6, 5, 4]),
        (
            g.average_pool2d(
                x,
                Pool2d {
                    size: [3, 3],
                    strides: [2, 2],
                    padding: Padding::Explicit([1, 1, 1, 1]),
                    ceil_mode: true,
                    exclude_padding: true,
                    ..Default::default()
                },
            ),
            vec![7, 6, 4],
        ),
        (g.global_average_pool2d(x, none), vec![4]),
        (g.batch_norm(x, BatchNorm { momentum: 0.2, epsilon: 1e-3, ..Default::default() }), vec![12, 10, 4]),
        (g.relu(x, none), vec![12, 10, 4]),
        (g.sigmoid(x, none), vec![12, 10, 4]),
        (g.tanh(x, none), vec![12, 10, 4]),
        (g.softmax(x, none), vec![12, 10, 4]),
        (g.dropout(x, Dropout { rate: 0.1, scale_at_test: true, ..Default::default() }), vec![12, 10, 4]),
        (g.add(x, x, none), vec![12, 10, 4]),
        (g.concat(&[x, x, x], none), vec![12, 10, 12]),
        (g.pad(x, Pad { before: &[0, 1, 2], after: &[3], ..Default::default() }), vec![15, 11, 6]),
        (g.flatten(x, none), vec![480]),
    ];
    g.status().unwrap();
    for (i, (node, shape)) in cases.iter().enumerate() {
        assert_eq!(&g.node_shape(*node).unwrap(), shape, "case {}", i);
    }
    let flat = cases[14].0;
    let dense = g.dense(flat, Dense { name: "last", units: 7, ..Default::default() });
    assert_eq!(g.node_shape(dense).unwrap(), [7]);
    assert_eq!(g.node_name(dense), Some("last"));
    assert_eq!(g.node_name(flat), Some("flatten_1"));
    assert_eq!(g.node_name(Node::INVALID), None);
}

#[test]
fn activations_build() {
    let context = context();
    let mut g = Graph::new(&context).unwrap();
    let x = g.input(Input { name: "x", shape: &[4, 3] });
    let none = Layer::default();
    let nodes = [
        g.relu6(x, none),
        g.selu(x, none),
        g.gelu(x, none),
        g.gelu_tanh(x, none),
        g.hard_swish(x, none),
        g.hard_sigmoid(x, none),
        g.mish(x, none),
        g.log_softmax(x, none),
        g.leaky_relu(x, LeakyRelu { slope: 0.1, ..Default::default() }),
        g.elu(x, Elu { alpha: 0.5, ..Default::default() }),
        g.celu(x, Elu { alpha: 2.0, ..Default::default() }),
        g.softplus(x, Softplus { beta: 2.0, ..Default::default() }),
        g.prelu(x, Prelu { name: "p", sharing: Sharing::Channel, ..Default::default() }),
        g.swish(x, Swish { name: "s", beta: 1.5, learned: true, sharing: Sharing::None }),
    ];
    g.status().unwrap();
    for node in nodes {
        assert_eq!(g.node_shape(node).unwrap(), [4, 3]);
    }
    let model = Model::new(&g, &nodes, ModelOptions::default()).unwrap();
    let (mut slope, mut beta) = ([0f32; 3], [0f32; 12]);
    assert_eq!(model.get_tensor("p.slope", &mut slope).unwrap(), [3]);
    assert_eq!(model.get_tensor("s.beta", &mut beta).unwrap(), [4, 3]);
    assert_eq!((slope, beta), ([0.25; 3], [1.5; 12]));
    assert_eq!(g.leaky_relu(x, LeakyRelu { slope: -1.0, ..Default::default() }), Node::INVALID);
}

#[test]
fn initialisers_and_regularizers_arrive() {
    let context = context();
    let kernel = |kernel_initializer| {
        let mut g = Graph::new(&context).unwrap();
        let x = g.input(Input { name: "x", shape: &[400] });
        let bias_initializer = Initializer::Constant(0.5);
        let x = g.dense(
            x,
            Dense { name: "d", units: 100, kernel_initializer, bias_initializer, ..Default::default() },
        );
        let model = Model::new(&g, &[x], Default::default()).unwrap();
        let (mut kernel, mut bias) = (vec![0f64; 40_000], [0f64; 100]);
        assert_eq!(model.get_tensor("d.kernel", &mut kernel).unwrap(), [400, 100]);
        model.get_tensor("d.bias", &mut bias).unwrap();
        assert_eq!(bias, [0.5; 100]);
        kernel
    };
    let deviation = |values: &[f64]| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt()
    };
    assert!(kernel(Initializer::Zeros).iter().all(|&v| v == 0.0));
    assert!(kernel(Initializer::Constant(-2.0)).iter().all(|&v| v == -2.0));
    let uniform = kernel(Initializer::Uniform { low: 1.0, high: 2.0 });
    assert!(uniform.iter().all(|&v| (1.0..=2.0).contains(&v)));
    let normal = kernel(Initializer::Normal { mean: 3.0, stddev: 0.1 });
    assert!((deviation(&normal) - 0.1).abs() < 0.01 && normal.iter().all(|&v| (v - 3.0).abs() < 1.0));
    let glorot = (2.0f64 / 500.0).sqrt();
    let he = (2.0f64 / 400.0).sqrt();
    for (initializer, expected) in [
        (Initializer::GlorotNormal { gain: 0.0 }, glorot),
        (Initializer::GlorotUniform { gain: 2.0 }, 2.0 * glorot),
        (Initializer::HeNormal { gain: 0.0 }, he),
        (Initializer::HeUniform { gain: 0.5 }, 0.5 * he),
        (Initializer::Automatic, glorot),
    ] {
        let found = deviation(&kernel(initializer));
        assert!((found / expected - 1.0).abs() < 0.05, "{:?}: {} for {}", initializer, found, expected);
    }

    // With a penalty the gradient of a kernel that plays no part is l2 times the kernel, or twice that.
    for (full_square, factor) in [(false, 1.0), (true, 2.0)] {
        let mut g = Graph::new(&context).unwrap();
        let x = g.input(Input { name: "x", shape: &[1] });
        let kernel_regularizer = Regularizer { full_square, l2: 0.25, l1: 0.0 };
        let kernel_initializer = Initializer::Constant(2.0);
        let x = g.dense(
            x,
            Dense { name: "d", units: 1, kernel_initializer, kernel_regularizer, ..Default::default() },
        );
        let mut model = Model::new(&g, &[x], Default::default()).unwrap();
        let mut trainer =
            Trainer::new(&mut model, Loss::MeanSquaredError, Optimizer::Sgd, Default::default()).unwrap();
        let (zero, mut gradient) = ([0f32], [0f32]);
        let zero = Tensor::new(&zero, &[1, 1]).unwrap();
        trainer.backward(&[zero], zero).unwrap();
        trainer.get_gradient("d.kernel", &mut gradient).unwrap();
        assert_eq!(gradient, [0.5 * factor]);
    }
}

#[test]
fn every_algorithm_gives_the_same() {
    let context = context();
    let image: Vec<f32> = (0..8 * 8 * 4).map(|i| (i % 13) as f32 - 6.0).collect();
    let run = |algorithm, groups, kernel| {
        let mut g = Graph::new(&context).unwrap();
        let x = g.input(Input { name: "x", shape: &[8, 8, 4] });
        let x = g.conv2d(x, Conv2d { filters: 4, kernel, groups, algorithm, ..Default::default() });
        let model = Model::new(&g, &[x], Default::default()).unwrap();
        let mut session = Session::new(&model, Default::default()).unwrap();
        let mut out = vec![0f32; g.node_shape(x).unwrap().iter().product()];
        let input = Tensor::new(&image, &[1, 8, 8, 4]).unwrap();
        session.run(&[input], &mut [TensorMut::new(&mut out)]).unwrap();
        out
    };
    for (algorithm, groups, kernel) in [
        (ConvAlgorithm::Gemm, 1, [1, 1]),
        (ConvAlgorithm::Im2col, 2, [3, 3]),
        (ConvAlgorithm::Direct, 2, [3, 3]),
        (ConvAlgorithm::Depthwise, 4, [3, 3]),
        (ConvAlgorithm::Winograd, 1, [3, 3]),
    ] {
        let (found, expected) =
            (run(algorithm, groups, kernel), run(ConvAlgorithm::Automatic, groups, kernel));
        assert!(found.iter().any(|v| v.abs() > 0.1));
        for (a, b) in found.iter().zip(&expected) {
            assert!((a - b).abs() < 1e-4, "{:?}", algorithm);
        }
    }
}

#[test]
fn recipes_have_their_constants() {
    use fovea::recipe::*;
    let alex = Recipe::new(RecipeName::AlexNet).unwrap();
    assert_eq!((alex.batch_size, alex.learning_rate, alex.momentum, alex.l2), (128, 0.01, 0.9, 5e-4));
    assert_eq!((alex.dropout, alex.mean, alex.color_noise), (0.5, Mean::Image, 0.1));
    let ScheduleKind::Plateau { monitor, factor, patience, .. } = alex.schedule.kind else {
        panic!("{:?}", alex.schedule);
    };
    assert_eq!((monitor, factor, patience), (Monitor::ValAccuracy, 0.1, Some(10)));
    let cifar = Recipe::new(RecipeName::ResNetCifar).unwrap();
    assert_eq!(cifar.schedule.kind, ScheduleKind::MultiStep { milestones: &[82, 123], gamma: 0.1 });
    assert_eq!((cifar.crop_pad, cifar.crop, cifar.flip), (4, 32, true));
    let inception = Recipe::new(RecipeName::GoogLeNet).unwrap();
    assert_eq!(inception.schedule.kind, ScheduleKind::Step { period: 8, gamma: 0.96 });
    assert_eq!(
        (inception.head_weight, inception.crop_area, inception.crop_aspect),
        (0.3, [0.08, 1.0], 4.0 / 3.0)
    );
    let linear = Recipe::new(RecipeName::SqueezeNet).unwrap().schedule;
    assert_eq!(linear.rate(0.04, 17, 0).unwrap(), 0.03);
    let keras = Recipe::new(RecipeName::KerasCnn).unwrap();
    assert_eq!((keras.optimizer, keras.schedule.kind), (Optimizer::Adam, ScheduleKind::Constant));
    assert_eq!(Recipe::new(RecipeName::Perceptron).unwrap().input_dropout, 0.2);
    let dense = Recipe::new(RecipeName::DenseNet).unwrap();
    assert_eq!((dense.mean, dense.resize, dense.epochs), (Mean::Channel, [0, 0], 90));
    assert!(dense.trainer().nesterov && dense.trainer().l2 == 1e-4);
}

#[test]
fn the_zoo_has_its_networks() {
    let context = context();
    let parameters = |build: &dyn Fn(&mut Graph) -> Node| {
        let mut g = Graph::new(&context).unwrap();
        let x = build(&mut g);
        Model::new(&g, &[x], Default::default()).unwrap().info().unwrap().parameters
    };
    let paper = zoo::Zoo::default();
    assert_eq!(parameters(&|g| zoo::lenet5(g, paper)), 61_706);
    assert_eq!(parameters(&|g| zoo::keras_cnn(g, paper)), 1_199_882);
    assert!(parameters(&|g| zoo::resnet_cifar(g, 20, paper)) > 260_000);
    let plain = zoo::Zoo { shortcut: zoo::Shortcut::None, ..paper };
    assert_eq!(parameters(&|g| zoo::resnet_cifar(g, 20, plain)), 269_722);
    assert_eq!(parameters(&|g| zoo::resnet(g, 18, paper)), 11_689_512);
    assert_eq!(parameters(&|g| zoo::resnext50(g, paper)), 25_028_904);
    assert_eq!(parameters(&|g| zoo::alexnet(g, paper)), 61_100_840);
    assert_eq!(parameters(&|g| zoo::googlenet(g, paper)), 6_624_904);
    let eighth =
        zoo::Zoo { width_multiplier: 0.125, dropout: 0.3, algorithm: ConvAlgorithm::Direct, ..paper };
    let towers = |n| parameters(&|g| zoo::alexnet_2012(g, n, eighth));
    assert!(towers(1) > towers(2));
    assert!(parameters(&|g| zoo::zfnet(g, eighth)) > towers(1));
    for (logits, build) in [
        (6_624_904, zoo::googlenet_with_heads as fn(&mut Graph, zoo::Zoo) -> (Node, [Node; 2])),
        (6_998_552, zoo::googlenet_2014_with_heads),
    ] {
        let mut g = Graph::new(&context).unwrap();
        let (x, heads) = build(&mut g, paper);
        assert_eq!(g.node_name(heads[1]).unwrap(), "aux2.fc2");
        let model = |outputs: &[Node]| Model::new(&g, outputs, Default::default()).unwrap();
        assert_eq!(model(&[x]).info().unwrap().parameters, logits);
        assert!(model(&[x, heads[0], heads[1]]).info().unwrap().parameters > 2 * logits - 1_000_000);
    }
    assert_eq!(parameters(&|g| zoo::googlenet_2014(g, paper)), 6_998_552);
    assert_eq!(parameters(&|g| zoo::densenet121(g, paper)), 7_978_856);
    assert_eq!(parameters(&|g| zoo::squeezenet(g, paper)), 1_235_496);
    assert_eq!(parameters(&|g| zoo::mobilenet_v2(g, paper)), 3_504_872);
    let narrow =
        zoo::Zoo { classes: 5, height: 64, width: 64, channels: 1, width_multiplier: 0.125, ..paper };
    let mut g = Graph::new(&context).unwrap();
    let x = zoo::vgg(&mut g, 16, false, narrow);
    assert_eq!(g.node_shape(x).unwrap(), [5]);
    let model = Model::new(&g, &[x], Default::default()).unwrap();
    assert_eq!(model.input(0).unwrap().shape, [64, 64, 1]);
}

#[test]
fn a_model_tells_what_it_is() {
    let context = context();
    let model = model(&context);
    let info = model.info().unwrap();
    assert_eq!(info.dtype, DType::F32);
    assert_eq!(info.parameters, 9 * 4 + 4 + 7 * 7 * 4 * 10 + 10);
    assert_eq!((info.inputs, info.outputs, info.tensors, info.nodes, info.state), (1, 2, 4, 6, 0));
    assert_eq!(info.multiply_adds, 14 * 14 * 4 * 9 + 196 * 10);
    assert_eq!(model.input(0).unwrap(), Port { name: "image", shape: vec![SIDE, SIDE, 1] });
    assert_eq!(model.output(1).unwrap(), Port { name: "probability", shape: vec![10] });
    assert_eq!(model.input(1).unwrap_err().code, ErrorCode::InvalidArgument);
    let names: Vec<_> = model.tensors().unwrap().iter().map(|t| t.name.to_string()).collect();
    assert_eq!(names, ["conv.kernel", "conv.bias", "dense.kernel", "dense.bias"]);
    let kernel = model.tensor_info(0).unwrap();
    assert_eq!((kernel.shape, kernel.trainable, kernel.dtype), (vec![3, 3, 1, 4], true, DType::F32));
    let summary = model.summary(8).unwrap();
    assert!(summary.contains("conv") && summary.contains("dense") && !summary.contains('\0'), "{}", summary);
}

#[test]
fn tensors_go_in_and_out() {
    let context = context();
    let mut model = model(&context);
    let bias: Vec<f64> = (0..10).map(f64::from).collect();
    model.set_tensor("dense.bias", Tensor::vector(&bias)).unwrap();
    let mut found = [0f32; 10];
    assert_eq!(model.get_tensor("dense.bias", &mut found).unwrap(), [10]);
    assert_eq!(found[9], 9.0);

    // A lent model is written through its trainer.
    let mut trainer = trainer(&mut model);
    trainer.set_tensor("dense.bias", Tensor::vector(&[1f32; 10])).unwrap();
    trainer.model().get_tensor("dense.bias", &mut found).unwrap();
    assert_eq!(found, [1.0; 10]);
    model.get_tensor("dense.bias", &mut found).unwrap();
    assert_eq!(found, [1.0; 10]);

    let clone = model.try_clone().unwrap();
    model.set_tensor("dense.bias", Tensor::vector(&[2f32; 10])).unwrap();
    clone.get_tensor("dense.bias", &mut found).unwrap();
    assert_eq!(found, [1.0; 10]);
}

#[test]
fn double_precision_and_seeds() {
    let context = context();
    let (g, outputs) = graph(&context);
    let kernel = |dtype, seed| {
        let model = Model::new(&g, &outputs, ModelOptions { dtype, seed, ..Default::default() }).unwrap();
        let mut kernel = vec![0f64; 36];
        model.get_tensor("conv.kernel", &mut kernel).unwrap();
        assert_eq!(model.info().unwrap().dtype, dtype);
        kernel
    };
    assert_eq!(kernel(DType::F64, 1), kernel(DType::F64, 1));
    assert_ne!(kernel(DType::F64, 1), kernel(DType::F64, 2));
    assert!(kernel(DType::F32, 1).iter().all(|&v| v == f64::from(v as f32)));
}

#[test]
fn names_of_classes_are_saved() -> Result<()> {
    let context = context();
    let mut first = model(&context);
    assert_eq!((first.class_name(3)?.as_str(), first.info()?.class_names), ("3", 0));
    first.set_class_names(&["ant", "bee"])?;
    let path = std::env::temp_dir().join(format!("fovea-names-{}.fovea", std::process::id()));
    first.save(&path)?;
    let second = Model::load(&context, &path)?;
    std::fs::remove_file(&path).unwrap();
    assert_eq!((second.class_name(1)?.as_str(), second.info()?.class_names), ("bee", 2));
    // An output without a name has its number; beyond the largest output there is nothing.
    assert_eq!(second.class_name(2)?, "2");
    assert_eq!(second.class_name(10).unwrap_err().code, ErrorCode::InvalidArgument);
    Ok(())
}

#[test]
fn files_come_back_the_same() {
    let folder = Folder::new("model");
    let context = context();
    let model = model(&context);
    model.save(folder.join("a.fovea")).unwrap();
    let loaded = Model::load(&context, folder.join("a.fovea")).unwrap();
    loaded.save(folder.join("b.fovea")).unwrap();
    let read = |name| std::fs::read(folder.join(name)).unwrap();
    assert_eq!(read("a.fovea"), read("b.fovea"));
}

#[test]
fn initial_values_and_statistics() {
    let context = context();
    let mut g = Graph::new(&context).unwrap();
    let x = g.input(Input { name: "x", shape: &[8] });
    let h = g.dense(x, Dense { name: "h", units: 6, activation: Activation::Relu, ..Default::default() });
    let options = |seed| ModelOptions {
        seed,
        kernel_initializer: Initializer::TruncatedNormal { mean: 0.0, stddev: 0.1 },
        ..Default::default()
    };
    let (mut model, other) =
        (Model::new(&g, &[h], options(1)).unwrap(), Model::new(&g, &[h], options(2)).unwrap());
    let kernel = |model: &Model| {
        let mut kernel = [0f32; 48];
        model.get_tensor("h.kernel", &mut kernel).unwrap();
        kernel
    };
    assert!(kernel(&model).iter().all(|w| w.abs() <= 0.2));
    model.reinitialize(2).unwrap();
    assert_eq!(kernel(&model), kernel(&other));
    let data: Vec<f32> = (0..8 * 32).map(|i| ((i * i) as f32).sin()).collect();
    let batch = [Tensor::new(&data, &[32, 8]).unwrap()];
    model.lsuv(&batch, Lsuv { tolerance: 0.05, ..Default::default() }).unwrap();
    let rows =
        model.statistics(&batch, Statistics { bins: 4, low: 0.0, high: 8.0, ..Default::default() }).unwrap();
    let training = Statistics { training: true, seed: 3, ..Default::default() };
    assert_eq!(model.statistics(&batch, training).unwrap()[1].mean, rows[1].mean);
    assert_eq!((rows.len(), rows[1].node.as_str()), (2, "h"));
    assert!((rows[1].stddev * rows[1].stddev - 1.0).abs() < 0.05);
    assert_eq!(rows[1].histogram.iter().sum::<i64>(), 32 * 6);
}
