// Written by bindings/generate.py from the headers in include/fovea. Do not edit.

use std::os::raw::{c_char, c_void};

// ---- constants

pub const FV_NODE_INVALID: u64 = 0;
pub const FV_VERSION: i32 = 100;
pub const FV_ZERO: f64 = -1e-300;
pub const FV_MAX_RANK: i32 = 8;
pub const FV_GRADIENT_GREAT: f64 = 1e-07;
pub const FV_GRADIENT_KINKS: f64 = 1e-05;
pub const FV_GRADIENT_CONCERN: f64 = 0.001;
pub const FV_GRADIENT_WRONG: f64 = 0.01;

// ---- types with named values

pub type fv_status = i32;
pub const FV_OK: fv_status = 0;
pub const FV_INVALID_ARGUMENT: fv_status = 1;
pub const FV_OUT_OF_MEMORY: fv_status = 2;
pub const FV_IO: fv_status = 3;
pub const FV_FORMAT: fv_status = 4;
pub const FV_UNSUPPORTED: fv_status = 5;
pub const FV_BUSY: fv_status = 6;
pub const FV_CANCELLED: fv_status = 7;
pub const FV_MISMATCH: fv_status = 8;
pub const FV_NOT_FOUND: fv_status = 9;
pub const FV_INTERNAL: fv_status = 10;

pub type fv_node = u64;

pub type fv_dtype = i32;
pub const FV_F32: fv_dtype = 1;
pub const FV_F64: fv_dtype = 2;
pub const FV_U8: fv_dtype = 3;
pub const FV_I32: fv_dtype = 4;
pub const FV_I64: fv_dtype = 5;

pub type fv_log_level = i32;
pub const FV_LOG_INFO: fv_log_level = 1;
pub const FV_LOG_WARNING: fv_log_level = 2;

pub type fv_interpolation = i32;
pub const FV_INTERPOLATION_BILINEAR: fv_interpolation = 0;
pub const FV_INTERPOLATION_NEAREST: fv_interpolation = 1;
pub const FV_INTERPOLATION_BICUBIC: fv_interpolation = 2;
pub const FV_INTERPOLATION_AREA: fv_interpolation = 3;

pub type fv_channels = i32;
pub const FV_CHANNELS_KEEP: fv_channels = 0;
pub const FV_CHANNELS_GREY: fv_channels = 1;
pub const FV_CHANNELS_RGB: fv_channels = 2;

pub type fv_augment_step = i32;
pub const FV_AUGMENT_HORIZONTAL_FLIP: fv_augment_step = 1;
pub const FV_AUGMENT_VERTICAL_FLIP: fv_augment_step = 2;
pub const FV_AUGMENT_CROP: fv_augment_step = 3;
pub const FV_AUGMENT_CENTER_CROP: fv_augment_step = 4;
pub const FV_AUGMENT_RESIZE: fv_augment_step = 5;
pub const FV_AUGMENT_SCALE_CROP: fv_augment_step = 6;
pub const FV_AUGMENT_RESIZED_CROP: fv_augment_step = 7;
pub const FV_AUGMENT_ROTATION: fv_augment_step = 8;
pub const FV_AUGMENT_SHIFT: fv_augment_step = 9;
pub const FV_AUGMENT_SHEAR: fv_augment_step = 10;
pub const FV_AUGMENT_ZOOM: fv_augment_step = 11;
pub const FV_AUGMENT_STRETCH: fv_augment_step = 12;
pub const FV_AUGMENT_PERSPECTIVE: fv_augment_step = 13;
pub const FV_AUGMENT_LENS: fv_augment_step = 14;
pub const FV_AUGMENT_ELASTIC: fv_augment_step = 15;
pub const FV_AUGMENT_BRIGHTNESS: fv_augment_step = 16;
pub const FV_AUGMENT_CONTRAST: fv_augment_step = 17;
pub const FV_AUGMENT_SATURATION: fv_augment_step = 18;
pub const FV_AUGMENT_HUE: fv_augment_step = 19;
pub const FV_AUGMENT_GAMMA: fv_augment_step = 20;
pub const FV_AUGMENT_CHANNEL_SHIFT: fv_augment_step = 21;
pub const FV_AUGMENT_COLOR_OFFSET: fv_augment_step = 22;
pub const FV_AUGMENT_GREY: fv_augment_step = 23;
pub const FV_AUGMENT_BLUR: fv_augment_step = 24;
pub const FV_AUGMENT_NOISE: fv_augment_step = 25;
pub const FV_AUGMENT_CUTOUT: fv_augment_step = 26;
pub const FV_AUGMENT_ERASING: fv_augment_step = 27;
pub const FV_AUGMENT_SHARPNESS: fv_augment_step = 28;
pub const FV_AUGMENT_POSTERIZE: fv_augment_step = 29;
pub const FV_AUGMENT_SOLARIZE: fv_augment_step = 30;
pub const FV_AUGMENT_AUTO_CONTRAST: fv_augment_step = 31;
pub const FV_AUGMENT_EQUALIZE: fv_augment_step = 32;
pub const FV_AUGMENT_INVERT: fv_augment_step = 33;
pub const FV_AUGMENT_RAND_AUGMENT: fv_augment_step = 34;
pub const FV_AUGMENT_TRIVIAL_AUGMENT: fv_augment_step = 35;
pub const FV_AUGMENT_RESCALE: fv_augment_step = 36;
pub const FV_AUGMENT_CALLBACK: fv_augment_step = 37;
pub const FV_AUGMENT_RANDOM_APPLY: fv_augment_step = 38;
pub const FV_AUGMENT_RANDOM_CHOICE: fv_augment_step = 39;
pub const FV_AUGMENT_RANDOM_ORDER: fv_augment_step = 40;

pub type fv_fill_mode = i32;
pub const FV_FILL_CONSTANT: fv_fill_mode = 0;
pub const FV_FILL_NEAREST: fv_fill_mode = 1;
pub const FV_FILL_REFLECT: fv_fill_mode = 2;
pub const FV_FILL_WRAP: fv_fill_mode = 3;

pub type fv_activation = i32;
pub const FV_ACT_LINEAR: fv_activation = 0;
pub const FV_ACT_RELU: fv_activation = 1;
pub const FV_ACT_SIGMOID: fv_activation = 2;
pub const FV_ACT_TANH: fv_activation = 3;
pub const FV_ACT_RELU6: fv_activation = 4;
pub const FV_ACT_LEAKY_RELU: fv_activation = 5;
pub const FV_ACT_ELU: fv_activation = 6;
pub const FV_ACT_SELU: fv_activation = 7;
pub const FV_ACT_CELU: fv_activation = 8;
pub const FV_ACT_GELU: fv_activation = 9;
pub const FV_ACT_GELU_TANH: fv_activation = 10;
pub const FV_ACT_SWISH: fv_activation = 11;
pub const FV_ACT_HARD_SWISH: fv_activation = 12;
pub const FV_ACT_HARD_SIGMOID: fv_activation = 13;
pub const FV_ACT_MISH: fv_activation = 14;
pub const FV_ACT_SOFTPLUS: fv_activation = 15;

pub type fv_initializer_kind = i32;
pub const FV_INIT_AUTOMATIC: fv_initializer_kind = 0;
pub const FV_INIT_ZEROS: fv_initializer_kind = 1;
pub const FV_INIT_CONSTANT: fv_initializer_kind = 2;
pub const FV_INIT_NORMAL: fv_initializer_kind = 3;
pub const FV_INIT_UNIFORM: fv_initializer_kind = 4;
pub const FV_INIT_GLOROT_NORMAL: fv_initializer_kind = 5;
pub const FV_INIT_GLOROT_UNIFORM: fv_initializer_kind = 6;
pub const FV_INIT_HE_NORMAL: fv_initializer_kind = 7;
pub const FV_INIT_HE_UNIFORM: fv_initializer_kind = 8;
pub const FV_INIT_TRUNCATED_NORMAL: fv_initializer_kind = 9;
pub const FV_INIT_LECUN_NORMAL: fv_initializer_kind = 10;
pub const FV_INIT_LECUN_UNIFORM: fv_initializer_kind = 11;
pub const FV_INIT_HE_NORMAL_OUT: fv_initializer_kind = 12;
pub const FV_INIT_HE_UNIFORM_OUT: fv_initializer_kind = 13;
pub const FV_INIT_ORTHOGONAL: fv_initializer_kind = 14;
pub const FV_INIT_IDENTITY: fv_initializer_kind = 15;
pub const FV_INIT_RANDOM_WALK: fv_initializer_kind = 16;

pub type fv_padding = i32;
pub const FV_PAD_EXPLICIT: fv_padding = 0;
pub const FV_PAD_SAME: fv_padding = 1;

pub type fv_conv_algorithm = i32;
pub const FV_CONV_AUTOMATIC: fv_conv_algorithm = 0;
pub const FV_CONV_GEMM: fv_conv_algorithm = 1;
pub const FV_CONV_IM2COL: fv_conv_algorithm = 2;
pub const FV_CONV_DIRECT: fv_conv_algorithm = 3;
pub const FV_CONV_DEPTHWISE: fv_conv_algorithm = 4;
pub const FV_CONV_WINOGRAD: fv_conv_algorithm = 5;

pub type fv_sharing = i32;
pub const FV_SHARE_ALL: fv_sharing = 0;
pub const FV_SHARE_CHANNEL: fv_sharing = 1;
pub const FV_SHARE_NONE: fv_sharing = 2;

pub type fv_check = i32;
pub const FV_CHECK_GRADIENT: fv_check = 1;
pub const FV_CHECK_CHANCE_LOSS: fv_check = 2;
pub const FV_CHECK_REGULARIZATION: fv_check = 3;
pub const FV_CHECK_OVERFIT: fv_check = 4;
pub const FV_CHECK_SYMMETRY: fv_check = 5;
pub const FV_CHECK_UNITS: fv_check = 6;
pub const FV_CHECK_UPDATE_RATIO: fv_check = 7;
pub const FV_CHECK_GRADIENT_FLOW: fv_check = 8;
pub const FV_CHECK_LEARNING_RATE: fv_check = 9;
pub const FV_CHECK_NON_FINITE: fv_check = 10;
pub const FV_CHECK_LEAKAGE: fv_check = 11;
pub const FV_CHECK_LABELS: fv_check = 12;
pub const FV_CHECK_INPUTS: fv_check = 13;
pub const FV_CHECK_ADVICE: fv_check = 14;

pub type fv_severity = i32;
pub const FV_SEVERITY_OK: fv_severity = 0;
pub const FV_SEVERITY_NOTE: fv_severity = 1;
pub const FV_SEVERITY_WARNING: fv_severity = 2;
pub const FV_SEVERITY_ERROR: fv_severity = 3;

pub type fv_finding_code = i32;
pub const FV_FINDING_NONE: fv_finding_code = 0;
pub const FV_FINDING_SKIPPED: fv_finding_code = 1;
pub const FV_FINDING_WRONG_GRADIENT: fv_finding_code = 2;
pub const FV_FINDING_LOSS_NOT_AT_CHANCE: fv_finding_code = 3;
pub const FV_FINDING_REGULARIZATION_IGNORED: fv_finding_code = 4;
pub const FV_FINDING_REGULARIZATION_TOO_STRONG: fv_finding_code = 5;
pub const FV_FINDING_CANNOT_OVERFIT: fv_finding_code = 6;
pub const FV_FINDING_SYMMETRIC_WEIGHTS: fv_finding_code = 7;
pub const FV_FINDING_DEAD_UNITS: fv_finding_code = 8;
pub const FV_FINDING_SATURATED_UNITS: fv_finding_code = 9;
pub const FV_FINDING_UPDATES_TOO_LARGE: fv_finding_code = 10;
pub const FV_FINDING_UPDATES_TOO_SMALL: fv_finding_code = 11;
pub const FV_FINDING_VANISHING_GRADIENT: fv_finding_code = 12;
pub const FV_FINDING_EXPLODING_GRADIENT: fv_finding_code = 13;
pub const FV_FINDING_NO_GRADIENT: fv_finding_code = 14;
pub const FV_FINDING_NOTHING_TRAINS: fv_finding_code = 15;
pub const FV_FINDING_RATE_TOO_HIGH: fv_finding_code = 16;
pub const FV_FINDING_RATE_TOO_LOW: fv_finding_code = 17;
pub const FV_FINDING_NON_FINITE: fv_finding_code = 18;
pub const FV_FINDING_LEAKED_SPLIT: fv_finding_code = 19;
pub const FV_FINDING_DUPLICATE_SAMPLES: fv_finding_code = 20;
pub const FV_FINDING_TEST_SET_USED: fv_finding_code = 21;
pub const FV_FINDING_LABELS_UNRELATED: fv_finding_code = 22;
pub const FV_FINDING_SWAPPED_LABELS: fv_finding_code = 23;
pub const FV_FINDING_CONSTANT_LABELS: fv_finding_code = 24;
pub const FV_FINDING_MISSING_CLASS: fv_finding_code = 25;
pub const FV_FINDING_IMBALANCED_CLASSES: fv_finding_code = 26;
pub const FV_FINDING_CONFLICTING_LABELS: fv_finding_code = 27;
pub const FV_FINDING_CONSTANT_INPUT: fv_finding_code = 28;
pub const FV_FINDING_UNSCALED_INPUT: fv_finding_code = 29;
pub const FV_FINDING_HIDDEN_ACTIVATION: fv_finding_code = 30;
pub const FV_FINDING_OUTPUT_ACTIVATION: fv_finding_code = 31;
pub const FV_FINDING_DROPOUT_TOO_STRONG: fv_finding_code = 32;
pub const FV_FINDING_SORTED_SAMPLES: fv_finding_code = 33;

