//! Layers and losses of the host's own: gradients, files, errors, panics, and who drops what.

mod common;

use common::*;
use fovea::*;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// What a test tells the callbacks.
#[derive(Default)]
struct Order {
    drops: AtomicUsize,
    mood: AtomicUsize, // 1: an error; 2: a panic
}

impl Order {
    fn obey(&self) -> Result<()> {
        match self.mood.load(Ordering::Relaxed) {
            0 => Ok(()),
            1 => Err(Error { code: ErrorCode::Unsupported, node: None, message: "not on a Sunday".into() }),
            _ => panic!("from the layer"),
        }
    }
}

/// y = scale[c] * x^2; the scale begins at what the attributes say.
struct Scaled(Arc<Order>);

impl Drop for Scaled {
    fn drop(&mut self) {
        self.0.drops.fetch_add(1, Ordering::Relaxed);
    }
}

impl CustomLayer for Scaled {
    const BACKWARD_WITHOUT_INPUTS: bool = true;
    const BACKWARD_WITHOUT_OUTPUT: bool = true;

    fn shape(&self, shape: &mut CustomShape<'_>) -> Result<()> {
        let inputs = shape.inputs();
        let initial = match *shape.attributes() {
            [number] => number,
            ref other => {
                return Err(Error {
                    code: ErrorCode::InvalidArgument,
                    node: None,
                    message: format!("{} bytes of attributes, expected 1", other.len()),
                })
            }
        };
        shape.set_saved(0, inputs[0].iter().product());
        shape.set_scratch(inputs[0][inputs[0].len() - 1], 0);
        shape.add_parameter(CustomParameter {
            name: "scale",
            role: Role::Scale,
            shape: &inputs[0][inputs[0].len() - 1..],
            initializer: Initializer::Constant(initial.into()),
            ..Default::default()
        })
    }

    fn forward<T: Real>(&self, pass: &mut Forward<'_, T>) -> Result<()> {
        self.0.obey()?;
        let scale = pass.parameters[0];
        for (i, (y, &x)) in pass.output.iter_mut().zip(pass.inputs[0]).enumerate() {
            *y = scale[i % scale.len()] * x * x;
        }
        if pass.training {
            pass.saved.copy_from_slice(pass.inputs[0]);
        }
        Ok(())
    }

    fn backward<T: Real>(&self, pass: &mut Backward<'_, T>) -> Result<()> {
        assert!(pass.inputs[0].is_empty() && pass.output.is_empty());
        let (scale, sums) = (pass.parameters[0], &mut *pass.scratch);
        for (i, (&dy, &x)) in pass.output_gradient.iter().zip(pass.saved.iter()).enumerate() {
            let c = i % scale.len();
            sums[c] += dy * x * x;
            if let Some(dx) = &mut pass.input_gradients[0] {
                dx[i] = T::from_f64(2.0) * scale[c] * x * dy;
            }
        }
        pass.parameter_gradients[0].copy_from_slice(sums);
        Ok(())
    }
}

/// The mean squared error, in plain arithmetic.
struct Squares;

impl CustomLoss for Squares {
    fn evaluate<T: Real>(&self, rows: &mut LossRows<'_, T>) -> Result<()> {
        let targets = match rows.target {
            Target::Values(values) => values,
            Target::Labels(_) => return rows.write(Loss::MeanSquaredError), // which refuses them
        };
        let n = rows.columns;
        for (i, (&x, &t)) in rows.output.iter().zip(targets).enumerate() {
            let e: f64 = (x - t).into();
            rows.losses[i / n] += e * e / n as f64;
            if let Some(gradient) = &mut rows.gradient {
                gradient[i] = T::from_f64(2.0 / n as f64) * (x - t);
            }
        }
        Ok(())
    }
}

/// Softmax cross-entropy as the library has it.
struct Own;

impl CustomLoss for Own {
    const OVER_CLASSES: bool = true;

    fn evaluate<T: Real>(&self, rows: &mut LossRows<'_, T>) -> Result<()> {
        assert_eq!((rows.columns, rows.shape.as_slice(), rows.weights.len()), (2, &[2][..], 3));
        rows.write(Loss::SoftmaxCrossEntropy)
    }
}

