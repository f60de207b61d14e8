//! Layers and losses of the host's own: traits that the library calls back.

use crate::context::Context;
use crate::error::call;
use crate::graph::{Graph, Node};
use crate::layers::Initializer;
use crate::losses::Loss;
use crate::panics::{self, drop_user, user};
use crate::tensor::Float;
use crate::text::{shape_from_c, shape_to_c, Text};
use crate::{Error, ErrorCode, Result};
use fovea_sys as sys;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};
use std::os::raw::{c_char, c_void};
use std::slice::{from_raw_parts, from_raw_parts_mut};

/// The element type of the model that a callback works for, with its arithmetic: `f32` or `f64`.
pub trait Real:
    Float
    + PartialOrd
    + AddAssign
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Into<f64>
{
    fn from_f64(value: f64) -> Self;
}

impl Real for f32 {
    fn from_f64(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }
}

// ---- layers

/// A layer of the host's own, registered with [`Context::register_layer`]. Its methods run on the thread that called into
/// the library, once for the whole batch; several threads that run sessions call them at once. A panic fails the call,
/// and goes on when it has returned.
///
/// ```
/// use fovea::*;
///
/// /// y = x^2
/// struct Square;
///
/// impl CustomLayer for Square {
///     fn forward<T: Real>(&self, pass: &mut Forward<'_, T>) -> Result<()> {
///         for (y, &x) in pass.output.iter_mut().zip(pass.inputs[0]) {
///             *y = x * x;
///         }
///         Ok(())
///     }
///     fn backward<T: Real>(&self, pass: &mut Backward<'_, T>) -> Result<()> {
///         if let Some(dx) = &mut pass.input_gradients[0] {
///             for ((dx, &dy), &x) in dx.iter_mut().zip(pass.output_gradient).zip(pass.inputs[0]) {
///                 *dx = T::from_f64(2.0) * x * dy;
///             }
///         }
///         Ok(())
///     }
/// }
///
/// let context = Context::new(Default::default())?;
/// context.register_layer("docs.square", Square)?;
/// let mut g = Graph::new(&context)?;
/// let x = g.input(Input { name: "x", shape: &[3] });
/// let y = g.custom(&[x], Custom { kind: "docs.square", ..Default::default() });
/// assert_eq!(g.node_name(y), Some("docs.square_1"));
/// # Ok::<(), fovea::Error>(())
/// ```
pub trait CustomLayer: Send + Sync + 'static {
    /// `backward` reads no input, so that its memory may be used again: it sees empty slices.
    const BACKWARD_WITHOUT_INPUTS: bool = false;
    /// Likewise the output.
    const BACKWARD_WITHOUT_OUTPUT: bool = false;

    /// What a node is on its inputs; refuses inputs or attributes that make no sense. Called when a node is added and when
    /// a file is loaded. Default: one input, an output of its shape, no parameters.
    fn shape(&self, shape: &mut CustomShape<'_>) -> Result<()> {
        match shape.inputs().len() {
            1 => Ok(()),
            n => Err(Error::invalid(format!("expects 1 input, got {}", n))),
        }
    }

    /// Computes the output.
    fn forward<T: Real>(&self, pass: &mut Forward<'_, T>) -> Result<()>;

    /// Computes the gradients of inputs and parameters from the output's.
    fn backward<T: Real>(&self, pass: &mut Backward<'_, T>) -> Result<()>;
}

/// What a node is on its inputs: see [`CustomLayer::shape`].
pub struct CustomShape<'a>(&'a mut sys::fv_custom_shape);

/// What a parameter is for: penalties, a model's initialiser and [`Model::lsuv`](crate::Model::lsuv) are for kernels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Role {
    #[default]
    Kernel,
    Bias,
    Scale,
    Shift,
}

/// A parameter of a layer: see [`CustomShape::add_parameter`].
#[derive(Clone, Copy, Debug, Default)]
pub struct CustomParameter<'a> {
    /// Letters, digits, '_', up to 64.
    pub name: &'a str,
    pub role: Role,
    pub shape: &'a [usize],
    /// Automatic: Glorot uniform for a kernel, 1 for a scale, 0 for the others.
    pub initializer: Initializer,
    /// For initialisers; both 0: as for a shape `[...][in][out]`.
    pub fan_in: usize,
    pub fan_out: usize,
}

