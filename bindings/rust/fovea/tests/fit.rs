//! What `fit` calls and writes: callbacks, checkpoints of which some stay, logs, pauses; and what a trainer tells.

mod common;

use common::*;
use fovea::*;
use std::ops::ControlFlow::{self, Break, Continue};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;
use std::time::Duration;

/// Writes down what it is told; stops, or panics, at one event.
#[derive(Default)]
struct Listener {
    told: Vec<String>,
    stop_at: &'static str,
    panic_at: &'static str,
}

impl Listener {
    fn hear(&mut self, event: &str, training: &mut Training, progress: &Progress) -> ControlFlow<()> {
        self.told.push(format!("{event} {}.{}", progress.epoch, progress.batch));
        training.set_note("last", Some(event)).unwrap();
        assert_eq!(training.note("last").unwrap(), event);
        assert_ne!(self.panic_at, event, "from the callback");
        if self.stop_at == event {
            Break(())
        } else {
            Continue(())
        }
    }
}

impl Callbacks for Listener {
    fn on_train_begin(&mut self, training: &mut Training, progress: &Progress) -> ControlFlow<()> {
        self.hear("train_begin", training, progress)
    }
    fn on_train_end(&mut self, training: &mut Training, progress: &Progress) {
        let _ = self.hear("train_end", training, progress);
    }
    fn on_epoch_begin(&mut self, training: &mut Training, progress: &Progress) -> ControlFlow<()> {
        self.hear("epoch_begin", training, progress)
    }
    fn on_epoch_end(&mut self, training: &mut Training, progress: &Progress) -> ControlFlow<()> {
        assert_eq!(training.history().unwrap().len(), progress.epoch + 1);
        self.hear("epoch_end", training, progress)
    }
    fn on_batch_begin(&mut self, training: &mut Training, progress: &Progress) -> ControlFlow<()> {
        training.set_learning_rate(0.25).unwrap();
        self.hear("batch_begin", training, progress)
    }
    fn on_batch_end(&mut self, training: &mut Training, progress: &Progress) -> ControlFlow<()> {
        assert_eq!(progress.learning_rate, 0.25);
        self.hear("batch_end", training, progress)
    }
}

/// Hears of epochs only.
#[derive(Default)]
struct Counter(usize);

impl Callbacks for Counter {
    fn on_epoch_end(&mut self, _: &mut Training, _: &Progress) -> ControlFlow<()> {
        self.0 += 1;
        Continue(())
    }
}

#[test]
fn callbacks_hear_of_everything() {
    let context = context();
    let data = digits(&context, 20);
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    let (mut listener, mut counter) = (Listener::default(), Counter::default());
    let options =
        Fit { epochs: 2, batch_size: 10, callbacks: vec![&mut listener, &mut counter], ..Default::default() };
    trainer.fit(&data, Some(&data), options).unwrap();
    let mut expected = vec!["train_begin 0.0".to_string()];
    for epoch in 0..2 {
        expected.push(format!("epoch_begin {epoch}.1"));
        for batch in 1..3 {
            expected.push(format!("batch_begin {epoch}.{batch}"));
            expected.push(format!("batch_end {epoch}.{batch}"));
        }
        expected.push(format!("epoch_end {epoch}.2"));
    }
    expected.push("train_end 1.2".to_string());
    assert_eq!(listener.told, expected);
    assert_eq!(counter.0, 2);
}

