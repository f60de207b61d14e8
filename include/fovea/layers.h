/* Layers: one function and one descriptor for each. All are node functions as graph.h says: they return
 * the new node, or FV_NODE_INVALID when an argument makes no sense (the graph keeps the error).
 *
 * Shapes are those of one sample; the batch is implied and in front. H x W x C is height, width, channels.
 * Every descriptor has a `name`: names must be unique in a graph; NULL lets the graph number the kind
 * ("conv2d_1"). Parameters are called name.kernel and so on. Threads: exclusive on the graph, for all.
 */
#ifndef FOVEA_LAYERS_H
#define FOVEA_LAYERS_H

#include <fovea/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Elementwise activations, as layers of their own (below, with their sources) or as the `activation` of
 * another layer, which then has no output of its own in front of it and costs less. In the field the ones
 * with a constant take its default. sigmoid(x) = 1 / (1 + exp(-x)). */
typedef int32_t fv_activation;
enum {
  FV_ACT_LINEAR = 0,        /* x */
  FV_ACT_RELU = 1,          /* max(0, x); its gradient at 0 is 0 */
  FV_ACT_SIGMOID = 2,       /* 1 / (1 + exp(-x)) */
  FV_ACT_TANH = 3,          /* (exp(x) - exp(-x)) / (exp(x) + exp(-x)) */
  FV_ACT_RELU6 = 4,         /* min(max(0, x), 6); its gradient at 0 and 6 is 0 */
  FV_ACT_LEAKY_RELU = 5,    /* x above 0, else 0.01 x */
  FV_ACT_ELU = 6,           /* x above 0, else exp(x) - 1 */
  FV_ACT_SELU = 7,          /* 1.0507 (x above 0, else 1.6733 (exp(x) - 1)) */
  FV_ACT_CELU = 8,          /* as ELU, whose alpha is 1 here */
  FV_ACT_GELU = 9,          /* x Phi(x), Phi the normal distribution function */
  FV_ACT_GELU_TANH = 10,    /* 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))): close to GELU */
  FV_ACT_SWISH = 11,        /* x sigmoid(x), also called SiLU */
  FV_ACT_HARD_SWISH = 12,   /* x min(max(x + 3, 0), 6) / 6 */
  FV_ACT_HARD_SIGMOID = 13, /* min(max(x + 3, 0), 6) / 6, as PyTorch; Keras 2: min(max(0.2 x + 0.5, 0), 1) */
  FV_ACT_MISH = 14,         /* x tanh(log(1 + exp(x))) */
  FV_ACT_SOFTPLUS = 15      /* log(1 + exp(x)) */
};

/* Initialisers. fan-in of a kernel is the number of inputs that one output sees (kh * kw * in / groups for a
 * convolution), fan-out likewise (kh * kw * out / groups). */
