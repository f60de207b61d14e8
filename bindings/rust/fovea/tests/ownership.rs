//! Who owns what: objects dropped in every order, closures and borrowed memory dropped once, use from many threads.

mod common;

use common::*;
use fovea::*;
use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Counts its drops.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counter() -> (Arc<AtomicUsize>, impl Fn() -> usize) {
    let drops = Arc::new(AtomicUsize::new(0));
    let count = drops.clone();
    (drops, move || count.load(Ordering::SeqCst))
}

/// All orders of 0..n.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for shorter in orders(n - 1) {
        for place in 0..n {
            let mut order = shorter.clone();
            order.insert(place, n - 1);
            all.push(order);
        }
    }
    all
}

#[test]
fn objects_may_go_in_any_order() {
    let (drops, count) = counter();
    let all = orders(6);
    assert_eq!(all.len(), 720);
    for (i, order) in all.iter().enumerate() {
        let counted = Counted(drops.clone());
        let log: Log = Box::new(move |_, _| assert!(Arc::strong_count(&counted.0) > 0));
        let context =
            Context::new(ContextOptions { threads: 1, log: Some(log), ..Default::default() }).unwrap();
        let mut g = Graph::new(&context).unwrap();
        let x = g.input(Input { name: "x", shape: &[2] });
        let x = g.dense(x, Dense { units: 2, ..Default::default() });
        let mut model = Model::new(&g, &[x], Default::default()).unwrap();
        let mut trainer = trainer(&mut model);
        let mut session = Session::new(&model, Default::default()).unwrap();
        let (samples, mut out) = ([0.5f32; 4], [0f32; 4]);
        let input = Tensor::new(&samples, &[2, 2]).unwrap();
        let memory = MemoryDataset::with_labels(input, Tensor::vector(&[0i32, 1]));
        let data = Dataset::from_memory(&context, memory).unwrap();
        trainer.fit(&data, None, Fit::default()).unwrap();
        session.run(&[input], &mut [TensorMut::new(&mut out)]).unwrap();
        let mut objects: Vec<Option<Box<dyn Any>>> = vec![
            Some(Box::new(context)),
            Some(Box::new(g)),
            Some(Box::new(model)),
            Some(Box::new(trainer)),
            Some(Box::new(session)),
            Some(Box::new(data)),
        ];
        for &object in order {
            objects[object] = None;
        }
        // The closures of a context go with the last object that was made from it.
        assert_eq!(count(), i + 1);
    }
}

#[test]
fn what_is_left_still_works() {
    let context = context();
    let data = digits(&context, 50);
    let (first, second) = data.split(Split { count: 10, ..Default::default() }).unwrap();
    drop(data);
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    let mut session = Session::new(&model, Default::default()).unwrap();
    drop(context);
    drop(model);
    trainer.feed(&first, Feed { batch_size: 10, ..Default::default() }).unwrap();
    drop(first);
    for _ in 0..8 {
        trainer.next().unwrap();
    }
    let mut lent = trainer.model().try_clone().unwrap();
    drop(trainer);
    assert_eq!(session.evaluate(&second, Evaluate::default()).unwrap().samples, 10);
    lent.set_tensor("dense.bias", Tensor::vector(&[0f32; 10])).unwrap();
}

#[test]
fn borrowed_memory_lives_as_long_as_it_is_used() {
    let context = context();
    let (drops, count) = counter();
    let owner = (vec![9u8; 4 * PIXELS], [0i64, 1, 2, 3], Counted(drops.clone()));
    let data = Dataset::borrow_memory(&context, owner, |(images, labels, _)| {
        let samples = Tensor::new(images, &[4, SIDE, SIDE, 1])?;
        Ok(MemoryDataset { classes: 10, ..MemoryDataset::with_labels(samples, Tensor::vector(labels)) })
    })
    .unwrap();
    let part = data.subset(&[3]).unwrap();
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    trainer.feed(&data, Feed::default()).unwrap();
    drop(data);
    trainer.next().unwrap();
    drop(trainer);
    assert_eq!(count(), 0);
    let mut image = [0u8; PIXELS];
    assert_eq!(part.get(0, &mut image).unwrap(), Some(3));
    assert_eq!(image, [9; PIXELS]);
    drop(part);
    assert_eq!(count(), 1);

    // Refused here, and refused by the library.
    let error = Dataset::borrow_memory(&context, Counted(drops.clone()), |_| {
        Ok(MemoryDataset::with_labels(Tensor::new(&[1u8], &[2])?, Tensor::vector(&[1i32])))
    });
    assert!(error.is_err());
    assert_eq!(count(), 2);
    let error = Dataset::borrow_memory(&context, Counted(drops.clone()), |_| {
        Ok(MemoryDataset::with_labels(Tensor::vector(&[1u8]), Tensor::vector(&[1i32, 2])))
    });
    assert_eq!(error.unwrap_err().code, ErrorCode::InvalidArgument);
    assert_eq!(count(), 3);
}

#[test]
fn hooks_are_dropped_once_also_when_creation_fails() {
    let (drops, count) = counter();
    let options = |threads| {
        let (a, b) = (Counted(drops.clone()), Counted(drops.clone()));
        ContextOptions {
            threads,
            log: Some(Box::new(move |_, _| assert_eq!(a.0.load(Ordering::Relaxed), 2))),
            parallel_for: Some(Box::new(move |work| {
                b.0.load(Ordering::Relaxed);
                work.run();
            })),
            ..Default::default()
        }
    };
    assert!(Context::new(options(5000)).is_err());
    assert_eq!(count(), 2);
    let context = Context::new(options(2)).unwrap();
    let data = digits(&context, 3);
    drop(context);
    assert!(data.info().is_ok());
    drop(data);
    assert_eq!(count(), 4);
}

