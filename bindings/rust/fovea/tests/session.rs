//! Sessions and datasets: data in, data out, nothing copied on the way.

mod common;

use common::*;
use fovea::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

#[test]
fn a_run_fills_the_outputs_that_were_asked_for() {
    let context = context();
    let model = model(&context);
    let (images, _) = batch(&digits(&context, 5), 5);
    let mut session = Session::new(&model, SessionOptions { max_batch: 2, ..Default::default() }).unwrap();
    let (mut logits, mut probability) = ([0f32; 50], [0f64; 50]);
    let input = Tensor::new(&images, &[5, SIDE, SIDE, 1]).unwrap();
    let mut outputs = [TensorMut::new(&mut logits), TensorMut::new(&mut probability)];
    session.run(&[input], &mut outputs).unwrap();
    assert_eq!(outputs[1].shape(), [5, 10]);
    for row in probability.chunks(10) {
        assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-6);
    }

    // Inner nodes, by name; floats instead of bytes give the same.
    let options = SessionOptions { max_batch: 5, outputs: &["probability", "conv"], ..Default::default() };
    assert!(Session::memory(&model, options).unwrap() > 0);
    let mut session = Session::new(&model, options).unwrap();
    let floats: Vec<f32> = images.iter().map(|&v| f32::from(v)).collect();
    let input = Tensor::new(&floats, &[5, SIDE, SIDE, 1]).unwrap();
    let (mut again, mut conv) = ([0f64; 50], vec![0f32; 5 * 14 * 14 * 4]);
    let mut outputs = [TensorMut::new(&mut again), TensorMut::new(&mut conv)];
    session.run(&[input], &mut outputs).unwrap();
    assert_eq!(outputs[1].shape(), [5, 14, 14, 4]);
    // Pieces of another size may round differently.
    for (a, b) in again.iter().zip(&probability) {
        assert!((a - b).abs() < 1e-6, "{a} is not {b}");
    }
}

#[test]
fn evaluation_fills_the_confusion_matrix() {
    let context = context();
    let mut model = model(&context);
    let data = digits(&context, 200);
    let mut trainer = trainer(&mut model);
    trainer.fit(&data, None, Fit { epochs: 100, ..Default::default() }).unwrap();
    let mut session = Session::new(&model, SessionOptions { max_batch: 64, ..Default::default() }).unwrap();
    let mut confusion = [0i64; 100];
    let evaluation = session
        .evaluate(
            &data,
            Evaluate {
                loss: Some(Loss::SoftmaxCrossEntropy),
                confusion: Some(&mut confusion),
                ..Default::default()
            },
        )
        .unwrap();
    assert_eq!(evaluation.samples, 200);
    assert_eq!(confusion.iter().sum::<i64>(), 200);
    let right: i64 = (0..10).map(|k| confusion[11 * k]).sum();
    assert_eq!(right as f64 / 200.0, evaluation.accuracy);
    assert!(evaluation.accuracy > 0.8 && evaluation.loss < 1.0, "{:?}", evaluation);
    let scores = confusion_scores(&confusion, 10).unwrap();
    assert_eq!(scores.len(), 10);
    assert!(scores.iter().all(|s| s.precision <= 1.0 && s.recall <= 1.0 && s.f1 <= 1.0));

    let loss = session.evaluate(&data, Evaluate::default()).unwrap().loss;
    assert!(loss.is_nan());
}

#[test]
fn datasets_are_cut_and_read() {
    let context = context();
    let data = digits(&context, 100);
    let info = data.info().unwrap();
    assert_eq!((info.dtype, info.count, info.classes), (DType::U8, 100, 10));
    assert_eq!((info.shape, info.target_shape), (vec![SIDE, SIDE, 1], vec![]));
    let (first, second) = data.split(Split { fraction: 0.25, ..Default::default() }).unwrap();
    assert_eq!((first.info().unwrap().count, second.info().unwrap().count), (75, 25));
    let (_, drawn) = data.split(Split { count: 25, shuffle: true, seed: 3, ..Default::default() }).unwrap();
    assert_ne!(drawn.info().unwrap().fingerprint, second.info().unwrap().fingerprint);
    let subset = data.subset(&[99, 75, 75]).unwrap();
    let (mut a, mut b) = ([0u8; PIXELS], [0u8; PIXELS]);
    assert_eq!(subset.get(1, &mut a).unwrap(), second.get(0, &mut b).unwrap());
    assert_eq!(a, b);
    let noise = |noise| {
        Dataset::digits(&context, Digits { size: SIDE, count: 1, noise, ..Default::default() })
            .unwrap()
            .info()
            .unwrap()
            .fingerprint
    };
    assert_eq!(noise(0.0), noise(12.0));
    assert_ne!(noise(0.0), noise(ZERO));
}