pub type fv_optimizer = i32;
pub const FV_OPT_SGD: fv_optimizer = 1;
pub const FV_OPT_ADAM: fv_optimizer = 2;
pub const FV_OPT_ADAGRAD: fv_optimizer = 3;
pub const FV_OPT_RMSPROP: fv_optimizer = 4;
pub const FV_OPT_ADADELTA: fv_optimizer = 5;
pub const FV_OPT_ADAMAX: fv_optimizer = 6;
pub const FV_OPT_NADAM: fv_optimizer = 7;
pub const FV_OPT_LION: fv_optimizer = 8;
pub const FV_OPT_LARS: fv_optimizer = 9;
pub const FV_OPT_LAMB: fv_optimizer = 10;
pub const FV_OPT_ADAMW: fv_optimizer = 11;

pub type fv_constraint = i32;
pub const FV_CONSTRAINT_NONE: fv_constraint = 0;
pub const FV_CONSTRAINT_MAX_NORM: fv_constraint = 1;
pub const FV_CONSTRAINT_UNIT_NORM: fv_constraint = 2;
pub const FV_CONSTRAINT_NON_NEGATIVE: fv_constraint = 3;
pub const FV_CONSTRAINT_MIN_MAX_NORM: fv_constraint = 4;

pub type fv_averaging = i32;
pub const FV_AVERAGE_NONE: fv_averaging = 0;
pub const FV_AVERAGE_EXPONENTIAL: fv_averaging = 1;
pub const FV_AVERAGE_EQUAL: fv_averaging = 2;

pub type fv_schedule = i32;
pub const FV_SCHEDULE_CONSTANT: fv_schedule = 0;
pub const FV_SCHEDULE_STEP: fv_schedule = 1;
pub const FV_SCHEDULE_MULTI_STEP: fv_schedule = 2;
pub const FV_SCHEDULE_EXPONENTIAL: fv_schedule = 3;
pub const FV_SCHEDULE_INVERSE_TIME: fv_schedule = 4;
pub const FV_SCHEDULE_POLYNOMIAL: fv_schedule = 5;
pub const FV_SCHEDULE_COSINE: fv_schedule = 6;
pub const FV_SCHEDULE_COSINE_RESTARTS: fv_schedule = 7;
pub const FV_SCHEDULE_ONE_CYCLE: fv_schedule = 8;
pub const FV_SCHEDULE_CYCLIC: fv_schedule = 9;
pub const FV_SCHEDULE_PLATEAU: fv_schedule = 10;

pub type fv_monitor = i32;
pub const FV_MONITOR_VAL_LOSS: fv_monitor = 0;
pub const FV_MONITOR_LOSS: fv_monitor = 1;
pub const FV_MONITOR_VAL_ACCURACY: fv_monitor = 2;
pub const FV_MONITOR_ACCURACY: fv_monitor = 3;

pub type fv_cycle_shape = i32;
pub const FV_CYCLE_TRIANGULAR: fv_cycle_shape = 0;
pub const FV_CYCLE_TRIANGULAR2: fv_cycle_shape = 1;
pub const FV_CYCLE_EXPONENTIAL: fv_cycle_shape = 2;

pub type fv_loss = i32;
pub const FV_LOSS_SOFTMAX_CROSS_ENTROPY: fv_loss = 1;
pub const FV_LOSS_MEAN_SQUARED_ERROR: fv_loss = 2;
pub const FV_LOSS_BINARY_CROSS_ENTROPY: fv_loss = 3;
pub const FV_LOSS_FOCAL: fv_loss = 4;
pub const FV_LOSS_MEAN_ABSOLUTE_ERROR: fv_loss = 5;
pub const FV_LOSS_HUBER: fv_loss = 6;
pub const FV_LOSS_SMOOTH_L1: fv_loss = 7;
pub const FV_LOSS_KL_DIVERGENCE: fv_loss = 8;
pub const FV_LOSS_HINGE: fv_loss = 9;
pub const FV_LOSS_COSINE: fv_loss = 10;
pub const FV_LOSS_HOST_GRADIENT: fv_loss = 11;
pub const FV_LOSS_CUSTOM: fv_loss = 12;

pub type fv_reduction = i32;
pub const FV_REDUCE_MEAN: fv_reduction = 0;
pub const FV_REDUCE_SUM: fv_reduction = 1;

pub type fv_parameter_role = i32;
pub const FV_ROLE_KERNEL: fv_parameter_role = 0;
pub const FV_ROLE_BIAS: fv_parameter_role = 1;
pub const FV_ROLE_SCALE: fv_parameter_role = 2;
pub const FV_ROLE_SHIFT: fv_parameter_role = 3;

pub type fv_metric = i32;
pub const FV_METRIC_ACCURACY: fv_metric = 1;
pub const FV_METRIC_TOP_K: fv_metric = 2;
pub const FV_METRIC_PRECISION: fv_metric = 3;
pub const FV_METRIC_RECALL: fv_metric = 4;
pub const FV_METRIC_F1: fv_metric = 5;
pub const FV_METRIC_ROC_AUC: fv_metric = 6;
pub const FV_METRIC_CALIBRATION_ERROR: fv_metric = 7;
pub const FV_METRIC_MEAN_ABSOLUTE_ERROR: fv_metric = 8;
pub const FV_METRIC_MEAN_SQUARED_ERROR: fv_metric = 9;
pub const FV_METRIC_R2: fv_metric = 10;
pub const FV_METRIC_LOSS: fv_metric = 11;

pub type fv_class_average = i32;
pub const FV_CLASS_MACRO: fv_class_average = 0;
pub const FV_CLASS_MICRO: fv_class_average = 1;
pub const FV_CLASS_WEIGHTED: fv_class_average = 2;
pub const FV_CLASS_ONE: fv_class_average = 3;

pub type fv_stop_reason = i32;
pub const FV_STOP_EPOCHS: fv_stop_reason = 0;
pub const FV_STOP_NO_IMPROVEMENT: fv_stop_reason = 1;
pub const FV_STOP_NAN: fv_stop_reason = 2;
pub const FV_STOP_DIVERGENCE: fv_stop_reason = 3;
pub const FV_STOP_TIME: fv_stop_reason = 4;

pub type fv_pad_mode = i32;
pub const FV_PAD_CONSTANT: fv_pad_mode = 0;
pub const FV_PAD_REFLECT: fv_pad_mode = 1;
pub const FV_PAD_REPLICATE: fv_pad_mode = 2;

pub type fv_upsample = i32;
pub const FV_UPSAMPLE_NEAREST: fv_upsample = 0;
pub const FV_UPSAMPLE_BILINEAR: fv_upsample = 1;
pub const FV_UPSAMPLE_BED_OF_NAILS: fv_upsample = 2;

pub type fv_crops = i32;
pub const FV_CROPS_NONE: fv_crops = 0;
pub const FV_CROPS_FLIP: fv_crops = 1;
pub const FV_CROPS_TEN: fv_crops = 2;
pub const FV_CROPS_RESNET_MULTI_SCALE: fv_crops = 3;

pub type fv_pass = i32;
pub const FV_PASS_PREPARE: fv_pass = 1;
pub const FV_PASS_FORWARD: fv_pass = 2;
pub const FV_PASS_BACKWARD: fv_pass = 3;
pub const FV_PASS_OTHER: fv_pass = 4;

pub type fv_recipe_name = i32;
pub const FV_RECIPE_LENET5: fv_recipe_name = 1;
pub const FV_RECIPE_KERAS_CNN: fv_recipe_name = 2;
pub const FV_RECIPE_ALEXNET: fv_recipe_name = 3;
pub const FV_RECIPE_ZFNET: fv_recipe_name = 4;
pub const FV_RECIPE_VGG: fv_recipe_name = 5;
pub const FV_RECIPE_GOOGLENET: fv_recipe_name = 6;
pub const FV_RECIPE_RESNET: fv_recipe_name = 7;
pub const FV_RECIPE_RESNET_LECTURE: fv_recipe_name = 8;
pub const FV_RECIPE_RESNET_CIFAR: fv_recipe_name = 9;
pub const FV_RECIPE_RESNEXT: fv_recipe_name = 10;
pub const FV_RECIPE_DENSENET: fv_recipe_name = 11;
pub const FV_RECIPE_SQUEEZENET: fv_recipe_name = 12;
pub const FV_RECIPE_MOBILENET_V2: fv_recipe_name = 13;
pub const FV_RECIPE_PERCEPTRON: fv_recipe_name = 14;

pub type fv_mean = i32;
pub const FV_MEAN_NONE: fv_mean = 0;
pub const FV_MEAN_CHANNEL: fv_mean = 1;
pub const FV_MEAN_IMAGE: fv_mean = 2;

pub type fv_range = i32;
pub const FV_RANGE_CHOICE: fv_range = 0;
pub const FV_RANGE_UNIFORM: fv_range = 1;
pub const FV_RANGE_LOG_UNIFORM: fv_range = 2;
pub const FV_RANGE_INTEGER: fv_range = 3;

pub type fv_search_method = i32;
pub const FV_SEARCH_RANDOM: fv_search_method = 0;
pub const FV_SEARCH_GRID: fv_search_method = 1;
pub const FV_SEARCH_HALVING: fv_search_method = 2;

pub type fv_trial_state = i32;
pub const FV_TRIAL_WAITING: fv_trial_state = 0;
pub const FV_TRIAL_RUNNING: fv_trial_state = 1;
pub const FV_TRIAL_PAUSED: fv_trial_state = 2;
pub const FV_TRIAL_DONE: fv_trial_state = 3;
pub const FV_TRIAL_STOPPED: fv_trial_state = 4;
pub const FV_TRIAL_FAILED: fv_trial_state = 5;

pub type fv_match = i32;
pub const FV_MATCH_LOADED: fv_match = 1;
pub const FV_MATCH_MISSING: fv_match = 2;
pub const FV_MATCH_DIFFERENT: fv_match = 3;
pub const FV_MATCH_LEFT_OVER: fv_match = 4;

pub type fv_statistic = i32;
pub const FV_STATISTIC_NONE: fv_statistic = 0;
pub const FV_STATISTIC_CHANNEL: fv_statistic = 1;
pub const FV_STATISTIC_FEATURE: fv_statistic = 2;

pub type fv_whitening = i32;
pub const FV_WHITENING_NONE: fv_whitening = 0;
pub const FV_WHITENING_PCA: fv_whitening = 1;
pub const FV_WHITENING_PCA_WHITENING: fv_whitening = 2;
pub const FV_WHITENING_ZCA: fv_whitening = 3;

pub type fv_transform_part = i32;
pub const FV_TRANSFORM_MEAN: fv_transform_part = 0;
pub const FV_TRANSFORM_STDDEV: fv_transform_part = 1;
pub const FV_TRANSFORM_MATRIX: fv_transform_part = 2;
pub const FV_TRANSFORM_EIGENVALUES: fv_transform_part = 3;

pub type fv_shortcut = i32;
pub const FV_SHORTCUT_ZEROS: fv_shortcut = 0;
pub const FV_SHORTCUT_PROJECTION: fv_shortcut = 1;
pub const FV_SHORTCUT_NONE: fv_shortcut = 2;

// ---- objects

#[repr(C)]
pub struct fv_context {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_cancel_token {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_graph {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_model {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_session {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_trainer {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_dataset {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_augmentation {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_loader {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_profile {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_load_report {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_search {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_metrics {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_report {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_transform {
    _private: [u8; 0],
}

#[repr(C)]
pub struct fv_audit {
    _private: [u8; 0],
}

// ---- callbacks

pub type fv_allocate_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, bytes: usize, alignment: usize) -> *mut c_void>;
pub type fv_release_fn = Option<unsafe extern "C" fn(user: *mut c_void, memory: *mut c_void, bytes: usize)>;
pub type fv_task_fn = Option<unsafe extern "C" fn(data: *mut c_void, index: i64)>;
pub type fv_parallel_for_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, count: i64, task: fv_task_fn, data: *mut c_void)>;
pub type fv_log_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, level: fv_log_level, message: *const c_char)>;
pub type fv_drop_fn = Option<unsafe extern "C" fn(user: *mut c_void)>;
pub type fv_augment_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, image: *mut fv_buffer, random: u64, error: *mut fv_error) -> fv_status>;
pub type fv_custom_shape_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, shape: *mut fv_custom_shape, error: *mut fv_error) -> fv_status>;
pub type fv_custom_pass_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, pass: *const fv_custom_pass, error: *mut fv_error) -> fv_status>;
pub type fv_custom_loss_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, rows: *const fv_custom_rows, error: *mut fv_error) -> fv_status>;
pub type fv_progress_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, progress: *const fv_progress) -> i32>;
pub type fv_callback_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, trainer: *mut fv_trainer, progress: *const fv_progress) -> i32>;
pub type fv_rate_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, epoch: i64, step: i64, rate: f64) -> f64>;
pub type fv_trial_fn = Option<unsafe extern "C" fn(user: *mut c_void, trial: *const fv_trial) -> i32>;
pub type fv_objective_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, trial: *const fv_trial, score: *mut f64, error: *mut fv_error) -> fv_status>;
pub type fv_build_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, trial: *const fv_trial, fold: i32, trainer: *mut *mut fv_trainer, error: *mut fv_error) -> fv_status>;
pub type fv_get_sample_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, index: i64, pixels: *mut c_void, label: *mut i64, error: *mut fv_error) -> fv_status>;
pub type fv_get_target_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, index: i64, target: *mut c_void, error: *mut fv_error) -> fv_status>;
pub type fv_get_size_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, index: i64, height: *mut i64, width: *mut i64, error: *mut fv_error) -> fv_status>;
pub type fv_map_sample_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, index: i64, r#in: *const fv_tensor, out: *mut c_void, bytes: usize, error: *mut fv_error) -> fv_status>;

