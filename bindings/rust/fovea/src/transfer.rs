//! Transfer: what one network has learned, given to another.

use crate::context::CancelToken;
use crate::dataset::Dataset;
use crate::error::call;
use crate::graph::{Graph, Node};
use crate::layers::Initializer;
use crate::model::Model;
use crate::object::Handle;
use crate::session::Session;
use crate::text::{borrowed, int, shape_from_c, text_of, Text};
use crate::trainer::Trainer;
use crate::transform::Transform;
use crate::Result;
use fovea_sys as sys;
use std::path::Path;
use std::ptr::{null, null_mut};

/// What became of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Match {
    /// Name and shape agree: copied, converted to the model's element type.
    Loaded,
    /// The model has it, the source does not: it stays as it was.
    Missing,
    /// Of another shape, or not `f32` or `f64` in the source: it stays as it was.
    Different,
    /// The source has it, the model does not.
    LeftOver,
    /// One that this crate does not know.
    Unknown(i32),
}

impl Match {
    fn from_raw(raw: sys::fv_match) -> Self {
        match raw {
            sys::FV_MATCH_LOADED => Match::Loaded,
            sys::FV_MATCH_MISSING => Match::Missing,
            sys::FV_MATCH_DIFFERENT => Match::Different,
            sys::FV_MATCH_LEFT_OVER => Match::LeftOver,
            raw => Match::Unknown(raw),
        }
    }

    fn raw(self) -> sys::fv_match {
        match self {
            Match::Loaded => sys::FV_MATCH_LOADED,
            Match::Missing => sys::FV_MATCH_MISSING,
            Match::Different => sys::FV_MATCH_DIFFERENT,
            Match::LeftOver => sys::FV_MATCH_LEFT_OVER,
            Match::Unknown(raw) => raw,
        }
    }
}

/// Options of [`Model::load_weights`] and [`Model::copy_weights`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Load<'a> {
    /// An error unless every tensor is loaded and none is left over.
    pub strict: bool,
    /// Beginnings of the source's names, and what takes their place; for each name the first that fits counts.
    pub renames: &'a [(&'a str, &'a str)],
    /// A pattern for whole names, * any text, ? one character: the others neither are loaded nor count; empty: all.
    pub tensors: &'a str,
}

impl Load<'_> {
    /// Calls `function` with the descriptor, which lives during the call.
    fn with<R>(&self, function: impl FnOnce(&sys::fv_load_desc) -> Result<R>) -> Result<R> {
        let texts = self
            .renames
            .iter()
            .map(|(from, to)| Ok((Text::required(from)?, Text::required(to)?)))
            .collect::<Result<Vec<_>>>()?;
        let renames: Vec<_> =
            texts.iter().map(|(from, to)| sys::fv_rename { from: from.as_ptr(), to: to.as_ptr() }).collect();
        let tensors = Text::optional(self.tensors)?;
        function(&sys::fv_load_desc {
            strict: self.strict.into(),
            renames: if renames.is_empty() { null() } else { renames.as_ptr() },
            rename_count: renames.len(),
            tensors: tensors.as_ptr(),
            ..Default::default()
        })
    }
}

/// What became of one tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadRow<'r> {
    /// In the model; of what is left over, after renaming.
    pub name: &'r str,
    /// In the source, before renaming; none where it is missing.
    pub source: Option<&'r str>,
    /// In the model; empty where it is left over.
    pub shape: Vec<usize>,
    /// In the source; empty where it is missing.
    pub source_shape: Vec<usize>,
    pub found: Match,
}

/// What became of each tensor; as text, a line with the counts, then one for each tensor that was not loaded.
#[derive(Debug)]
pub struct LoadReport(Handle<sys::fv_load_report>);

impl LoadReport {
    /// How many tensors that became of.
    pub fn count(&self, of: Match) -> usize {
        unsafe { sys::fv_load_report_count(self.0.get(), of.raw()) as usize }
    }

    /// The model's tensors in its order, then what is left over.
    pub fn rows(&self) -> Result<Vec<LoadRow<'_>>> {
        let mut count = 0;
        call(|error| unsafe { sys::fv_load_report_rows(self.0.get(), null_mut(), 0, &mut count, error) })?;
        let mut rows = vec![sys::fv_load_row::default(); count];
        call(|error| unsafe {
            sys::fv_load_report_rows(self.0.get(), rows.as_mut_ptr(), rows.len(), null_mut(), error)
        })?;
        let row = |raw: &sys::fv_load_row| LoadRow {
            name: unsafe { borrowed(self, raw.name) },
            source: Some(raw.source).filter(|s| !s.is_null()).map(|s| unsafe { borrowed(self, s) }),
            shape: shape_from_c(&raw.shape, raw.rank),
            source_shape: shape_from_c(&raw.source_shape, raw.source_rank),
            found: Match::from_raw(raw.r#match),
        };
        Ok(rows.iter().map(row).collect())
    }

