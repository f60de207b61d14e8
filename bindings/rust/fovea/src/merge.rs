//! Layers with several inputs, and layers that move elements.

use crate::graph::{Graph, Node};
use crate::layers::Layer;
use crate::text::{shape_to_c, Text};
use crate::Error;
use fovea_sys as sys;
use std::ptr::null;

/// What surrounds a row 1 2 3 that is padded by two on each side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PadMode {
    /// v v 1 2 3 v v
    Constant(f64),
    /// 3 2 1 2 3 2 1: mirrored at the border, which is not repeated
    Reflect,
    /// 1 1 1 2 3 3 3: the border repeated
    Replicate,
}

impl Default for PadMode {
    /// Zeros.
    fn default() -> Self {
        PadMode::Constant(0.0)
    }
}

/// Padding of any axis: see [`Graph::pad`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Pad<'a> {
    pub name: &'a str,
    /// Cells in front, for each axis of the sample: `[0, 0, 8]` puts 8 channels in front.
    pub before: &'a [usize],
    pub after: &'a [usize],
    pub mode: PadMode,
}

/// A matrix product: see [`Graph::matmul`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Matmul<'a> {
    pub name: &'a str,
    pub transpose_a: bool,
    pub transpose_b: bool,
}

/// A part of a tensor: see [`Graph::slice`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Slice<'a> {
    pub name: &'a str,
    /// For each axis of the sample; negative: from the end.
    pub begin: &'a [i64],
    /// Not included; 0 and negative: from the end, so that 0 is all.
    pub end: &'a [i64],
}

/// An image without some of its border: see [`Graph::crop`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Crop<'a> {
    pub name: &'a str,
    /// Cells to take off: top, bottom, left, right.
    pub crop: [usize; 4],
}

/// The parts of a tensor along one axis: see [`Graph::split`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<'a> {
    /// "s": the parts are "s_1", "s_2", ...
    pub name: &'a str,
    /// Counted from the end: 0 channels, 1 width, 2 height.
    pub axis: usize,
    /// How many; 0: as many as there are sizes.
    pub count: usize,
    /// Of the parts; none: all alike.
    pub sizes: &'a [usize],
}

/// Another shape: see [`Graph::reshape`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Reshape<'a> {
    pub name: &'a str,
    /// Of one sample; one extent may be -1: what is left.
    pub shape: &'a [i64],
}

/// Another order of axes: see [`Graph::permute`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Permute<'a> {
    pub name: &'a str,
    /// Axis k of the result is axis axes\[k\] of x.
    pub axes: &'a [usize],
}

type TwoFn = unsafe extern "C" fn(
    *mut sys::fv_graph,
    sys::fv_node,
    sys::fv_node,
    *const sys::fv_layer_desc,
) -> sys::fv_node;
type ManyFn = unsafe extern "C" fn(
    *mut sys::fv_graph,
    *const sys::fv_node,
    usize,
    *const sys::fv_layer_desc,
) -> sys::fv_node;

fn numbers(values: &[i64], what: &str) -> crate::Result<[i64; sys::FV_MAX_RANK as usize]> {
    let mut out = [0; sys::FV_MAX_RANK as usize];
    if values.len() > out.len() {
        return Err(Error::invalid(format!("{} has {} numbers, at most {}", what, values.len(), out.len())));
    }
    out[..values.len()].copy_from_slice(values);
    Ok(out)
}

impl Graph {
    /// a + b; same shapes.
    pub fn add(&mut self, a: Node, b: Node, desc: Layer) -> Node {
        self.two(sys::fv_add, a, b, desc)
    }

    /// a - b; same shapes.
    pub fn subtract(&mut self, a: Node, b: Node, desc: Layer) -> Node {
        self.two(sys::fv_subtract, a, b, desc)
    }

    /// a * b, element by element; same shapes, or one of them has one factor for each channel of the other.
    pub fn multiply(&mut self, a: Node, b: Node, desc: Layer) -> Node {
        self.two(sys::fv_multiply, a, b, desc)
    }

    /// The mean of two or more nodes of one shape.
    pub fn average(&mut self, nodes: &[Node], desc: Layer) -> Node {
        self.many(sys::fv_average, nodes, desc)
    }

    /// The largest of two or more nodes of one shape, element by element; of equal ones the first takes the gradient.
    pub fn maximum(&mut self, nodes: &[Node], desc: Layer) -> Node {
        self.many(sys::fv_maximum, nodes, desc)
    }

    /// Joins along the last axis (channels); at least one node, other extents equal.
    pub fn concat(&mut self, nodes: &[Node], desc: Layer) -> Node {
        self.many(sys::fv_concat, nodes, desc)
    }

