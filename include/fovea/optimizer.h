/* Optimizer: how gradients become steps: rules and their options, weight decay, clipping, parameter groups,
 * averages of the weights. All of it is named in fv_trainer_desc and saved in checkpoints.
 *
 *   fv_trainer_desc: .optimizer_desc = FV_OPTIMIZER(.optimizer = FV_OPT_ADAMW, .clip_global_norm = 1)
 *
 * w: parameter, g: gradient of the loss and penalties, t: number of the step, from 1. Formulas and defaults
 * are PyTorch's where it has the rule. What a rule does not use is ignored. g is clipped first, then used.
 */
#ifndef FOVEA_OPTIMIZER_H
#define FOVEA_OPTIMIZER_H

#include <fovea/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t fv_optimizer;
enum {
  FV_OPT_SGD = 1,      /* v = momentum v + (1 - dampening) g; w -= rate v, with Nesterov: w -= rate (g +
                          momentum v); in the first step v = g; Sutskever et al. 2013. With
                          rate_in_velocity: v = momentum v + rate g; w -= v: the same while the rate stays.
                          Rate 0.01 */
  FV_OPT_ADAM = 2,     /* m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; w -= rate mhat /
                          (sqrt(vhat) + epsilon), mhat = m / (1 - beta1^t), vhat = v / (1 - beta2^t); Kingma
                          and Ba 2015, algorithm 1. amsgrad: the largest v so far; Reddi et al. 2018. Rate
                          0.001, beta 0.9, 0.999, epsilon 1e-8 */
  FV_OPT_ADAGRAD = 3,  /* v += g^2; w -= rate g / (sqrt(v) + epsilon); Duchi et al. 2011. Rate 0.01, epsilon
                          1e-10 */
  FV_OPT_RMSPROP = 4,  /* v = rho v + (1 - rho) g^2; q = g / (sqrt(v) + epsilon), centered: v - mean(g)^2 in
                          place of v; b = momentum b + q; w -= rate b; Tieleman and Hinton 2012, Graves 2013,
                          eq. 38. Rate 0.01, rho 0.99, epsilon 1e-8 */
  FV_OPT_ADADELTA = 5, /* v as RMSprop's; q = g sqrt(u + epsilon) / sqrt(v + epsilon); u = rho u + (1 - rho)
                          q^2; w -= rate q; Zeiler 2012. Rate 1, rho 0.9, epsilon 1e-6 */
  FV_OPT_ADAMAX = 6,   /* u = max(beta2 u, |g| + epsilon); w -= rate mhat / u; Kingma and Ba 2015,
                          algorithm 2. Rate 0.002, epsilon 1e-8 */
  FV_OPT_NADAM = 7,    /* Adam with Nesterov's momentum mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2); Dozat
                          2016. Rate 0.002, epsilon 1e-8 */
  FV_OPT_LION = 8,     /* w -= rate sign(beta1 m + (1 - beta1) g); m = beta2 m + (1 - beta2) g; Chen et al.
                          2023, algorithm 2. Rate 1e-4, beta 0.9, 0.99 */
  FV_OPT_LARS = 9,     /* v = momentum v + rate local (g + weight_decay w); w -= v; local =
                          trust_coefficient |w| / (|g| + weight_decay |w| + epsilon) for each kernel, 1 for
                          what is none; You et al. 2017, algorithm 1. Rate 0.01, momentum 0.9, epsilon 1e-8 */
  FV_OPT_LAMB = 10,    /* r = mhat / (sqrt(vhat) + epsilon) + weight_decay w; w -= rate |w| / |r| r for
                          each kernel, rate r for what is none; You et al. 2020, algorithm 2. Rate 0.001,
                          epsilon 1e-6 */
  FV_OPT_ADAMW = 11    /* Adam with a weight_decay of 0.01; Loshchilov and Hutter 2019 */
};

typedef struct fv_optimizer_desc {
  uint32_t struct_size;
  fv_optimizer optimizer;     /* required */
  double learning_rate;       /* 0: as said above; FV_ZERO: 0 */
  double momentum;            /* SGD, RMSPROP, LARS; [0, 1); 0: none, LARS 0.9; FV_ZERO: none */
  double dampening;           /* SGD */
  double beta1;               /* of the ADAM family and LION; FV_ZERO: 0 */
  double beta2;
  double rho;                 /* RMSPROP, ADADELTA */
  double epsilon;             /* more than 0 */
  double momentum_decay;      /* NADAM; 0: 0.004; FV_ZERO: 0 */
  double trust_coefficient;   /* LARS; 0: 0.001 */
  double weight_decay;        /* beside the gradient: w -= rate weight_decay w, before the step; LARS and
                                 LAMB: as above, of kernels only. 0: none, ADAMW 0.01; FV_ZERO: none. What
                                 is part of the gradient is `l2` of the trainer: PyTorch's weight_decay of
                                 SGD and Adam */
  double clip_value;          /* each g to [-clip_value, clip_value]; 0: none. Not with LARS */
  double clip_norm;           /* g of each parameter times min(1, clip_norm / (|g| + 1e-6)); 0: none */
  double clip_global_norm;    /* the same with the norm over all parameters that are not frozen; not both */
  int32_t nesterov;           /* SGD, LARS; needs momentum, and no dampening */
  int32_t rate_in_velocity;   /* SGD */
  int32_t amsgrad;            /* ADAM, ADAMW */
  int32_t centered;           /* RMSPROP */
  int32_t no_bias_correction; /* the ADAM family but NADAM: m and v in place of mhat and vhat */
  int32_t epsilon_inside;     /* ADAM, ADAMW, NADAM, LAMB, ADAGRAD, RMSPROP: sqrt(v + epsilon) in place of
                                 sqrt(v) + epsilon */
  int32_t decay_kernels_only; /* weight_decay leaves biases, scales and shifts alone */
  int32_t reserved;
} fv_optimizer_desc;
#define FV_OPTIMIZER(...) (&(const fv_optimizer_desc){.struct_size = sizeof(fv_optimizer_desc), __VA_ARGS__})

