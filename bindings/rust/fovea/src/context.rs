//! Context: the threads and the hooks that everything else works with; and the cancel token.

use crate::object::Handle;
use crate::panics::{self, drop_user, user};
use crate::{text, version, Result};
use fovea_sys as sys;
use std::ffi::CStr;
use std::fmt;
use std::os::raw::{c_char, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::Arc;
use std::time::Duration;

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    Info,
    Warning,
}

/// The host's memory for tensors and arenas. Called from the threads that call into the library.
///
/// # Safety
///
/// `allocate` returns memory of `bytes` bytes, aligned to `alignment`, that nobody else uses until it is released, or
/// null. After a panic in it, the call that needed the memory fails, and then the panic goes on.
pub unsafe trait Allocator: Send + Sync {
    /// `alignment` is a power of two, at least 64.
    fn allocate(&self, bytes: usize, alignment: usize) -> *mut u8;

    /// # Safety
    ///
    /// `memory` comes from `allocate` with the same number of bytes, and is released once.
    unsafe fn release(&self, memory: *mut u8, bytes: usize);
}

/// Work that the host's threads share: see [`ContextOptions::parallel_for`].
pub struct Work {
    count: i64,
    next: AtomicI64,
    task: unsafe extern "C" fn(*mut c_void, i64),
    data: *mut c_void,
}

// The library's tasks may run on any thread; the counter gives each to one.
unsafe impl Sync for Work {}

impl Work {
    /// The number of pieces; more threads than that are of no use.
    pub fn count(&self) -> usize {
        self.count as usize
    }

    /// Does pieces until none is left. To be called from as many threads as the host wants to lend.
    pub fn run(&self) {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.count {
                return;
            }
            unsafe { (self.task)(self.data, index) };
        }
    }
}

/// See [`ContextOptions::parallel_for`].
pub type ParallelFor = Box<dyn Fn(&Work) + Send + Sync>;
/// See [`ContextOptions::log`].
pub type Log = Box<dyn Fn(LogLevel, &str) + Send + Sync>;

/// What a context is made of. The closures are dropped when the last object made from the context is gone.
///
/// They are called from inside the library's calls, in its floating-point mode (round to nearest, denormals flushed to
/// zero). A panic in one of them is caught, and goes on when the call that led to it has returned.
#[derive(Default)]
pub struct ContextOptions {
    /// 0: the CPUs that affinity and cgroup allow; 1: the calling thread alone; at most 1024.
    pub threads: usize,
    /// None: the C library's.
    pub allocator: Option<Box<dyn Allocator>>,
    /// Threads of the host's instead of the library's own pool: the closure calls [`Work::run`] from as many threads
    /// as it likes, and returns when those calls have returned. What it leaves undone is done by the calling thread.
    ///
    /// ```
    /// use fovea::{Context, ContextOptions};
    /// use std::thread;
    ///
    /// let context = Context::new(ContextOptions {
    ///     threads: 2,
    ///     parallel_for: Some(Box::new(|work| {
    ///         thread::scope(|scope| {
    ///             scope.spawn(|| work.run());
    ///             work.run();
    ///         })
    ///     })),
    ///     ..Default::default()
    /// })?;
    /// # Ok::<(), fovea::Error>(())
    /// ```
    pub parallel_for: Option<ParallelFor>,
    /// Receives one line, such as the memory that a training takes, on the thread that made the call. The library
    /// itself never writes to stdout or stderr.
    pub log: Option<Log>,
}

impl fmt::Debug for ContextOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextOptions").field("threads", &self.threads).finish_non_exhaustive()
    }
}

unsafe extern "C" fn allocate(user: *mut c_void, bytes: usize, alignment: usize) -> *mut c_void {
    let allocator = &*user.cast::<Box<dyn Allocator>>();
    panics::catch(|| allocator.allocate(bytes, alignment)).unwrap_or(null_mut()).cast()
}

unsafe extern "C" fn release(user: *mut c_void, memory: *mut c_void, bytes: usize) {
    let allocator = &*user.cast::<Box<dyn Allocator>>();
    panics::catch(|| allocator.release(memory.cast(), bytes));
}

unsafe extern "C" fn parallel_for(user: *mut c_void, count: i64, task: sys::fv_task_fn, data: *mut c_void) {
    let host = &*user.cast::<ParallelFor>();
    if let Some(task) = task {
        let work = Work { count, next: AtomicI64::new(0), task, data };
        panics::catch(|| host(&work));
        work.run();
    }
}

