//! Every sort of error, by its code, its node and its message.

mod common;

use common::*;
use fovea::*;
use std::error::Error as _;
use std::ops::ControlFlow::Break;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

#[track_caller]
fn expect<T>(result: Result<T>, code: ErrorCode, words: &[&str]) -> Error {
    let error = result.err().expect("an error");
    assert_eq!(error.code, code, "{}", error);
    for word in words {
        assert!(error.message.contains(word), "{:?} is not in '{}'", word, error);
    }
    error
}

use ErrorCode::*;

#[test]
fn names_of_codes() {
    for (code, name) in [
        (InvalidArgument, "FV_INVALID_ARGUMENT"),
        (OutOfMemory, "FV_OUT_OF_MEMORY"),
        (Io, "FV_IO"),
        (Format, "FV_FORMAT"),
        (Unsupported, "FV_UNSUPPORTED"),
        (Busy, "FV_BUSY"),
        (Cancelled, "FV_CANCELLED"),
        (Mismatch, "FV_MISMATCH"),
        (NotFound, "FV_NOT_FOUND"),
        (Internal, "FV_INTERNAL"),
        (Other(77), "FV_UNKNOWN"),
    ] {
        assert_eq!(code.name(), name);
    }
    assert_eq!(version().to_string(), env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_graph_keeps_its_first_error() {
    let context = context();
    let mut g = Graph::new(&context).unwrap();
    let x = g.input(Input { name: "x", shape: &[8, 8, 3] });
    let y = g.conv2d(x, Conv2d { name: "c", filters: 4, kernel: [3, 3], groups: 2, ..Default::default() });
    assert!(!y.is_valid());
    let z = g.relu(y, Layer::default());
    assert!(!z.is_valid());
    let z = g.relu(x, Layer { name: "b\0d" });
    assert!(!z.is_valid());
    let error = expect(g.status(), InvalidArgument, &["conv2d 'c'", "groups"]);
    assert_eq!(expect(Model::new(&g, &[x], Default::default()), InvalidArgument, &["groups"]), error);
    assert_eq!(error.to_string(), error.message);
    assert!(error.source().is_none());
}

#[test]
fn what_c_could_not_see_is_an_error_too() {
    let context = context();
    let first = |build: &dyn Fn(&mut Graph) -> Node, words: &[&str]| {
        let mut g = Graph::new(&context).unwrap();
        assert!(!build(&mut g).is_valid());
        let x = g.input(Input { name: "x", shape: &[4] });
        assert!(!x.is_valid(), "the graph is in error");
        expect(g.status(), InvalidArgument, words);
        expect(Model::new(&g, &[x], Default::default()), InvalidArgument, words);
    };
    first(&|g| g.input(Input { name: "a\0b", shape: &[3] }), &["zero byte"]);
    first(&|g| g.input(Input { name: "a", shape: &[3, 0, 2] }), &["shape"]);
    first(&|g| g.input(Input { name: "a", shape: &[1; 9] }), &["rank 9"]);
    first(&|g| g.input(Input::default()), &["rank is 0"]);
    first(&|g| g.input(Input { name: "a", shape: &[usize::MAX] }), &["input"]);
}

#[test]
fn shapes_are_checked() {
    let context = context();
    let data = [0f32; 12];
    expect(Tensor::new(&data, &[3, 5]), InvalidArgument, &["[3, 5]", "12 elements"]);
    expect(Tensor::new(&data, &[usize::MAX, 12]), InvalidArgument, &["12 elements"]);
    expect(Tensor::new(&data, &[1; 9]), InvalidArgument, &["rank 9"]);
    assert_eq!(Tensor::new(&data, &[3, 4]).unwrap().shape(), [3, 4]);

    let mut model = model(&context);
    expect(
        model.set_tensor("dense.bias", Tensor::vector(&data)),
        InvalidArgument,
        &["dense.bias", "expected 10"],
    );
    expect(model.get_tensor("dense.bias", &mut [0f32; 9]), InvalidArgument, &["36 bytes", "40"]);
    let mut session = Session::new(&model, Default::default()).unwrap();
    let mut out = [0f32; 10];
    let input = Tensor::new(&data, &[3, 4]).unwrap();
    let (mut probability, mut short) = ([0f32; 10], [0f32; 9]);
    let mut outputs = [TensorMut::new(&mut out), TensorMut::new(&mut probability)];
    expect(session.run(&[input], &mut outputs), InvalidArgument, &["image"]);
    expect(session.run(&[], &mut outputs), InvalidArgument, &["input"]);
    let image = [0u8; PIXELS];
    let input = Tensor::new(&image, &[1, SIDE, SIDE, 1]).unwrap();
    expect(session.run(&[input], &mut outputs[..1]), InvalidArgument, &["1 outputs"]);
    outputs[0] = TensorMut::new(&mut short);
    expect(session.run(&[input], &mut outputs), InvalidArgument, &["36 bytes", "40"]);
    let data = digits(&context, 4);
    let mut confusion = [0; 99];
    let evaluate = Evaluate { confusion: Some(&mut confusion), ..Default::default() };
    expect(session.evaluate(&data, evaluate), InvalidArgument, &["99 entries", "10 x 10"]);
    expect(confusion_scores(&confusion, 10), InvalidArgument, &["99 entries"]);
    expect(confusion_scores(&[], 0), InvalidArgument, &["classes"]);
    let transform = Some(Transform { mean: &[0.5], stddev: &[1.0, 2.0], ..Default::default() });
    let (g, outputs) = graph(&context);
    let options = ModelOptions { transform, ..Default::default() };
    expect(Model::new(&g, &outputs, options), InvalidArgument, &["1 means"]);
    expect(data.get(0, &mut [0f32; PIXELS]), InvalidArgument, &[]);
    expect(data.get(4, &mut [0u8; PIXELS]), InvalidArgument, &["4"]);
    expect(data.subset(&[-1]), InvalidArgument, &["-1"]);
    expect(data.split(Split { count: 4, ..Default::default() }), InvalidArgument, &[]);
}

#[test]
fn nodes_of_another_graph() {
    let context = context();
    let (mut g, _) = graph(&context);
    let (_other, outputs) = graph(&context);
    let x = g.relu(outputs[0], Layer::default());
    assert!(!x.is_valid());
    let error = expect(g.status(), InvalidArgument, &["graph"]);
    assert!(error.node.unwrap().is_valid());
    let (g, _) = graph(&context);
    expect(Model::new(&g, &outputs, Default::default()), InvalidArgument, &[]);
    expect(Model::new(&g, &[], Default::default()), InvalidArgument, &["0 outputs"]);
    expect(Model::new(&g, &[Node::INVALID], Default::default()), InvalidArgument, &[]);
}

#[test]
fn numbers_out_of_range() {
    let context = context();
    let mut model = model(&context);
    let bad = |options, words: &[&str], model: &mut Model| {
        expect(
            Trainer::new(model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, options),
            InvalidArgument,
            words,
        );
    };
    let zero = TrainerOptions::default();
    bad(TrainerOptions { learning_rate: -1.0, ..zero }, &["learning_rate"], &mut model);
    bad(TrainerOptions { momentum: 1.0, ..zero }, &["momentum"], &mut model);
    bad(TrainerOptions { beta1: f64::NAN, ..zero }, &["beta1"], &mut model);
    bad(TrainerOptions { nesterov: true, ..zero }, &["nesterov"], &mut model);
    bad(TrainerOptions { max_batch: usize::MAX, ..zero }, &["max_batch"], &mut model);
    expect(Trainer::new(&mut model, Loss::Other(99), Optimizer::Sgd, zero), InvalidArgument, &["loss is 99"]);
    expect(
        Context::new(ContextOptions { threads: 5000, ..Default::default() }),
        InvalidArgument,
        &["threads"],
    );
    let mut trainer = trainer(&mut model);
    expect(trainer.set_learning_rate(f64::INFINITY), InvalidArgument, &["rate"]);
    expect(trainer.apply(), InvalidArgument, &["gradient"]);
    expect(trainer.next(), InvalidArgument, &["feed"]);
    expect(trainer.get_gradient("dense.bias", &mut [0f32; 10]), InvalidArgument, &["gradients"]);
    let (images, labels) = batch(&digits(&context, 2), 2);
    let mut labels = labels;
    labels[1] = 10;
    let images = Tensor::new(&images, &[2, SIDE, SIDE, 1]).unwrap();
    expect(trainer.step(&[images], Tensor::vector(&labels)), InvalidArgument, &["10"]);
}

#[test]
fn not_found() {
    let context = context();
    let mut model = model(&context);
    expect(model.get_tensor("nobody", &mut [0f32]), NotFound, &["nobody"]);
    expect(model.set_tensor("nobody", Tensor::vector(&[0f32])), NotFound, &["nobody"]);
    let options = SessionOptions { outputs: &["nobody"], ..Default::default() };
    expect(Session::new(&model, options), NotFound, &["nobody"]);
    expect(Model::load(&context, "/nowhere/x.fovea"), NotFound, &["/nowhere/x.fovea"]);
    expect(Trainer::load(&context, "/nowhere/x.fovea"), NotFound, &["/nowhere/x.fovea"]);
    expect(
        Dataset::open_idx(&context, "/nowhere/i", "/nowhere/l", Idx::default()),
        NotFound,
        &["/nowhere/i"],
    );
    expect(model.save("x\0y"), InvalidArgument, &["zero byte"]);
}

#[test]
fn io_and_format() {
    let folder = Folder::new("errors");
    let context = context();
    let mut model = model(&context);
    std::fs::create_dir(folder.join("taken")).unwrap();
    expect(model.save(folder.join("taken")), Io, &["taken"]);
    let path = folder.join("m.fovea");
    trainer(&mut model).save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    expect(Model::load(&context, &path), Format, &["m.fovea"]);
    expect(Trainer::load(&context, &path), Format, &["m.fovea"]);
    // Element type 0x0d, float, in the header of an IDX file.
    std::fs::write(folder.join("i"), [0, 0, 13, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]).unwrap();
    std::fs::write(folder.join("l"), [0, 0, 8, 1, 0, 0, 0, 1, 0]).unwrap();
    let open = Dataset::open_idx(&context, folder.join("i"), folder.join("l"), Idx::default());
    expect(open, Unsupported, &[]);
}

#[test]
fn busy_cancelled_mismatch() {
    let context = context();
    let data = digits(&context, 64);
    let mut model = model(&context);
    let mut one = trainer(&mut model);
    expect(
        Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, Default::default()),
        Busy,
        &["trainer"],
    );

    let mut stop = |_: &mut Training, _: &Progress| Break(());
    let stop = Fit { on_progress: Some(&mut stop), ..Default::default() };
    expect(one.fit(&data, None, stop), Cancelled, &["on_progress"]);
    let token = CancelToken::new().unwrap();
    token.cancel();
    let cancelled = || Fit { cancel: Some(&token), ..Default::default() };
    expect(one.fit(&data, None, cancelled()), Cancelled, &["cancelled"]);
    let mut session = Session::new(&model, Default::default()).unwrap();
    let evaluate = Evaluate { cancel: Some(&token), ..Default::default() };
    expect(session.evaluate(&data, evaluate), Cancelled, &["cancelled"]);

    // In the middle of an epoch another dataset will not do.
    expect(one.feed(&digits(&context, 65), Feed::default()), Mismatch, &["dataset"]);
    expect(one.feed(&data, Feed { batch_size: 5, ..Default::default() }), Mismatch, &[]);
    token.reset();
    assert!(!token.is_cancelled());
    one.fit(&data, None, cancelled()).unwrap();
    drop(one);
    trainer(&mut model);
}

/// Refuses while it is told to.
struct Moody(Arc<AtomicBool>);

extern "C" {
    fn aligned_alloc(alignment: usize, bytes: usize) -> *mut u8;
    fn free(memory: *mut u8);
}

unsafe impl Allocator for Moody {
    fn allocate(&self, bytes: usize, alignment: usize) -> *mut u8 {
        if self.0.load(Ordering::Relaxed) {
            return std::ptr::null_mut();
        }
        unsafe { aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment) }
    }

    unsafe fn release(&self, memory: *mut u8, _bytes: usize) {
        free(memory);
    }
}

#[test]
fn out_of_memory() {
    let refuse = Arc::new(AtomicBool::new(false));
    let context = Context::new(ContextOptions {
        threads: 1,
        allocator: Some(Box::new(Moody(refuse.clone()))),
        ..Default::default()
    })
    .unwrap();
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    let data = digits(&context, 10);
    refuse.store(true, Ordering::Relaxed);
    expect(model.try_clone(), OutOfMemory, &[]);
    expect(trainer.fit(&data, None, Fit::default()), OutOfMemory, &[]);
    expect(Session::new(&model, Default::default()), OutOfMemory, &[]);
    expect(Dataset::digits(&context, Digits { count: 5, ..Default::default() }), OutOfMemory, &[]);
    refuse.store(false, Ordering::Relaxed);
    trainer.fit(&data, None, Fit::default()).unwrap();
}
