//! Datasets of image files, of CIFAR, of callbacks and of other datasets.

use crate::context::Context;
use crate::custom::answer;
use crate::dataset::Dataset;
use crate::error::call;
use crate::object::Handle;
use crate::panics::{drop_user, user};
use crate::tensor::Element;
use crate::text::{int, shape_to_c, text_of, Text};
use crate::{Error, Result};
use fovea_sys as sys;
use std::os::raw::c_void;
use std::path::{Path, PathBuf};

/// How [`Dataset::open_folder`] and [`Dataset::open_list`] read image files.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImageFiles<'a> {
    /// Of every sample: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; 0: 3.
    pub channels: usize,
    /// JPEG and PNG stay as they are stored, whatever EXIF says.
    pub keep_orientation: bool,
    /// A file that cannot be decoded is an error; else it is left out and counted.
    pub refuse_broken: bool,
    /// Only headers are looked at while the dataset is opened; else every file is decoded once.
    pub headers_only: bool,
    /// Refuse larger images, at most 2^28; 0: 2^27.
    pub max_pixels: usize,
    /// The classes in this order, such as those of the training data; what is of another one counts as broken. Empty: as
    /// the files have them.
    pub class_names: &'a [&'a str],
}

impl ImageFiles<'_> {
    /// Calls `function` with the descriptor, which lives during the call.
    fn with<R>(&self, function: impl FnOnce(&sys::fv_image_files_desc) -> Result<R>) -> Result<R> {
        let names = self.class_names.iter().map(|name| Text::required(name)).collect::<Result<Vec<_>>>()?;
        let pointers: Vec<_> = names.iter().map(Text::as_ptr).collect();
        function(&sys::fv_image_files_desc {
            channels: int(self.channels),
            keep_orientation: self.keep_orientation.into(),
            refuse_broken: self.refuse_broken.into(),
            headers_only: self.headers_only.into(),
            max_pixels: self.max_pixels as i64,
            class_names: pointers.as_ptr(),
            class_count: pointers.len(),
            ..Default::default()
        })
    }
}

/// Options of [`Dataset::open_list`].
#[derive(Clone, Copy, Debug, Default)]
pub struct ImageList<'a> {
    /// `b','`, `b';'` or a tab; 0: the one that the first line has.
    pub delimiter: u8,
    /// Whether the first line is one; None: where its first field is path, file, filename, image or the like.
    pub header: Option<bool>,
    /// With integer labels; 0: the largest + 1.
    pub classes: usize,
    /// What the paths are relative to; None: the folder of the list.
    pub root: Option<&'a Path>,
    pub files: ImageFiles<'a>,
}

/// What was met when files were opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilesInfo {
    /// Image files that were found; 0: the dataset does not come from files.
    pub files: usize,
    /// Of these, left out; [`Dataset::problem`] says why.
    pub broken: usize,
    /// Other files.
    pub ignored: usize,
}

/// Which labels [`Dataset::open_cifar`] reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cifar {
    #[default]
    Ten,
    Hundred,
    /// The 20 superclasses of CIFAR-100.
    HundredCoarse,
}

/// One dataset of an [`Audit`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AuditPart {
    pub count: usize,
    /// 0: the dataset has targets.
    pub classes: usize,
    /// Files that were left out when the dataset was opened.
    pub broken: usize,
    /// Samples that cannot be read.
    pub unreadable: usize,
    /// Samples with the contents of an earlier one of the same dataset.
    pub duplicates: usize,
    /// Of these, with another label.
    pub conflicts: usize,
    /// Samples with the contents of one of an earlier dataset: a leak.
    pub shared: usize,
    /// Samples of the smallest and the largest class.
    pub smallest_class: usize,
    pub largest_class: usize,
    /// Of images: the least, the largest and the mean; else 0.
    pub height: (usize, usize, f64),
    pub width: (usize, usize, f64),
    /// Images that look like an earlier one of the same dataset, and are no copies.
    pub near_duplicates: usize,
    /// Images that look like one of an earlier dataset, and are in none.
    pub near_shared: usize,
}

