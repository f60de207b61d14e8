//! Datasets: samples with labels or targets, read by index.

use crate::context::Context;
use crate::error::{call, call_quietly};
use crate::object::Handle;
use crate::panics::{self, drop_user};
use crate::tensor::{DType, Element, Tensor, TensorMut};
use crate::text::{int, shape_from_c, Text};
use crate::Result;
use fovea_sys as sys;
use std::path::Path;
use std::ptr::null_mut;

/// Options of [`Dataset::open_idx`].
#[derive(Clone, Debug, Default)]
pub struct Idx {
    /// 0: the largest label + 1.
    pub classes: usize,
    /// Refuse files that unpack to more; 0: 4 GiB.
    pub max_bytes: usize,
}

/// Options of [`Dataset::digits`].
#[derive(Clone, Debug, Default)]
pub struct Digits {
    /// Height and width in pixels, 16 to 256; 0: 28.
    pub size: usize,
    /// Required: the number of images.
    pub count: usize,
    /// Another seed, other images.
    pub seed: u64,
    /// Standard deviation of the pixel noise in grey levels, up to 255; 0: 12; [`ZERO`](crate::ZERO): none.
    pub noise: f64,
}

/// Options of [`Dataset::split`].
#[derive(Clone, Debug, Default)]
pub struct Split {
    /// False: the second part is the end of the dataset (Keras); true: it is drawn by `seed`.
    pub shuffle: bool,
    /// Of the second part, (0, 1); rounded up to whole samples.
    pub fraction: f64,
    /// Size of the second part; with neither, 10,000 or 10 %, whichever is less.
    pub count: usize,
    pub seed: u64,
    /// Every class is cut in that proportion, to within one sample.
    pub stratified: bool,
}

/// Options of [`Dataset::fold`] and [`Dataset::folds`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Folds {
    /// 2 or more; 0: 5.
    pub folds: usize,
    /// False: fold i is the i-th stretch of the dataset; true: drawn by `seed`.
    pub shuffle: bool,
    /// Every class is spread evenly over the folds, to within one sample.
    pub stratified: bool,
    pub seed: u64,
}

impl Folds {
    pub(crate) fn count(&self) -> usize {
        if self.folds == 0 {
            5
        } else {
            self.folds
        }
    }

    pub(crate) fn raw(&self, fold: usize) -> sys::fv_fold_desc {
        sys::fv_fold_desc {
            fold: int(fold),
            folds: int(self.folds),
            shuffle: self.shuffle.into(),
            stratified: self.stratified.into(),
            seed: self.seed,
            ..Default::default()
        }
    }
}

/// Samples that the host has in memory: the argument of [`Dataset::from_memory`] and [`Dataset::borrow_memory`].
#[derive(Clone, Debug)]
pub struct MemoryDataset<'a> {
    /// `u8`, `f32` or `f64`, `[count][...]`.
    pub samples: Tensor<'a>,
    /// `i32` or `i64`, `[count]`.
    pub labels: Option<Tensor<'a>>,
    /// `f32` or `f64`, `[count][...]`. Exactly one of labels and targets.
    pub targets: Option<Tensor<'a>>,
    /// With labels; 0: the largest label + 1.
    pub classes: usize,
}

impl<'a> MemoryDataset<'a> {
    pub fn with_labels(samples: Tensor<'a>, labels: Tensor<'a>) -> Self {
        MemoryDataset { samples, labels: Some(labels), targets: None, classes: 0 }
    }

    pub fn with_targets(samples: Tensor<'a>, targets: Tensor<'a>) -> Self {
        MemoryDataset { samples, labels: None, targets: Some(targets), classes: 0 }
    }

    fn desc(&self) -> sys::fv_memory_dataset_desc {
        sys::fv_memory_dataset_desc {
            classes: int(self.classes),
            samples: Tensor::raw(Some(&self.samples)),
            labels: Tensor::raw(self.labels.as_ref()),
            targets: Tensor::raw(self.targets.as_ref()),
            ..Default::default()
        }
    }
}

/// What a dataset has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetInfo {
    /// Of the samples as stored.
    pub dtype: DType,
    pub count: usize,
    /// Of one sample.
    pub shape: Vec<usize>,
    /// 0: the dataset has targets instead of labels.
    pub classes: usize,
    pub target_shape: Vec<usize>,
    /// Of types, shapes, contents and order; a checkpoint remembers it.
    pub fingerprint: u64,
    /// Marked as a test set.
    pub test: bool,
}

