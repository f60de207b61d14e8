//! Fovea in one program: builds LeNet-5, trains it on images of digits, measures and saves it; then, in a second process,
//! loads and uses it.
//!
//! `quickstart train|classify [--data DIR] [--out DIR]`, where DIR of the data has the four files of MNIST; without it
//! digits are drawn.

use fovea::picture::{filters, plot, Curve, Plot};
use fovea::*;
use std::{io::Write, ops::ControlFlow::Continue, path::PathBuf};

const EPOCHS: usize = 6;
const BATCH: usize = 64;
const CLASSES: usize = 10;
const SIDE: usize = 28;

extern "C" {
    fn isatty(file: i32) -> i32; // std has it from Rust 1.70 on
}

struct Places {
    data: Option<PathBuf>,
    out: PathBuf,
}

/// `part`: "train" or "t10k".
fn open_data(context: &Context, places: &Places, part: &str) -> Result<Dataset> {
    if let Some(folder) = &places.data {
        let images = folder.join(format!("{}-images-idx3-ubyte.gz", part));
        let labels = folder.join(format!("{}-labels-idx1-ubyte.gz", part));
        return Dataset::open_idx(context, images, labels, Idx::default());
    }
    let (count, seed) = if part == "train" { (30_000, 1) } else { (5_000, 0) };
    Dataset::digits(context, Digits { count, seed, ..Default::default() })
}

fn lenet5(context: &Context) -> Result<Model> {
    let (relu, kernel) = (Activation::Relu, [5, 5]);
    let mut g = Graph::new(context)?;
    let x = g.input(Input { name: "image", shape: &[SIDE, SIDE, 1] });
    let conv1 = Conv2d { name: "conv1", filters: 6, kernel, activation: relu, ..Default::default() };
    let x = g.conv2d(x, Conv2d { padding: Padding::Same, ..conv1 });
    let x = g.max_pool2d(x, Pool2d { size: [2, 2], ..Default::default() });
    let conv2 = Conv2d { name: "conv2", filters: 16, kernel, activation: relu, ..Default::default() };
    let x = g.conv2d(x, conv2);
    let x = g.max_pool2d(x, Pool2d { size: [2, 2], ..Default::default() });
    let x = g.flatten(x, Layer::default());
    let x = g.dense(x, Dense { units: 120, activation: relu, ..Default::default() });
    let x = g.dense(x, Dense { units: 84, activation: relu, ..Default::default() });
    let x = g.dense(x, Dense { units: CLASSES, ..Default::default() });
    let probability = g.softmax(x, Layer { name: "probability" });
    let transform = Some(Transform { scale: 1.0 / 255.0, ..Default::default() });
    Model::new(&g, &[x, probability], ModelOptions { transform, ..Default::default() })
}

fn measure(model: &Model, test: &Dataset) -> Result<()> {
    let mut session = Session::new(model, SessionOptions { max_batch: BATCH, ..Default::default() })?;
    let mut counts = [0; CLASSES * CLASSES];
    let result = session.evaluate(test, Evaluate { confusion: Some(&mut counts), ..Default::default() })?;
    println!("\ntest accuracy {:.2} %\n\nclass  precision    recall  f1", 100.0 * result.accuracy);
    for (k, s) in confusion_scores(&counts, CLASSES)?.iter().enumerate() {
        println!("{:5}  {:7.2} %  {:5.2} %  {:.4}", k, 100.0 * s.precision, 100.0 * s.recall, s.f1);
    }
    Ok(())
}

fn draw(model: &Model, loss: &[f64], places: &Places) -> Result<()> {
    let mut kernel = [0f32; 5 * 5 * 6];
    let shape = model.get_tensor("conv1.kernel", &mut kernel)?;
    filters(places.out.join("filters.png"), Tensor::new(&kernel, &shape)?, Default::default())?;
    let curve = Curve { label: "training", y: loss, ..Default::default() };
    let options =
        Plot { title: "LeNet-5", x_label: "step", y_label: "loss", log_y: true, ..Default::default() };
    plot(places.out.join("loss.png"), &[curve], options)
}