    /// The matrix product a b of each sample's two matrices, either transposed first.
    pub fn matmul(&mut self, a: Node, b: Node, desc: Matmul) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_matmul_desc {
                name: name.as_ptr(),
                transpose_a: desc.transpose_a.into(),
                transpose_b: desc.transpose_b.into(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_matmul(graph, a.0, b.0, &raw) })
        })
    }

    /// Surrounds x along any axis. Refused: a number for an axis that x does not have, a reflection that is not
    /// smaller than the extent.
    pub fn pad(&mut self, x: Node, desc: Pad) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let (mode, value) = match desc.mode {
                PadMode::Constant(value) => (sys::FV_PAD_CONSTANT, value),
                PadMode::Reflect => (sys::FV_PAD_REFLECT, 0.0),
                PadMode::Replicate => (sys::FV_PAD_REPLICATE, 0.0),
            };
            let raw = sys::fv_pad_desc {
                name: name.as_ptr(),
                before: shape_to_c(desc.before, "pad before")?,
                after: shape_to_c(desc.after, "pad after")?,
                mode,
                value,
                ..Default::default()
            };
            Ok(unsafe { sys::fv_pad(graph, x.0, &raw) })
        })
    }

    /// The part of x from `begin` to `end`. Refused: a part that is empty or not inside.
    pub fn slice(&mut self, x: Node, desc: Slice) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_slice_desc {
                name: name.as_ptr(),
                begin: numbers(desc.begin, "begin")?,
                end: numbers(desc.end, "end")?,
                ..Default::default()
            };
            Ok(unsafe { sys::fv_slice(graph, x.0, &raw) })
        })
    }

    /// An image without some of its border.
    pub fn crop(&mut self, x: Node, desc: Crop) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_crop_desc {
                name: name.as_ptr(),
                crop: crate::text::extents(desc.crop),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_crop(graph, x.0, &raw) })
        })
    }

    /// Cuts x along an axis; on failure every part is [`Node::INVALID`]. Refused: a count that does not divide the
    /// extent, sizes that do not add up to it.
    pub fn split(&mut self, x: Node, desc: Parts) -> Vec<Node> {
        let count = if desc.count == 0 { desc.sizes.len() } else { desc.count };
        let mut parts = vec![Node::INVALID; count];
        let sizes: Vec<i64> = desc.sizes.iter().map(|&size| size as i64).collect();
        self.node(|graph| {
            if !sizes.is_empty() && sizes.len() != count {
                return Err(Error::invalid(format!("{} sizes for {} parts", sizes.len(), count)));
            }
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_parts_desc {
                name: name.as_ptr(),
                axis: desc.axis as i64,
                sizes: if sizes.is_empty() { null() } else { sizes.as_ptr() },
                ..Default::default()
            };
            Ok(unsafe { sys::fv_split(graph, x.0, parts.as_mut_ptr().cast(), count, &raw) })
        });
        parts
    }

    /// Any shape -> its number of elements, in the order of memory (height, width, channel). Costs nothing.
    pub fn flatten(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_flatten, x, desc)
    }

    /// The same elements, in the order of memory, under another shape. Costs nothing.
    pub fn reshape(&mut self, x: Node, desc: Reshape) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            // A zero ends the shape in C.
            if desc.shape.contains(&0) {
                return Err(Error::invalid(format!(
                    "reshape {:?}: the shape is {:?}",
                    desc.name, desc.shape
                )));
            }
            let raw = sys::fv_reshape_desc {
                name: name.as_ptr(),
                shape: numbers(desc.shape, "the shape")?,
                ..Default::default()
            };
            Ok(unsafe { sys::fv_reshape(graph, x.0, &raw) })
        })
    }

    /// Axes in another order: `[2, 0, 1]` makes C x H x W of H x W x C.
    pub fn permute(&mut self, x: Node, desc: Permute) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_permute_desc {
                name: name.as_ptr(),
                axes: shape_to_c(desc.axes, "axes")?,
                ..Default::default()
            };
            Ok(unsafe { sys::fv_permute(graph, x.0, &raw) })
        })
    }

    fn two(&mut self, function: TwoFn, a: Node, b: Node, desc: Layer) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_layer_desc { name: name.as_ptr(), ..Default::default() };
            Ok(unsafe { function(graph, a.0, b.0, &raw) })
        })
    }

    fn many(&mut self, function: ManyFn, nodes: &[Node], desc: Layer) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_layer_desc { name: name.as_ptr(), ..Default::default() };
            Ok(unsafe { function(graph, nodes.as_ptr().cast(), nodes.len(), &raw) })
        })
    }
}
