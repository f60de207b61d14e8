//! Trainer: steps, halves of steps, fit, checkpoints, history, progress.

mod common;

use common::*;
use fovea::*;
use std::ops::ControlFlow::{Break, Continue};

fn weights(model: &Model) -> Vec<f32> {
    let mut kernel = vec![0.0; 7 * 7 * 4 * 10];
    model.get_tensor("dense.kernel", &mut kernel).unwrap();
    kernel
}

#[test]
fn a_step_is_its_two_halves() {
    let context = context();
    let (images, labels) = batch(&digits(&context, 8), 8);
    let inputs = [Tensor::new(&images, &[8, SIDE, SIDE, 1]).unwrap()];
    let target = Tensor::vector(&labels);
    let (mut a, mut b) = (model(&context), model(&context));
    let (mut whole, mut halves) = (trainer(&mut a), trainer(&mut b));
    assert_eq!(whole.loss(), Loss::SoftmaxCrossEntropy);
    assert!(halves.gradient_block::<f32>().is_none());
    for _ in 0..3 {
        let loss = whole.step(&inputs, target).unwrap();
        assert_eq!(loss, halves.backward(&inputs, target).unwrap());
        halves.apply().unwrap();
    }
    assert_eq!(weights(whole.model()), weights(halves.model()));
    assert_ne!(weights(&a), weights(&model(&context)));
    let memory = whole.memory(8).unwrap();
    assert!(memory.parameters > 0 && memory.gradients > 0 && memory.optimizer >= 2 * memory.gradients);
    assert!(memory.arena > 0 && whole.memory(16).unwrap().arena > memory.arena);
}

#[test]
fn gradients_are_read_and_replaced() {
    let context = context();
    let (images, labels) = batch(&digits(&context, 8), 8);
    let mut model = model(&context);
    let options = TrainerOptions { learning_rate: 0.5, ..Default::default() };
    let mut trainer = Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, options).unwrap();
    let before = weights(&model);
    trainer.backward(&[Tensor::new(&images, &[8, SIDE, SIDE, 1]).unwrap()], Tensor::vector(&labels)).unwrap();
    let mut bias = [0f64; 10];
    assert_eq!(trainer.get_gradient("dense.bias", &mut bias).unwrap(), [10]);
    assert!(bias.iter().any(|&g| g != 0.0) && bias.iter().sum::<f64>().abs() < 1e-5);
    assert!(trainer.gradient_block::<f64>().is_none());
    let block = trainer.gradient_block::<f32>().unwrap();
    assert!(block.len() >= 9 * 4 + 4 + 1960 + 10);
    block.fill(0.0);
    trainer.set_gradient("dense.bias", Tensor::vector(&[2f32; 10])).unwrap();
    trainer.apply().unwrap();
    assert_eq!(weights(&model), before);
    let mut bias = [0f32; 10];
    model.get_tensor("dense.bias", &mut bias).unwrap();
    assert_eq!(bias, [-1.0; 10]);
}

#[test]
fn the_iterator_and_fit_do_the_same() {
    let context = context();
    let data = digits(&context, 100);
    let (mut a, mut b) = (model(&context), model(&context));
    let (mut fitted, mut stepped) = (trainer(&mut a), trainer(&mut b));
    fitted.fit(&data, None, Fit { epochs: 2, batch_size: 30, ..Default::default() }).unwrap();
    let feed = Feed { batch_size: 30, ..Default::default() };
    let seen: Vec<Progress> = stepped.steps(&data, feed, 2).unwrap().map(Result::unwrap).collect();
    assert_eq!(seen.len(), 8);
    assert_eq!(weights(fitted.model()), weights(stepped.model()));
    let last = seen[7];
    assert!(last.epoch_ended && !seen[6].epoch_ended);
    assert_eq!((last.epoch, last.epochs, last.batch, last.batches), (1, 2, 4, 4));
    assert_eq!((last.step, last.samples), (8, 100));
    assert_eq!(stepped.progress().unwrap().loss, last.loss);
    // Two of three are done.
    let mut more = stepped.steps(&data, feed, 3).unwrap();
    more.trainer().set_learning_rate(0.25).unwrap();
    assert_eq!(more.next().unwrap().unwrap().learning_rate, 0.25);
    assert_eq!(more.count(), 3);
    assert_eq!(stepped.steps(&data, feed, 3).unwrap().count(), 0);
}

