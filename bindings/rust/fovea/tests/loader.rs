//! Batches for loops of one's own, and workers in the trainer's.

mod common;

use common::*;
use fovea::*;

/// Indices, images, labels.
type Batch = (Vec<u32>, Vec<u8>, Vec<i32>);

#[test]
fn batches_do_not_depend_on_workers() -> Result<()> {
    let context = context();
    let data = digits(&context, 50);
    let size = data.info()?.shape.iter().product();
    let read = |workers| -> Result<Vec<Batch>> {
        let options = LoaderOptions { batch_size: 16, workers, seed: 5, ..Default::default() };
        let mut loader = Loader::new(&context, &data, options)?;
        let mut all = Vec::new();
        for i in 0..8 {
            let b = loader.next()?;
            assert_eq!((b.epoch, b.batch, b.batches, b.epoch_ended), (i / 4, i % 4, 4, i % 4 == 3));
            let input = b.input.data::<u8>().unwrap();
            all.push((b.indices.to_vec(), input.to_vec(), b.target.data::<i32>().unwrap().to_vec()));
            assert!(b.input.data::<f32>().is_none());
        }
        Ok(all)
    };
    let alone = read(0)?;
    assert_ne!(alone[0].0, alone[4].0);
    assert_eq!(alone[3].0.len(), 2);
    let mut pixels = vec![0u8; size];
    let label = data.get(alone[1].0[0] as usize, &mut pixels)?;
    assert_eq!(alone[1].1[..size], pixels[..]);
    assert_eq!(alone[1].2[0], label.unwrap() as i32);
    for workers in [1, 2] {
        assert_eq!(read(workers)?, alone);
    }
    let mut loader =
        Loader::new(&context, &data, LoaderOptions { batch_size: 16, seed: 5, ..Default::default() })?;
    loader.seek(1, 2)?;
    assert_eq!(loader.next()?.indices, alone[6].0);
    assert_eq!(loader.seek(0, 4).unwrap_err().code, ErrorCode::InvalidArgument);
    Ok(())
}

#[test]
fn batches_as_the_model_takes_them() -> Result<()> {
    let context = context();
    let data = digits(&context, 8);
    let model = model(&context);
    let options = LoaderOptions { batch_size: 4, model: Some(&model), ..Default::default() };
    let mut loader = Loader::new(&context, &data, options)?;
    let batch = loader.next()?;
    let values = batch.input.data::<f32>().unwrap();
    assert_eq!(values.len(), 4 * model.input(0)?.shape.iter().product::<usize>());
    Ok(())
}

#[test]
fn a_training_does_not_depend_on_workers() {
    let train = |workers| {
        let context = context();
        let data = digits(&context, 50);
        let mut model = model(&context);
        let mut trainer = trainer(&mut model);
        trainer.fit(&data, None, Fit { epochs: 2, batch_size: 16, workers, ..Default::default() }).unwrap();
        let loss = trainer.progress().unwrap().loss;
        assert_eq!(trainer.next().is_err(), workers > 0);
        trainer.end_feed().unwrap();
        assert!(trainer.next().is_err());
        loss
    };
    assert_eq!(train(0), train(2));
}
