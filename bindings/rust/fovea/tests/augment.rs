//! Augmentation through the safe API.

use fovea::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

mod common;
use common::context;

fn picture() -> Vec<u8> {
    (0..12 * 16 * 3).map(|i| (i * 37 % 251) as u8).collect()
}

fn apply(augmentation: &Augmentation, pixels: &[u8], position: usize) -> Vec<u8> {
    let image = Tensor::new(pixels, &[12, 16, 3]).unwrap();
    let mut out = vec![0u8; pixels.len()];
    assert_eq!(augmentation.apply(image, 1, 0, position, &mut out).unwrap(), [12, 16, 3]);
    out
}

#[test]
fn a_flip_twice_is_the_identity() {
    let context = context();
    let flip = AugmentStep::new(AugmentKind::HorizontalFlip).probability(1.0);
    let augmentation = Augmentation::new(&context, &[flip], 1.0).unwrap();
    let pixels = picture();
    let flipped = apply(&augmentation, &pixels, 0);
    assert_ne!(flipped, pixels);
    assert_eq!(flipped[..3], pixels[45..48]);
    assert_eq!(apply(&augmentation, &flipped, 0), pixels);
}

#[test]
fn every_kind_can_be_told() {
    use AugmentKind::*;
    let context = context();
    let ranged = |kind, low, high| AugmentStep::new(kind).range(low, high);
    let steps = [
        AugmentStep::new(VerticalFlip),
        ranged(Rotation, -10.0, 10.0).interpolation(Interpolation::Bicubic).fill(FillMode::Reflect, 0.0),
        ranged(Shift, -2.0, 2.0).second_range(-1.0, 1.0).in_pixels().fill(FillMode::Wrap, 0.0),
        ranged(Shear, -5.0, 5.0).interpolation(Interpolation::Nearest),
        ranged(Zoom, 0.9, 1.1).fill(FillMode::Nearest, 0.0),
        ranged(Stretch, 0.9, 1.1).second_range(0.9, 1.1),
        AugmentStep::new(Perspective).range(0.0, 0.1),
        ranged(Lens, 0.0, 0.0),
        AugmentStep::new(Elastic).range(1.0, 2.0).second_range(2.0, 2.0),
        ranged(Brightness, 0.9, 1.1),
        ranged(Contrast, 0.9, 1.1),
        ranged(Saturation, 0.9, 1.1),
        ranged(Hue, -0.1, 0.1),
        ranged(Gamma, 0.9, 1.1),
        ranged(ChannelShift, -5.0, 5.0),
        AugmentStep::new(ColorOffset)
            .colors(ColorAxes { axes: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0], variances: [0.1; 3] }),
        AugmentStep::new(Grey),
        AugmentStep::new(Blur).size(3, 3),
        ranged(Noise, 0.0, 3.0),
        AugmentStep::new(Cutout).size(2, 2).fill(FillMode::Constant, 128.0),
        AugmentStep::new(Erasing).random_fill(),
        ranged(Sharpness, 0.5, 1.5),
        ranged(Posterize, 7.0, 8.0),
        ranged(Solarize, 250.0, 256.0),
        AugmentStep::new(AutoContrast),
        AugmentStep::new(Equalize).probability(0.0),
        AugmentStep::new(Invert),
        AugmentStep::new(RandAugment).policy(1, 0),
        AugmentStep::new(TrivialAugment),
        AugmentStep::new(Resize).size(24, 32),
        AugmentStep::new(ScaleCrop).range(22.0, 26.0).size(20, 20),
        AugmentStep::new(ResizedCrop).size(18, 18),
        AugmentStep::new(CenterCrop).size(16, 16),
        AugmentStep::new(Crop).size(14, 14).padding(1),
        AugmentStep::new(Rescale).range(1.0 / 255.0, 1.0 / 255.0),
    ];
    let augmentation = Augmentation::new(&context, &steps, 1.0).unwrap();
    assert_eq!(augmentation.shape([12, 16, 3]).unwrap(), [14, 14, 3]);
    let pixels = picture();
    let mut out = vec![-1f32; 14 * 14 * 3];
    let image = Tensor::new(&pixels, &[12, 16, 3]).unwrap();
    augmentation.apply(image, 1, 2, 3, &mut out).unwrap();
    assert!(out.iter().all(|&v| (0.0..=1.0).contains(&v)));

    let error = Augmentation::new(&context, &[AugmentStep::new(Rotation)], 1.0).unwrap_err();
    assert!(error.to_string().contains("step 0 (rotation) needs a range"), "{error}");
}

