//! Predictions from more than one pass or model.

mod common;

use common::*;
use fovea::*;

/// 4 inputs with dropout, 3 outputs.
fn model(context: &Context, seed: u64) -> Model {
    let mut g = Graph::new(context).unwrap();
    let x = g.input(Input { name: "x", shape: &[4] });
    let x = g.dropout(x, Dropout::default());
    let x = g.dense(x, Dense { units: 3, ..Default::default() });
    Model::new(&g, &[x], ModelOptions { seed, ..Default::default() }).unwrap()
}

#[test]
fn monte_carlo_dropout() {
    let mut session = Session::new(&model(&context(), 1), SessionOptions::default()).unwrap();
    let x = [1f32, -2.0, 3.0, 4.0];
    let input = Tensor::new(&x, &[1, 4]).unwrap();
    let (mut mean, mut variance) = ([0f64; 3], [0f64; 3]);
    let options = Sample { passes: 20, seed: 3, ..Default::default() };
    let (means, spread) = (&mut [TensorMut::new(&mut mean)], &mut [TensorMut::new(&mut variance)]);
    session.sample(&[input], options, means, spread).unwrap();
    assert!(variance.iter().all(|v| *v > 0.0));
    let options = Sample { softmax: true, temperature: 2.0, ..options };
    session.sample(&[input], options, &mut [TensorMut::new(&mut mean)], &mut []).unwrap();
    assert!((mean.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let (means, spread) =
        (&mut [TensorMut::new(&mut mean)], &mut [(); 2].map(|()| TensorMut::new(&mut [0f64; 0][..])));
    assert!(session.sample(&[input], options, means, spread).is_err());
}

#[test]
fn ensembles_and_temperature() {
    let context = context();
    let (a, b) = (model(&context, 1), model(&context, 2));
    let mut first = Session::new(&a, SessionOptions::default()).unwrap();
    let mut second = Session::new(&b, SessionOptions::default()).unwrap();
    let x = [1f32, -2.0, 3.0, 4.0, 0.5, 0.0, -1.0, 2.0];
    let labels = [0, 2];
    let mut mean = [0f64; 6];
    let mut ensemble = Ensemble { sessions: vec![&mut first, &mut second], ..Default::default() };
    ensemble.run(&[Tensor::new(&x, &[2, 4]).unwrap()], &mut [TensorMut::new(&mut mean)]).unwrap();
    assert!((mean[..3].iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let samples = Tensor::new(&x, &[2, 4]).unwrap();
    let labels = MemoryDataset { classes: 3, ..MemoryDataset::with_labels(samples, Tensor::vector(&labels)) };
    let data = Dataset::from_memory(&context, labels).unwrap();
    let result = ensemble.evaluate(&data).unwrap();
    assert_eq!(result.samples, 2);
    assert!((result.loss + (mean[0].ln() + mean[5].ln()) / 2.0).abs() < 1e-6);
    ensemble.weights = &[1.0];
    assert!(ensemble.evaluate(&data).is_err());
    let temperature = first.fit_temperature(&data, Temperature::default()).unwrap();
    assert!((0.001..=1000.0).contains(&temperature));
    let cancel = CancelToken::new().unwrap();
    cancel.cancel();
    let error = first.fit_temperature(&data, Temperature { cancel: Some(&cancel) }).unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled);
}
