//! Metrics on their own and in evaluate.

mod common;

use common::*;
use fovea::*;

#[test]
fn a_set_is_summed_up_and_read() {
    let context = context();
    let set = [
        Metric::new(MetricKind::F1),
        Metric { average: ClassAverage::One(1), ..Metric::new(MetricKind::Recall) },
        Metric { loss: Some(Loss::MeanSquaredError), name: "mine", ..Metric::new(MetricKind::Loss) },
    ];
    let names: Vec<_> = set.iter().map(|metric| metric.name().unwrap()).collect();
    assert_eq!(names, ["f1", "recall_1", "mine"]);
    let options = MetricsOptions { confusion: true, ignore: Some(9), ..Default::default() };
    let mut metrics = Metrics::new(&context, 2, &set, options).unwrap();
    assert!(metrics.values().unwrap().iter().all(|value| value.is_nan()));
    let outputs = [1f64, 0.0, 1.0, 0.0, 0.0, 1.0, 5.0, 5.0];
    let labels = [0i64, 1, 1, 9];
    metrics.update(Tensor::new(&outputs, &[4, 2]).unwrap(), Tensor::vector(&labels), None).unwrap();
    let third = 2.0 / 3.0;
    assert_eq!(metrics.values().unwrap(), [third, 0.5, 1.0 / 3.0]);
    assert_eq!(metrics.class_values(0).unwrap(), [third, third]);
    assert_eq!(metrics.confusion().unwrap(), [1, 0, 1, 1]);
    let weights = [0f32, 1.0, 0.0, 1.0];
    metrics.reset();
    metrics
        .update(
            Tensor::new(&outputs, &[4, 2]).unwrap(),
            Tensor::vector(&labels),
            Some(Tensor::vector(&weights)),
        )
        .unwrap();
    assert_eq!(metrics.values().unwrap()[1], 0.0);
    assert!(MetricKind::RocAuc.is_larger_better() && !MetricKind::MeanAbsoluteError.is_larger_better());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let context = context();
    let top = Metric { k: 4, ..Metric::new(MetricKind::TopK) };
    let error = Metrics::new(&context, 3, &[top], Default::default()).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArgument);
    assert!(error.to_string().contains("k is 4"));
    let micro = Metric { average: ClassAverage::Micro, ..Metric::new(MetricKind::Accuracy) };
    assert!(micro.name().is_ok());
    assert!(Metrics::new(&context, 3, &[micro], Default::default()).is_err());
}

#[test]
fn evaluate_measures_a_set_and_an_object() {
    let context = context();
    let model = model(&context);
    let data = digits(&context, 50);
    let mut session = Session::new(&model, SessionOptions { max_batch: 16, ..Default::default() }).unwrap();
    let set = [Metric::new(MetricKind::Accuracy), Metric::new(MetricKind::CalibrationError)];
    let mut values = [0.0; 2];
    let mut metrics =
        Metrics::new(&context, 10, &[Metric::new(MetricKind::RocAuc)], Default::default()).unwrap();
    let options = Evaluate {
        metrics: &set,
        metric_values: &mut values,
        measure: Some(&mut metrics),
        ..Default::default()
    };
    let evaluation = session.evaluate(&data, options).unwrap();
    assert_eq!(values[0], evaluation.accuracy);
    assert!(values[1] > 0.0 && values[1] < 1.0);
    assert_eq!(metrics.class_values(0).unwrap().len(), 10);
    let error = session.evaluate(&data, Evaluate { metrics: &set, ..Default::default() }).unwrap_err();
    assert!(error.to_string().contains("2 metrics"));
}