/// What [`Dataset::audit`] has found.
#[derive(Debug)]
pub struct Audit(Handle<sys::fv_audit>);

impl Audit {
    /// Dataset `index` of those that were looked at.
    pub fn part(&self, index: usize) -> Result<AuditPart> {
        let mut part = sys::fv_audit_part::default();
        call(|error| unsafe { sys::fv_audit_get_part(self.0.get(), index, &mut part, error) })?;
        Ok(AuditPart {
            count: part.count as usize,
            classes: part.classes as usize,
            broken: part.broken as usize,
            unreadable: part.unreadable as usize,
            duplicates: part.duplicates as usize,
            conflicts: part.conflicts as usize,
            shared: part.shared as usize,
            smallest_class: part.smallest_class as usize,
            largest_class: part.largest_class as usize,
            height: (part.height_min as usize, part.height_max as usize, part.height_mean),
            width: (part.width_min as usize, part.width_max as usize, part.width_mean),
            near_duplicates: part.near_duplicates as usize,
            near_shared: part.near_shared as usize,
        })
    }

    /// All of it in lines of text, with names of files and ten examples of each kind.
    pub fn text(&self) -> Result<String> {
        text_of(|buffer, capacity, needed, error| unsafe {
            sys::fv_audit_text(self.0.get(), buffer, capacity, needed, error)
        })
    }
}

/// Samples of the host's own, for [`Dataset::from_source`]. Called from many threads at once.
pub trait SampleSource: Send + Sync + 'static {
    /// `u8`, `f32` or `f64`.
    type Element: Element;
    /// Of one sample; `[0, 0, channels]` where [`size`](SampleSource::size) says it of each.
    fn shape(&self) -> Vec<usize>;
    fn count(&self) -> usize;
    /// Asked once for each index, in order, while the dataset is made; not where there are targets.
    fn label(&self, index: usize) -> Result<usize>;
    /// Of one target; empty: there are labels.
    fn target_shape(&self) -> Vec<usize> {
        Vec::new()
    }
    /// Writes a target; asked once for each index, in order, while the dataset is made.
    fn target(&self, _index: usize, _values: &mut [f32]) -> Result<()> {
        Err(Error::invalid("there is a target_shape, but no target"))
    }
    /// Height and width of an image of `u8`, asked likewise.
    fn size(&self, _index: usize) -> Result<[usize; 2]> {
        Err(Error::invalid("the shape varies, but there is no size"))
    }
    /// Writes the values of a sample, the same each time.
    fn read(&self, index: usize, values: &mut [Self::Element]) -> Result<()>;
}

impl Dataset {
    /// A folder of class folders, as torchvision's ImageFolder: classes and files are sorted by name, byte by byte. Samples
    /// are `u8`, `[height][width][channels]`, decoded whenever they are read; where sizes differ, the shape says
    /// `[0, 0, channels]`.
    pub fn open_folder(context: &Context, root: impl AsRef<Path>, options: ImageFiles) -> Result<Self> {
        let root = Text::path(root.as_ref())?;
        options.with(|desc| {
            made(|out, error| unsafe {
                sys::fv_dataset_open_folder(context.0.get(), root.as_ptr(), desc, out, error)
            })
        })
    }

    /// A text file with a path and a label in each line, quoted as in RFC 4180. Labels are integers or names.
    pub fn open_list(context: &Context, path: impl AsRef<Path>, options: ImageList) -> Result<Self> {
        let path = Text::path(path.as_ref())?;
        let root = options.root.map(Text::path).transpose()?;
        options.files.with(|files| {
            let desc = sys::fv_image_list_desc {
                delimiter: options.delimiter.into(),
                header: options.header.map_or(0, |header| if header { 1 } else { 2 }),
                classes: int(options.classes),
                root: root.as_ref().map_or(std::ptr::null(), Text::as_ptr),
                files,
                ..Default::default()
            };
            made(|out, error| unsafe {
                sys::fv_dataset_open_list(context.0.get(), path.as_ptr(), &desc, out, error)
            })
        })
    }