#[test]
fn the_log_speaks_to_its_closure() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = lines.clone();
    let context = Context::new(ContextOptions {
        threads: 1,
        log: Some(Box::new(move |level, line| log.lock().unwrap().push((level, line.to_string())))),
        ..Default::default()
    })
    .unwrap();
    let mut model = model(&context);
    trainer(&mut model).fit(&digits(&context, 4), None, Fit::default()).unwrap();
    let lines = lines.lock().unwrap();
    assert!(!lines.is_empty(), "the memory that a training takes is told");
    assert!(
        lines.iter().all(|(level, line)| *level == LogLevel::Info && !line.contains('\n')),
        "{:?}",
        lines
    );
}

fn is_send_and_sync<T: Send + Sync>() {}

#[test]
fn everything_may_cross_threads() {
    is_send_and_sync::<Context>();
    is_send_and_sync::<CancelToken>();
    is_send_and_sync::<Graph>();
    is_send_and_sync::<Model>();
    is_send_and_sync::<Session>();
    is_send_and_sync::<Trainer>();
    is_send_and_sync::<Dataset>();
    is_send_and_sync::<Tensor>();
    is_send_and_sync::<TensorMut>();
    is_send_and_sync::<Error>();
}

#[test]
fn sessions_share_a_model_from_many_threads() {
    let context = Context::new(ContextOptions { threads: 2, ..Default::default() }).unwrap();
    let model = model(&context);
    let (images, _) = batch(&digits(&context, 8), 8);
    let options = SessionOptions { max_batch: 3, outputs: &["probability"], ..Default::default() };
    let run = || {
        let mut session = Session::new(&model, options).unwrap();
        let input = Tensor::new(&images, &[8, SIDE, SIDE, 1]).unwrap();
        let mut out = [0f32; 80];
        for _ in 0..20 {
            session.run(&[input], &mut [TensorMut::new(&mut out)]).unwrap();
        }
        out
    };
    let alone = run();
    thread::scope(|scope| {
        let others: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        for other in others {
            assert_eq!(other.join().unwrap(), alone);
        }
    });
}

#[test]
fn a_token_stops_a_training_from_another_thread() {
    let context = context();
    let data = digits(&context, 100);
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    let token = CancelToken::new().unwrap();
    let (started, wait) = std::sync::mpsc::channel();
    let other = token.clone();
    let watcher = thread::spawn(move || {
        wait.recv().unwrap();
        other.cancel();
    });
    let mut on_progress = |_: &mut Training, _: &Progress| {
        let _ = started.send(());
        std::ops::ControlFlow::Continue(())
    };
    let endless = Fit {
        epochs: 1_000_000,
        on_progress: Some(&mut on_progress),
        cancel: Some(&token),
        ..Default::default()
    };
    assert_eq!(trainer.fit(&data, None, endless).unwrap_err().code, ErrorCode::Cancelled);
    watcher.join().unwrap();
    trainer.save(Folder::new("token").join("after.fovea")).unwrap();
}

#[test]
fn a_model_that_is_trained_is_busy() {
    // The host's parallel_for is a place in the middle of a step: a session that runs there comes too early.
    let found = Arc::new(Mutex::new(None));
    let session: Arc<Mutex<Option<Session>>> = Arc::default();
    let (result, shared) = (found.clone(), session.clone());
    let context = Context::new(ContextOptions {
        threads: 2,
        parallel_for: Some(Box::new(move |work| {
            if let Some(session) = &mut *shared.lock().unwrap() {
                let (image, mut out) = ([0u8; PIXELS], [0f32; 10]);
                let input = Tensor::new(&image, &[1, SIDE, SIDE, 1]).unwrap();
                let error = session.run(&[input], &mut [TensorMut::new(&mut out)]).unwrap_err();
                result.lock().unwrap().get_or_insert(error);
            }
            work.run();
        })),
        ..Default::default()
    })
    .unwrap();
    let mut model = model(&context);
    let (images, labels) = batch(&digits(&context, 256), 256);
    let mut trainer = trainer(&mut model);
    let options = SessionOptions { outputs: &["probability"], ..Default::default() };
    *session.lock().unwrap() = Some(Session::new(&model, options).unwrap());
    trainer.step(&[Tensor::new(&images, &[256, SIDE, SIDE, 1]).unwrap()], Tensor::vector(&labels)).unwrap();
    *session.lock().unwrap() = None;
    assert_eq!(found.lock().unwrap().as_ref().unwrap().code, ErrorCode::Busy);
}

#[test]
fn threads_of_the_hosts_give_the_same_bits() {
    let train = |options: ContextOptions| {
        let context = Context::new(options).unwrap();
        let mut model = model(&context);
        trainer(&mut model)
            .fit(&digits(&context, 128), None, Fit { batch_size: 64, ..Default::default() })
            .unwrap();
        let mut kernel = vec![0f32; 1960];
        model.get_tensor("dense.kernel", &mut kernel).unwrap();
        kernel
    };
    let alone = train(ContextOptions { threads: 1, ..Default::default() });
    let pieces = Arc::new(AtomicUsize::new(0));
    let count = pieces.clone();
    let hosts = train(ContextOptions {
        threads: 3,
        parallel_for: Some(Box::new(move |work| {
            count.fetch_add(work.count(), Ordering::Relaxed);
            thread::scope(|scope| {
                scope.spawn(|| work.run());
                work.run();
            });
        })),
        ..Default::default()
    });
    assert!(pieces.load(Ordering::Relaxed) > 0);
    assert_eq!(alone, hosts);
    // A host that does nothing leaves it all to the calling thread.
    let lazy =
        train(ContextOptions { threads: 2, parallel_for: Some(Box::new(|_| ())), ..Default::default() });
    assert_eq!(alone, lazy);
}