unsafe extern "C" fn log(user: *mut c_void, level: sys::fv_log_level, message: *const c_char) {
    let log = &*user.cast::<Log>();
    let level = match level {
        sys::FV_LOG_INFO => LogLevel::Info,
        sys::FV_LOG_WARNING => LogLevel::Warning,
        _ => LogLevel::Warning,
    };
    panics::catch(|| log(level, &CStr::from_ptr(message).to_string_lossy()));
}

/// The hooks and the threads that everything else works with. Results do not depend on the number of threads.
///
/// ```
/// use fovea::{Context, ContextOptions};
///
/// let context = Context::new(ContextOptions { threads: 2, ..Default::default() })?;
/// assert_eq!(context.threads(), 2);
/// # Ok::<(), fovea::Error>(())
/// ```
#[derive(Debug)]
pub struct Context(pub(crate) Handle<sys::fv_context>);

impl Context {
    /// The pool's threads start here, and stop when the last object made from the context is gone.
    ///
    /// Refused: more than 1024 threads; a library of another version ([`Mismatch`](crate::ErrorCode::Mismatch)).
    pub fn new(options: ContextOptions) -> Result<Self> {
        version::check()?;
        let mut desc = sys::fv_context_desc { threads: text::int(options.threads), ..Default::default() };
        if let Some(hook) = options.allocator {
            desc.allocate = Some(allocate);
            desc.release = Some(release);
            desc.allocator_user = user::<Box<dyn Allocator>>(hook);
            desc.allocator_drop = Some(drop_user::<Box<dyn Allocator>>);
        }
        if let Some(hook) = options.parallel_for {
            desc.parallel_for = Some(parallel_for);
            desc.parallel_for_user = user::<ParallelFor>(hook);
            desc.parallel_for_drop = Some(drop_user::<ParallelFor>);
        }
        if let Some(hook) = options.log {
            desc.log = Some(log);
            desc.log_user = user::<Log>(hook);
            desc.log_drop = Some(drop_user::<Log>);
        }
        // The library drops the hooks, also when it fails.
        Handle::create(|out, error| unsafe { sys::fv_context_create(&desc, out, error) }).map(Context)
    }

    /// The number of threads that work at once.
    pub fn threads(&self) -> usize {
        unsafe { sys::fv_context_threads(self.0.get()) as usize }
    }
}

/// A flag with which any thread may stop or pause a training or evaluation at any time: control returns within one batch
/// with [`Cancelled`](crate::ErrorCode::Cancelled), or the call waits, and everything stays usable. Clones are the same
/// flag.
#[derive(Clone, Debug)]
pub struct CancelToken(Arc<Handle<sys::fv_cancel_token>>);

impl CancelToken {
    pub fn new() -> Result<Self> {
        version::check()?;
        let handle = Handle::create(|out, error| unsafe { sys::fv_cancel_token_create(out, error) })?;
        Ok(CancelToken(Arc::new(handle)))
    }

    pub fn cancel(&self) {
        unsafe { sys::fv_cancel_token_cancel(self.0.get()) }
    }

    /// As new: neither cancelled nor paused.
    pub fn reset(&self) {
        unsafe { sys::fv_cancel_token_reset(self.0.get()) }
    }

    pub fn is_cancelled(&self) -> bool {
        unsafe { sys::fv_cancel_token_is_cancelled(self.0.get()) != 0 }
    }

    /// Calls with this token wait between two batches until it is resumed or cancelled.
    pub fn pause(&self) {
        unsafe { sys::fv_cancel_token_pause(self.0.get()) }
    }

    pub fn resume(&self) {
        unsafe { sys::fv_cancel_token_resume(self.0.get()) }
    }

    pub fn is_paused(&self) -> bool {
        unsafe { sys::fv_cancel_token_is_paused(self.0.get()) != 0 }
    }

    /// For a loop of your own, between batches: returns when the token is not paused, or is cancelled, and whether it
    /// is.
    pub fn wait(&self) -> bool {
        unsafe { sys::fv_cancel_token_wait(self.0.get()) != 0 }
    }

    /// How long the token has been paused so far.
    pub fn paused_time(&self) -> Duration {
        Duration::from_secs_f64(unsafe { sys::fv_cancel_token_paused_seconds(self.0.get()) })
    }

    pub(crate) fn raw(token: Option<&Self>) -> *mut sys::fv_cancel_token {
        token.map_or(null_mut(), |token| token.0.get())
    }
}