    /// CIFAR's binary files, plain or gzip, one after the other, with the names of the classes.
    pub fn open_cifar(context: &Context, paths: &[impl AsRef<Path>], kind: Cifar) -> Result<Self> {
        let names = paths.iter().map(|path| Text::path(path.as_ref())).collect::<Result<Vec<_>>>()?;
        let raw: Vec<_> = names.iter().map(Text::as_ptr).collect();
        let desc = sys::fv_cifar_desc {
            hundred: (kind != Cifar::Ten).into(),
            coarse: (kind == Cifar::HundredCoarse).into(),
            ..Default::default()
        };
        made(|out, error| unsafe {
            sys::fv_dataset_open_cifar(context.0.get(), raw.as_ptr(), raw.len(), &desc, out, error)
        })
    }

    /// Samples that the host makes when they are asked for. `classes` 0: the largest label + 1.
    ///
    /// ```
    /// use fovea::{Context, Dataset, Result, SampleSource};
    ///
    /// struct Ramp;
    /// impl SampleSource for Ramp {
    ///     type Element = f32;
    ///     fn shape(&self) -> Vec<usize> {
    ///         vec![2]
    ///     }
    ///     fn count(&self) -> usize {
    ///         10
    ///     }
    ///     fn label(&self, index: usize) -> Result<usize> {
    ///         Ok(index % 2)
    ///     }
    ///     fn read(&self, index: usize, values: &mut [f32]) -> Result<()> {
    ///         values.fill(index as f32);
    ///         Ok(())
    ///     }
    /// }
    /// let context = Context::new(Default::default())?;
    /// let data = Dataset::from_source(&context, Ramp, 0)?;
    /// let mut sample = [0f32; 2];
    /// assert_eq!(data.get(3, &mut sample)?, Some(1));
    /// assert_eq!(sample, [3.0, 3.0]);
    /// # Ok::<(), fovea::Error>(())
    /// ```
    pub fn from_source<S: SampleSource>(context: &Context, source: S, classes: usize) -> Result<Self> {
        let (shape, count, target_shape) = (source.shape(), source.count(), source.target_shape());
        let varies = shape.len() == 3 && shape[..2] == [0, 0];
        let targets = target_shape.iter().product();
        let desc = sys::fv_callback_dataset_desc {
            dtype: S::Element::DTYPE.raw(),
            count: count as i64,
            shape: shape_to_c(&shape, "the sample")?,
            rank: shape.len() as i32,
            classes: int(classes),
            get: Some(get::<S>),
            get_target: if target_shape.is_empty() { None } else { Some(get_target::<S>) },
            target_shape: shape_to_c(&target_shape, "the target")?,
            target_rank: target_shape.len() as i32,
            get_size: if varies { Some(get_size::<S>) } else { None },
            user: user(Source { shape, varies, targets, source }),
            drop: Some(drop_user::<Source<S>>),
            ..Default::default()
        };
        made(|out, error| unsafe { sys::fv_dataset_from_callback(context.0.get(), &desc, out, error) })
    }

