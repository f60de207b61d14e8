//! Images in files: JPEG, PNG, BMP, TGA, GIF (its first frame), PSD, Radiance HDR and PNM, told by content.

use crate::context::Context;
use crate::error::call;
use crate::text::{int, Text};
use crate::{version, Result};
use fovea_sys as sys;
use std::path::Path;
use std::ptr::null_mut;

/// What the header of an image says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageInfo {
    /// Upright.
    pub height: usize,
    pub width: usize,
    /// As the file has them: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.
    pub channels: usize,
    /// EXIF's, 1 to 8: how the stored picture is turned to be upright; 1: not at all.
    pub orientation: usize,
}

/// Options of [`decode`] and [`decode_file`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Decode {
    /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; 0: as the file has.
    pub channels: usize,
    /// JPEG and PNG stay as they are stored, whatever their EXIF orientation says.
    pub keep_orientation: bool,
    /// Refuse larger ones before anything is decoded, at most 2^28; 0: 2^27.
    pub max_pixels: usize,
}

impl Decode {
    fn raw(self) -> sys::fv_image_desc {
        sys::fv_image_desc {
            channels: int(self.channels),
            keep_orientation: self.keep_orientation.into(),
            max_pixels: self.max_pixels as i64,
            ..Default::default()
        }
    }
}

/// Pixels, `[height][width][channels]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub pixels: Vec<u8>,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

/// Looks at the header of an image in memory.
///
/// ```
/// let info = fovea::image::info(b"P5 2 1 255\nab")?;
/// assert_eq!((info.height, info.width, info.channels), (1, 2, 1));
/// # Ok::<(), fovea::Error>(())
/// ```
pub fn info(bytes: &[u8]) -> Result<ImageInfo> {
    read_info(|info, error| unsafe {
        sys::fv_image_get_info(bytes.as_ptr().cast(), bytes.len(), info, error)
    })
}

/// Looks at the header of a file.
pub fn file_info(path: impl AsRef<Path>) -> Result<ImageInfo> {
    let path = Text::path(path.as_ref())?;
    read_info(|info, error| unsafe { sys::fv_image_get_file_info(path.as_ptr(), info, error) })
}

/// The pixels of an image in memory.
pub fn decode(context: &Context, bytes: &[u8], options: Decode) -> Result<Image> {
    let desc = options.raw();
    read_pixels(|pixels, needed, error| unsafe {
        let context = context.0.get();
        sys::fv_image_decode(context, bytes.as_ptr().cast(), bytes.len(), &desc, pixels, needed, error)
    })
}

/// The pixels of a file.
pub fn decode_file(context: &Context, path: impl AsRef<Path>, options: Decode) -> Result<Image> {
    let path = Text::path(path.as_ref())?;
    let desc = options.raw();
    read_pixels(|pixels, needed, error| unsafe {
        sys::fv_image_decode_file(context.0.get(), path.as_ptr(), &desc, pixels, needed, error)
    })
}

fn read_info(
    read: impl FnOnce(*mut sys::fv_image_info, *mut sys::fv_error) -> sys::fv_status,
) -> Result<ImageInfo> {
    version::check()?;
    let mut info = sys::fv_image_info::default();
    call(|error| read(&mut info, error))?;
    Ok(ImageInfo {
        height: info.height as usize,
        width: info.width as usize,
        channels: info.channels as usize,
        orientation: info.orientation as usize,
    })
}

fn read_pixels(
    read: impl Fn(*mut sys::fv_buffer, *mut usize, *mut sys::fv_error) -> sys::fv_status,
) -> Result<Image> {
    let mut buffer = sys::fv_buffer {
        data: null_mut(),
        capacity: 0,
        dtype: 0,
        rank: 0,
        shape: [0; sys::FV_MAX_RANK as usize],
    };
    let mut needed = 0;
    call(|error| read(&mut buffer, &mut needed, error))?;
    let mut pixels = vec![0u8; needed];
    buffer.data = pixels.as_mut_ptr().cast();
    buffer.capacity = pixels.len();
    call(|error| read(&mut buffer, &mut needed, error))?;
    let [height, width, channels, ..] = buffer.shape.map(|extent| extent as usize);
    Ok(Image { pixels, height, width, channels })
}