impl CustomShape<'_> {
    /// Of one sample of each input.
    pub fn inputs(&self) -> Vec<Vec<usize>> {
        tensors(self.0.inputs, self.0.input_count).iter().map(shape_of).collect()
    }

    /// As given to [`Graph::custom`], or read from a file.
    pub fn attributes(&self) -> &[u8] {
        unsafe { slice(self.0.attributes.cast(), self.0.attributes_size) }
    }

    /// Of one sample; at first that of the first input.
    pub fn set_output(&mut self, shape: &[usize]) -> Result<()> {
        self.0.shape = shape_to_c(shape, "the output")?;
        self.0.rank = shape.len() as i32;
        Ok(())
    }

    /// Elements that live from a training forward pass to its backward pass: so many, and so many more for each sample.
    pub fn set_saved(&mut self, fixed: usize, per_sample: usize) {
        self.0.saved = fixed as i64;
        self.0.saved_per_sample = per_sample as i64;
    }

    /// Elements that live during one pass.
    pub fn set_scratch(&mut self, fixed: usize, per_sample: usize) {
        self.0.scratch = fixed as i64;
        self.0.scratch_per_sample = per_sample as i64;
    }

    /// Of one sample's forward pass, for summaries and profiles.
    pub fn set_multiply_adds(&mut self, count: usize) {
        self.0.multiply_adds = count as i64;
    }

    /// Passes see parameters in the order in which they were added. What is wrong with one fails the node.
    pub fn add_parameter(&mut self, parameter: CustomParameter) -> Result<()> {
        let name = Text::required(parameter.name)?;
        let initializer = parameter.initializer.raw();
        let desc = sys::fv_custom_parameter_desc {
            role: match parameter.role {
                Role::Kernel => sys::FV_ROLE_KERNEL,
                Role::Bias => sys::FV_ROLE_BIAS,
                Role::Scale => sys::FV_ROLE_SCALE,
                Role::Shift => sys::FV_ROLE_SHIFT,
            },
            name: name.as_ptr(),
            shape: shape_to_c(parameter.shape, "the parameter")?,
            initializer: &initializer,
            fan_in: parameter.fan_in as i64,
            fan_out: parameter.fan_out as i64,
            ..Default::default()
        };
        unsafe { sys::fv_custom_add_parameter(self.0, &desc) };
        Ok(())
    }
}

/// A forward pass over a batch. Tensors are `[batch][...]`.
pub struct Forward<'a, T> {
    pub batch: usize,
    pub training: bool,
    pub inputs: Vec<&'a [T]>,
    pub parameters: Vec<&'a [T]>,
    /// All zero at first.
    pub output: &'a mut [T],
    /// Of one sample of the output.
    pub shape: Vec<usize>,
    /// For the backward pass, all zero at first; empty outside of training.
    pub saved: &'a mut [T],
    /// All zero at first.
    pub scratch: &'a mut [T],
    pub attributes: &'a [u8],
    /// In training: to seed a generator of your own; the same in both passes of a step, and in a resumed training.
    pub random: u64,
}

/// A backward pass over a batch. All gradients that are to be written are zero at first.
pub struct Backward<'a, T> {
    pub batch: usize,
    pub inputs: Vec<&'a [T]>,
    /// None: not wanted.
    pub input_gradients: Vec<Option<&'a mut [T]>>,
    pub parameters: Vec<&'a [T]>,
    pub parameter_gradients: Vec<&'a mut [T]>,
    /// As the forward pass has left it.
    pub output: &'a [T],
    pub output_gradient: &'a [T],
    /// Of one sample of the output.
    pub shape: Vec<usize>,
    pub saved: &'a mut [T],
    pub scratch: &'a mut [T],
    pub attributes: &'a [u8],
    pub random: u64,
}

