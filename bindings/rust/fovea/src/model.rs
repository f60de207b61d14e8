//! Model: a graph, its parameters and state (running statistics), and the input transform.

use crate::context::Context;
use crate::error::call;
use crate::graph::{Graph, Node};
use crate::layers::Initializer;
use crate::object::Handle;
use crate::tensor::{DType, Float, Tensor, TensorMut};
use crate::text::{borrowed, int, shape_from_c, text_of, Text};
use crate::transform::{FittedTransform, Transform};
use crate::Result;
use fovea_sys as sys;
use std::os::raw::c_char;
use std::path::Path;
use std::ptr::null;

/// Options of [`Model::new`].
#[derive(Clone, Copy, Debug, Default)]
pub struct ModelOptions<'a> {
    /// `F32` or `F64`: of parameters, activations and arithmetic.
    pub dtype: DType,
    /// Of the initialisers.
    pub seed: u64,
    /// For every input.
    pub transform: Option<Transform<'a>>,
    /// Instead of `transform`. Copied.
    pub fitted: Option<&'a FittedTransform>,
    /// Of every kernel whose layer leaves it at [`Initializer::Automatic`].
    pub kernel_initializer: Initializer,
}

/// What a model has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    pub dtype: DType,
    /// Trained values.
    pub parameters: usize,
    /// Other saved values, such as running means.
    pub state: usize,
    /// Of one sample's forward pass.
    pub multiply_adds: usize,
    pub inputs: usize,
    pub outputs: usize,
    /// Parameters and state tensors, for [`Model::tensor_info`].
    pub tensors: usize,
    /// Layers, inputs included.
    pub nodes: usize,
    /// Names of classes; 0: it has none.
    pub class_names: usize,
}

/// An input or output of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port<'m> {
    pub name: &'m str,
    /// Of one sample.
    pub shape: Vec<usize>,
}

/// A parameter or state tensor of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo<'m> {
    pub dtype: DType,
    /// "conv1.kernel"
    pub name: &'m str,
    pub shape: Vec<usize>,
    /// A parameter; else state.
    pub trainable: bool,
}

/// A network with its numbers. Sessions run it, a [`Trainer`](crate::Trainer) trains it; both keep it alive.
///
/// ```
/// use fovea::*;
///
/// let context = Context::new(Default::default())?;
/// let mut g = Graph::new(&context)?;
/// let x = zoo::lenet5(&mut g, Default::default());
/// let transform = Some(Transform { scale: 1.0 / 255.0, ..Default::default() });
/// let model = Model::new(&g, &[x], ModelOptions { seed: 1, transform, ..Default::default() })?;
/// assert_eq!(model.info()?.parameters, 61_706);
/// println!("{}", model.summary(1)?);
/// # Ok::<(), fovea::Error>(())
/// ```
#[derive(Debug)]
pub struct Model(pub(crate) Handle<sys::fv_model>);

impl Model {
    /// Makes a model of what `outputs` need of the graph, and initialises its parameters: the numbers depend on the
    /// seed and on the order of the nodes only. The graph may go or go on growing afterwards.
    ///
    /// Errors: the graph's first error; no output, a node of another graph.
    pub fn new(graph: &Graph, outputs: &[Node], options: ModelOptions) -> Result<Self> {
        graph.status()?;
        let transform = options.transform.map(|transform| transform.raw()).transpose()?;
        let kernel_initializer = options.kernel_initializer.raw();
        let desc = sys::fv_model_desc {
            dtype: options.dtype.raw(),
            seed: options.seed,
            transform: transform.as_ref().map_or(null(), |transform| transform),
            kernel_initializer: &kernel_initializer,
            fitted: options.fitted.map_or(null(), |fitted| fitted.0.get()),
            ..Default::default()
        };
        Handle::create(|out, error| unsafe {
            sys::fv_model_create(
                graph.handle.get(),
                outputs.as_ptr().cast(),
                outputs.len(),
                &desc,
                out,
                error,
            )
        })
        .map(Model)
    }

    /// An independent copy of parameters and state, to serve from while the original trains.
    pub fn try_clone(&self) -> Result<Self> {
        Handle::create(|out, error| unsafe { sys::fv_model_clone(self.0.get(), out, error) }).map(Model)
    }

