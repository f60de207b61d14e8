/* How the networks were trained: each constant as its source has it. What a source does not say is left out,
 * except where the remark names another source. */
#include "zoo/zoo.h"

/* Of Krizhevsky et al. 2012, section 4.1, and after it most: a 224x224 part of an image whose shorter side is
 * 256, mirrored or not. */
#define IMAGENET_CROP .flip = 1, .resize = {256, 256}, .crop = 224
/* Of Szegedy et al. 2015, section 6: 8 % to 100 % of the image, of any aspect from 3/4 to 4/3. */
#define INCEPTION_CROP .flip = 1, .crop = 224, .crop_area = {0.08, 1}, .crop_aspect = 4.0 / 3

#define STEPS(epochs, factor) FV_SCHEDULE(.schedule = FV_SCHEDULE_STEP, .period = epochs, .gamma = factor)
#define PLATEAU                                                                               \
  FV_SCHEDULE(.schedule = FV_SCHEDULE_PLATEAU, .gamma = 0.1, .monitor = FV_MONITOR_VAL_ACCURACY, \
              .patience = 10)
#define MILESTONES(count, ...)                                                \
  FV_SCHEDULE(.schedule = FV_SCHEDULE_MULTI_STEP, .gamma = 0.1, .milestone_count = count, \
              .milestones = (const int64_t[]){__VA_ARGS__})

/* He et al. 2016, section 3.4: 600,000 steps. The rate goes down "when the error plateaus"; 10 epochs are
 * PyTorch's. The mean is of each channel as in fb.resnet.torch, in the paper of each pixel. */
#define RESNET                                                                                             \
  .optimizer = FV_OPT_SGD, .batch_size = 256, .epochs = 120, .schedule = PLATEAU, .learning_rate = 0.1, \
  .momentum = 0.9, .mean = FV_MEAN_CHANNEL,                                                                \
  .flip = 1, .resize = {256, 480}, .crop = 224, .color_noise = 0.1

