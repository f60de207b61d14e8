//! Tensors: the host's slices with a shape, lent to the library for a call. Nothing is copied.

use crate::text::{shape_from_c, shape_to_c};
use crate::{Error, ErrorCode, Result};
use fovea_sys as sys;
use std::fmt;
use std::marker::PhantomData;

/// An element type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DType {
    #[default]
    F32,
    F64,
    U8,
    I32,
    I64,
}

impl DType {
    pub(crate) fn raw(self) -> sys::fv_dtype {
        match self {
            DType::F32 => sys::FV_F32,
            DType::F64 => sys::FV_F64,
            DType::U8 => sys::FV_U8,
            DType::I32 => sys::FV_I32,
            DType::I64 => sys::FV_I64,
        }
    }

    pub(crate) fn from_raw(raw: sys::fv_dtype) -> Result<Self> {
        match raw {
            sys::FV_F32 => Ok(DType::F32),
            sys::FV_F64 => Ok(DType::F64),
            sys::FV_U8 => Ok(DType::U8),
            sys::FV_I32 => Ok(DType::I32),
            sys::FV_I64 => Ok(DType::I64),
            _ => {
                Err(Error::new(ErrorCode::Unsupported, format!("this crate does not know the dtype {}", raw)))
            }
        }
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that is an element type: `f32`, `f64`, `u8`, `i32`, `i64`.
pub trait Element: Copy + Default + sealed::Sealed + 'static {
    const DTYPE: DType;
}

/// An element type of parameters, activations and gradients: `f32`, `f64`.
pub trait Float: Element {}

macro_rules! elements {
    ($($rust:ty: $dtype:ident),*) => {
        $(impl sealed::Sealed for $rust {}
        impl Element for $rust {
            const DTYPE: DType = DType::$dtype;
        })*
    };
}

elements!(f32: F32, f64: F64, u8: U8, i32: I32, i64: I64);
impl Float for f32 {}
impl Float for f64 {}

/// A dense tensor that the library reads: a slice, and its shape with the batch in front and channels last.
///
/// ```
/// use fovea::Tensor;
///
/// let pixels = vec![0u8; 6 * 28 * 28];
/// let images = Tensor::new(&pixels, &[6, 28, 28, 1])?;
/// assert!(Tensor::new(&pixels, &[6, 28, 28, 3]).is_err());
/// # Ok::<(), fovea::Error>(())
/// ```
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Tensor<'a> {
    raw: sys::fv_tensor,
    data: PhantomData<&'a [u8]>,
}

// As the slice.
unsafe impl Send for Tensor<'_> {}
unsafe impl Sync for Tensor<'_> {}

impl<'a> Tensor<'a> {
    /// Refused: a shape of more than eight extents, one that does not fit the slice.
    pub fn new<T: Element>(data: &'a [T], shape: &[usize]) -> Result<Self> {
        let extents = shape_to_c(shape, "the tensor")?;
        let elements = shape.iter().try_fold(1usize, |product, &extent| product.checked_mul(extent));
        if elements != Some(data.len()) {
            return Err(Error::invalid(format!(
                "the tensor has the shape {:?}, but the slice has {} elements",
                shape,
                data.len()
            )));
        }
        let raw = sys::fv_tensor {
            data: data.as_ptr().cast(),
            dtype: T::DTYPE.raw(),
            rank: shape.len() as i32,
            shape: extents,
        };
        Ok(Tensor { raw, data: PhantomData })
    }

    /// One value for each sample, such as labels.
    pub fn vector<T: Element>(data: &'a [T]) -> Self {
        let mut shape = [0; sys::FV_MAX_RANK as usize];
        shape[0] = data.len() as i64;
        let raw = sys::fv_tensor { data: data.as_ptr().cast(), dtype: T::DTYPE.raw(), rank: 1, shape };
        Tensor { raw, data: PhantomData }
    }

    /// A tensor that the library lends for `'a`.
    pub(crate) unsafe fn from_raw(raw: sys::fv_tensor) -> Self {
        Tensor { raw, data: PhantomData }
    }

    /// The values; None: they are of another type.
    pub fn data<T: Element>(&self) -> Option<&'a [T]> {
        if self.raw.data.is_null() || self.raw.dtype != T::DTYPE.raw() {
            return None;
        }
        let elements = self.shape().iter().product();
        Some(unsafe { std::slice::from_raw_parts(self.raw.data.cast(), elements) })
    }

    pub fn dtype(&self) -> DType {
        DType::from_raw(self.raw.dtype).unwrap_or_default()
    }

    pub fn shape(&self) -> Vec<usize> {
        shape_from_c(&self.raw.shape, self.raw.rank)
    }

    /// None: a tensor without data, where C has one by value.
    pub(crate) fn raw(tensor: Option<&Self>) -> sys::fv_tensor {
        tensor.map_or_else(sys::fv_tensor::default, |tensor| tensor.raw)
    }

    pub(crate) fn as_ptr(tensors: &[Self]) -> *const sys::fv_tensor {
        tensors.as_ptr().cast()
    }
}

impl fmt::Debug for Tensor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({:?} {:?})", self.dtype(), self.shape())
    }
}

/// Memory that the library writes a tensor into: a slice with room for it, of the element type that is wanted. Its
/// shape is known after the call.
#[repr(transparent)]
pub struct TensorMut<'a> {
    raw: sys::fv_buffer,
    data: PhantomData<&'a mut [u8]>,
}

// As the slice.
unsafe impl Send for TensorMut<'_> {}
unsafe impl Sync for TensorMut<'_> {}

impl<'a> TensorMut<'a> {
    pub fn new<T: Element>(data: &'a mut [T]) -> Self {
        let raw = sys::fv_buffer {
            data: data.as_mut_ptr().cast(),
            capacity: std::mem::size_of_val(data),
            dtype: T::DTYPE.raw(),
            ..Default::default()
        };
        TensorMut { raw, data: PhantomData }
    }

    /// Of what was written; before that, empty.
    pub fn shape(&self) -> Vec<usize> {
        shape_from_c(&self.raw.shape, self.raw.rank)
    }

    pub(crate) fn as_mut_ptr(tensors: &mut [Self]) -> *mut sys::fv_buffer {
        tensors.as_mut_ptr().cast()
    }

    /// Lets `read` fill `data`, and gives the shape of what it wrote.
    pub(crate) fn fill<T: Element>(
        data: &mut [T],
        read: impl FnOnce(*mut sys::fv_buffer) -> Result<()>,
    ) -> Result<Vec<usize>> {
        let mut tensor = TensorMut::new(data);
        read(&mut tensor.raw)?;
        Ok(tensor.shape())
    }
}
