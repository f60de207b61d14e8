//! What the tests share: small networks, small data, places for files.
#![allow(dead_code)] // each test takes what it needs

use fovea::*;
use std::path::{Path, PathBuf};

pub const SIDE: usize = 16;
pub const PIXELS: usize = SIDE * SIDE;

/// One thread, so that a test is cheap.
pub fn context() -> Context {
    Context::new(ContextOptions { threads: 1, ..Default::default() }).unwrap()
}

pub fn digits(context: &Context, count: usize) -> Dataset {
    Dataset::digits(context, Digits { size: SIDE, count, seed: 1, ..Default::default() }).unwrap()
}

/// 16x16x1 digits -> 10 logits; names: image, conv, dense, probability.
pub fn graph(context: &Context) -> (Graph, [Node; 2]) {
    let mut g = Graph::new(context).unwrap();
    let x = g.input(Input { name: "image", shape: &[SIDE, SIDE, 1] });
    let x = g.conv2d(
        x,
        Conv2d {
            name: "conv",
            filters: 4,
            kernel: [3, 3],
            activation: Activation::Relu,
            ..Default::default()
        },
    );
    let x = g.max_pool2d(x, Pool2d::default());
    let x = g.flatten(x, Layer::default());
    let logits = g.dense(x, Dense { name: "dense", units: 10, ..Default::default() });
    let probability = g.softmax(logits, Layer { name: "probability" });
    (g, [logits, probability])
}

pub fn model(context: &Context) -> Model {
    let (g, outputs) = graph(context);
    let transform = Some(Transform { scale: 1.0 / 255.0, ..Default::default() });
    Model::new(&g, &outputs, ModelOptions { seed: 1, transform, ..Default::default() }).unwrap()
}

pub fn trainer(model: &mut Model) -> Trainer {
    Trainer::new(model, Loss::SoftmaxCrossEntropy, Optimizer::Adam, TrainerOptions::default()).unwrap()
}

/// The first `count` images and labels of a dataset.
pub fn batch(dataset: &Dataset, count: usize) -> (Vec<u8>, Vec<i32>) {
    let mut images = vec![0; count * PIXELS];
    let labels = images
        .chunks_mut(PIXELS)
        .enumerate()
        .map(|(i, image)| dataset.get(i, image).unwrap().unwrap() as i32)
        .collect();
    (images, labels)
}

/// Bytes of an IDX file: element type u8.
pub fn idx(shape: &[usize], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    for &extent in shape {
        bytes.extend_from_slice(&(extent as u32).to_be_bytes());
    }
    bytes.extend_from_slice(data);
    bytes
}

/// A folder of its own for each test, which goes with it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fovea-{}-{}", std::process::id(), name));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