#[test]
fn a_dataset_is_augmented_and_its_colors_are_fitted() {
    let context = context();
    let (pixels, labels) = (picture(), [0i32; 4]);
    let samples = Tensor::new(&pixels, &[4, 4, 12, 3]).unwrap();
    let memory = MemoryDataset::with_labels(samples, Tensor::vector(&labels));
    let data = Dataset::from_memory(&context, memory).unwrap();
    let colors = ColorAxes::fit(&data, 0, 1.0).unwrap();
    assert!(colors.variances[0] >= colors.variances[1] && colors.variances[2] >= 0.0);
    let steps = [AugmentStep::new(AugmentKind::ColorOffset).colors(colors)];
    let augmented = data.augment(&Augmentation::new(&context, &steps, 1.0).unwrap()).unwrap();
    let info = augmented.info().unwrap();
    assert_eq!(info.shape, [4, 12, 3]);
    assert_ne!(info.fingerprint, data.info().unwrap().fingerprint);
    let (mut one, mut again) = (vec![0u8; 144], vec![0u8; 144]);
    augmented.get(2, &mut one).unwrap();
    augmented.get(2, &mut again).unwrap();
    assert_eq!(one, again);
}

#[test]
fn callbacks_run_fail_and_are_dropped() {
    let context = context();
    let (calls, alive) = (Arc::new(AtomicUsize::new(0)), Arc::new(()));
    let (counted, held) = (calls.clone(), alive.clone());
    let step = AugmentStep::callback("brighter", move |shape, pixels, _| {
        let _ = &held;
        assert_eq!(shape, [12, 16, 3]);
        match pixels {
            Pixels::U8(values) if counted.fetch_add(1, Ordering::Relaxed) == 0 => values[0] = 255,
            Pixels::U8(values) if values[0] == 1 => panic!("no"),
            _ => {
                let message = "not this one".into();
                return Err(Error { code: ErrorCode::InvalidArgument, node: None, message });
            }
        }
        Ok(())
    });
    let augmentation = Augmentation::new(&context, std::slice::from_ref(&step), 1.0).unwrap();
    let mut pixels = picture();
    assert_eq!(apply(&augmentation, &pixels, 0)[0], 255);
    let refused = |pixels: &[u8]| {
        let image = Tensor::new(pixels, &[12, 16, 3]).unwrap();
        augmentation.apply(image, 0, 0, 0, &mut vec![0u8; pixels.len()]).unwrap_err()
    };
    let error = refused(&pixels);
    assert!(
        error.code == ErrorCode::InvalidArgument && error.to_string().contains("not this one"),
        "{error}"
    );
    pixels[0] = 1;
    assert_eq!(refused(&pixels).code, ErrorCode::Internal);

    let keras = ImageDataGenerator { preprocessing_function: Some(step), ..Default::default() };
    drop(Augmentation::from_keras(&context, &keras).unwrap());
    drop((keras, augmentation));
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn groups_are_about_the_steps_behind_them() {
    let (context, pixels) = (context(), picture());
    let invert = || AugmentStep::new(AugmentKind::Invert);
    let inverted = apply(&Augmentation::new(&context, &[invert()], 1.0).unwrap(), &pixels, 0);
    for kind in [AugmentKind::RandomApply, AugmentKind::RandomChoice, AugmentKind::RandomOrder] {
        let steps = [AugmentStep::new(kind).count(1).probability(1.0), invert()];
        let group = Augmentation::new(&context, &steps, 1.0).unwrap();
        assert_eq!(apply(&group, &pixels, 0), inverted);
    }
}

#[test]
fn keras_names_are_known() {
    let context = context();
    let options = ImageDataGenerator {
        rotation_range: 20.0,
        width_shift_range: 0.1,
        height_shift_range: 2.0,
        brightness_range: Some((0.8, 1.2)),
        shear_range: 5.0,
        zoom_range: Some((0.9, 1.1)),
        channel_shift_range: 10.0,
        fill_mode: FillMode::Reflect,
        horizontal_flip: true,
        vertical_flip: true,
        ..Default::default()
    };
    let pixels = picture();
    let augmentation = Augmentation::from_keras(&context, &options).unwrap();
    assert_ne!(apply(&augmentation, &pixels, 0), apply(&augmentation, &pixels, 1));
    let nothing = Augmentation::from_keras(&context, &Default::default()).unwrap();
    assert_eq!(apply(&nothing, &pixels, 0), pixels);
    let wrong = ImageDataGenerator { zoom_range: Some((2.0, 1.0)), ..Default::default() };
    assert!(Augmentation::from_keras(&context, &wrong).is_err());
}

#[test]
fn a_contact_sheet_is_drawn() {
    let context = context();
    let steps = [AugmentStep::new(AugmentKind::Rotation).range(-30.0, 30.0)];
    let augmentation = Augmentation::new(&context, &steps, 1.0).unwrap();
    let path = std::env::temp_dir().join(format!("fovea-sheet-{}.png", std::process::id()));
    let pixels = picture();
    let sheet = ContactSheet { count: 6, columns: 3, ..Default::default() };
    augmentation.contact_sheet(Tensor::new(&pixels, &[12, 16, 3]).unwrap(), sheet, &path).unwrap();
    let file = std::fs::read(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    assert!(file.starts_with(b"\x89PNG"));
}