    pub fn text(&self) -> Result<String> {
        text_of(|buffer, capacity, needed, error| unsafe {
            sys::fv_load_report_text(self.0.get(), buffer, capacity, needed, error)
        })
    }
}

/// Options of [`Model::replace_head`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Head<'a> {
    /// Required.
    pub units: usize,
    /// Of the dense layer; empty: "head".
    pub name: &'a str,
    /// Of its initialiser, and the new model's.
    pub seed: u64,
    pub kernel_initializer: Initializer,
}

impl Model {
    /// Copies into the model what fits of a safetensors file: one of [`save`](Model::save), or any other with tensors in
    /// this library's layout. On any error the model is as it was.
    pub fn load_weights(&mut self, path: impl AsRef<Path>, options: Load) -> Result<LoadReport> {
        let path = Text::path(path.as_ref())?;
        options.with(|desc| {
            Handle::create(|out, error| unsafe {
                sys::fv_model_load_weights(self.0.get(), path.as_ptr(), desc, out, error)
            })
            .map(LoadReport)
        })
    }

    /// The same from another model.
    ///
    /// ```
    /// # use fovea::*;
    /// # let context = Context::new(Default::default())?;
    /// # let mut g = Graph::new(&context)?;
    /// # let x = zoo::lenet5(&mut g, Default::default());
    /// # let trained = Model::new(&g, &[x], ModelOptions { seed: 1, ..Default::default() })?;
    /// # let mut model = Model::new(&g, &[x], ModelOptions { seed: 2, ..Default::default() })?;
    /// let report = model.copy_weights(&trained, Load::default())?;
    /// assert_eq!(report.count(Match::Loaded), 10);
    /// print!("{}", report.text()?);
    /// # Ok::<(), fovea::Error>(())
    /// ```
    pub fn copy_weights(&mut self, source: &Model, options: Load) -> Result<LoadReport> {
        options.with(|desc| {
            Handle::create(|out, error| unsafe {
                sys::fv_model_copy_weights(self.0.get(), source.0.get(), desc, out, error)
            })
            .map(LoadReport)
        })
    }

    /// A new model: what `node` needs of this one, with parameters and state copied bit for bit, and behind it a new
    /// dense layer as the only output; a node that is no vector is flattened first.
    pub fn replace_head(&self, node: &str, head: Head) -> Result<Model> {
        let (node, name) = (Text::required(node)?, Text::optional(head.name)?);
        let initializer = head.kernel_initializer.raw();
        let desc = sys::fv_head_desc {
            units: head.units as i64,
            name: name.as_ptr(),
            seed: head.seed,
            kernel_initializer: &initializer,
            ..Default::default()
        };
        Handle::create(|out, error| unsafe {
            sys::fv_model_replace_head(self.0.get(), node.as_ptr(), &desc, out, error)
        })
        .map(Model)
    }
}

impl Graph {
    /// A new graph with the nodes of a model under their names, to go on building from any of them; make a model of it
    /// and give it the old weights with [`Model::copy_weights`].
    pub fn from_model(model: &Model) -> Result<Graph> {
        Handle::create(|out, error| unsafe { sys::fv_graph_from_model(model.0.get(), out, error) })
            .map(Graph::from_handle)
    }

    /// The node of that name; [`Node::INVALID`] where there is none.
    pub fn find(&self, name: &str) -> Node {
        match Text::required(name) {
            Ok(name) => Node(unsafe { sys::fv_graph_find(self.handle.get(), name.as_ptr()) }),
            Err(_) => Node::INVALID,
        }
    }
}

/// Options of [`Session::features`].
#[derive(Clone, Copy, Debug, Default)]
pub struct FeatureOptions<'a> {
    pub cancel: Option<&'a CancelToken>,
}

impl Session {
    /// Runs a whole dataset through the session and gives a dataset for each of its outputs: the outputs' values, in
    /// memory, as samples, beside the labels or targets of `dataset`.
    pub fn features(&mut self, dataset: &Dataset, options: FeatureOptions) -> Result<Vec<Dataset>> {
        let desc = sys::fv_features_desc { cancel: CancelToken::raw(options.cancel), ..Default::default() };
        let mut made = vec![null_mut(); self.output_count()];
        call(|error| unsafe {
            sys::fv_session_features(
                self.handle.get(),
                dataset.0.get(),
                &desc,
                made.as_mut_ptr(),
                made.len(),
                error,
            )
        })?;
        Ok(made.into_iter().map(|dataset| Dataset(unsafe { Handle::from_raw(dataset) })).collect())
    }
}