typedef int32_t fv_initializer_kind;
enum {
  FV_INIT_AUTOMATIC = 0,      /* He normal in front of ReLU and its kin, LeCun normal of SELU, Glorot uniform
                                 elsewhere; zeros for a bias */
  FV_INIT_ZEROS = 1,
  FV_INIT_CONSTANT = 2,       /* value */
  FV_INIT_NORMAL = 3,         /* N(mean, stddev^2); stddev 0.01 */
  FV_INIT_UNIFORM = 4,        /* U(low, high); both 0: -0.05 to 0.05 */
  FV_INIT_GLOROT_NORMAL = 5,  /* stddev = gain * sqrt(2 / (fan_in + fan_out)); Glorot, Bengio 2010, eq. 12 */
  FV_INIT_GLOROT_UNIFORM = 6, /* U(-a, a), a = gain * sqrt(6 / (fan_in + fan_out)); ibid., eq. 16 */
  FV_INIT_HE_NORMAL = 7,      /* stddev = gain * sqrt(2 / fan_in); He et al. 2015, eq. 10 */
  FV_INIT_HE_UNIFORM = 8,     /* U(-a, a), a = gain * sqrt(6 / fan_in) */
  FV_INIT_TRUNCATED_NORMAL = 9, /* NORMAL, what lies beyond 2 stddev drawn again: the deviation becomes 0.88
                                   of stddev */
  FV_INIT_LECUN_NORMAL = 10,  /* stddev = gain * sqrt(1 / fan_in); LeCun et al. 1998, eq. 16. Also Glorot's
                                 with fan-in alone, as Caffe's "Xavier" */
  FV_INIT_LECUN_UNIFORM = 11, /* U(-a, a), a = gain * sqrt(3 / fan_in) */
  FV_INIT_HE_NORMAL_OUT = 12, /* HE_NORMAL with fan-out, which keeps the gradient's variance; He et al. 2015,
                                 eq. 14 */
  FV_INIT_HE_UNIFORM_OUT = 13,
  FV_INIT_ORTHOGONAL = 14,    /* the kernel as a matrix [all but the last axis][last axis] has orthonormal
                                 columns, or rows where these are fewer, times gain; Saxe et al. 2014. Takes
                                 longer than the others: 2 * rows * columns * min(rows, columns) operations */
  FV_INIT_IDENTITY = 15,      /* gain where output channel = input channel, in a convolution at the kernel's
                                 centre; else 0 */
  FV_INIT_RANDOM_WALK = 16    /* N(0, g^2 / fan_in), g = gain * sqrt(2) exp(1.2 / (max(fan_in, 6) - 2.4)) in
                                 front of ReLU and its kin, gain * exp(1 / (2 fan_in)) elsewhere: the
                                 logarithm of a gradient's length keeps its mean; Sussillo and Abbott
                                 2014 */
};
typedef struct fv_initializer_desc {
  uint32_t struct_size;
  fv_initializer_kind kind;
  double value;  /* CONSTANT */
  double mean;   /* NORMAL, TRUNCATED_NORMAL */
  double stddev; /* likewise; 0: 0.01 */
  double low;    /* UNIFORM */
  double high;   /* UNIFORM */
  double gain;   /* the other kinds; 0: 1 */
} fv_initializer_desc;
#define FV_INITIALIZER(...) \
  (&(const fv_initializer_desc){.struct_size = sizeof(fv_initializer_desc), __VA_ARGS__})

/* A penalty on a parameter tensor w, added to the loss: l1 * sum |w| + l2 / 2 * sum w^2; both: elastic net.
 * Where it is on a layer's output (activity), it is the mean over the samples of the batch of that. */
typedef struct fv_regularizer_desc {
  uint32_t struct_size;
  int32_t full_square; /* 0: l2 / 2 * sum w^2 (gradient l2 * w, as weight decay); 1: l2 * sum w^2 (Keras) */
  double l2;           /* at least 0; default 0, no penalty */
  double l1;           /* likewise */
} fv_regularizer_desc;
#define FV_REGULARIZER(...) \
  (&(const fv_regularizer_desc){.struct_size = sizeof(fv_regularizer_desc), __VA_ARGS__})

/* The descriptor of layers that need nothing but a name. */
typedef struct fv_layer_desc {
  uint32_t struct_size;
  const char *name;
} fv_layer_desc;
#define FV_LAYER(...) (&(const fv_layer_desc){.struct_size = sizeof(fv_layer_desc), __VA_ARGS__})

/* ---- input ---------------------------------------------------------------------------------------- */

typedef struct fv_input_desc {
  uint32_t struct_size;
  const char *name;
  int64_t shape[FV_MAX_RANK]; /* of one sample, ended by the first 0: {28, 28, 1} */
} fv_input_desc;
#define FV_INPUT(...) (&(const fv_input_desc){.struct_size = sizeof(fv_input_desc), __VA_ARGS__})

/* A place where the host's data enter. Inputs are numbered in the order of their creation.
 * Refused: an empty shape, a negative extent. */
