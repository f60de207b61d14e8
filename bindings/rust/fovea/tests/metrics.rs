//! Metrics on their own, in evaluate and in training.

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

#[test]
fn a_trainer_measures_on_the_fly_and_keeps_series() {
    let context = context();
    let mut model = model(&context);
    let data = digits(&context, 48);
    let mut trainer =
        Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, Default::default()).unwrap();
    let top = Metric { k: 3, name: "third", ..Metric::new(MetricKind::TopK) };
    let recall = Metric { average: ClassAverage::One(4), ..Metric::new(MetricKind::Recall) };
    trainer.set_metrics(&[Metric::new(MetricKind::Accuracy), top, recall]).unwrap();
    assert_eq!(trainer.metric(1).unwrap().name, "third");
    assert_eq!(trainer.metric(2).unwrap().average, ClassAverage::One(4));
    trainer.feed(&data, Feed { batch_size: 16, ..Default::default() }).unwrap();
    trainer.next().unwrap();
    let progress = trainer.next().unwrap();
    let values = trainer.metric_values().unwrap();
    assert_eq!(values[0], progress.accuracy);
    assert!(values[1] >= values[0]);
    trainer.reset_metrics();
    assert!(trainer.metric_values().unwrap()[0].is_nan());

    trainer.record_value("mine", 2.5).unwrap();
    trainer.record(HistoryRow { epoch: 0, loss: 1.5, ..progress_row() }).unwrap();
    trainer.record(progress_row()).unwrap();
    assert_eq!(trainer.series_names(), ["mine"]);
    let mine = trainer.series("mine").unwrap();
    assert!(mine.len() == 2 && mine[0] == 2.5 && mine[1].is_nan());
    assert_eq!(trainer.series("loss").unwrap(), [1.5, 0.5]);
    assert_eq!(trainer.series("other").unwrap_err().code, ErrorCode::NotFound);
    assert!(trainer.record_value("val_loss", 1.0).is_err());
}

#[test]
fn fit_measures_and_stops_by_name() {
    let context = context();
    let mut model = model(&context);
    let data = digits(&context, 48);
    let mut trainer =
        Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, Default::default()).unwrap();
    let stop = Stop { monitor_name: "val_f1", patience: 2, min_delta: 2.0, ..Default::default() };
    let options =
        Fit { epochs: 9, metrics: &[Metric::new(MetricKind::F1)], stop: Some(stop), ..Default::default() };
    assert_eq!(trainer.fit(&data, Some(&data), options).unwrap(), StopReason::NoImprovement);
    assert_eq!(trainer.series_names(), ["f1", "val_f1"]);
    assert_eq!(trainer.series("val_f1").unwrap().len(), 3);
}

fn progress_row() -> HistoryRow {
    HistoryRow {
        epoch: 1,
        loss: 0.5,
        accuracy: 0.5,
        val_loss: f64::NAN,
        val_accuracy: f64::NAN,
        learning_rate: 0.1,
    }
}