fn train(context: &Context, places: &Places) -> Result<()> {
    let (data, test) = (open_data(context, places, "train")?, open_data(context, places, "t10k")?);
    let mut model = lenet5(context)?;
    let options = TrainerOptions { learning_rate: 0.05, momentum: 0.9, ..Default::default() };
    let mut trainer = Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, options)?;
    let live = unsafe { isatty(1) } == 1;
    let mut loss: Vec<f64> = Vec::new(); // for the picture: a running mean over the batches
    let mut show = |training: &mut Training, p: &Progress| {
        let before = loss.last().copied().unwrap_or(p.batch_loss);
        loss.push(0.98 * before + 0.02 * p.batch_loss);
        if live || p.epoch_ended {
            let (begin, end) = (if live { "\r" } else { "" }, if p.epoch_ended { "\n" } else { "" });
            print!("{}epoch {}/{}  batch {}/{}  ", begin, p.epoch + 1, p.epochs, p.batch, p.batches);
            print!("loss {:.4}  accuracy {:.2} %  ", p.loss, 100.0 * p.accuracy);
            print!("{:.0} images/s  {:.0} s left  {}", p.samples_per_second, p.seconds_left, end);
            let _ = std::io::stdout().flush();
        }
        if p.epoch_ended {
            training.set_learning_rate(0.5 * p.learning_rate).expect("half a rate is a rate");
        }
        Continue(())
    };
    let fit = Fit { epochs: EPOCHS, batch_size: BATCH, on_progress: Some(&mut show), ..Default::default() };
    trainer.fit(&data, Some(&test), fit)?;
    trainer.save(places.out.join("quickstart.fovea"))?;
    measure(&model, &test)?;
    draw(&model, &loss, places)
}

/// Six test images, three across, two pixels of height to a character.
fn classify(context: &Context, places: &Places) -> Result<()> {
    const SIX: usize = 6;
    let test = open_data(context, places, "t10k")?;
    let model = Model::load(context, places.out.join("quickstart.fovea"))?;
    let mut session = Session::new(
        &model,
        SessionOptions { max_batch: SIX, outputs: &["probability"], ..Default::default() },
    )?;
    let mut images = [0u8; SIX * SIDE * SIDE];
    let mut labels = [None; SIX];
    for (i, image) in images.chunks_mut(SIDE * SIDE).enumerate() {
        labels[i] = test.get(618 * i + 33, image)?;
    }
    let mut p = [0f32; SIX * CLASSES];
    session.run(&[Tensor::new(&images, &[SIX, SIDE, SIDE, 1])?], &mut [TensorMut::new(&mut p)])?;

    let grey = |i: usize, y: usize, x: usize| u16::from(images[(i * SIDE + y) * SIDE + x]);
    for row in (0..SIX).step_by(3) {
        for y in (2..SIDE - 2).step_by(2) {
            for i in row..row + 3 {
                let shade = |x| b" .:-=+*#%@"[usize::from((grey(i, y, x) + grey(i, y + 1, x)) / 52)];
                print!("{}  ", (2..SIDE - 2).map(|x| char::from(shade(x))).collect::<String>());
            }
            println!();
        }
        for i in row..row + 3 {
            let p = &p[i * CLASSES..(i + 1) * CLASSES];
            let best = (0..CLASSES).fold(0, |best, k| if p[k] > p[best] { k } else { best });
            print!("{} with {:5.1} %, is {}      ", best, 100.0 * p[best], labels[i].unwrap_or(0));
        }
        println!("\n");
    }
    Ok(())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.get(arguments.iter().position(|argument| argument == name)? + 1);
    let option = |name: &str| value(name).map(PathBuf::from);
    let places = Places { data: option("--data"), out: option("--out").unwrap_or_else(|| ".".into()) };
    let context = Context::new(Default::default())?;
    match arguments.first().map(String::as_str) {
        Some("train") => train(&context, &places),
        Some("classify") => classify(&context, &places),
        _ => panic!("usage: quickstart train|classify [--data DIR] [--out DIR]"),
    }
}
