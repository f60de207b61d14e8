//! Optimizers, groups, schedules and averages.

use fovea::*;

fn model(context: &Context) -> Model {
    let mut g = Graph::new(context).unwrap();
    let x = g.input(Input { shape: &[4], ..Default::default() });
    let h = g.dense(x, Dense { name: "h", units: 8, activation: Activation::Relu, ..Default::default() });
    let y = g.dense(h, Dense { name: "y", units: 3, ..Default::default() });
    Model::new(&g, &[y], ModelOptions { seed: 1, ..Default::default() }).unwrap()
}

fn step(trainer: &mut Trainer) -> f64 {
    let x: Vec<f32> = (0..24).map(|i| (i % 7) as f32 / 7.0).collect();
    trainer.step(&[Tensor::new(&x, &[6, 4]).unwrap()], Tensor::vector(&[0i32, 1, 2, 0, 1, 2])).unwrap()
}

fn kernel(trainer: &Trainer, name: &str, count: usize) -> Vec<f32> {
    let mut values = vec![0.0f32; count];
    trainer.model().get_tensor(name, &mut values).unwrap();
    values
}

#[test]
fn every_optimizer_lowers_the_loss() {
    let context = Context::new(Default::default()).unwrap();
    for (optimizer, rate) in [
        (Optimizer::Sgd, 0.2),
        (Optimizer::Adam, 0.02),
        (Optimizer::Adagrad, 0.1),
        (Optimizer::Rmsprop, 0.01),
        (Optimizer::Adadelta, 5.0),
        (Optimizer::Adamax, 0.02),
        (Optimizer::Nadam, 0.02),
        (Optimizer::Lion, 0.005),
        (Optimizer::Lars, 0.5),
        (Optimizer::Lamb, 0.05),
        (Optimizer::Adamw, 0.02),
    ] {
        let mut model = model(&context);
        let options = TrainerOptions {
            learning_rate: rate,
            optimizer: OptimizerOptions { clip_global_norm: 10.0, ..Default::default() },
            ..Default::default()
        };
        let mut trainer = Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, optimizer, options).unwrap();
        let first = step(&mut trainer);
        let last = (0..40).map(|_| step(&mut trainer)).last().unwrap();
        assert!(last < first, "{optimizer:?}: {first} -> {last}");
        assert_eq!(trainer.optimizer().unwrap(), (optimizer, rate));
    }
}

#[test]
fn groups_freeze_and_constrain() {
    let context = Context::new(Default::default()).unwrap();
    let mut model = model(&context);
    let mut trainer =
        Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Adam, Default::default()).unwrap();
    trainer
        .set_groups(&[
            Group { parameters: "h.*", frozen: true, ..Default::default() },
            Group { parameters: "y.kernel", constraint: Constraint::UnitNorm, ..Default::default() },
        ])
        .unwrap();
    let before = kernel(&trainer, "h.kernel", 32);
    step(&mut trainer);
    assert_eq!(before, kernel(&trainer, "h.kernel", 32));
    let y = kernel(&trainer, "y.kernel", 24);
    for column in 0..3 {
        let norm: f32 = (0..8).map(|row| y[row * 3 + column].powi(2)).sum();
        assert!((norm - 1.0).abs() < 1e-5);
    }
    let error = trainer.set_groups(&[Group { parameters: "z.*", ..Default::default() }]).unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
}