FV_API fv_node fv_input(fv_graph *graph, const fv_input_desc *desc);

/* ---- convolution ---------------------------------------------------------------------------------- */

typedef int32_t fv_padding;
enum {
  FV_PAD_EXPLICIT = 0, /* the `pad` field; all zero: none ("valid") */
  FV_PAD_SAME = 1      /* output extent = ceil(input / stride); an odd cell goes to the bottom and right */
};

/* How a convolution computes. All give the same result up to rounding.
 * Winograd's takes a quarter of the multiplications, a sixth with 5x5 kernels, and rounds more: in f32, with
 * normally distributed values and 16 to 512 channels, its outputs and gradients are within 8e-6 of the
 * largest one, 6e-7 in the root mean square (measured: 4.6e-6 and 4.3e-7; FV_CONV_DIRECT: 4.0e-6 and 2.5e-7);
 * with 5x5 kernels, 2e-5 and 2e-6 (1.5e-5 and 1.6e-6; FV_CONV_DIRECT: 4.5e-6 and 3.8e-7). FV_CONV_AUTOMATIC
 * takes it in f32 models only, for layers with 16 channels and 16 filters or more; FV_CONV_DIRECT never
 * does. */
typedef int32_t fv_conv_algorithm;
enum {
  FV_CONV_AUTOMATIC = 0, /* by shape, the fastest as measured; fv_model_tune measures here */
  FV_CONV_GEMM = 1,      /* one matrix product; 1x1, stride 1, no padding, one group */
  FV_CONV_IM2COL = 2,    /* blocks of rows unfolded, then matrix products; any shape */
  FV_CONV_DIRECT = 3,    /* SIMD straight from the image rows; any shape */
  FV_CONV_DEPTHWISE = 4, /* one group per input channel */
  FV_CONV_WINOGRAD = 5   /* F(4x4, 3x3), F(4x4, 5x5): 3x3 or 5x5, stride 1, dilation 1, one group */
};

typedef struct fv_conv2d_desc {
  uint32_t struct_size;
  const char *name;
  int64_t filters;     /* required: output channels */
  int64_t kernel[2];   /* required: height, width; a second 0 repeats the first, here and below */
  int64_t strides[2];  /* default 1, 1 */
  int64_t dilation[2]; /* default 1, 1 */
  int64_t groups;      /* default 1; divides the input channels and the filters */
  fv_padding padding;
  int32_t no_bias;
  int64_t pad[4];      /* top, bottom, left, right, with FV_PAD_EXPLICIT; default 0 */
  fv_activation activation; /* applied to the output; default linear */
  fv_conv_algorithm algorithm;
  const fv_initializer_desc *kernel_initializer; /* default FV_INIT_AUTOMATIC */
  const fv_initializer_desc *bias_initializer;   /* default zeros */
  const fv_regularizer_desc *kernel_regularizer; /* default none */
  const fv_regularizer_desc *bias_regularizer;
  double drop_connect; /* probability, [0, 1), that a training step drops a weight of the kernel; the others
                          are divided by 1 - drop_connect; default 0. Source: Wan et al., 2013 */
  const fv_regularizer_desc *activity_regularizer; /* of the output, after the activation; default none */
} fv_conv2d_desc;
#define FV_CONV2D(...) (&(const fv_conv2d_desc){.struct_size = sizeof(fv_conv2d_desc), __VA_ARGS__})

/* 2-D convolution (cross-correlation, as everywhere in deep learning):
 *   y[i][j][o] = activation(bias[o]
 *                           + sum_{u,v,c} x[i*s0 + u*d0 - top][j*s1 + v*d1 - left][c] * kernel[u][v][c][o])
 * H x W x C -> OH x OW x filters, OH = floor((H + top + bottom - d0*(kh-1) - 1) / s0) + 1.
 * Parameters: kernel [kh][kw][C/groups][filters], bias [filters].
 * Refused: no filters or kernel, a stride, dilation or group count below 1, groups that do not divide, a
 * negative pad, pad together with FV_PAD_SAME, an empty output, an algorithm that cannot serve the shape.
 * Source: Dumoulin and Visin, "A guide to convolution arithmetic", 2016, sections 2, 5.1. */