/// A node of a registered type: see [`Graph::custom`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Custom<'a> {
    pub name: &'a str,
    /// The type, as it was registered.
    pub kind: &'a str,
    /// Any bytes, up to 65536: saved with the model and given to the methods.
    pub attributes: &'a [u8],
}

impl Graph {
    /// A layer of a registered type, on 1 to 16 nodes. Files hold type and attributes; one whose type is not registered does
    /// not load ([`NotFound`](crate::ErrorCode::NotFound)).
    pub fn custom(&mut self, inputs: &[Node], desc: Custom) -> Node {
        let node = self.node(|graph| {
            let (name, kind) = (Text::optional(desc.name)?, Text::required(desc.kind)?);
            let raw = sys::fv_custom_desc {
                name: name.as_ptr(),
                r#type: kind.as_ptr(),
                attributes: desc.attributes.as_ptr().cast(),
                attributes_size: desc.attributes.len(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_custom(graph, inputs.as_ptr().cast(), inputs.len(), &raw) })
        });
        panics::resume();
        node
    }
}

// ---- losses

/// A loss of the host's own, registered with [`Context::register_loss`] and used through
/// [`LossOptions::custom`](crate::LossOptions::custom). It runs as a [`CustomLayer`] does.
pub trait CustomLoss: Send + Sync + 'static {
    /// Rows are places of the last axis, as for softmax cross-entropy; else whole samples.
    const OVER_CLASSES: bool = false;

    /// Writes the loss of each row and, where it is wanted, its gradient. The library multiplies by weights, and sums or
    /// takes the mean.
    fn evaluate<T: Real>(&self, rows: &mut LossRows<'_, T>) -> Result<()>;
}

/// What rows are compared with.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a, T> {
    /// One for each row.
    Labels(&'a [i32]),
    /// Rows by columns.
    Values(&'a [T]),
}

/// Rows of outputs: see [`CustomLoss::evaluate`].
pub struct LossRows<'a, T> {
    /// Elements of a row.
    pub columns: usize,
    /// Of one sample of the output.
    pub shape: Vec<usize>,
    /// Rows by columns, as `gradient`.
    pub output: &'a [T],
    pub target: Target<'a, T>,
    /// What each row counts; one of weight 0 counts nothing.
    pub weights: &'a [f64],
    /// One for each row, all zero at first.
    pub losses: &'a mut [f64],
    /// All zero at first; None: not wanted.
    pub gradient: Option<&'a mut [T]>,
}

impl<T: Real> LossRows<'_, T> {
    /// Writes what one of the library's losses with default options gives for these rows, to build upon.
    pub fn write(&mut self, loss: Loss) -> Result<()> {
        let (targets, labels) = match self.target {
            Target::Labels(labels) => (std::ptr::null(), labels.as_ptr()),
            Target::Values(values) => (values.as_ptr(), std::ptr::null()),
        };
        let (rows, values) = (self.losses.len(), self.losses.len().saturating_mul(self.columns));
        let fits = match self.target {
            Target::Labels(labels) => labels.len() == rows,
            Target::Values(targets) => targets.len() == values,
        };
        let gradient_fits = self.gradient.as_ref().map_or(true, |gradient| gradient.len() == values);
        if !fits || !gradient_fits || self.output.len() != values || self.weights.len() != rows {
            return Err(Error::invalid(format!(
                "not all slices have {rows} rows of {} columns",
                self.columns
            )));
        }
        let raw = sys::fv_custom_rows {
            dtype: T::DTYPE.raw(),
            rows: rows as i64,
            columns: self.columns as i64,
            output: self.output.as_ptr().cast(),
            targets: targets.cast(),
            labels,
            weights: self.weights.as_ptr(),
            losses: self.losses.as_mut_ptr(),
            gradient: self
                .gradient
                .as_mut()
                .map_or(std::ptr::null_mut(), |gradient| gradient.as_mut_ptr().cast()),
            ..Default::default()
        };
        call(|error| unsafe { sys::fv_custom_rows_loss(&raw, loss.raw(), error) })
    }
}