fn registered(order: &Arc<Order>) -> Context {
    let context = context();
    context.register_layer("test.scaled", Scaled(order.clone())).unwrap();
    context.register_loss("test.squares", Squares).unwrap();
    context.register_loss("test.own", Own).unwrap();
    context
}

fn network(context: &Context, dtype: DType) -> Model {
    let mut g = Graph::new(context).unwrap();
    let x = g.input(Input { name: "x", shape: &[3] });
    let x = g.dense(x, Dense { name: "first", units: 4, ..Default::default() });
    let x = g.custom(&[x], Custom { name: "s", kind: "test.scaled", attributes: &[3] });
    let x = g.dense(x, Dense { name: "last", units: 2, ..Default::default() });
    Model::new(&g, &[x], ModelOptions { dtype, seed: 3, ..Default::default() }).unwrap()
}

const X: [f64; 9] = [0.5, -0.25, 1.0, -0.75, 0.125, 0.3, 0.9, -0.6, 0.2];
const T: [f64; 6] = [0.5, 0.25, -0.125, 1.0, 0.0, -1.0];

fn with_loss(model: &mut Model, loss: LossOptions) -> Trainer {
    Trainer::with_losses(model, &[loss], Optimizer::Adam, TrainerOptions::default()).unwrap()
}

#[test]
fn gradients_match_central_differences() {
    let order = Arc::default();
    let context = registered(&order);
    let mut model = network(&context, DType::F64);
    let mut trainer = with_loss(&mut model, LossOptions::custom("test.squares"));
    let x = [Tensor::new(&X[..], &[3, 3]).unwrap()];
    let t = Tensor::new(&T[..], &[3, 2]).unwrap();
    for (name, shape) in [("s.scale", &[4][..]), ("first.kernel", &[3, 4]), ("last.bias", &[2])] {
        let n = shape.iter().product();
        let (mut w, mut gradient) = (vec![0.0; n], vec![0.0; n]);
        model.get_tensor(name, &mut w[..]).unwrap();
        if name == "s.scale" {
            assert_eq!(w, [3.0; 4]);
        }
        trainer.backward(&x, t).unwrap();
        trainer.get_gradient(name, &mut gradient[..]).unwrap();
        let (mut difference, mut size) = (0.0, 0.0);
        for i in 0..n {
            let (kept, h) = (w[i], 6e-6);
            let mut at = |value: f64| {
                w[i] = value;
                model.set_tensor(name, Tensor::new(&w[..], shape).unwrap()).unwrap();
                trainer.backward(&x, t).unwrap()
            };
            let slope = (at(kept + h) - at(kept - h)) / (2.0 * h);
            at(kept);
            difference += (slope - gradient[i]).powi(2);
            size += gradient[i].powi(2);
        }
        assert!(size > 0.0 && (difference / size).sqrt() < 1e-7, "{}: {} of {}", name, difference, size);
    }
}

#[test]
fn the_librarys_loss_through_a_callback_gives_the_same_bits() {
    let order = Arc::default();
    let context = registered(&order);
    let weights: Vec<_> = [LossOptions::new(Loss::SoftmaxCrossEntropy), LossOptions::custom("test.own")]
        .iter()
        .map(|&loss| {
            let mut model = network(&context, DType::F32);
            let mut trainer = with_loss(&mut model, LossOptions { sum: true, ..loss });
            let x = [Tensor::new(&X[..], &[3, 3]).unwrap()];
            for _ in 0..5 {
                trainer.step(&x, Tensor::vector(&[0i32, 1, 1][..])).unwrap();
            }
            let mut w = [0f32; 12];
            model.get_tensor("first.kernel", &mut w[..]).unwrap();
            w
        })
        .collect();
    assert_eq!(weights[0], weights[1]);
}

#[test]
fn files_need_the_types() {
    let order = Arc::default();
    let context = registered(&order);
    let folder = Folder::new("custom");
    let path = folder.join("m.fovea");
    let mut model = network(&context, DType::F32);
    let mut trainer = with_loss(&mut model, LossOptions::custom("test.squares"));
    trainer.save(&path).unwrap();

    let other = common::context();
    let error = Model::load(&other, &path).unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert!(error.message.contains("'test.scaled' of 's' is not registered"), "{}", error);
    other.register_layer("test.scaled", Scaled(order.clone())).unwrap();
    Model::load(&other, &path).unwrap();
    let error = Trainer::load(&other, &path).unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert!(error.message.contains("'test.squares'"), "{}", error);
    other.register_loss("test.squares", Squares).unwrap();
    let loaded = Trainer::load(&other, &path).unwrap();
    let options = loaded.loss_options(0).unwrap();
    assert_eq!((options.loss, options.custom), (Loss::Custom, "test.squares"));
}

