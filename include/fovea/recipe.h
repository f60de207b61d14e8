/* Recipes: how those who published the networks of the zoo have trained them, as plain data to apply to
 * fv_trainer_desc, fv_fit_desc and the input. Where a source is silent a field is 0, which never stands for
 * zero here (nor for the one epoch that fv_fit_desc takes it for). The table with the source of each
 * constant is lib/zoo/recipes.c.
 *
 *   fv_recipe r = {.struct_size = sizeof r};
 *   fv_zoo_recipe(FV_RECIPE_RESNET, &r, &error);
 *   fv_trainer_create(model, FV_TRAINER(.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = r.optimizer,
 *                                       .nesterov = r.nesterov, .learning_rate = r.learning_rate,
 *                                       .momentum = r.momentum, .l2 = r.l2,
 *                                       .schedule = r.schedule), &trainer, &error);
 *
 * The rest is for the host to do: changing the images. /
 */
#ifndef FOVEA_RECIPE_H
#define FOVEA_RECIPE_H

#include <fovea/trainer.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t fv_recipe_name;
enum {
  FV_RECIPE_LENET5 = 1,
  FV_RECIPE_KERAS_CNN = 2,
  FV_RECIPE_ALEXNET = 3,
  FV_RECIPE_ZFNET = 4,
  FV_RECIPE_VGG = 5,
  FV_RECIPE_GOOGLENET = 6,
  FV_RECIPE_RESNET = 7, /* on ImageNet */
  FV_RECIPE_RESNET_LECTURE =
      8, /* the same with the weight decay of 1e-5 that a lecture gives for the paper's 1e-4 */
  FV_RECIPE_RESNET_CIFAR = 9,
  FV_RECIPE_RESNEXT = 10,
  FV_RECIPE_DENSENET = 11,
  FV_RECIPE_SQUEEZENET = 12,
  FV_RECIPE_MOBILENET_V2 = 13,
  FV_RECIPE_PERCEPTRON = 14 /* no network of the zoo: dense layers with the usual dropout */
};

/* What is subtracted from the images. */
typedef int32_t fv_mean;
enum {
  FV_MEAN_NONE = 0,
  FV_MEAN_CHANNEL = 1, /* the training set's mean of each channel */
  FV_MEAN_IMAGE = 2    /* its mean image: of each channel of each pixel */
};

typedef struct fv_recipe {
  uint32_t struct_size; /* to be set by the caller */
  fv_optimizer optimizer;
  int32_t nesterov;
  int32_t batch_size;
  int32_t epochs;
  int32_t reserved;
  const fv_schedule_desc *schedule; /* of epochs, from 0; NULL: the rate stays. Lent for ever */
  double learning_rate;
  double momentum; /* 0.8 to 0.9 as a rule */
  double l2;       /* weight decay: as fv_trainer_desc's, l2 / 2 * sum w^2 */
  double input_dropout;   /* rate of dropout on the input, of which the zoo's networks have none */
  double dropout;         /* of hidden layers: what fv_zoo_desc's networks have by themselves */
  double head_weight;     /* of the loss of each auxiliary head */
  fv_mean mean;
  int32_t flip;        /* 1: an image is mirrored left to right with probability 1/2 */
  int32_t resize[2];   /* first the shorter side is drawn from resize[0] to resize[1] pixels */
  int32_t crop_pad;    /* or zeros are put around the image */
  int32_t crop;        /* then a square of so many pixels a side is cut out anywhere */
  double crop_area[2]; /* or a rectangle of so large a part of the image, made into that square; */
  double crop_aspect;  /*    its longer side at most so many times its shorter */
  double color_noise;  /* deviation of the factors of the colours' principal components that are added to an
                          image; Krizhevsky et al. 2012, section 4.1 */
} fv_recipe;

/* Fills `recipe`. Errors: INVALID_ARGUMENT (no such recipe). Threads: any. */
FV_API fv_status fv_zoo_recipe(fv_recipe_name name, fv_recipe *recipe, fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
