/* Augmentation: images changed at random, so that a network sees each of them in many ways.
 *
 *   const fv_augment_desc *const steps[] = {
 *       FV_AUGMENT(.step = FV_AUGMENT_CROP, .size = {32, 32}, .padding = 4),
 *       FV_AUGMENT(.step = FV_AUGMENT_HORIZONTAL_FLIP),
 *       FV_AUGMENT(.step = FV_AUGMENT_ROTATION, .low = -10, .high = 10)};
 *   fv_augmentation *augmentation;
 *   TRY(fv_augmentation_create(context, steps, 3, NULL, &augmentation, &err));
 *   TRY(fv_dataset_augment(train, augmentation, &augmented, &err));
 *   TRY(fv_trainer_fit(trainer, augmented, validation, ...));
 *
 * An image is a tensor [height][width][channels] of u8 or f32 with 1 to 4 channels. Bytes stay bytes: every
 * step rounds to nearest and saturates. COLOR_OFFSET is for RGB; SATURATION, HUE, GREY and the two policies
 * are, too, but images of one channel pass what is for colors as they are.
 * What changes colors leaves alpha alone, the last of two or four channels; BLUR and SHARPNESS do not, and
 * what fills with fill_value (CUTOUT, ERASING, a border) fills alpha with it too.
 *
 * A chain of geometric steps (ROTATION to ELASTIC, with flips between them) of one `interpolation` and `fill`
 * is composed first and resamples the image once, as far as the size does not change between them.
 *
 * Randomness: what happens to an image depends on the training's seed, the epoch, the image's position in
 * the epoch and the number of the step alone, so it is the same for any number of threads and in a resumed
 * training. Each step draws from a stream of its own (Philox4x32-10, counter {block, position, epoch, 10 <<
 * 24 | step}): a number in [0, 1) that decides whether it is done (where below `probability`), then its
 * values in the order in which the step's comment names them. A value of a range is low + (high - low) * u,
 * u of the 53 upper bits of two words; a whole number below n takes a word (Lemire 2019), a normal number two
 * (Box and Muller 1958, the first of the pair). The fields of ELASTIC (two numbers for each pixel: to the
 * right, down), NOISE and random_fill are the words from block 2^24 on.
 *
 * Mixup and cutmix join several samples of a batch, labels too: they are the trainer's (fv_mix_desc).
 * Validation and test data are not augmented. Since 0.1.
 */
#ifndef FOVEA_AUGMENT_H
#define FOVEA_AUGMENT_H

#include <fovea/base.h>
#include <fovea/context.h>
#include <fovea/dataset.h>
#include <fovea/image.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a step does. "range" is low to high, "second range" second_low to second_high; a number in brackets is
 * the default of a range that is all zero, and one without default is required. */