// ---- structs

/// See fovea/base.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_error {
    pub code: fv_status,
    pub reserved: i32,
    pub node: fv_node,
    pub message: [c_char; 496],
}

impl Default for fv_error {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/base.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_tensor {
    pub data: *const c_void,
    pub dtype: fv_dtype,
    pub rank: i32,
    pub shape: [i64; 8],
}

impl Default for fv_tensor {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/base.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_buffer {
    pub data: *mut c_void,
    pub capacity: usize,
    pub dtype: fv_dtype,
    pub rank: i32,
    pub shape: [i64; 8],
}

impl Default for fv_buffer {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/context.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_context_desc {
    pub struct_size: u32,
    pub threads: i32,
    pub allocate: fv_allocate_fn,
    pub release: fv_release_fn,
    pub allocator_user: *mut c_void,
    pub allocator_drop: fv_drop_fn,
    pub parallel_for: fv_parallel_for_fn,
    pub parallel_for_user: *mut c_void,
    pub parallel_for_drop: fv_drop_fn,
    pub log: fv_log_fn,
    pub log_user: *mut c_void,
    pub log_drop: fv_drop_fn,
}

impl Default for fv_context_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/dataset.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_idx_desc {
    pub struct_size: u32,
    pub classes: i32,
    pub max_bytes: i64,
}

impl Default for fv_idx_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/dataset.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_memory_dataset_desc {
    pub struct_size: u32,
    pub classes: i32,
    pub samples: fv_tensor,
    pub labels: fv_tensor,
    pub targets: fv_tensor,
    pub borrow: i32,
    pub user: *mut c_void,
    pub drop: fv_drop_fn,
}

impl Default for fv_memory_dataset_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/dataset.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_digits_desc {
    pub struct_size: u32,
    pub size: i32,
    pub count: i64,
    pub seed: u64,
    pub noise: f64,
}

impl Default for fv_digits_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/dataset.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_split_desc {
    pub struct_size: u32,
    pub shuffle: i32,
    pub fraction: f64,
    pub count: i64,
    pub seed: u64,
    pub stratified: i32,
    pub reserved: i32,
}

impl Default for fv_split_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/dataset.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_fold_desc {
    pub struct_size: u32,
    pub fold: i32,
    pub folds: i32,
    pub shuffle: i32,
    pub stratified: i32,
    pub reserved: i32,
    pub seed: u64,
}

impl Default for fv_fold_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/dataset.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_dataset_info {
    pub struct_size: u32,
    pub dtype: fv_dtype,
    pub count: i64,
    pub shape: [i64; 8],
    pub rank: i32,
    pub classes: i32,
    pub target_shape: [i64; 8],
    pub target_rank: i32,
    pub fingerprint: u64,
    pub test: i32,
    pub reserved: i32,
}

impl Default for fv_dataset_info {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/image.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_encoded_image {
    pub bytes: *const c_void,
    pub size: usize,
    pub path: *const c_char,
}

impl Default for fv_encoded_image {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/image.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_image_info {
    pub struct_size: u32,
    pub channels: i32,
    pub height: i64,
    pub width: i64,
    pub orientation: i32,
    pub reserved: i32,
}

impl Default for fv_image_info {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/image.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_image_desc {
    pub struct_size: u32,
    pub channels: i32,
    pub keep_orientation: i32,
    pub reserved: i32,
    pub max_pixels: i64,
}

impl Default for fv_image_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/augment.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_color_axes {
    pub axes: [f64; 9],
    pub variances: [f64; 3],
}

impl Default for fv_color_axes {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/augment.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_augment_desc {
    pub struct_size: u32,
    pub step: fv_augment_step,
    pub probability: f64,
    pub low: f64,
    pub high: f64,
    pub second_low: f64,
    pub second_high: f64,
    pub size: [i64; 2],
    pub padding: i64,
    pub interpolation: fv_interpolation,
    pub fill_mode: fv_fill_mode,
    pub fill_value: f64,
    pub pixels: i32,
    pub random_fill: i32,
    pub count: i32,
    pub magnitude: i32,
    pub colors: fv_color_axes,
    pub function: fv_augment_fn,
    pub user: *mut c_void,
    pub drop: fv_drop_fn,
    pub name: *const c_char,
}

impl Default for fv_augment_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/augment.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_augmentation_desc {
    pub struct_size: u32,
    pub reserved: i32,
    pub white: f64,
}

impl Default for fv_augmentation_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/augment.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_image_data_generator_desc {
    pub struct_size: u32,
    pub horizontal_flip: i32,
    pub rotation_range: f64,
    pub width_shift_range: f64,
    pub height_shift_range: f64,
    pub brightness_range: [f64; 2],
    pub shear_range: f64,
    pub zoom_range: [f64; 2],
    pub channel_shift_range: f64,
    pub fill_mode: *const c_char,
    pub cval: f64,
    pub vertical_flip: i32,
    pub reserved: i32,
    pub rescale: f64,
    pub preprocessing_function: fv_augment_fn,
    pub user: *mut c_void,
    pub drop: fv_drop_fn,
    pub data_format: *const c_char,
    pub featurewise_center: i32,
    pub samplewise_center: i32,
    pub featurewise_std_normalization: i32,
    pub samplewise_std_normalization: i32,
    pub zca_whitening: i32,
    pub reserved2: i32,
    pub zca_epsilon: f64,
    pub white: f64,
}

impl Default for fv_image_data_generator_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/augment.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_contact_sheet_desc {
    pub struct_size: u32,
    pub count: i32,
    pub columns: i32,
    pub zoom: i32,
    pub seed: u64,
}

impl Default for fv_contact_sheet_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/layers.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_initializer_desc {
    pub struct_size: u32,
    pub kind: fv_initializer_kind,
    pub value: f64,
    pub mean: f64,
    pub stddev: f64,
    pub low: f64,
    pub high: f64,
    pub gain: f64,
}

impl Default for fv_initializer_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/layers.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_regularizer_desc {
    pub struct_size: u32,
    pub full_square: i32,
    pub l2: f64,
    pub l1: f64,
}

impl Default for fv_regularizer_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/layers.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_layer_desc {
    pub struct_size: u32,
    pub name: *const c_char,
}

impl Default for fv_layer_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/layers.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_input_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub shape: [i64; 8],
}

impl Default for fv_input_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/layers.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_conv2d_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub filters: i64,
    pub kernel: [i64; 2],
    pub strides: [i64; 2],
    pub dilation: [i64; 2],
    pub groups: i64,
    pub padding: fv_padding,
    pub no_bias: i32,
    pub pad: [i64; 4],
    pub activation: fv_activation,
    pub algorithm: fv_conv_algorithm,
    pub kernel_initializer: *const fv_initializer_desc,
    pub bias_initializer: *const fv_initializer_desc,
    pub kernel_regularizer: *const fv_regularizer_desc,
    pub bias_regularizer: *const fv_regularizer_desc,
    pub drop_connect: f64,
    pub activity_regularizer: *const fv_regularizer_desc,
}

impl Default for fv_conv2d_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/layers.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_dense_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub units: i64,
    pub no_bias: i32,
    pub activation: fv_activation,
    pub kernel_initializer: *const fv_initializer_desc,
    pub bias_initializer: *const fv_initializer_desc,
    pub kernel_regularizer: *const fv_regularizer_desc,
    pub bias_regularizer: *const fv_regularizer_desc,
    pub drop_connect: f64,
    pub activity_regularizer: *const fv_regularizer_desc,
}

impl Default for fv_dense_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/layers.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_pool2d_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub size: [i64; 2],
    pub strides: [i64; 2],
    pub padding: fv_padding,
    pub ceil_mode: i32,
    pub pad: [i64; 4],
    pub exclude_padding: i32,
}

impl Default for fv_pool2d_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/layers.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_batch_norm_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub momentum: f64,
    pub epsilon: f64,
    pub no_scale: i32,
    pub no_center: i32,
    pub biased_running_variance: i32,
}

impl Default for fv_batch_norm_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/layers.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_leaky_relu_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub slope: f64,
}

impl Default for fv_leaky_relu_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/layers.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_elu_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub alpha: f64,
}

impl Default for fv_elu_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/layers.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_softplus_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub beta: f64,
}

impl Default for fv_softplus_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/layers.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_prelu_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub slope: f64,
    pub sharing: fv_sharing,
}

impl Default for fv_prelu_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/layers.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_swish_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub beta: f64,
    pub learned: i32,
    pub sharing: fv_sharing,
}

impl Default for fv_swish_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/layers.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_dropout_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub rate: f64,
    pub scale_at_test: i32,
}

impl Default for fv_dropout_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/blocks.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_squeeze_excite_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub ratio: i64,
    pub squeeze: i64,
}

impl Default for fv_squeeze_excite_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/blocks.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_non_local_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub channels: i64,
}

impl Default for fv_non_local_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/check.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_finding {
    pub check: fv_check,
    pub severity: fv_severity,
    pub code: fv_finding_code,
    pub reserved: i32,
    pub r#where: *const c_char,
    pub message: *const c_char,
    pub value: f64,
    pub threshold: f64,
    pub step: i64,
}

impl Default for fv_finding {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/check.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_check_desc {
    pub struct_size: u32,
    pub steps: i32,
    pub batch_size: i32,
    pub overfit_samples: i32,
    pub overfit_steps: i32,
    pub gradient_samples: i32,
    pub coordinates: i32,
    pub burn_in: i32,
    pub gradient_step: f64,
    pub l2: f64,
    pub epochs: i64,
    pub validation: *const fv_dataset,
    pub test: *const fv_dataset,
    pub cancel: *mut fv_cancel_token,
}

impl Default for fv_check_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/convolution.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_transposed_conv2d_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub filters: i64,
    pub kernel: [i64; 2],
    pub strides: [i64; 2],
    pub dilation: [i64; 2],
    pub groups: i64,
    pub pad: [i64; 4],
    pub output_padding: [i64; 2],
    pub no_bias: i32,
    pub activation: fv_activation,
    pub algorithm: fv_conv_algorithm,
    pub kernel_initializer: *const fv_initializer_desc,
    pub bias_initializer: *const fv_initializer_desc,
    pub kernel_regularizer: *const fv_regularizer_desc,
    pub bias_regularizer: *const fv_regularizer_desc,
}

impl Default for fv_transposed_conv2d_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/convolution.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_depthwise_conv2d_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub multiplier: i64,
    pub kernel: [i64; 2],
    pub strides: [i64; 2],
    pub dilation: [i64; 2],
    pub padding: fv_padding,
    pub no_bias: i32,
    pub pad: [i64; 4],
    pub activation: fv_activation,
    pub kernel_initializer: *const fv_initializer_desc,
    pub bias_initializer: *const fv_initializer_desc,
    pub kernel_regularizer: *const fv_regularizer_desc,
    pub bias_regularizer: *const fv_regularizer_desc,
}

impl Default for fv_depthwise_conv2d_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/convolution.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_separable_conv2d_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub filters: i64,
    pub multiplier: i64,
    pub kernel: [i64; 2],
    pub strides: [i64; 2],
    pub dilation: [i64; 2],
    pub padding: fv_padding,
    pub no_bias: i32,
    pub pad: [i64; 4],
    pub activation: fv_activation,
}

impl Default for fv_separable_conv2d_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/convolution.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_local_conv2d_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub filters: i64,
    pub kernel: [i64; 2],
    pub strides: [i64; 2],
    pub pad: [i64; 4],
    pub no_bias: i32,
    pub activation: fv_activation,
    pub kernel_initializer: *const fv_initializer_desc,
    pub bias_initializer: *const fv_initializer_desc,
    pub kernel_regularizer: *const fv_regularizer_desc,
    pub bias_regularizer: *const fv_regularizer_desc,
}

impl Default for fv_local_conv2d_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/convolution.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_deform_conv2d_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub filters: i64,
    pub kernel: [i64; 2],
    pub strides: [i64; 2],
    pub dilation: [i64; 2],
    pub groups: i64,
    pub offset_groups: i64,
    pub pad: [i64; 4],
    pub no_bias: i32,
    pub kernel_initializer: *const fv_initializer_desc,
    pub bias_initializer: *const fv_initializer_desc,
    pub kernel_regularizer: *const fv_regularizer_desc,
    pub bias_regularizer: *const fv_regularizer_desc,
}

