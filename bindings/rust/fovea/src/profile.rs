//! Profile: where the time of a session's runs or of a trainer's steps goes, node by node.

use crate::error::call;
use crate::object::Handle;
use crate::text::{borrowed, int, text_of, Text};
use crate::Result;
use fovea_sys as sys;
use std::path::Path;
use std::ptr::null_mut;
use std::time::Duration;

/// Options of [`Session::start_profile`](crate::Session::start_profile) and
/// [`Trainer::start_profile`](crate::Trainer::start_profile).
#[derive(Clone, Copy, Debug, Default)]
pub struct ProfileOptions {
    /// How many timings are kept one by one for the trace, 24 bytes each, beside the sums; 0: 65536.
    pub max_events: usize,
}

impl ProfileOptions {
    pub(crate) fn raw(self) -> sys::fv_profile_desc {
        sys::fv_profile_desc { max_events: int(self.max_events), ..Default::default() }
    }
}

/// What of a node was timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Pass {
    /// Packing the weights: once a training step; in a session, after they have changed.
    Prepare,
    Forward,
    Backward,
    /// No node: "(input)", "(loss)", "(penalty)", "(optimizer)" of a trainer.
    Other,
    /// One that this crate does not know.
    Unknown(i32),
}

impl Pass {
    fn from_raw(raw: sys::fv_pass) -> Self {
        match raw {
            sys::FV_PASS_PREPARE => Pass::Prepare,
            sys::FV_PASS_FORWARD => Pass::Forward,
            sys::FV_PASS_BACKWARD => Pass::Backward,
            sys::FV_PASS_OTHER => Pass::Other,
            raw => Pass::Unknown(raw),
        }
    }
}

/// What was timed of one node and pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProfileRow<'p> {
    /// Of the node.
    pub name: &'p str,
    /// "conv2d"
    pub kind: &'p str,
    /// As in [`Model::summary`](crate::Model::summary); "" where there is no choice.
    pub algorithm: &'p str,
    pub pass: Pass,
    pub calls: usize,
    /// Of all calls.
    pub time: Duration,
    /// Of all calls: 2 for a multiplication and an addition, whatever the algorithm.
    pub flops: f64,
    /// Of all calls: each tensor read or written once.
    pub bytes: f64,
}

/// Where the time goes, node by node, of the session or trainer that lends it. That is how it is only read between calls:
/// while a run or a step borrows the session or trainer, it cannot be lent.
///
/// ```
/// # use fovea::*;
/// # let context = Context::new(Default::default())?;
/// # let mut g = Graph::new(&context)?;
/// # let x = zoo::lenet5(&mut g, Default::default());
/// # let model = Model::new(&g, &[x], Default::default())?;
/// # let mut session = Session::new(&model, Default::default())?;
/// # let images = vec![0u8; 28 * 28];
/// # let mut logits = [0f32; 10];
/// session.start_profile(ProfileOptions::default())?;
/// session.run(&[Tensor::new(&images, &[1, 28, 28, 1])?], &mut [TensorMut::new(&mut logits)])?;
/// println!("{}", session.profile().unwrap().table()?);
/// # Ok::<(), fovea::Error>(())
/// ```
#[derive(Debug)]
pub struct Profile(Handle<sys::fv_profile>);

impl Profile {
    /// `start` is one of the functions that give a profile, of an object that lends it from now on.
    pub(crate) fn start(
        start: impl FnOnce(*mut *mut sys::fv_profile, *mut sys::fv_error) -> sys::fv_status,
    ) -> Result<Self> {
        Handle::create(start).map(Profile)
    }

    /// Those of a trainer that are of no node, then the nodes in the order of the network, and these again where a larger
    /// batch has made the trainer plan anew.
    pub fn rows(&self) -> Result<Vec<ProfileRow<'_>>> {
        let mut count = 0;
        call(|error| unsafe { sys::fv_profile_rows(self.0.get(), null_mut(), 0, &mut count, error) })?;
        let mut rows = vec![sys::fv_profile_row::default(); count];
        call(|error| unsafe {
            sys::fv_profile_rows(self.0.get(), rows.as_mut_ptr(), rows.len(), null_mut(), error)
        })?;
        let row = |raw: &sys::fv_profile_row| ProfileRow {
            name: unsafe { borrowed(self, raw.name) },
            kind: unsafe { borrowed(self, raw.kind) },
            algorithm: unsafe { borrowed(self, raw.algorithm) },
            pass: Pass::from_raw(raw.pass),
            calls: raw.calls as usize,
            time: Duration::from_secs_f64(raw.seconds),
            flops: raw.flops,
            bytes: raw.bytes,
        };
        Ok(rows.iter().map(row).collect())
    }

    /// A table for people: calls, milliseconds a call, share of the time, GFLOP/s and GB/s of each node and pass.
    pub fn table(&self) -> Result<String> {
        text_of(|buffer, capacity, needed, error| unsafe {
            sys::fv_profile_table(self.0.get(), buffer, capacity, needed, error)
        })
    }

    /// Writes the first timings, as many as are kept, as a JSON file for chrome://tracing or Perfetto.
    pub fn write_trace(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = Text::path(path.as_ref())?;
        call(|error| unsafe { sys::fv_profile_write_trace(self.0.get(), path.as_ptr(), error) })
    }
}
