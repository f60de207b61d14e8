//! Tuned models.

mod common;

use common::*;
use fovea::*;

#[test]
fn choices_travel_with_the_model() {
    let context = context();
    let mut tuned = model(&context);
    let tuning =
        tuned.tune(Tune { batch_size: 4, training: true, repetitions: 1, ..Default::default() }).unwrap();
    assert!(!tuning.before.is_zero() && !tuning.after.is_zero());
    let copy = tuned.try_clone().unwrap();
    assert_eq!(copy.summary(4).unwrap(), tuned.summary(4).unwrap());
}

#[test]
fn cancelled() {
    let token = CancelToken::new().unwrap();
    token.cancel();
    let error = model(&context()).tune(Tune { cancel: Some(&token), ..Default::default() }).unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled);
}