impl Default for fv_deform_conv2d_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/optimizer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_optimizer_desc {
    pub struct_size: u32,
    pub optimizer: fv_optimizer,
    pub learning_rate: f64,
    pub momentum: f64,
    pub dampening: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub rho: f64,
    pub epsilon: f64,
    pub momentum_decay: f64,
    pub trust_coefficient: f64,
    pub weight_decay: f64,
    pub clip_value: f64,
    pub clip_norm: f64,
    pub clip_global_norm: f64,
    pub nesterov: i32,
    pub rate_in_velocity: i32,
    pub amsgrad: i32,
    pub centered: i32,
    pub no_bias_correction: i32,
    pub epsilon_inside: i32,
    pub decay_kernels_only: i32,
    pub reserved: i32,
}

impl Default for fv_optimizer_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/optimizer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_group_desc {
    pub struct_size: u32,
    pub frozen: i32,
    pub parameters: *const c_char,
    pub learning_rate: f64,
    pub weight_decay: f64,
    pub l1: f64,
    pub l2: f64,
    pub constraint: fv_constraint,
    pub reserved: i32,
    pub min_norm: f64,
    pub max_norm: f64,
}

impl Default for fv_group_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/optimizer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_average_desc {
    pub struct_size: u32,
    pub averaging: fv_averaging,
    pub decay: f64,
    pub start: i64,
    pub period: i64,
}

impl Default for fv_average_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/schedule.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_schedule_desc {
    pub struct_size: u32,
    pub schedule: fv_schedule,
    pub per_step: i32,
    pub staircase: i32,
    pub warmup: i64,
    pub warmup_start: f64,
    pub period: i64,
    pub total: i64,
    pub milestones: *const i64,
    pub milestone_count: usize,
    pub gamma: f64,
    pub power: f64,
    pub lowest: f64,
    pub highest: f64,
    pub growth: i64,
    pub falling: i64,
    pub rising: f64,
    pub start_divisor: f64,
    pub end_divisor: f64,
    pub shape: fv_cycle_shape,
    pub monitor: fv_monitor,
    pub patience: i64,
    pub cooldown: i64,
    pub min_delta: f64,
    pub monitor_name: *const c_char,
    pub monitor_larger: i32,
    pub reserved: i32,
    pub lowest_momentum: f64,
    pub highest_momentum: f64,
}

impl Default for fv_schedule_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/schedule.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_rate_range_desc {
    pub struct_size: u32,
    pub batch_size: i32,
    pub lowest: f64,
    pub highest: f64,
    pub steps: i64,
    pub smoothing: f64,
    pub divergence: f64,
    pub cancel: *mut fv_cancel_token,
}

impl Default for fv_rate_range_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/schedule.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_rate_point {
    pub rate: f64,
    pub loss: f64,
    pub smoothed: f64,
}

impl Default for fv_rate_point {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/schedule.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_rate_range {
    pub struct_size: u32,
    pub reserved: i32,
    pub suggested: f64,
    pub lowest_loss: f64,
}

impl Default for fv_rate_range {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/trainer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_loss_desc {
    pub struct_size: u32,
    pub loss: fv_loss,
    pub output: *const c_char,
    pub weight: f64,
    pub reduction: fv_reduction,
    pub ignore: i32,
    pub ignore_label: i32,
    pub squared: i32,
    pub label_smoothing: f64,
    pub class_weights: *const f64,
    pub class_count: usize,
    pub delta: f64,
    pub gamma: f64,
    pub alpha: f64,
    pub margin: f64,
    pub positive_weights: *const f64,
    pub positive_count: usize,
    pub custom: *const c_char,
}

impl Default for fv_loss_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/trainer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_mix_desc {
    pub struct_size: u32,
    pub reserved: i32,
    pub mixup: f64,
    pub cutmix: f64,
    pub probability: f64,
}

impl Default for fv_mix_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/trainer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_trainer_desc {
    pub struct_size: u32,
    pub loss: fv_loss,
    pub optimizer: fv_optimizer,
    pub nesterov: i32,
    pub learning_rate: f64,
    pub momentum: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    pub l2: f64,
    pub seed: u64,
    pub max_batch: i32,
    pub losses: *const *const fv_loss_desc,
    pub loss_count: usize,
    pub optimizer_desc: *const fv_optimizer_desc,
    pub schedule: *const fv_schedule_desc,
    pub groups: *const *const fv_group_desc,
    pub group_count: usize,
    pub average: *const fv_average_desc,
    pub l1: f64,
    pub accumulate_steps: i32,
    pub proximal_l1: i32,
    pub mix: *const fv_mix_desc,
    pub rate_batch: i32,
    pub reserved: i32,
}

impl Default for fv_trainer_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/trainer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_trainer_info {
    pub struct_size: u32,
    pub losses: i32,
    pub groups: i32,
    pub accumulate_steps: i32,
    pub accumulated: i64,
    pub averages: i64,
    pub seed: u64,
    pub l1: f64,
    pub l2: f64,
    pub batch_size: i32,
    pub no_shuffle: i32,
    pub drop_last: i32,
    pub proximal_l1: i32,
    pub rate_batch: i32,
    pub reserved: i32,
    pub mixup: f64,
    pub cutmix: f64,
    pub mix_probability: f64,
}

impl Default for fv_trainer_info {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/trainer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_memory {
    pub struct_size: u32,
    pub reserved: i32,
    pub parameters: usize,
    pub gradients: usize,
    pub optimizer: usize,
    pub arena: usize,
    pub workspace: usize,
}

impl Default for fv_memory {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/trainer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_batch {
    pub struct_size: u32,
    pub reserved: i32,
    pub inputs: *const fv_tensor,
    pub input_count: usize,
    pub targets: *const fv_tensor,
    pub target_count: usize,
    pub sample_weights: *const fv_tensor,
}

impl Default for fv_batch {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/trainer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_feed_desc {
    pub struct_size: u32,
    pub batch_size: i32,
    pub no_shuffle: i32,
    pub drop_last: i32,
    pub workers: i32,
    pub prefetch: i32,
}

impl Default for fv_feed_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/trainer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_progress {
    pub struct_size: u32,
    pub epoch_ended: i32,
    pub epoch: i64,
    pub epochs: i64,
    pub batch: i64,
    pub batches: i64,
    pub step: i64,
    pub samples: i64,
    pub loss: f64,
    pub accuracy: f64,
    pub batch_loss: f64,
    pub learning_rate: f64,
    pub samples_per_second: f64,
    pub seconds_left: f64,
    pub seconds: f64,
    pub val_loss: f64,
    pub val_accuracy: f64,
}

impl Default for fv_progress {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/trainer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_history_row {
    pub epoch: i64,
    pub loss: f64,
    pub accuracy: f64,
    pub val_loss: f64,
    pub val_accuracy: f64,
    pub learning_rate: f64,
}

impl Default for fv_history_row {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/custom.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_custom_tensor {
    pub data: *const c_void,
    pub gradient: *mut c_void,
    pub shape: *const i64,
    pub rank: i32,
    pub reserved: i32,
    pub elements: i64,
}

impl Default for fv_custom_tensor {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/custom.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_custom_shape {
    pub struct_size: u32,
    pub input_count: i32,
    pub inputs: *const fv_custom_tensor,
    pub attributes: *const c_void,
    pub attributes_size: usize,
    pub parameters: *mut c_void,
    pub shape: [i64; 8],
    pub rank: i32,
    pub reserved: i32,
    pub saved: i64,
    pub saved_per_sample: i64,
    pub scratch: i64,
    pub scratch_per_sample: i64,
    pub multiply_adds: i64,
}

impl Default for fv_custom_shape {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/custom.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_custom_parameter_desc {
    pub struct_size: u32,
    pub role: fv_parameter_role,
    pub name: *const c_char,
    pub shape: [i64; 8],
    pub initializer: *const fv_initializer_desc,
    pub fan_in: i64,
    pub fan_out: i64,
}

impl Default for fv_custom_parameter_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/custom.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_custom_pass {
    pub struct_size: u32,
    pub dtype: fv_dtype,
    pub batch: i64,
    pub training: i32,
    pub input_count: i32,
    pub parameter_count: i32,
    pub rank: i32,
    pub inputs: *const fv_custom_tensor,
    pub parameters: *const fv_custom_tensor,
    pub shape: *const i64,
    pub elements: i64,
    pub output: *mut c_void,
    pub output_gradient: *mut c_void,
    pub saved: *mut c_void,
    pub saved_count: i64,
    pub scratch: *mut c_void,
    pub scratch_count: i64,
    pub attributes: *const c_void,
    pub attributes_size: usize,
    pub random: u64,
}

impl Default for fv_custom_pass {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/custom.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_custom_layer_desc {
    pub struct_size: u32,
    pub backward_without_inputs: i32,
    pub backward_without_output: i32,
    pub reserved: i32,
    pub r#type: *const c_char,
    pub shape: fv_custom_shape_fn,
    pub forward: fv_custom_pass_fn,
    pub backward: fv_custom_pass_fn,
    pub user: *mut c_void,
    pub drop: fv_drop_fn,
}

impl Default for fv_custom_layer_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/custom.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_custom_desc {
    pub struct_size: u32,
    pub reserved: u32,
    pub name: *const c_char,
    pub r#type: *const c_char,
    pub attributes: *const c_void,
    pub attributes_size: usize,
}

impl Default for fv_custom_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/custom.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_custom_rows {
    pub struct_size: u32,
    pub dtype: fv_dtype,
    pub rows: i64,
    pub columns: i64,
    pub shape: *const i64,
    pub rank: i32,
    pub reserved: i32,
    pub output: *const c_void,
    pub targets: *const c_void,
    pub labels: *const i32,
    pub weights: *const f64,
    pub losses: *mut f64,
    pub gradient: *mut c_void,
}

impl Default for fv_custom_rows {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/custom.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_custom_loss_desc {
    pub struct_size: u32,
    pub over_classes: i32,
    pub name: *const c_char,
    pub evaluate: fv_custom_loss_fn,
    pub user: *mut c_void,
    pub drop: fv_drop_fn,
}

impl Default for fv_custom_loss_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/metric.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_metric_desc {
    pub struct_size: u32,
    pub metric: fv_metric,
    pub average: fv_class_average,
    pub class_index: i32,
    pub k: i32,
    pub bins: i32,
    pub probabilities: i32,
    pub multilabel: i32,
    pub threshold: f64,
    pub loss: i32,
    pub reserved: i32,
    pub name: *const c_char,
}

impl Default for fv_metric_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/metric.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_metrics_desc {
    pub struct_size: u32,
    pub ignore: i32,
    pub ignore_label: i32,
    pub confusion: i32,
    pub classes: i64,
    pub metrics: *const *const fv_metric_desc,
    pub metric_count: usize,
    pub rows: i64,
    pub confusion_threshold: f64,
}

impl Default for fv_metrics_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/fit.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_callbacks_desc {
    pub struct_size: u32,
    pub reserved: i32,
    pub on_train_begin: fv_callback_fn,
    pub on_train_end: fv_callback_fn,
    pub on_epoch_begin: fv_callback_fn,
    pub on_epoch_end: fv_callback_fn,
    pub on_batch_begin: fv_callback_fn,
    pub on_batch_end: fv_callback_fn,
    pub user: *mut c_void,
    pub drop: fv_drop_fn,
}

impl Default for fv_callbacks_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/fit.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_stop_desc {
    pub struct_size: u32,
    pub monitor: fv_monitor,
    pub patience: i64,
    pub min_delta: f64,
    pub baseline: f64,
    pub divergence: i64,
    pub seconds: f64,
    pub restore_best: i32,
    pub keep_nan: i32,
    pub monitor_name: *const c_char,
    pub monitor_larger: i32,
    pub reserved: i32,
    pub divergence_delta: f64,
}

impl Default for fv_stop_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/fit.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_fit_desc {
    pub struct_size: u32,
    pub epochs: i32,
    pub batch_size: i32,
    pub no_shuffle: i32,
    pub drop_last: i32,
    pub checkpoint_steps: i32,
    pub checkpoint_path: *const c_char,
    pub on_progress: fv_progress_fn,
    pub user: *mut c_void,
    pub drop: fv_drop_fn,
    pub cancel: *mut fv_cancel_token,
    pub rate: fv_rate_fn,
    pub stop: *const fv_stop_desc,
    pub best_path: *const c_char,
    pub reason: *mut fv_stop_reason,
    pub callbacks: *const *const fv_callbacks_desc,
    pub callback_count: usize,
    pub checkpoint_epochs: i32,
    pub checkpoint_improved: i32,
    pub keep_checkpoints: i32,
    pub log_steps: i32,
    pub csv_path: *const c_char,
    pub jsonl_path: *const c_char,
    pub metrics: *const *const fv_metric_desc,
    pub metric_count: usize,
    pub workers: i32,
    pub prefetch: i32,
    pub validate_average: i32,
    pub reserved: i32,
}

impl Default for fv_fit_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/loader.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_loader_desc {
    pub struct_size: u32,
    pub batch_size: i32,
    pub no_shuffle: i32,
    pub drop_last: i32,
    pub workers: i32,
    pub prefetch: i32,
    pub seed: u64,
    pub model: *const fv_model,
}

impl Default for fv_loader_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/loader.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_loaded_batch {
    pub struct_size: u32,
    pub epoch_ended: i32,
    pub input: fv_tensor,
    pub target: fv_tensor,
    pub indices: *const u32,
    pub count: i64,
    pub epoch: i64,
    pub batch: i64,
    pub batches: i64,
}

impl Default for fv_loaded_batch {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/merge.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_matmul_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub transpose_a: i32,
    pub transpose_b: i32,
}

impl Default for fv_matmul_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/merge.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_pad_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub before: [i64; 8],
    pub after: [i64; 8],
    pub mode: fv_pad_mode,
    pub value: f64,
}

impl Default for fv_pad_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/merge.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_slice_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub begin: [i64; 8],
    pub end: [i64; 8],
}

impl Default for fv_slice_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/merge.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_crop_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub crop: [i64; 4],
}

impl Default for fv_crop_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/merge.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_parts_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub axis: i64,
    pub sizes: *const i64,
}

impl Default for fv_parts_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/merge.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_reshape_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub shape: [i64; 8],
}

impl Default for fv_reshape_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/merge.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_permute_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub axes: [i64; 8],
}

impl Default for fv_permute_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/model.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_transform_desc {
    pub struct_size: u32,
    pub channels: i32,
    pub scale: f64,
    pub mean: *const f64,
    pub stddev: *const f64,
    pub samplewise_center: i32,
    pub samplewise_std_normalization: i32,
    pub color: fv_channels,
    pub interpolation: fv_interpolation,
    pub no_antialias: i32,
    pub resize_short: i32,
    pub resize_height: i32,
    pub resize_width: i32,
    pub crop_height: i32,
    pub crop_width: i32,
}

impl Default for fv_transform_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/model.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_model_desc {
    pub struct_size: u32,
    pub dtype: fv_dtype,
    pub seed: u64,
    pub transform: *const fv_transform_desc,
    pub kernel_initializer: *const fv_initializer_desc,
    pub fitted: *const fv_transform,
}

impl Default for fv_model_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/model.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_lsuv_desc {
    pub struct_size: u32,
    pub max_iterations: i32,
    pub tolerance: f64,
}

impl Default for fv_lsuv_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/model.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_batch_norm_update_desc {
    pub struct_size: u32,
    pub batch_size: i32,
    pub batches: i64,
    pub seed: u64,
    pub cancel: *mut fv_cancel_token,
}

impl Default for fv_batch_norm_update_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/model.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_model_info {
    pub struct_size: u32,
    pub dtype: fv_dtype,
    pub parameters: i64,
    pub state: i64,
    pub multiply_adds: i64,
    pub inputs: i32,
    pub outputs: i32,
    pub tensors: i32,
    pub nodes: i32,
    pub class_names: i32,
    pub reserved: i32,
}

impl Default for fv_model_info {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/model.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_node_statistics {
    pub node: *const c_char,
    pub mean: f64,
    pub stddev: f64,
    pub minimum: f64,
    pub maximum: f64,
    pub dead: f64,
    pub saturated: f64,
}

impl Default for fv_node_statistics {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/model.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_statistics_desc {
    pub struct_size: u32,
    pub bins: i32,
    pub low: f64,
    pub high: f64,
    pub saturation: f64,
    pub histogram: *mut i64,
    pub seed: u64,
    pub training: i32,
}

impl Default for fv_statistics_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/model.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_tensor_info {
    pub struct_size: u32,
    pub dtype: fv_dtype,
    pub name: *const c_char,
    pub shape: [i64; 8],
    pub rank: i32,
    pub trainable: i32,
}

impl Default for fv_tensor_info {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/noise.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_spatial_dropout_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub rate: f64,
}

impl Default for fv_spatial_dropout_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/noise.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_stochastic_depth_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub rate: f64,
    pub whole_batch: i32,
}

impl Default for fv_stochastic_depth_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/noise.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_gaussian_noise_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub stddev: f64,
}

impl Default for fv_gaussian_noise_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/noise.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_maxout_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub pieces: i64,
}

impl Default for fv_maxout_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/norm.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_layer_norm_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub axes: i64,
    pub epsilon: f64,
    pub no_scale: i32,
    pub no_center: i32,
}

impl Default for fv_layer_norm_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/norm.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_group_norm_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub groups: i64,
    pub epsilon: f64,
    pub no_scale: i32,
    pub no_center: i32,
}

impl Default for fv_group_norm_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/norm.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_instance_norm_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub epsilon: f64,
    pub affine: i32,
}

impl Default for fv_instance_norm_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/norm.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_local_response_norm_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub size: i64,
    pub k: f64,
    pub alpha: f64,
    pub beta: f64,
    pub divide_alpha: i32,
}