impl Context {
    /// Registers a type of layers under a name such as "acme.swish": letters, digits, '_', '-' and at least one '.'. Graphs
    /// of this context have it from then on, and files that name it load.
    ///
    /// Refused: a name that is taken, or is none. The layer is dropped with the context and all that was made from it.
    pub fn register_layer<L: CustomLayer>(&self, kind: &str, layer: L) -> Result<()> {
        let kind = Text::required(kind)?;
        let desc = sys::fv_custom_layer_desc {
            backward_without_inputs: L::BACKWARD_WITHOUT_INPUTS.into(),
            backward_without_output: L::BACKWARD_WITHOUT_OUTPUT.into(),
            r#type: kind.as_ptr(),
            shape: Some(shape::<L>),
            forward: Some(forward::<L>),
            backward: Some(backward::<L>),
            user: user(layer),
            drop: Some(drop_user::<L>),
            ..Default::default()
        };
        call(|error| unsafe { sys::fv_context_register_layer(self.0.get(), &desc, error) })
    }

    /// Registers a loss, likewise.
    pub fn register_loss<L: CustomLoss>(&self, name: &str, loss: L) -> Result<()> {
        let name = Text::required(name)?;
        let desc = sys::fv_custom_loss_desc {
            over_classes: L::OVER_CLASSES.into(),
            name: name.as_ptr(),
            evaluate: Some(evaluate::<L>),
            user: user(loss),
            drop: Some(drop_user::<L>),
            ..Default::default()
        };
        call(|error| unsafe { sys::fv_context_register_loss(self.0.get(), &desc, error) })
    }
}

// ---- what the library calls

/// The status of a callback's result, its message written where the library looks for it. A panic goes on later.
pub(crate) unsafe fn answer(
    error: *mut sys::fv_error,
    callback: impl FnOnce() -> Result<()>,
) -> sys::fv_status {
    match panics::catch(callback) {
        None => sys::FV_CANCELLED,
        Some(Ok(())) => sys::FV_OK,
        Some(Err(e)) => {
            let message = &mut (*error).message;
            let mut end = e.message.len().min(message.len() - 1);
            while !e.message.is_char_boundary(end) {
                end -= 1;
            }
            for (to, &from) in message.iter_mut().zip(&e.message.as_bytes()[..end]) {
                *to = from as c_char;
            }
            message[end] = 0;
            match e.code {
                ErrorCode::Other(_) => sys::FV_INTERNAL,
                code => code.raw(),
            }
        }
    }
}

/// None of the pointers that the library gives for elements that are there is null.
unsafe fn slice<'a, T>(data: *const T, count: usize) -> &'a [T] {
    if data.is_null() {
        return &[];
    }
    from_raw_parts(data, count)
}

unsafe fn slice_mut<'a, T>(data: *mut T, count: usize) -> &'a mut [T] {
    if data.is_null() {
        return &mut [];
    }
    from_raw_parts_mut(data, count)
}

fn tensors<'a>(first: *const sys::fv_custom_tensor, count: i32) -> &'a [sys::fv_custom_tensor] {
    unsafe { slice(first, count as usize) }
}

fn shape_of(tensor: &sys::fv_custom_tensor) -> Vec<usize> {
    shape_from_c(unsafe { slice(tensor.shape, tensor.rank as usize) }, tensor.rank)
}

unsafe extern "C" fn shape<L: CustomLayer>(
    user: *mut c_void,
    shape: *mut sys::fv_custom_shape,
    error: *mut sys::fv_error,
) -> sys::fv_status {
    answer(error, || (*user.cast::<L>()).shape(&mut CustomShape(&mut *shape)))
}

unsafe extern "C" fn forward<L: CustomLayer>(
    user: *mut c_void,
    pass: *const sys::fv_custom_pass,
    error: *mut sys::fv_error,
) -> sys::fv_status {
    let layer = &*user.cast::<L>();
    answer(error, || match (*pass).dtype {
        sys::FV_F64 => layer.forward::<f64>(&mut forward_pass(&*pass)),
        _ => layer.forward::<f32>(&mut forward_pass(&*pass)),
    })
}

