//! What one network has learned, given to another.

mod common;

use common::*;
use fovea::*;

fn kernel(model: &Model, name: &str) -> Vec<f32> {
    let mut values = vec![0f32; 8192];
    let count = model.get_tensor(name, &mut values).unwrap().iter().product();
    values.truncate(count);
    values
}

#[test]
fn a_new_head_on_an_old_body() {
    let model = model(&context());
    let name = model.tensors().unwrap()[0].name.to_owned();
    let made = model.replace_head("flatten_1", Head { units: 3, seed: 5, ..Default::default() }).unwrap();
    assert_eq!(kernel(&made, &name), kernel(&model, &name));
    assert_eq!(made.output(0).unwrap().shape, [3]);
    assert_eq!(
        model.replace_head("none", Head { units: 3, ..Default::default() }).unwrap_err().code,
        ErrorCode::NotFound
    );
}

#[test]
fn weights_by_name() {
    let folder = Folder::new("transfer");
    let source = model(&context());
    let path = folder.join("m.fovea");
    source.save(&path).unwrap();
    let mut made = source.replace_head("flatten_1", Head { units: 3, ..Default::default() }).unwrap();
    let report =
        made.load_weights(&path, Load { renames: &[("dense.", "head.")], ..Default::default() }).unwrap();
    assert_eq!((report.count(Match::Loaded), report.count(Match::Different)), (2, 2));
    let rows = report.rows().unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!((rows[2].name, rows[2].source), ("head.kernel", Some("dense.kernel")));
    assert_eq!((rows[2].shape[1], rows[2].source_shape[1], rows[2].found), (3, 10, Match::Different));
    assert!(report.text().unwrap().starts_with("2 loaded"));
    let strict = Load { strict: true, ..Default::default() };
    assert_eq!(made.copy_weights(&source, strict).unwrap_err().code, ErrorCode::Mismatch);
    let only = Load { strict: true, tensors: "conv.*", ..Default::default() };
    assert_eq!(made.copy_weights(&source, only).unwrap().count(Match::Loaded), 2);
}

#[test]
fn building_on_from_a_node_of_a_model() {
    let model = model(&context());
    let mut g = Graph::from_model(&model).unwrap();
    assert_eq!(g.find("none"), Node::INVALID);
    let x = g.find("flatten_1");
    let more = g.dense(x, Dense { name: "more", units: 2, ..Default::default() });
    let outputs = [g.find("dense"), more];
    let mut made = Model::new(&g, &outputs, ModelOptions::default()).unwrap();
    let report = made.copy_weights(&model, Load::default()).unwrap();
    assert_eq!((report.count(Match::Loaded), report.count(Match::Missing)), (4, 2));
    assert_eq!(kernel(&made, "dense.kernel"), kernel(&model, "dense.kernel"));
}

#[test]
fn features_and_probes() {
    let context = context();
    let (model, data) = (model(&context), digits(&context, 20));
    let options = SessionOptions { max_batch: 8, outputs: &["flatten_1", "dense"], ..Default::default() };
    let mut session = Session::new(&model, options).unwrap();
    let features = session.features(&data, FeatureOptions::default()).unwrap();
    assert_eq!(features.len(), 2);
    assert_eq!((features[1].info().unwrap().shape, features[1].info().unwrap().classes), (vec![10], 10));
    let cancel = CancelToken::new().unwrap();
    cancel.cancel();
    let error = session.features(&data, FeatureOptions { cancel: Some(&cancel) }).unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled);
    let options = Probe { epochs: 2, batch_size: 10, ..Default::default() };
    let results = model.probe(&["conv", "dense"], &data, &data, options).unwrap();
    assert_eq!((results[0].features, results[1].features), (4, 10));
    assert!(results.iter().all(|r| r.loss > 0.0 && r.accuracy == r.train_accuracy));
    assert_eq!(model.transform().unwrap().scale, 1.0 / 255.0);
    assert!(model.transform().unwrap().mean.is_empty());
}

#[test]
fn frozen_layers_and_rates() {
    let context = context();
    let mut model = model(&context);
    let before = kernel(&model, "conv.kernel");
    let data = digits(&context, 20);
    let mut trainer = trainer(&mut model);
    assert_eq!(trainer.frozen_until(), None);
    trainer.freeze_until(Some("flatten_1"), Freeze::default()).unwrap();
    assert_eq!(trainer.frozen_until(), Some("flatten_1"));
    assert_eq!(trainer.rate_factor("conv.kernel").unwrap(), 0.0);
    trainer.fit(&data, None, Fit::default()).unwrap();
    assert_eq!(kernel(trainer.model(), "conv.kernel"), before);
    let train_statistics = Freeze { train_statistics: true };
    assert_eq!(trainer.freeze_until(Some("none"), train_statistics).unwrap_err().code, ErrorCode::NotFound);
    trainer.freeze_until(None, train_statistics).unwrap();
    trainer.set_layer_rates(0.5).unwrap();
    assert_eq!(trainer.rate_factor("conv.bias").unwrap(), 0.5);
    trainer.fit(&data, None, Fit { epochs: 2, ..Default::default() }).unwrap();
    assert_ne!(kernel(trainer.model(), "conv.kernel"), before);
}
