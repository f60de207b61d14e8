//! Search: which learning rate, penalty, width, ... is best, by trying; and cross-validation.

use crate::context::CancelToken;
use crate::custom::answer;
use crate::dataset::{Dataset, Folds};
use crate::error::{call, Error};
use crate::fit::Stop;
use crate::losses::Loss;
use crate::model::Model;
use crate::object::Handle;
use crate::optimizer::{Monitor, Optimizer};
use crate::panics;
use crate::text::{int, text_of, Text};
use crate::trainer::{HistoryRow, Trainer, TrainerOptions};
use crate::Result;
use fovea_sys as sys;
use std::ffi::CStr;
use std::ops::{ControlFlow, Index};
use std::os::raw::c_void;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::time::Duration;

/// Where the values of a parameter come from.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Range<'a> {
    /// One of these.
    Choice(&'a [f64]),
    /// One of these names; the value is its number, from 0.
    Named(&'a [&'a str]),
    /// From the first up to, but not the second.
    Uniform(f64, f64),
    /// Likewise, the logarithm being uniform: for rates and penalties.
    LogUniform(f64, f64),
    /// A whole number from the first to the second.
    Integer(i64, i64),
}

/// What is searched for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter<'a> {
    pub name: &'a str,
    pub range: Range<'a>,
    /// In a grid: so many values of a range, evenly spaced from its first to its last; 0: all whole numbers.
    pub points: usize,
}

impl<'a> Parameter<'a> {
    pub fn new(name: &'a str, range: Range<'a>) -> Self {
        Parameter { name, range, points: 0 }
    }
}

/// Which combinations are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SearchMethod {
    /// Every value drawn for itself.
    #[default]
    Random,
    /// All of them, that of the last parameter changing fastest.
    Grid,
    /// Random draws that all train for `min_epochs`; the best of each round, 1 / `eta` of them, go on to `eta` times as
    /// many epochs.
    Halving,
}

impl SearchMethod {
    fn raw(self) -> sys::fv_search_method {
        match self {
            SearchMethod::Random => sys::FV_SEARCH_RANDOM,
            SearchMethod::Grid => sys::FV_SEARCH_GRID,
            SearchMethod::Halving => sys::FV_SEARCH_HALVING,
        }
    }
}

/// Options of [`Search::new`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SearchOptions {
    pub method: SearchMethod,
    /// Required, but for a grid, which counts its own.
    pub trials: usize,
    pub seed: u64,
    /// What a score is, of the validation: the loss, smaller is better, or the accuracy, larger is better; what the host
    /// scores is better in the same direction.
    pub monitor: Monitor,
    /// Of halving; 0: 3.
    pub eta: usize,
    /// Of halving's first round; 0: 1.
    pub min_epochs: usize,
    /// Of a trial; 0: 1, in halving as many as there are rounds for.
    pub max_epochs: usize,
}

/// What has become of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrialState {
    /// To be given, perhaps for another round.
    Waiting,
    /// Given, not reported.
    Running,
    /// Reported; its round of halving goes on.
    Paused,
    Done,
    /// Was not among the best of its round.
    Stopped,
    /// With an error, or a score that is no number.
    Failed,
}

impl TrialState {
    fn from_raw(raw: sys::fv_trial_state) -> Self {
        match raw {
            sys::FV_TRIAL_WAITING => TrialState::Waiting,
            sys::FV_TRIAL_RUNNING => TrialState::Running,
            sys::FV_TRIAL_PAUSED => TrialState::Paused,
            sys::FV_TRIAL_STOPPED => TrialState::Stopped,
            sys::FV_TRIAL_FAILED => TrialState::Failed,
            raw => {
                debug_assert_eq!(raw, sys::FV_TRIAL_DONE);
                TrialState::Done
            }
        }
    }
}

/// One trial; its values by number, or by name: `trial["rate"]`.
#[derive(Clone, Debug)]
pub struct Trial {
    /// From 0.
    pub index: usize,
    /// One for each parameter.
    pub values: Vec<f64>,
    /// To train in all, those of earlier rounds included.
    pub epochs: usize,
    pub state: TrialState,
    /// Of a failure, else empty.
    pub message: String,
    /// As reported: one, or one for each fold.
    pub scores: Vec<f64>,
    /// Their mean; NaN before and after a failure.
    pub score: f64,
    /// Theirs, / (n - 1); NaN with fewer than two.
    pub stddev: f64,
    /// From being given to being reported, of all rounds.
    pub time: Duration,
    names: Arc<[String]>,
}