/* The optimizer with all its numbers, from a checkpoint too. `learning_rate` is the base of the schedule.
 * Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_trainer_get_optimizer(const fv_trainer *trainer, fv_optimizer_desc *desc,
                                          fv_error *error);

/* ---- groups --------------------------------------------------------------------------------------- */

/* What a parameter is put back to after each step. A norm is that of all weights into one unit or filter:
 * over all axes but the last; of a parameter with one axis, such as a bias, over that. */
typedef int32_t fv_constraint;
enum {
  FV_CONSTRAINT_NONE = 0,
  FV_CONSTRAINT_MAX_NORM = 1,     /* at most max_norm; Srivastava et al. 2014, section 5.1 */
  FV_CONSTRAINT_UNIT_NORM = 2,
  FV_CONSTRAINT_NON_NEGATIVE = 3,
  FV_CONSTRAINT_MIN_MAX_NORM = 4  /* min_norm to max_norm */
};

/* Parameters by name, and what is special about them. A parameter belongs to the last group whose pattern it
 * has. */
typedef struct fv_group_desc {
  uint32_t struct_size;
  int32_t frozen;           /* 1: neither steps nor decay; the parameter keeps its bits, and its moments
                               theirs. Where all of a layer's are, their gradients are not computed (0) */
  const char *parameters;   /* required: a pattern for whole names, * any text, ? one character: "conv1.*",
                               "*.bias" */
  double learning_rate;     /* factor; 0: 1; FV_ZERO: 0 */
  double weight_decay;      /* factor; 0: 1; FV_ZERO: 0 */
  double l1;                /* l1 sum |w| and l2 / 2 sum w^2 in the loss, beside the layer's and the
                               trainer's */
  double l2;
  fv_constraint constraint;
  int32_t reserved;
  double min_norm;
  double max_norm;          /* 0: 1 */
} fv_group_desc;
#define FV_GROUP(...) (&(const fv_group_desc){.struct_size = sizeof(fv_group_desc), __VA_ARGS__})

/* Other groups from the next step on, as for gradual unfreezing; moments stay as they are. What corrects the
 * bias of moments counts the steps of each parameter, without those in which it was frozen. Errors:
 * INVALID_ARGUMENT, NOT_FOUND (a pattern that no parameter has), BUSY, OUT_OF_MEMORY. Threads: exclusive. */
FV_API fv_status fv_trainer_set_groups(fv_trainer *trainer, const fv_group_desc *const *groups, size_t count,
                                       fv_error *error);
/* Group `index`, from 0 up to fv_trainer_info's groups, from a checkpoint too; its text is borrowed from the
 * trainer until other groups are set. Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_trainer_get_group(const fv_trainer *trainer, int32_t index, fv_group_desc *desc,
                                      fv_error *error);

/* ---- averages of the weights ---------------------------------------------------------------------- */

typedef int32_t fv_averaging;
enum {
  FV_AVERAGE_NONE = 0,
  FV_AVERAGE_EXPONENTIAL = 1, /* a = decay a + (1 - decay) w; the first one is w; Polyak and Juditsky 1992 */
  FV_AVERAGE_EQUAL = 2        /* the mean of all; stochastic weight averaging: Izmailov et al. 2018 */
};

/* Parameters and running statistics are averaged after steps start + period, start + 2 period, ... */
typedef struct fv_average_desc {
  uint32_t struct_size;
  fv_averaging averaging;
  double decay;   /* EXPONENTIAL; 0: 0.999; FV_ZERO: 0 */
  int64_t start;  /* steps before */
  int64_t period; /* 0: 1 */
} fv_average_desc;
#define FV_AVERAGE(...) (&(const fv_average_desc){.struct_size = sizeof(fv_average_desc), __VA_ARGS__})

/* How the weights are averaged, from a checkpoint too. Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_trainer_get_average(const fv_trainer *trainer, fv_average_desc *desc, fv_error *error);
/* A new model with the averaged weights, owned by the caller. Running statistics are averaged as well, which
 * serves an exponential average; after an equal one measure them anew: fv_model_update_batch_norm. Errors:
 * NOT_FOUND (there is no average yet), OUT_OF_MEMORY, BUSY. Threads: exclusive. */
FV_API fv_status fv_trainer_averaged_model(const fv_trainer *trainer, fv_model **model, fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
