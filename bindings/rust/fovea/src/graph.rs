//! Graph: the builder of a network. Its node functions are in layers.rs and zoo.rs.

use crate::context::Context;
use crate::error::call;
use crate::object::Handle;
use crate::text::{borrowed, shape_from_c};
use crate::{Error, Result};
use fovea_sys as sys;

/// A node of a graph. One that could not be made is [`INVALID`](Node::INVALID).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Node(pub(crate) sys::fv_node);

impl Node {
    pub const INVALID: Node = Node(sys::FV_NODE_INVALID);

    pub fn is_valid(self) -> bool {
        self != Node::INVALID
    }
}

/// The builder of a network: a DAG with any number of inputs, whose outputs are named when a model is made of it.
///
/// Building is free of error checks: a method that fails returns [`Node::INVALID`], later calls with that node do
/// nothing, and the graph keeps the first error, which [`status`](Graph::status) reads and
/// [`Model::new`](crate::Model::new) reports.
///
/// ```
/// use fovea::*;
///
/// let context = Context::new(Default::default())?;
/// let mut g = Graph::new(&context)?;
/// let x = g.input(Input { name: "image", shape: &[28, 28, 1] });
/// let x = g.conv2d(x, Conv2d { filters: 32, kernel: [3, 3], activation: Activation::Relu, ..Default::default() });
/// assert_eq!(g.node_shape(x)?, [26, 26, 32]);
/// assert_eq!(g.node_name(x), Some("conv2d_1"));
///
/// let x = g.dense(x, Dense { units: 10, ..Default::default() });
/// assert!(!x.is_valid());
/// println!("{}", g.status().unwrap_err()); // dense wants a flat input
/// # Ok::<(), fovea::Error>(())
/// ```
#[derive(Debug)]
pub struct Graph {
    pub(crate) handle: Handle<sys::fv_graph>,
    /// The first error, where this crate was the one to find it.
    error: Option<Error>,
}

impl Graph {
    /// An empty graph.
    pub fn new(context: &Context) -> Result<Self> {
        let handle =
            Handle::create(|out, error| unsafe { sys::fv_graph_create(context.0.get(), out, error) })?;
        Ok(Graph::from_handle(handle))
    }

    pub(crate) fn from_handle(handle: Handle<sys::fv_graph>) -> Self {
        Graph { handle, error: None }
    }

    /// The first error since creation.
    pub fn status(&self) -> Result<()> {
        match &self.error {
            Some(error) => Err(error.clone()),
            None => call(|error| unsafe { sys::fv_graph_status(self.handle.get(), error) }),
        }
    }

    /// The shape of one sample at `node`, without the batch.
    pub fn node_shape(&self, node: Node) -> Result<Vec<usize>> {
        let mut shape = [0; sys::FV_MAX_RANK as usize];
        let mut rank = 0;
        call(|error| unsafe {
            sys::fv_graph_node_shape(self.handle.get(), node.0, shape.as_mut_ptr(), &mut rank, error)
        })?;
        Ok(shape_from_c(&shape, rank))
    }

    /// The node's name, given or made up ("conv2d_1"); none when it is no node of this graph.
    pub fn node_name(&self, node: Node) -> Option<&str> {
        let name = unsafe { sys::fv_graph_node_name(self.handle.get(), node.0) };
        if name.is_null() {
            return None;
        }
        Some(unsafe { borrowed(self, name) })
    }

    /// Adds a node; `add` may find something wrong with what it was given before the library is asked.
    pub(crate) fn node(&mut self, add: impl FnOnce(*mut sys::fv_graph) -> Result<sys::fv_node>) -> Node {
        match add(self.handle.get()) {
            Ok(node) if self.error.is_none() => Node(node),
            Ok(_) => Node::INVALID,
            Err(error) => {
                if self.status().is_ok() {
                    self.error = Some(error);
                }
                Node::INVALID
            }
        }
    }
}