impl Trial {
    /// The value of a parameter; None where there is none of that name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.names.iter().position(|n| n == name).map(|i| self.values[i])
    }

    unsafe fn from_raw(raw: &sys::fv_trial, names: &Arc<[String]>) -> Self {
        let slice = |data: *const f64, count| match count {
            0 => Vec::new(),
            count => std::slice::from_raw_parts(data, count).to_vec(),
        };
        Trial {
            index: raw.index as usize,
            values: slice(raw.values, raw.value_count),
            epochs: raw.epochs as usize,
            state: TrialState::from_raw(raw.state),
            message: CStr::from_ptr(raw.message).to_string_lossy().into_owned(),
            scores: slice(raw.scores, raw.score_count),
            score: raw.score,
            stddev: raw.stddev,
            time: Duration::from_secs_f64(raw.seconds),
            names: names.clone(),
        }
    }
}

impl Index<&str> for Trial {
    type Output = f64;

    fn index(&self, name: &str) -> &f64 {
        match self.names.iter().position(|n| n == name) {
            Some(i) => &self.values[i],
            None => panic!("there is no parameter {:?}", name),
        }
    }
}

/// Called after every trial with its row. [`ControlFlow::Break`] ends the search.
pub type OnTrial<'a> = dyn FnMut(&Trial) -> ControlFlow<()> + 'a;

/// Options of [`Search::run`].
#[derive(Default)]
pub struct SearchRun<'a> {
    pub on_trial: Option<&'a mut OnTrial<'a>>,
    /// Looked at between trials.
    pub cancel: Option<&'a CancelToken>,
}

/// Options of [`Search::fit`].
#[derive(Default)]
pub struct SearchFit<'a> {
    /// 0: 32.
    pub batch_size: usize,
    pub no_shuffle: bool,
    pub drop_last: bool,
    /// Of every trial.
    pub stop: Option<Stop<'a>>,
    /// Every trial by k-fold validation; then there is no validation set.
    pub folds: Option<Folds>,
    /// A test set decides nevertheless.
    pub allow_test: bool,
    pub on_trial: Option<&'a mut OnTrial<'a>>,
    pub cancel: Option<&'a CancelToken>,
}

/// Finds good options by trying. [`run`](Search::run) asks for scores, [`fit`](Search::fit) for trainers; both are loops
/// around [`next`](Search::next) and [`report`](Search::report).
///
/// ```
/// use fovea::*;
///
/// let space = [
///     Parameter::new("rate", Range::LogUniform(1e-4, 1.0)),
///     Parameter::new("units", Range::Choice(&[32.0, 64.0])),
/// ];
/// let mut search = Search::new(&space, SearchOptions { trials: 20, ..Default::default() })?;
/// search.run(|trial| Ok((trial["rate"].log10() + 2.0).powi(2) / trial["units"]), Default::default())?;
/// let best = search.best()?;
/// assert!(best["rate"] > 1e-3 && best["rate"] < 1e-1);
/// println!("{}", search.table()?);
/// # Ok::<(), fovea::Error>(())
/// ```
#[derive(Debug)]
pub struct Search {
    handle: Handle<sys::fv_search>,
    names: Arc<[String]>,
}

impl Search {
    pub fn new(parameters: &[Parameter], options: SearchOptions) -> Result<Self> {
        let texts =
            |names: &[&str]| names.iter().map(|name| Text::required(name)).collect::<Result<Vec<_>>>();
        let names = texts(&parameters.iter().map(|p| p.name).collect::<Vec<_>>())?;
        let labels = parameters
            .iter()
            .map(|p| texts(if let Range::Named(labels) = p.range { labels } else { &[] }))
            .collect::<Result<Vec<_>>>()?;
        let labels: Vec<Vec<_>> =
            labels.iter().map(|texts| texts.iter().map(Text::as_ptr).collect()).collect();
        let mut raw = Vec::new();
        for (i, p) in parameters.iter().enumerate() {
            let mut desc = sys::fv_parameter_desc {
                name: names[i].as_ptr(),
                points: p.points as i64,
                ..Default::default()
            };
            match p.range {
                Range::Choice(values) => {
                    desc.range = sys::FV_RANGE_CHOICE;
                    desc.values = values.as_ptr();
                    desc.value_count = values.len();
                }
                Range::Named(_) => {
                    desc.labels = labels[i].as_ptr();
                    desc.label_count = labels[i].len();
                }
                Range::Uniform(low, high) => {
                    (desc.range, desc.low, desc.high) = (sys::FV_RANGE_UNIFORM, low, high)
                }
                Range::LogUniform(low, high) => {
                    (desc.range, desc.low, desc.high) = (sys::FV_RANGE_LOG_UNIFORM, low, high)
                }
                Range::Integer(low, high) => {
                    (desc.range, desc.low, desc.high) = (sys::FV_RANGE_INTEGER, low as f64, high as f64)
                }
            }
            raw.push(desc);
        }
        let pointers: Vec<*const sys::fv_parameter_desc> = raw.iter().map(|desc| desc as *const _).collect();
        let desc = sys::fv_search_desc {
            method: options.method.raw(),
            parameters: pointers.as_ptr(),
            parameter_count: pointers.len(),
            trials: options.trials as i64,
            seed: options.seed,
            monitor: options.monitor.raw(),
            eta: int(options.eta),
            min_epochs: options.min_epochs as i64,
            max_epochs: options.max_epochs as i64,
            ..Default::default()
        };
        let handle = Handle::create(|out, error| unsafe { sys::fv_search_create(&desc, out, error) })?;
        Ok(Search { handle, names: parameters.iter().map(|p| p.name.to_owned()).collect() })
    }

