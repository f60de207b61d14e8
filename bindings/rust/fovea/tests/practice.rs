//! The learning-rate range test, mixup, penalties on outputs, and batch norm's statistics measured anew.

mod common;
use common::*;
use fovea::*;

fn with_batch_norm(context: &Context) -> Model {
    let mut g = Graph::new(context).unwrap();
    let x = g.input(Input { name: "image", shape: &[SIDE, SIDE, 1] });
    let x = g.batch_norm(x, BatchNorm { name: "norm", ..Default::default() });
    let x = g.flatten(x, Layer::default());
    let penalty = Regularizer { l1: 1e-3, ..Default::default() };
    let x = g.dense(x, Dense { units: 10, activity_regularizer: penalty, ..Default::default() });
    Model::new(&g, &[x], ModelOptions::default()).unwrap()
}

fn loss_after(options: TrainerOptions) -> f64 {
    let context = context();
    let data = digits(&context, 64);
    let mut model = with_batch_norm(&context);
    let mut trainer = Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, options).unwrap();
    trainer.fit(&data, None, Fit { epochs: 2, ..Default::default() }).unwrap();
    trainer.history().unwrap()[1].loss
}

#[test]
fn a_rate_is_found_and_the_trainer_stays() -> Result<()> {
    let context = context();
    let data = digits(&context, 64);
    let mut model = with_batch_norm(&context);
    let trainer =
        Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Sgd, TrainerOptions::default())?;
    let rate = trainer.learning_rate();
    let found = trainer
        .find_rate(&data, RateRange { lowest: 1e-4, highest: 1.0, steps: 20, ..Default::default() })?;
    assert!(found.points.len() > 10 && found.points.len() <= 20);
    assert!((found.points[0].rate - 1e-4).abs() < 1e-12);
    assert!(found.suggested < found.lowest_loss);
    assert_eq!(rate, trainer.learning_rate());
    let refused = trainer.find_rate(&data, RateRange { steps: 1, ..Default::default() });
    assert_eq!(refused.unwrap_err().code, ErrorCode::InvalidArgument);
    Ok(())
}

#[test]
fn mixing_and_shrinking_change_the_training() {
    let plain = loss_after(TrainerOptions::default());
    let mix = Mix { mixup: 0.4, cutmix: 1.0, probability: 0.0 };
    assert_ne!(plain, loss_after(TrainerOptions { mix, ..Default::default() }));
    assert_ne!(plain, loss_after(TrainerOptions { l1: 1e-3, proximal_l1: true, ..Default::default() }));
    assert_eq!(plain, loss_after(TrainerOptions::default()));
}

#[test]
fn batch_norm_is_measured_anew() -> Result<()> {
    let context = context();
    let data = digits(&context, 64);
    let mut model = with_batch_norm(&context);
    model.update_batch_norm(&data, BatchNormUpdate { batch_size: 64, ..Default::default() })?;
    let mut mean = [0f64];
    model.get_tensor("norm.running_mean", &mut mean)?;
    let (mut sum, mut pixels) = (0.0, [0u8; PIXELS]);
    for i in 0..64 {
        data.get(i, &mut pixels)?;
        sum += pixels.iter().map(|&p| f64::from(p)).sum::<f64>();
    }
    assert!((mean[0] - sum / (64 * PIXELS) as f64).abs() < 1e-3);
    Ok(())
}