#[test]
fn schedules_and_averages() {
    let context = Context::new(Default::default()).unwrap();
    let mut model = model(&context);
    let options = TrainerOptions {
        learning_rate: 0.1,
        average: Average::Exponential { decay: 0.9, start: 0, period: 0 },
        accumulate_steps: 2,
        ..Default::default()
    };
    let mut trainer = Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, options).unwrap();
    assert_eq!(trainer.averaged_model().unwrap_err().code, ErrorCode::NotFound);
    let steps = Schedule {
        kind: ScheduleKind::Step { period: 2, gamma: 0.5 },
        per_step: true,
        warmup: 1,
        warmup_start: 0.5,
        ..Default::default()
    };
    trainer.set_schedule(&steps).unwrap();
    let mut rates = vec![];
    for _ in 0..4 {
        rates.push((trainer.learning_rate() * 1e6).round() / 1e6);
        step(&mut trainer);
        step(&mut trainer);
    }
    assert_eq!(rates, [0.05, 0.1, 0.1, 0.05]);
    let averaged = trainer.averaged_model().unwrap();
    let mut values = vec![0.0f32; 32];
    averaged.get_tensor("h.kernel", &mut values).unwrap();
    assert_ne!(values, kernel(&trainer, "h.kernel", 32));
    let falling =
        Schedule { kind: ScheduleKind::MultiStep { milestones: &[3, 1], gamma: 0.0 }, ..Default::default() };
    assert_eq!(falling.rate(1.0, 0, 0).unwrap_err().code, ErrorCode::InvalidArgument);
}

#[test]
fn fit_asks_for_the_rate() {
    let context = Context::new(Default::default()).unwrap();
    let data = Dataset::digits(&context, Digits { count: 40, ..Default::default() }).unwrap();
    let mut g = Graph::new(&context).unwrap();
    let x = zoo::lenet5(&mut g, Default::default());
    let mut model = Model::new(&g, &[x], Default::default()).unwrap();
    let mut trainer =
        Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, Default::default()).unwrap();
    let mut seen = vec![];
    let mut rate = |epoch: usize, step: usize, _now: f64| {
        seen.push((epoch, step));
        if epoch == 0 {
            0.1
        } else {
            0.02
        }
    };
    trainer
        .fit(&data, None, Fit { epochs: 2, batch_size: 20, rate: Some(&mut rate), ..Default::default() })
        .unwrap();
    assert_eq!(seen, [(0, 0), (0, 1), (1, 2), (1, 3)]);
    let history = trainer.history().unwrap();
    assert_eq!((history[0].learning_rate, history[1].learning_rate), (0.1, 0.02));
}

#[test]
fn fit_stops_when_nothing_gets_better() {
    let context = Context::new(Default::default()).unwrap();
    let data = Dataset::digits(&context, Digits { count: 40, ..Default::default() }).unwrap();
    let mut g = Graph::new(&context).unwrap();
    let x = zoo::lenet5(&mut g, Default::default());
    let mut model = Model::new(&g, &[x], Default::default()).unwrap();
    let options = TrainerOptions { learning_rate: ZERO, ..Default::default() };
    let mut trainer = Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, options).unwrap();
    let stop = Stop { patience: 2, restore_best: true, ..Default::default() };
    let reason = trainer.fit(&data, Some(&data), Fit { epochs: 9, stop: Some(stop), ..Default::default() });
    assert_eq!(reason.unwrap(), StopReason::NoImprovement);
    assert_eq!(trainer.history().unwrap().len(), 3);
    let stop = Stop { seconds: 1e-9, ..Default::default() };
    let reason = trainer.fit(&data, None, Fit { epochs: 9, stop: Some(stop), ..Default::default() });
    assert_eq!(reason.unwrap(), StopReason::Time);
    let error = trainer.fit(
        &data,
        None,
        Fit { stop: Some(Stop { patience: 1, ..Default::default() }), ..Default::default() },
    );
    assert_eq!(error.unwrap_err().code, ErrorCode::InvalidArgument);
}

#[test]
fn the_rate_grows_with_the_batch() {
    let context = Context::new(Default::default()).unwrap();
    let data = Dataset::digits(&context, Digits { count: 40, ..Default::default() }).unwrap();
    let mut g = Graph::new(&context).unwrap();
    let x = zoo::lenet5(&mut g, Default::default());
    let mut model = Model::new(&g, &[x], Default::default()).unwrap();
    let options = TrainerOptions { learning_rate: 0.125, rate_batch: 4, ..Default::default() };
    let mut trainer = Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, options).unwrap();
    trainer.feed(&data, Feed { batch_size: 16, ..Default::default() }).unwrap();
    assert_eq!(trainer.next().unwrap().learning_rate, 0.5);
}