/// Samples with labels or targets. Immutable; parts share the memory of the whole.
///
/// A sample is a tensor of `u8`, `f32` or `f64` values as stored; the model's [`Transform`](crate::Transform) turns it
/// into the network's input. Beside it stands an integer label in `[0, classes)`, or a target tensor.
#[derive(Debug)]
pub struct Dataset(pub(crate) Handle<sys::fv_dataset>);

impl Dataset {
    /// Images and labels in the IDX format of MNIST, plain or gzip, read into memory.
    pub fn open_idx(
        context: &Context,
        images: impl AsRef<Path>,
        labels: impl AsRef<Path>,
        options: Idx,
    ) -> Result<Self> {
        let (images, labels) = (Text::path(images.as_ref())?, Text::path(labels.as_ref())?);
        let desc = sys::fv_idx_desc {
            classes: int(options.classes),
            max_bytes: options.max_bytes as i64,
            ..Default::default()
        };
        Handle::create(|out, error| unsafe {
            sys::fv_dataset_open_idx(context.0.get(), images.as_ptr(), labels.as_ptr(), &desc, out, error)
        })
        .map(Dataset)
    }

    /// Drawn digits, for trying a program without any data: white on black, `u8`, `size x size x 1`. Image i depends
    /// on the options and i only, and is the same on every machine.
    ///
    /// ```
    /// use fovea::{Context, Dataset, Digits};
    ///
    /// let context = Context::new(Default::default())?;
    /// let data = Dataset::digits(&context, Digits { count: 100, seed: 1, ..Default::default() })?;
    /// assert_eq!(data.info()?.shape, [28, 28, 1]);
    /// # Ok::<(), fovea::Error>(())
    /// ```
    pub fn digits(context: &Context, options: Digits) -> Result<Self> {
        let desc = sys::fv_digits_desc {
            size: int(options.size),
            count: options.count as i64,
            seed: options.seed,
            noise: options.noise,
            ..Default::default()
        };
        Handle::create(|out, error| unsafe { sys::fv_dataset_digits(context.0.get(), &desc, out, error) })
            .map(Dataset)
    }

    /// Copies samples that the host has in memory.
    ///
    /// ```
    /// use fovea::{Context, Dataset, MemoryDataset, Tensor};
    ///
    /// let context = Context::new(Default::default())?;
    /// let (images, labels) = (vec![0u8; 10 * 8 * 8], vec![3i32; 10]);
    /// let samples = Tensor::new(&images, &[10, 8, 8, 1])?;
    /// let data = Dataset::from_memory(&context, MemoryDataset::with_labels(samples, Tensor::vector(&labels)))?;
    /// assert_eq!(data.info()?.classes, 4);
    /// # Ok::<(), fovea::Error>(())
    /// ```
    pub fn from_memory(context: &Context, memory: MemoryDataset) -> Result<Self> {
        Dataset::create(context, &memory.desc())
    }

