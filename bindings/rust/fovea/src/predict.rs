//! Test time: predictions from more than one pass, from several models, or with a temperature.

use crate::context::CancelToken;
use crate::dataset::Dataset;
use crate::error::call;
use crate::session::{Evaluation, Session};
use crate::tensor::{Tensor, TensorMut};
use crate::text::int;
use crate::{Error, Result};
use fovea_sys as sys;
use std::ptr::{null, null_mut};

/// Options of [`Session::sample`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// 0: 50.
    pub passes: usize,
    /// Another seed, other draws.
    pub seed: u64,
    /// What is averaged is the softmax of each output.
    pub softmax: bool,
    /// With softmax; 0: 1.
    pub temperature: f64,
}

/// Options of [`Session::fit_temperature`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Temperature<'a> {
    pub cancel: Option<&'a CancelToken>,
}

impl Session {
    /// Monte-Carlo dropout: runs the network many times; dropout and its kin draw as in training, batch norm runs as at
    /// inference. `means` and `variances` (one for each output, or none at all) receive mean and variance over the
    /// passes.
    pub fn sample(
        &mut self,
        inputs: &[Tensor],
        options: Sample,
        means: &mut [TensorMut],
        variances: &mut [TensorMut],
    ) -> Result<()> {
        if !variances.is_empty() && variances.len() != means.len() {
            return Err(Error::invalid(format!(
                "there are {} means and {} variances",
                means.len(),
                variances.len()
            )));
        }
        let desc = sys::fv_sample_desc {
            passes: int(options.passes),
            seed: options.seed,
            softmax: options.softmax.into(),
            temperature: options.temperature,
            ..Default::default()
        };
        let spread = if variances.is_empty() { null_mut() } else { TensorMut::as_mut_ptr(variances) };
        call(|error| unsafe {
            sys::fv_session_sample(
                self.handle.get(),
                Tensor::as_ptr(inputs),
                inputs.len(),
                &desc,
                TensorMut::as_mut_ptr(means),
                spread,
                means.len(),
                error,
            )
        })
    }

    /// Temperature scaling: the T for which the softmax cross-entropy of z / T, z the session's first output, is least
    /// on a dataset with labels that the model was not trained on.
    pub fn fit_temperature(&mut self, dataset: &Dataset, options: Temperature) -> Result<f64> {
        let desc =
            sys::fv_temperature_desc { cancel: CancelToken::raw(options.cancel), ..Default::default() };
        let mut temperature = 0.0;
        call(|error| unsafe {
            sys::fv_session_fit_temperature(
                self.handle.get(),
                dataset.0.get(),
                &desc,
                &mut temperature,
                error,
            )
        })?;
        Ok(temperature)
    }
}

/// The weighted mean of what several sessions give; with one session and its temperature, calibrated probabilities.
#[derive(Default)]
pub struct Ensemble<'a> {
    pub sessions: Vec<&'a mut Session>,
    /// The outputs themselves are averaged, not their softmax.
    pub raw: bool,
    /// Of each session; empty: all alike.
    pub weights: &'a [f64],
    /// Of each session, for the softmax; empty: 1.
    pub temperatures: &'a [f64],
    /// Stops an evaluation.
    pub cancel: Option<&'a CancelToken>,
}

impl Ensemble<'_> {
    /// Inputs as for [`Session::run`].
    pub fn run(&mut self, inputs: &[Tensor], outputs: &mut [TensorMut]) -> Result<()> {
        let (sessions, desc) = self.raw()?;
        call(|error| unsafe {
            sys::fv_ensemble_run(
                sessions.as_ptr(),
                sessions.len(),
                Tensor::as_ptr(inputs),
                inputs.len(),
                &desc,
                TensorMut::as_mut_ptr(outputs),
                outputs.len(),
                error,
            )
        })
    }

    /// Over a dataset with labels: the accuracy, and as loss the mean of -log of the label's averaged probability.
    pub fn evaluate(&mut self, dataset: &Dataset) -> Result<Evaluation> {
        let (sessions, desc) = self.raw()?;
        let mut result = sys::fv_evaluation::default();
        call(|error| unsafe {
            sys::fv_ensemble_evaluate(
                sessions.as_ptr(),
                sessions.len(),
                dataset.0.get(),
                &desc,
                &mut result,
                error,
            )
        })?;
        Ok(Evaluation { samples: result.samples as usize, loss: result.loss, accuracy: result.accuracy })
    }

    fn raw(&self) -> Result<(Vec<*mut sys::fv_session>, sys::fv_ensemble_desc)> {
        let one_each = |values: &[f64], what| match values.len() {
            0 => Ok(null()),
            count if count == self.sessions.len() => Ok(values.as_ptr()),
            count => Err(Error::invalid(format!(
                "there are {} sessions and {} {}",
                self.sessions.len(),
                count,
                what
            ))),
        };
        let desc = sys::fv_ensemble_desc {
            raw: self.raw.into(),
            weights: one_each(self.weights, "weights")?,
            temperatures: one_each(self.temperatures, "temperatures")?,
            cancel: CancelToken::raw(self.cancel),
            ..Default::default()
        };
        Ok((self.sessions.iter().map(|session| session.handle.get()).collect(), desc))
    }
}
