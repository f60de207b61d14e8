//! What a model begins with, and what its nodes give on a batch.

use crate::context::CancelToken;
use crate::dataset::Dataset;
use crate::error::call;
use crate::model::Model;
use crate::tensor::Tensor;
use crate::Result;
use fovea_sys as sys;
use std::ffi::CStr;

/// Options of [`Model::lsuv`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Lsuv {
    /// For each layer; 0: 10.
    pub max_iterations: u16,
    /// How far the variance may be from 1; 0: 0.1.
    pub tolerance: f64,
}

/// Options of [`Model::statistics`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Statistics {
    /// Of the histograms; 0: none.
    pub bins: u16,
    /// Of the first bin; both 0: -1 to 1.
    pub low: f64,
    /// Of the last bin.
    pub high: f64,
    /// 0: 0.99.
    pub saturation: f64,
    /// As in a training step: noise is drawn by `seed`, batch norm takes the batch's own statistics.
    pub training: bool,
    pub seed: u64,
}

/// What one node gives on a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeStatistics {
    pub node: String,
    pub mean: f64,
    pub stddev: f64,
    pub minimum: f64,
    pub maximum: f64,
    /// Share of the units that are 0 for every sample.
    pub dead: f64,
    /// Share of the values above `saturation` in size.
    pub saturated: f64,
    pub histogram: Vec<i64>,
}

/// Options of [`Model::update_batch_norm`].
#[derive(Clone, Copy, Debug, Default)]
pub struct BatchNormUpdate<'a> {
    /// 0: 32.
    pub batch_size: usize,
    /// At most; 0: all.
    pub batches: usize,
    /// Of the order of the samples and of dropout.
    pub seed: u64,
    pub cancel: Option<&'a CancelToken>,
}

impl Model {
    /// Measures the running mean and variance of every batch norm anew, as for averaged weights.
    pub fn update_batch_norm(&mut self, data: &Dataset, options: BatchNormUpdate) -> Result<()> {
        let desc = sys::fv_batch_norm_update_desc {
            batch_size: crate::text::int(options.batch_size),
            batches: options.batches as i64,
            seed: options.seed,
            cancel: CancelToken::raw(options.cancel),
            ..Default::default()
        };
        call(|error| unsafe { sys::fv_model_update_batch_norm(self.0.get(), data.0.get(), &desc, error) })
    }

    /// Parameters and state as a new model with this seed has them.
    pub fn reinitialize(&mut self, seed: u64) -> Result<()> {
        call(|error| unsafe { sys::fv_model_reinitialize(self.0.get(), seed, error) })
    }

    /// Layer-sequential unit-variance initialisation on a batch: kernels become orthogonal and are scaled until their
    /// layer's output has variance 1.
    pub fn lsuv(&mut self, inputs: &[Tensor], options: Lsuv) -> Result<()> {
        let desc = sys::fv_lsuv_desc {
            max_iterations: options.max_iterations.into(),
            tolerance: options.tolerance,
            ..Default::default()
        };
        call(|error| unsafe {
            sys::fv_model_lsuv(self.0.get(), Tensor::as_ptr(inputs), inputs.len(), &desc, error)
        })
    }

    /// Runs the network on a batch and measures every node, in the order of the graph.
    pub fn statistics(&self, inputs: &[Tensor], options: Statistics) -> Result<Vec<NodeStatistics>> {
        let (nodes, bins) = (self.info()?.nodes, usize::from(options.bins));
        let mut histogram = vec![0i64; nodes * bins];
        let mut rows = vec![sys::fv_node_statistics::default(); nodes];
        let desc = sys::fv_statistics_desc {
            bins: options.bins.into(),
            low: options.low,
            high: options.high,
            saturation: options.saturation,
            training: options.training.into(),
            seed: options.seed,
            histogram: if bins == 0 { std::ptr::null_mut() } else { histogram.as_mut_ptr() },
            ..Default::default()
        };
        let mut count = 0;
        call(|error| unsafe {
            sys::fv_model_statistics(
                self.0.get(),
                Tensor::as_ptr(inputs),
                inputs.len(),
                &desc,
                rows.as_mut_ptr(),
                nodes,
                &mut count,
                error,
            )
        })?;
        Ok(rows
            .iter()
            .enumerate()
            .map(|(i, row)| NodeStatistics {
                node: unsafe { CStr::from_ptr(row.node) }.to_string_lossy().into_owned(),
                mean: row.mean,
                stddev: row.stddev,
                minimum: row.minimum,
                maximum: row.maximum,
                dead: row.dead,
                saturated: row.saturated,
                histogram: histogram[i * bins..(i + 1) * bins].to_vec(),
            })
            .collect())
    }
}