typedef int32_t fv_augment_step;
enum {
  FV_AUGMENT_HORIZONTAL_FLIP = 1, /* left to right; probability [0.5] */
  FV_AUGMENT_VERTICAL_FLIP = 2,   /* top to bottom; probability [0.5] */
  FV_AUGMENT_CROP = 3,            /* a window of `size` at a random place, after `padding` pixels of fill on
                                     each side; draws left, top. A smaller image is padded on both sides */
  FV_AUGMENT_CENTER_CROP = 4,     /* the window of `size` in the middle; a smaller image is padded */
  FV_AUGMENT_RESIZE = 5,          /* to size {height, width}; {s}: the shorter side to s, the other in
                                     proportion, rounded down (torchvision) */
  FV_AUGMENT_SCALE_CROP = 6,      /* the shorter side to a whole number of the range [256, 480], then a window
                                     of `size` [224 x 224] at a random place (ResNet), resampled once; draws
                                     the side, left, top */
  FV_AUGMENT_RESIZED_CROP = 7,    /* a window with a share of the area of the range [0.08, 1] and width /
                                     height in the second range [3/4, 4/3], resized to `size` (GoogLeNet,
                                     torchvision's RandomResizedCrop): up to ten times draws area and the
                                     logarithm of the ratio, until the window, its sides rounded, fits in,
                                     then left, top; else the largest window in the middle of an allowed
                                     ratio */
  FV_AUGMENT_ROTATION = 8,        /* by degrees of the range, counterclockwise, about the middle */
  FV_AUGMENT_SHIFT = 9,           /* to the right by the range, down by the second range [0], in shares of
                                     width and height, or with `pixels` in pixels */
  FV_AUGMENT_SHEAR = 10,          /* by angles in degrees: horizontally of the range, vertically of the second
                                     [0]; torchvision's shear */
  FV_AUGMENT_ZOOM = 11,           /* the view becomes a factor of the range as large, as Keras counts: 0.8
                                     shows the middle four fifths, enlarged */
  FV_AUGMENT_STRETCH = 12,        /* likewise, width of the range, height of the second [1] */
  FV_AUGMENT_PERSPECTIVE = 13,    /* each corner moves inwards by shares of half the width and half the height
                                     of the range [0, 0.5]; draws x, y of the upper left, upper right, lower
                                     right, lower left one */
  FV_AUGMENT_LENS = 14,           /* what is at r from the middle comes from r (1 + k1 r^2 + k2 r^4), r in
                                     units of half the diagonal; k1 of the range: above 0 barrel, below 0
                                     pincushion; k2 of the second [0] */
  FV_AUGMENT_ELASTIC = 15,        /* each pixel comes from beside itself: displacements uniform in [-1, 1],
                                     smoothed by a Gaussian of sigma pixels, second range [4], times alpha,
                                     range [34] (Simard et al. 2003) */
  FV_AUGMENT_BRIGHTNESS = 16,     /* values times a factor of the range */
  FV_AUGMENT_CONTRAST = 17,       /* the distance from the mean grey level times a factor */
  FV_AUGMENT_SATURATION = 18,     /* the distance from the pixel's own grey level times a factor */
  FV_AUGMENT_HUE = 19,            /* turned by a share of the circle, within [-0.5, 0.5] */
  FV_AUGMENT_GAMMA = 20,          /* white * (x / white)^gamma */
  FV_AUGMENT_CHANNEL_SHIFT = 21,  /* one number of the range is added to all values, bounded by the image's
                                     own least and largest (Keras) */
  FV_AUGMENT_COLOR_OFFSET = 22,   /* white * (axes * (alpha_i variances_i)) is added to every pixel, alpha_i
                                     normal with a deviation of the range [0.1, 0.1] (Krizhevsky 2012); draws
                                     the deviation, alpha of each axis of `colors` */
  FV_AUGMENT_GREY = 23,           /* all channels become the grey level 0.299 R + 0.587 G + 0.114 B;
                                     probability [0.1] */
  FV_AUGMENT_BLUR = 24,           /* by a Gaussian with sigma pixels of the range [0.1, 2], `size` [what holds
                                     3 sigma] pixels wide, the image mirrored about its outermost pixels */
  FV_AUGMENT_NOISE = 25,          /* normal noise with a deviation of the range is added to every value */
  FV_AUGMENT_CUTOUT = 26,         /* a window of `size` becomes fill_value (DeVries and Taylor 2017, whose
                                     windows may hang over the edge: this one lies inside); draws left, top */
  FV_AUGMENT_ERASING = 27,        /* likewise a window with a share of the area of the range [0.02, 0.33] and
                                     height / width in the second [0.3, 3.3] (Zhong et al. 2020), drawn as
                                     RESIZED_CROP's; with random_fill every value is drawn; probability [0.5].
                                     Nothing happens where none of ten windows fits */
  FV_AUGMENT_SHARPNESS = 28,      /* the distance from a smoothed image times a factor of the range */
  FV_AUGMENT_POSTERIZE = 29,      /* only the upper bits of 8 are kept, as many as the range says, rounded
                                     down */
  FV_AUGMENT_SOLARIZE = 30,       /* values of the range (grey levels of 255) and above become white - x */
  FV_AUGMENT_AUTO_CONTRAST = 31,  /* each channel stretched to 0 ... white */
  FV_AUGMENT_EQUALIZE = 32,       /* each channel's histogram made flat, as PIL does */
  FV_AUGMENT_INVERT = 33,         /* white - x */
  FV_AUGMENT_RAND_AUGMENT = 34,   /* `count` [2] steps of torchvision's list, each drawn, all with the
                                     magnitude `magnitude` [9] of 0 to 30 (Cubuk et al. 2020); draws the
                                     step's number, then where it has one the sign, then what the step itself
                                     draws: for a range a word, also where it has one value only */
  FV_AUGMENT_TRIVIAL_AUGMENT = 35, /* one step of the wide list, with a random magnitude of 0 to 30 (Mueller
                                     and Hutter 2021); draws its number, the magnitude, the sign, and as
                                     RAND_AUGMENT's */
  FV_AUGMENT_RESCALE = 36,        /* values times `low`, as f32; the dataset's element type changes. It is not
                                     done to validation and inference: the model's transform is for all */
  FV_AUGMENT_CALLBACK = 37,       /* the host's own, `function` */
  FV_AUGMENT_RANDOM_APPLY = 38,   /* the `count` steps after this one are done, each with its probability, or
                                     left out together; probability [0.5]. This and the next two hold no other
                                     such group, nothing that changes the size, and no RESCALE */
  FV_AUGMENT_RANDOM_CHOICE = 39,  /* one of the `count` steps after this one, each as likely as the others;
                                     draws its number */
  FV_AUGMENT_RANDOM_ORDER = 40    /* the `count` steps after this one in an order that is drawn (Fisher and
                                     Yates, from the last to the second: a place up to it) */
};