FV_API fv_node fv_conv2d(fv_graph *graph, fv_node x, const fv_conv2d_desc *desc);

/* ---- dense ---------------------------------------------------------------------------------------- */

typedef struct fv_dense_desc {
  uint32_t struct_size;
  const char *name;
  int64_t units; /* required */
  int32_t no_bias;
  fv_activation activation; /* default linear */
  const fv_initializer_desc *kernel_initializer;
  const fv_initializer_desc *bias_initializer;
  const fv_regularizer_desc *kernel_regularizer;
  const fv_regularizer_desc *bias_regularizer;
  double drop_connect; /* probability, [0, 1), that a training step drops a weight of the kernel; the others
                          are divided by 1 - drop_connect; default 0. Source: Wan et al., 2013 */
  const fv_regularizer_desc *activity_regularizer; /* of the output, after the activation; default none */
} fv_dense_desc;
#define FV_DENSE(...) (&(const fv_dense_desc){.struct_size = sizeof(fv_dense_desc), __VA_ARGS__})

/* Fully connected: y = activation(x W + b), N -> units. x must be flat (see fv_flatten).
 * Parameters: kernel [N][units], bias [units]. */
FV_API fv_node fv_dense(fv_graph *graph, fv_node x, const fv_dense_desc *desc);

/* ---- pooling -------------------------------------------------------------------------------------- */

typedef struct fv_pool2d_desc {
  uint32_t struct_size;
  const char *name;
  int64_t size[2];    /* default 2, 2 */
  int64_t strides[2]; /* default: size */
  fv_padding padding;
  int32_t ceil_mode;  /* 1: a last window may reach over the edge, if it starts inside the image or the top or
                         left padding */
  int64_t pad[4];     /* top, bottom, left, right; each at most half the window */
  int32_t exclude_padding; /* average only: 1 divides by the cells inside the image; 0 (as PyTorch) by all but
                              those that ceil_mode adds */
} fv_pool2d_desc;
#define FV_POOL2D(...) (&(const fv_pool2d_desc){.struct_size = sizeof(fv_pool2d_desc), __VA_ARGS__})

/* The largest value, or the mean, of each window, for each channel: H x W x C -> OH x OW x C with the extents
 * of a convolution. Max: padding never wins; the gradient goes to the first maximum in row order; NaN
 * wins. */
FV_API fv_node fv_max_pool2d(fv_graph *graph, fv_node x, const fv_pool2d_desc *desc);
FV_API fv_node fv_average_pool2d(fv_graph *graph, fv_node x, const fv_pool2d_desc *desc);
/* The mean over the image: H x W x C -> C. Source: Lin et al., "Network in network", 2014, section 3.2. */
FV_API fv_node fv_global_average_pool2d(fv_graph *graph, fv_node x, const fv_layer_desc *desc);

/* ---- batch normalisation -------------------------------------------------------------------------- */

typedef struct fv_batch_norm_desc {
  uint32_t struct_size;
  const char *name;
  double momentum;   /* running = (1 - momentum) * running + momentum * batch; at most 1; 0: 0.1; FV_ZERO: it
                        never moves */
  double epsilon;    /* more than 0; 0: 1e-5 */
  int32_t no_scale;  /* no gamma */
  int32_t no_center; /* no beta */
  int32_t biased_running_variance; /* 0: the running variance takes the sample variance (/ (n-1), PyTorch);
                                      1: / n (Keras) */
} fv_batch_norm_desc;
#define FV_BATCH_NORM(...) \
  (&(const fv_batch_norm_desc){.struct_size = sizeof(fv_batch_norm_desc), __VA_ARGS__})

