//! How those who published the networks of the zoo have trained them, as plain data.

use crate::error::call;
use crate::optimizer::{Optimizer, Schedule};
use crate::trainer::TrainerOptions;
use crate::Result;
use fovea_sys as sys;

/// Whose recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum RecipeName {
    LeNet5 = sys::FV_RECIPE_LENET5,
    KerasCnn = sys::FV_RECIPE_KERAS_CNN,
    AlexNet = sys::FV_RECIPE_ALEXNET,
    ZfNet = sys::FV_RECIPE_ZFNET,
    Vgg = sys::FV_RECIPE_VGG,
    GoogLeNet = sys::FV_RECIPE_GOOGLENET,
    /// On ImageNet.
    ResNet = sys::FV_RECIPE_RESNET,
    /// The same with the weight decay of 1e-5 that a lecture gives for the paper's 1e-4.
    ResNetLecture = sys::FV_RECIPE_RESNET_LECTURE,
    ResNetCifar = sys::FV_RECIPE_RESNET_CIFAR,
    ResNeXt = sys::FV_RECIPE_RESNEXT,
    DenseNet = sys::FV_RECIPE_DENSENET,
    SqueezeNet = sys::FV_RECIPE_SQUEEZENET,
    MobileNetV2 = sys::FV_RECIPE_MOBILENET_V2,
    /// No network of the zoo: dense layers with the usual dropout.
    Perceptron = sys::FV_RECIPE_PERCEPTRON,
}

/// What is subtracted from the images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mean {
    None,
    /// The training set's mean of each channel.
    Channel,
    /// Its mean image: of each channel of each pixel.
    Image,
}

/// What a source is silent about is 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    pub optimizer: Optimizer,
    pub nesterov: bool,
    pub batch_size: usize,
    pub epochs: usize,
    /// Of epochs; for [`Trainer::set_schedule`](crate::Trainer::set_schedule).
    pub schedule: Schedule<'static>,
    pub learning_rate: f64,
    pub momentum: f64,
    /// Weight decay: l2 / 2 * sum w^2.
    pub l2: f64,
    /// Rate of dropout on the input, of which the zoo's networks have none.
    pub input_dropout: f64,
    /// Of hidden layers: what the zoo's networks have by themselves.
    pub dropout: f64,
    /// Of the loss of each auxiliary head.
    pub head_weight: f64,
    pub mean: Mean,
    /// Every second image is mirrored left to right.
    pub flip: bool,
    /// First the shorter side is drawn from the one to the other, in pixels,
    pub resize: [usize; 2],
    /// or zeros are put around the image;
    pub crop_pad: usize,
    /// then a square of so many pixels a side is cut out anywhere,
    pub crop: usize,
    /// or a rectangle of so large a part of the image, made into that square,
    pub crop_area: [f64; 2],
    /// its longer side at most so many times its shorter.
    pub crop_aspect: f64,
    /// Deviation of the factors of the colours' principal components that are added to an image.
    pub color_noise: f64,
}

impl Recipe {
    pub fn new(name: RecipeName) -> Result<Self> {
        let mut r = sys::fv_recipe::default();
        call(|error| unsafe { sys::fv_zoo_recipe(name as i32, &mut r, error) })?;
        let pixels = |n: i32| n as usize;
        Ok(Recipe {
            optimizer: Optimizer::from_raw(r.optimizer),
            nesterov: r.nesterov != 0,
            batch_size: pixels(r.batch_size),
            epochs: pixels(r.epochs),
            // What the library holds for ever.
            schedule: unsafe { r.schedule.as_ref().map(|desc| Schedule::from_raw(desc)) }.unwrap_or_default(),
            learning_rate: r.learning_rate,
            momentum: r.momentum,
            l2: r.l2,
            input_dropout: r.input_dropout,
            dropout: r.dropout,
            head_weight: r.head_weight,
            mean: match r.mean {
                sys::FV_MEAN_CHANNEL => Mean::Channel,
                sys::FV_MEAN_IMAGE => Mean::Image,
                mean => {
                    debug_assert_eq!(mean, sys::FV_MEAN_NONE);
                    Mean::None
                }
            },
            flip: r.flip != 0,
            resize: r.resize.map(pixels),
            crop_pad: pixels(r.crop_pad),
            crop: pixels(r.crop),
            crop_area: r.crop_area,
            crop_aspect: r.crop_aspect,
            color_noise: r.color_noise,
        })
    }

    /// What of it a [`Trainer`](crate::Trainer) takes beside the optimizer.
    pub fn trainer(&self) -> TrainerOptions {
        TrainerOptions {
            nesterov: self.nesterov,
            learning_rate: self.learning_rate,
            momentum: self.momentum,
            l2: self.l2,
            ..Default::default()
        }
    }
}
