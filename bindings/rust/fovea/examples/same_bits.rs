//! "One truth across languages": trains a small fixed network on drawn digits, prints the loss of every batch and epoch
//! as the bits of a double, and saves the checkpoint. `tests/bindings/same_bits.c` prints the same lines and writes the
//! same file.
//!
//! `same_bits CHECKPOINT`

use fovea::*;
use std::ops::ControlFlow::Continue;

fn network(context: &Context) -> Result<Model> {
    let mut g = Graph::new(context)?;
    let x = g.input(Input { name: "image", shape: &[20, 20, 1] });
    let x = g.conv2d(
        x,
        Conv2d { filters: 8, kernel: [3, 3], padding: Padding::Same, no_bias: true, ..Default::default() },
    );
    let x = g.batch_norm(x, BatchNorm::default());
    let x = g.relu(x, Layer::default());
    let x = g.max_pool2d(x, Pool2d { size: [2, 2], ..Default::default() });
    let x = g.conv2d(
        x,
        Conv2d { filters: 16, kernel: [3, 3], activation: Activation::Relu, ..Default::default() },
    );
    let x = g.average_pool2d(x, Pool2d { size: [2, 2], ..Default::default() });
    let x = g.flatten(x, Layer::default());
    let x = g.dropout(x, Dropout { rate: 0.25, ..Default::default() });
    let x = g.dense(x, Dense { units: 10, ..Default::default() });
    let transform = Some(Transform { scale: 1.0 / 255.0, ..Default::default() });
    Model::new(&g, &[x], ModelOptions { seed: 7, transform, ..Default::default() })
}

/// What a network sees of an image: cropped, resized and whitened as fitted, from a model's file.
fn print_input(context: &Context, train: &Dataset, test: &Dataset, path: &std::path::Path) -> Result<()> {
    let base = Transform {
        scale: 1.0 / 255.0,
        samplewise_center: true,
        interpolation: Interpolation::Bicubic,
        resize_short: 12,
        crop: [10, 10],
        ..Default::default()
    };
    let options = FitTransform { whitening: Whitening::Zca, max_samples: 200, base, ..Default::default() };
    let fitted = FittedTransform::fit(context, train, options)?;
    let mut g = Graph::new(context)?;
    let x = g.input(Input { name: "image", shape: &[10, 10, 1] });
    let x = g.flatten(x, Layer::default());
    Model::new(&g, &[x], ModelOptions { fitted: Some(&fitted), ..Default::default() })?.save(path)?;
    let loaded = Model::load(context, path)?.fitted_transform(0)?;
    let mut pixels = [0u8; 400];
    test.get(0, &mut pixels)?;
    let mut input = [0f32; 100];
    loaded.apply(Tensor::new(&pixels, &[20, 20, 1])?, &mut TensorMut::new(&mut input))?;
    // FNV-1a
    let hash = input
        .iter()
        .flat_map(|value| value.to_ne_bytes())
        .fold(0xcbf29ce484222325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100000001b3));
    println!("input {:016x}", hash);
    Ok(())
}

fn main() -> Result<()> {
    let path = std::env::args_os().nth(1).expect("usage: same_bits CHECKPOINT");
    let context = Context::new(Default::default())?;
    let train = Dataset::digits(&context, Digits { size: 20, count: 500, seed: 1, ..Default::default() })?;
    let test = Dataset::digits(&context, Digits { size: 20, count: 100, seed: 2, ..Default::default() })?;
    let mut model = network(&context)?;
    let options = TrainerOptions { learning_rate: 0.002, l2: 1e-4, seed: 3, ..Default::default() };
    let mut trainer = Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Adam, options)?;
    let mut show = |_: &mut Training, p: &Progress| {
        println!("batch {:016x}", p.batch_loss.to_bits());
        if p.epoch_ended {
            println!("epoch {:016x}", p.val_loss.to_bits());
        }
        Continue(())
    };
    let fit = Fit { epochs: 2, batch_size: 32, on_progress: Some(&mut show), ..Default::default() };
    trainer.fit(&train, Some(&test), fit)?;
    let mut model_path = path.clone();
    model_path.push(".model");
    print_input(&context, &train, &test, model_path.as_ref())?;
    trainer.save(path)
}