#[test]
fn feed_options_arrive() {
    let context = context();
    let data = digits(&context, 100);
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    let feed = Feed { batch_size: 30, drop_last: true, no_shuffle: true, ..Default::default() };
    trainer.feed(&data, feed).unwrap();
    assert_eq!(trainer.next().unwrap().batches, 3);
}

#[test]
fn the_callback_sees_stops_and_steers() {
    let folder = Folder::new("callback");
    let context = context();
    let data = digits(&context, 100);
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    let path = folder.join("middle.fovea");
    let mut seen = Vec::new();
    let error = trainer
        .fit(
            &data,
            Some(&data),
            Fit {
                epochs: 5,
                batch_size: 50,
                on_progress: Some(&mut |training, progress| {
                    seen.push(*progress);
                    assert_eq!(training.progress().unwrap().step, progress.step);
                    if progress.step == 2 {
                        training.set_learning_rate(0.125).unwrap();
                        assert_eq!(training.learning_rate(), 0.125);
                        training.save(&path).unwrap();
                        assert_eq!(training.history().unwrap().len(), 1);
                    }
                    if progress.step == 3 {
                        Break(())
                    } else {
                        Continue(())
                    }
                }),
                ..Default::default()
            },
        )
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled);
    assert_eq!(seen.len(), 3);
    assert!(seen[0].val_loss.is_nan() && seen[1].val_loss > 0.0 && seen[1].val_accuracy >= 0.0);
    assert!(seen[2].samples_per_second > 0.0 && seen[2].seconds_left > 0.0 && seen[2].seconds > 0.0);
    assert_eq!(seen[2].learning_rate, 0.125);
    // The rest; and the same rest from the checkpoint in the middle.
    let rest = Fit { epochs: 5, batch_size: 50, ..Default::default() };
    trainer.fit(&data, None, rest).unwrap();
    let mut loaded = Trainer::load(&context, &path).unwrap();
    assert_eq!(loaded.learning_rate(), 0.125);
    loaded.fit(&data, None, Fit { epochs: 5, batch_size: 50, ..Default::default() }).unwrap();
    assert_eq!(weights(loaded.model()), weights(trainer.model()));
    assert_eq!(loaded.history().unwrap().len(), 5);
    Model::load(&context, &path).unwrap();
}

#[test]
fn checkpoints_by_steps_and_epochs() {
    let folder = Folder::new("checkpoints");
    let context = context();
    let data = digits(&context, 100);
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    let path = folder.join("running.fovea");
    let mut stop = |_: &mut Training, progress: &Progress| {
        if progress.step == 3 {
            Break(())
        } else {
            Continue(())
        }
    };
    let running = |on_progress| Fit {
        batch_size: 25,
        checkpoint_steps: 2,
        checkpoint_path: Some(&path),
        on_progress,
        ..Default::default()
    };
    assert!(trainer.fit(&data, None, running(Some(&mut stop))).is_err());
    assert_eq!(Trainer::load(&context, &path).unwrap().progress().unwrap().step, 2);
    trainer.fit(&data, None, running(None)).unwrap();
    trainer.save(folder.join("end.fovea")).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(folder.join("end.fovea")).unwrap());
}

#[test]
fn history_is_kept() {
    let context = context();
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    assert!(trainer.history().unwrap().is_empty());
    let row = HistoryRow {
        epoch: 4,
        loss: 1.5,
        accuracy: 0.5,
        val_loss: 2.5,
        val_accuracy: 0.25,
        learning_rate: 0.125,
    };
    trainer.record(row).unwrap();
    assert_eq!(trainer.history().unwrap(), [row]);
}

#[test]
fn zero_is_zero() {
    let context = context();
    let mut model = model(&context);
    let options = TrainerOptions { learning_rate: ZERO, ..Default::default() };
    let trainer = Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Adam, options).unwrap();
    assert_eq!(trainer.learning_rate(), 0.0);
}

