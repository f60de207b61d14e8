//! What a call costs: a trivial one, and a run of a tiny network, through this crate and straight through the
//! declarations of `fovea-sys`. Prints nanoseconds a call, the least of several rounds that take turns.

use fovea::*;
use fovea_sys as sys;
use std::ptr::null_mut;
use std::time::Instant;

/// The value, in a way that the optimizer does not see through.
fn opaque<T: Copy>(value: T) -> T {
    unsafe { std::ptr::read_volatile(&value) }
}

/// Nanoseconds for each of `count` calls.
fn time(count: u32, mut call: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        call();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}

fn main() -> Result<()> {
    let context = Context::new(ContextOptions { threads: 1, ..Default::default() })?;
    let mut g = Graph::new(&context)?;
    let x = g.input(Input { name: "x", shape: &[4] });
    let x = g.dense(x, Dense { units: 2, ..Default::default() });
    let model = Model::new(&g, &[x], Default::default())?;
    let mut session = Session::new(&model, Default::default())?;
    let input = [1f32, 2.0, 3.0, 4.0];
    let mut output = [0f32; 2];

    let (mut raw_context, mut raw_session) = (null_mut(), null_mut());
    let raw = sys::fv_context_desc { threads: 1, ..Default::default() };
    let path = std::env::temp_dir().join("fovea-overhead.fovea");
    model.save(&path)?;
    let name = std::ffi::CString::new(path.to_str().expect("a UTF-8 path")).expect("no zero byte");
    let mut raw_model = null_mut();
    unsafe {
        assert_eq!(sys::fv_context_create(&raw, &mut raw_context, null_mut()), sys::FV_OK);
        assert_eq!(sys::fv_model_load(raw_context, name.as_ptr(), &mut raw_model, null_mut()), sys::FV_OK);
        let desc = sys::fv_session_desc::default();
        assert_eq!(sys::fv_session_create(raw_model, &desc, &mut raw_session, null_mut()), sys::FV_OK);
    }
    let _ = std::fs::remove_file(path);
    let mut raw_output = [0f32; 2];

    let mut best = [f64::INFINITY; 4];
    for _ in 0..20 {
        let round = [
            time(1_000_000, || unsafe {
                opaque(sys::fv_context_threads(opaque(raw_context)));
            }),
            time(1_000_000, || {
                opaque(opaque(&context).threads());
            }),
            time(100_000, || unsafe {
                let mut shape = [0; sys::FV_MAX_RANK as usize];
                shape[..2].copy_from_slice(&[1, 4]);
                let input =
                    sys::fv_tensor { data: input.as_ptr().cast(), dtype: sys::FV_F32, rank: 2, shape };
                let mut output = sys::fv_buffer {
                    data: raw_output.as_mut_ptr().cast(),
                    capacity: std::mem::size_of_val(&raw_output),
                    ..Default::default()
                };
                let status = sys::fv_session_run(raw_session, &input, 1, &mut output, 1, null_mut());
                assert_eq!(status, sys::FV_OK);
            }),
            time(100_000, || {
                let input = Tensor::new(&input, &[1, 4]).expect("the shape fits");
                session.run(&[input], &mut [TensorMut::new(&mut output)]).expect("a run");
            }),
        ];
        for (best, ns) in best.iter_mut().zip(round) {
            *best = best.min(ns);
        }
    }
    assert_eq!(raw_output, output);
    println!("context.threads: {:.1} ns raw, {:.1} ns safe", best[0], best[1]);
    println!("session.run:     {:.1} ns raw, {:.1} ns safe", best[2], best[3]);
    unsafe {
        sys::fv_session_destroy(raw_session);
        sys::fv_model_destroy(raw_model);
        sys::fv_context_destroy(raw_context);
    }
    Ok(())
}