/* y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, for each channel (the last axis). Training takes
 * mean and variance (/ n) of the batch and moves the running ones; inference takes the running ones. A batch
 * with a single value per channel leaves the running variance as it was. Parameters: gamma [C] (1), beta [C]
 * (0); state: running_mean [C] (0), running_var [C] (1).
 * Source: Ioffe and Szegedy, "Batch normalization", 2015, algorithms 1 and 2. */
FV_API fv_node fv_batch_norm(fv_graph *graph, fv_node x, const fv_batch_norm_desc *desc);

/* ---- activations ---------------------------------------------------------------------------------- */

/* Elementwise, any shape. What each computes stands with fv_activation. Where a layer in front can do it as
 * well (a convolution, dense, batch norm or add, read by nothing else), it does, and the node costs nothing;
 * in training that holds for those whose derivative follows from the output, not for GELU, swish, hard-swish
 * and mish. */
FV_API fv_node fv_relu(fv_graph *graph, fv_node x, const fv_layer_desc *desc);
FV_API fv_node fv_relu6(fv_graph *graph, fv_node x, const fv_layer_desc *desc);
FV_API fv_node fv_sigmoid(fv_graph *graph, fv_node x, const fv_layer_desc *desc);
FV_API fv_node fv_tanh(fv_graph *graph, fv_node x, const fv_layer_desc *desc);
/* Klambauer et al. 2017, eq. 2 and 14: keeps mean 0 and variance 1 through layers whose weights begin with a
 * variance of 1 / fan-in. */
FV_API fv_node fv_selu(fv_graph *graph, fv_node x, const fv_layer_desc *desc);
/* Hendrycks and Gimpel 2016; and its approximation there. */
FV_API fv_node fv_gelu(fv_graph *graph, fv_node x, const fv_layer_desc *desc);
FV_API fv_node fv_gelu_tanh(fv_graph *graph, fv_node x, const fv_layer_desc *desc);
/* Howard et al., "Searching for MobileNetV3", 2019, section 5.2. */
FV_API fv_node fv_hard_swish(fv_graph *graph, fv_node x, const fv_layer_desc *desc);
FV_API fv_node fv_hard_sigmoid(fv_graph *graph, fv_node x, const fv_layer_desc *desc);
/* Misra 2020. */
FV_API fv_node fv_mish(fv_graph *graph, fv_node x, const fv_layer_desc *desc);

typedef struct fv_leaky_relu_desc {
  uint32_t struct_size;
  const char *name;
  double slope; /* below 0; 0: 0.01; FV_ZERO: 0, a ReLU; at least 0 (a learned one may be less: fv_prelu) */
} fv_leaky_relu_desc;
#define FV_LEAKY_RELU(...) \
  (&(const fv_leaky_relu_desc){.struct_size = sizeof(fv_leaky_relu_desc), __VA_ARGS__})
/* x above 0, else slope * x. Source: Maas et al. 2013, section 2. */
FV_API fv_node fv_leaky_relu(fv_graph *graph, fv_node x, const fv_leaky_relu_desc *desc);

typedef struct fv_elu_desc {
  uint32_t struct_size;
  const char *name;
  double alpha; /* 0: 1; FV_ZERO: 0 (ELU only); never negative */
} fv_elu_desc;
#define FV_ELU(...) (&(const fv_elu_desc){.struct_size = sizeof(fv_elu_desc), __VA_ARGS__})
/* x above 0, else alpha * (exp(x) - 1). Source: Clevert et al. 2016, eq. 15. */
FV_API fv_node fv_elu(fv_graph *graph, fv_node x, const fv_elu_desc *desc);
/* x above 0, else alpha * (exp(x / alpha) - 1), smooth for any alpha. Source: Barron 2017. */
FV_API fv_node fv_celu(fv_graph *graph, fv_node x, const fv_elu_desc *desc);

