//! What is wrong with a training.

mod common;

use common::*;
use fovea::*;

fn sgd(model: &mut Model, learning_rate: f64) -> Trainer {
    let options = TrainerOptions { learning_rate, ..Default::default() };
    Trainer::new(model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, options).unwrap()
}

#[test]
fn a_training_that_is_well_raises_no_alarm() {
    let context = context();
    let data = digits(&context, 600);
    let mut model = model(&context);
    let trainer = trainer(&mut model);
    let report = trainer.check_all(&data, Checks { steps: 100, ..Default::default() }).unwrap();
    let text = report.text().unwrap();
    assert!(report.severity() < Severity::Warning, "{}", text);
    let findings = report.findings().unwrap();
    let gradient = findings.iter().find(|f| f.check == Check::Gradient).unwrap();
    assert!(gradient.value < gradient_bands::KINKS, "{}", text);
    assert!(text.contains(Check::GradientFlow.name()), "{}", text);
}

#[test]
fn a_rate_that_is_too_high_is_named() {
    let context = context();
    let data = digits(&context, 600);
    let mut model = model(&context);
    let trainer = sgd(&mut model, 1e5);
    let report =
        trainer.check(Check::LearningRate, &data, Checks { steps: 60, ..Default::default() }).unwrap();
    let findings = report.findings().unwrap();
    assert_eq!((findings[0].code, findings[0].severity), (FindingCode::RateTooHigh, Severity::Error));
    assert_eq!(findings[0].code.name(), "rate too high");
    assert!(findings[0].message.contains("lower the rate"));
}

#[test]
fn shared_samples_are_found() {
    let context = context();
    let data = digits(&context, 100);
    let other =
        Dataset::digits(&context, Digits { size: SIDE, count: 100, seed: 2, ..Default::default() }).unwrap();
    let apart = Checks { validation: Some(&other), ..Default::default() };
    assert_eq!(data.check_leakage(apart).unwrap().severity(), Severity::Ok);
    let report = data.check_leakage(Checks { test: Some(&data), ..apart }).unwrap();
    let codes: Vec<_> = report.findings().unwrap().iter().map(|f| (f.code, f.place.to_owned())).collect();
    assert!(codes.contains(&(FindingCode::LeakedSplit, "test".to_owned())), "{:?}", codes);
    assert!(codes.contains(&(FindingCode::TestSetUsed, "test".to_owned())), "{:?}", codes);
}

#[test]
fn refuses_what_makes_no_sense() {
    let context = context();
    let data = digits(&context, 64);
    let mut model = model(&context);
    let trainer = trainer(&mut model);
    let token = CancelToken::new().unwrap();
    token.cancel();
    let cancelled = Checks { cancel: Some(&token), ..Default::default() };
    assert_eq!(trainer.check_all(&data, cancelled).unwrap_err().code, ErrorCode::Cancelled);
    let unknown = trainer.check(Check::Unknown(99), &data, Default::default());
    assert_eq!(unknown.unwrap_err().code, ErrorCode::InvalidArgument);
    assert_eq!(Check::Unknown(99).name(), "");
}