    /// Uses samples in place, without a copy: `owner` keeps their memory alive and is dropped when the library no
    /// longer needs it; `describe` says where in it they are.
    ///
    /// ```
    /// use fovea::{Context, Dataset, MemoryDataset, Tensor};
    ///
    /// struct Images {
    ///     pixels: Vec<u8>,
    ///     labels: Vec<i32>,
    /// }
    /// let context = Context::new(Default::default())?;
    /// let images = Images { pixels: vec![0; 10 * 8 * 8], labels: vec![3; 10] };
    /// let data = Dataset::borrow_memory(&context, images, |images| {
    ///     let samples = Tensor::new(&images.pixels, &[10, 8, 8, 1])?;
    ///     Ok(MemoryDataset::with_labels(samples, Tensor::vector(&images.labels)))
    /// })?;
    /// # Ok::<(), fovea::Error>(())
    /// ```
    pub fn borrow_memory<O: Send + 'static>(
        context: &Context,
        owner: O,
        describe: impl for<'o> FnOnce(&'o O) -> Result<MemoryDataset<'o>>,
    ) -> Result<Self> {
        let owner = Owner(Box::into_raw(Box::new(owner)));
        let mut desc = describe(unsafe { &*owner.0 })?.desc();
        desc.borrow = 1;
        desc.user = owner.release().cast();
        desc.drop = Some(drop_user::<O>);
        Dataset::create(context, &desc)
    }

    fn create(context: &Context, desc: &sys::fv_memory_dataset_desc) -> Result<Self> {
        Handle::create(|out, error| unsafe { sys::fv_dataset_from_memory(context.0.get(), desc, out, error) })
            .map(Dataset)
    }

    /// Cuts the dataset into two disjoint ones, training and validation, each in the order of the whole.
    pub fn split(&self, options: Split) -> Result<(Dataset, Dataset)> {
        let desc = sys::fv_split_desc {
            shuffle: options.shuffle.into(),
            fraction: options.fraction,
            count: options.count as i64,
            seed: options.seed,
            stratified: options.stratified.into(),
            ..Default::default()
        };
        two(|first, second, error| unsafe {
            sys::fv_dataset_split(self.0.get(), &desc, first, second, error)
        })
    }

    /// One of the cuts of k-fold validation, training and validation: with the same options every sample is in the
    /// validation of exactly one fold.
    pub fn fold(&self, fold: usize, options: Folds) -> Result<(Dataset, Dataset)> {
        let desc = options.raw(fold);
        two(|train, validation, error| unsafe {
            sys::fv_dataset_fold(self.0.get(), &desc, train, validation, error)
        })
    }

    /// All cuts of k-fold validation, one after the other.
    ///
    /// ```
    /// use fovea::{Context, Dataset, Digits, Folds};
    ///
    /// let context = Context::new(Default::default())?;
    /// let data = Dataset::digits(&context, Digits { count: 100, ..Default::default() })?;
    /// for fold in data.folds(Folds { folds: 4, stratified: true, ..Default::default() }) {
    ///     let (train, validation) = fold?;
    ///     assert_eq!((train.info()?.count, validation.info()?.count), (75, 25));
    /// }
    /// # Ok::<(), fovea::Error>(())
    /// ```
    pub fn folds(&self, options: Folds) -> impl Iterator<Item = Result<(Dataset, Dataset)>> + '_ {
        (0..options.count()).map(move |fold| self.fold(fold, options))
    }

    /// Marks the dataset, and the parts that are made of it from now on, as a test set, which is for the last
    /// measurement: what searches for good options refuses it.
    pub fn mark_test(&mut self) -> Result<()> {
        call(|error| unsafe { sys::fv_dataset_mark_test(self.0.get(), error) })
    }

    /// The samples at `indices`, in that order, repeats allowed.
    pub fn subset(&self, indices: &[i64]) -> Result<Dataset> {
        Handle::create(|out, error| unsafe {
            sys::fv_dataset_subset(self.0.get(), indices.as_ptr(), indices.len(), out, error)
        })
        .map(Dataset)
    }

    /// The first call on a dataset reads all of it, for the fingerprint.
    pub fn info(&self) -> Result<DatasetInfo> {
        let mut info = sys::fv_dataset_info::default();
        call(|error| unsafe { sys::fv_dataset_get_info(self.0.get(), &mut info, error) })?;
        Ok(DatasetInfo {
            dtype: DType::from_raw(info.dtype)?,
            count: info.count as usize,
            shape: shape_from_c(&info.shape, info.rank),
            classes: info.classes as usize,
            target_shape: shape_from_c(&info.target_shape, info.target_rank),
            fingerprint: info.fingerprint,
            test: info.test != 0,
        })
    }

    /// Copies sample `index`, of the stored type, and gives its label; none where there are targets.
    pub fn get<T: Element>(&self, index: usize, sample: &mut [T]) -> Result<Option<usize>> {
        let mut label = -1;
        TensorMut::fill(sample, |buffer| {
            call(|error| unsafe {
                sys::fv_dataset_get(self.0.get(), index as i64, buffer, &mut label, error)
            })
        })?;
        Ok(usize::try_from(label).ok())
    }
}

/// Two datasets that one call makes.
fn two(
    make: impl FnOnce(*mut *mut sys::fv_dataset, *mut *mut sys::fv_dataset, *mut sys::fv_error) -> sys::fv_status,
) -> Result<(Dataset, Dataset)> {
    let (mut first, mut second) = (null_mut(), null_mut());
    let result = call_quietly(|error| make(&mut first, &mut second, error));
    let parts =
        result.map(|()| unsafe { (Dataset(Handle::from_raw(first)), Dataset(Handle::from_raw(second))) });
    panics::resume();
    parts
}

/// On the heap a value stays where it is while its memory is described, and until the library drops it.
struct Owner<O>(*mut O);

impl<O> Owner<O> {
    fn release(self) -> *mut O {
        std::mem::ManuallyDrop::new(self).0
    }
}

impl<O> Drop for Owner<O> {
    fn drop(&mut self) {
        drop(unsafe { Box::from_raw(self.0) });
    }
}