    /// The next trial; None when there is none left. Several may be out at the same time. Errors:
    /// [`Busy`](crate::ErrorCode::Busy) where what comes next depends on trials that are out.
    #[allow(clippy::should_implement_trait)] // an iterator could not borrow the search for its reports
    pub fn next(&mut self) -> Result<Option<Trial>> {
        let mut trial = sys::fv_trial::default();
        call(|error| unsafe { sys::fv_search_next(self.handle.get(), &mut trial, error) })?;
        Ok((trial.index >= 0).then(|| unsafe { Trial::from_raw(&trial, &self.names) }))
    }

    /// What became of a trial: scores, whose mean counts. One that was not given may be reported too, which is how a search
    /// is resumed.
    pub fn report(&mut self, trial: usize, scores: &[f64]) -> Result<()> {
        call(|error| unsafe {
            let (scores, count) = (scores.as_ptr(), scores.len());
            sys::fv_search_report(self.handle.get(), trial as i64, scores, count, null(), error)
        })
    }

    /// Or its failure, [`Cancelled`](crate::ErrorCode::Cancelled) puts it back to be given again.
    pub fn report_failure(&mut self, trial: usize, failure: Error) -> Result<()> {
        let mut raw = sys::fv_error::default();
        raw.code = unsafe { answer(&mut raw, || Err(failure)) };
        call(|error| unsafe {
            sys::fv_search_report(self.handle.get(), trial as i64, null(), 0, &raw, error)
        })
    }

    /// All trials, in their order.
    pub fn trials(&self) -> Result<Vec<Trial>> {
        let mut count = 0;
        call(|error| unsafe { sys::fv_search_trials(self.handle.get(), null_mut(), 0, &mut count, error) })?;
        let mut rows = vec![sys::fv_trial::default(); count];
        call(|error| unsafe {
            sys::fv_search_trials(self.handle.get(), rows.as_mut_ptr(), rows.len(), null_mut(), error)
        })?;
        Ok(rows.iter().map(|raw| unsafe { Trial::from_raw(raw, &self.names) }).collect())
    }

    /// Of the trials that have trained longest the one with the best score. Errors: [`NotFound`](crate::ErrorCode::NotFound) where
    /// none has one.
    pub fn best(&self) -> Result<Trial> {
        let mut trial = sys::fv_trial::default();
        call(|error| unsafe { sys::fv_search_best(self.handle.get(), &mut trial, error) })?;
        Ok(unsafe { Trial::from_raw(&trial, &self.names) })
    }

    /// A table for people, the best first.
    pub fn table(&self) -> Result<String> {
        text_of(|buffer, capacity, needed, error| unsafe {
            sys::fv_search_table(self.handle.get(), buffer, capacity, needed, error)
        })
    }

    /// All trials as comma-separated values.
    pub fn csv(&self) -> Result<String> {
        text_of(|buffer, capacity, needed, error| unsafe {
            sys::fv_search_csv(self.handle.get(), buffer, capacity, needed, error)
        })
    }

    /// Runs all trials that are left. An error of the objective is a row of the results, but
    /// [`Cancelled`](crate::ErrorCode::Cancelled) ends the search, and so does a panic.
    pub fn run(
        &mut self,
        mut objective: impl FnMut(&Trial) -> Result<f64>,
        options: SearchRun,
    ) -> Result<()> {
        let mut callbacks = Callbacks {
            names: &self.names,
            objective: Some(&mut objective),
            build: None,
            on_trial: options.on_trial,
        };
        let desc = sys::fv_search_run_desc {
            objective: Some(score),
            on_trial: Some(on_trial),
            user: (&mut callbacks as *mut Callbacks).cast(),
            cancel: CancelToken::raw(options.cancel),
            ..Default::default()
        };
        call(|error| unsafe { sys::fv_search_run(self.handle.get(), &desc, error) })
    }