unsafe extern "C" fn backward<L: CustomLayer>(
    user: *mut c_void,
    pass: *const sys::fv_custom_pass,
    error: *mut sys::fv_error,
) -> sys::fv_status {
    let layer = &*user.cast::<L>();
    answer(error, || match (*pass).dtype {
        sys::FV_F64 => layer.backward::<f64>(&mut backward_pass(&*pass)),
        _ => layer.backward::<f32>(&mut backward_pass(&*pass)),
    })
}

unsafe extern "C" fn evaluate<L: CustomLoss>(
    user: *mut c_void,
    rows: *const sys::fv_custom_rows,
    error: *mut sys::fv_error,
) -> sys::fv_status {
    let loss = &*user.cast::<L>();
    answer(error, || match (*rows).dtype {
        sys::FV_F64 => loss.evaluate::<f64>(&mut loss_rows(&*rows)),
        _ => loss.evaluate::<f32>(&mut loss_rows(&*rows)),
    })
}

/// Of an input for the whole batch, or of a parameter.
unsafe fn values<'a, T>(tensors: &[sys::fv_custom_tensor], batch: i64) -> Vec<&'a [T]> {
    tensors.iter().map(|t| slice(t.data.cast(), (t.elements * batch) as usize)).collect()
}

unsafe fn forward_pass<'a, T>(p: &sys::fv_custom_pass) -> Forward<'a, T> {
    Forward {
        batch: p.batch as usize,
        training: p.training != 0,
        inputs: values(tensors(p.inputs, p.input_count), p.batch),
        parameters: values(tensors(p.parameters, p.parameter_count), 1),
        output: slice_mut(p.output.cast(), (p.batch * p.elements) as usize),
        shape: shape_from_c(slice(p.shape, p.rank as usize), p.rank),
        saved: slice_mut(p.saved.cast(), p.saved_count as usize),
        scratch: slice_mut(p.scratch.cast(), p.scratch_count as usize),
        attributes: slice(p.attributes.cast(), p.attributes_size),
        random: p.random,
    }
}

unsafe fn backward_pass<'a, T>(p: &sys::fv_custom_pass) -> Backward<'a, T> {
    let (inputs, parameters) = (tensors(p.inputs, p.input_count), tensors(p.parameters, p.parameter_count));
    Backward {
        batch: p.batch as usize,
        inputs: values(inputs, p.batch),
        input_gradients: inputs
            .iter()
            .map(|t| match t.gradient.is_null() {
                true => None,
                false => Some(slice_mut(t.gradient.cast(), (t.elements * p.batch) as usize)),
            })
            .collect(),
        parameters: values(parameters, 1),
        parameter_gradients: parameters
            .iter()
            .map(|t| slice_mut(t.gradient.cast(), t.elements as usize))
            .collect(),
        output: slice(p.output as *const T, (p.batch * p.elements) as usize),
        output_gradient: slice(p.output_gradient as *const T, (p.batch * p.elements) as usize),
        shape: shape_from_c(slice(p.shape, p.rank as usize), p.rank),
        saved: slice_mut(p.saved.cast(), p.saved_count as usize),
        scratch: slice_mut(p.scratch.cast(), p.scratch_count as usize),
        attributes: slice(p.attributes.cast(), p.attributes_size),
        random: p.random,
    }
}

unsafe fn loss_rows<'a, T>(r: &sys::fv_custom_rows) -> LossRows<'a, T> {
    let (rows, elements) = (r.rows as usize, (r.rows * r.columns) as usize);
    LossRows {
        columns: r.columns as usize,
        shape: shape_from_c(slice(r.shape, r.rank as usize), r.rank),
        output: slice(r.output.cast(), elements),
        target: match r.labels.is_null() {
            true => Target::Values(slice(r.targets.cast(), elements)),
            false => Target::Labels(slice(r.labels, rows)),
        },
        weights: slice(r.weights, rows),
        losses: slice_mut(r.losses, rows),
        gradient: match r.gradient.is_null() {
            true => None,
            false => Some(slice_mut(r.gradient.cast(), elements)),
        },
    }
}
