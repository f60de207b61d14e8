//! Searches and cross-validation.

use fovea::*;
use std::ops::ControlFlow::{Break, Continue};

fn context() -> Result<Context> {
    Context::new(ContextOptions { threads: 1, ..Default::default() })
}

fn model(context: &Context) -> Result<Model> {
    let mut g = Graph::new(context)?;
    let x = g.input(Input { name: "image", shape: &[16, 16, 1] });
    let x = g.flatten(x, Layer::default());
    let x = g.dense(x, Dense { units: 10, ..Default::default() });
    let transform = Some(Transform { scale: 1.0 / 255.0, ..Default::default() });
    Model::new(&g, &[x], ModelOptions { seed: 1, transform, ..Default::default() })
}

fn digits(context: &Context, count: usize) -> Result<Dataset> {
    Dataset::digits(context, Digits { size: 16, count, ..Default::default() })
}

fn grid(values: &[f64], max_epochs: usize) -> Result<Search> {
    let options = SearchOptions { method: SearchMethod::Grid, max_epochs, ..Default::default() };
    Search::new(&[Parameter::new("x", Range::Choice(values))], options)
}

#[test]
fn a_grid_is_every_combination() -> Result<()> {
    let rate = Parameter { points: 3, ..Parameter::new("rate", Range::LogUniform(1e-3, 1e-1)) };
    let space =
        [rate, Parameter::new("n", Range::Integer(2, 3)), Parameter::new("kind", Range::Named(&["a", "b"]))];
    let search = Search::new(&space, SearchOptions { method: SearchMethod::Grid, ..Default::default() })?;
    let trials = search.trials()?;
    assert_eq!(trials.len(), 12);
    assert_eq!(trials[1].values, [1e-3, 2.0, 1.0]);
    assert_eq!(trials[11]["rate"], 1e-1);
    assert_eq!(trials[11].get("none"), None);
    assert!(search.table()?.contains("kind"));
    assert!(search.csv()?.starts_with("trial,rate,n,kind,"));
    Ok(())
}

#[test]
fn draws_stay_in_their_range() -> Result<()> {
    let space = [Parameter::new("u", Range::Uniform(-1.0, 1.0)), Parameter::new("c", Range::Choice(&[7.0]))];
    let search = Search::new(&space, SearchOptions { trials: 50, seed: 2, ..Default::default() })?;
    assert!(search.trials()?.iter().all(|trial| (-1.0..1.0).contains(&trial["u"]) && trial["c"] == 7.0));
    Ok(())
}

#[test]
fn scores_and_failures_are_rows() -> Result<()> {
    let mut search = grid(&[3.0, -1.0, 2.0, 5.0], 0)?;
    let fails = |trial: &Trial| match trial["x"] {
        x if x < 0.0 => Dataset::digits(&context()?, Digits::default()).map(|_| x),
        x => Ok(x),
    };
    let error = search.run(
        fails,
        SearchRun {
            on_trial: Some(&mut |trial| if trial.index == 2 { Break(()) } else { Continue(()) }),
            cancel: None,
        },
    );
    assert_eq!(error.unwrap_err().code, ErrorCode::Cancelled);
    assert_eq!(search.trials()?[3].state, TrialState::Waiting);
    search.run(fails, Default::default())?;
    let rows = search.trials()?;
    assert_eq!(rows[1].state, TrialState::Failed);
    assert!(!rows[1].message.is_empty());
    assert_eq!((search.best()?.index, search.best()?.score), (2, 2.0));
    assert!(search.next()?.is_none());
    Ok(())
}

#[test]
fn halving_by_hand() -> Result<()> {
    let options = SearchOptions {
        method: SearchMethod::Halving,
        trials: 9,
        monitor: Monitor::ValAccuracy,
        ..Default::default()
    };
    let mut search = Search::new(&[Parameter::new("x", Range::Uniform(0.0, 1.0))], options)?;
    for i in 0..9 {
        assert_eq!(search.next()?.unwrap().index, i);
    }
    assert_eq!(search.next().unwrap_err().code, ErrorCode::Busy);
    for i in 0..8 {
        search.report(i, &[i as f64, i as f64 + 1.0])?;
    }
    let failure = digits(&context()?, 0).unwrap_err();
    search.report_failure(8, failure)?;
    let next = search.next()?.unwrap();
    assert_eq!((next.index, next.epochs, next.score), (5, 3, 5.5));
    assert!((next.stddev - 0.5f64.sqrt()).abs() < 1e-15);
    assert_eq!(search.trials()?[4].state, TrialState::Stopped);
    Ok(())
}

#[test]
fn a_panic_ends_the_search_and_goes_on() -> Result<()> {
    let mut search = grid(&[1.0, 2.0], 0)?;
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        search.run(|_| panic!("no score"), Default::default())
    }));
    assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"no score"));
    search.run(|trial| Ok(trial["x"]), Default::default())?;
    assert_eq!(search.best()?.score, 1.0);
    Ok(())
}

#[test]
fn trials_are_trained() -> Result<()> {
    let context = context()?;
    let (train, mut validation) = digits(&context, 96)?.split(Split { count: 32, ..Default::default() })?;
    let build = |trial: &Trial, _fold: usize| {
        let options = TrainerOptions { learning_rate: trial["x"], ..Default::default() };
        Trainer::new(&mut model(&context)?, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, options)
    };
    let mut search = grid(&[1e-4, 0.05, -1.0], 2)?;
    let best =
        search.fit(&train, Some(&validation), build, SearchFit { batch_size: 16, ..Default::default() })?;
    let history = best.unwrap().history()?;
    assert_eq!(history.len(), 2);
    assert_eq!(search.best()?.score, history[1].val_loss);
    assert_eq!(search.trials()?[2].state, TrialState::Failed);

    let folds = Some(Folds { folds: 3, stratified: true, ..Default::default() });
    let mut search = grid(&[1e-4, 0.05], 1)?;
    let none = search.fit(&train, None, build, SearchFit { folds, ..Default::default() })?;
    assert!(none.is_none() && search.trials()?.iter().all(|trial| trial.scores.len() == 3));

    validation.mark_test()?;
    let mut search = grid(&[0.05], 1)?;
    let refused = search.fit(&train, Some(&validation), build, SearchFit::default());
    assert_eq!(refused.unwrap_err().code, ErrorCode::InvalidArgument);
    let options = SearchFit { allow_test: true, ..Default::default() };
    assert!(search.fit(&train, Some(&validation), build, options)?.is_some());
    Ok(())
}

#[test]
fn folds_are_cross_validated() -> Result<()> {
    let context = context()?;
    let mut data = digits(&context, 90)?;
    let model = model(&context)?;
    let options =
        CrossValidate { folds: Folds { folds: 3, ..Default::default() }, epochs: 2, ..Default::default() };
    let validate = |data: &Dataset, options| {
        model.cross_validate(
            data,
            Loss::SoftmaxCrossEntropy,
            Optimizer::Adam,
            TrainerOptions::default(),
            options,
        )
    };
    let result = validate(&data, options)?;
    let mean = result.folds.iter().map(|row| row.val_loss).sum::<f64>() / 3.0;
    assert!((result.mean.val_loss - mean).abs() < 1e-12 && result.stddev.val_loss > 0.0);
    assert_eq!(result.folds[2].epoch, 1);
    let reseeded = validate(&data, CrossValidate { reseed: true, seed: 9, ..options })?;
    assert_ne!(reseeded.mean.val_loss, result.mean.val_loss);
    data.mark_test()?;
    assert_eq!(validate(&data, options).unwrap_err().code, ErrorCode::InvalidArgument);
    Ok(())
}