    /// Trains all trials that are left, with the trainers that `build` makes of their values, and scores them on
    /// `validation`, or by folds, for each of which `build` is called with its number. Gives the trainer of the best trial;
    /// None with folds, or where that trial was not trained by this call. Errors as those of [`run`](Search::run), and a set
    /// that is marked as a test set.
    ///
    /// ```
    /// # use fovea::*;
    /// # let context = Context::new(Default::default())?;
    /// # let data = Dataset::digits(&context, Digits { count: 96, ..Default::default() })?;
    /// # let (train, validation) = data.split(Split { count: 32, ..Default::default() })?;
    /// let space = [Parameter::new("rate", Range::Choice(&[1e-3, 1e-2, 1e-1]))];
    /// let mut search =
    ///     Search::new(&space, SearchOptions { method: SearchMethod::Grid, max_epochs: 2, ..Default::default() })?;
    /// let build = |trial: &Trial, _fold| {
    ///     let mut g = Graph::new(&context)?;
    ///     let x = zoo::lenet5(&mut g, Default::default());
    ///     let mut model = Model::new(&g, &[x], Default::default())?;
    ///     let options = TrainerOptions { learning_rate: trial["rate"], ..Default::default() };
    ///     Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, options)
    /// };
    /// let best = search.fit(&train, Some(&validation), build, SearchFit::default())?.unwrap();
    /// assert_eq!(best.history()?.len(), 2);
    /// # Ok::<(), fovea::Error>(())
    /// ```
    pub fn fit(
        &mut self,
        train: &Dataset,
        validation: Option<&Dataset>,
        mut build: impl FnMut(&Trial, usize) -> Result<Trainer>,
        options: SearchFit,
    ) -> Result<Option<Trainer>> {
        let mut callbacks = Callbacks {
            names: &self.names,
            objective: None,
            build: Some(&mut build),
            on_trial: options.on_trial,
        };
        let stop_name = options.stop.unwrap_or_default().name()?;
        let stop = options.stop.map(|stop| stop.raw(&stop_name));
        let fit = sys::fv_fit_desc {
            batch_size: int(options.batch_size),
            no_shuffle: options.no_shuffle.into(),
            drop_last: options.drop_last.into(),
            stop: stop.as_ref().map_or(null(), |stop| stop),
            cancel: CancelToken::raw(options.cancel),
            ..Default::default()
        };
        let folds = options.folds.map(|folds| folds.raw(0));
        let mut best = null_mut();
        let desc = sys::fv_search_fit_desc {
            allow_test: options.allow_test.into(),
            build: Some(make),
            on_trial: Some(on_trial),
            user: (&mut callbacks as *mut Callbacks).cast(),
            fit: &fit,
            folds: folds.as_ref().map_or(null(), |folds| folds),
            best: if folds.is_some() { null_mut() } else { &mut best },
            ..Default::default()
        };
        let validation = validation.map_or(null_mut(), |dataset| dataset.0.get());
        let result = call(|error| unsafe {
            sys::fv_search_fit(self.handle.get(), train.0.get(), validation, &desc, error)
        });
        result.map(|()| (!best.is_null()).then(|| Trainer::from_handle(unsafe { Handle::from_raw(best) })))
    }
}

type Objective<'t> = dyn FnMut(&Trial) -> Result<f64> + 't;
type Build<'t> = dyn FnMut(&Trial, usize) -> Result<Trainer> + 't;

/// What the trampolines need.
struct Callbacks<'t, 'a> {
    names: &'t Arc<[String]>,
    objective: Option<&'t mut Objective<'t>>,
    build: Option<&'t mut Build<'t>>,
    on_trial: Option<&'a mut OnTrial<'a>>,
}

unsafe extern "C" fn score(
    user: *mut c_void,
    trial: *const sys::fv_trial,
    score: *mut f64,
    error: *mut sys::fv_error,
) -> sys::fv_status {
    let callbacks = &mut *user.cast::<Callbacks>();
    answer(error, || {
        let objective = callbacks.objective.as_mut().expect("run has an objective");
        *score = objective(&Trial::from_raw(&*trial, callbacks.names))?;
        Ok(())
    })
}

