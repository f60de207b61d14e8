//! Pictures: what a person looks at during training. All write PNG files, through a temporary file beside `path` that
//! is then renamed.

use crate::error::call;
use crate::tensor::Tensor;
use crate::text::{int, Text};
use crate::{version, Error, Result};
use fovea_sys as sys;
use std::path::Path;
use std::ptr::null;

/// One line of a plot. Values that are not finite leave gaps.
#[derive(Clone, Copy, Debug, Default)]
pub struct Curve<'a> {
    /// For the legend; empty: not in it.
    pub label: &'a str,
    /// None: 1, 2, 3, ...
    pub x: Option<&'a [f64]>,
    pub y: &'a [f64],
}

/// Options of [`plot`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Plot<'a> {
    /// Pixels, 160 to 8192; 0: 800.
    pub width: usize,
    /// Likewise; 0: 500.
    pub height: usize,
    /// Logarithmic vertical axis; values <= 0 leave gaps.
    pub log_y: bool,
    pub title: &'a str,
    pub x_label: &'a str,
    pub y_label: &'a str,
}

/// Options of [`grid`] and [`filters`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Grid {
    /// 0: about as many as rows.
    pub columns: usize,
    /// Each value becomes zoom x zoom pixels; 0: chosen so that a tile is about 64 pixels.
    pub zoom: usize,
    /// `f32`, `f64`: false: each tile is stretched from its own minimum to its maximum; true: one range for all. `u8`
    /// is shown as it is.
    pub shared_range: bool,
}

impl Grid {
    fn raw(self) -> sys::fv_grid_desc {
        sys::fv_grid_desc {
            columns: int(self.columns),
            zoom: int(self.zoom),
            shared_range: self.shared_range.into(),
            ..Default::default()
        }
    }
}

/// Draws curves into one plot with axes, ticks, grid and legend. At most 16 curves. Text is ASCII; other characters are
/// shown as '?'.
///
/// ```
/// use fovea::picture::{plot, Curve, Plot};
///
/// let path = std::env::temp_dir().join("fovea-doc-plot.png");
/// let loss = [2.3, 1.1, 0.6, 0.4];
/// plot(&path, &[Curve { label: "training", y: &loss, ..Default::default() }], Plot::default())?;
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), fovea::Error>(())
/// ```
pub fn plot(path: impl AsRef<Path>, curves: &[Curve], options: Plot) -> Result<()> {
    version::check()?;
    let path = Text::path(path.as_ref())?;
    let labels = curves.iter().map(|curve| Text::optional(curve.label)).collect::<Result<Vec<_>>>()?;
    let mut raw = Vec::with_capacity(curves.len());
    for (curve, label) in curves.iter().zip(&labels) {
        if curve.x.map_or(false, |x| x.len() != curve.y.len()) {
            return Err(Error::invalid(format!("curve {:?}: x and y have different lengths", curve.label)));
        }
        raw.push(sys::fv_curve {
            label: label.as_ptr(),
            x: curve.x.map_or(null(), <[f64]>::as_ptr),
            y: curve.y.as_ptr(),
            count: curve.y.len(),
        });
    }
    let (title, x_label, y_label) =
        (Text::optional(options.title)?, Text::optional(options.x_label)?, Text::optional(options.y_label)?);
    let desc = sys::fv_plot_desc {
        width: int(options.width),
        height: int(options.height),
        log_y: options.log_y.into(),
        title: title.as_ptr(),
        x_label: x_label.as_ptr(),
        y_label: y_label.as_ptr(),
        ..Default::default()
    };
    call(|error| unsafe { sys::fv_picture_plot(path.as_ptr(), raw.as_ptr(), raw.len(), &desc, error) })
}

/// Draws `images`, a tensor `[count][height][width][channels]` of `u8`, `f32` or `f64`, as a grid of tiles, row by row:
/// 1 channel grey, 3 channels RGB. Other channel counts: each channel is a tile of its own.
pub fn grid(path: impl AsRef<Path>, images: Tensor, options: Grid) -> Result<()> {
    draw(sys::fv_picture_grid, path.as_ref(), images, options)
}

/// Draws the kernels of a convolution, a tensor `[kh][kw][in][out]` of `f32` or `f64` as
/// [`Model::get_tensor`](crate::Model::get_tensor) gives it: `out` images of `in` channels in the grid above.
pub fn filters(path: impl AsRef<Path>, kernel: Tensor, options: Grid) -> Result<()> {
    draw(sys::fv_picture_filters, path.as_ref(), kernel, options)
}

type DrawFn = unsafe extern "C" fn(
    *const std::os::raw::c_char,
    *const sys::fv_tensor,
    *const sys::fv_grid_desc,
    *mut sys::fv_error,
) -> sys::fv_status;

fn draw(function: DrawFn, path: &Path, tensor: Tensor, options: Grid) -> Result<()> {
    version::check()?;
    let path = Text::path(path)?;
    let (tensor, desc) = (Tensor::raw(Some(&tensor)), options.raw());
    call(|error| unsafe { function(path.as_ptr(), &tensor, &desc, error) })
}
