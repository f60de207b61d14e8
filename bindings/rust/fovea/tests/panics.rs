//! A panic in a callback: caught before it reaches C, and gone on with after the call. Everything stays whole.

mod common;

use common::*;
use fovea::*;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// The message of the panic that `call` ends with.
fn panic_of<R>(call: impl FnOnce() -> R) -> String {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(_) => panic!("there was no panic"),
        Err(payload) => payload.downcast_ref::<&str>().expect("a message").to_string(),
    }
}

#[test]
fn in_the_callback_of_fit() {
    let context = context();
    let data = digits(&context, 100);
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    let mut calls = 0;
    let message = panic_of(|| {
        trainer.fit(
            &data,
            None,
            Fit {
                batch_size: 10,
                on_progress: Some(&mut |_, progress| {
                    calls += 1;
                    if progress.step == 3 {
                        panic!("from the callback");
                    }
                    std::ops::ControlFlow::Continue(())
                }),
                ..Default::default()
            },
        )
    });
    assert_eq!((message.as_str(), calls), ("from the callback", 3));
    assert_eq!(trainer.progress().unwrap().step, 3);
    trainer.fit(&data, None, Fit { batch_size: 10, ..Default::default() }).unwrap();
    assert_eq!(trainer.progress().unwrap().step, 10);
}

#[test]
fn in_the_log() {
    let context = Context::new(ContextOptions {
        threads: 1,
        log: Some(Box::new(|_, _| panic!("from the log"))),
        ..Default::default()
    })
    .unwrap();
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    let data = digits(&context, 64);
    assert_eq!(panic_of(|| trainer.fit(&data, None, Fit::default())), "from the log");
    // It stopped the training at the first chance.
    assert_eq!(trainer.progress().unwrap().step, 1);
    trainer.fit(&data, None, Fit::default()).unwrap();
}

struct Panicking(Arc<AtomicBool>);

extern "C" {
    fn aligned_alloc(alignment: usize, bytes: usize) -> *mut u8;
    fn free(memory: *mut u8);
}

unsafe impl Allocator for Panicking {
    fn allocate(&self, bytes: usize, alignment: usize) -> *mut u8 {
        if self.0.load(Ordering::Relaxed) {
            panic!("from the allocator");
        }
        unsafe { aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment) }
    }

    unsafe fn release(&self, memory: *mut u8, _bytes: usize) {
        free(memory);
        if self.0.load(Ordering::Relaxed) {
            panic!("from the release");
        }
    }
}

#[test]
fn in_the_allocator() {
    let armed = Arc::new(AtomicBool::new(false));
    let context = Context::new(ContextOptions {
        threads: 1,
        allocator: Some(Box::new(Panicking(armed.clone()))),
        ..Default::default()
    })
    .unwrap();
    let model = model(&context);
    let spare = model.try_clone().unwrap();
    armed.store(true, Ordering::Relaxed);
    assert_eq!(panic_of(|| model.try_clone()), "from the allocator");
    assert_eq!(panic_of(|| Session::new(&model, Default::default())), "from the allocator");
    assert_eq!(panic_of(|| drop(spare)), "from the release");
    armed.store(false, Ordering::Relaxed);
    Session::new(&model, Default::default()).unwrap();
}

#[test]
fn in_parallel_for() {
    let armed = Arc::new(AtomicBool::new(false));
    let panics = armed.clone();
    let context = Context::new(ContextOptions {
        threads: 2,
        parallel_for: Some(Box::new(move |work| {
            if panics.load(Ordering::Relaxed) {
                panic!("from parallel_for");
            }
            work.run();
        })),
        ..Default::default()
    })
    .unwrap();
    let (images, labels) = batch(&digits(&context, 256), 256);
    let inputs = [Tensor::new(&images, &[256, SIDE, SIDE, 1]).unwrap()];
    let (mut a, mut b) = (model(&context), model(&context));
    let (mut panicking, mut calm) = (trainer(&mut a), trainer(&mut b));
    armed.store(true, Ordering::Relaxed);
    assert_eq!(panic_of(|| panicking.step(&inputs, Tensor::vector(&labels))), "from parallel_for");
    armed.store(false, Ordering::Relaxed);
    calm.step(&inputs, Tensor::vector(&labels)).unwrap();
    // What the host left undone has been done.
    let next = |trainer: &mut Trainer| trainer.step(&inputs, Tensor::vector(&labels)).unwrap();
    assert_eq!(next(&mut panicking), next(&mut calm));
}

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("from a drop");
    }
}

#[test]
fn in_drops() {
    let context = context();
    let borrowed = Dataset::borrow_memory(&context, PanicsInDrop, |_| {
        Ok(MemoryDataset::with_labels(Tensor::vector(&[1u8]), Tensor::vector(&[0i32])))
    })
    .unwrap();
    assert_eq!(panic_of(|| drop(borrowed)), "from a drop");
    let refused = panic_of(|| {
        Dataset::borrow_memory(&context, PanicsInDrop, |_| {
            Ok(MemoryDataset::with_labels(Tensor::vector(&[1u8]), Tensor::vector(&[0i32, 1])))
        })
    });
    assert_eq!(refused, "from a drop");
}

#[test]
fn while_memory_is_described() {
    let context = context();
    let counted = Arc::new(());
    let message =
        panic_of(|| Dataset::borrow_memory(&context, counted.clone(), |_| panic!("from the description")));
    assert_eq!(message, "from the description");
    assert_eq!(Arc::strong_count(&counted), 1);
}