#[test]
fn callbacks_stop_and_panic() {
    let context = context();
    let data = digits(&context, 20);
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    let mut stopping = Listener { stop_at: "batch_end", ..Default::default() };
    let options = Fit { batch_size: 10, callbacks: vec![&mut stopping], ..Default::default() };
    let error = trainer.fit(&data, None, options).unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled);
    assert_eq!(stopping.told.last().unwrap(), "train_end 0.1");
    for event in ["train_begin", "epoch_begin", "batch_begin", "batch_end", "epoch_end", "train_end"] {
        let mut panicking = Listener { panic_at: event, ..Default::default() };
        let options =
            Fit { epochs: 9, batch_size: 10, callbacks: vec![&mut panicking], ..Default::default() };
        let result = catch_unwind(AssertUnwindSafe(|| trainer.fit(&data, None, options)));
        let message = *result.unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains("from the callback"), "{message}");
        // All is whole.
        let before = trainer.progress().unwrap().step;
        trainer.feed(&data, Feed { batch_size: 10, ..Default::default() }).unwrap();
        trainer.next().unwrap();
        assert_eq!(trainer.progress().unwrap().step, before + 1);
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn checkpoints_and_logs() {
    let context = context();
    let data = digits(&context, 20);
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    let folder = Folder::new("fit");
    let checkpoints = folder.path().join("c{epoch}-{step}.fovea");
    let (csv, jsonl) = (folder.path().join("t.csv"), folder.path().join("t.jsonl"));
    assert_eq!(find_checkpoint(&checkpoints).unwrap_err().code, ErrorCode::NotFound);
    let options = |epochs| Fit {
        epochs,
        batch_size: 10,
        checkpoint_path: Some(&checkpoints),
        checkpoint_steps: 1,
        keep_checkpoints: 2,
        csv_path: Some(&csv),
        jsonl_path: Some(&jsonl),
        log_steps: 1,
        ..Default::default()
    };
    trainer.fit(&data, None, options(2)).unwrap();
    assert_eq!(names(folder.path()), ["c1-3.fovea", "c2-4.fovea", "t.csv", "t.jsonl"]);
    let newest = find_checkpoint(&checkpoints).unwrap();
    assert_eq!(newest, folder.path().join("c2-4.fovea"));
    let mut loaded = Trainer::load(&context, newest).unwrap();
    loaded.fit(&data, None, options(3)).unwrap();
    assert_eq!(names(folder.path()), ["c2-5.fovea", "c3-6.fovea", "t.csv", "t.jsonl"]);
    assert_eq!(std::fs::read_to_string(&csv).unwrap().lines().count(), 7);
    assert_eq!(std::fs::read_to_string(&jsonl).unwrap().lines().count(), 6);
    let every_other = Fit { checkpoint_epochs: 2, checkpoint_steps: 0, ..options(4) };
    loaded.fit(&data, None, every_other).unwrap();
    assert_eq!(names(folder.path())[1], "c4-8.fovea");
    let improved = Fit { checkpoint_improved: true, ..options(5) };
    assert_eq!(loaded.fit(&data, None, improved).unwrap_err().code, ErrorCode::InvalidArgument);
}

#[test]
fn a_pause_ends_when_another_thread_says_so() {
    let context = context();
    let data = digits(&context, 20);
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    let token = CancelToken::new().unwrap();
    let other = token.clone();
    let waker = std::thread::spawn(move || {
        while !other.is_paused() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(50));
        other.resume();
    });
    let options = Fit {
        batch_size: 10,
        cancel: Some(&token),
        on_progress: Some(&mut |_, progress| {
            if progress.step == 1 {
                token.pause();
            }
            Continue(())
        }),
        ..Default::default()
    };
    trainer.fit(&data, None, options).unwrap();
    waker.join().unwrap();
    assert_eq!(trainer.progress().unwrap().step, 2);
    assert!(token.paused_time() >= Duration::from_millis(50));
    assert!(!token.is_paused() && !token.wait());
    token.pause();
    token.cancel();
    assert!(token.wait());
}