#[test]
fn idx_files_are_read() {
    let folder = Folder::new("idx");
    let context = context();
    let data = digits(&context, 20);
    let (images, labels) = batch(&data, 20);
    let labels: Vec<u8> = labels.iter().map(|&l| l as u8).collect();
    std::fs::write(folder.join("images"), idx(&[20, SIDE, SIDE], &images)).unwrap();
    std::fs::write(folder.join("labels"), idx(&[20], &labels)).unwrap();
    let open = |options| Dataset::open_idx(&context, folder.join("images"), folder.join("labels"), options);
    let read = open(Idx { classes: 10, ..Default::default() }).unwrap();
    assert_eq!(read.info().unwrap(), data.info().unwrap());
    let error = open(Idx { max_bytes: 100, ..Default::default() }).unwrap_err();
    assert!(error.message.contains("images"), "{}", error);
}

#[test]
fn targets_instead_of_labels() {
    let context = context();
    let samples: Vec<f32> = (0..40).map(|i| i as f32 / 40.0).collect();
    let targets: Vec<f64> = samples.iter().map(|&v| f64::from(3.0 * v - 1.0)).collect();
    let memory = MemoryDataset::with_targets(
        Tensor::new(&samples, &[40, 1]).unwrap(),
        Tensor::new(&targets, &[40, 1]).unwrap(),
    );
    let data = Dataset::from_memory(&context, memory).unwrap();
    let info = data.info().unwrap();
    assert_eq!((info.classes, info.target_shape), (0, vec![1]));
    assert_eq!(data.get(3, &mut [0f32]).unwrap(), None);

    let mut g = Graph::new(&context).unwrap();
    let x = g.input(Input { name: "x", shape: &[1] });
    let x = g.dense(x, Dense { name: "line", units: 1, ..Default::default() });
    let mut model = Model::new(&g, &[x], Default::default()).unwrap();
    let options = TrainerOptions { learning_rate: 0.1, momentum: 0.9, nesterov: true, ..Default::default() };
    let mut trainer = Trainer::new(&mut model, Loss::MeanSquaredError, Optimizer::Sgd, options).unwrap();
    trainer.fit(&data, Some(&data), Fit { epochs: 200, batch_size: 40, ..Default::default() }).unwrap();
    let (mut slope, mut offset) = ([0f64], [0f64]);
    model.get_tensor("line.kernel", &mut slope).unwrap();
    model.get_tensor("line.bias", &mut offset).unwrap();
    assert!((slope[0] - 3.0).abs() < 0.01 && (offset[0] + 1.0).abs() < 0.01);
    assert!(trainer.progress().unwrap().accuracy.is_nan());
}

/// Memory for tensors that is counted.
struct Counting {
    bytes: Arc<AtomicUsize>,
}

extern "C" {
    fn aligned_alloc(alignment: usize, bytes: usize) -> *mut u8;
    fn free(memory: *mut u8);
}

unsafe impl Allocator for Counting {
    fn allocate(&self, bytes: usize, alignment: usize) -> *mut u8 {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        unsafe { aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment) }
    }

    unsafe fn release(&self, memory: *mut u8, _bytes: usize) {
        free(memory);
    }
}

#[test]
fn image_data_is_not_copied() {
    let bytes = Arc::new(AtomicUsize::new(0));
    let context = Context::new(ContextOptions {
        threads: 1,
        allocator: Some(Box::new(Counting { bytes: bytes.clone() })),
        ..Default::default()
    })
    .unwrap();
    let count = 4096;
    let images = vec![7u8; count * PIXELS];
    let taken = |make: &dyn Fn()| {
        let before = bytes.load(Ordering::Relaxed);
        make();
        bytes.load(Ordering::Relaxed) - before
    };
    let copied = taken(&|| {
        let labels = vec![0i32; count];
        let samples = Tensor::new(&images, &[count, SIDE, SIDE, 1]).unwrap();
        Dataset::from_memory(&context, MemoryDataset::with_labels(samples, Tensor::vector(&labels))).unwrap();
    });
    assert!(copied >= images.len());
    let borrowed = taken(&|| {
        let owner = (images.clone(), vec![0i32; count]);
        let data = Dataset::borrow_memory(&context, owner, |(images, labels)| {
            let samples = Tensor::new(images, &[count, SIDE, SIDE, 1])?;
            Ok(MemoryDataset::with_labels(samples, Tensor::vector(labels)))
        })
        .unwrap();
        let mut sample = [0u8; PIXELS];
        data.get(count - 1, &mut sample).unwrap();
        assert_eq!(sample, [7; PIXELS]);
    });
    assert_eq!(borrowed, 0);
    let model = model(&context);
    let mut session = Session::new(&model, SessionOptions { max_batch: 1, ..Default::default() }).unwrap();
    let mut out = vec![0f32; count * 10];
    let mut probability = vec![0f32; count * 10];
    let before = bytes.load(Ordering::Relaxed);
    let input = Tensor::new(&images, &[count, SIDE, SIDE, 1]).unwrap();
    session.run(&[input], &mut [TensorMut::new(&mut out), TensorMut::new(&mut probability)]).unwrap();
    assert!(bytes.load(Ordering::Relaxed) - before < images.len());
}