static const fv_recipe kRecipes[] = {
    /* LeCun et al. 1998 took second derivatives for the rates; this gives 98.9 % of MNIST's test images in
     * six epochs with plain SGD. */
    [FV_RECIPE_LENET5] = {.optimizer = FV_OPT_SGD,
                          .batch_size = 64,
                          .epochs = 6,
                          .schedule = STEPS(1, 0.5),
                          .learning_rate = 0.05,
                          .momentum = 0.9},
    /* The Keras documentation's examples: batch and epochs of mnist_cnn, Adam of the newer one. */
    [FV_RECIPE_KERAS_CNN] =
        {.optimizer = FV_OPT_ADAM, .batch_size = 128, .epochs = 12, .learning_rate = 0.001, .dropout = 0.5},
    /* Krizhevsky et al. 2012, sections 4 and 5. "Divided by 10 when the validation error stopped improving",
     * by hand; 10 epochs are PyTorch's. */
    [FV_RECIPE_ALEXNET] = {.optimizer = FV_OPT_SGD,
                           .batch_size = 128,
                           .epochs = 90,
                           .schedule = PLATEAU,
                           .learning_rate = 0.01,
                           .momentum = 0.9,
                           .l2 = 5e-4,
                           .dropout = 0.5,
                           .mean = FV_MEAN_IMAGE,
                           IMAGENET_CROP,
                           .color_noise = 0.1},
    /* Zeiler and Fergus 2014, section 3: as AlexNet, with neither weight decay nor colours. */
    [FV_RECIPE_ZFNET] = {.optimizer = FV_OPT_SGD,
                         .batch_size = 128,
                         .epochs = 70,
                         .schedule = PLATEAU,
                         .learning_rate = 0.01,
                         .momentum = 0.9,
                         .dropout = 0.5,
                         .mean = FV_MEAN_IMAGE,
                         IMAGENET_CROP},
    /* Simonyan and Zisserman 2015, section 3.1. */
    [FV_RECIPE_VGG] = {.optimizer = FV_OPT_SGD,
                       .batch_size = 256,
                       .epochs = 74,
                       .schedule = PLATEAU,
                       .learning_rate = 0.01,
                       .momentum = 0.9,
                       .l2 = 5e-4,
                       .dropout = 0.5,
                       .mean = FV_MEAN_CHANNEL,
                       .flip = 1,
                       .resize = {256, 512},
                       .crop = 224,
                       .color_noise = 0.1},
    /* Szegedy et al. 2015, sections 5 and 6: 4 % less every 8 epochs. Batch, rate and weight decay are those
     * of Caffe's model (quick_solver). */
    [FV_RECIPE_GOOGLENET] = {.optimizer = FV_OPT_SGD,
                             .batch_size = 32,
                             .schedule = STEPS(8, 0.96),
                             .learning_rate = 0.01,
                             .momentum = 0.9,
                             .l2 = 2e-4,
                             .dropout = 0.4,
                             .head_weight = 0.3,
                             .mean = FV_MEAN_CHANNEL,
                             INCEPTION_CROP},
    [FV_RECIPE_RESNET] = {RESNET, .l2 = 1e-4},
    [FV_RECIPE_RESNET_LECTURE] = {RESNET, .l2 = 1e-5},
    /* He et al. 2016, section 4.2: 32,000, 48,000 and 64,000 steps. Depth 110 begins at a rate of 0.01, until
     * the training error is below 80 %. */
    [FV_RECIPE_RESNET_CIFAR] = {.optimizer = FV_OPT_SGD,
                                .batch_size = 128,
                                .epochs = 164,
                                .schedule = MILESTONES(2, 82, 123),
                                .learning_rate = 0.1,
                                .momentum = 0.9,
                                .l2 = 1e-4,
                                .mean = FV_MEAN_IMAGE,
                                .flip = 1,
                                .crop_pad = 4,
                                .crop = 32},
    /* Xie et al. 2017, section 4, and what it refers to (fb.resnet.torch). */
    [FV_RECIPE_RESNEXT] = {.optimizer = FV_OPT_SGD,
                           .batch_size = 256,
                           .schedule = MILESTONES(3, 30, 60, 90),
                           .learning_rate = 0.1,
                           .momentum = 0.9,
                           .l2 = 1e-4,
                           .mean = FV_MEAN_CHANNEL,
                           INCEPTION_CROP},
    /* Huang et al. 2017, section 4.2. */
    [FV_RECIPE_DENSENET] = {.optimizer = FV_OPT_SGD,
                            .nesterov = 1,
                            .batch_size = 256,
                            .epochs = 90,
                            .schedule = MILESTONES(2, 30, 60),
                            .learning_rate = 0.1,
                            .momentum = 0.9,
                            .l2 = 1e-4,
                            .mean = FV_MEAN_CHANNEL,
                            INCEPTION_CROP},
    /* Iandola et al. 2016, its authors' solver: 170,000 steps. */
    [FV_RECIPE_SQUEEZENET] = {.optimizer = FV_OPT_SGD,
                              .batch_size = 512,
                              .epochs = 68,
                              .schedule = FV_SCHEDULE(.schedule = FV_SCHEDULE_POLYNOMIAL, .total = 68),
                              .learning_rate = 0.04,
                              .momentum = 0.9,
                              .l2 = 2e-4,
                              .dropout = 0.5,
                              .mean = FV_MEAN_CHANNEL,
                              IMAGENET_CROP},
    /* Sandler et al. 2018, section 6.1, with SGD (torchvision) for RMSProp. */
    [FV_RECIPE_MOBILENET_V2] = {.optimizer = FV_OPT_SGD,
                                .batch_size = 96,
                                .epochs = 300,
                                .schedule = STEPS(1, 0.98),
                                .learning_rate = 0.045,
                                .momentum = 0.9,
                                .l2 = 4e-5,
                                .dropout = 0.2,
                                .mean = FV_MEAN_CHANNEL,
                                INCEPTION_CROP},
    /* Srivastava et al. 2014, appendix A.4: 0.2 and 0.5; the rest a lecture's for MNIST. */
    [FV_RECIPE_PERCEPTRON] = {.optimizer = FV_OPT_SGD,
                              .batch_size = 100,
                              .epochs = 200,
                              .learning_rate = 0.001,
                              .momentum = 0.9,
                              .input_dropout = 0.2,
                              .dropout = 0.5},
};

const fv_recipe *fovea_zoo_recipe(fv_recipe_name name) {
  const int32_t count = (int32_t)(sizeof kRecipes / sizeof *kRecipes);
  return name >= FV_RECIPE_LENET5 && name < count ? &kRecipes[name] : NULL;
}