#[test]
fn pictures_are_drawn() {
    use fovea::picture::*;
    let folder = Folder::new("pictures");
    let context = context();
    let (images, _) = batch(&digits(&context, 6), 6);
    let model = model(&context);
    let mut kernel = [0f32; 36];
    let shape = model.get_tensor("conv.kernel", &mut kernel).unwrap();
    filters(folder.join("filters.png"), Tensor::new(&kernel, &shape).unwrap(), Grid::default()).unwrap();
    let options = Grid { columns: 3, zoom: 2, shared_range: true };
    grid(folder.join("grid.png"), Tensor::new(&images, &[6, SIDE, SIDE, 1]).unwrap(), options).unwrap();
    let (x, y) = ([1.0, 2.0, 4.0], [0.1, f64::NAN, 10.0]);
    let curve = Curve { label: "loss", x: Some(&x), y: &y };
    let options = Plot { width: 320, height: 200, log_y: true, title: "t", x_label: "step", y_label: "loss" };
    plot(folder.join("plot.png"), &[curve, Curve { y: &x, ..Default::default() }], options).unwrap();
    for name in ["filters.png", "grid.png", "plot.png"] {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"), "{}", name);
    }
    let short = Curve { x: Some(&x[..2]), y: &y, ..Default::default() };
    assert_eq!(
        plot(folder.join("x.png"), &[short], Plot::default()).unwrap_err().code,
        ErrorCode::InvalidArgument
    );
}

fn two_heads() -> Model {
    let context = context();
    let mut g = Graph::new(&context).unwrap();
    let x = g.input(Input { name: "x", shape: &[4] });
    let h = g.dense(x, Dense { name: "h", units: 5, activation: Activation::Gelu, ..Default::default() });
    let logits = g.dense(h, Dense { name: "logits", units: 3, ..Default::default() });
    let aux = g.dense(h, Dense { name: "aux", units: 3, ..Default::default() });
    Model::new(&g, &[logits, aux], ModelOptions::default()).unwrap()
}

#[test]
fn losses_with_options_on_two_outputs() {
    let mut model = two_heads();
    let losses = [
        LossOptions {
            label_smoothing: 0.1,
            class_weights: &[1.0, 2.0, 1.0],
            ..LossOptions::new(Loss::SoftmaxCrossEntropy)
        },
        LossOptions { output: "aux", weight: 0.5, delta: 0.5, ..LossOptions::new(Loss::Huber) },
    ];
    let positive =
        [LossOptions { positive_weights: &[2.0, 1.0, 0.5], ..LossOptions::new(Loss::BinaryCrossEntropy) }];
    {
        let trainer =
            Trainer::with_losses(&mut model, &positive, Optimizer::Sgd, Default::default()).unwrap();
        assert_eq!(trainer.loss_options(0).unwrap().positive_weights, [2.0, 1.0, 0.5]);
    }
    let mut trainer = Trainer::with_losses(&mut model, &losses, Optimizer::Sgd, Default::default()).unwrap();
    let (x, y, w) = ([0.5f32, -1.0, 0.25, 1.0, -0.5, 0.0, 2.0, 1.0], [0i32, 2], [1f32, 0.5]);
    let x = [Tensor::new(&x, &[2, 4]).unwrap()];
    let loss = trainer.step_batch(&x, &[Tensor::vector(&y)], Some(Tensor::vector(&w))).unwrap();
    let parts = trainer.loss_values().unwrap();
    assert!((loss - parts[0] - 0.5 * parts[1]).abs() < 1e-9);
    assert!(trainer.backward_batch(&x, &[], None).is_err());
    assert_eq!(trainer.loss(), Loss::SoftmaxCrossEntropy);
    assert_eq!(trainer.loss_options(0).unwrap().class_weights, [1.0, 2.0, 1.0]);
    let huber = trainer.loss_options(1).unwrap();
    assert_eq!((huber.loss, huber.output, huber.weight, huber.delta), (Loss::Huber, "aux", 0.5, 0.5));
    assert!(trainer.loss_options(2).is_err());
}

#[test]
fn a_gradient_of_the_hosts() {
    let mut model = two_heads();
    let mut trainer =
        Trainer::new(&mut model, Loss::HostGradient, Optimizer::Sgd, TrainerOptions::default()).unwrap();
    let x = [1f32; 8];
    let x = [Tensor::new(&x, &[2, 4]).unwrap()];
    let (mut logits, mut aux) = ([0f32; 6], [0f32; 6]);
    trainer.forward(&x, &mut [TensorMut::new(&mut logits), TensorMut::new(&mut aux)]).unwrap();
    let ones = [1f32; 6];
    let gradient = Tensor::new(&ones, &[2, 3]).unwrap();
    trainer.backward_from(&[gradient, gradient]).unwrap();
    trainer.apply().unwrap();
    let before = logits;
    trainer.forward(&x, &mut [TensorMut::new(&mut logits), TensorMut::new(&mut aux)]).unwrap();
    assert!(logits.iter().sum::<f32>() < before.iter().sum::<f32>());
    assert!(trainer.step(&x, Tensor::vector(&[0i32, 1])).is_err());
}