    /// Each sample as `f(index, values, shape, out)` makes it, which runs on many threads at once and must depend on these
    /// alone. `I` is the type of this dataset's values; `shape` None: as it is.
    pub fn map<I: Element, O: Element>(
        &self,
        shape: Option<&[usize]>,
        f: impl Fn(usize, &[I], &[usize], &mut [O]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Dataset> {
        if self.info()?.dtype != I::DTYPE {
            return Err(Error::invalid(format!(
                "map takes {:?}, the dataset stores {:?}",
                I::DTYPE,
                self.info()?.dtype
            )));
        }
        let shape = shape.unwrap_or(&[]);
        let desc = sys::fv_map_desc {
            dtype: O::DTYPE.raw(),
            shape: shape_to_c(shape, "the sample")?,
            rank: shape.len() as i32,
            map: Some(mapped::<I, O>),
            user: user::<Mapping<I, O>>(Box::new(f)),
            drop: Some(drop_user::<Mapping<I, O>>),
            ..Default::default()
        };
        made(|out, error| unsafe { sys::fv_dataset_map(self.0.get(), &desc, out, error) })
    }

    /// The samples of several datasets, one after the other.
    pub fn concat(datasets: &[&Dataset]) -> Result<Dataset> {
        let raw: Vec<_> = datasets.iter().map(|dataset| dataset.0.get() as *const _).collect();
        made(|out, error| unsafe { sys::fv_dataset_concat(raw.as_ptr(), raw.len(), out, error) })
    }

    /// Reads every sample of the parts of a dataset (training, validation, test) once, and tells what is in them: counts by
    /// class, sizes, copies inside a part, samples of one part in another, what cannot be read.
    pub fn audit(context: &Context, parts: &[(&str, &Dataset)]) -> Result<Audit> {
        let texts = parts.iter().map(|part| Text::required(part.0)).collect::<Result<Vec<_>>>()?;
        let names: Vec<_> = texts.iter().map(Text::as_ptr).collect();
        let raw: Vec<_> = parts.iter().map(|part| part.1 .0.get() as *const _).collect();
        Handle::create(|out, error| unsafe {
            let context = context.0.get();
            sys::fv_dataset_audit(context, raw.as_ptr(), names.as_ptr(), raw.len(), out, error)
        })
        .map(Audit)
    }

    /// All samples `times` times over.
    pub fn repeat(&self, times: usize) -> Result<Dataset> {
        made(|out, error| unsafe { sys::fv_dataset_repeat(self.0.get(), times as i64, out, error) })
    }

    /// All samples in an order drawn by `seed`. Training shuffles by itself.
    pub fn shuffle(&self, seed: u64) -> Result<Dataset> {
        made(|out, error| unsafe { sys::fv_dataset_shuffle(self.0.get(), seed, out, error) })
    }

    /// As many samples of every class: `per_class`, or 0 for as many as the largest has.
    pub fn balance(&self, per_class: usize, seed: u64) -> Result<Dataset> {
        let desc = sys::fv_balance_desc { per_class: per_class as i64, seed, ..Default::default() };
        made(|out, error| unsafe { sys::fv_dataset_balance(self.0.get(), &desc, out, error) })
    }

    /// The same samples, of which those that are read first stay in memory, up to `max_bytes`; 0: 4 GiB.
    pub fn cache(&self, context: &Context, max_bytes: usize) -> Result<Dataset> {
        let most = max_bytes as i64;
        made(|out, error| unsafe { sys::fv_dataset_cache(context.0.get(), self.0.get(), most, out, error) })
    }

    /// What was met when the dataset, or the one that this is a part of, was opened.
    pub fn files_info(&self) -> Result<FilesInfo> {
        let mut info = sys::fv_files_info::default();
        call(|error| unsafe { sys::fv_dataset_get_files_info(self.0.get(), &mut info, error) })?;
        Ok(FilesInfo {
            files: info.files as usize,
            broken: info.broken as usize,
            ignored: info.ignored as usize,
        })
    }

    /// Why a broken file was left out, in a line that names it.
    pub fn problem(&self, index: usize) -> Result<String> {
        text_of(|buffer, capacity, needed, error| unsafe {
            sys::fv_dataset_get_problem(self.0.get(), index as i64, buffer, capacity, needed, error)
        })
    }

    /// The file of a sample; None where it does not come from one of its own.
    pub fn sample_path(&self, index: usize) -> Result<Option<PathBuf>> {
        let name = text_of(|buffer, capacity, needed, error| unsafe {
            sys::fv_dataset_sample_name(self.0.get(), index as i64, buffer, capacity, needed, error)
        })?;
        Ok(if name.is_empty() { None } else { Some(PathBuf::from(name)) })
    }

    /// The name of a class; its number where it has none.
    pub fn class_name(&self, label: usize) -> Result<String> {
        text_of(|buffer, capacity, needed, error| unsafe {
            sys::fv_dataset_class_name(self.0.get(), int(label), buffer, capacity, needed, error)
        })
    }

    /// Whether classes have names of their own.
    pub fn has_class_names(&self) -> Result<bool> {
        let mut count = 0;
        call(|error| unsafe { sys::fv_dataset_count_class_names(self.0.get(), &mut count, error) })?;
        Ok(count > 0)
    }

    /// How many samples each class has.
    pub fn count_classes(&self) -> Result<Vec<usize>> {
        let mut counts = vec![0i64; self.info()?.classes.max(1)];
        call(|error| unsafe {
            sys::fv_dataset_count_classes(self.0.get(), counts.as_mut_ptr(), counts.len(), error)
        })?;
        Ok(counts.into_iter().map(|count| count as usize).collect())
    }
}

fn made(
    make: impl FnOnce(*mut *mut sys::fv_dataset, *mut sys::fv_error) -> sys::fv_status,
) -> Result<Dataset> {
    Handle::create(make).map(Dataset)
}

struct Source<S> {
    source: S,
    shape: Vec<usize>,
    varies: bool,
    targets: usize,
}

type Mapping<I, O> = Box<dyn Fn(usize, &[I], &[usize], &mut [O]) -> Result<()> + Send + Sync>;

unsafe extern "C" fn get<S: SampleSource>(
    user: *mut c_void,
    index: i64,
    pixels: *mut c_void,
    label: *mut i64,
    error: *mut sys::fv_error,
) -> sys::fv_status {
    let source = &*user.cast::<Source<S>>();
    answer(error, || {
        if pixels.is_null() {
            *label = source.source.label(index as usize)? as i64;
            return Ok(());
        }
        let elements = if source.varies {
            source.source.size(index as usize)?.iter().product::<usize>() * source.shape[2]
        } else {
            source.shape.iter().product()
        };
        // What the library lends need not be initialised.
        std::ptr::write_bytes(pixels.cast::<S::Element>(), 0, elements);
        let values = std::slice::from_raw_parts_mut(pixels.cast(), elements);
        source.source.read(index as usize, values)
    })
}

unsafe extern "C" fn get_target<S: SampleSource>(
    user: *mut c_void,
    index: i64,
    target: *mut c_void,
    error: *mut sys::fv_error,
) -> sys::fv_status {
    let source = &*user.cast::<Source<S>>();
    answer(error, || {
        std::ptr::write_bytes(target.cast::<f32>(), 0, source.targets);
        let values = std::slice::from_raw_parts_mut(target.cast(), source.targets);
        source.source.target(index as usize, values)
    })
}

unsafe extern "C" fn get_size<S: SampleSource>(
    user: *mut c_void,
    index: i64,
    height: *mut i64,
    width: *mut i64,
    error: *mut sys::fv_error,
) -> sys::fv_status {
    let source = &*user.cast::<Source<S>>();
    answer(error, || {
        let size = source.source.size(index as usize)?;
        (*height, *width) = (size[0] as i64, size[1] as i64);
        Ok(())
    })
}

unsafe extern "C" fn mapped<I: Element, O: Element>(
    user: *mut c_void,
    index: i64,
    input: *const sys::fv_tensor,
    out: *mut c_void,
    bytes: usize,
    error: *mut sys::fv_error,
) -> sys::fv_status {
    let f = &*user.cast::<Mapping<I, O>>();
    answer(error, || {
        let input = &*input;
        let shape = crate::text::shape_from_c(&input.shape, input.rank);
        let values = std::slice::from_raw_parts(input.data.cast(), shape.iter().product());
        let count = bytes / std::mem::size_of::<O>();
        std::ptr::write_bytes(out.cast::<O>(), 0, count);
        f(index as usize, values, &shape, std::slice::from_raw_parts_mut(out.cast(), count))
    })
}
