//! More pooling, and its inverses.

use crate::graph::{Graph, Node};
use crate::layers::Layer;
use crate::text::{extents, Text};
use fovea_sys as sys;

/// How an image is made larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Upsample {
    /// Each pixel repeated.
    #[default]
    Nearest,
    /// Interpolated between the pixels' centres.
    Bilinear,
    /// Each pixel at the top left of zeros.
    BedOfNails,
}

impl Upsample {
    fn raw(self) -> sys::fv_upsample {
        match self {
            Upsample::Nearest => sys::FV_UPSAMPLE_NEAREST,
            Upsample::Bilinear => sys::FV_UPSAMPLE_BILINEAR,
            Upsample::BedOfNails => sys::FV_UPSAMPLE_BED_OF_NAILS,
        }
    }
}

/// Pooling to a given size: see [`Graph::adaptive_max_pool2d`] and [`Graph::adaptive_average_pool2d`].
#[derive(Clone, Copy, Debug, Default)]
pub struct AdaptivePool2d<'a> {
    pub name: &'a str,
    /// Required: height, width; a second 0 repeats the first.
    pub size: [usize; 2],
}

/// Fractional max pooling: see [`Graph::fractional_max_pool2d`].
#[derive(Clone, Copy, Debug, Default)]
pub struct FractionalPool2d<'a> {
    pub name: &'a str,
    /// Input / output; a second 0 repeats the first; 0: sqrt(2).
    pub ratio: [f64; 2],
    /// Each region has the first cells of the next one as well.
    pub overlapping: bool,
}

/// A larger image: see [`Graph::upsample2d`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Upsample2d<'a> {
    pub name: &'a str,
    /// Height, width; a second 0 repeats the first; 0: 2.
    pub scale: [usize; 2],
    /// How.
    pub method: Upsample,
    /// Bilinear: the corners' centres stay where they are.
    pub align_corners: bool,
}

/// Pixels out of channels: see [`Graph::pixel_shuffle`] and [`Graph::pixel_unshuffle`].
#[derive(Clone, Copy, Debug, Default)]
pub struct PixelShuffle<'a> {
    pub name: &'a str,
    /// r; 0: 2.
    pub factor: usize,
}

impl Graph {
    /// The largest value of the image, for each channel: H x W x C -> C.
    pub fn global_max_pool2d(&mut self, x: Node, desc: Layer) -> Node {
        self.named(sys::fv_global_max_pool2d, x, desc)
    }

    /// The largest value of each of size x size regions, as in PyTorch.
    pub fn adaptive_max_pool2d(&mut self, x: Node, desc: AdaptivePool2d) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_adaptive_pool2d_desc {
                name: name.as_ptr(),
                size: extents(desc.size),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_adaptive_max_pool2d(graph, x.0, &raw) })
        })
    }

    /// The mean of each of size x size regions.
    pub fn adaptive_average_pool2d(&mut self, x: Node, desc: AdaptivePool2d) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_adaptive_pool2d_desc {
                name: name.as_ptr(),
                size: extents(desc.size),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_adaptive_average_pool2d(graph, x.0, &raw) })
        })
    }

    /// Max pooling over regions of floor(ratio) or one more cells, in an order drawn for each sample of a training step; frozen at inference.
    pub fn fractional_max_pool2d(&mut self, x: Node, desc: FractionalPool2d) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_fractional_pool2d_desc {
                name: name.as_ptr(),
                ratio: desc.ratio,
                overlapping: desc.overlapping.into(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_fractional_max_pool2d(graph, x.0, &raw) })
        })
    }

    /// Undoes the max pooling `pool`: each value of x where the largest cell of its window was, zeros elsewhere.
    pub fn max_unpool2d(&mut self, x: Node, pool: Node, desc: Layer) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_layer_desc { name: name.as_ptr(), ..Default::default() };
            Ok(unsafe { sys::fv_max_unpool2d(graph, x.0, pool.0, &raw) })
        })
    }

    /// H x W x C -> scale\[0\] H x scale\[1\] W x C.
    pub fn upsample2d(&mut self, x: Node, desc: Upsample2d) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_upsample2d_desc {
                name: name.as_ptr(),
                scale: extents(desc.scale),
                method: desc.method.raw(),
                align_corners: desc.align_corners.into(),
                ..Default::default()
            };
            Ok(unsafe { sys::fv_upsample2d(graph, x.0, &raw) })
        })
    }

    /// H x W x (C r r) -> rH x rW x C, in PyTorch's order of channels.
    pub fn pixel_shuffle(&mut self, x: Node, desc: PixelShuffle) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_pixel_shuffle_desc {
                name: name.as_ptr(),
                factor: desc.factor as i64,
                ..Default::default()
            };
            Ok(unsafe { sys::fv_pixel_shuffle(graph, x.0, &raw) })
        })
    }

    /// The inverse of a pixel shuffle.
    pub fn pixel_unshuffle(&mut self, x: Node, desc: PixelShuffle) -> Node {
        self.node(|graph| {
            let name = Text::optional(desc.name)?;
            let raw = sys::fv_pixel_shuffle_desc {
                name: name.as_ptr(),
                factor: desc.factor as i64,
                ..Default::default()
            };
            Ok(unsafe { sys::fv_pixel_unshuffle(graph, x.0, &raw) })
        })
    }
}