impl Default for fv_local_response_norm_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/picture.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_curve {
    pub label: *const c_char,
    pub x: *const f64,
    pub y: *const f64,
    pub count: usize,
}

impl Default for fv_curve {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/picture.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_plot_desc {
    pub struct_size: u32,
    pub width: i32,
    pub height: i32,
    pub log_y: i32,
    pub title: *const c_char,
    pub x_label: *const c_char,
    pub y_label: *const c_char,
}

impl Default for fv_plot_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/picture.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_grid_desc {
    pub struct_size: u32,
    pub columns: i32,
    pub zoom: i32,
    pub shared_range: i32,
}

impl Default for fv_grid_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/pooling.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_adaptive_pool2d_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub size: [i64; 2],
}

impl Default for fv_adaptive_pool2d_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/pooling.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_fractional_pool2d_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub ratio: [f64; 2],
    pub overlapping: i32,
}

impl Default for fv_fractional_pool2d_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/pooling.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_upsample2d_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub scale: [i64; 2],
    pub method: fv_upsample,
    pub align_corners: i32,
}

impl Default for fv_upsample2d_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/pooling.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_pixel_shuffle_desc {
    pub struct_size: u32,
    pub name: *const c_char,
    pub factor: i64,
}

impl Default for fv_pixel_shuffle_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/session.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_crops_desc {
    pub struct_size: u32,
    pub crops: fv_crops,
    pub scales: *const i32,
    pub scale_count: usize,
    pub raw: i32,
    pub reserved: i32,
}

impl Default for fv_crops_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/session.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_session_desc {
    pub struct_size: u32,
    pub max_batch: i32,
    pub outputs: *const *const c_char,
    pub output_count: usize,
    pub crops: *const fv_crops_desc,
    pub max_pixels: i64,
}

impl Default for fv_session_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/session.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_crop_box {
    pub resized_height: i64,
    pub resized_width: i64,
    pub top: i64,
    pub left: i64,
    pub height: i64,
    pub width: i64,
    pub mirrored: i32,
    pub reserved: i32,
}

