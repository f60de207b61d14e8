//! Batches of a dataset for a loop of one's own.

use crate::context::Context;
use crate::dataset::Dataset;
use crate::error::call;
use crate::model::Model;
use crate::object::Handle;
use crate::tensor::Tensor;
use crate::text::int;
use crate::Result;
use fovea_sys as sys;

/// Options of [`Loader::new`].
#[derive(Clone, Copy, Debug, Default)]
pub struct LoaderOptions<'a> {
    /// 0: 32.
    pub batch_size: usize,
    /// False: another order in every epoch.
    pub no_shuffle: bool,
    /// A last, smaller batch is left out.
    pub drop_last: bool,
    /// Threads of the library's own that prepare batches ahead, up to 64; 0: none.
    pub workers: usize,
    /// Batches that wait ready beside those that workers are at, up to 64; 0: 2.
    pub prefetch: usize,
    /// Of the order and of random samples.
    pub seed: u64,
    /// Samples come as its input takes them: brought to its size, transformed, of its type. None: as they are stored.
    pub model: Option<&'a Model>,
}

/// What [`Trainer::step`](crate::Trainer::step) takes, and where it comes from. It lies in the loader's memory.
#[derive(Clone, Copy, Debug)]
pub struct LoadedBatch<'a> {
    /// `[count][...]`, as stored or as the model takes it.
    pub input: Tensor<'a>,
    /// `i32` labels `[count]`, or targets `[count][...]`.
    pub target: Tensor<'a>,
    /// Which samples of the dataset these are.
    pub indices: &'a [u32],
    /// From 0.
    pub epoch: usize,
    /// In the epoch, from 0.
    pub batch: usize,
    /// In the epoch.
    pub batches: usize,
    /// This is the last one of its epoch.
    pub epoch_ended: bool,
}

/// The batches of a dataset, prepared ahead by worker threads. A batch depends on dataset, seed, epoch and number only.
#[derive(Debug)]
pub struct Loader(Handle<sys::fv_loader>);

impl Loader {
    /// Starts at the first batch of epoch 0. Without a model the samples must have one shape.
    pub fn new(context: &Context, dataset: &Dataset, options: LoaderOptions) -> Result<Self> {
        let desc = sys::fv_loader_desc {
            batch_size: int(options.batch_size),
            no_shuffle: options.no_shuffle.into(),
            drop_last: options.drop_last.into(),
            workers: int(options.workers),
            prefetch: int(options.prefetch),
            seed: options.seed,
            model: options.model.map_or(std::ptr::null(), |model| model.0.get() as *const _),
            ..Default::default()
        };
        let (context, dataset) = (context.0.get(), dataset.0.get());
        let made = Handle::create(|loader, error| unsafe {
            sys::fv_loader_create(context, dataset, &desc, loader, error)
        });
        made.map(Loader)
    }

    /// The next batch; after the last one of an epoch, the first of the next epoch.
    #[allow(clippy::should_implement_trait)] // it lends, which an Iterator cannot
    pub fn next(&mut self) -> Result<LoadedBatch<'_>> {
        let mut batch = sys::fv_loaded_batch::default();
        call(|error| unsafe { sys::fv_loader_next(self.0.get(), &mut batch, error) })?;
        Ok(unsafe {
            LoadedBatch {
                input: Tensor::from_raw(batch.input),
                target: Tensor::from_raw(batch.target),
                indices: std::slice::from_raw_parts(batch.indices, batch.count as usize),
                epoch: batch.epoch as usize,
                batch: batch.batch as usize,
                batches: batch.batches as usize,
                epoch_ended: batch.epoch_ended != 0,
            }
        })
    }

    /// The next batch will be `batch` of `epoch`, both from 0.
    pub fn seek(&mut self, epoch: usize, batch: usize) -> Result<()> {
        call(|error| unsafe { sys::fv_loader_seek(self.0.get(), epoch as i64, batch as i64, error) })
    }
}