    /// Writes one safetensors file: parameters and state by name, the graph as JSON in its metadata. A crash leaves the
    /// old file or the new one, and may leave a temporary one beside it. Equal models give equal bytes.
    ///
    /// Errors: [`NotFound`](crate::ErrorCode::NotFound): no such folder; [`Io`](crate::ErrorCode::Io);
    /// [`Busy`](crate::ErrorCode::Busy) while the model is being trained.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = Text::path(path.as_ref())?;
        call(|error| unsafe { sys::fv_model_save(self.0.get(), path.as_ptr(), error) })
    }

    /// Reads what [`save`](Model::save) or [`Trainer::save`](crate::Trainer::save) has written.
    pub fn load(context: &Context, path: impl AsRef<Path>) -> Result<Self> {
        let path = Text::path(path.as_ref())?;
        Handle::create(|out, error| unsafe { sys::fv_model_load(context.0.get(), path.as_ptr(), out, error) })
            .map(Model)
    }

    /// A table for people: for each layer its name, kind, output shape, parameters, multiply-adds, bytes of its output
    /// and algorithm, for `batch` samples, and the sums.
    pub fn summary(&self, batch: usize) -> Result<String> {
        text_of(|buffer, capacity, needed, error| unsafe {
            sys::fv_model_summary(self.0.get(), batch as i64, buffer, capacity, needed, error)
        })
    }

    pub fn info(&self) -> Result<ModelInfo> {
        let mut info = sys::fv_model_info::default();
        call(|error| unsafe { sys::fv_model_get_info(self.0.get(), &mut info, error) })?;
        Ok(ModelInfo {
            dtype: DType::from_raw(info.dtype)?,
            parameters: info.parameters as usize,
            state: info.state as usize,
            multiply_adds: info.multiply_adds as usize,
            inputs: info.inputs as usize,
            outputs: info.outputs as usize,
            tensors: info.tensors as usize,
            nodes: info.nodes as usize,
            class_names: info.class_names as usize,
        })
    }

    /// What the outputs stand for, in their order, saved with the model; fitting sets those of the training data. Empty: none.
    pub fn set_class_names(&mut self, names: &[&str]) -> Result<()> {
        let texts = names.iter().map(|name| Text::required(name)).collect::<Result<Vec<_>>>()?;
        let raw: Vec<_> = texts.iter().map(Text::as_ptr).collect();
        call(|error| unsafe { sys::fv_model_set_class_names(self.0.get(), raw.as_ptr(), raw.len(), error) })
    }

    /// The name of a class; its number where the model has none.
    pub fn class_name(&self, label: usize) -> Result<String> {
        text_of(|buffer, capacity, needed, error| unsafe {
            sys::fv_model_class_name(self.0.get(), int(label), buffer, capacity, needed, error)
        })
    }

    /// Input `index`.
    pub fn input(&self, index: usize) -> Result<Port<'_>> {
        self.port(sys::fv_model_input, index)
    }

    /// Output `index`.
    pub fn output(&self, index: usize) -> Result<Port<'_>> {
        self.port(sys::fv_model_output, index)
    }

    fn port(&self, function: PortFn, index: usize) -> Result<Port<'_>> {
        let mut name = null();
        let mut shape = [0; sys::FV_MAX_RANK as usize];
        let mut rank = 0;
        call(|error| unsafe {
            function(self.0.get(), int(index), &mut name, shape.as_mut_ptr(), &mut rank, error)
        })?;
        Ok(Port { name: unsafe { borrowed(self, name) }, shape: shape_from_c(&shape, rank) })
    }

    /// Tensor `index`, in the order of the file.
    pub fn tensor_info(&self, index: usize) -> Result<TensorInfo<'_>> {
        let mut info = sys::fv_tensor_info::default();
        call(|error| unsafe { sys::fv_model_tensor_info(self.0.get(), int(index), &mut info, error) })?;
        Ok(TensorInfo {
            dtype: DType::from_raw(info.dtype)?,
            name: unsafe { borrowed(self, info.name) },
            shape: shape_from_c(&info.shape, info.rank),
            trainable: info.trainable != 0,
        })
    }

    /// All tensors, in the order of the file.
    pub fn tensors(&self) -> Result<Vec<TensorInfo<'_>>> {
        (0..self.info()?.tensors).map(|index| self.tensor_info(index)).collect()
    }

    /// Copies a parameter or state tensor out, converted as needed, and gives its shape.
    pub fn get_tensor<T: Float>(&self, name: &str, data: &mut [T]) -> Result<Vec<usize>> {
        let name = Text::required(name)?;
        TensorMut::fill(data, |buffer| {
            call(|error| unsafe { sys::fv_model_get_tensor(self.0.get(), name.as_ptr(), buffer, error) })
        })
    }

    /// Copies a parameter or state tensor in; the shape must agree. Where a trainer was loaded from a file and its model
    /// is only lent, [`Trainer::set_tensor`](crate::Trainer::set_tensor) does the same.
    pub fn set_tensor(&mut self, name: &str, tensor: Tensor) -> Result<()> {
        unsafe { set_tensor(self.0.get(), name, tensor) }
    }
}

/// `model` is a model that no other thread is changing.
pub(crate) unsafe fn set_tensor(model: *mut sys::fv_model, name: &str, tensor: Tensor) -> Result<()> {
    let name = Text::required(name)?;
    let tensor = Tensor::raw(Some(&tensor));
    call(|error| sys::fv_model_set_tensor(model, name.as_ptr(), &tensor, error))
}

type PortFn = unsafe extern "C" fn(
    *const sys::fv_model,
    i32,
    *mut *const c_char,
    *mut i64,
    *mut i32,
    *mut sys::fv_error,
) -> sys::fv_status;