/* What is beside the image a b c d. */
typedef int32_t fv_fill_mode;
enum {
  FV_FILL_CONSTANT = 0, /* v v v | a b c d | v v v: fill_value */
  FV_FILL_NEAREST = 1,  /* a a a | a b c d | d d d */
  FV_FILL_REFLECT = 2,  /* c b a | a b c d | d c b */
  FV_FILL_WRAP = 3      /* b c d | a b c d | a b c */
};

/* The principal axes of a training set's colors. Frozen. */
typedef struct fv_color_axes {
  double axes[9];      /* [channel][axis]: unit vectors are its columns */
  double variances[3]; /* along the axes, of values in units of white; the largest first */
} fv_color_axes;

/* Changes `image` in place: data, dtype and shape are given, and stay. `random` is drawn for this image, to
 * seed a generator of your own. Runs on the threads of the context and on workers (fv_feed_desc), several at
 * once with the same `user`, in the library's floating-point mode; must not throw. FV_OK, or a status with
 * which the call that wanted the image fails; error->message, one line, goes into its message. The same
 * image and `random` must give the same result. */
typedef fv_status (*fv_augment_fn)(void *user, fv_buffer *image, uint64_t random, fv_error *error);

/* A step. Fields that it has no use for must be 0. */
typedef struct fv_augment_desc {
  uint32_t struct_size;
  fv_augment_step step;      /* required */
  double probability;        /* of being done; 0: 1, or as the step says; FV_ZERO: never */
  double low;                /* a range whose two ends are 0 is the default; FV_ZERO is 0 */
  double high;
  double second_low;
  double second_high;
  int64_t size[2];           /* {height, width} in pixels; {s}: a square */
  int64_t padding;           /* CROP */
  fv_interpolation interpolation; /* of the geometric steps and the policies (not AREA), of resizing */
  fv_fill_mode fill_mode;    /* of CROP, CENTER_CROP, the geometric steps and the policies */
  double fill_value;         /* in the image's own unit; CUTOUT and ERASING too */
  int32_t pixels;            /* SHIFT: 1: its ranges are pixels */
  int32_t random_fill;       /* ERASING: 1: values are drawn, uniform up to white */
  int32_t count;             /* RAND_AUGMENT, RANDOM_APPLY, RANDOM_CHOICE, RANDOM_ORDER */
  int32_t magnitude;         /* RAND_AUGMENT; -1: 0 */
  fv_color_axes colors;      /* COLOR_OFFSET; all zero: those of ImageNet */
  fv_augment_fn function;    /* CALLBACK */
  void *user;
  fv_drop_fn drop;           /* called once, when the function is no longer needed, also if creation fails */
  const char *name;          /* CALLBACK; NULL: "callback". Part of the dataset's fingerprint */
} fv_augment_desc;
#define FV_AUGMENT(...) (&(const fv_augment_desc){.struct_size = sizeof(fv_augment_desc), __VA_ARGS__})

typedef struct fv_augmentation_desc {
  uint32_t struct_size;
  int32_t reserved;
  double white; /* the value of white in f32 images; 0: 1. That of u8 images is 255 */
} fv_augmentation_desc;
#define FV_AUGMENTATION(...) \
  (&(const fv_augmentation_desc){.struct_size = sizeof(fv_augmentation_desc), __VA_ARGS__})

/* An immutable pipeline of `count` steps, up to 64, done in that order.
 * Errors: INVALID_ARGUMENT (the message has the step's number and name), OUT_OF_MEMORY. Threads: any. */
FV_API fv_status fv_augmentation_create(fv_context *context, const fv_augment_desc *const *steps,
                                        size_t count, const fv_augmentation_desc *desc,
                                        fv_augmentation **augmentation, fv_error *error);
FV_API void fv_augmentation_destroy(fv_augmentation *augmentation);