unsafe extern "C" fn make(
    user: *mut c_void,
    trial: *const sys::fv_trial,
    fold: i32,
    trainer: *mut *mut sys::fv_trainer,
    error: *mut sys::fv_error,
) -> sys::fv_status {
    let callbacks = &mut *user.cast::<Callbacks>();
    answer(error, || {
        let build = callbacks.build.as_mut().expect("fit has a builder");
        *trainer = build(&Trial::from_raw(&*trial, callbacks.names), fold as usize)?.into_raw();
        Ok(())
    })
}

unsafe extern "C" fn on_trial(user: *mut c_void, trial: *const sys::fv_trial) -> i32 {
    let callbacks = &mut *user.cast::<Callbacks>();
    let stop = panics::catch(|| match &mut callbacks.on_trial {
        Some(on_trial) => on_trial(&Trial::from_raw(&*trial, callbacks.names)).is_break(),
        None => false,
    });
    // A panic in another hook ends the search too.
    (stop.unwrap_or(true) || panics::is_pending()).into()
}

// ---- cross-validation

/// Options of [`Model::cross_validate`].
#[derive(Clone, Copy, Debug, Default)]
pub struct CrossValidate<'a> {
    pub folds: Folds,
    /// False: every fold begins with the model's parameters; true: with initial ones of its own, by `seed`.
    pub reseed: bool,
    pub seed: u64,
    /// Of every fold; 0: 1.
    pub epochs: usize,
    /// 0: 32.
    pub batch_size: usize,
    pub stop: Option<Stop<'a>>,
    /// Of a test set nevertheless.
    pub allow_test: bool,
}

/// The last epoch of each fold, their mean and their standard deviation, / (n - 1).
#[derive(Clone, Debug, PartialEq)]
pub struct CrossValidation {
    pub folds: Vec<HistoryRow>,
    pub mean: HistoryRow,
    pub stddev: HistoryRow,
}

impl Model {
    /// Trains copies of the model, one for each fold, on the other folds, and validates each on its own.
    ///
    /// ```
    /// # use fovea::*;
    /// # let context = Context::new(Default::default())?;
    /// # let data = Dataset::digits(&context, Digits { count: 60, ..Default::default() })?;
    /// # let mut g = Graph::new(&context)?;
    /// # let x = zoo::lenet5(&mut g, Default::default());
    /// # let model = Model::new(&g, &[x], Default::default())?;
    /// let result = model.cross_validate(
    ///     &data,
    ///     Loss::SoftmaxCrossEntropy,
    ///     Optimizer::Adam,
    ///     TrainerOptions::default(),
    ///     CrossValidate { folds: Folds { folds: 3, ..Default::default() }, ..Default::default() },
    /// )?;
    /// println!("{:.3} ± {:.3}", result.mean.val_accuracy, result.stddev.val_accuracy);
    /// # Ok::<(), fovea::Error>(())
    /// ```
    pub fn cross_validate(
        &self,
        dataset: &Dataset,
        loss: Loss,
        optimizer: Optimizer,
        trainer: TrainerOptions,
        options: CrossValidate,
    ) -> Result<CrossValidation> {
        let stop_name = options.stop.unwrap_or_default().name()?;
        let stop = options.stop.map(|stop| stop.raw(&stop_name));
        let fit = sys::fv_fit_desc {
            epochs: int(options.epochs),
            batch_size: int(options.batch_size),
            stop: stop.as_ref().map_or(null(), |stop| stop),
            ..Default::default()
        };
        let folds = options.folds.raw(0);
        let desc = sys::fv_cross_validate_desc {
            reseed: options.reseed.into(),
            seed: options.seed,
            folds: &folds,
            fit: &fit,
            allow_test: options.allow_test.into(),
            ..Default::default()
        };
        let mut rows = vec![sys::fv_history_row::default(); options.folds.count()];
        let mut result = sys::fv_cross_validation::default();
        trainer.with_raw(optimizer, |raw| {
            let raw = sys::fv_trainer_desc { loss: loss.raw(), ..raw };
            let (model, data, count) = (self.0.get(), dataset.0.get(), rows.len());
            call(|error| unsafe {
                let rows = rows.as_mut_ptr();
                sys::fv_cross_validate(model, &raw, data, &desc, rows, count, null_mut(), &mut result, error)
            })
        })?;
        Ok(CrossValidation {
            folds: rows.iter().map(HistoryRow::from_raw).collect(),
            mean: HistoryRow::from_raw(&result.mean),
            stddev: HistoryRow::from_raw(&result.stddev),
        })
    }
}