#[test]
fn a_trainer_tells_what_it_is() {
    let context = context();
    let data = digits(&context, 20);
    let mut model = model(&context);
    let schedule =
        Schedule { kind: ScheduleKind::MultiStep { milestones: &[3, 5], gamma: 0.5 }, ..Default::default() };
    let group = Group {
        parameters: "conv.*",
        frozen: true,
        learning_rate: 1.0,
        weight_decay: 1.0,
        constraint: Constraint::MaxNorm(2.0),
        ..Default::default()
    };
    let average = Average::Exponential { decay: 0.5, start: 1, period: 1 };
    let mix = Mix { mixup: 0.5, cutmix: 1.0, probability: 0.5 };
    let options = TrainerOptions {
        average,
        accumulate_steps: 3,
        seed: 7,
        l1: 1e-5,
        proximal_l1: true,
        rate_batch: 12,
        mix,
        ..Default::default()
    };
    let mut made = Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, options).unwrap();
    made.set_schedule(&schedule).unwrap();
    made.set_groups(&[group]).unwrap();
    made.set_note("key", Some("text")).unwrap();
    made.set_note("gone", Some("text")).unwrap();
    made.set_note("gone", None).unwrap();
    let feed = Feed { batch_size: 4, no_shuffle: true, ..Default::default() };
    made.feed(&data, feed).unwrap();
    for _ in 0..7 {
        made.next().unwrap();
    }
    let folder = Folder::new("state");
    let path = folder.path().join("c.fovea");
    made.save(&path).unwrap();
    for trainer in [&made, &Trainer::load(&context, &path).unwrap()] {
        let info = trainer.info().unwrap();
        assert_eq!((info.accumulate_steps, info.accumulated, info.averages), (3, 1, 1));
        assert_eq!((info.seed, info.l1, info.l2, info.feed), (7, 1e-5, 0.0, Some(feed)));
        assert_eq!((info.proximal_l1, info.rate_batch, info.mix), (true, 12, mix));
        assert_eq!(trainer.schedule().unwrap().kind, schedule.kind);
        assert_eq!(trainer.groups().unwrap(), [group]);
        assert_eq!(trainer.average().unwrap(), average);
        assert_eq!(trainer.note("key").unwrap(), "text");
        assert_eq!(trainer.note("gone").unwrap_err().code, ErrorCode::NotFound);
    }
}

/// What is read of a schedule makes the same one again.
#[test]
fn schedules_come_back() {
    let context = context();
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    let kinds = [
        ScheduleKind::Constant,
        ScheduleKind::Step { period: 2, gamma: 0.5 },
        ScheduleKind::Exponential { gamma: 0.5 },
        ScheduleKind::InverseTime { gamma: 0.5, period: 2, staircase: true },
        ScheduleKind::Polynomial { total: 9, power: 2.0, lowest: 0.01 },
        ScheduleKind::Cosine { total: 9, lowest: 0.01 },
        ScheduleKind::CosineRestarts { period: 2, growth: 2, lowest: 0.01 },
        ScheduleKind::OneCycle {
            total: 9,
            highest: 0.5,
            rising: 0.25,
            start_divisor: 20.0,
            end_divisor: 50.0,
        },
        ScheduleKind::Cyclic {
            lowest: 0.01,
            highest: 0.5,
            period: 2,
            falling: 3,
            shape: CycleShape::Triangular2,
            gamma: 0.5,
        },
        ScheduleKind::Plateau {
            monitor: Monitor::Accuracy,
            factor: 0.5,
            patience: Some(0),
            cooldown: 1,
            min_delta: 0.1,
            lowest: 0.01,
        },
    ];
    for kind in kinds {
        let schedule = Schedule { kind, per_step: true, warmup: 3, warmup_start: 0.5, ..Default::default() };
        trainer.set_schedule(&schedule).unwrap();
        assert_eq!(trainer.schedule().unwrap(), schedule);
    }
    let kind = ScheduleKind::Plateau {
        monitor: Monitor::ValLoss,
        factor: 0.5,
        patience: Some(0),
        cooldown: 0,
        min_delta: 0.1,
        lowest: 0.01,
    };
    let named = Schedule { kind, monitor_name: "val_f1", monitor_larger: true, ..Default::default() };
    trainer.set_schedule(&named).unwrap();
    assert_eq!(trainer.schedule().unwrap(), named);
}

#[test]
fn weights_are_kept() {
    let context = context();
    let data = digits(&context, 20);
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    assert_eq!(trainer.restore_weights().unwrap_err().code, ErrorCode::NotFound);
    let weights = |trainer: &Trainer| {
        let name = trainer.model().tensors().unwrap()[0].name.to_string();
        let count = trainer.model().tensors().unwrap()[0].shape.iter().product::<usize>();
        let mut values = vec![0.0f32; count];
        trainer.model().get_tensor(&name, &mut values).unwrap();
        values
    };
    let kept = weights(&trainer);
    trainer.keep_weights().unwrap();
    trainer.feed(&data, Feed { batch_size: 4, ..Default::default() }).unwrap();
    trainer.next().unwrap();
    assert_ne!(weights(&trainer), kept);
    trainer.restore_weights().unwrap();
    assert_eq!(weights(&trainer), kept);
}
