//! Where the time goes.

mod common;

use common::*;
use fovea::*;
use std::ops::ControlFlow::Continue;

fn row<'p>(profile: &'p Profile, name: &str, pass: Pass) -> ProfileRow<'p> {
    let rows = profile.rows().unwrap();
    let mut found = rows.into_iter().filter(|row| row.name == name && row.pass == pass);
    let row = found.next().unwrap_or_else(|| panic!("no {:?} of {}", pass, name));
    assert!(found.next().is_none(), "{} twice", name);
    row
}

fn run(session: &mut Session, count: usize) {
    let images = vec![7u8; count * PIXELS];
    let (mut logits, mut probability) = (vec![0f32; count * 10], vec![0f32; count * 10]);
    let input = Tensor::new(&images, &[count, SIDE, SIDE, 1]).unwrap();
    session.run(&[input], &mut [TensorMut::new(&mut logits), TensorMut::new(&mut probability)]).unwrap();
}

#[test]
fn counts_the_runs_of_a_session() {
    let model = model(&context());
    let mut session = Session::new(&model, SessionOptions { max_batch: 4, ..Default::default() }).unwrap();
    assert!(session.profile().is_none());
    session.start_profile(ProfileOptions::default()).unwrap();
    run(&mut session, 5);
    let profile = session.profile().unwrap();
    let conv = row(profile, "conv", Pass::Forward);
    assert_eq!((conv.kind, conv.calls), ("conv2d", 2));
    assert!(!conv.algorithm.is_empty() && conv.bytes > 0.0 && conv.time.as_nanos() > 0);
    let flops: f64 = profile.rows().unwrap().iter().map(|row| row.flops).sum();
    assert_eq!(flops, (2 * 5 * model.info().unwrap().multiply_adds) as f64);
    let table = profile.table().unwrap();
    for word in ["conv", "dense", "probability", "forward", "GFLOP/s", "total"] {
        assert!(table.contains(word), "{}", table);
    }
    assert!(!table.contains('\0'));

    // Another one begins from nothing; none is none.
    session.start_profile(ProfileOptions::default()).unwrap();
    assert_eq!(row(session.profile().unwrap(), "conv", Pass::Forward).calls, 0);
    session.stop_profile();
    run(&mut session, 1);
    assert!(session.profile().is_none());
}

#[test]
fn counts_the_steps_of_a_trainer_even_from_its_callback() {
    let context = context();
    let data = digits(&context, 64);
    let mut model = model(&context);
    let mut trainer = trainer(&mut model);
    trainer.start_profile(ProfileOptions::default()).unwrap();
    let mut calls = Vec::new();
    let mut look = |training: &mut Training, _: &Progress| {
        calls.push(row(training.profile().unwrap(), "dense", Pass::Backward).calls);
        Continue(())
    };
    trainer
        .fit(&data, None, Fit { batch_size: 16, on_progress: Some(&mut look), ..Default::default() })
        .unwrap();
    assert_eq!(calls, [1, 2, 3, 4]);
    for part in ["(input)", "(loss)", "(penalty)", "(optimizer)"] {
        assert_eq!(row(trainer.profile().unwrap(), part, Pass::Other).calls, 4);
    }
}

#[test]
fn writes_a_trace() {
    let folder = Folder::new("trace");
    let model = model(&context());
    let mut session = Session::new(&model, Default::default()).unwrap();
    session.start_profile(ProfileOptions { max_events: 3 }).unwrap();
    run(&mut session, 2);
    let profile = session.profile().unwrap();
    profile.write_trace(folder.join("trace.json")).unwrap();
    let text = std::fs::read_to_string(folder.join("trace.json")).unwrap();
    assert_eq!(text.matches("\"ph\": \"X\"").count(), 3, "{}", text);
    assert_eq!(profile.write_trace(folder.join("no/trace.json")).unwrap_err().code, ErrorCode::NotFound);
}

#[test]
fn goes_with_its_session_to_another_thread() {
    let model = model(&context());
    let mut session = Session::new(&model, Default::default()).unwrap();
    session.start_profile(ProfileOptions::default()).unwrap();
    let session = std::thread::spawn(move || {
        run(&mut session, 3);
        session
    })
    .join()
    .unwrap();
    // Many may look at once.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(row(session.profile().unwrap(), "dense", Pass::Forward).calls, 3));
        }
    });
}