/// Options of [`Model::probe`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Probe {
    /// 0: 20.
    pub epochs: usize,
    /// Of the network and of the probes; 0: 64.
    pub batch_size: usize,
    /// All values of an image are features, instead of their mean for each channel.
    pub whole_images: bool,
    /// Of Adam; 0: 0.01.
    pub learning_rate: f64,
    /// Of the probes' kernels.
    pub l2: f64,
    pub seed: u64,
}

/// What a linear probe has found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProbeResult {
    pub features: usize,
    pub train_accuracy: f64,
    /// On the validation data, like `loss`.
    pub accuracy: f64,
    pub loss: f64,
}

impl Model {
    /// How much of the labels a linear classifier can read off each node: for each of them one dense layer is trained on
    /// its features.
    pub fn probe(
        &self,
        nodes: &[&str],
        train: &Dataset,
        validation: &Dataset,
        options: Probe,
    ) -> Result<Vec<ProbeResult>> {
        let names = nodes.iter().map(|node| Text::required(node)).collect::<Result<Vec<_>>>()?;
        let pointers: Vec<_> = names.iter().map(Text::as_ptr).collect();
        let desc = sys::fv_probe_desc {
            epochs: int(options.epochs),
            batch_size: int(options.batch_size),
            whole_images: options.whole_images.into(),
            learning_rate: options.learning_rate,
            l2: options.l2,
            seed: options.seed,
            ..Default::default()
        };
        let mut results = vec![sys::fv_probe_result::default(); nodes.len()];
        call(|error| unsafe {
            sys::fv_model_probe(
                self.0.get(),
                pointers.as_ptr(),
                pointers.len(),
                train.0.get(),
                validation.0.get(),
                &desc,
                results.as_mut_ptr(),
                error,
            )
        })?;
        let result = |raw: &sys::fv_probe_result| ProbeResult {
            features: raw.features as usize,
            train_accuracy: raw.train_accuracy,
            accuracy: raw.accuracy,
            loss: raw.loss,
        };
        Ok(results.iter().map(result).collect())
    }

    /// What is done to the inputs, but whitening: [`fitted_transform`](Model::fitted_transform) has that too.
    pub fn transform(&self) -> Result<Transform<'_>> {
        let mut raw = sys::fv_transform_desc::default();
        call(|error| unsafe { sys::fv_model_get_transform(self.0.get(), &mut raw, error) })?;
        Ok(unsafe { Transform::from_raw(&raw) })
    }
}

/// Options of [`Trainer::freeze_until`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Freeze {
    /// Batch norm in the frozen part runs as in training, and its running statistics go on learning; else it runs as at
    /// inference.
    pub train_statistics: bool,
}

impl Trainer {
    /// Freezes a node and all that it depends on from the next step on: no gradient is computed there, and parameters
    /// keep their bits. A lower node unfreezes what lies between; none unfreezes all.
    ///
    /// Errors: [`NotFound`](crate::ErrorCode::NotFound); nothing would be left that learns.
    pub fn freeze_until(&mut self, node: Option<&str>, options: Freeze) -> Result<()> {
        let node = node.map(Text::required).transpose()?;
        let node = node.as_ref().map_or(null(), Text::as_ptr);
        let desc =
            sys::fv_freeze_desc { train_statistics: options.train_statistics.into(), ..Default::default() };
        call(|error| unsafe { sys::fv_trainer_freeze_until(self.handle.get(), node, &desc, error) })
    }

    /// The node that it is frozen up to.
    pub fn frozen_until(&self) -> Option<&str> {
        let node = unsafe { sys::fv_trainer_frozen_until(self.handle.get()) };
        Some(node).filter(|node| !node.is_null()).map(|node| unsafe { borrowed(self, node) })
    }

    /// Discriminative rates: each layer's rate is `decay` times that of the layer above it; 0: 1 / 2.6; 1: all alike.
    pub fn set_layer_rates(&mut self, decay: f64) -> Result<()> {
        call(|error| unsafe { sys::fv_trainer_set_layer_rates(self.handle.get(), decay, error) })
    }

    /// What the trainer's rate is multiplied with for a parameter; 0 where it is frozen.
    pub fn rate_factor(&self, parameter: &str) -> Result<f64> {
        let parameter = Text::required(parameter)?;
        let mut factor = 0.0;
        call(|error| unsafe {
            sys::fv_trainer_rate_factor(self.handle.get(), parameter.as_ptr(), &mut factor, error)
        })?;
        Ok(factor)
    }
}