/* The arguments of Keras's ImageDataGenerator, by their names and with their defaults. */
typedef struct fv_image_data_generator_desc {
  uint32_t struct_size;
  int32_t horizontal_flip;
  double rotation_range;       /* degrees: uniform in [-range, range] */
  double width_shift_range;    /* below 1: a share of the width; else pixels */
  double height_shift_range;
  double brightness_range[2];  /* factors; {0, 0}: none */
  double shear_range;          /* degrees; Keras's shear: y' = -sin(a), x' = cos(a) */
  double zoom_range[2];        /* {z, 0}: [1 - z, 1 + z]; else [low, high]; both sides drawn apart */
  double channel_shift_range;
  const char *fill_mode;       /* "nearest", "constant", "reflect", "wrap"; NULL: "nearest" */
  double cval;
  int32_t vertical_flip;
  int32_t reserved;
  double rescale;              /* 0: none; else the result is f32 */
  fv_augment_fn preprocessing_function; /* after the others, before rescale */
  void *user;
  fv_drop_fn drop;
  const char *data_format;     /* NULL or "channels_last" */
  int32_t featurewise_center;  /* These are the model's, so that inference has them too: fitted by */
  int32_t samplewise_center;   /* fv_transform_fit and given to the model. Here they are refused with */
  int32_t featurewise_std_normalization; /* UNSUPPORTED and a message that says so. */
  int32_t samplewise_std_normalization;
  int32_t zca_whitening;
  int32_t reserved2;
  double zca_epsilon;          /* read with zca_whitening only */
  double white;                /* the value of white in f32 images; 0: 255, as Keras's are until rescale */
} fv_image_data_generator_desc;
#define FV_IMAGE_DATA_GENERATOR(...) \
  (&(const fv_image_data_generator_desc){.struct_size = sizeof(fv_image_data_generator_desc), __VA_ARGS__})

/* The pipeline of that generator: rotation, shift, shear and zoom composed in Keras's order, then channel
 * shift, flips, brightness, preprocessing_function, rescale. Errors: INVALID_ARGUMENT, UNSUPPORTED (a
 * normalisation switch, "channels_first"), OUT_OF_MEMORY. Threads: any. */
FV_API fv_status fv_augmentation_from_keras(fv_context *context, const fv_image_data_generator_desc *desc,
                                            fv_augmentation **augmentation, fv_error *error);

/* What the pipeline makes of an image as the training with `seed` has it at `position` of `epoch`. `out` has
 * the shape of fv_augmentation_shape, and the image's type (f32 after RESCALE), which out->dtype must be or
 * 0. Errors: INVALID_ARGUMENT (no image, too little room), those of a callback, OUT_OF_MEMORY. Threads:
 * shared. */
FV_API fv_status fv_augmentation_apply(const fv_augmentation *augmentation, const fv_tensor *image,
                                       uint64_t seed, int64_t epoch, int64_t position, fv_buffer *out,
                                       fv_error *error);

/* The shape that images of `shape`, {height, width, channels}, come out with. Threads: shared. */
FV_API fv_status fv_augmentation_shape(const fv_augmentation *augmentation, const int64_t *shape,
                                       int64_t *result, fv_error *error);

typedef struct fv_contact_sheet_desc {
  uint32_t struct_size;
  int32_t count;    /* of images, 1 to 10000; 0: 16 */
  int32_t columns;  /* 0: about as many as rows */
  int32_t zoom;     /* as fv_grid_desc */
  uint64_t seed;
} fv_contact_sheet_desc;
#define FV_CONTACT_SHEET(...) \
  (&(const fv_contact_sheet_desc){.struct_size = sizeof(fv_contact_sheet_desc), __VA_ARGS__})

/* Draws one image as the pipeline makes it at positions 0, 1, 2, ... of an epoch, as a grid in a PNG file at
 * `path`, for a person to look at. Errors: as fv_augmentation_apply and fv_picture_grid. Threads: shared. */
FV_API fv_status fv_augmentation_contact_sheet(const fv_augmentation *augmentation, const fv_tensor *image,
                                               const fv_contact_sheet_desc *desc, const char *path,
                                               fv_error *error);

/* The axes of the colors of a dataset's RGB images: of up to max_samples (0: all) of them, spread evenly.
 * `white` as fv_augmentation_desc's. Errors: INVALID_ARGUMENT (no RGB images, a test set), what reading
 * raises, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_augmentation_fit_colors(const fv_dataset *dataset, int64_t max_samples, double white,
                                            fv_color_axes *colors, fv_error *error);

/* The images of `dataset` as the pipeline makes them: drawn anew in every epoch of a training; read
 * otherwise, sample i is always that of seed 0, epoch 0, position i. Its fingerprint is that of the dataset
 * and of the pipeline. Errors: INVALID_ARGUMENT (samples are no images of u8 or f32; channels that a step
 * cannot serve), OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_dataset_augment(const fv_dataset *dataset, const fv_augmentation *augmentation,
                                    fv_dataset **augmented, fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