impl Default for fv_crop_box {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/session.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_evaluate_desc {
    pub struct_size: u32,
    pub loss: fv_loss,
    pub confusion: *mut i64,
    pub cancel: *mut fv_cancel_token,
    pub loss_desc: *const fv_loss_desc,
    pub metrics: *const *const fv_metric_desc,
    pub metric_count: usize,
    pub metric_values: *mut f64,
    pub measure: *mut fv_metrics,
}

impl Default for fv_evaluate_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/session.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_evaluation {
    pub struct_size: u32,
    pub reserved: i32,
    pub samples: i64,
    pub loss: f64,
    pub accuracy: f64,
}

impl Default for fv_evaluation {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/predict.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_sample_desc {
    pub struct_size: u32,
    pub passes: i32,
    pub seed: u64,
    pub softmax: i32,
    pub reserved: i32,
    pub temperature: f64,
}

impl Default for fv_sample_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/predict.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_ensemble_desc {
    pub struct_size: u32,
    pub raw: i32,
    pub weights: *const f64,
    pub temperatures: *const f64,
    pub cancel: *mut fv_cancel_token,
}

impl Default for fv_ensemble_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/predict.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_temperature_desc {
    pub struct_size: u32,
    pub reserved: i32,
    pub cancel: *mut fv_cancel_token,
}

impl Default for fv_temperature_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/profile.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_profile_desc {
    pub struct_size: u32,
    pub max_events: i32,
}

impl Default for fv_profile_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/profile.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_profile_row {
    pub name: *const c_char,
    pub kind: *const c_char,
    pub algorithm: *const c_char,
    pub pass: fv_pass,
    pub reserved: i32,
    pub calls: i64,
    pub seconds: f64,
    pub flops: f64,
    pub bytes: f64,
}

impl Default for fv_profile_row {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/recipe.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_recipe {
    pub struct_size: u32,
    pub optimizer: fv_optimizer,
    pub nesterov: i32,
    pub batch_size: i32,
    pub epochs: i32,
    pub reserved: i32,
    pub schedule: *const fv_schedule_desc,
    pub learning_rate: f64,
    pub momentum: f64,
    pub l2: f64,
    pub input_dropout: f64,
    pub dropout: f64,
    pub head_weight: f64,
    pub mean: fv_mean,
    pub flip: i32,
    pub resize: [i32; 2],
    pub crop_pad: i32,
    pub crop: i32,
    pub crop_area: [f64; 2],
    pub crop_aspect: f64,
    pub color_noise: f64,
}

impl Default for fv_recipe {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/search.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_parameter_desc {
    pub struct_size: u32,
    pub range: fv_range,
    pub name: *const c_char,
    pub low: f64,
    pub high: f64,
    pub values: *const f64,
    pub value_count: usize,
    pub labels: *const *const c_char,
    pub label_count: usize,
    pub points: i64,
}

impl Default for fv_parameter_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/search.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_search_desc {
    pub struct_size: u32,
    pub method: fv_search_method,
    pub parameters: *const *const fv_parameter_desc,
    pub parameter_count: usize,
    pub trials: i64,
    pub seed: u64,
    pub monitor: fv_monitor,
    pub eta: i32,
    pub min_epochs: i64,
    pub max_epochs: i64,
}

impl Default for fv_search_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/search.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_trial {
    pub index: i64,
    pub values: *const f64,
    pub value_count: usize,
    pub epochs: i64,
    pub state: fv_trial_state,
    pub status: fv_status,
    pub message: *const c_char,
    pub scores: *const f64,
    pub score_count: usize,
    pub score: f64,
    pub stddev: f64,
    pub seconds: f64,
}

impl Default for fv_trial {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/search.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_search_run_desc {
    pub struct_size: u32,
    pub reserved: i32,
    pub objective: fv_objective_fn,
    pub on_trial: fv_trial_fn,
    pub user: *mut c_void,
    pub drop: fv_drop_fn,
    pub cancel: *mut fv_cancel_token,
}

impl Default for fv_search_run_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/search.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_search_fit_desc {
    pub struct_size: u32,
    pub allow_test: i32,
    pub build: fv_build_fn,
    pub on_trial: fv_trial_fn,
    pub user: *mut c_void,
    pub drop: fv_drop_fn,
    pub fit: *const fv_fit_desc,
    pub folds: *const fv_fold_desc,
    pub best: *mut *mut fv_trainer,
}

impl Default for fv_search_fit_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/search.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_cross_validate_desc {
    pub struct_size: u32,
    pub reseed: i32,
    pub seed: u64,
    pub folds: *const fv_fold_desc,
    pub fit: *const fv_fit_desc,
    pub allow_test: i32,
    pub reserved: i32,
}

impl Default for fv_cross_validate_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/search.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_cross_validation {
    pub mean: fv_history_row,
    pub stddev: fv_history_row,
}

impl Default for fv_cross_validation {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/sources.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_image_files_desc {
    pub struct_size: u32,
    pub channels: i32,
    pub keep_orientation: i32,
    pub refuse_broken: i32,
    pub headers_only: i32,
    pub reserved: i32,
    pub max_pixels: i64,
    pub class_names: *const *const c_char,
    pub class_count: usize,
}

impl Default for fv_image_files_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/sources.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_image_list_desc {
    pub struct_size: u32,
    pub delimiter: i32,
    pub header: i32,
    pub classes: i32,
    pub root: *const c_char,
    pub files: *const fv_image_files_desc,
}

impl Default for fv_image_list_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/sources.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_files_info {
    pub struct_size: u32,
    pub reserved: i32,
    pub files: i64,
    pub broken: i64,
    pub ignored: i64,
}

impl Default for fv_files_info {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/sources.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_cifar_desc {
    pub struct_size: u32,
    pub hundred: i32,
    pub coarse: i32,
    pub reserved: i32,
}

impl Default for fv_cifar_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/sources.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_callback_dataset_desc {
    pub struct_size: u32,
    pub dtype: fv_dtype,
    pub count: i64,
    pub shape: [i64; 8],
    pub rank: i32,
    pub classes: i32,
    pub serial: i32,
    pub reserved: i32,
    pub get: fv_get_sample_fn,
    pub user: *mut c_void,
    pub drop: fv_drop_fn,
    pub get_target: fv_get_target_fn,
    pub target_shape: [i64; 8],
    pub target_rank: i32,
    pub target_dtype: fv_dtype,
    pub get_size: fv_get_size_fn,
}

impl Default for fv_callback_dataset_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/sources.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_map_desc {
    pub struct_size: u32,
    pub dtype: fv_dtype,
    pub shape: [i64; 8],
    pub rank: i32,
    pub serial: i32,
    pub map: fv_map_sample_fn,
    pub user: *mut c_void,
    pub drop: fv_drop_fn,
}

impl Default for fv_map_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/sources.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_balance_desc {
    pub struct_size: u32,
    pub reserved: i32,
    pub per_class: i64,
    pub seed: u64,
}

impl Default for fv_balance_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/sources.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_audit_part {
    pub struct_size: u32,
    pub classes: i32,
    pub count: i64,
    pub broken: i64,
    pub unreadable: i64,
    pub duplicates: i64,
    pub conflicts: i64,
    pub shared: i64,
    pub smallest_class: i64,
    pub largest_class: i64,
    pub height_min: i64,
    pub height_max: i64,
    pub width_min: i64,
    pub width_max: i64,
    pub height_mean: f64,
    pub width_mean: f64,
    pub near_duplicates: i64,
    pub near_shared: i64,
}

impl Default for fv_audit_part {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/transfer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_rename {
    pub from: *const c_char,
    pub to: *const c_char,
}

impl Default for fv_rename {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/transfer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_load_desc {
    pub struct_size: u32,
    pub strict: i32,
    pub renames: *const fv_rename,
    pub rename_count: usize,
    pub tensors: *const c_char,
}

impl Default for fv_load_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/transfer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_load_row {
    pub name: *const c_char,
    pub source: *const c_char,
    pub shape: [i64; 8],
    pub source_shape: [i64; 8],
    pub rank: i32,
    pub source_rank: i32,
    pub r#match: fv_match,
    pub reserved: i32,
}

impl Default for fv_load_row {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/transfer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_head_desc {
    pub struct_size: u32,
    pub reserved: i32,
    pub units: i64,
    pub name: *const c_char,
    pub seed: u64,
    pub kernel_initializer: *const fv_initializer_desc,
}

impl Default for fv_head_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/transfer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_features_desc {
    pub struct_size: u32,
    pub reserved: i32,
    pub cancel: *mut fv_cancel_token,
}

impl Default for fv_features_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/transfer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_probe_desc {
    pub struct_size: u32,
    pub epochs: i32,
    pub batch_size: i32,
    pub whole_images: i32,
    pub learning_rate: f64,
    pub l2: f64,
    pub seed: u64,
}

impl Default for fv_probe_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/transfer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_probe_result {
    pub features: i64,
    pub train_accuracy: f64,
    pub accuracy: f64,
    pub loss: f64,
}

impl Default for fv_probe_result {
    /// Every field zero.
    fn default() -> Self {
        unsafe { std::mem::zeroed() }
    }
}

/// See fovea/transfer.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_freeze_desc {
    pub struct_size: u32,
    pub train_statistics: i32,
}

impl Default for fv_freeze_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/transform.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_transform_fit_desc {
    pub struct_size: u32,
    pub featurewise_center: fv_statistic,
    pub featurewise_std_normalization: fv_statistic,
    pub whitening: fv_whitening,
    pub zca_epsilon: f64,
    pub components: i64,
    pub max_samples: i64,
    pub base: *const fv_transform_desc,
}

impl Default for fv_transform_fit_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/transform.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_transform_info {
    pub struct_size: u32,
    pub sample_rank: i32,
    pub sample_shape: [i64; 8],
    pub means: i64,
    pub stddevs: i64,
    pub components: i64,
    pub geometry: i32,
    pub reserved: i32,
}

impl Default for fv_transform_info {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/tune.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_tune_desc {
    pub struct_size: u32,
    pub batch_size: i32,
    pub training: i32,
    pub repetitions: i32,
    pub cancel: *mut fv_cancel_token,
}

impl Default for fv_tune_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/tune.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_tuning {
    pub struct_size: u32,
    pub changed: i32,
    pub seconds_before: f64,
    pub seconds_after: f64,
}

impl Default for fv_tuning {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

/// See fovea/zoo.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct fv_zoo_desc {
    pub struct_size: u32,
    pub classes: i32,
    pub height: i64,
    pub width: i64,
    pub channels: i64,
    pub width_multiplier: f64,
    pub shortcut: fv_shortcut,
    pub algorithm: fv_conv_algorithm,
    pub dropout: f64,
    pub heads: *mut fv_node,
}

impl Default for fv_zoo_desc {
    /// Every field zero, struct_size filled in.
    fn default() -> Self {
        let mut zero: Self = unsafe { std::mem::zeroed() };
        zero.struct_size = std::mem::size_of::<Self>() as u32;
        zero
    }
}

// ---- functions

extern "C" {
    // fovea/base.h
    pub fn fv_status_name(status: fv_status) -> *const c_char;
    pub fn fv_version() -> u32;

    // fovea/context.h
    pub fn fv_context_create(
        desc: *const fv_context_desc,
        context: *mut *mut fv_context,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_context_destroy(context: *mut fv_context);
    pub fn fv_context_threads(context: *const fv_context) -> i32;
    pub fn fv_cancel_token_create(token: *mut *mut fv_cancel_token, error: *mut fv_error) -> fv_status;
    pub fn fv_cancel_token_cancel(token: *mut fv_cancel_token);
    pub fn fv_cancel_token_reset(token: *mut fv_cancel_token);
    pub fn fv_cancel_token_is_cancelled(token: *const fv_cancel_token) -> i32;
    pub fn fv_cancel_token_pause(token: *mut fv_cancel_token);
    pub fn fv_cancel_token_resume(token: *mut fv_cancel_token);
    pub fn fv_cancel_token_is_paused(token: *const fv_cancel_token) -> i32;
    pub fn fv_cancel_token_wait(token: *mut fv_cancel_token) -> i32;
    pub fn fv_cancel_token_paused_seconds(token: *const fv_cancel_token) -> f64;
    pub fn fv_cancel_token_destroy(token: *mut fv_cancel_token);

    // fovea/dataset.h
    pub fn fv_dataset_destroy(dataset: *mut fv_dataset);
    pub fn fv_dataset_open_idx(
        context: *mut fv_context,
        images_path: *const c_char,
        labels_path: *const c_char,
        desc: *const fv_idx_desc,
        dataset: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_from_memory(
        context: *mut fv_context,
        desc: *const fv_memory_dataset_desc,
        dataset: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_digits(
        context: *mut fv_context,
        desc: *const fv_digits_desc,
        dataset: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_split(
        dataset: *const fv_dataset,
        desc: *const fv_split_desc,
        first: *mut *mut fv_dataset,
        second: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_fold(
        dataset: *const fv_dataset,
        desc: *const fv_fold_desc,
        train: *mut *mut fv_dataset,
        validation: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_mark_test(dataset: *mut fv_dataset, error: *mut fv_error) -> fv_status;
    pub fn fv_dataset_subset(
        dataset: *const fv_dataset,
        indices: *const i64,
        count: usize,
        subset: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_get_info(
        dataset: *const fv_dataset,
        info: *mut fv_dataset_info,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_get(
        dataset: *const fv_dataset,
        index: i64,
        sample: *mut fv_buffer,
        label: *mut i64,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/image.h
    pub fn fv_image_get_info(
        bytes: *const c_void,
        size: usize,
        info: *mut fv_image_info,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_image_get_file_info(
        path: *const c_char,
        info: *mut fv_image_info,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_image_decode(
        context: *mut fv_context,
        bytes: *const c_void,
        size: usize,
        desc: *const fv_image_desc,
        pixels: *mut fv_buffer,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_image_decode_file(
        context: *mut fv_context,
        path: *const c_char,
        desc: *const fv_image_desc,
        pixels: *mut fv_buffer,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/augment.h
    pub fn fv_augmentation_create(
        context: *mut fv_context,
        steps: *const *const fv_augment_desc,
        count: usize,
        desc: *const fv_augmentation_desc,
        augmentation: *mut *mut fv_augmentation,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_augmentation_destroy(augmentation: *mut fv_augmentation);
    pub fn fv_augmentation_from_keras(
        context: *mut fv_context,
        desc: *const fv_image_data_generator_desc,
        augmentation: *mut *mut fv_augmentation,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_augmentation_apply(
        augmentation: *const fv_augmentation,
        image: *const fv_tensor,
        seed: u64,
        epoch: i64,
        position: i64,
        out: *mut fv_buffer,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_augmentation_shape(
        augmentation: *const fv_augmentation,
        shape: *const i64,
        result: *mut i64,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_augmentation_contact_sheet(
        augmentation: *const fv_augmentation,
        image: *const fv_tensor,
        desc: *const fv_contact_sheet_desc,
        path: *const c_char,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_augmentation_fit_colors(
        dataset: *const fv_dataset,
        max_samples: i64,
        white: f64,
        colors: *mut fv_color_axes,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_augment(
        dataset: *const fv_dataset,
        augmentation: *const fv_augmentation,
        augmented: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/layers.h
    pub fn fv_input(graph: *mut fv_graph, desc: *const fv_input_desc) -> fv_node;
    pub fn fv_conv2d(graph: *mut fv_graph, x: fv_node, desc: *const fv_conv2d_desc) -> fv_node;
    pub fn fv_dense(graph: *mut fv_graph, x: fv_node, desc: *const fv_dense_desc) -> fv_node;
    pub fn fv_max_pool2d(graph: *mut fv_graph, x: fv_node, desc: *const fv_pool2d_desc) -> fv_node;
    pub fn fv_average_pool2d(graph: *mut fv_graph, x: fv_node, desc: *const fv_pool2d_desc) -> fv_node;
    pub fn fv_global_average_pool2d(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_batch_norm(graph: *mut fv_graph, x: fv_node, desc: *const fv_batch_norm_desc) -> fv_node;
    pub fn fv_relu(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_relu6(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_sigmoid(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_tanh(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_selu(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_gelu(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_gelu_tanh(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_hard_swish(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_hard_sigmoid(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_mish(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_leaky_relu(graph: *mut fv_graph, x: fv_node, desc: *const fv_leaky_relu_desc) -> fv_node;
    pub fn fv_elu(graph: *mut fv_graph, x: fv_node, desc: *const fv_elu_desc) -> fv_node;
    pub fn fv_celu(graph: *mut fv_graph, x: fv_node, desc: *const fv_elu_desc) -> fv_node;
    pub fn fv_softplus(graph: *mut fv_graph, x: fv_node, desc: *const fv_softplus_desc) -> fv_node;
    pub fn fv_prelu(graph: *mut fv_graph, x: fv_node, desc: *const fv_prelu_desc) -> fv_node;
    pub fn fv_swish(graph: *mut fv_graph, x: fv_node, desc: *const fv_swish_desc) -> fv_node;
    pub fn fv_softmax(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_log_softmax(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_dropout(graph: *mut fv_graph, x: fv_node, desc: *const fv_dropout_desc) -> fv_node;

    // fovea/blocks.h
    pub fn fv_squeeze_excite(
        graph: *mut fv_graph,
        x: fv_node,
        desc: *const fv_squeeze_excite_desc,
    ) -> fv_node;
    pub fn fv_non_local(graph: *mut fv_graph, x: fv_node, desc: *const fv_non_local_desc) -> fv_node;

    // fovea/check.h
    pub fn fv_report_findings(
        report: *const fv_report,
        findings: *mut fv_finding,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_report_text(
        report: *const fv_report,
        buffer: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_report_severity(report: *const fv_report) -> fv_severity;
    pub fn fv_report_destroy(report: *mut fv_report);
    pub fn fv_check_name(check: fv_check) -> *const c_char;
    pub fn fv_finding_name(code: fv_finding_code) -> *const c_char;
    pub fn fv_check_all(
        trainer: *const fv_trainer,
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_check_gradient(
        trainer: *const fv_trainer,
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_check_chance_loss(
        trainer: *const fv_trainer,
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_check_regularization(
        trainer: *const fv_trainer,
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_check_overfit(
        trainer: *const fv_trainer,
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_check_symmetry(
        trainer: *const fv_trainer,
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_check_units(
        trainer: *const fv_trainer,
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_check_update_ratio(
        trainer: *const fv_trainer,
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_check_gradient_flow(
        trainer: *const fv_trainer,
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_check_learning_rate(
        trainer: *const fv_trainer,
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_check_non_finite(
        trainer: *const fv_trainer,
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_check_leakage(
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_check_labels(
        trainer: *const fv_trainer,
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_check_inputs(
        trainer: *const fv_trainer,
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_check_advice(
        trainer: *const fv_trainer,
        train: *const fv_dataset,
        desc: *const fv_check_desc,
        report: *mut *mut fv_report,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/convolution.h
    pub fn fv_transposed_conv2d(
        graph: *mut fv_graph,
        x: fv_node,
        desc: *const fv_transposed_conv2d_desc,
    ) -> fv_node;
    pub fn fv_depthwise_conv2d(
        graph: *mut fv_graph,
        x: fv_node,
        desc: *const fv_depthwise_conv2d_desc,
    ) -> fv_node;
    pub fn fv_separable_conv2d(
        graph: *mut fv_graph,
        x: fv_node,
        desc: *const fv_separable_conv2d_desc,
    ) -> fv_node;
    pub fn fv_local_conv2d(graph: *mut fv_graph, x: fv_node, desc: *const fv_local_conv2d_desc) -> fv_node;
    pub fn fv_deform_conv2d(
        graph: *mut fv_graph,
        x: fv_node,
        offsets: fv_node,
        factors: fv_node,
        desc: *const fv_deform_conv2d_desc,
    ) -> fv_node;

    // fovea/optimizer.h
    pub fn fv_trainer_get_optimizer(
        trainer: *const fv_trainer,
        desc: *mut fv_optimizer_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_set_groups(
        trainer: *mut fv_trainer,
        groups: *const *const fv_group_desc,
        count: usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_get_group(
        trainer: *const fv_trainer,
        index: i32,
        desc: *mut fv_group_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_get_average(
        trainer: *const fv_trainer,
        desc: *mut fv_average_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_averaged_model(
        trainer: *const fv_trainer,
        model: *mut *mut fv_model,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/schedule.h
    pub fn fv_schedule_rate(
        desc: *const fv_schedule_desc,
        base: f64,
        epoch: i64,
        step: i64,
        rate: *mut f64,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_schedule_momentum(
        desc: *const fv_schedule_desc,
        epoch: i64,
        step: i64,
        momentum: *mut f64,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_set_schedule(
        trainer: *mut fv_trainer,
        desc: *const fv_schedule_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_get_schedule(
        trainer: *const fv_trainer,
        desc: *mut fv_schedule_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_find_rate(
        trainer: *const fv_trainer,
        dataset: *const fv_dataset,
        desc: *const fv_rate_range_desc,
        range: *mut fv_rate_range,
        points: *mut fv_rate_point,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/trainer.h
    pub fn fv_trainer_create(
        model: *mut fv_model,
        desc: *const fv_trainer_desc,
        trainer: *mut *mut fv_trainer,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_destroy(trainer: *mut fv_trainer);
    pub fn fv_trainer_model(trainer: *mut fv_trainer) -> *mut fv_model;
    pub fn fv_trainer_loss(trainer: *const fv_trainer) -> fv_loss;
    pub fn fv_trainer_get_loss(
        trainer: *const fv_trainer,
        index: i32,
        desc: *mut fv_loss_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_loss_values(
        trainer: *const fv_trainer,
        values: *mut f64,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_get_info(
        trainer: *const fv_trainer,
        info: *mut fv_trainer_info,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_memory(
        trainer: *const fv_trainer,
        batch: i64,
        memory: *mut fv_memory,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_step(
        trainer: *mut fv_trainer,
        inputs: *const fv_tensor,
        input_count: usize,
        target: *const fv_tensor,
        loss: *mut f64,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_step_batch(
        trainer: *mut fv_trainer,
        batch: *const fv_batch,
        loss: *mut f64,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_backward_batch(
        trainer: *mut fv_trainer,
        batch: *const fv_batch,
        loss: *mut f64,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_backward(
        trainer: *mut fv_trainer,
        inputs: *const fv_tensor,
        input_count: usize,
        target: *const fv_tensor,
        loss: *mut f64,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_apply(trainer: *mut fv_trainer, error: *mut fv_error) -> fv_status;
    pub fn fv_trainer_get_gradient(
        trainer: *const fv_trainer,
        name: *const c_char,
        gradient: *mut fv_buffer,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_set_gradient(
        trainer: *mut fv_trainer,
        name: *const c_char,
        gradient: *const fv_tensor,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_gradient_block(trainer: *mut fv_trainer, count: *mut i64) -> *mut c_void;
    pub fn fv_trainer_forward(
        trainer: *mut fv_trainer,
        inputs: *const fv_tensor,
        input_count: usize,
        outputs: *mut fv_buffer,
        output_count: usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_backward_from(
        trainer: *mut fv_trainer,
        gradients: *const fv_tensor,
        gradient_count: usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_learning_rate(trainer: *const fv_trainer) -> f64;
    pub fn fv_trainer_set_learning_rate(
        trainer: *mut fv_trainer,
        rate: f64,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_feed(
        trainer: *mut fv_trainer,
        dataset: *const fv_dataset,
        desc: *const fv_feed_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_end_feed(trainer: *mut fv_trainer, error: *mut fv_error) -> fv_status;
    pub fn fv_trainer_next(
        trainer: *mut fv_trainer,
        progress: *mut fv_progress,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_get_progress(
        trainer: *const fv_trainer,
        progress: *mut fv_progress,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_record(
        trainer: *mut fv_trainer,
        row: *const fv_history_row,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_record_value(
        trainer: *mut fv_trainer,
        name: *const c_char,
        value: f64,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_series_name(trainer: *const fv_trainer, index: usize) -> *const c_char;
    pub fn fv_trainer_series(
        trainer: *const fv_trainer,
        name: *const c_char,
        values: *mut f64,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_history(
        trainer: *const fv_trainer,
        rows: *mut fv_history_row,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_set_note(
        trainer: *mut fv_trainer,
        key: *const c_char,
        text: *const c_char,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_get_note(
        trainer: *const fv_trainer,
        key: *const c_char,
        buffer: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_keep_weights(trainer: *mut fv_trainer, error: *mut fv_error) -> fv_status;
    pub fn fv_trainer_restore_weights(trainer: *mut fv_trainer, error: *mut fv_error) -> fv_status;
    pub fn fv_trainer_save(trainer: *mut fv_trainer, path: *const c_char, error: *mut fv_error) -> fv_status;
    pub fn fv_trainer_load(
        context: *mut fv_context,
        path: *const c_char,
        trainer: *mut *mut fv_trainer,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/custom.h
    pub fn fv_custom_add_parameter(shape: *mut fv_custom_shape, desc: *const fv_custom_parameter_desc);
    pub fn fv_context_register_layer(
        context: *mut fv_context,
        desc: *const fv_custom_layer_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_custom(
        graph: *mut fv_graph,
        inputs: *const fv_node,
        count: usize,
        desc: *const fv_custom_desc,
    ) -> fv_node;
    pub fn fv_custom_rows_loss(rows: *const fv_custom_rows, loss: fv_loss, error: *mut fv_error) -> fv_status;
    pub fn fv_context_register_loss(
        context: *mut fv_context,
        desc: *const fv_custom_loss_desc,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/metric.h
    pub fn fv_metric_name(
        desc: *const fv_metric_desc,
        buffer: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_metric_is_larger_better(metric: fv_metric) -> i32;
    pub fn fv_metrics_create(
        context: *mut fv_context,
        desc: *const fv_metrics_desc,
        metrics: *mut *mut fv_metrics,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_metrics_destroy(metrics: *mut fv_metrics);
    pub fn fv_metrics_update(
        metrics: *mut fv_metrics,
        outputs: *const fv_tensor,
        truth: *const fv_tensor,
        sample_weights: *const fv_tensor,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_metrics_reset(metrics: *mut fv_metrics);
    pub fn fv_metrics_values(
        metrics: *const fv_metrics,
        values: *mut f64,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_metrics_class_values(
        metrics: *const fv_metrics,
        index: usize,
        values: *mut f64,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_metrics_confusion(
        metrics: *const fv_metrics,
        confusion: *mut i64,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_set_metrics(
        trainer: *mut fv_trainer,
        metrics: *const *const fv_metric_desc,
        metric_count: usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_get_metric(
        trainer: *const fv_trainer,
        index: usize,
        desc: *mut fv_metric_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_metric_values(
        trainer: *const fv_trainer,
        values: *mut f64,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_reset_metrics(trainer: *mut fv_trainer);

    // fovea/fit.h
    pub fn fv_trainer_fit(
        trainer: *mut fv_trainer,
        train: *const fv_dataset,
        validation: *const fv_dataset,
        desc: *const fv_fit_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_checkpoint_find(
        checkpoint_path: *const c_char,
        path: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/graph.h
    pub fn fv_graph_create(
        context: *mut fv_context,
        graph: *mut *mut fv_graph,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_graph_destroy(graph: *mut fv_graph);
    pub fn fv_graph_status(graph: *const fv_graph, error: *mut fv_error) -> fv_status;
    pub fn fv_graph_node_shape(
        graph: *const fv_graph,
        node: fv_node,
        shape: *mut i64,
        rank: *mut i32,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_graph_node_name(graph: *const fv_graph, node: fv_node) -> *const c_char;
    pub fn fv_graph_find(graph: *const fv_graph, name: *const c_char) -> fv_node;

    // fovea/loader.h
    pub fn fv_loader_create(
        context: *mut fv_context,
        dataset: *const fv_dataset,
        desc: *const fv_loader_desc,
        loader: *mut *mut fv_loader,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_loader_destroy(loader: *mut fv_loader);
    pub fn fv_loader_next(
        loader: *mut fv_loader,
        batch: *mut fv_loaded_batch,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_loader_seek(loader: *mut fv_loader, epoch: i64, batch: i64, error: *mut fv_error) -> fv_status;

    // fovea/merge.h
    pub fn fv_add(graph: *mut fv_graph, a: fv_node, b: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_subtract(graph: *mut fv_graph, a: fv_node, b: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_multiply(graph: *mut fv_graph, a: fv_node, b: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_average(
        graph: *mut fv_graph,
        nodes: *const fv_node,
        count: usize,
        desc: *const fv_layer_desc,
    ) -> fv_node;
    pub fn fv_maximum(
        graph: *mut fv_graph,
        nodes: *const fv_node,
        count: usize,
        desc: *const fv_layer_desc,
    ) -> fv_node;
    pub fn fv_concat(
        graph: *mut fv_graph,
        nodes: *const fv_node,
        count: usize,
        desc: *const fv_layer_desc,
    ) -> fv_node;
    pub fn fv_matmul(graph: *mut fv_graph, a: fv_node, b: fv_node, desc: *const fv_matmul_desc) -> fv_node;
    pub fn fv_pad(graph: *mut fv_graph, x: fv_node, desc: *const fv_pad_desc) -> fv_node;
    pub fn fv_slice(graph: *mut fv_graph, x: fv_node, desc: *const fv_slice_desc) -> fv_node;
    pub fn fv_crop(graph: *mut fv_graph, x: fv_node, desc: *const fv_crop_desc) -> fv_node;
    pub fn fv_split(
        graph: *mut fv_graph,
        x: fv_node,
        parts: *mut fv_node,
        count: usize,
        desc: *const fv_parts_desc,
    ) -> fv_node;
    pub fn fv_flatten(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_reshape(graph: *mut fv_graph, x: fv_node, desc: *const fv_reshape_desc) -> fv_node;
    pub fn fv_permute(graph: *mut fv_graph, x: fv_node, desc: *const fv_permute_desc) -> fv_node;

    // fovea/model.h
    pub fn fv_model_create(
        graph: *mut fv_graph,
        outputs: *const fv_node,
        output_count: usize,
        desc: *const fv_model_desc,
        model: *mut *mut fv_model,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_clone(
        model: *const fv_model,
        clone: *mut *mut fv_model,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_destroy(model: *mut fv_model);
    pub fn fv_model_reinitialize(model: *mut fv_model, seed: u64, error: *mut fv_error) -> fv_status;
    pub fn fv_model_lsuv(
        model: *mut fv_model,
        inputs: *const fv_tensor,
        input_count: usize,
        desc: *const fv_lsuv_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_update_batch_norm(
        model: *mut fv_model,
        dataset: *const fv_dataset,
        desc: *const fv_batch_norm_update_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_set_class_names(
        model: *mut fv_model,
        names: *const *const c_char,
        count: usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_class_name(
        model: *const fv_model,
        label: i32,
        buffer: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_save(model: *const fv_model, path: *const c_char, error: *mut fv_error) -> fv_status;
    pub fn fv_model_load(
        context: *mut fv_context,
        path: *const c_char,
        model: *mut *mut fv_model,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_summary(
        model: *const fv_model,
        batch: i64,
        buffer: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_get_info(
        model: *const fv_model,
        info: *mut fv_model_info,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_get_transform(
        model: *const fv_model,
        transform: *mut fv_transform_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_input(
        model: *const fv_model,
        index: i32,
        name: *mut *const c_char,
        shape: *mut i64,
        rank: *mut i32,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_output(
        model: *const fv_model,
        index: i32,
        name: *mut *const c_char,
        shape: *mut i64,
        rank: *mut i32,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_statistics(
        model: *const fv_model,
        inputs: *const fv_tensor,
        input_count: usize,
        desc: *const fv_statistics_desc,
        rows: *mut fv_node_statistics,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_tensor_info(
        model: *const fv_model,
        index: i32,
        info: *mut fv_tensor_info,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_get_tensor(
        model: *const fv_model,
        name: *const c_char,
        tensor: *mut fv_buffer,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_set_tensor(
        model: *mut fv_model,
        name: *const c_char,
        tensor: *const fv_tensor,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/noise.h
    pub fn fv_spatial_dropout(
        graph: *mut fv_graph,
        x: fv_node,
        desc: *const fv_spatial_dropout_desc,
    ) -> fv_node;
    pub fn fv_stochastic_depth(
        graph: *mut fv_graph,
        x: fv_node,
        desc: *const fv_stochastic_depth_desc,
    ) -> fv_node;
    pub fn fv_gaussian_noise(
        graph: *mut fv_graph,
        x: fv_node,
        desc: *const fv_gaussian_noise_desc,
    ) -> fv_node;
    pub fn fv_maxout(graph: *mut fv_graph, x: fv_node, desc: *const fv_maxout_desc) -> fv_node;

    // fovea/norm.h
    pub fn fv_layer_norm(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_norm_desc) -> fv_node;
    pub fn fv_group_norm(graph: *mut fv_graph, x: fv_node, desc: *const fv_group_norm_desc) -> fv_node;
    pub fn fv_instance_norm(graph: *mut fv_graph, x: fv_node, desc: *const fv_instance_norm_desc) -> fv_node;
    pub fn fv_local_response_norm(
        graph: *mut fv_graph,
        x: fv_node,
        desc: *const fv_local_response_norm_desc,
    ) -> fv_node;

    // fovea/picture.h
    pub fn fv_picture_plot(
        path: *const c_char,
        curves: *const fv_curve,
        count: usize,
        desc: *const fv_plot_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_picture_grid(
        path: *const c_char,
        images: *const fv_tensor,
        desc: *const fv_grid_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_picture_filters(
        path: *const c_char,
        kernel: *const fv_tensor,
        desc: *const fv_grid_desc,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/pooling.h
    pub fn fv_global_max_pool2d(graph: *mut fv_graph, x: fv_node, desc: *const fv_layer_desc) -> fv_node;
    pub fn fv_adaptive_max_pool2d(
        graph: *mut fv_graph,
        x: fv_node,
        desc: *const fv_adaptive_pool2d_desc,
    ) -> fv_node;
    pub fn fv_adaptive_average_pool2d(
        graph: *mut fv_graph,
        x: fv_node,
        desc: *const fv_adaptive_pool2d_desc,
    ) -> fv_node;
    pub fn fv_fractional_max_pool2d(
        graph: *mut fv_graph,
        x: fv_node,
        desc: *const fv_fractional_pool2d_desc,
    ) -> fv_node;
    pub fn fv_max_unpool2d(
        graph: *mut fv_graph,
        x: fv_node,
        pool: fv_node,
        desc: *const fv_layer_desc,
    ) -> fv_node;
    pub fn fv_upsample2d(graph: *mut fv_graph, x: fv_node, desc: *const fv_upsample2d_desc) -> fv_node;
    pub fn fv_pixel_shuffle(graph: *mut fv_graph, x: fv_node, desc: *const fv_pixel_shuffle_desc) -> fv_node;
    pub fn fv_pixel_unshuffle(
        graph: *mut fv_graph,
        x: fv_node,
        desc: *const fv_pixel_shuffle_desc,
    ) -> fv_node;

    // fovea/session.h
    pub fn fv_session_create(
        model: *const fv_model,
        desc: *const fv_session_desc,
        session: *mut *mut fv_session,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_session_destroy(session: *mut fv_session);
    pub fn fv_session_memory(
        model: *const fv_model,
        desc: *const fv_session_desc,
        bytes: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_session_run(
        session: *mut fv_session,
        inputs: *const fv_tensor,
        input_count: usize,
        outputs: *mut fv_buffer,
        output_count: usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_session_run_images(
        session: *mut fv_session,
        images: *const fv_encoded_image,
        count: usize,
        outputs: *mut fv_buffer,
        output_count: usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_crop_boxes(
        image_height: i64,
        image_width: i64,
        height: i64,
        width: i64,
        resize_short: i32,
        desc: *const fv_crops_desc,
        boxes: *mut fv_crop_box,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_session_evaluate(
        session: *mut fv_session,
        dataset: *const fv_dataset,
        desc: *const fv_evaluate_desc,
        evaluation: *mut fv_evaluation,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_confusion_scores(
        confusion: *const i64,
        classes: usize,
        precision: *mut f64,
        recall: *mut f64,
        f1: *mut f64,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/predict.h
    pub fn fv_session_sample(
        session: *mut fv_session,
        inputs: *const fv_tensor,
        input_count: usize,
        desc: *const fv_sample_desc,
        means: *mut fv_buffer,
        variances: *mut fv_buffer,
        output_count: usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_ensemble_run(
        sessions: *const *mut fv_session,
        session_count: usize,
        inputs: *const fv_tensor,
        input_count: usize,
        desc: *const fv_ensemble_desc,
        outputs: *mut fv_buffer,
        output_count: usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_ensemble_evaluate(
        sessions: *const *mut fv_session,
        session_count: usize,
        dataset: *const fv_dataset,
        desc: *const fv_ensemble_desc,
        evaluation: *mut fv_evaluation,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_session_fit_temperature(
        session: *mut fv_session,
        dataset: *const fv_dataset,
        desc: *const fv_temperature_desc,
        temperature: *mut f64,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/profile.h
    pub fn fv_session_profile(
        session: *mut fv_session,
        desc: *const fv_profile_desc,
        profile: *mut *mut fv_profile,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_profile(
        trainer: *mut fv_trainer,
        desc: *const fv_profile_desc,
        profile: *mut *mut fv_profile,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_profile_destroy(profile: *mut fv_profile);
    pub fn fv_profile_rows(
        profile: *const fv_profile,
        rows: *mut fv_profile_row,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_profile_table(
        profile: *const fv_profile,
        buffer: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_profile_write_trace(
        profile: *const fv_profile,
        path: *const c_char,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/recipe.h
    pub fn fv_zoo_recipe(name: fv_recipe_name, recipe: *mut fv_recipe, error: *mut fv_error) -> fv_status;

    // fovea/search.h
    pub fn fv_search_create(
        desc: *const fv_search_desc,
        search: *mut *mut fv_search,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_search_destroy(search: *mut fv_search);
    pub fn fv_search_next(search: *mut fv_search, trial: *mut fv_trial, error: *mut fv_error) -> fv_status;
    pub fn fv_search_report(
        search: *mut fv_search,
        index: i64,
        scores: *const f64,
        score_count: usize,
        failure: *const fv_error,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_search_trials(
        search: *const fv_search,
        rows: *mut fv_trial,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_search_best(search: *const fv_search, trial: *mut fv_trial, error: *mut fv_error) -> fv_status;
    pub fn fv_search_table(
        search: *const fv_search,
        buffer: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_search_csv(
        search: *const fv_search,
        buffer: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_search_run(
        search: *mut fv_search,
        desc: *const fv_search_run_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_search_fit(
        search: *mut fv_search,
        train: *const fv_dataset,
        validation: *const fv_dataset,
        desc: *const fv_search_fit_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_cross_validate(
        model: *const fv_model,
        trainer: *const fv_trainer_desc,
        dataset: *const fv_dataset,
        desc: *const fv_cross_validate_desc,
        rows: *mut fv_history_row,
        capacity: usize,
        needed: *mut usize,
        result: *mut fv_cross_validation,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/sources.h
    pub fn fv_dataset_open_folder(
        context: *mut fv_context,
        root: *const c_char,
        desc: *const fv_image_files_desc,
        dataset: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_open_list(
        context: *mut fv_context,
        path: *const c_char,
        desc: *const fv_image_list_desc,
        dataset: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_get_files_info(
        dataset: *const fv_dataset,
        info: *mut fv_files_info,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_get_problem(
        dataset: *const fv_dataset,
        index: i64,
        buffer: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_sample_name(
        dataset: *const fv_dataset,
        index: i64,
        buffer: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_class_name(
        dataset: *const fv_dataset,
        label: i32,
        buffer: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_count_class_names(
        dataset: *const fv_dataset,
        count: *mut i32,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_count_classes(
        dataset: *const fv_dataset,
        counts: *mut i64,
        capacity: usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_open_cifar(
        context: *mut fv_context,
        paths: *const *const c_char,
        count: usize,
        desc: *const fv_cifar_desc,
        dataset: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_from_callback(
        context: *mut fv_context,
        desc: *const fv_callback_dataset_desc,
        dataset: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_map(
        dataset: *const fv_dataset,
        desc: *const fv_map_desc,
        mapped: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_concat(
        datasets: *const *const fv_dataset,
        count: usize,
        dataset: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_repeat(
        dataset: *const fv_dataset,
        times: i64,
        repeated: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_shuffle(
        dataset: *const fv_dataset,
        seed: u64,
        shuffled: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_balance(
        dataset: *const fv_dataset,
        desc: *const fv_balance_desc,
        balanced: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_cache(
        context: *mut fv_context,
        dataset: *const fv_dataset,
        max_bytes: i64,
        cached: *mut *mut fv_dataset,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_dataset_audit(
        context: *mut fv_context,
        datasets: *const *const fv_dataset,
        names: *const *const c_char,
        count: usize,
        audit: *mut *mut fv_audit,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_audit_get_part(
        audit: *const fv_audit,
        index: usize,
        part: *mut fv_audit_part,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_audit_text(
        audit: *const fv_audit,
        buffer: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_audit_destroy(audit: *mut fv_audit);

    // fovea/transfer.h
    pub fn fv_model_load_weights(
        model: *mut fv_model,
        path: *const c_char,
        desc: *const fv_load_desc,
        report: *mut *mut fv_load_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_copy_weights(
        model: *mut fv_model,
        source: *const fv_model,
        desc: *const fv_load_desc,
        report: *mut *mut fv_load_report,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_load_report_destroy(report: *mut fv_load_report);
    pub fn fv_load_report_count(report: *const fv_load_report, r#match: fv_match) -> i64;
    pub fn fv_load_report_rows(
        report: *const fv_load_report,
        rows: *mut fv_load_row,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_load_report_text(
        report: *const fv_load_report,
        buffer: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_graph_from_model(
        model: *const fv_model,
        graph: *mut *mut fv_graph,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_replace_head(
        model: *const fv_model,
        node: *const c_char,
        desc: *const fv_head_desc,
        made: *mut *mut fv_model,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_session_features(
        session: *mut fv_session,
        dataset: *const fv_dataset,
        desc: *const fv_features_desc,
        features: *mut *mut fv_dataset,
        count: usize,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_probe(
        model: *const fv_model,
        nodes: *const *const c_char,
        count: usize,
        train: *const fv_dataset,
        validation: *const fv_dataset,
        desc: *const fv_probe_desc,
        results: *mut fv_probe_result,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_freeze_until(
        trainer: *mut fv_trainer,
        node: *const c_char,
        desc: *const fv_freeze_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_frozen_until(trainer: *const fv_trainer) -> *const c_char;
    pub fn fv_trainer_set_layer_rates(
        trainer: *mut fv_trainer,
        decay: f64,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_trainer_rate_factor(
        trainer: *const fv_trainer,
        parameter: *const c_char,
        factor: *mut f64,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/transform.h
    pub fn fv_transform_fit(
        context: *mut fv_context,
        dataset: *const fv_dataset,
        desc: *const fv_transform_fit_desc,
        transform: *mut *mut fv_transform,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_model_transform(
        model: *const fv_model,
        index: i32,
        transform: *mut *mut fv_transform,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_transform_destroy(transform: *mut fv_transform);
    pub fn fv_transform_apply(
        transform: *const fv_transform,
        sample: *const fv_tensor,
        out: *mut fv_buffer,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_transform_apply_image(
        transform: *const fv_transform,
        image: *const fv_encoded_image,
        out: *mut fv_buffer,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_transform_get(
        transform: *const fv_transform,
        part: fv_transform_part,
        values: *mut fv_buffer,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_transform_get_desc(
        transform: *const fv_transform,
        desc: *mut fv_transform_desc,
        error: *mut fv_error,
    ) -> fv_status;
    pub fn fv_transform_get_info(
        transform: *const fv_transform,
        info: *mut fv_transform_info,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/tune.h
    pub fn fv_model_tune(
        model: *mut fv_model,
        desc: *const fv_tune_desc,
        result: *mut fv_tuning,
        error: *mut fv_error,
    ) -> fv_status;

    // fovea/zoo.h
    pub fn fv_zoo_lenet5(graph: *mut fv_graph, desc: *const fv_zoo_desc) -> fv_node;
    pub fn fv_zoo_keras_cnn(graph: *mut fv_graph, desc: *const fv_zoo_desc) -> fv_node;
    pub fn fv_zoo_resnet_cifar(graph: *mut fv_graph, depth: i32, desc: *const fv_zoo_desc) -> fv_node;
    pub fn fv_zoo_resnet(graph: *mut fv_graph, depth: i32, desc: *const fv_zoo_desc) -> fv_node;
    pub fn fv_zoo_resnext50(graph: *mut fv_graph, desc: *const fv_zoo_desc) -> fv_node;
    pub fn fv_zoo_alexnet(graph: *mut fv_graph, desc: *const fv_zoo_desc) -> fv_node;
    pub fn fv_zoo_alexnet_2012(graph: *mut fv_graph, towers: i32, desc: *const fv_zoo_desc) -> fv_node;
    pub fn fv_zoo_zfnet(graph: *mut fv_graph, desc: *const fv_zoo_desc) -> fv_node;
    pub fn fv_zoo_vgg(graph: *mut fv_graph, depth: i32, batch_norm: i32, desc: *const fv_zoo_desc) -> fv_node;
    pub fn fv_zoo_googlenet(graph: *mut fv_graph, desc: *const fv_zoo_desc) -> fv_node;
    pub fn fv_zoo_googlenet_2014(graph: *mut fv_graph, desc: *const fv_zoo_desc) -> fv_node;
    pub fn fv_zoo_densenet121(graph: *mut fv_graph, desc: *const fv_zoo_desc) -> fv_node;
    pub fn fv_zoo_squeezenet(graph: *mut fv_graph, desc: *const fv_zoo_desc) -> fv_node;
    pub fn fv_zoo_mobilenet_v2(graph: *mut fv_graph, desc: *const fv_zoo_desc) -> fv_node;
}