#[test]
fn errors_and_panics_leave_everything_whole() {
    let order: Arc<Order> = Arc::default();
    let context = registered(&order);
    let mut model = network(&context, DType::F32);
    let mut trainer = with_loss(&mut model, LossOptions::custom("test.squares"));
    let x = [Tensor::new(&X[..], &[3, 3]).unwrap()];
    let t = Tensor::new(&T[..], &[3, 2]).unwrap();
    order.mood.store(1, Ordering::Relaxed);
    let error = trainer.step(&x, t).unwrap_err();
    assert_eq!(error.code, ErrorCode::Unsupported);
    assert!(error.message.contains("test.scaled 's'") && error.message.contains("Sunday"), "{}", error);
    order.mood.store(2, Ordering::Relaxed);
    let panic = catch_unwind(AssertUnwindSafe(|| trainer.step(&x, t))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"from the layer"));
    order.mood.store(0, Ordering::Relaxed);
    trainer.step(&x, t).unwrap();
    let error = trainer.step(&x, Tensor::vector(&[0i32, 1, 0][..])).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArgument);
    assert!(error.message.contains("loss 'test.squares'"), "{}", error);
    assert!(error.message.contains("mean_squared_error takes targets"), "{}", error);
}

#[test]
fn nodes_that_make_no_sense() {
    struct Plain;
    impl CustomLayer for Plain {
        fn forward<T: Real>(&self, _: &mut Forward<'_, T>) -> Result<()> {
            Ok(())
        }
        fn backward<T: Real>(&self, _: &mut Backward<'_, T>) -> Result<()> {
            Ok(())
        }
    }
    struct Rash;
    impl CustomLayer for Rash {
        fn shape(&self, _: &mut CustomShape<'_>) -> Result<()> {
            panic!("from the shape")
        }
        fn forward<T: Real>(&self, _: &mut Forward<'_, T>) -> Result<()> {
            Ok(())
        }
        fn backward<T: Real>(&self, _: &mut Backward<'_, T>) -> Result<()> {
            Ok(())
        }
    }
    let order = Arc::default();
    let context = registered(&order);
    context.register_layer("test.plain", Plain).unwrap();
    context.register_layer("test.rash", Rash).unwrap();
    let refused = |inputs: usize, desc: Custom, words: &str| {
        let mut g = Graph::new(&context).unwrap();
        let x = g.input(Input { name: "x", shape: &[3] });
        assert!(!g.custom(&vec![x; inputs], desc).is_valid());
        let error = g.status().unwrap_err();
        assert!(error.message.contains(words), "{}", error);
    };
    refused(2, Custom { kind: "test.plain", ..Default::default() }, "expects 1 input, got 2");
    refused(1, Custom { kind: "test.scaled", ..Default::default() }, "0 bytes of attributes, expected 1");
    refused(1, Custom { kind: "test.nothing", ..Default::default() }, "'test.nothing' is not registered");
    refused(1, Custom { kind: "a\0b", ..Default::default() }, "zero byte");
    let panic =
        catch_unwind(AssertUnwindSafe(|| refused(1, Custom { kind: "test.rash", ..Default::default() }, "")));
    assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"from the shape"));
}

#[test]
fn a_type_is_dropped_once() {
    let order: Arc<Order> = Arc::default();
    let drops = || order.drops.load(Ordering::Relaxed);
    let context = registered(&order);
    let error = context.register_layer("test.scaled", Scaled(order.clone())).unwrap_err();
    assert!(error.message.contains("registered already"), "{}", error);
    assert_eq!(drops(), 1);
    assert!(context.register_layer("a\0b", Scaled(order.clone())).is_err());
    assert_eq!(drops(), 2);
    let model = network(&context, DType::F32);
    drop(context);
    assert_eq!(drops(), 2);
    drop(model);
    assert_eq!(drops(), 3);
}