typedef struct fv_softplus_desc {
  uint32_t struct_size;
  const char *name;
  double beta; /* 0: 1; above 0 */
} fv_softplus_desc;
#define FV_SOFTPLUS(...) (&(const fv_softplus_desc){.struct_size = sizeof(fv_softplus_desc), __VA_ARGS__})
/* log(1 + exp(beta * x)) / beta. Source: Dugas et al. 2001. */
FV_API fv_node fv_softplus(fv_graph *graph, fv_node x, const fv_softplus_desc *desc);

/* Which elements of a sample share a learned parameter. */
typedef int32_t fv_sharing;
enum {
  FV_SHARE_ALL = 0,     /* one parameter [1] */
  FV_SHARE_CHANNEL = 1, /* one for each channel (the last axis) [C] */
  FV_SHARE_NONE = 2     /* one for each element, shaped as a sample */
};

typedef struct fv_prelu_desc {
  uint32_t struct_size;
  const char *name;
  double slope; /* what it begins as; 0: 0.25; FV_ZERO: 0 */
  fv_sharing sharing;
} fv_prelu_desc;
#define FV_PRELU(...) (&(const fv_prelu_desc){.struct_size = sizeof(fv_prelu_desc), __VA_ARGS__})
/* x above 0, else slope * x, where the slope is learned; any slope, also above 1. Parameter: slope. The
 * trainer's l2 leaves it alone. Source: He et al., "Delving deep into rectifiers", 2015, section 2.1. */
FV_API fv_node fv_prelu(fv_graph *graph, fv_node x, const fv_prelu_desc *desc);

typedef struct fv_swish_desc {
  uint32_t struct_size;
  const char *name;
  double beta;        /* or what it begins as; 0: 1, SiLU; FV_ZERO: 0, which is x / 2; large: nearly a ReLU */
  int32_t learned;    /* 1: beta is a parameter, called beta */
  fv_sharing sharing; /* of a learned beta */
} fv_swish_desc;
#define FV_SWISH(...) (&(const fv_swish_desc){.struct_size = sizeof(fv_swish_desc), __VA_ARGS__})
/* x * sigmoid(beta * x). Source: Ramachandran et al., "Searching for activation functions", 2017,
 * section 4. */
FV_API fv_node fv_swish(fv_graph *graph, fv_node x, const fv_swish_desc *desc);

/* y_i = exp(x_i) / sum_j exp(x_j) over the last axis; stable for any finite x. For training take the logits
 * as the model's first output: the softmax cross-entropy contains the softmax. */
FV_API fv_node fv_softmax(fv_graph *graph, fv_node x, const fv_layer_desc *desc);
/* y_i = x_i - log(sum_j exp(x_j)) over the last axis. */
FV_API fv_node fv_log_softmax(fv_graph *graph, fv_node x, const fv_layer_desc *desc);

/* ---- dropout -------------------------------------------------------------------------------------- */

typedef struct fv_dropout_desc {
  uint32_t struct_size;
  const char *name;
  double rate;           /* probability of dropping, [0, 1); 0: 0.5; FV_ZERO: none */
  int32_t scale_at_test; /* 0: kept values are divided by 1 - rate in training; 1: values are multiplied by
                            1 - rate at test (the original paper) */
} fv_dropout_desc;
#define FV_DROPOUT(...) (&(const fv_dropout_desc){.struct_size = sizeof(fv_dropout_desc), __VA_ARGS__})

/* Sets each element to zero with probability `rate` in training, does nothing at inference. The mask depends
 * on the trainer's seed, the training step, the sample's place in its batch, the node and the element only.
 * Source: Srivastava et al., "Dropout", 2014, section 4. */
FV_API fv_node fv_dropout(fv_graph *graph, fv_node x, const fv_dropout_desc *desc);

#ifdef __cplusplus
}
#endif
#endif
