// Written by bindings/generate.py from the headers in include/fovea. Do not edit.

//! Every entry of layout.json, asserted against the declarations and the library.

use fovea_sys::*;
use std::collections::BTreeSet;
use std::mem::{size_of, MaybeUninit};
use std::ptr::addr_of;

/// Offset and size of a field, read from a value that never exists.
macro_rules! field {
    ($struct:ty, $field:ident) => {{
        let value = MaybeUninit::<$struct>::uninit();
        let base = value.as_ptr();
        let field = unsafe { addr_of!((*base).$field) };
        (field as usize - base as usize, size_of_pointee(field))
    }};
}

fn size_of_pointee<T>(_: *const T) -> usize {
    size_of::<T>()
}

#[test]
fn structs() {
    assert_eq!(size_of::<fv_error>(), 512, "fv_error");
    assert_eq!(field!(fv_error, code), (0, 4), "fv_error.code");
    assert_eq!(field!(fv_error, reserved), (4, 4), "fv_error.reserved");
    assert_eq!(field!(fv_error, node), (8, 8), "fv_error.node");
    assert_eq!(field!(fv_error, message), (16, 496), "fv_error.message");
    assert_eq!(size_of::<fv_tensor>(), 80, "fv_tensor");
    assert_eq!(field!(fv_tensor, data), (0, 8), "fv_tensor.data");
    assert_eq!(field!(fv_tensor, dtype), (8, 4), "fv_tensor.dtype");
    assert_eq!(field!(fv_tensor, rank), (12, 4), "fv_tensor.rank");
    assert_eq!(field!(fv_tensor, shape), (16, 64), "fv_tensor.shape");
    assert_eq!(size_of::<fv_buffer>(), 88, "fv_buffer");
    assert_eq!(field!(fv_buffer, data), (0, 8), "fv_buffer.data");
    assert_eq!(field!(fv_buffer, capacity), (8, 8), "fv_buffer.capacity");
    assert_eq!(field!(fv_buffer, dtype), (16, 4), "fv_buffer.dtype");
    assert_eq!(field!(fv_buffer, rank), (20, 4), "fv_buffer.rank");
    assert_eq!(field!(fv_buffer, shape), (24, 64), "fv_buffer.shape");
    assert_eq!(size_of::<fv_context_desc>(), 88, "fv_context_desc");
    assert_eq!(field!(fv_context_desc, struct_size), (0, 4), "fv_context_desc.struct_size");
    assert_eq!(field!(fv_context_desc, threads), (4, 4), "fv_context_desc.threads");
    assert_eq!(field!(fv_context_desc, allocate), (8, 8), "fv_context_desc.allocate");
    assert_eq!(field!(fv_context_desc, release), (16, 8), "fv_context_desc.release");
    assert_eq!(field!(fv_context_desc, allocator_user), (24, 8), "fv_context_desc.allocator_user");
    assert_eq!(field!(fv_context_desc, allocator_drop), (32, 8), "fv_context_desc.allocator_drop");
    assert_eq!(field!(fv_context_desc, parallel_for), (40, 8), "fv_context_desc.parallel_for");
    assert_eq!(field!(fv_context_desc, parallel_for_user), (48, 8), "fv_context_desc.parallel_for_user");
    assert_eq!(field!(fv_context_desc, parallel_for_drop), (56, 8), "fv_context_desc.parallel_for_drop");
    assert_eq!(field!(fv_context_desc, log), (64, 8), "fv_context_desc.log");
    assert_eq!(field!(fv_context_desc, log_user), (72, 8), "fv_context_desc.log_user");
    assert_eq!(field!(fv_context_desc, log_drop), (80, 8), "fv_context_desc.log_drop");
    assert_eq!(size_of::<fv_idx_desc>(), 16, "fv_idx_desc");
    assert_eq!(field!(fv_idx_desc, struct_size), (0, 4), "fv_idx_desc.struct_size");
    assert_eq!(field!(fv_idx_desc, classes), (4, 4), "fv_idx_desc.classes");
    assert_eq!(field!(fv_idx_desc, max_bytes), (8, 8), "fv_idx_desc.max_bytes");
    assert_eq!(size_of::<fv_memory_dataset_desc>(), 272, "fv_memory_dataset_desc");
    assert_eq!(field!(fv_memory_dataset_desc, struct_size), (0, 4), "fv_memory_dataset_desc.struct_size");
    assert_eq!(field!(fv_memory_dataset_desc, classes), (4, 4), "fv_memory_dataset_desc.classes");
    assert_eq!(field!(fv_memory_dataset_desc, samples), (8, 80), "fv_memory_dataset_desc.samples");
    assert_eq!(field!(fv_memory_dataset_desc, labels), (88, 80), "fv_memory_dataset_desc.labels");
    assert_eq!(field!(fv_memory_dataset_desc, targets), (168, 80), "fv_memory_dataset_desc.targets");
    assert_eq!(field!(fv_memory_dataset_desc, borrow), (248, 4), "fv_memory_dataset_desc.borrow");
    assert_eq!(field!(fv_memory_dataset_desc, user), (256, 8), "fv_memory_dataset_desc.user");
    assert_eq!(field!(fv_memory_dataset_desc, drop), (264, 8), "fv_memory_dataset_desc.drop");
    assert_eq!(size_of::<fv_digits_desc>(), 32, "fv_digits_desc");
    assert_eq!(field!(fv_digits_desc, struct_size), (0, 4), "fv_digits_desc.struct_size");
    assert_eq!(field!(fv_digits_desc, size), (4, 4), "fv_digits_desc.size");
    assert_eq!(field!(fv_digits_desc, count), (8, 8), "fv_digits_desc.count");
    assert_eq!(field!(fv_digits_desc, seed), (16, 8), "fv_digits_desc.seed");
    assert_eq!(field!(fv_digits_desc, noise), (24, 8), "fv_digits_desc.noise");
    assert_eq!(size_of::<fv_split_desc>(), 40, "fv_split_desc");
    assert_eq!(field!(fv_split_desc, struct_size), (0, 4), "fv_split_desc.struct_size");
    assert_eq!(field!(fv_split_desc, shuffle), (4, 4), "fv_split_desc.shuffle");
    assert_eq!(field!(fv_split_desc, fraction), (8, 8), "fv_split_desc.fraction");
    assert_eq!(field!(fv_split_desc, count), (16, 8), "fv_split_desc.count");
    assert_eq!(field!(fv_split_desc, seed), (24, 8), "fv_split_desc.seed");
    assert_eq!(field!(fv_split_desc, stratified), (32, 4), "fv_split_desc.stratified");
    assert_eq!(field!(fv_split_desc, reserved), (36, 4), "fv_split_desc.reserved");
    assert_eq!(size_of::<fv_fold_desc>(), 32, "fv_fold_desc");
    assert_eq!(field!(fv_fold_desc, struct_size), (0, 4), "fv_fold_desc.struct_size");
    assert_eq!(field!(fv_fold_desc, fold), (4, 4), "fv_fold_desc.fold");
    assert_eq!(field!(fv_fold_desc, folds), (8, 4), "fv_fold_desc.folds");
    assert_eq!(field!(fv_fold_desc, shuffle), (12, 4), "fv_fold_desc.shuffle");
    assert_eq!(field!(fv_fold_desc, stratified), (16, 4), "fv_fold_desc.stratified");
    assert_eq!(field!(fv_fold_desc, reserved), (20, 4), "fv_fold_desc.reserved");
    assert_eq!(field!(fv_fold_desc, seed), (24, 8), "fv_fold_desc.seed");
    assert_eq!(size_of::<fv_dataset_info>(), 176, "fv_dataset_info");
    assert_eq!(field!(fv_dataset_info, struct_size), (0, 4), "fv_dataset_info.struct_size");
    assert_eq!(field!(fv_dataset_info, dtype), (4, 4), "fv_dataset_info.dtype");
    assert_eq!(field!(fv_dataset_info, count), (8, 8), "fv_dataset_info.count");
    assert_eq!(field!(fv_dataset_info, shape), (16, 64), "fv_dataset_info.shape");
    assert_eq!(field!(fv_dataset_info, rank), (80, 4), "fv_dataset_info.rank");
    assert_eq!(field!(fv_dataset_info, classes), (84, 4), "fv_dataset_info.classes");
    assert_eq!(field!(fv_dataset_info, target_shape), (88, 64), "fv_dataset_info.target_shape");
    assert_eq!(field!(fv_dataset_info, target_rank), (152, 4), "fv_dataset_info.target_rank");
    assert_eq!(field!(fv_dataset_info, fingerprint), (160, 8), "fv_dataset_info.fingerprint");
    assert_eq!(field!(fv_dataset_info, test), (168, 4), "fv_dataset_info.test");
    assert_eq!(field!(fv_dataset_info, reserved), (172, 4), "fv_dataset_info.reserved");
    assert_eq!(size_of::<fv_encoded_image>(), 24, "fv_encoded_image");
    assert_eq!(field!(fv_encoded_image, bytes), (0, 8), "fv_encoded_image.bytes");
    assert_eq!(field!(fv_encoded_image, size), (8, 8), "fv_encoded_image.size");
    assert_eq!(field!(fv_encoded_image, path), (16, 8), "fv_encoded_image.path");
    assert_eq!(size_of::<fv_image_info>(), 32, "fv_image_info");
    assert_eq!(field!(fv_image_info, struct_size), (0, 4), "fv_image_info.struct_size");
    assert_eq!(field!(fv_image_info, channels), (4, 4), "fv_image_info.channels");
    assert_eq!(field!(fv_image_info, height), (8, 8), "fv_image_info.height");
    assert_eq!(field!(fv_image_info, width), (16, 8), "fv_image_info.width");
    assert_eq!(field!(fv_image_info, orientation), (24, 4), "fv_image_info.orientation");
    assert_eq!(field!(fv_image_info, reserved), (28, 4), "fv_image_info.reserved");
    assert_eq!(size_of::<fv_image_desc>(), 24, "fv_image_desc");
    assert_eq!(field!(fv_image_desc, struct_size), (0, 4), "fv_image_desc.struct_size");
    assert_eq!(field!(fv_image_desc, channels), (4, 4), "fv_image_desc.channels");
    assert_eq!(field!(fv_image_desc, keep_orientation), (8, 4), "fv_image_desc.keep_orientation");
    assert_eq!(field!(fv_image_desc, reserved), (12, 4), "fv_image_desc.reserved");
    assert_eq!(field!(fv_image_desc, max_pixels), (16, 8), "fv_image_desc.max_pixels");
    assert_eq!(size_of::<fv_color_axes>(), 96, "fv_color_axes");
    assert_eq!(field!(fv_color_axes, axes), (0, 72), "fv_color_axes.axes");
    assert_eq!(field!(fv_color_axes, variances), (72, 24), "fv_color_axes.variances");
    assert_eq!(size_of::<fv_augment_desc>(), 232, "fv_augment_desc");
    assert_eq!(field!(fv_augment_desc, struct_size), (0, 4), "fv_augment_desc.struct_size");
    assert_eq!(field!(fv_augment_desc, step), (4, 4), "fv_augment_desc.step");
    assert_eq!(field!(fv_augment_desc, probability), (8, 8), "fv_augment_desc.probability");
    assert_eq!(field!(fv_augment_desc, low), (16, 8), "fv_augment_desc.low");
    assert_eq!(field!(fv_augment_desc, high), (24, 8), "fv_augment_desc.high");
    assert_eq!(field!(fv_augment_desc, second_low), (32, 8), "fv_augment_desc.second_low");
    assert_eq!(field!(fv_augment_desc, second_high), (40, 8), "fv_augment_desc.second_high");
    assert_eq!(field!(fv_augment_desc, size), (48, 16), "fv_augment_desc.size");
    assert_eq!(field!(fv_augment_desc, padding), (64, 8), "fv_augment_desc.padding");
    assert_eq!(field!(fv_augment_desc, interpolation), (72, 4), "fv_augment_desc.interpolation");
    assert_eq!(field!(fv_augment_desc, fill_mode), (76, 4), "fv_augment_desc.fill_mode");
    assert_eq!(field!(fv_augment_desc, fill_value), (80, 8), "fv_augment_desc.fill_value");
    assert_eq!(field!(fv_augment_desc, pixels), (88, 4), "fv_augment_desc.pixels");
    assert_eq!(field!(fv_augment_desc, random_fill), (92, 4), "fv_augment_desc.random_fill");
    assert_eq!(field!(fv_augment_desc, count), (96, 4), "fv_augment_desc.count");
    assert_eq!(field!(fv_augment_desc, magnitude), (100, 4), "fv_augment_desc.magnitude");
    assert_eq!(field!(fv_augment_desc, colors), (104, 96), "fv_augment_desc.colors");
    assert_eq!(field!(fv_augment_desc, function), (200, 8), "fv_augment_desc.function");
    assert_eq!(field!(fv_augment_desc, user), (208, 8), "fv_augment_desc.user");
    assert_eq!(field!(fv_augment_desc, drop), (216, 8), "fv_augment_desc.drop");
    assert_eq!(field!(fv_augment_desc, name), (224, 8), "fv_augment_desc.name");
    assert_eq!(size_of::<fv_augmentation_desc>(), 16, "fv_augmentation_desc");
    assert_eq!(field!(fv_augmentation_desc, struct_size), (0, 4), "fv_augmentation_desc.struct_size");
    assert_eq!(field!(fv_augmentation_desc, reserved), (4, 4), "fv_augmentation_desc.reserved");
    assert_eq!(field!(fv_augmentation_desc, white), (8, 8), "fv_augmentation_desc.white");
    assert_eq!(size_of::<fv_image_data_generator_desc>(), 184, "fv_image_data_generator_desc");
    assert_eq!(
        field!(fv_image_data_generator_desc, struct_size),
        (0, 4),
        "fv_image_data_generator_desc.struct_size",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, horizontal_flip),
        (4, 4),
        "fv_image_data_generator_desc.horizontal_flip",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, rotation_range),
        (8, 8),
        "fv_image_data_generator_desc.rotation_range",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, width_shift_range),
        (16, 8),
        "fv_image_data_generator_desc.width_shift_range",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, height_shift_range),
        (24, 8),
        "fv_image_data_generator_desc.height_shift_range",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, brightness_range),
        (32, 16),
        "fv_image_data_generator_desc.brightness_range",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, shear_range),
        (48, 8),
        "fv_image_data_generator_desc.shear_range",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, zoom_range),
        (56, 16),
        "fv_image_data_generator_desc.zoom_range",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, channel_shift_range),
        (72, 8),
        "fv_image_data_generator_desc.channel_shift_range",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, fill_mode),
        (80, 8),
        "fv_image_data_generator_desc.fill_mode",
    );
    assert_eq!(field!(fv_image_data_generator_desc, cval), (88, 8), "fv_image_data_generator_desc.cval");
    assert_eq!(
        field!(fv_image_data_generator_desc, vertical_flip),
        (96, 4),
        "fv_image_data_generator_desc.vertical_flip",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, reserved),
        (100, 4),
        "fv_image_data_generator_desc.reserved",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, rescale),
        (104, 8),
        "fv_image_data_generator_desc.rescale",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, preprocessing_function),
        (112, 8),
        "fv_image_data_generator_desc.preprocessing_function",
    );
    assert_eq!(field!(fv_image_data_generator_desc, user), (120, 8), "fv_image_data_generator_desc.user");
    assert_eq!(field!(fv_image_data_generator_desc, drop), (128, 8), "fv_image_data_generator_desc.drop");
    assert_eq!(
        field!(fv_image_data_generator_desc, data_format),
        (136, 8),
        "fv_image_data_generator_desc.data_format",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, featurewise_center),
        (144, 4),
        "fv_image_data_generator_desc.featurewise_center",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, samplewise_center),
        (148, 4),
        "fv_image_data_generator_desc.samplewise_center",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, featurewise_std_normalization),
        (152, 4),
        "fv_image_data_generator_desc.featurewise_std_normalization",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, samplewise_std_normalization),
        (156, 4),
        "fv_image_data_generator_desc.samplewise_std_normalization",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, zca_whitening),
        (160, 4),
        "fv_image_data_generator_desc.zca_whitening",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, reserved2),
        (164, 4),
        "fv_image_data_generator_desc.reserved2",
    );
    assert_eq!(
        field!(fv_image_data_generator_desc, zca_epsilon),
        (168, 8),
        "fv_image_data_generator_desc.zca_epsilon",
    );
    assert_eq!(field!(fv_image_data_generator_desc, white), (176, 8), "fv_image_data_generator_desc.white");
    assert_eq!(size_of::<fv_contact_sheet_desc>(), 24, "fv_contact_sheet_desc");
    assert_eq!(field!(fv_contact_sheet_desc, struct_size), (0, 4), "fv_contact_sheet_desc.struct_size");
    assert_eq!(field!(fv_contact_sheet_desc, count), (4, 4), "fv_contact_sheet_desc.count");
    assert_eq!(field!(fv_contact_sheet_desc, columns), (8, 4), "fv_contact_sheet_desc.columns");
    assert_eq!(field!(fv_contact_sheet_desc, zoom), (12, 4), "fv_contact_sheet_desc.zoom");
    assert_eq!(field!(fv_contact_sheet_desc, seed), (16, 8), "fv_contact_sheet_desc.seed");
    assert_eq!(size_of::<fv_initializer_desc>(), 56, "fv_initializer_desc");
    assert_eq!(field!(fv_initializer_desc, struct_size), (0, 4), "fv_initializer_desc.struct_size");
    assert_eq!(field!(fv_initializer_desc, kind), (4, 4), "fv_initializer_desc.kind");
    assert_eq!(field!(fv_initializer_desc, value), (8, 8), "fv_initializer_desc.value");
    assert_eq!(field!(fv_initializer_desc, mean), (16, 8), "fv_initializer_desc.mean");
    assert_eq!(field!(fv_initializer_desc, stddev), (24, 8), "fv_initializer_desc.stddev");
    assert_eq!(field!(fv_initializer_desc, low), (32, 8), "fv_initializer_desc.low");
    assert_eq!(field!(fv_initializer_desc, high), (40, 8), "fv_initializer_desc.high");
    assert_eq!(field!(fv_initializer_desc, gain), (48, 8), "fv_initializer_desc.gain");
    assert_eq!(size_of::<fv_regularizer_desc>(), 24, "fv_regularizer_desc");
    assert_eq!(field!(fv_regularizer_desc, struct_size), (0, 4), "fv_regularizer_desc.struct_size");
    assert_eq!(field!(fv_regularizer_desc, full_square), (4, 4), "fv_regularizer_desc.full_square");
    assert_eq!(field!(fv_regularizer_desc, l2), (8, 8), "fv_regularizer_desc.l2");
    assert_eq!(field!(fv_regularizer_desc, l1), (16, 8), "fv_regularizer_desc.l1");
    assert_eq!(size_of::<fv_layer_desc>(), 16, "fv_layer_desc");
    assert_eq!(field!(fv_layer_desc, struct_size), (0, 4), "fv_layer_desc.struct_size");
    assert_eq!(field!(fv_layer_desc, name), (8, 8), "fv_layer_desc.name");
    assert_eq!(size_of::<fv_input_desc>(), 80, "fv_input_desc");
    assert_eq!(field!(fv_input_desc, struct_size), (0, 4), "fv_input_desc.struct_size");
    assert_eq!(field!(fv_input_desc, name), (8, 8), "fv_input_desc.name");
    assert_eq!(field!(fv_input_desc, shape), (16, 64), "fv_input_desc.shape");
    assert_eq!(size_of::<fv_conv2d_desc>(), 176, "fv_conv2d_desc");
    assert_eq!(field!(fv_conv2d_desc, struct_size), (0, 4), "fv_conv2d_desc.struct_size");
    assert_eq!(field!(fv_conv2d_desc, name), (8, 8), "fv_conv2d_desc.name");
    assert_eq!(field!(fv_conv2d_desc, filters), (16, 8), "fv_conv2d_desc.filters");
    assert_eq!(field!(fv_conv2d_desc, kernel), (24, 16), "fv_conv2d_desc.kernel");
    assert_eq!(field!(fv_conv2d_desc, strides), (40, 16), "fv_conv2d_desc.strides");
    assert_eq!(field!(fv_conv2d_desc, dilation), (56, 16), "fv_conv2d_desc.dilation");
    assert_eq!(field!(fv_conv2d_desc, groups), (72, 8), "fv_conv2d_desc.groups");
    assert_eq!(field!(fv_conv2d_desc, padding), (80, 4), "fv_conv2d_desc.padding");
    assert_eq!(field!(fv_conv2d_desc, no_bias), (84, 4), "fv_conv2d_desc.no_bias");
    assert_eq!(field!(fv_conv2d_desc, pad), (88, 32), "fv_conv2d_desc.pad");
    assert_eq!(field!(fv_conv2d_desc, activation), (120, 4), "fv_conv2d_desc.activation");
    assert_eq!(field!(fv_conv2d_desc, algorithm), (124, 4), "fv_conv2d_desc.algorithm");
    assert_eq!(field!(fv_conv2d_desc, kernel_initializer), (128, 8), "fv_conv2d_desc.kernel_initializer");
    assert_eq!(field!(fv_conv2d_desc, bias_initializer), (136, 8), "fv_conv2d_desc.bias_initializer");
    assert_eq!(field!(fv_conv2d_desc, kernel_regularizer), (144, 8), "fv_conv2d_desc.kernel_regularizer");
    assert_eq!(field!(fv_conv2d_desc, bias_regularizer), (152, 8), "fv_conv2d_desc.bias_regularizer");
    assert_eq!(field!(fv_conv2d_desc, drop_connect), (160, 8), "fv_conv2d_desc.drop_connect");
    assert_eq!(field!(fv_conv2d_desc, activity_regularizer), (168, 8), "fv_conv2d_desc.activity_regularizer");
    assert_eq!(size_of::<fv_dense_desc>(), 80, "fv_dense_desc");
    assert_eq!(field!(fv_dense_desc, struct_size), (0, 4), "fv_dense_desc.struct_size");
    assert_eq!(field!(fv_dense_desc, name), (8, 8), "fv_dense_desc.name");
    assert_eq!(field!(fv_dense_desc, units), (16, 8), "fv_dense_desc.units");
    assert_eq!(field!(fv_dense_desc, no_bias), (24, 4), "fv_dense_desc.no_bias");
    assert_eq!(field!(fv_dense_desc, activation), (28, 4), "fv_dense_desc.activation");
    assert_eq!(field!(fv_dense_desc, kernel_initializer), (32, 8), "fv_dense_desc.kernel_initializer");
    assert_eq!(field!(fv_dense_desc, bias_initializer), (40, 8), "fv_dense_desc.bias_initializer");
    assert_eq!(field!(fv_dense_desc, kernel_regularizer), (48, 8), "fv_dense_desc.kernel_regularizer");
    assert_eq!(field!(fv_dense_desc, bias_regularizer), (56, 8), "fv_dense_desc.bias_regularizer");
    assert_eq!(field!(fv_dense_desc, drop_connect), (64, 8), "fv_dense_desc.drop_connect");
    assert_eq!(field!(fv_dense_desc, activity_regularizer), (72, 8), "fv_dense_desc.activity_regularizer");
    assert_eq!(size_of::<fv_pool2d_desc>(), 96, "fv_pool2d_desc");
    assert_eq!(field!(fv_pool2d_desc, struct_size), (0, 4), "fv_pool2d_desc.struct_size");
    assert_eq!(field!(fv_pool2d_desc, name), (8, 8), "fv_pool2d_desc.name");
    assert_eq!(field!(fv_pool2d_desc, size), (16, 16), "fv_pool2d_desc.size");
    assert_eq!(field!(fv_pool2d_desc, strides), (32, 16), "fv_pool2d_desc.strides");
    assert_eq!(field!(fv_pool2d_desc, padding), (48, 4), "fv_pool2d_desc.padding");
    assert_eq!(field!(fv_pool2d_desc, ceil_mode), (52, 4), "fv_pool2d_desc.ceil_mode");
    assert_eq!(field!(fv_pool2d_desc, pad), (56, 32), "fv_pool2d_desc.pad");
    assert_eq!(field!(fv_pool2d_desc, exclude_padding), (88, 4), "fv_pool2d_desc.exclude_padding");
    assert_eq!(size_of::<fv_batch_norm_desc>(), 48, "fv_batch_norm_desc");
    assert_eq!(field!(fv_batch_norm_desc, struct_size), (0, 4), "fv_batch_norm_desc.struct_size");
    assert_eq!(field!(fv_batch_norm_desc, name), (8, 8), "fv_batch_norm_desc.name");
    assert_eq!(field!(fv_batch_norm_desc, momentum), (16, 8), "fv_batch_norm_desc.momentum");
    assert_eq!(field!(fv_batch_norm_desc, epsilon), (24, 8), "fv_batch_norm_desc.epsilon");
    assert_eq!(field!(fv_batch_norm_desc, no_scale), (32, 4), "fv_batch_norm_desc.no_scale");
    assert_eq!(field!(fv_batch_norm_desc, no_center), (36, 4), "fv_batch_norm_desc.no_center");
    assert_eq!(
        field!(fv_batch_norm_desc, biased_running_variance),
        (40, 4),
        "fv_batch_norm_desc.biased_running_variance",
    );
    assert_eq!(size_of::<fv_leaky_relu_desc>(), 24, "fv_leaky_relu_desc");
    assert_eq!(field!(fv_leaky_relu_desc, struct_size), (0, 4), "fv_leaky_relu_desc.struct_size");
    assert_eq!(field!(fv_leaky_relu_desc, name), (8, 8), "fv_leaky_relu_desc.name");
    assert_eq!(field!(fv_leaky_relu_desc, slope), (16, 8), "fv_leaky_relu_desc.slope");
    assert_eq!(size_of::<fv_elu_desc>(), 24, "fv_elu_desc");
    assert_eq!(field!(fv_elu_desc, struct_size), (0, 4), "fv_elu_desc.struct_size");
    assert_eq!(field!(fv_elu_desc, name), (8, 8), "fv_elu_desc.name");
    assert_eq!(field!(fv_elu_desc, alpha), (16, 8), "fv_elu_desc.alpha");
    assert_eq!(size_of::<fv_softplus_desc>(), 24, "fv_softplus_desc");
    assert_eq!(field!(fv_softplus_desc, struct_size), (0, 4), "fv_softplus_desc.struct_size");
    assert_eq!(field!(fv_softplus_desc, name), (8, 8), "fv_softplus_desc.name");
    assert_eq!(field!(fv_softplus_desc, beta), (16, 8), "fv_softplus_desc.beta");
    assert_eq!(size_of::<fv_prelu_desc>(), 32, "fv_prelu_desc");
    assert_eq!(field!(fv_prelu_desc, struct_size), (0, 4), "fv_prelu_desc.struct_size");
    assert_eq!(field!(fv_prelu_desc, name), (8, 8), "fv_prelu_desc.name");
    assert_eq!(field!(fv_prelu_desc, slope), (16, 8), "fv_prelu_desc.slope");
    assert_eq!(field!(fv_prelu_desc, sharing), (24, 4), "fv_prelu_desc.sharing");
    assert_eq!(size_of::<fv_swish_desc>(), 32, "fv_swish_desc");
    assert_eq!(field!(fv_swish_desc, struct_size), (0, 4), "fv_swish_desc.struct_size");
    assert_eq!(field!(fv_swish_desc, name), (8, 8), "fv_swish_desc.name");
    assert_eq!(field!(fv_swish_desc, beta), (16, 8), "fv_swish_desc.beta");
    assert_eq!(field!(fv_swish_desc, learned), (24, 4), "fv_swish_desc.learned");
    assert_eq!(field!(fv_swish_desc, sharing), (28, 4), "fv_swish_desc.sharing");
    assert_eq!(size_of::<fv_dropout_desc>(), 32, "fv_dropout_desc");
    assert_eq!(field!(fv_dropout_desc, struct_size), (0, 4), "fv_dropout_desc.struct_size");
    assert_eq!(field!(fv_dropout_desc, name), (8, 8), "fv_dropout_desc.name");
    assert_eq!(field!(fv_dropout_desc, rate), (16, 8), "fv_dropout_desc.rate");
    assert_eq!(field!(fv_dropout_desc, scale_at_test), (24, 4), "fv_dropout_desc.scale_at_test");
    assert_eq!(size_of::<fv_squeeze_excite_desc>(), 32, "fv_squeeze_excite_desc");
    assert_eq!(field!(fv_squeeze_excite_desc, struct_size), (0, 4), "fv_squeeze_excite_desc.struct_size");
    assert_eq!(field!(fv_squeeze_excite_desc, name), (8, 8), "fv_squeeze_excite_desc.name");
    assert_eq!(field!(fv_squeeze_excite_desc, ratio), (16, 8), "fv_squeeze_excite_desc.ratio");
    assert_eq!(field!(fv_squeeze_excite_desc, squeeze), (24, 8), "fv_squeeze_excite_desc.squeeze");
    assert_eq!(size_of::<fv_non_local_desc>(), 24, "fv_non_local_desc");
    assert_eq!(field!(fv_non_local_desc, struct_size), (0, 4), "fv_non_local_desc.struct_size");
    assert_eq!(field!(fv_non_local_desc, name), (8, 8), "fv_non_local_desc.name");
    assert_eq!(field!(fv_non_local_desc, channels), (16, 8), "fv_non_local_desc.channels");
    assert_eq!(size_of::<fv_finding>(), 56, "fv_finding");
    assert_eq!(field!(fv_finding, check), (0, 4), "fv_finding.check");
    assert_eq!(field!(fv_finding, severity), (4, 4), "fv_finding.severity");
    assert_eq!(field!(fv_finding, code), (8, 4), "fv_finding.code");
    assert_eq!(field!(fv_finding, reserved), (12, 4), "fv_finding.reserved");
    assert_eq!(field!(fv_finding, r#where), (16, 8), "fv_finding.where");
    assert_eq!(field!(fv_finding, message), (24, 8), "fv_finding.message");
    assert_eq!(field!(fv_finding, value), (32, 8), "fv_finding.value");
    assert_eq!(field!(fv_finding, threshold), (40, 8), "fv_finding.threshold");
    assert_eq!(field!(fv_finding, step), (48, 8), "fv_finding.step");
    assert_eq!(size_of::<fv_check_desc>(), 80, "fv_check_desc");
    assert_eq!(field!(fv_check_desc, struct_size), (0, 4), "fv_check_desc.struct_size");
    assert_eq!(field!(fv_check_desc, steps), (4, 4), "fv_check_desc.steps");
    assert_eq!(field!(fv_check_desc, batch_size), (8, 4), "fv_check_desc.batch_size");
    assert_eq!(field!(fv_check_desc, overfit_samples), (12, 4), "fv_check_desc.overfit_samples");
    assert_eq!(field!(fv_check_desc, overfit_steps), (16, 4), "fv_check_desc.overfit_steps");
    assert_eq!(field!(fv_check_desc, gradient_samples), (20, 4), "fv_check_desc.gradient_samples");
    assert_eq!(field!(fv_check_desc, coordinates), (24, 4), "fv_check_desc.coordinates");
    assert_eq!(field!(fv_check_desc, burn_in), (28, 4), "fv_check_desc.burn_in");
    assert_eq!(field!(fv_check_desc, gradient_step), (32, 8), "fv_check_desc.gradient_step");
    assert_eq!(field!(fv_check_desc, l2), (40, 8), "fv_check_desc.l2");
    assert_eq!(field!(fv_check_desc, epochs), (48, 8), "fv_check_desc.epochs");
    assert_eq!(field!(fv_check_desc, validation), (56, 8), "fv_check_desc.validation");
    assert_eq!(field!(fv_check_desc, test), (64, 8), "fv_check_desc.test");
    assert_eq!(field!(fv_check_desc, cancel), (72, 8), "fv_check_desc.cancel");
    assert_eq!(size_of::<fv_transposed_conv2d_desc>(), 176, "fv_transposed_conv2d_desc");
    assert_eq!(
        field!(fv_transposed_conv2d_desc, struct_size),
        (0, 4),
        "fv_transposed_conv2d_desc.struct_size",
    );
    assert_eq!(field!(fv_transposed_conv2d_desc, name), (8, 8), "fv_transposed_conv2d_desc.name");
    assert_eq!(field!(fv_transposed_conv2d_desc, filters), (16, 8), "fv_transposed_conv2d_desc.filters");
    assert_eq!(field!(fv_transposed_conv2d_desc, kernel), (24, 16), "fv_transposed_conv2d_desc.kernel");
    assert_eq!(field!(fv_transposed_conv2d_desc, strides), (40, 16), "fv_transposed_conv2d_desc.strides");
    assert_eq!(field!(fv_transposed_conv2d_desc, dilation), (56, 16), "fv_transposed_conv2d_desc.dilation");
    assert_eq!(field!(fv_transposed_conv2d_desc, groups), (72, 8), "fv_transposed_conv2d_desc.groups");
    assert_eq!(field!(fv_transposed_conv2d_desc, pad), (80, 32), "fv_transposed_conv2d_desc.pad");
    assert_eq!(
        field!(fv_transposed_conv2d_desc, output_padding),
        (112, 16),
        "fv_transposed_conv2d_desc.output_padding",
    );
    assert_eq!(field!(fv_transposed_conv2d_desc, no_bias), (128, 4), "fv_transposed_conv2d_desc.no_bias");
    assert_eq!(
        field!(fv_transposed_conv2d_desc, activation),
        (132, 4),
        "fv_transposed_conv2d_desc.activation",
    );
    assert_eq!(field!(fv_transposed_conv2d_desc, algorithm), (136, 4), "fv_transposed_conv2d_desc.algorithm");
    assert_eq!(
        field!(fv_transposed_conv2d_desc, kernel_initializer),
        (144, 8),
        "fv_transposed_conv2d_desc.kernel_initializer",
    );
    assert_eq!(
        field!(fv_transposed_conv2d_desc, bias_initializer),
        (152, 8),
        "fv_transposed_conv2d_desc.bias_initializer",
    );
    assert_eq!(
        field!(fv_transposed_conv2d_desc, kernel_regularizer),
        (160, 8),
        "fv_transposed_conv2d_desc.kernel_regularizer",
    );
    assert_eq!(
        field!(fv_transposed_conv2d_desc, bias_regularizer),
        (168, 8),
        "fv_transposed_conv2d_desc.bias_regularizer",
    );
    assert_eq!(size_of::<fv_depthwise_conv2d_desc>(), 152, "fv_depthwise_conv2d_desc");
    assert_eq!(field!(fv_depthwise_conv2d_desc, struct_size), (0, 4), "fv_depthwise_conv2d_desc.struct_size");
    assert_eq!(field!(fv_depthwise_conv2d_desc, name), (8, 8), "fv_depthwise_conv2d_desc.name");
    assert_eq!(field!(fv_depthwise_conv2d_desc, multiplier), (16, 8), "fv_depthwise_conv2d_desc.multiplier");
    assert_eq!(field!(fv_depthwise_conv2d_desc, kernel), (24, 16), "fv_depthwise_conv2d_desc.kernel");
    assert_eq!(field!(fv_depthwise_conv2d_desc, strides), (40, 16), "fv_depthwise_conv2d_desc.strides");
    assert_eq!(field!(fv_depthwise_conv2d_desc, dilation), (56, 16), "fv_depthwise_conv2d_desc.dilation");
    assert_eq!(field!(fv_depthwise_conv2d_desc, padding), (72, 4), "fv_depthwise_conv2d_desc.padding");
    assert_eq!(field!(fv_depthwise_conv2d_desc, no_bias), (76, 4), "fv_depthwise_conv2d_desc.no_bias");
    assert_eq!(field!(fv_depthwise_conv2d_desc, pad), (80, 32), "fv_depthwise_conv2d_desc.pad");
    assert_eq!(field!(fv_depthwise_conv2d_desc, activation), (112, 4), "fv_depthwise_conv2d_desc.activation");
    assert_eq!(
        field!(fv_depthwise_conv2d_desc, kernel_initializer),
        (120, 8),
        "fv_depthwise_conv2d_desc.kernel_initializer",
    );
    assert_eq!(
        field!(fv_depthwise_conv2d_desc, bias_initializer),
        (128, 8),
        "fv_depthwise_conv2d_desc.bias_initializer",
    );
    assert_eq!(
        field!(fv_depthwise_conv2d_desc, kernel_regularizer),
        (136, 8),
        "fv_depthwise_conv2d_desc.kernel_regularizer",
    );
    assert_eq!(
        field!(fv_depthwise_conv2d_desc, bias_regularizer),
        (144, 8),
        "fv_depthwise_conv2d_desc.bias_regularizer",
    );
    assert_eq!(size_of::<fv_separable_conv2d_desc>(), 128, "fv_separable_conv2d_desc");
    assert_eq!(field!(fv_separable_conv2d_desc, struct_size), (0, 4), "fv_separable_conv2d_desc.struct_size");
    assert_eq!(field!(fv_separable_conv2d_desc, name), (8, 8), "fv_separable_conv2d_desc.name");
    assert_eq!(field!(fv_separable_conv2d_desc, filters), (16, 8), "fv_separable_conv2d_desc.filters");
    assert_eq!(field!(fv_separable_conv2d_desc, multiplier), (24, 8), "fv_separable_conv2d_desc.multiplier");
    assert_eq!(field!(fv_separable_conv2d_desc, kernel), (32, 16), "fv_separable_conv2d_desc.kernel");
    assert_eq!(field!(fv_separable_conv2d_desc, strides), (48, 16), "fv_separable_conv2d_desc.strides");
    assert_eq!(field!(fv_separable_conv2d_desc, dilation), (64, 16), "fv_separable_conv2d_desc.dilation");
    assert_eq!(field!(fv_separable_conv2d_desc, padding), (80, 4), "fv_separable_conv2d_desc.padding");
    assert_eq!(field!(fv_separable_conv2d_desc, no_bias), (84, 4), "fv_separable_conv2d_desc.no_bias");
    assert_eq!(field!(fv_separable_conv2d_desc, pad), (88, 32), "fv_separable_conv2d_desc.pad");
    assert_eq!(field!(fv_separable_conv2d_desc, activation), (120, 4), "fv_separable_conv2d_desc.activation");
    assert_eq!(size_of::<fv_local_conv2d_desc>(), 128, "fv_local_conv2d_desc");
    assert_eq!(field!(fv_local_conv2d_desc, struct_size), (0, 4), "fv_local_conv2d_desc.struct_size");
    assert_eq!(field!(fv_local_conv2d_desc, name), (8, 8), "fv_local_conv2d_desc.name");
    assert_eq!(field!(fv_local_conv2d_desc, filters), (16, 8), "fv_local_conv2d_desc.filters");
    assert_eq!(field!(fv_local_conv2d_desc, kernel), (24, 16), "fv_local_conv2d_desc.kernel");
    assert_eq!(field!(fv_local_conv2d_desc, strides), (40, 16), "fv_local_conv2d_desc.strides");
    assert_eq!(field!(fv_local_conv2d_desc, pad), (56, 32), "fv_local_conv2d_desc.pad");
    assert_eq!(field!(fv_local_conv2d_desc, no_bias), (88, 4), "fv_local_conv2d_desc.no_bias");
    assert_eq!(field!(fv_local_conv2d_desc, activation), (92, 4), "fv_local_conv2d_desc.activation");
    assert_eq!(
        field!(fv_local_conv2d_desc, kernel_initializer),
        (96, 8),
        "fv_local_conv2d_desc.kernel_initializer",
    );
    assert_eq!(
        field!(fv_local_conv2d_desc, bias_initializer),
        (104, 8),
        "fv_local_conv2d_desc.bias_initializer",
    );
    assert_eq!(
        field!(fv_local_conv2d_desc, kernel_regularizer),
        (112, 8),
        "fv_local_conv2d_desc.kernel_regularizer",
    );
    assert_eq!(
        field!(fv_local_conv2d_desc, bias_regularizer),
        (120, 8),
        "fv_local_conv2d_desc.bias_regularizer",
    );
    assert_eq!(size_of::<fv_deform_conv2d_desc>(), 160, "fv_deform_conv2d_desc");
    assert_eq!(field!(fv_deform_conv2d_desc, struct_size), (0, 4), "fv_deform_conv2d_desc.struct_size");
    assert_eq!(field!(fv_deform_conv2d_desc, name), (8, 8), "fv_deform_conv2d_desc.name");
    assert_eq!(field!(fv_deform_conv2d_desc, filters), (16, 8), "fv_deform_conv2d_desc.filters");
    assert_eq!(field!(fv_deform_conv2d_desc, kernel), (24, 16), "fv_deform_conv2d_desc.kernel");
    assert_eq!(field!(fv_deform_conv2d_desc, strides), (40, 16), "fv_deform_conv2d_desc.strides");
    assert_eq!(field!(fv_deform_conv2d_desc, dilation), (56, 16), "fv_deform_conv2d_desc.dilation");
    assert_eq!(field!(fv_deform_conv2d_desc, groups), (72, 8), "fv_deform_conv2d_desc.groups");
    assert_eq!(field!(fv_deform_conv2d_desc, offset_groups), (80, 8), "fv_deform_conv2d_desc.offset_groups");
    assert_eq!(field!(fv_deform_conv2d_desc, pad), (88, 32), "fv_deform_conv2d_desc.pad");
    assert_eq!(field!(fv_deform_conv2d_desc, no_bias), (120, 4), "fv_deform_conv2d_desc.no_bias");
    assert_eq!(
        field!(fv_deform_conv2d_desc, kernel_initializer),
        (128, 8),
        "fv_deform_conv2d_desc.kernel_initializer",
    );
    assert_eq!(
        field!(fv_deform_conv2d_desc, bias_initializer),
        (136, 8),
        "fv_deform_conv2d_desc.bias_initializer",
    );
    assert_eq!(
        field!(fv_deform_conv2d_desc, kernel_regularizer),
        (144, 8),
        "fv_deform_conv2d_desc.kernel_regularizer",
    );
    assert_eq!(
        field!(fv_deform_conv2d_desc, bias_regularizer),
        (152, 8),
        "fv_deform_conv2d_desc.bias_regularizer",
    );
    assert_eq!(size_of::<fv_optimizer_desc>(), 144, "fv_optimizer_desc");
    assert_eq!(field!(fv_optimizer_desc, struct_size), (0, 4), "fv_optimizer_desc.struct_size");
    assert_eq!(field!(fv_optimizer_desc, optimizer), (4, 4), "fv_optimizer_desc.optimizer");
    assert_eq!(field!(fv_optimizer_desc, learning_rate), (8, 8), "fv_optimizer_desc.learning_rate");
    assert_eq!(field!(fv_optimizer_desc, momentum), (16, 8), "fv_optimizer_desc.momentum");
    assert_eq!(field!(fv_optimizer_desc, dampening), (24, 8), "fv_optimizer_desc.dampening");
    assert_eq!(field!(fv_optimizer_desc, beta1), (32, 8), "fv_optimizer_desc.beta1");
    assert_eq!(field!(fv_optimizer_desc, beta2), (40, 8), "fv_optimizer_desc.beta2");
    assert_eq!(field!(fv_optimizer_desc, rho), (48, 8), "fv_optimizer_desc.rho");
    assert_eq!(field!(fv_optimizer_desc, epsilon), (56, 8), "fv_optimizer_desc.epsilon");
    assert_eq!(field!(fv_optimizer_desc, momentum_decay), (64, 8), "fv_optimizer_desc.momentum_decay");
    assert_eq!(field!(fv_optimizer_desc, trust_coefficient), (72, 8), "fv_optimizer_desc.trust_coefficient");
    assert_eq!(field!(fv_optimizer_desc, weight_decay), (80, 8), "fv_optimizer_desc.weight_decay");
    assert_eq!(field!(fv_optimizer_desc, clip_value), (88, 8), "fv_optimizer_desc.clip_value");
    assert_eq!(field!(fv_optimizer_desc, clip_norm), (96, 8), "fv_optimizer_desc.clip_norm");
    assert_eq!(field!(fv_optimizer_desc, clip_global_norm), (104, 8), "fv_optimizer_desc.clip_global_norm");
    assert_eq!(field!(fv_optimizer_desc, nesterov), (112, 4), "fv_optimizer_desc.nesterov");
    assert_eq!(field!(fv_optimizer_desc, rate_in_velocity), (116, 4), "fv_optimizer_desc.rate_in_velocity");
    assert_eq!(field!(fv_optimizer_desc, amsgrad), (120, 4), "fv_optimizer_desc.amsgrad");
    assert_eq!(field!(fv_optimizer_desc, centered), (124, 4), "fv_optimizer_desc.centered");
    assert_eq!(
        field!(fv_optimizer_desc, no_bias_correction),
        (128, 4),
        "fv_optimizer_desc.no_bias_correction",
    );
    assert_eq!(field!(fv_optimizer_desc, epsilon_inside), (132, 4), "fv_optimizer_desc.epsilon_inside");
    assert_eq!(
        field!(fv_optimizer_desc, decay_kernels_only),
        (136, 4),
        "fv_optimizer_desc.decay_kernels_only",
    );
    assert_eq!(field!(fv_optimizer_desc, reserved), (140, 4), "fv_optimizer_desc.reserved");
    assert_eq!(size_of::<fv_group_desc>(), 72, "fv_group_desc");
    assert_eq!(field!(fv_group_desc, struct_size), (0, 4), "fv_group_desc.struct_size");
    assert_eq!(field!(fv_group_desc, frozen), (4, 4), "fv_group_desc.frozen");
    assert_eq!(field!(fv_group_desc, parameters), (8, 8), "fv_group_desc.parameters");
    assert_eq!(field!(fv_group_desc, learning_rate), (16, 8), "fv_group_desc.learning_rate");
    assert_eq!(field!(fv_group_desc, weight_decay), (24, 8), "fv_group_desc.weight_decay");
    assert_eq!(field!(fv_group_desc, l1), (32, 8), "fv_group_desc.l1");
    assert_eq!(field!(fv_group_desc, l2), (40, 8), "fv_group_desc.l2");
    assert_eq!(field!(fv_group_desc, constraint), (48, 4), "fv_group_desc.constraint");
    assert_eq!(field!(fv_group_desc, reserved), (52, 4), "fv_group_desc.reserved");
    assert_eq!(field!(fv_group_desc, min_norm), (56, 8), "fv_group_desc.min_norm");
    assert_eq!(field!(fv_group_desc, max_norm), (64, 8), "fv_group_desc.max_norm");
    assert_eq!(size_of::<fv_average_desc>(), 32, "fv_average_desc");
    assert_eq!(field!(fv_average_desc, struct_size), (0, 4), "fv_average_desc.struct_size");
    assert_eq!(field!(fv_average_desc, averaging), (4, 4), "fv_average_desc.averaging");
    assert_eq!(field!(fv_average_desc, decay), (8, 8), "fv_average_desc.decay");
    assert_eq!(field!(fv_average_desc, start), (16, 8), "fv_average_desc.start");
    assert_eq!(field!(fv_average_desc, period), (24, 8), "fv_average_desc.period");
    assert_eq!(size_of::<fv_schedule_desc>(), 200, "fv_schedule_desc");
    assert_eq!(field!(fv_schedule_desc, struct_size), (0, 4), "fv_schedule_desc.struct_size");
    assert_eq!(field!(fv_schedule_desc, schedule), (4, 4), "fv_schedule_desc.schedule");
    assert_eq!(field!(fv_schedule_desc, per_step), (8, 4), "fv_schedule_desc.per_step");
    assert_eq!(field!(fv_schedule_desc, staircase), (12, 4), "fv_schedule_desc.staircase");
    assert_eq!(field!(fv_schedule_desc, warmup), (16, 8), "fv_schedule_desc.warmup");
    assert_eq!(field!(fv_schedule_desc, warmup_start), (24, 8), "fv_schedule_desc.warmup_start");
    assert_eq!(field!(fv_schedule_desc, period), (32, 8), "fv_schedule_desc.period");
    assert_eq!(field!(fv_schedule_desc, total), (40, 8), "fv_schedule_desc.total");
    assert_eq!(field!(fv_schedule_desc, milestones), (48, 8), "fv_schedule_desc.milestones");
    assert_eq!(field!(fv_schedule_desc, milestone_count), (56, 8), "fv_schedule_desc.milestone_count");
    assert_eq!(field!(fv_schedule_desc, gamma), (64, 8), "fv_schedule_desc.gamma");
    assert_eq!(field!(fv_schedule_desc, power), (72, 8), "fv_schedule_desc.power");
    assert_eq!(field!(fv_schedule_desc, lowest), (80, 8), "fv_schedule_desc.lowest");
    assert_eq!(field!(fv_schedule_desc, highest), (88, 8), "fv_schedule_desc.highest");
    assert_eq!(field!(fv_schedule_desc, growth), (96, 8), "fv_schedule_desc.growth");
    assert_eq!(field!(fv_schedule_desc, falling), (104, 8), "fv_schedule_desc.falling");
    assert_eq!(field!(fv_schedule_desc, rising), (112, 8), "fv_schedule_desc.rising");
    assert_eq!(field!(fv_schedule_desc, start_divisor), (120, 8), "fv_schedule_desc.start_divisor");
    assert_eq!(field!(fv_schedule_desc, end_divisor), (128, 8), "fv_schedule_desc.end_divisor");
    assert_eq!(field!(fv_schedule_desc, shape), (136, 4), "fv_schedule_desc.shape");
    assert_eq!(field!(fv_schedule_desc, monitor), (140, 4), "fv_schedule_desc.monitor");
    assert_eq!(field!(fv_schedule_desc, patience), (144, 8), "fv_schedule_desc.patience");
    assert_eq!(field!(fv_schedule_desc, cooldown), (152, 8), "fv_schedule_desc.cooldown");
    assert_eq!(field!(fv_schedule_desc, min_delta), (160, 8), "fv_schedule_desc.min_delta");
    assert_eq!(field!(fv_schedule_desc, monitor_name), (168, 8), "fv_schedule_desc.monitor_name");
    assert_eq!(field!(fv_schedule_desc, monitor_larger), (176, 4), "fv_schedule_desc.monitor_larger");
    assert_eq!(field!(fv_schedule_desc, reserved), (180, 4), "fv_schedule_desc.reserved");
    assert_eq!(field!(fv_schedule_desc, lowest_momentum), (184, 8), "fv_schedule_desc.lowest_momentum");
    assert_eq!(field!(fv_schedule_desc, highest_momentum), (192, 8), "fv_schedule_desc.highest_momentum");
    assert_eq!(size_of::<fv_rate_range_desc>(), 56, "fv_rate_range_desc");
    assert_eq!(field!(fv_rate_range_desc, struct_size), (0, 4), "fv_rate_range_desc.struct_size");
    assert_eq!(field!(fv_rate_range_desc, batch_size), (4, 4), "fv_rate_range_desc.batch_size");
    assert_eq!(field!(fv_rate_range_desc, lowest), (8, 8), "fv_rate_range_desc.lowest");
    assert_eq!(field!(fv_rate_range_desc, highest), (16, 8), "fv_rate_range_desc.highest");
    assert_eq!(field!(fv_rate_range_desc, steps), (24, 8), "fv_rate_range_desc.steps");
    assert_eq!(field!(fv_rate_range_desc, smoothing), (32, 8), "fv_rate_range_desc.smoothing");
    assert_eq!(field!(fv_rate_range_desc, divergence), (40, 8), "fv_rate_range_desc.divergence");
    assert_eq!(field!(fv_rate_range_desc, cancel), (48, 8), "fv_rate_range_desc.cancel");
    assert_eq!(size_of::<fv_rate_point>(), 24, "fv_rate_point");
    assert_eq!(field!(fv_rate_point, rate), (0, 8), "fv_rate_point.rate");
    assert_eq!(field!(fv_rate_point, loss), (8, 8), "fv_rate_point.loss");
    assert_eq!(field!(fv_rate_point, smoothed), (16, 8), "fv_rate_point.smoothed");
    assert_eq!(size_of::<fv_rate_range>(), 24, "fv_rate_range");
    assert_eq!(field!(fv_rate_range, struct_size), (0, 4), "fv_rate_range.struct_size");
    assert_eq!(field!(fv_rate_range, reserved), (4, 4), "fv_rate_range.reserved");
    assert_eq!(field!(fv_rate_range, suggested), (8, 8), "fv_rate_range.suggested");
    assert_eq!(field!(fv_rate_range, lowest_loss), (16, 8), "fv_rate_range.lowest_loss");
    assert_eq!(size_of::<fv_loss_desc>(), 120, "fv_loss_desc");
    assert_eq!(field!(fv_loss_desc, struct_size), (0, 4), "fv_loss_desc.struct_size");
    assert_eq!(field!(fv_loss_desc, loss), (4, 4), "fv_loss_desc.loss");
    assert_eq!(field!(fv_loss_desc, output), (8, 8), "fv_loss_desc.output");
    assert_eq!(field!(fv_loss_desc, weight), (16, 8), "fv_loss_desc.weight");
    assert_eq!(field!(fv_loss_desc, reduction), (24, 4), "fv_loss_desc.reduction");
    assert_eq!(field!(fv_loss_desc, ignore), (28, 4), "fv_loss_desc.ignore");
    assert_eq!(field!(fv_loss_desc, ignore_label), (32, 4), "fv_loss_desc.ignore_label");
    assert_eq!(field!(fv_loss_desc, squared), (36, 4), "fv_loss_desc.squared");
    assert_eq!(field!(fv_loss_desc, label_smoothing), (40, 8), "fv_loss_desc.label_smoothing");
    assert_eq!(field!(fv_loss_desc, class_weights), (48, 8), "fv_loss_desc.class_weights");
    assert_eq!(field!(fv_loss_desc, class_count), (56, 8), "fv_loss_desc.class_count");
    assert_eq!(field!(fv_loss_desc, delta), (64, 8), "fv_loss_desc.delta");
    assert_eq!(field!(fv_loss_desc, gamma), (72, 8), "fv_loss_desc.gamma");
    assert_eq!(field!(fv_loss_desc, alpha), (80, 8), "fv_loss_desc.alpha");
    assert_eq!(field!(fv_loss_desc, margin), (88, 8), "fv_loss_desc.margin");
    assert_eq!(field!(fv_loss_desc, positive_weights), (96, 8), "fv_loss_desc.positive_weights");
    assert_eq!(field!(fv_loss_desc, positive_count), (104, 8), "fv_loss_desc.positive_count");
    assert_eq!(field!(fv_loss_desc, custom), (112, 8), "fv_loss_desc.custom");
    assert_eq!(size_of::<fv_mix_desc>(), 32, "fv_mix_desc");
    assert_eq!(field!(fv_mix_desc, struct_size), (0, 4), "fv_mix_desc.struct_size");
    assert_eq!(field!(fv_mix_desc, reserved), (4, 4), "fv_mix_desc.reserved");
    assert_eq!(field!(fv_mix_desc, mixup), (8, 8), "fv_mix_desc.mixup");
    assert_eq!(field!(fv_mix_desc, cutmix), (16, 8), "fv_mix_desc.cutmix");
    assert_eq!(field!(fv_mix_desc, probability), (24, 8), "fv_mix_desc.probability");
    assert_eq!(size_of::<fv_trainer_desc>(), 168, "fv_trainer_desc");
    assert_eq!(field!(fv_trainer_desc, struct_size), (0, 4), "fv_trainer_desc.struct_size");
    assert_eq!(field!(fv_trainer_desc, loss), (4, 4), "fv_trainer_desc.loss");
    assert_eq!(field!(fv_trainer_desc, optimizer), (8, 4), "fv_trainer_desc.optimizer");
    assert_eq!(field!(fv_trainer_desc, nesterov), (12, 4), "fv_trainer_desc.nesterov");
    assert_eq!(field!(fv_trainer_desc, learning_rate), (16, 8), "fv_trainer_desc.learning_rate");
    assert_eq!(field!(fv_trainer_desc, momentum), (24, 8), "fv_trainer_desc.momentum");
    assert_eq!(field!(fv_trainer_desc, beta1), (32, 8), "fv_trainer_desc.beta1");
    assert_eq!(field!(fv_trainer_desc, beta2), (40, 8), "fv_trainer_desc.beta2");
    assert_eq!(field!(fv_trainer_desc, epsilon), (48, 8), "fv_trainer_desc.epsilon");
    assert_eq!(field!(fv_trainer_desc, l2), (56, 8), "fv_trainer_desc.l2");
    assert_eq!(field!(fv_trainer_desc, seed), (64, 8), "fv_trainer_desc.seed");
    assert_eq!(field!(fv_trainer_desc, max_batch), (72, 4), "fv_trainer_desc.max_batch");
    assert_eq!(field!(fv_trainer_desc, losses), (80, 8), "fv_trainer_desc.losses");
    assert_eq!(field!(fv_trainer_desc, loss_count), (88, 8), "fv_trainer_desc.loss_count");
    assert_eq!(field!(fv_trainer_desc, optimizer_desc), (96, 8), "fv_trainer_desc.optimizer_desc");
    assert_eq!(field!(fv_trainer_desc, schedule), (104, 8), "fv_trainer_desc.schedule");
    assert_eq!(field!(fv_trainer_desc, groups), (112, 8), "fv_trainer_desc.groups");
    assert_eq!(field!(fv_trainer_desc, group_count), (120, 8), "fv_trainer_desc.group_count");
    assert_eq!(field!(fv_trainer_desc, average), (128, 8), "fv_trainer_desc.average");
    assert_eq!(field!(fv_trainer_desc, l1), (136, 8), "fv_trainer_desc.l1");
    assert_eq!(field!(fv_trainer_desc, accumulate_steps), (144, 4), "fv_trainer_desc.accumulate_steps");
    assert_eq!(field!(fv_trainer_desc, proximal_l1), (148, 4), "fv_trainer_desc.proximal_l1");
    assert_eq!(field!(fv_trainer_desc, mix), (152, 8), "fv_trainer_desc.mix");
    assert_eq!(field!(fv_trainer_desc, rate_batch), (160, 4), "fv_trainer_desc.rate_batch");
    assert_eq!(field!(fv_trainer_desc, reserved), (164, 4), "fv_trainer_desc.reserved");
    assert_eq!(size_of::<fv_trainer_info>(), 104, "fv_trainer_info");
    assert_eq!(field!(fv_trainer_info, struct_size), (0, 4), "fv_trainer_info.struct_size");
    assert_eq!(field!(fv_trainer_info, losses), (4, 4), "fv_trainer_info.losses");
    assert_eq!(field!(fv_trainer_info, groups), (8, 4), "fv_trainer_info.groups");
    assert_eq!(field!(fv_trainer_info, accumulate_steps), (12, 4), "fv_trainer_info.accumulate_steps");
    assert_eq!(field!(fv_trainer_info, accumulated), (16, 8), "fv_trainer_info.accumulated");
    assert_eq!(field!(fv_trainer_info, averages), (24, 8), "fv_trainer_info.averages");
    assert_eq!(field!(fv_trainer_info, seed), (32, 8), "fv_trainer_info.seed");
    assert_eq!(field!(fv_trainer_info, l1), (40, 8), "fv_trainer_info.l1");
    assert_eq!(field!(fv_trainer_info, l2), (48, 8), "fv_trainer_info.l2");
    assert_eq!(field!(fv_trainer_info, batch_size), (56, 4), "fv_trainer_info.batch_size");
    assert_eq!(field!(fv_trainer_info, no_shuffle), (60, 4), "fv_trainer_info.no_shuffle");
    assert_eq!(field!(fv_trainer_info, drop_last), (64, 4), "fv_trainer_info.drop_last");
    assert_eq!(field!(fv_trainer_info, proximal_l1), (68, 4), "fv_trainer_info.proximal_l1");
    assert_eq!(field!(fv_trainer_info, rate_batch), (72, 4), "fv_trainer_info.rate_batch");
    assert_eq!(field!(fv_trainer_info, reserved), (76, 4), "fv_trainer_info.reserved");
    assert_eq!(field!(fv_trainer_info, mixup), (80, 8), "fv_trainer_info.mixup");
    assert_eq!(field!(fv_trainer_info, cutmix), (88, 8), "fv_trainer_info.cutmix");
    assert_eq!(field!(fv_trainer_info, mix_probability), (96, 8), "fv_trainer_info.mix_probability");
    assert_eq!(size_of::<fv_memory>(), 48, "fv_memory");
    assert_eq!(field!(fv_memory, struct_size), (0, 4), "fv_memory.struct_size");
    assert_eq!(field!(fv_memory, reserved), (4, 4), "fv_memory.reserved");
    assert_eq!(field!(fv_memory, parameters), (8, 8), "fv_memory.parameters");
    assert_eq!(field!(fv_memory, gradients), (16, 8), "fv_memory.gradients");
    assert_eq!(field!(fv_memory, optimizer), (24, 8), "fv_memory.optimizer");
    assert_eq!(field!(fv_memory, arena), (32, 8), "fv_memory.arena");
    assert_eq!(field!(fv_memory, workspace), (40, 8), "fv_memory.workspace");
    assert_eq!(size_of::<fv_batch>(), 48, "fv_batch");
    assert_eq!(field!(fv_batch, struct_size), (0, 4), "fv_batch.struct_size");
    assert_eq!(field!(fv_batch, reserved), (4, 4), "fv_batch.reserved");
    assert_eq!(field!(fv_batch, inputs), (8, 8), "fv_batch.inputs");
    assert_eq!(field!(fv_batch, input_count), (16, 8), "fv_batch.input_count");
    assert_eq!(field!(fv_batch, targets), (24, 8), "fv_batch.targets");
    assert_eq!(field!(fv_batch, target_count), (32, 8), "fv_batch.target_count");
    assert_eq!(field!(fv_batch, sample_weights), (40, 8), "fv_batch.sample_weights");
    assert_eq!(size_of::<fv_feed_desc>(), 24, "fv_feed_desc");
    assert_eq!(field!(fv_feed_desc, struct_size), (0, 4), "fv_feed_desc.struct_size");
    assert_eq!(field!(fv_feed_desc, batch_size), (4, 4), "fv_feed_desc.batch_size");
    assert_eq!(field!(fv_feed_desc, no_shuffle), (8, 4), "fv_feed_desc.no_shuffle");
    assert_eq!(field!(fv_feed_desc, drop_last), (12, 4), "fv_feed_desc.drop_last");
    assert_eq!(field!(fv_feed_desc, workers), (16, 4), "fv_feed_desc.workers");
    assert_eq!(field!(fv_feed_desc, prefetch), (20, 4), "fv_feed_desc.prefetch");
    assert_eq!(size_of::<fv_progress>(), 128, "fv_progress");
    assert_eq!(field!(fv_progress, struct_size), (0, 4), "fv_progress.struct_size");
    assert_eq!(field!(fv_progress, epoch_ended), (4, 4), "fv_progress.epoch_ended");
    assert_eq!(field!(fv_progress, epoch), (8, 8), "fv_progress.epoch");
    assert_eq!(field!(fv_progress, epochs), (16, 8), "fv_progress.epochs");
    assert_eq!(field!(fv_progress, batch), (24, 8), "fv_progress.batch");
    assert_eq!(field!(fv_progress, batches), (32, 8), "fv_progress.batches");
    assert_eq!(field!(fv_progress, step), (40, 8), "fv_progress.step");
    assert_eq!(field!(fv_progress, samples), (48, 8), "fv_progress.samples");
    assert_eq!(field!(fv_progress, loss), (56, 8), "fv_progress.loss");
    assert_eq!(field!(fv_progress, accuracy), (64, 8), "fv_progress.accuracy");
    assert_eq!(field!(fv_progress, batch_loss), (72, 8), "fv_progress.batch_loss");
    assert_eq!(field!(fv_progress, learning_rate), (80, 8), "fv_progress.learning_rate");
    assert_eq!(field!(fv_progress, samples_per_second), (88, 8), "fv_progress.samples_per_second");
    assert_eq!(field!(fv_progress, seconds_left), (96, 8), "fv_progress.seconds_left");
    assert_eq!(field!(fv_progress, seconds), (104, 8), "fv_progress.seconds");
    assert_eq!(field!(fv_progress, val_loss), (112, 8), "fv_progress.val_loss");
    assert_eq!(field!(fv_progress, val_accuracy), (120, 8), "fv_progress.val_accuracy");
    assert_eq!(size_of::<fv_history_row>(), 48, "fv_history_row");
    assert_eq!(field!(fv_history_row, epoch), (0, 8), "fv_history_row.epoch");
    assert_eq!(field!(fv_history_row, loss), (8, 8), "fv_history_row.loss");
    assert_eq!(field!(fv_history_row, accuracy), (16, 8), "fv_history_row.accuracy");
    assert_eq!(field!(fv_history_row, val_loss), (24, 8), "fv_history_row.val_loss");
    assert_eq!(field!(fv_history_row, val_accuracy), (32, 8), "fv_history_row.val_accuracy");
    assert_eq!(field!(fv_history_row, learning_rate), (40, 8), "fv_history_row.learning_rate");
    assert_eq!(size_of::<fv_custom_tensor>(), 40, "fv_custom_tensor");
    assert_eq!(field!(fv_custom_tensor, data), (0, 8), "fv_custom_tensor.data");
    assert_eq!(field!(fv_custom_tensor, gradient), (8, 8), "fv_custom_tensor.gradient");
    assert_eq!(field!(fv_custom_tensor, shape), (16, 8), "fv_custom_tensor.shape");
    assert_eq!(field!(fv_custom_tensor, rank), (24, 4), "fv_custom_tensor.rank");
    assert_eq!(field!(fv_custom_tensor, reserved), (28, 4), "fv_custom_tensor.reserved");
    assert_eq!(field!(fv_custom_tensor, elements), (32, 8), "fv_custom_tensor.elements");
    assert_eq!(size_of::<fv_custom_shape>(), 152, "fv_custom_shape");
    assert_eq!(field!(fv_custom_shape, struct_size), (0, 4), "fv_custom_shape.struct_size");
    assert_eq!(field!(fv_custom_shape, input_count), (4, 4), "fv_custom_shape.input_count");
    assert_eq!(field!(fv_custom_shape, inputs), (8, 8), "fv_custom_shape.inputs");
    assert_eq!(field!(fv_custom_shape, attributes), (16, 8), "fv_custom_shape.attributes");
    assert_eq!(field!(fv_custom_shape, attributes_size), (24, 8), "fv_custom_shape.attributes_size");
    assert_eq!(field!(fv_custom_shape, parameters), (32, 8), "fv_custom_shape.parameters");
    assert_eq!(field!(fv_custom_shape, shape), (40, 64), "fv_custom_shape.shape");
    assert_eq!(field!(fv_custom_shape, rank), (104, 4), "fv_custom_shape.rank");
    assert_eq!(field!(fv_custom_shape, reserved), (108, 4), "fv_custom_shape.reserved");
    assert_eq!(field!(fv_custom_shape, saved), (112, 8), "fv_custom_shape.saved");
    assert_eq!(field!(fv_custom_shape, saved_per_sample), (120, 8), "fv_custom_shape.saved_per_sample");
    assert_eq!(field!(fv_custom_shape, scratch), (128, 8), "fv_custom_shape.scratch");
    assert_eq!(field!(fv_custom_shape, scratch_per_sample), (136, 8), "fv_custom_shape.scratch_per_sample");
    assert_eq!(field!(fv_custom_shape, multiply_adds), (144, 8), "fv_custom_shape.multiply_adds");
    assert_eq!(size_of::<fv_custom_parameter_desc>(), 104, "fv_custom_parameter_desc");
    assert_eq!(field!(fv_custom_parameter_desc, struct_size), (0, 4), "fv_custom_parameter_desc.struct_size");
    assert_eq!(field!(fv_custom_parameter_desc, role), (4, 4), "fv_custom_parameter_desc.role");
    assert_eq!(field!(fv_custom_parameter_desc, name), (8, 8), "fv_custom_parameter_desc.name");
    assert_eq!(field!(fv_custom_parameter_desc, shape), (16, 64), "fv_custom_parameter_desc.shape");
    assert_eq!(
        field!(fv_custom_parameter_desc, initializer),
        (80, 8),
        "fv_custom_parameter_desc.initializer",
    );
    assert_eq!(field!(fv_custom_parameter_desc, fan_in), (88, 8), "fv_custom_parameter_desc.fan_in");
    assert_eq!(field!(fv_custom_parameter_desc, fan_out), (96, 8), "fv_custom_parameter_desc.fan_out");
    assert_eq!(size_of::<fv_custom_pass>(), 136, "fv_custom_pass");
    assert_eq!(field!(fv_custom_pass, struct_size), (0, 4), "fv_custom_pass.struct_size");
    assert_eq!(field!(fv_custom_pass, dtype), (4, 4), "fv_custom_pass.dtype");
    assert_eq!(field!(fv_custom_pass, batch), (8, 8), "fv_custom_pass.batch");
    assert_eq!(field!(fv_custom_pass, training), (16, 4), "fv_custom_pass.training");
    assert_eq!(field!(fv_custom_pass, input_count), (20, 4), "fv_custom_pass.input_count");
    assert_eq!(field!(fv_custom_pass, parameter_count), (24, 4), "fv_custom_pass.parameter_count");
    assert_eq!(field!(fv_custom_pass, rank), (28, 4), "fv_custom_pass.rank");
    assert_eq!(field!(fv_custom_pass, inputs), (32, 8), "fv_custom_pass.inputs");
    assert_eq!(field!(fv_custom_pass, parameters), (40, 8), "fv_custom_pass.parameters");
    assert_eq!(field!(fv_custom_pass, shape), (48, 8), "fv_custom_pass.shape");
    assert_eq!(field!(fv_custom_pass, elements), (56, 8), "fv_custom_pass.elements");
    assert_eq!(field!(fv_custom_pass, output), (64, 8), "fv_custom_pass.output");
    assert_eq!(field!(fv_custom_pass, output_gradient), (72, 8), "fv_custom_pass.output_gradient");
    assert_eq!(field!(fv_custom_pass, saved), (80, 8), "fv_custom_pass.saved");
    assert_eq!(field!(fv_custom_pass, saved_count), (88, 8), "fv_custom_pass.saved_count");
    assert_eq!(field!(fv_custom_pass, scratch), (96, 8), "fv_custom_pass.scratch");
    assert_eq!(field!(fv_custom_pass, scratch_count), (104, 8), "fv_custom_pass.scratch_count");
    assert_eq!(field!(fv_custom_pass, attributes), (112, 8), "fv_custom_pass.attributes");
    assert_eq!(field!(fv_custom_pass, attributes_size), (120, 8), "fv_custom_pass.attributes_size");
    assert_eq!(field!(fv_custom_pass, random), (128, 8), "fv_custom_pass.random");
    assert_eq!(size_of::<fv_custom_layer_desc>(), 64, "fv_custom_layer_desc");
    assert_eq!(field!(fv_custom_layer_desc, struct_size), (0, 4), "fv_custom_layer_desc.struct_size");
    assert_eq!(
        field!(fv_custom_layer_desc, backward_without_inputs),
        (4, 4),
        "fv_custom_layer_desc.backward_without_inputs",
    );
    assert_eq!(
        field!(fv_custom_layer_desc, backward_without_output),
        (8, 4),
        "fv_custom_layer_desc.backward_without_output",
    );
    assert_eq!(field!(fv_custom_layer_desc, reserved), (12, 4), "fv_custom_layer_desc.reserved");
    assert_eq!(field!(fv_custom_layer_desc, r#type), (16, 8), "fv_custom_layer_desc.type");
    assert_eq!(field!(fv_custom_layer_desc, shape), (24, 8), "fv_custom_layer_desc.shape");
    assert_eq!(field!(fv_custom_layer_desc, forward), (32, 8), "fv_custom_layer_desc.forward");
    assert_eq!(field!(fv_custom_layer_desc, backward), (40, 8), "fv_custom_layer_desc.backward");
    assert_eq!(field!(fv_custom_layer_desc, user), (48, 8), "fv_custom_layer_desc.user");
    assert_eq!(field!(fv_custom_layer_desc, drop), (56, 8), "fv_custom_layer_desc.drop");
    assert_eq!(size_of::<fv_custom_desc>(), 40, "fv_custom_desc");
    assert_eq!(field!(fv_custom_desc, struct_size), (0, 4), "fv_custom_desc.struct_size");
    assert_eq!(field!(fv_custom_desc, reserved), (4, 4), "fv_custom_desc.reserved");
    assert_eq!(field!(fv_custom_desc, name), (8, 8), "fv_custom_desc.name");
    assert_eq!(field!(fv_custom_desc, r#type), (16, 8), "fv_custom_desc.type");
    assert_eq!(field!(fv_custom_desc, attributes), (24, 8), "fv_custom_desc.attributes");
    assert_eq!(field!(fv_custom_desc, attributes_size), (32, 8), "fv_custom_desc.attributes_size");
    assert_eq!(size_of::<fv_custom_rows>(), 88, "fv_custom_rows");
    assert_eq!(field!(fv_custom_rows, struct_size), (0, 4), "fv_custom_rows.struct_size");
    assert_eq!(field!(fv_custom_rows, dtype), (4, 4), "fv_custom_rows.dtype");
    assert_eq!(field!(fv_custom_rows, rows), (8, 8), "fv_custom_rows.rows");
    assert_eq!(field!(fv_custom_rows, columns), (16, 8), "fv_custom_rows.columns");
    assert_eq!(field!(fv_custom_rows, shape), (24, 8), "fv_custom_rows.shape");
    assert_eq!(field!(fv_custom_rows, rank), (32, 4), "fv_custom_rows.rank");
    assert_eq!(field!(fv_custom_rows, reserved), (36, 4), "fv_custom_rows.reserved");
    assert_eq!(field!(fv_custom_rows, output), (40, 8), "fv_custom_rows.output");
    assert_eq!(field!(fv_custom_rows, targets), (48, 8), "fv_custom_rows.targets");
    assert_eq!(field!(fv_custom_rows, labels), (56, 8), "fv_custom_rows.labels");
    assert_eq!(field!(fv_custom_rows, weights), (64, 8), "fv_custom_rows.weights");
    assert_eq!(field!(fv_custom_rows, losses), (72, 8), "fv_custom_rows.losses");
    assert_eq!(field!(fv_custom_rows, gradient), (80, 8), "fv_custom_rows.gradient");
    assert_eq!(size_of::<fv_custom_loss_desc>(), 40, "fv_custom_loss_desc");
    assert_eq!(field!(fv_custom_loss_desc, struct_size), (0, 4), "fv_custom_loss_desc.struct_size");
    assert_eq!(field!(fv_custom_loss_desc, over_classes), (4, 4), "fv_custom_loss_desc.over_classes");
    assert_eq!(field!(fv_custom_loss_desc, name), (8, 8), "fv_custom_loss_desc.name");
    assert_eq!(field!(fv_custom_loss_desc, evaluate), (16, 8), "fv_custom_loss_desc.evaluate");
    assert_eq!(field!(fv_custom_loss_desc, user), (24, 8), "fv_custom_loss_desc.user");
    assert_eq!(field!(fv_custom_loss_desc, drop), (32, 8), "fv_custom_loss_desc.drop");
    assert_eq!(size_of::<fv_metric_desc>(), 56, "fv_metric_desc");
    assert_eq!(field!(fv_metric_desc, struct_size), (0, 4), "fv_metric_desc.struct_size");
    assert_eq!(field!(fv_metric_desc, metric), (4, 4), "fv_metric_desc.metric");
    assert_eq!(field!(fv_metric_desc, average), (8, 4), "fv_metric_desc.average");
    assert_eq!(field!(fv_metric_desc, class_index), (12, 4), "fv_metric_desc.class_index");
    assert_eq!(field!(fv_metric_desc, k), (16, 4), "fv_metric_desc.k");
    assert_eq!(field!(fv_metric_desc, bins), (20, 4), "fv_metric_desc.bins");
    assert_eq!(field!(fv_metric_desc, probabilities), (24, 4), "fv_metric_desc.probabilities");
    assert_eq!(field!(fv_metric_desc, multilabel), (28, 4), "fv_metric_desc.multilabel");
    assert_eq!(field!(fv_metric_desc, threshold), (32, 8), "fv_metric_desc.threshold");
    assert_eq!(field!(fv_metric_desc, loss), (40, 4), "fv_metric_desc.loss");
    assert_eq!(field!(fv_metric_desc, reserved), (44, 4), "fv_metric_desc.reserved");
    assert_eq!(field!(fv_metric_desc, name), (48, 8), "fv_metric_desc.name");
    assert_eq!(size_of::<fv_metrics_desc>(), 56, "fv_metrics_desc");
    assert_eq!(field!(fv_metrics_desc, struct_size), (0, 4), "fv_metrics_desc.struct_size");
    assert_eq!(field!(fv_metrics_desc, ignore), (4, 4), "fv_metrics_desc.ignore");
    assert_eq!(field!(fv_metrics_desc, ignore_label), (8, 4), "fv_metrics_desc.ignore_label");
    assert_eq!(field!(fv_metrics_desc, confusion), (12, 4), "fv_metrics_desc.confusion");
    assert_eq!(field!(fv_metrics_desc, classes), (16, 8), "fv_metrics_desc.classes");
    assert_eq!(field!(fv_metrics_desc, metrics), (24, 8), "fv_metrics_desc.metrics");
    assert_eq!(field!(fv_metrics_desc, metric_count), (32, 8), "fv_metrics_desc.metric_count");
    assert_eq!(field!(fv_metrics_desc, rows), (40, 8), "fv_metrics_desc.rows");
    assert_eq!(field!(fv_metrics_desc, confusion_threshold), (48, 8), "fv_metrics_desc.confusion_threshold");
    assert_eq!(size_of::<fv_callbacks_desc>(), 72, "fv_callbacks_desc");
    assert_eq!(field!(fv_callbacks_desc, struct_size), (0, 4), "fv_callbacks_desc.struct_size");
    assert_eq!(field!(fv_callbacks_desc, reserved), (4, 4), "fv_callbacks_desc.reserved");
    assert_eq!(field!(fv_callbacks_desc, on_train_begin), (8, 8), "fv_callbacks_desc.on_train_begin");
    assert_eq!(field!(fv_callbacks_desc, on_train_end), (16, 8), "fv_callbacks_desc.on_train_end");
    assert_eq!(field!(fv_callbacks_desc, on_epoch_begin), (24, 8), "fv_callbacks_desc.on_epoch_begin");
    assert_eq!(field!(fv_callbacks_desc, on_epoch_end), (32, 8), "fv_callbacks_desc.on_epoch_end");
    assert_eq!(field!(fv_callbacks_desc, on_batch_begin), (40, 8), "fv_callbacks_desc.on_batch_begin");
    assert_eq!(field!(fv_callbacks_desc, on_batch_end), (48, 8), "fv_callbacks_desc.on_batch_end");
    assert_eq!(field!(fv_callbacks_desc, user), (56, 8), "fv_callbacks_desc.user");
    assert_eq!(field!(fv_callbacks_desc, drop), (64, 8), "fv_callbacks_desc.drop");
    assert_eq!(size_of::<fv_stop_desc>(), 80, "fv_stop_desc");
    assert_eq!(field!(fv_stop_desc, struct_size), (0, 4), "fv_stop_desc.struct_size");
    assert_eq!(field!(fv_stop_desc, monitor), (4, 4), "fv_stop_desc.monitor");
    assert_eq!(field!(fv_stop_desc, patience), (8, 8), "fv_stop_desc.patience");
    assert_eq!(field!(fv_stop_desc, min_delta), (16, 8), "fv_stop_desc.min_delta");
    assert_eq!(field!(fv_stop_desc, baseline), (24, 8), "fv_stop_desc.baseline");
    assert_eq!(field!(fv_stop_desc, divergence), (32, 8), "fv_stop_desc.divergence");
    assert_eq!(field!(fv_stop_desc, seconds), (40, 8), "fv_stop_desc.seconds");
    assert_eq!(field!(fv_stop_desc, restore_best), (48, 4), "fv_stop_desc.restore_best");
    assert_eq!(field!(fv_stop_desc, keep_nan), (52, 4), "fv_stop_desc.keep_nan");
    assert_eq!(field!(fv_stop_desc, monitor_name), (56, 8), "fv_stop_desc.monitor_name");
    assert_eq!(field!(fv_stop_desc, monitor_larger), (64, 4), "fv_stop_desc.monitor_larger");
    assert_eq!(field!(fv_stop_desc, reserved), (68, 4), "fv_stop_desc.reserved");
    assert_eq!(field!(fv_stop_desc, divergence_delta), (72, 8), "fv_stop_desc.divergence_delta");
    assert_eq!(size_of::<fv_fit_desc>(), 176, "fv_fit_desc");
    assert_eq!(field!(fv_fit_desc, struct_size), (0, 4), "fv_fit_desc.struct_size");
    assert_eq!(field!(fv_fit_desc, epochs), (4, 4), "fv_fit_desc.epochs");
    assert_eq!(field!(fv_fit_desc, batch_size), (8, 4), "fv_fit_desc.batch_size");
    assert_eq!(field!(fv_fit_desc, no_shuffle), (12, 4), "fv_fit_desc.no_shuffle");
    assert_eq!(field!(fv_fit_desc, drop_last), (16, 4), "fv_fit_desc.drop_last");
    assert_eq!(field!(fv_fit_desc, checkpoint_steps), (20, 4), "fv_fit_desc.checkpoint_steps");
    assert_eq!(field!(fv_fit_desc, checkpoint_path), (24, 8), "fv_fit_desc.checkpoint_path");
    assert_eq!(field!(fv_fit_desc, on_progress), (32, 8), "fv_fit_desc.on_progress");
    assert_eq!(field!(fv_fit_desc, user), (40, 8), "fv_fit_desc.user");
    assert_eq!(field!(fv_fit_desc, drop), (48, 8), "fv_fit_desc.drop");
    assert_eq!(field!(fv_fit_desc, cancel), (56, 8), "fv_fit_desc.cancel");
    assert_eq!(field!(fv_fit_desc, rate), (64, 8), "fv_fit_desc.rate");
    assert_eq!(field!(fv_fit_desc, stop), (72, 8), "fv_fit_desc.stop");
    assert_eq!(field!(fv_fit_desc, best_path), (80, 8), "fv_fit_desc.best_path");
    assert_eq!(field!(fv_fit_desc, reason), (88, 8), "fv_fit_desc.reason");
    assert_eq!(field!(fv_fit_desc, callbacks), (96, 8), "fv_fit_desc.callbacks");
    assert_eq!(field!(fv_fit_desc, callback_count), (104, 8), "fv_fit_desc.callback_count");
    assert_eq!(field!(fv_fit_desc, checkpoint_epochs), (112, 4), "fv_fit_desc.checkpoint_epochs");
    assert_eq!(field!(fv_fit_desc, checkpoint_improved), (116, 4), "fv_fit_desc.checkpoint_improved");
    assert_eq!(field!(fv_fit_desc, keep_checkpoints), (120, 4), "fv_fit_desc.keep_checkpoints");
    assert_eq!(field!(fv_fit_desc, log_steps), (124, 4), "fv_fit_desc.log_steps");
    assert_eq!(field!(fv_fit_desc, csv_path), (128, 8), "fv_fit_desc.csv_path");
    assert_eq!(field!(fv_fit_desc, jsonl_path), (136, 8), "fv_fit_desc.jsonl_path");
    assert_eq!(field!(fv_fit_desc, metrics), (144, 8), "fv_fit_desc.metrics");
    assert_eq!(field!(fv_fit_desc, metric_count), (152, 8), "fv_fit_desc.metric_count");
    assert_eq!(field!(fv_fit_desc, workers), (160, 4), "fv_fit_desc.workers");
    assert_eq!(field!(fv_fit_desc, prefetch), (164, 4), "fv_fit_desc.prefetch");
    assert_eq!(field!(fv_fit_desc, validate_average), (168, 4), "fv_fit_desc.validate_average");
    assert_eq!(field!(fv_fit_desc, reserved), (172, 4), "fv_fit_desc.reserved");
    assert_eq!(size_of::<fv_loader_desc>(), 40, "fv_loader_desc");
    assert_eq!(field!(fv_loader_desc, struct_size), (0, 4), "fv_loader_desc.struct_size");
    assert_eq!(field!(fv_loader_desc, batch_size), (4, 4), "fv_loader_desc.batch_size");
    assert_eq!(field!(fv_loader_desc, no_shuffle), (8, 4), "fv_loader_desc.no_shuffle");
    assert_eq!(field!(fv_loader_desc, drop_last), (12, 4), "fv_loader_desc.drop_last");
    assert_eq!(field!(fv_loader_desc, workers), (16, 4), "fv_loader_desc.workers");
    assert_eq!(field!(fv_loader_desc, prefetch), (20, 4), "fv_loader_desc.prefetch");
    assert_eq!(field!(fv_loader_desc, seed), (24, 8), "fv_loader_desc.seed");
    assert_eq!(field!(fv_loader_desc, model), (32, 8), "fv_loader_desc.model");
    assert_eq!(size_of::<fv_loaded_batch>(), 208, "fv_loaded_batch");
    assert_eq!(field!(fv_loaded_batch, struct_size), (0, 4), "fv_loaded_batch.struct_size");
    assert_eq!(field!(fv_loaded_batch, epoch_ended), (4, 4), "fv_loaded_batch.epoch_ended");
    assert_eq!(field!(fv_loaded_batch, input), (8, 80), "fv_loaded_batch.input");
    assert_eq!(field!(fv_loaded_batch, target), (88, 80), "fv_loaded_batch.target");
    assert_eq!(field!(fv_loaded_batch, indices), (168, 8), "fv_loaded_batch.indices");
    assert_eq!(field!(fv_loaded_batch, count), (176, 8), "fv_loaded_batch.count");
    assert_eq!(field!(fv_loaded_batch, epoch), (184, 8), "fv_loaded_batch.epoch");
    assert_eq!(field!(fv_loaded_batch, batch), (192, 8), "fv_loaded_batch.batch");
    assert_eq!(field!(fv_loaded_batch, batches), (200, 8), "fv_loaded_batch.batches");
    assert_eq!(size_of::<fv_matmul_desc>(), 24, "fv_matmul_desc");
    assert_eq!(field!(fv_matmul_desc, struct_size), (0, 4), "fv_matmul_desc.struct_size");
    assert_eq!(field!(fv_matmul_desc, name), (8, 8), "fv_matmul_desc.name");
    assert_eq!(field!(fv_matmul_desc, transpose_a), (16, 4), "fv_matmul_desc.transpose_a");
    assert_eq!(field!(fv_matmul_desc, transpose_b), (20, 4), "fv_matmul_desc.transpose_b");
    assert_eq!(size_of::<fv_pad_desc>(), 160, "fv_pad_desc");
    assert_eq!(field!(fv_pad_desc, struct_size), (0, 4), "fv_pad_desc.struct_size");
    assert_eq!(field!(fv_pad_desc, name), (8, 8), "fv_pad_desc.name");
    assert_eq!(field!(fv_pad_desc, before), (16, 64), "fv_pad_desc.before");
    assert_eq!(field!(fv_pad_desc, after), (80, 64), "fv_pad_desc.after");
    assert_eq!(field!(fv_pad_desc, mode), (144, 4), "fv_pad_desc.mode");
    assert_eq!(field!(fv_pad_desc, value), (152, 8), "fv_pad_desc.value");
    assert_eq!(size_of::<fv_slice_desc>(), 144, "fv_slice_desc");
    assert_eq!(field!(fv_slice_desc, struct_size), (0, 4), "fv_slice_desc.struct_size");
    assert_eq!(field!(fv_slice_desc, name), (8, 8), "fv_slice_desc.name");
    assert_eq!(field!(fv_slice_desc, begin), (16, 64), "fv_slice_desc.begin");
    assert_eq!(field!(fv_slice_desc, end), (80, 64), "fv_slice_desc.end");
    assert_eq!(size_of::<fv_crop_desc>(), 48, "fv_crop_desc");
    assert_eq!(field!(fv_crop_desc, struct_size), (0, 4), "fv_crop_desc.struct_size");
    assert_eq!(field!(fv_crop_desc, name), (8, 8), "fv_crop_desc.name");
    assert_eq!(field!(fv_crop_desc, crop), (16, 32), "fv_crop_desc.crop");
    assert_eq!(size_of::<fv_parts_desc>(), 32, "fv_parts_desc");
    assert_eq!(field!(fv_parts_desc, struct_size), (0, 4), "fv_parts_desc.struct_size");
    assert_eq!(field!(fv_parts_desc, name), (8, 8), "fv_parts_desc.name");
    assert_eq!(field!(fv_parts_desc, axis), (16, 8), "fv_parts_desc.axis");
    assert_eq!(field!(fv_parts_desc, sizes), (24, 8), "fv_parts_desc.sizes");
    assert_eq!(size_of::<fv_reshape_desc>(), 80, "fv_reshape_desc");
    assert_eq!(field!(fv_reshape_desc, struct_size), (0, 4), "fv_reshape_desc.struct_size");
    assert_eq!(field!(fv_reshape_desc, name), (8, 8), "fv_reshape_desc.name");
    assert_eq!(field!(fv_reshape_desc, shape), (16, 64), "fv_reshape_desc.shape");
    assert_eq!(size_of::<fv_permute_desc>(), 80, "fv_permute_desc");
    assert_eq!(field!(fv_permute_desc, struct_size), (0, 4), "fv_permute_desc.struct_size");
    assert_eq!(field!(fv_permute_desc, name), (8, 8), "fv_permute_desc.name");
    assert_eq!(field!(fv_permute_desc, axes), (16, 64), "fv_permute_desc.axes");
    assert_eq!(size_of::<fv_transform_desc>(), 72, "fv_transform_desc");
    assert_eq!(field!(fv_transform_desc, struct_size), (0, 4), "fv_transform_desc.struct_size");
    assert_eq!(field!(fv_transform_desc, channels), (4, 4), "fv_transform_desc.channels");
    assert_eq!(field!(fv_transform_desc, scale), (8, 8), "fv_transform_desc.scale");
    assert_eq!(field!(fv_transform_desc, mean), (16, 8), "fv_transform_desc.mean");
    assert_eq!(field!(fv_transform_desc, stddev), (24, 8), "fv_transform_desc.stddev");
    assert_eq!(field!(fv_transform_desc, samplewise_center), (32, 4), "fv_transform_desc.samplewise_center");
    assert_eq!(
        field!(fv_transform_desc, samplewise_std_normalization),
        (36, 4),
        "fv_transform_desc.samplewise_std_normalization",
    );
    assert_eq!(field!(fv_transform_desc, color), (40, 4), "fv_transform_desc.color");
    assert_eq!(field!(fv_transform_desc, interpolation), (44, 4), "fv_transform_desc.interpolation");
    assert_eq!(field!(fv_transform_desc, no_antialias), (48, 4), "fv_transform_desc.no_antialias");
    assert_eq!(field!(fv_transform_desc, resize_short), (52, 4), "fv_transform_desc.resize_short");
    assert_eq!(field!(fv_transform_desc, resize_height), (56, 4), "fv_transform_desc.resize_height");
    assert_eq!(field!(fv_transform_desc, resize_width), (60, 4), "fv_transform_desc.resize_width");
    assert_eq!(field!(fv_transform_desc, crop_height), (64, 4), "fv_transform_desc.crop_height");
    assert_eq!(field!(fv_transform_desc, crop_width), (68, 4), "fv_transform_desc.crop_width");
    assert_eq!(size_of::<fv_model_desc>(), 40, "fv_model_desc");
    assert_eq!(field!(fv_model_desc, struct_size), (0, 4), "fv_model_desc.struct_size");
    assert_eq!(field!(fv_model_desc, dtype), (4, 4), "fv_model_desc.dtype");
    assert_eq!(field!(fv_model_desc, seed), (8, 8), "fv_model_desc.seed");
    assert_eq!(field!(fv_model_desc, transform), (16, 8), "fv_model_desc.transform");
    assert_eq!(field!(fv_model_desc, kernel_initializer), (24, 8), "fv_model_desc.kernel_initializer");
    assert_eq!(field!(fv_model_desc, fitted), (32, 8), "fv_model_desc.fitted");
    assert_eq!(size_of::<fv_lsuv_desc>(), 16, "fv_lsuv_desc");
    assert_eq!(field!(fv_lsuv_desc, struct_size), (0, 4), "fv_lsuv_desc.struct_size");
    assert_eq!(field!(fv_lsuv_desc, max_iterations), (4, 4), "fv_lsuv_desc.max_iterations");
    assert_eq!(field!(fv_lsuv_desc, tolerance), (8, 8), "fv_lsuv_desc.tolerance");
    assert_eq!(size_of::<fv_batch_norm_update_desc>(), 32, "fv_batch_norm_update_desc");
    assert_eq!(
        field!(fv_batch_norm_update_desc, struct_size),
        (0, 4),
        "fv_batch_norm_update_desc.struct_size",
    );
    assert_eq!(field!(fv_batch_norm_update_desc, batch_size), (4, 4), "fv_batch_norm_update_desc.batch_size");
    assert_eq!(field!(fv_batch_norm_update_desc, batches), (8, 8), "fv_batch_norm_update_desc.batches");
    assert_eq!(field!(fv_batch_norm_update_desc, seed), (16, 8), "fv_batch_norm_update_desc.seed");
    assert_eq!(field!(fv_batch_norm_update_desc, cancel), (24, 8), "fv_batch_norm_update_desc.cancel");
    assert_eq!(size_of::<fv_model_info>(), 56, "fv_model_info");
    assert_eq!(field!(fv_model_info, struct_size), (0, 4), "fv_model_info.struct_size");
    assert_eq!(field!(fv_model_info, dtype), (4, 4), "fv_model_info.dtype");
    assert_eq!(field!(fv_model_info, parameters), (8, 8), "fv_model_info.parameters");
    assert_eq!(field!(fv_model_info, state), (16, 8), "fv_model_info.state");
    assert_eq!(field!(fv_model_info, multiply_adds), (24, 8), "fv_model_info.multiply_adds");
    assert_eq!(field!(fv_model_info, inputs), (32, 4), "fv_model_info.inputs");
    assert_eq!(field!(fv_model_info, outputs), (36, 4), "fv_model_info.outputs");
    assert_eq!(field!(fv_model_info, tensors), (40, 4), "fv_model_info.tensors");
    assert_eq!(field!(fv_model_info, nodes), (44, 4), "fv_model_info.nodes");
    assert_eq!(field!(fv_model_info, class_names), (48, 4), "fv_model_info.class_names");
    assert_eq!(field!(fv_model_info, reserved), (52, 4), "fv_model_info.reserved");
    assert_eq!(size_of::<fv_node_statistics>(), 56, "fv_node_statistics");
    assert_eq!(field!(fv_node_statistics, node), (0, 8), "fv_node_statistics.node");
    assert_eq!(field!(fv_node_statistics, mean), (8, 8), "fv_node_statistics.mean");
    assert_eq!(field!(fv_node_statistics, stddev), (16, 8), "fv_node_statistics.stddev");
    assert_eq!(field!(fv_node_statistics, minimum), (24, 8), "fv_node_statistics.minimum");
    assert_eq!(field!(fv_node_statistics, maximum), (32, 8), "fv_node_statistics.maximum");
    assert_eq!(field!(fv_node_statistics, dead), (40, 8), "fv_node_statistics.dead");
    assert_eq!(field!(fv_node_statistics, saturated), (48, 8), "fv_node_statistics.saturated");
    assert_eq!(size_of::<fv_statistics_desc>(), 56, "fv_statistics_desc");
    assert_eq!(field!(fv_statistics_desc, struct_size), (0, 4), "fv_statistics_desc.struct_size");
    assert_eq!(field!(fv_statistics_desc, bins), (4, 4), "fv_statistics_desc.bins");
    assert_eq!(field!(fv_statistics_desc, low), (8, 8), "fv_statistics_desc.low");
    assert_eq!(field!(fv_statistics_desc, high), (16, 8), "fv_statistics_desc.high");
    assert_eq!(field!(fv_statistics_desc, saturation), (24, 8), "fv_statistics_desc.saturation");
    assert_eq!(field!(fv_statistics_desc, histogram), (32, 8), "fv_statistics_desc.histogram");
    assert_eq!(field!(fv_statistics_desc, seed), (40, 8), "fv_statistics_desc.seed");
    assert_eq!(field!(fv_statistics_desc, training), (48, 4), "fv_statistics_desc.training");
    assert_eq!(size_of::<fv_tensor_info>(), 88, "fv_tensor_info");
    assert_eq!(field!(fv_tensor_info, struct_size), (0, 4), "fv_tensor_info.struct_size");
    assert_eq!(field!(fv_tensor_info, dtype), (4, 4), "fv_tensor_info.dtype");
    assert_eq!(field!(fv_tensor_info, name), (8, 8), "fv_tensor_info.name");
    assert_eq!(field!(fv_tensor_info, shape), (16, 64), "fv_tensor_info.shape");
    assert_eq!(field!(fv_tensor_info, rank), (80, 4), "fv_tensor_info.rank");
    assert_eq!(field!(fv_tensor_info, trainable), (84, 4), "fv_tensor_info.trainable");
    assert_eq!(size_of::<fv_spatial_dropout_desc>(), 24, "fv_spatial_dropout_desc");
    assert_eq!(field!(fv_spatial_dropout_desc, struct_size), (0, 4), "fv_spatial_dropout_desc.struct_size");
    assert_eq!(field!(fv_spatial_dropout_desc, name), (8, 8), "fv_spatial_dropout_desc.name");
    assert_eq!(field!(fv_spatial_dropout_desc, rate), (16, 8), "fv_spatial_dropout_desc.rate");
    assert_eq!(size_of::<fv_stochastic_depth_desc>(), 32, "fv_stochastic_depth_desc");
    assert_eq!(field!(fv_stochastic_depth_desc, struct_size), (0, 4), "fv_stochastic_depth_desc.struct_size");
    assert_eq!(field!(fv_stochastic_depth_desc, name), (8, 8), "fv_stochastic_depth_desc.name");
    assert_eq!(field!(fv_stochastic_depth_desc, rate), (16, 8), "fv_stochastic_depth_desc.rate");
    assert_eq!(
        field!(fv_stochastic_depth_desc, whole_batch),
        (24, 4),
        "fv_stochastic_depth_desc.whole_batch",
    );
    assert_eq!(size_of::<fv_gaussian_noise_desc>(), 24, "fv_gaussian_noise_desc");
    assert_eq!(field!(fv_gaussian_noise_desc, struct_size), (0, 4), "fv_gaussian_noise_desc.struct_size");
    assert_eq!(field!(fv_gaussian_noise_desc, name), (8, 8), "fv_gaussian_noise_desc.name");
    assert_eq!(field!(fv_gaussian_noise_desc, stddev), (16, 8), "fv_gaussian_noise_desc.stddev");
    assert_eq!(size_of::<fv_maxout_desc>(), 24, "fv_maxout_desc");
    assert_eq!(field!(fv_maxout_desc, struct_size), (0, 4), "fv_maxout_desc.struct_size");
    assert_eq!(field!(fv_maxout_desc, name), (8, 8), "fv_maxout_desc.name");
    assert_eq!(field!(fv_maxout_desc, pieces), (16, 8), "fv_maxout_desc.pieces");
    assert_eq!(size_of::<fv_layer_norm_desc>(), 40, "fv_layer_norm_desc");
    assert_eq!(field!(fv_layer_norm_desc, struct_size), (0, 4), "fv_layer_norm_desc.struct_size");
    assert_eq!(field!(fv_layer_norm_desc, name), (8, 8), "fv_layer_norm_desc.name");
    assert_eq!(field!(fv_layer_norm_desc, axes), (16, 8), "fv_layer_norm_desc.axes");
    assert_eq!(field!(fv_layer_norm_desc, epsilon), (24, 8), "fv_layer_norm_desc.epsilon");
    assert_eq!(field!(fv_layer_norm_desc, no_scale), (32, 4), "fv_layer_norm_desc.no_scale");
    assert_eq!(field!(fv_layer_norm_desc, no_center), (36, 4), "fv_layer_norm_desc.no_center");
    assert_eq!(size_of::<fv_group_norm_desc>(), 40, "fv_group_norm_desc");
    assert_eq!(field!(fv_group_norm_desc, struct_size), (0, 4), "fv_group_norm_desc.struct_size");
    assert_eq!(field!(fv_group_norm_desc, name), (8, 8), "fv_group_norm_desc.name");
    assert_eq!(field!(fv_group_norm_desc, groups), (16, 8), "fv_group_norm_desc.groups");
    assert_eq!(field!(fv_group_norm_desc, epsilon), (24, 8), "fv_group_norm_desc.epsilon");
    assert_eq!(field!(fv_group_norm_desc, no_scale), (32, 4), "fv_group_norm_desc.no_scale");
    assert_eq!(field!(fv_group_norm_desc, no_center), (36, 4), "fv_group_norm_desc.no_center");
    assert_eq!(size_of::<fv_instance_norm_desc>(), 32, "fv_instance_norm_desc");
    assert_eq!(field!(fv_instance_norm_desc, struct_size), (0, 4), "fv_instance_norm_desc.struct_size");
    assert_eq!(field!(fv_instance_norm_desc, name), (8, 8), "fv_instance_norm_desc.name");
    assert_eq!(field!(fv_instance_norm_desc, epsilon), (16, 8), "fv_instance_norm_desc.epsilon");
    assert_eq!(field!(fv_instance_norm_desc, affine), (24, 4), "fv_instance_norm_desc.affine");
    assert_eq!(size_of::<fv_local_response_norm_desc>(), 56, "fv_local_response_norm_desc");
    assert_eq!(
        field!(fv_local_response_norm_desc, struct_size),
        (0, 4),
        "fv_local_response_norm_desc.struct_size",
    );
    assert_eq!(field!(fv_local_response_norm_desc, name), (8, 8), "fv_local_response_norm_desc.name");
    assert_eq!(field!(fv_local_response_norm_desc, size), (16, 8), "fv_local_response_norm_desc.size");
    assert_eq!(field!(fv_local_response_norm_desc, k), (24, 8), "fv_local_response_norm_desc.k");
    assert_eq!(field!(fv_local_response_norm_desc, alpha), (32, 8), "fv_local_response_norm_desc.alpha");
    assert_eq!(field!(fv_local_response_norm_desc, beta), (40, 8), "fv_local_response_norm_desc.beta");
    assert_eq!(
        field!(fv_local_response_norm_desc, divide_alpha),
        (48, 4),
        "fv_local_response_norm_desc.divide_alpha",
    );
    assert_eq!(size_of::<fv_curve>(), 32, "fv_curve");
    assert_eq!(field!(fv_curve, label), (0, 8), "fv_curve.label");
    assert_eq!(field!(fv_curve, x), (8, 8), "fv_curve.x");
    assert_eq!(field!(fv_curve, y), (16, 8), "fv_curve.y");
    assert_eq!(field!(fv_curve, count), (24, 8), "fv_curve.count");
    assert_eq!(size_of::<fv_plot_desc>(), 40, "fv_plot_desc");
    assert_eq!(field!(fv_plot_desc, struct_size), (0, 4), "fv_plot_desc.struct_size");
    assert_eq!(field!(fv_plot_desc, width), (4, 4), "fv_plot_desc.width");
    assert_eq!(field!(fv_plot_desc, height), (8, 4), "fv_plot_desc.height");
    assert_eq!(field!(fv_plot_desc, log_y), (12, 4), "fv_plot_desc.log_y");
    assert_eq!(field!(fv_plot_desc, title), (16, 8), "fv_plot_desc.title");
    assert_eq!(field!(fv_plot_desc, x_label), (24, 8), "fv_plot_desc.x_label");
    assert_eq!(field!(fv_plot_desc, y_label), (32, 8), "fv_plot_desc.y_label");
    assert_eq!(size_of::<fv_grid_desc>(), 16, "fv_grid_desc");
    assert_eq!(field!(fv_grid_desc, struct_size), (0, 4), "fv_grid_desc.struct_size");
    assert_eq!(field!(fv_grid_desc, columns), (4, 4), "fv_grid_desc.columns");
    assert_eq!(field!(fv_grid_desc, zoom), (8, 4), "fv_grid_desc.zoom");
    assert_eq!(field!(fv_grid_desc, shared_range), (12, 4), "fv_grid_desc.shared_range");
    assert_eq!(size_of::<fv_adaptive_pool2d_desc>(), 32, "fv_adaptive_pool2d_desc");
    assert_eq!(field!(fv_adaptive_pool2d_desc, struct_size), (0, 4), "fv_adaptive_pool2d_desc.struct_size");
    assert_eq!(field!(fv_adaptive_pool2d_desc, name), (8, 8), "fv_adaptive_pool2d_desc.name");
    assert_eq!(field!(fv_adaptive_pool2d_desc, size), (16, 16), "fv_adaptive_pool2d_desc.size");
    assert_eq!(size_of::<fv_fractional_pool2d_desc>(), 40, "fv_fractional_pool2d_desc");
    assert_eq!(
        field!(fv_fractional_pool2d_desc, struct_size),
        (0, 4),
        "fv_fractional_pool2d_desc.struct_size",
    );
    assert_eq!(field!(fv_fractional_pool2d_desc, name), (8, 8), "fv_fractional_pool2d_desc.name");
    assert_eq!(field!(fv_fractional_pool2d_desc, ratio), (16, 16), "fv_fractional_pool2d_desc.ratio");
    assert_eq!(
        field!(fv_fractional_pool2d_desc, overlapping),
        (32, 4),
        "fv_fractional_pool2d_desc.overlapping",
    );
    assert_eq!(size_of::<fv_upsample2d_desc>(), 40, "fv_upsample2d_desc");
    assert_eq!(field!(fv_upsample2d_desc, struct_size), (0, 4), "fv_upsample2d_desc.struct_size");
    assert_eq!(field!(fv_upsample2d_desc, name), (8, 8), "fv_upsample2d_desc.name");
    assert_eq!(field!(fv_upsample2d_desc, scale), (16, 16), "fv_upsample2d_desc.scale");
    assert_eq!(field!(fv_upsample2d_desc, method), (32, 4), "fv_upsample2d_desc.method");
    assert_eq!(field!(fv_upsample2d_desc, align_corners), (36, 4), "fv_upsample2d_desc.align_corners");
    assert_eq!(size_of::<fv_pixel_shuffle_desc>(), 24, "fv_pixel_shuffle_desc");
    assert_eq!(field!(fv_pixel_shuffle_desc, struct_size), (0, 4), "fv_pixel_shuffle_desc.struct_size");
    assert_eq!(field!(fv_pixel_shuffle_desc, name), (8, 8), "fv_pixel_shuffle_desc.name");
    assert_eq!(field!(fv_pixel_shuffle_desc, factor), (16, 8), "fv_pixel_shuffle_desc.factor");
    assert_eq!(size_of::<fv_crops_desc>(), 32, "fv_crops_desc");
    assert_eq!(field!(fv_crops_desc, struct_size), (0, 4), "fv_crops_desc.struct_size");
    assert_eq!(field!(fv_crops_desc, crops), (4, 4), "fv_crops_desc.crops");
    assert_eq!(field!(fv_crops_desc, scales), (8, 8), "fv_crops_desc.scales");
    assert_eq!(field!(fv_crops_desc, scale_count), (16, 8), "fv_crops_desc.scale_count");
    assert_eq!(field!(fv_crops_desc, raw), (24, 4), "fv_crops_desc.raw");
    assert_eq!(field!(fv_crops_desc, reserved), (28, 4), "fv_crops_desc.reserved");
    assert_eq!(size_of::<fv_session_desc>(), 40, "fv_session_desc");
    assert_eq!(field!(fv_session_desc, struct_size), (0, 4), "fv_session_desc.struct_size");
    assert_eq!(field!(fv_session_desc, max_batch), (4, 4), "fv_session_desc.max_batch");
    assert_eq!(field!(fv_session_desc, outputs), (8, 8), "fv_session_desc.outputs");
    assert_eq!(field!(fv_session_desc, output_count), (16, 8), "fv_session_desc.output_count");
    assert_eq!(field!(fv_session_desc, crops), (24, 8), "fv_session_desc.crops");
    assert_eq!(field!(fv_session_desc, max_pixels), (32, 8), "fv_session_desc.max_pixels");
    assert_eq!(size_of::<fv_crop_box>(), 56, "fv_crop_box");
    assert_eq!(field!(fv_crop_box, resized_height), (0, 8), "fv_crop_box.resized_height");
    assert_eq!(field!(fv_crop_box, resized_width), (8, 8), "fv_crop_box.resized_width");
    assert_eq!(field!(fv_crop_box, top), (16, 8), "fv_crop_box.top");
    assert_eq!(field!(fv_crop_box, left), (24, 8), "fv_crop_box.left");
    assert_eq!(field!(fv_crop_box, height), (32, 8), "fv_crop_box.height");
    assert_eq!(field!(fv_crop_box, width), (40, 8), "fv_crop_box.width");
    assert_eq!(field!(fv_crop_box, mirrored), (48, 4), "fv_crop_box.mirrored");
    assert_eq!(field!(fv_crop_box, reserved), (52, 4), "fv_crop_box.reserved");
    assert_eq!(size_of::<fv_evaluate_desc>(), 64, "fv_evaluate_desc");
    assert_eq!(field!(fv_evaluate_desc, struct_size), (0, 4), "fv_evaluate_desc.struct_size");
    assert_eq!(field!(fv_evaluate_desc, loss), (4, 4), "fv_evaluate_desc.loss");
    assert_eq!(field!(fv_evaluate_desc, confusion), (8, 8), "fv_evaluate_desc.confusion");
    assert_eq!(field!(fv_evaluate_desc, cancel), (16, 8), "fv_evaluate_desc.cancel");
    assert_eq!(field!(fv_evaluate_desc, loss_desc), (24, 8), "fv_evaluate_desc.loss_desc");
    assert_eq!(field!(fv_evaluate_desc, metrics), (32, 8), "fv_evaluate_desc.metrics");
    assert_eq!(field!(fv_evaluate_desc, metric_count), (40, 8), "fv_evaluate_desc.metric_count");
    assert_eq!(field!(fv_evaluate_desc, metric_values), (48, 8), "fv_evaluate_desc.metric_values");
    assert_eq!(field!(fv_evaluate_desc, measure), (56, 8), "fv_evaluate_desc.measure");
    assert_eq!(size_of::<fv_evaluation>(), 32, "fv_evaluation");
    assert_eq!(field!(fv_evaluation, struct_size), (0, 4), "fv_evaluation.struct_size");
    assert_eq!(field!(fv_evaluation, reserved), (4, 4), "fv_evaluation.reserved");
    assert_eq!(field!(fv_evaluation, samples), (8, 8), "fv_evaluation.samples");
    assert_eq!(field!(fv_evaluation, loss), (16, 8), "fv_evaluation.loss");
    assert_eq!(field!(fv_evaluation, accuracy), (24, 8), "fv_evaluation.accuracy");
    assert_eq!(size_of::<fv_sample_desc>(), 32, "fv_sample_desc");
    assert_eq!(field!(fv_sample_desc, struct_size), (0, 4), "fv_sample_desc.struct_size");
    assert_eq!(field!(fv_sample_desc, passes), (4, 4), "fv_sample_desc.passes");
    assert_eq!(field!(fv_sample_desc, seed), (8, 8), "fv_sample_desc.seed");
    assert_eq!(field!(fv_sample_desc, softmax), (16, 4), "fv_sample_desc.softmax");
    assert_eq!(field!(fv_sample_desc, reserved), (20, 4), "fv_sample_desc.reserved");
    assert_eq!(field!(fv_sample_desc, temperature), (24, 8), "fv_sample_desc.temperature");
    assert_eq!(size_of::<fv_ensemble_desc>(), 32, "fv_ensemble_desc");
    assert_eq!(field!(fv_ensemble_desc, struct_size), (0, 4), "fv_ensemble_desc.struct_size");
    assert_eq!(field!(fv_ensemble_desc, raw), (4, 4), "fv_ensemble_desc.raw");
    assert_eq!(field!(fv_ensemble_desc, weights), (8, 8), "fv_ensemble_desc.weights");
    assert_eq!(field!(fv_ensemble_desc, temperatures), (16, 8), "fv_ensemble_desc.temperatures");
    assert_eq!(field!(fv_ensemble_desc, cancel), (24, 8), "fv_ensemble_desc.cancel");
    assert_eq!(size_of::<fv_temperature_desc>(), 16, "fv_temperature_desc");
    assert_eq!(field!(fv_temperature_desc, struct_size), (0, 4), "fv_temperature_desc.struct_size");
    assert_eq!(field!(fv_temperature_desc, reserved), (4, 4), "fv_temperature_desc.reserved");
    assert_eq!(field!(fv_temperature_desc, cancel), (8, 8), "fv_temperature_desc.cancel");
    assert_eq!(size_of::<fv_profile_desc>(), 8, "fv_profile_desc");
    assert_eq!(field!(fv_profile_desc, struct_size), (0, 4), "fv_profile_desc.struct_size");
    assert_eq!(field!(fv_profile_desc, max_events), (4, 4), "fv_profile_desc.max_events");
    assert_eq!(size_of::<fv_profile_row>(), 64, "fv_profile_row");
    assert_eq!(field!(fv_profile_row, name), (0, 8), "fv_profile_row.name");
    assert_eq!(field!(fv_profile_row, kind), (8, 8), "fv_profile_row.kind");
    assert_eq!(field!(fv_profile_row, algorithm), (16, 8), "fv_profile_row.algorithm");
    assert_eq!(field!(fv_profile_row, pass), (24, 4), "fv_profile_row.pass");
    assert_eq!(field!(fv_profile_row, reserved), (28, 4), "fv_profile_row.reserved");
    assert_eq!(field!(fv_profile_row, calls), (32, 8), "fv_profile_row.calls");
    assert_eq!(field!(fv_profile_row, seconds), (40, 8), "fv_profile_row.seconds");
    assert_eq!(field!(fv_profile_row, flops), (48, 8), "fv_profile_row.flops");
    assert_eq!(field!(fv_profile_row, bytes), (56, 8), "fv_profile_row.bytes");
    assert_eq!(size_of::<fv_recipe>(), 136, "fv_recipe");
    assert_eq!(field!(fv_recipe, struct_size), (0, 4), "fv_recipe.struct_size");
    assert_eq!(field!(fv_recipe, optimizer), (4, 4), "fv_recipe.optimizer");
    assert_eq!(field!(fv_recipe, nesterov), (8, 4), "fv_recipe.nesterov");
    assert_eq!(field!(fv_recipe, batch_size), (12, 4), "fv_recipe.batch_size");
    assert_eq!(field!(fv_recipe, epochs), (16, 4), "fv_recipe.epochs");
    assert_eq!(field!(fv_recipe, reserved), (20, 4), "fv_recipe.reserved");
    assert_eq!(field!(fv_recipe, schedule), (24, 8), "fv_recipe.schedule");
    assert_eq!(field!(fv_recipe, learning_rate), (32, 8), "fv_recipe.learning_rate");
    assert_eq!(field!(fv_recipe, momentum), (40, 8), "fv_recipe.momentum");
    assert_eq!(field!(fv_recipe, l2), (48, 8), "fv_recipe.l2");
    assert_eq!(field!(fv_recipe, input_dropout), (56, 8), "fv_recipe.input_dropout");
    assert_eq!(field!(fv_recipe, dropout), (64, 8), "fv_recipe.dropout");
    assert_eq!(field!(fv_recipe, head_weight), (72, 8), "fv_recipe.head_weight");
    assert_eq!(field!(fv_recipe, mean), (80, 4), "fv_recipe.mean");
    assert_eq!(field!(fv_recipe, flip), (84, 4), "fv_recipe.flip");
    assert_eq!(field!(fv_recipe, resize), (88, 8), "fv_recipe.resize");
    assert_eq!(field!(fv_recipe, crop_pad), (96, 4), "fv_recipe.crop_pad");
    assert_eq!(field!(fv_recipe, crop), (100, 4), "fv_recipe.crop");
    assert_eq!(field!(fv_recipe, crop_area), (104, 16), "fv_recipe.crop_area");
    assert_eq!(field!(fv_recipe, crop_aspect), (120, 8), "fv_recipe.crop_aspect");
    assert_eq!(field!(fv_recipe, color_noise), (128, 8), "fv_recipe.color_noise");
    assert_eq!(size_of::<fv_parameter_desc>(), 72, "fv_parameter_desc");
    assert_eq!(field!(fv_parameter_desc, struct_size), (0, 4), "fv_parameter_desc.struct_size");
    assert_eq!(field!(fv_parameter_desc, range), (4, 4), "fv_parameter_desc.range");
    assert_eq!(field!(fv_parameter_desc, name), (8, 8), "fv_parameter_desc.name");
    assert_eq!(field!(fv_parameter_desc, low), (16, 8), "fv_parameter_desc.low");
    assert_eq!(field!(fv_parameter_desc, high), (24, 8), "fv_parameter_desc.high");
    assert_eq!(field!(fv_parameter_desc, values), (32, 8), "fv_parameter_desc.values");
    assert_eq!(field!(fv_parameter_desc, value_count), (40, 8), "fv_parameter_desc.value_count");
    assert_eq!(field!(fv_parameter_desc, labels), (48, 8), "fv_parameter_desc.labels");
    assert_eq!(field!(fv_parameter_desc, label_count), (56, 8), "fv_parameter_desc.label_count");
    assert_eq!(field!(fv_parameter_desc, points), (64, 8), "fv_parameter_desc.points");
    assert_eq!(size_of::<fv_search_desc>(), 64, "fv_search_desc");
    assert_eq!(field!(fv_search_desc, struct_size), (0, 4), "fv_search_desc.struct_size");
    assert_eq!(field!(fv_search_desc, method), (4, 4), "fv_search_desc.method");
    assert_eq!(field!(fv_search_desc, parameters), (8, 8), "fv_search_desc.parameters");
    assert_eq!(field!(fv_search_desc, parameter_count), (16, 8), "fv_search_desc.parameter_count");
    assert_eq!(field!(fv_search_desc, trials), (24, 8), "fv_search_desc.trials");
    assert_eq!(field!(fv_search_desc, seed), (32, 8), "fv_search_desc.seed");
    assert_eq!(field!(fv_search_desc, monitor), (40, 4), "fv_search_desc.monitor");
    assert_eq!(field!(fv_search_desc, eta), (44, 4), "fv_search_desc.eta");
    assert_eq!(field!(fv_search_desc, min_epochs), (48, 8), "fv_search_desc.min_epochs");
    assert_eq!(field!(fv_search_desc, max_epochs), (56, 8), "fv_search_desc.max_epochs");
    assert_eq!(size_of::<fv_trial>(), 88, "fv_trial");
    assert_eq!(field!(fv_trial, index), (0, 8), "fv_trial.index");
    assert_eq!(field!(fv_trial, values), (8, 8), "fv_trial.values");
    assert_eq!(field!(fv_trial, value_count), (16, 8), "fv_trial.value_count");
    assert_eq!(field!(fv_trial, epochs), (24, 8), "fv_trial.epochs");
    assert_eq!(field!(fv_trial, state), (32, 4), "fv_trial.state");
    assert_eq!(field!(fv_trial, status), (36, 4), "fv_trial.status");
    assert_eq!(field!(fv_trial, message), (40, 8), "fv_trial.message");
    assert_eq!(field!(fv_trial, scores), (48, 8), "fv_trial.scores");
    assert_eq!(field!(fv_trial, score_count), (56, 8), "fv_trial.score_count");
    assert_eq!(field!(fv_trial, score), (64, 8), "fv_trial.score");
    assert_eq!(field!(fv_trial, stddev), (72, 8), "fv_trial.stddev");
    assert_eq!(field!(fv_trial, seconds), (80, 8), "fv_trial.seconds");
    assert_eq!(size_of::<fv_search_run_desc>(), 48, "fv_search_run_desc");
    assert_eq!(field!(fv_search_run_desc, struct_size), (0, 4), "fv_search_run_desc.struct_size");
    assert_eq!(field!(fv_search_run_desc, reserved), (4, 4), "fv_search_run_desc.reserved");
    assert_eq!(field!(fv_search_run_desc, objective), (8, 8), "fv_search_run_desc.objective");
    assert_eq!(field!(fv_search_run_desc, on_trial), (16, 8), "fv_search_run_desc.on_trial");
    assert_eq!(field!(fv_search_run_desc, user), (24, 8), "fv_search_run_desc.user");
    assert_eq!(field!(fv_search_run_desc, drop), (32, 8), "fv_search_run_desc.drop");
    assert_eq!(field!(fv_search_run_desc, cancel), (40, 8), "fv_search_run_desc.cancel");
    assert_eq!(size_of::<fv_search_fit_desc>(), 64, "fv_search_fit_desc");
    assert_eq!(field!(fv_search_fit_desc, struct_size), (0, 4), "fv_search_fit_desc.struct_size");
    assert_eq!(field!(fv_search_fit_desc, allow_test), (4, 4), "fv_search_fit_desc.allow_test");
    assert_eq!(field!(fv_search_fit_desc, build), (8, 8), "fv_search_fit_desc.build");
    assert_eq!(field!(fv_search_fit_desc, on_trial), (16, 8), "fv_search_fit_desc.on_trial");
    assert_eq!(field!(fv_search_fit_desc, user), (24, 8), "fv_search_fit_desc.user");
    assert_eq!(field!(fv_search_fit_desc, drop), (32, 8), "fv_search_fit_desc.drop");
    assert_eq!(field!(fv_search_fit_desc, fit), (40, 8), "fv_search_fit_desc.fit");
    assert_eq!(field!(fv_search_fit_desc, folds), (48, 8), "fv_search_fit_desc.folds");
    assert_eq!(field!(fv_search_fit_desc, best), (56, 8), "fv_search_fit_desc.best");
    assert_eq!(size_of::<fv_cross_validate_desc>(), 40, "fv_cross_validate_desc");
    assert_eq!(field!(fv_cross_validate_desc, struct_size), (0, 4), "fv_cross_validate_desc.struct_size");
    assert_eq!(field!(fv_cross_validate_desc, reseed), (4, 4), "fv_cross_validate_desc.reseed");
    assert_eq!(field!(fv_cross_validate_desc, seed), (8, 8), "fv_cross_validate_desc.seed");
    assert_eq!(field!(fv_cross_validate_desc, folds), (16, 8), "fv_cross_validate_desc.folds");
    assert_eq!(field!(fv_cross_validate_desc, fit), (24, 8), "fv_cross_validate_desc.fit");
    assert_eq!(field!(fv_cross_validate_desc, allow_test), (32, 4), "fv_cross_validate_desc.allow_test");
    assert_eq!(field!(fv_cross_validate_desc, reserved), (36, 4), "fv_cross_validate_desc.reserved");
    assert_eq!(size_of::<fv_cross_validation>(), 96, "fv_cross_validation");
    assert_eq!(field!(fv_cross_validation, mean), (0, 48), "fv_cross_validation.mean");
    assert_eq!(field!(fv_cross_validation, stddev), (48, 48), "fv_cross_validation.stddev");
    assert_eq!(size_of::<fv_image_files_desc>(), 48, "fv_image_files_desc");
    assert_eq!(field!(fv_image_files_desc, struct_size), (0, 4), "fv_image_files_desc.struct_size");
    assert_eq!(field!(fv_image_files_desc, channels), (4, 4), "fv_image_files_desc.channels");
    assert_eq!(field!(fv_image_files_desc, keep_orientation), (8, 4), "fv_image_files_desc.keep_orientation");
    assert_eq!(field!(fv_image_files_desc, refuse_broken), (12, 4), "fv_image_files_desc.refuse_broken");
    assert_eq!(field!(fv_image_files_desc, headers_only), (16, 4), "fv_image_files_desc.headers_only");
    assert_eq!(field!(fv_image_files_desc, reserved), (20, 4), "fv_image_files_desc.reserved");
    assert_eq!(field!(fv_image_files_desc, max_pixels), (24, 8), "fv_image_files_desc.max_pixels");
    assert_eq!(field!(fv_image_files_desc, class_names), (32, 8), "fv_image_files_desc.class_names");
    assert_eq!(field!(fv_image_files_desc, class_count), (40, 8), "fv_image_files_desc.class_count");
    assert_eq!(size_of::<fv_image_list_desc>(), 32, "fv_image_list_desc");
    assert_eq!(field!(fv_image_list_desc, struct_size), (0, 4), "fv_image_list_desc.struct_size");
    assert_eq!(field!(fv_image_list_desc, delimiter), (4, 4), "fv_image_list_desc.delimiter");
    assert_eq!(field!(fv_image_list_desc, header), (8, 4), "fv_image_list_desc.header");
    assert_eq!(field!(fv_image_list_desc, classes), (12, 4), "fv_image_list_desc.classes");
    assert_eq!(field!(fv_image_list_desc, root), (16, 8), "fv_image_list_desc.root");
    assert_eq!(field!(fv_image_list_desc, files), (24, 8), "fv_image_list_desc.files");
    assert_eq!(size_of::<fv_files_info>(), 32, "fv_files_info");
    assert_eq!(field!(fv_files_info, struct_size), (0, 4), "fv_files_info.struct_size");
    assert_eq!(field!(fv_files_info, reserved), (4, 4), "fv_files_info.reserved");
    assert_eq!(field!(fv_files_info, files), (8, 8), "fv_files_info.files");
    assert_eq!(field!(fv_files_info, broken), (16, 8), "fv_files_info.broken");
    assert_eq!(field!(fv_files_info, ignored), (24, 8), "fv_files_info.ignored");
    assert_eq!(size_of::<fv_cifar_desc>(), 16, "fv_cifar_desc");
    assert_eq!(field!(fv_cifar_desc, struct_size), (0, 4), "fv_cifar_desc.struct_size");
    assert_eq!(field!(fv_cifar_desc, hundred), (4, 4), "fv_cifar_desc.hundred");
    assert_eq!(field!(fv_cifar_desc, coarse), (8, 4), "fv_cifar_desc.coarse");
    assert_eq!(field!(fv_cifar_desc, reserved), (12, 4), "fv_cifar_desc.reserved");
    assert_eq!(size_of::<fv_callback_dataset_desc>(), 208, "fv_callback_dataset_desc");
    assert_eq!(field!(fv_callback_dataset_desc, struct_size), (0, 4), "fv_callback_dataset_desc.struct_size");
    assert_eq!(field!(fv_callback_dataset_desc, dtype), (4, 4), "fv_callback_dataset_desc.dtype");
    assert_eq!(field!(fv_callback_dataset_desc, count), (8, 8), "fv_callback_dataset_desc.count");
    assert_eq!(field!(fv_callback_dataset_desc, shape), (16, 64), "fv_callback_dataset_desc.shape");
    assert_eq!(field!(fv_callback_dataset_desc, rank), (80, 4), "fv_callback_dataset_desc.rank");
    assert_eq!(field!(fv_callback_dataset_desc, classes), (84, 4), "fv_callback_dataset_desc.classes");
    assert_eq!(field!(fv_callback_dataset_desc, serial), (88, 4), "fv_callback_dataset_desc.serial");
    assert_eq!(field!(fv_callback_dataset_desc, reserved), (92, 4), "fv_callback_dataset_desc.reserved");
    assert_eq!(field!(fv_callback_dataset_desc, get), (96, 8), "fv_callback_dataset_desc.get");
    assert_eq!(field!(fv_callback_dataset_desc, user), (104, 8), "fv_callback_dataset_desc.user");
    assert_eq!(field!(fv_callback_dataset_desc, drop), (112, 8), "fv_callback_dataset_desc.drop");
    assert_eq!(field!(fv_callback_dataset_desc, get_target), (120, 8), "fv_callback_dataset_desc.get_target");
    assert_eq!(
        field!(fv_callback_dataset_desc, target_shape),
        (128, 64),
        "fv_callback_dataset_desc.target_shape",
    );
    assert_eq!(
        field!(fv_callback_dataset_desc, target_rank),
        (192, 4),
        "fv_callback_dataset_desc.target_rank",
    );
    assert_eq!(
        field!(fv_callback_dataset_desc, target_dtype),
        (196, 4),
        "fv_callback_dataset_desc.target_dtype",
    );
    assert_eq!(field!(fv_callback_dataset_desc, get_size), (200, 8), "fv_callback_dataset_desc.get_size");
    assert_eq!(size_of::<fv_map_desc>(), 104, "fv_map_desc");
    assert_eq!(field!(fv_map_desc, struct_size), (0, 4), "fv_map_desc.struct_size");
    assert_eq!(field!(fv_map_desc, dtype), (4, 4), "fv_map_desc.dtype");
    assert_eq!(field!(fv_map_desc, shape), (8, 64), "fv_map_desc.shape");
    assert_eq!(field!(fv_map_desc, rank), (72, 4), "fv_map_desc.rank");
    assert_eq!(field!(fv_map_desc, serial), (76, 4), "fv_map_desc.serial");
    assert_eq!(field!(fv_map_desc, map), (80, 8), "fv_map_desc.map");
    assert_eq!(field!(fv_map_desc, user), (88, 8), "fv_map_desc.user");
    assert_eq!(field!(fv_map_desc, drop), (96, 8), "fv_map_desc.drop");
    assert_eq!(size_of::<fv_balance_desc>(), 24, "fv_balance_desc");
    assert_eq!(field!(fv_balance_desc, struct_size), (0, 4), "fv_balance_desc.struct_size");
    assert_eq!(field!(fv_balance_desc, reserved), (4, 4), "fv_balance_desc.reserved");
    assert_eq!(field!(fv_balance_desc, per_class), (8, 8), "fv_balance_desc.per_class");
    assert_eq!(field!(fv_balance_desc, seed), (16, 8), "fv_balance_desc.seed");
    assert_eq!(size_of::<fv_audit_part>(), 136, "fv_audit_part");
    assert_eq!(field!(fv_audit_part, struct_size), (0, 4), "fv_audit_part.struct_size");
    assert_eq!(field!(fv_audit_part, classes), (4, 4), "fv_audit_part.classes");
    assert_eq!(field!(fv_audit_part, count), (8, 8), "fv_audit_part.count");
    assert_eq!(field!(fv_audit_part, broken), (16, 8), "fv_audit_part.broken");
    assert_eq!(field!(fv_audit_part, unreadable), (24, 8), "fv_audit_part.unreadable");
    assert_eq!(field!(fv_audit_part, duplicates), (32, 8), "fv_audit_part.duplicates");
    assert_eq!(field!(fv_audit_part, conflicts), (40, 8), "fv_audit_part.conflicts");
    assert_eq!(field!(fv_audit_part, shared), (48, 8), "fv_audit_part.shared");
    assert_eq!(field!(fv_audit_part, smallest_class), (56, 8), "fv_audit_part.smallest_class");
    assert_eq!(field!(fv_audit_part, largest_class), (64, 8), "fv_audit_part.largest_class");
    assert_eq!(field!(fv_audit_part, height_min), (72, 8), "fv_audit_part.height_min");
    assert_eq!(field!(fv_audit_part, height_max), (80, 8), "fv_audit_part.height_max");
    assert_eq!(field!(fv_audit_part, width_min), (88, 8), "fv_audit_part.width_min");
    assert_eq!(field!(fv_audit_part, width_max), (96, 8), "fv_audit_part.width_max");
    assert_eq!(field!(fv_audit_part, height_mean), (104, 8), "fv_audit_part.height_mean");
    assert_eq!(field!(fv_audit_part, width_mean), (112, 8), "fv_audit_part.width_mean");
    assert_eq!(field!(fv_audit_part, near_duplicates), (120, 8), "fv_audit_part.near_duplicates");
    assert_eq!(field!(fv_audit_part, near_shared), (128, 8), "fv_audit_part.near_shared");
    assert_eq!(size_of::<fv_rename>(), 16, "fv_rename");
    assert_eq!(field!(fv_rename, from), (0, 8), "fv_rename.from");
    assert_eq!(field!(fv_rename, to), (8, 8), "fv_rename.to");
    assert_eq!(size_of::<fv_load_desc>(), 32, "fv_load_desc");
    assert_eq!(field!(fv_load_desc, struct_size), (0, 4), "fv_load_desc.struct_size");
    assert_eq!(field!(fv_load_desc, strict), (4, 4), "fv_load_desc.strict");
    assert_eq!(field!(fv_load_desc, renames), (8, 8), "fv_load_desc.renames");
    assert_eq!(field!(fv_load_desc, rename_count), (16, 8), "fv_load_desc.rename_count");
    assert_eq!(field!(fv_load_desc, tensors), (24, 8), "fv_load_desc.tensors");
    assert_eq!(size_of::<fv_load_row>(), 160, "fv_load_row");
    assert_eq!(field!(fv_load_row, name), (0, 8), "fv_load_row.name");
    assert_eq!(field!(fv_load_row, source), (8, 8), "fv_load_row.source");
    assert_eq!(field!(fv_load_row, shape), (16, 64), "fv_load_row.shape");
    assert_eq!(field!(fv_load_row, source_shape), (80, 64), "fv_load_row.source_shape");
    assert_eq!(field!(fv_load_row, rank), (144, 4), "fv_load_row.rank");
    assert_eq!(field!(fv_load_row, source_rank), (148, 4), "fv_load_row.source_rank");
    assert_eq!(field!(fv_load_row, r#match), (152, 4), "fv_load_row.match");
    assert_eq!(field!(fv_load_row, reserved), (156, 4), "fv_load_row.reserved");
    assert_eq!(size_of::<fv_head_desc>(), 40, "fv_head_desc");
    assert_eq!(field!(fv_head_desc, struct_size), (0, 4), "fv_head_desc.struct_size");
    assert_eq!(field!(fv_head_desc, reserved), (4, 4), "fv_head_desc.reserved");
    assert_eq!(field!(fv_head_desc, units), (8, 8), "fv_head_desc.units");
    assert_eq!(field!(fv_head_desc, name), (16, 8), "fv_head_desc.name");
    assert_eq!(field!(fv_head_desc, seed), (24, 8), "fv_head_desc.seed");
    assert_eq!(field!(fv_head_desc, kernel_initializer), (32, 8), "fv_head_desc.kernel_initializer");
    assert_eq!(size_of::<fv_features_desc>(), 16, "fv_features_desc");
    assert_eq!(field!(fv_features_desc, struct_size), (0, 4), "fv_features_desc.struct_size");
    assert_eq!(field!(fv_features_desc, reserved), (4, 4), "fv_features_desc.reserved");
    assert_eq!(field!(fv_features_desc, cancel), (8, 8), "fv_features_desc.cancel");
    assert_eq!(size_of::<fv_probe_desc>(), 40, "fv_probe_desc");
    assert_eq!(field!(fv_probe_desc, struct_size), (0, 4), "fv_probe_desc.struct_size");
    assert_eq!(field!(fv_probe_desc, epochs), (4, 4), "fv_probe_desc.epochs");
    assert_eq!(field!(fv_probe_desc, batch_size), (8, 4), "fv_probe_desc.batch_size");
    assert_eq!(field!(fv_probe_desc, whole_images), (12, 4), "fv_probe_desc.whole_images");
    assert_eq!(field!(fv_probe_desc, learning_rate), (16, 8), "fv_probe_desc.learning_rate");
    assert_eq!(field!(fv_probe_desc, l2), (24, 8), "fv_probe_desc.l2");
    assert_eq!(field!(fv_probe_desc, seed), (32, 8), "fv_probe_desc.seed");
    assert_eq!(size_of::<fv_probe_result>(), 32, "fv_probe_result");
    assert_eq!(field!(fv_probe_result, features), (0, 8), "fv_probe_result.features");
    assert_eq!(field!(fv_probe_result, train_accuracy), (8, 8), "fv_probe_result.train_accuracy");
    assert_eq!(field!(fv_probe_result, accuracy), (16, 8), "fv_probe_result.accuracy");
    assert_eq!(field!(fv_probe_result, loss), (24, 8), "fv_probe_result.loss");
    assert_eq!(size_of::<fv_freeze_desc>(), 8, "fv_freeze_desc");
    assert_eq!(field!(fv_freeze_desc, struct_size), (0, 4), "fv_freeze_desc.struct_size");
    assert_eq!(field!(fv_freeze_desc, train_statistics), (4, 4), "fv_freeze_desc.train_statistics");
    assert_eq!(size_of::<fv_transform_fit_desc>(), 48, "fv_transform_fit_desc");
    assert_eq!(field!(fv_transform_fit_desc, struct_size), (0, 4), "fv_transform_fit_desc.struct_size");
    assert_eq!(
        field!(fv_transform_fit_desc, featurewise_center),
        (4, 4),
        "fv_transform_fit_desc.featurewise_center",
    );
    assert_eq!(
        field!(fv_transform_fit_desc, featurewise_std_normalization),
        (8, 4),
        "fv_transform_fit_desc.featurewise_std_normalization",
    );
    assert_eq!(field!(fv_transform_fit_desc, whitening), (12, 4), "fv_transform_fit_desc.whitening");
    assert_eq!(field!(fv_transform_fit_desc, zca_epsilon), (16, 8), "fv_transform_fit_desc.zca_epsilon");
    assert_eq!(field!(fv_transform_fit_desc, components), (24, 8), "fv_transform_fit_desc.components");
    assert_eq!(field!(fv_transform_fit_desc, max_samples), (32, 8), "fv_transform_fit_desc.max_samples");
    assert_eq!(field!(fv_transform_fit_desc, base), (40, 8), "fv_transform_fit_desc.base");
    assert_eq!(size_of::<fv_transform_info>(), 104, "fv_transform_info");
    assert_eq!(field!(fv_transform_info, struct_size), (0, 4), "fv_transform_info.struct_size");
    assert_eq!(field!(fv_transform_info, sample_rank), (4, 4), "fv_transform_info.sample_rank");
    assert_eq!(field!(fv_transform_info, sample_shape), (8, 64), "fv_transform_info.sample_shape");
    assert_eq!(field!(fv_transform_info, means), (72, 8), "fv_transform_info.means");
    assert_eq!(field!(fv_transform_info, stddevs), (80, 8), "fv_transform_info.stddevs");
    assert_eq!(field!(fv_transform_info, components), (88, 8), "fv_transform_info.components");
    assert_eq!(field!(fv_transform_info, geometry), (96, 4), "fv_transform_info.geometry");
    assert_eq!(field!(fv_transform_info, reserved), (100, 4), "fv_transform_info.reserved");
    assert_eq!(size_of::<fv_tune_desc>(), 24, "fv_tune_desc");
    assert_eq!(field!(fv_tune_desc, struct_size), (0, 4), "fv_tune_desc.struct_size");
    assert_eq!(field!(fv_tune_desc, batch_size), (4, 4), "fv_tune_desc.batch_size");
    assert_eq!(field!(fv_tune_desc, training), (8, 4), "fv_tune_desc.training");
    assert_eq!(field!(fv_tune_desc, repetitions), (12, 4), "fv_tune_desc.repetitions");
    assert_eq!(field!(fv_tune_desc, cancel), (16, 8), "fv_tune_desc.cancel");
    assert_eq!(size_of::<fv_tuning>(), 24, "fv_tuning");
    assert_eq!(field!(fv_tuning, struct_size), (0, 4), "fv_tuning.struct_size");
    assert_eq!(field!(fv_tuning, changed), (4, 4), "fv_tuning.changed");
    assert_eq!(field!(fv_tuning, seconds_before), (8, 8), "fv_tuning.seconds_before");
    assert_eq!(field!(fv_tuning, seconds_after), (16, 8), "fv_tuning.seconds_after");
    assert_eq!(size_of::<fv_zoo_desc>(), 64, "fv_zoo_desc");
    assert_eq!(field!(fv_zoo_desc, struct_size), (0, 4), "fv_zoo_desc.struct_size");
    assert_eq!(field!(fv_zoo_desc, classes), (4, 4), "fv_zoo_desc.classes");
    assert_eq!(field!(fv_zoo_desc, height), (8, 8), "fv_zoo_desc.height");
    assert_eq!(field!(fv_zoo_desc, width), (16, 8), "fv_zoo_desc.width");
    assert_eq!(field!(fv_zoo_desc, channels), (24, 8), "fv_zoo_desc.channels");
    assert_eq!(field!(fv_zoo_desc, width_multiplier), (32, 8), "fv_zoo_desc.width_multiplier");
    assert_eq!(field!(fv_zoo_desc, shortcut), (40, 4), "fv_zoo_desc.shortcut");
    assert_eq!(field!(fv_zoo_desc, algorithm), (44, 4), "fv_zoo_desc.algorithm");
    assert_eq!(field!(fv_zoo_desc, dropout), (48, 8), "fv_zoo_desc.dropout");
    assert_eq!(field!(fv_zoo_desc, heads), (56, 8), "fv_zoo_desc.heads");
}

#[test]
fn values() {
    assert_eq!(size_of::<fv_status>(), size_of::<i32>());
    assert_eq!(FV_OK, 0);
    assert_eq!(FV_INVALID_ARGUMENT, 1);
    assert_eq!(FV_OUT_OF_MEMORY, 2);
    assert_eq!(FV_IO, 3);
    assert_eq!(FV_FORMAT, 4);
    assert_eq!(FV_UNSUPPORTED, 5);
    assert_eq!(FV_BUSY, 6);
    assert_eq!(FV_CANCELLED, 7);
    assert_eq!(FV_MISMATCH, 8);
    assert_eq!(FV_NOT_FOUND, 9);
    assert_eq!(FV_INTERNAL, 10);
    assert_eq!(size_of::<fv_dtype>(), size_of::<i32>());
    assert_eq!(FV_F32, 1);
    assert_eq!(FV_F64, 2);
    assert_eq!(FV_U8, 3);
    assert_eq!(FV_I32, 4);
    assert_eq!(FV_I64, 5);
    assert_eq!(size_of::<fv_log_level>(), size_of::<i32>());
    assert_eq!(FV_LOG_INFO, 1);
    assert_eq!(FV_LOG_WARNING, 2);
    assert_eq!(size_of::<fv_interpolation>(), size_of::<i32>());
    assert_eq!(FV_INTERPOLATION_BILINEAR, 0);
    assert_eq!(FV_INTERPOLATION_NEAREST, 1);
    assert_eq!(FV_INTERPOLATION_BICUBIC, 2);
    assert_eq!(FV_INTERPOLATION_AREA, 3);
    assert_eq!(size_of::<fv_channels>(), size_of::<i32>());
    assert_eq!(FV_CHANNELS_KEEP, 0);
    assert_eq!(FV_CHANNELS_GREY, 1);
    assert_eq!(FV_CHANNELS_RGB, 2);
    assert_eq!(size_of::<fv_augment_step>(), size_of::<i32>());
    assert_eq!(FV_AUGMENT_HORIZONTAL_FLIP, 1);
    assert_eq!(FV_AUGMENT_VERTICAL_FLIP, 2);
    assert_eq!(FV_AUGMENT_CROP, 3);
    assert_eq!(FV_AUGMENT_CENTER_CROP, 4);
    assert_eq!(FV_AUGMENT_RESIZE, 5);
    assert_eq!(FV_AUGMENT_SCALE_CROP, 6);
    assert_eq!(FV_AUGMENT_RESIZED_CROP, 7);
    assert_eq!(FV_AUGMENT_ROTATION, 8);
    assert_eq!(FV_AUGMENT_SHIFT, 9);
    assert_eq!(FV_AUGMENT_SHEAR, 10);
    assert_eq!(FV_AUGMENT_ZOOM, 11);
    assert_eq!(FV_AUGMENT_STRETCH, 12);
    assert_eq!(FV_AUGMENT_PERSPECTIVE, 13);
    assert_eq!(FV_AUGMENT_LENS, 14);
    assert_eq!(FV_AUGMENT_ELASTIC, 15);
    assert_eq!(FV_AUGMENT_BRIGHTNESS, 16);
    assert_eq!(FV_AUGMENT_CONTRAST, 17);
    assert_eq!(FV_AUGMENT_SATURATION, 18);
    assert_eq!(FV_AUGMENT_HUE, 19);
    assert_eq!(FV_AUGMENT_GAMMA, 20);
    assert_eq!(FV_AUGMENT_CHANNEL_SHIFT, 21);
    assert_eq!(FV_AUGMENT_COLOR_OFFSET, 22);
    assert_eq!(FV_AUGMENT_GREY, 23);
    assert_eq!(FV_AUGMENT_BLUR, 24);
    assert_eq!(FV_AUGMENT_NOISE, 25);
    assert_eq!(FV_AUGMENT_CUTOUT, 26);
    assert_eq!(FV_AUGMENT_ERASING, 27);
    assert_eq!(FV_AUGMENT_SHARPNESS, 28);
    assert_eq!(FV_AUGMENT_POSTERIZE, 29);
    assert_eq!(FV_AUGMENT_SOLARIZE, 30);
    assert_eq!(FV_AUGMENT_AUTO_CONTRAST, 31);
    assert_eq!(FV_AUGMENT_EQUALIZE, 32);
    assert_eq!(FV_AUGMENT_INVERT, 33);
    assert_eq!(FV_AUGMENT_RAND_AUGMENT, 34);
    assert_eq!(FV_AUGMENT_TRIVIAL_AUGMENT, 35);
    assert_eq!(FV_AUGMENT_RESCALE, 36);
    assert_eq!(FV_AUGMENT_CALLBACK, 37);
    assert_eq!(FV_AUGMENT_RANDOM_APPLY, 38);
    assert_eq!(FV_AUGMENT_RANDOM_CHOICE, 39);
    assert_eq!(FV_AUGMENT_RANDOM_ORDER, 40);
    assert_eq!(size_of::<fv_fill_mode>(), size_of::<i32>());
    assert_eq!(FV_FILL_CONSTANT, 0);
    assert_eq!(FV_FILL_NEAREST, 1);
    assert_eq!(FV_FILL_REFLECT, 2);
    assert_eq!(FV_FILL_WRAP, 3);
    assert_eq!(size_of::<fv_activation>(), size_of::<i32>());
    assert_eq!(FV_ACT_LINEAR, 0);
    assert_eq!(FV_ACT_RELU, 1);
    assert_eq!(FV_ACT_SIGMOID, 2);
    assert_eq!(FV_ACT_TANH, 3);
    assert_eq!(FV_ACT_RELU6, 4);
    assert_eq!(FV_ACT_LEAKY_RELU, 5);
    assert_eq!(FV_ACT_ELU, 6);
    assert_eq!(FV_ACT_SELU, 7);
    assert_eq!(FV_ACT_CELU, 8);
    assert_eq!(FV_ACT_GELU, 9);
    assert_eq!(FV_ACT_GELU_TANH, 10);
    assert_eq!(FV_ACT_SWISH, 11);
    assert_eq!(FV_ACT_HARD_SWISH, 12);
    assert_eq!(FV_ACT_HARD_SIGMOID, 13);
    assert_eq!(FV_ACT_MISH, 14);
    assert_eq!(FV_ACT_SOFTPLUS, 15);
    assert_eq!(size_of::<fv_initializer_kind>(), size_of::<i32>());
    assert_eq!(FV_INIT_AUTOMATIC, 0);
    assert_eq!(FV_INIT_ZEROS, 1);
    assert_eq!(FV_INIT_CONSTANT, 2);
    assert_eq!(FV_INIT_NORMAL, 3);
    assert_eq!(FV_INIT_UNIFORM, 4);
    assert_eq!(FV_INIT_GLOROT_NORMAL, 5);
    assert_eq!(FV_INIT_GLOROT_UNIFORM, 6);
    assert_eq!(FV_INIT_HE_NORMAL, 7);
    assert_eq!(FV_INIT_HE_UNIFORM, 8);
    assert_eq!(FV_INIT_TRUNCATED_NORMAL, 9);
    assert_eq!(FV_INIT_LECUN_NORMAL, 10);
    assert_eq!(FV_INIT_LECUN_UNIFORM, 11);
    assert_eq!(FV_INIT_HE_NORMAL_OUT, 12);
    assert_eq!(FV_INIT_HE_UNIFORM_OUT, 13);
    assert_eq!(FV_INIT_ORTHOGONAL, 14);
    assert_eq!(FV_INIT_IDENTITY, 15);
    assert_eq!(FV_INIT_RANDOM_WALK, 16);
    assert_eq!(size_of::<fv_padding>(), size_of::<i32>());
    assert_eq!(FV_PAD_EXPLICIT, 0);
    assert_eq!(FV_PAD_SAME, 1);
    assert_eq!(size_of::<fv_conv_algorithm>(), size_of::<i32>());
    assert_eq!(FV_CONV_AUTOMATIC, 0);
    assert_eq!(FV_CONV_GEMM, 1);
    assert_eq!(FV_CONV_IM2COL, 2);
    assert_eq!(FV_CONV_DIRECT, 3);
    assert_eq!(FV_CONV_DEPTHWISE, 4);
    assert_eq!(FV_CONV_WINOGRAD, 5);
    assert_eq!(size_of::<fv_sharing>(), size_of::<i32>());
    assert_eq!(FV_SHARE_ALL, 0);
    assert_eq!(FV_SHARE_CHANNEL, 1);
    assert_eq!(FV_SHARE_NONE, 2);
    assert_eq!(size_of::<fv_check>(), size_of::<i32>());
    assert_eq!(FV_CHECK_GRADIENT, 1);
    assert_eq!(FV_CHECK_CHANCE_LOSS, 2);
    assert_eq!(FV_CHECK_REGULARIZATION, 3);
    assert_eq!(FV_CHECK_OVERFIT, 4);
    assert_eq!(FV_CHECK_SYMMETRY, 5);
    assert_eq!(FV_CHECK_UNITS, 6);
    assert_eq!(FV_CHECK_UPDATE_RATIO, 7);
    assert_eq!(FV_CHECK_GRADIENT_FLOW, 8);
    assert_eq!(FV_CHECK_LEARNING_RATE, 9);
    assert_eq!(FV_CHECK_NON_FINITE, 10);
    assert_eq!(FV_CHECK_LEAKAGE, 11);
    assert_eq!(FV_CHECK_LABELS, 12);
    assert_eq!(FV_CHECK_INPUTS, 13);
    assert_eq!(FV_CHECK_ADVICE, 14);
    assert_eq!(size_of::<fv_severity>(), size_of::<i32>());
    assert_eq!(FV_SEVERITY_OK, 0);
    assert_eq!(FV_SEVERITY_NOTE, 1);
    assert_eq!(FV_SEVERITY_WARNING, 2);
    assert_eq!(FV_SEVERITY_ERROR, 3);
    assert_eq!(size_of::<fv_finding_code>(), size_of::<i32>());
    assert_eq!(FV_FINDING_NONE, 0);
    assert_eq!(FV_FINDING_SKIPPED, 1);
    assert_eq!(FV_FINDING_WRONG_GRADIENT, 2);
    assert_eq!(FV_FINDING_LOSS_NOT_AT_CHANCE, 3);
    assert_eq!(FV_FINDING_REGULARIZATION_IGNORED, 4);
    assert_eq!(FV_FINDING_REGULARIZATION_TOO_STRONG, 5);
    assert_eq!(FV_FINDING_CANNOT_OVERFIT, 6);
    assert_eq!(FV_FINDING_SYMMETRIC_WEIGHTS, 7);
    assert_eq!(FV_FINDING_DEAD_UNITS, 8);
    assert_eq!(FV_FINDING_SATURATED_UNITS, 9);
    assert_eq!(FV_FINDING_UPDATES_TOO_LARGE, 10);
    assert_eq!(FV_FINDING_UPDATES_TOO_SMALL, 11);
    assert_eq!(FV_FINDING_VANISHING_GRADIENT, 12);
    assert_eq!(FV_FINDING_EXPLODING_GRADIENT, 13);
    assert_eq!(FV_FINDING_NO_GRADIENT, 14);
    assert_eq!(FV_FINDING_NOTHING_TRAINS, 15);
    assert_eq!(FV_FINDING_RATE_TOO_HIGH, 16);
    assert_eq!(FV_FINDING_RATE_TOO_LOW, 17);
    assert_eq!(FV_FINDING_NON_FINITE, 18);
    assert_eq!(FV_FINDING_LEAKED_SPLIT, 19);
    assert_eq!(FV_FINDING_DUPLICATE_SAMPLES, 20);
    assert_eq!(FV_FINDING_TEST_SET_USED, 21);
    assert_eq!(FV_FINDING_LABELS_UNRELATED, 22);
    assert_eq!(FV_FINDING_SWAPPED_LABELS, 23);
    assert_eq!(FV_FINDING_CONSTANT_LABELS, 24);
    assert_eq!(FV_FINDING_MISSING_CLASS, 25);
    assert_eq!(FV_FINDING_IMBALANCED_CLASSES, 26);
    assert_eq!(FV_FINDING_CONFLICTING_LABELS, 27);
    assert_eq!(FV_FINDING_CONSTANT_INPUT, 28);
    assert_eq!(FV_FINDING_UNSCALED_INPUT, 29);
    assert_eq!(FV_FINDING_HIDDEN_ACTIVATION, 30);
    assert_eq!(FV_FINDING_OUTPUT_ACTIVATION, 31);
    assert_eq!(FV_FINDING_DROPOUT_TOO_STRONG, 32);
    assert_eq!(FV_FINDING_SORTED_SAMPLES, 33);
    assert_eq!(size_of::<fv_optimizer>(), size_of::<i32>());
    assert_eq!(FV_OPT_SGD, 1);
    assert_eq!(FV_OPT_ADAM, 2);
    assert_eq!(FV_OPT_ADAGRAD, 3);
    assert_eq!(FV_OPT_RMSPROP, 4);
    assert_eq!(FV_OPT_ADADELTA, 5);
    assert_eq!(FV_OPT_ADAMAX, 6);
    assert_eq!(FV_OPT_NADAM, 7);
    assert_eq!(FV_OPT_LION, 8);
    assert_eq!(FV_OPT_LARS, 9);
    assert_eq!(FV_OPT_LAMB, 10);
    assert_eq!(FV_OPT_ADAMW, 11);
    assert_eq!(size_of::<fv_constraint>(), size_of::<i32>());
    assert_eq!(FV_CONSTRAINT_NONE, 0);
    assert_eq!(FV_CONSTRAINT_MAX_NORM, 1);
    assert_eq!(FV_CONSTRAINT_UNIT_NORM, 2);
    assert_eq!(FV_CONSTRAINT_NON_NEGATIVE, 3);
    assert_eq!(FV_CONSTRAINT_MIN_MAX_NORM, 4);
    assert_eq!(size_of::<fv_averaging>(), size_of::<i32>());
    assert_eq!(FV_AVERAGE_NONE, 0);
    assert_eq!(FV_AVERAGE_EXPONENTIAL, 1);
    assert_eq!(FV_AVERAGE_EQUAL, 2);
    assert_eq!(size_of::<fv_schedule>(), size_of::<i32>());
    assert_eq!(FV_SCHEDULE_CONSTANT, 0);
    assert_eq!(FV_SCHEDULE_STEP, 1);
    assert_eq!(FV_SCHEDULE_MULTI_STEP, 2);
    assert_eq!(FV_SCHEDULE_EXPONENTIAL, 3);
    assert_eq!(FV_SCHEDULE_INVERSE_TIME, 4);
    assert_eq!(FV_SCHEDULE_POLYNOMIAL, 5);
    assert_eq!(FV_SCHEDULE_COSINE, 6);
    assert_eq!(FV_SCHEDULE_COSINE_RESTARTS, 7);
    assert_eq!(FV_SCHEDULE_ONE_CYCLE, 8);
    assert_eq!(FV_SCHEDULE_CYCLIC, 9);
    assert_eq!(FV_SCHEDULE_PLATEAU, 10);
    assert_eq!(size_of::<fv_monitor>(), size_of::<i32>());
    assert_eq!(FV_MONITOR_VAL_LOSS, 0);
    assert_eq!(FV_MONITOR_LOSS, 1);
    assert_eq!(FV_MONITOR_VAL_ACCURACY, 2);
    assert_eq!(FV_MONITOR_ACCURACY, 3);
    assert_eq!(size_of::<fv_cycle_shape>(), size_of::<i32>());
    assert_eq!(FV_CYCLE_TRIANGULAR, 0);
    assert_eq!(FV_CYCLE_TRIANGULAR2, 1);
    assert_eq!(FV_CYCLE_EXPONENTIAL, 2);
    assert_eq!(size_of::<fv_loss>(), size_of::<i32>());
    assert_eq!(FV_LOSS_SOFTMAX_CROSS_ENTROPY, 1);
    assert_eq!(FV_LOSS_MEAN_SQUARED_ERROR, 2);
    assert_eq!(FV_LOSS_BINARY_CROSS_ENTROPY, 3);
    assert_eq!(FV_LOSS_FOCAL, 4);
    assert_eq!(FV_LOSS_MEAN_ABSOLUTE_ERROR, 5);
    assert_eq!(FV_LOSS_HUBER, 6);
    assert_eq!(FV_LOSS_SMOOTH_L1, 7);
    assert_eq!(FV_LOSS_KL_DIVERGENCE, 8);
    assert_eq!(FV_LOSS_HINGE, 9);
    assert_eq!(FV_LOSS_COSINE, 10);
    assert_eq!(FV_LOSS_HOST_GRADIENT, 11);
    assert_eq!(FV_LOSS_CUSTOM, 12);
    assert_eq!(size_of::<fv_reduction>(), size_of::<i32>());
    assert_eq!(FV_REDUCE_MEAN, 0);
    assert_eq!(FV_REDUCE_SUM, 1);
    assert_eq!(size_of::<fv_parameter_role>(), size_of::<i32>());
    assert_eq!(FV_ROLE_KERNEL, 0);
    assert_eq!(FV_ROLE_BIAS, 1);
    assert_eq!(FV_ROLE_SCALE, 2);
    assert_eq!(FV_ROLE_SHIFT, 3);
    assert_eq!(size_of::<fv_metric>(), size_of::<i32>());
    assert_eq!(FV_METRIC_ACCURACY, 1);
    assert_eq!(FV_METRIC_TOP_K, 2);
    assert_eq!(FV_METRIC_PRECISION, 3);
    assert_eq!(FV_METRIC_RECALL, 4);
    assert_eq!(FV_METRIC_F1, 5);
    assert_eq!(FV_METRIC_ROC_AUC, 6);
    assert_eq!(FV_METRIC_CALIBRATION_ERROR, 7);
    assert_eq!(FV_METRIC_MEAN_ABSOLUTE_ERROR, 8);
    assert_eq!(FV_METRIC_MEAN_SQUARED_ERROR, 9);
    assert_eq!(FV_METRIC_R2, 10);
    assert_eq!(FV_METRIC_LOSS, 11);
    assert_eq!(size_of::<fv_class_average>(), size_of::<i32>());
    assert_eq!(FV_CLASS_MACRO, 0);
    assert_eq!(FV_CLASS_MICRO, 1);
    assert_eq!(FV_CLASS_WEIGHTED, 2);
    assert_eq!(FV_CLASS_ONE, 3);
    assert_eq!(size_of::<fv_stop_reason>(), size_of::<i32>());
    assert_eq!(FV_STOP_EPOCHS, 0);
    assert_eq!(FV_STOP_NO_IMPROVEMENT, 1);
    assert_eq!(FV_STOP_NAN, 2);
    assert_eq!(FV_STOP_DIVERGENCE, 3);
    assert_eq!(FV_STOP_TIME, 4);
    assert_eq!(size_of::<fv_pad_mode>(), size_of::<i32>());
    assert_eq!(FV_PAD_CONSTANT, 0);
    assert_eq!(FV_PAD_REFLECT, 1);
    assert_eq!(FV_PAD_REPLICATE, 2);
    assert_eq!(size_of::<fv_upsample>(), size_of::<i32>());
    assert_eq!(FV_UPSAMPLE_NEAREST, 0);
    assert_eq!(FV_UPSAMPLE_BILINEAR, 1);
    assert_eq!(FV_UPSAMPLE_BED_OF_NAILS, 2);
    assert_eq!(size_of::<fv_crops>(), size_of::<i32>());
    assert_eq!(FV_CROPS_NONE, 0);
    assert_eq!(FV_CROPS_FLIP, 1);
    assert_eq!(FV_CROPS_TEN, 2);
    assert_eq!(FV_CROPS_RESNET_MULTI_SCALE, 3);
    assert_eq!(size_of::<fv_pass>(), size_of::<i32>());
    assert_eq!(FV_PASS_PREPARE, 1);
    assert_eq!(FV_PASS_FORWARD, 2);
    assert_eq!(FV_PASS_BACKWARD, 3);
    assert_eq!(FV_PASS_OTHER, 4);
    assert_eq!(size_of::<fv_recipe_name>(), size_of::<i32>());
    assert_eq!(FV_RECIPE_LENET5, 1);
    assert_eq!(FV_RECIPE_KERAS_CNN, 2);
    assert_eq!(FV_RECIPE_ALEXNET, 3);
    assert_eq!(FV_RECIPE_ZFNET, 4);
    assert_eq!(FV_RECIPE_VGG, 5);
    assert_eq!(FV_RECIPE_GOOGLENET, 6);
    assert_eq!(FV_RECIPE_RESNET, 7);
    assert_eq!(FV_RECIPE_RESNET_LECTURE, 8);
    assert_eq!(FV_RECIPE_RESNET_CIFAR, 9);
    assert_eq!(FV_RECIPE_RESNEXT, 10);
    assert_eq!(FV_RECIPE_DENSENET, 11);
    assert_eq!(FV_RECIPE_SQUEEZENET, 12);
    assert_eq!(FV_RECIPE_MOBILENET_V2, 13);
    assert_eq!(FV_RECIPE_PERCEPTRON, 14);
    assert_eq!(size_of::<fv_mean>(), size_of::<i32>());
    assert_eq!(FV_MEAN_NONE, 0);
    assert_eq!(FV_MEAN_CHANNEL, 1);
    assert_eq!(FV_MEAN_IMAGE, 2);
    assert_eq!(size_of::<fv_range>(), size_of::<i32>());
    assert_eq!(FV_RANGE_CHOICE, 0);
    assert_eq!(FV_RANGE_UNIFORM, 1);
    assert_eq!(FV_RANGE_LOG_UNIFORM, 2);
    assert_eq!(FV_RANGE_INTEGER, 3);
    assert_eq!(size_of::<fv_search_method>(), size_of::<i32>());
    assert_eq!(FV_SEARCH_RANDOM, 0);
    assert_eq!(FV_SEARCH_GRID, 1);
    assert_eq!(FV_SEARCH_HALVING, 2);
    assert_eq!(size_of::<fv_trial_state>(), size_of::<i32>());
    assert_eq!(FV_TRIAL_WAITING, 0);
    assert_eq!(FV_TRIAL_RUNNING, 1);
    assert_eq!(FV_TRIAL_PAUSED, 2);
    assert_eq!(FV_TRIAL_DONE, 3);
    assert_eq!(FV_TRIAL_STOPPED, 4);
    assert_eq!(FV_TRIAL_FAILED, 5);
    assert_eq!(size_of::<fv_match>(), size_of::<i32>());
    assert_eq!(FV_MATCH_LOADED, 1);
    assert_eq!(FV_MATCH_MISSING, 2);
    assert_eq!(FV_MATCH_DIFFERENT, 3);
    assert_eq!(FV_MATCH_LEFT_OVER, 4);
    assert_eq!(size_of::<fv_statistic>(), size_of::<i32>());
    assert_eq!(FV_STATISTIC_NONE, 0);
    assert_eq!(FV_STATISTIC_CHANNEL, 1);
    assert_eq!(FV_STATISTIC_FEATURE, 2);
    assert_eq!(size_of::<fv_whitening>(), size_of::<i32>());
    assert_eq!(FV_WHITENING_NONE, 0);
    assert_eq!(FV_WHITENING_PCA, 1);
    assert_eq!(FV_WHITENING_PCA_WHITENING, 2);
    assert_eq!(FV_WHITENING_ZCA, 3);
    assert_eq!(size_of::<fv_transform_part>(), size_of::<i32>());
    assert_eq!(FV_TRANSFORM_MEAN, 0);
    assert_eq!(FV_TRANSFORM_STDDEV, 1);
    assert_eq!(FV_TRANSFORM_MATRIX, 2);
    assert_eq!(FV_TRANSFORM_EIGENVALUES, 3);
    assert_eq!(size_of::<fv_shortcut>(), size_of::<i32>());
    assert_eq!(FV_SHORTCUT_ZEROS, 0);
    assert_eq!(FV_SHORTCUT_PROJECTION, 1);
    assert_eq!(FV_SHORTCUT_NONE, 2);
    assert_eq!(FV_NODE_INVALID, 0);
    assert_eq!(FV_VERSION, 100);
    assert_eq!(FV_ZERO, -1e-300);
    assert_eq!(FV_MAX_RANK, 8);
    assert_eq!(FV_GRADIENT_GREAT, 1e-07);
    assert_eq!(FV_GRADIENT_KINKS, 1e-05);
    assert_eq!(FV_GRADIENT_CONCERN, 0.001);
    assert_eq!(FV_GRADIENT_WRONG, 0.01);
}

/// The library that is linked has every function.
#[test]
fn functions() {
    let addresses: BTreeSet<*const ()> = [
        fv_status_name as *const (),
        fv_version as *const (),
        fv_context_create as *const (),
        fv_context_destroy as *const (),
        fv_context_threads as *const (),
        fv_cancel_token_create as *const (),
        fv_cancel_token_cancel as *const (),
        fv_cancel_token_reset as *const (),
        fv_cancel_token_is_cancelled as *const (),
        fv_cancel_token_pause as *const (),
        fv_cancel_token_resume as *const (),
        fv_cancel_token_is_paused as *const (),
        fv_cancel_token_wait as *const (),
        fv_cancel_token_paused_seconds as *const (),
        fv_cancel_token_destroy as *const (),
        fv_dataset_destroy as *const (),
        fv_dataset_open_idx as *const (),
        fv_dataset_from_memory as *const (),
        fv_dataset_digits as *const (),
        fv_dataset_split as *const (),
        fv_dataset_fold as *const (),
        fv_dataset_mark_test as *const (),
        fv_dataset_subset as *const (),
        fv_dataset_get_info as *const (),
        fv_dataset_get as *const (),
        fv_image_get_info as *const (),
        fv_image_get_file_info as *const (),
        fv_image_decode as *const (),
        fv_image_decode_file as *const (),
        fv_augmentation_create as *const (),
        fv_augmentation_destroy as *const (),
        fv_augmentation_from_keras as *const (),
        fv_augmentation_apply as *const (),
        fv_augmentation_shape as *const (),
        fv_augmentation_contact_sheet as *const (),
        fv_augmentation_fit_colors as *const (),
        fv_dataset_augment as *const (),
        fv_input as *const (),
        fv_conv2d as *const (),
        fv_dense as *const (),
        fv_max_pool2d as *const (),
        fv_average_pool2d as *const (),
        fv_global_average_pool2d as *const (),
        fv_batch_norm as *const (),
        fv_relu as *const (),
        fv_relu6 as *const (),
        fv_sigmoid as *const (),
        fv_tanh as *const (),
        fv_selu as *const (),
        fv_gelu as *const (),
        fv_gelu_tanh as *const (),
        fv_hard_swish as *const (),
        fv_hard_sigmoid as *const (),
        fv_mish as *const (),
        fv_leaky_relu as *const (),
        fv_elu as *const (),
        fv_celu as *const (),
        fv_softplus as *const (),
        fv_prelu as *const (),
        fv_swish as *const (),
        fv_softmax as *const (),
        fv_log_softmax as *const (),
        fv_dropout as *const (),
        fv_squeeze_excite as *const (),
        fv_non_local as *const (),
        fv_report_findings as *const (),
        fv_report_text as *const (),
        fv_report_severity as *const (),
        fv_report_destroy as *const (),
        fv_check_name as *const (),
        fv_finding_name as *const (),
        fv_check_all as *const (),
        fv_check_gradient as *const (),
        fv_check_chance_loss as *const (),
        fv_check_regularization as *const (),
        fv_check_overfit as *const (),
        fv_check_symmetry as *const (),
        fv_check_units as *const (),
        fv_check_update_ratio as *const (),
        fv_check_gradient_flow as *const (),
        fv_check_learning_rate as *const (),
        fv_check_non_finite as *const (),
        fv_check_leakage as *const (),
        fv_check_labels as *const (),
        fv_check_inputs as *const (),
        fv_check_advice as *const (),
        fv_transposed_conv2d as *const (),
        fv_depthwise_conv2d as *const (),
        fv_separable_conv2d as *const (),
        fv_local_conv2d as *const (),
        fv_deform_conv2d as *const (),
        fv_trainer_get_optimizer as *const (),
        fv_trainer_set_groups as *const (),
        fv_trainer_get_group as *const (),
        fv_trainer_get_average as *const (),
        fv_trainer_averaged_model as *const (),
        fv_schedule_rate as *const (),
        fv_schedule_momentum as *const (),
        fv_trainer_set_schedule as *const (),
        fv_trainer_get_schedule as *const (),
        fv_trainer_find_rate as *const (),
        fv_trainer_create as *const (),
        fv_trainer_destroy as *const (),
        fv_trainer_model as *const (),
        fv_trainer_loss as *const (),
        fv_trainer_get_loss as *const (),
        fv_trainer_loss_values as *const (),
        fv_trainer_get_info as *const (),
        fv_trainer_memory as *const (),
        fv_trainer_step as *const (),
        fv_trainer_step_batch as *const (),
        fv_trainer_backward_batch as *const (),
        fv_trainer_backward as *const (),
        fv_trainer_apply as *const (),
        fv_trainer_get_gradient as *const (),
        fv_trainer_set_gradient as *const (),
        fv_trainer_gradient_block as *const (),
        fv_trainer_forward as *const (),
        fv_trainer_backward_from as *const (),
        fv_trainer_learning_rate as *const (),
        fv_trainer_set_learning_rate as *const (),
        fv_trainer_feed as *const (),
        fv_trainer_end_feed as *const (),
        fv_trainer_next as *const (),
        fv_trainer_get_progress as *const (),
        fv_trainer_record as *const (),
        fv_trainer_record_value as *const (),
        fv_trainer_series_name as *const (),
        fv_trainer_series as *const (),
        fv_trainer_history as *const (),
        fv_trainer_set_note as *const (),
        fv_trainer_get_note as *const (),
        fv_trainer_keep_weights as *const (),
        fv_trainer_restore_weights as *const (),
        fv_trainer_save as *const (),
        fv_trainer_load as *const (),
        fv_custom_add_parameter as *const (),
        fv_context_register_layer as *const (),
        fv_custom as *const (),
        fv_custom_rows_loss as *const (),
        fv_context_register_loss as *const (),
        fv_metric_name as *const (),
        fv_metric_is_larger_better as *const (),
        fv_metrics_create as *const (),
        fv_metrics_destroy as *const (),
        fv_metrics_update as *const (),
        fv_metrics_reset as *const (),
        fv_metrics_values as *const (),
        fv_metrics_class_values as *const (),
        fv_metrics_confusion as *const (),
        fv_trainer_set_metrics as *const (),
        fv_trainer_get_metric as *const (),
        fv_trainer_metric_values as *const (),
        fv_trainer_reset_metrics as *const (),
        fv_trainer_fit as *const (),
        fv_checkpoint_find as *const (),
        fv_graph_create as *const (),
        fv_graph_destroy as *const (),
        fv_graph_status as *const (),
        fv_graph_node_shape as *const (),
        fv_graph_node_name as *const (),
        fv_graph_find as *const (),
        fv_loader_create as *const (),
        fv_loader_destroy as *const (),
        fv_loader_next as *const (),
        fv_loader_seek as *const (),
        fv_add as *const (),
        fv_subtract as *const (),
        fv_multiply as *const (),
        fv_average as *const (),
        fv_maximum as *const (),
        fv_concat as *const (),
        fv_matmul as *const (),
        fv_pad as *const (),
        fv_slice as *const (),
        fv_crop as *const (),
        fv_split as *const (),
        fv_flatten as *const (),
        fv_reshape as *const (),
        fv_permute as *const (),
        fv_model_create as *const (),
        fv_model_clone as *const (),
        fv_model_destroy as *const (),
        fv_model_reinitialize as *const (),
        fv_model_lsuv as *const (),
        fv_model_update_batch_norm as *const (),
        fv_model_set_class_names as *const (),
        fv_model_class_name as *const (),
        fv_model_save as *const (),
        fv_model_load as *const (),
        fv_model_summary as *const (),
        fv_model_get_info as *const (),
        fv_model_get_transform as *const (),
        fv_model_input as *const (),
        fv_model_output as *const (),
        fv_model_statistics as *const (),
        fv_model_tensor_info as *const (),
        fv_model_get_tensor as *const (),
        fv_model_set_tensor as *const (),
        fv_spatial_dropout as *const (),
        fv_stochastic_depth as *const (),
        fv_gaussian_noise as *const (),
        fv_maxout as *const (),
        fv_layer_norm as *const (),
        fv_group_norm as *const (),
        fv_instance_norm as *const (),
        fv_local_response_norm as *const (),
        fv_picture_plot as *const (),
        fv_picture_grid as *const (),
        fv_picture_filters as *const (),
        fv_global_max_pool2d as *const (),
        fv_adaptive_max_pool2d as *const (),
        fv_adaptive_average_pool2d as *const (),
        fv_fractional_max_pool2d as *const (),
        fv_max_unpool2d as *const (),
        fv_upsample2d as *const (),
        fv_pixel_shuffle as *const (),
        fv_pixel_unshuffle as *const (),
        fv_session_create as *const (),
        fv_session_destroy as *const (),
        fv_session_memory as *const (),
        fv_session_run as *const (),
        fv_session_run_images as *const (),
        fv_crop_boxes as *const (),
        fv_session_evaluate as *const (),
        fv_confusion_scores as *const (),
        fv_session_sample as *const (),
        fv_ensemble_run as *const (),
        fv_ensemble_evaluate as *const (),
        fv_session_fit_temperature as *const (),
        fv_session_profile as *const (),
        fv_trainer_profile as *const (),
        fv_profile_destroy as *const (),
        fv_profile_rows as *const (),
        fv_profile_table as *const (),
        fv_profile_write_trace as *const (),
        fv_zoo_recipe as *const (),
        fv_search_create as *const (),
        fv_search_destroy as *const (),
        fv_search_next as *const (),
        fv_search_report as *const (),
        fv_search_trials as *const (),
        fv_search_best as *const (),
        fv_search_table as *const (),
        fv_search_csv as *const (),
        fv_search_run as *const (),
        fv_search_fit as *const (),
        fv_cross_validate as *const (),
        fv_dataset_open_folder as *const (),
        fv_dataset_open_list as *const (),
        fv_dataset_get_files_info as *const (),
        fv_dataset_get_problem as *const (),
        fv_dataset_sample_name as *const (),
        fv_dataset_class_name as *const (),
        fv_dataset_count_class_names as *const (),
        fv_dataset_count_classes as *const (),
        fv_dataset_open_cifar as *const (),
        fv_dataset_from_callback as *const (),
        fv_dataset_map as *const (),
        fv_dataset_concat as *const (),
        fv_dataset_repeat as *const (),
        fv_dataset_shuffle as *const (),
        fv_dataset_balance as *const (),
        fv_dataset_cache as *const (),
        fv_dataset_audit as *const (),
        fv_audit_get_part as *const (),
        fv_audit_text as *const (),
        fv_audit_destroy as *const (),
        fv_model_load_weights as *const (),
        fv_model_copy_weights as *const (),
        fv_load_report_destroy as *const (),
        fv_load_report_count as *const (),
        fv_load_report_rows as *const (),
        fv_load_report_text as *const (),
        fv_graph_from_model as *const (),
        fv_model_replace_head as *const (),
        fv_session_features as *const (),
        fv_model_probe as *const (),
        fv_trainer_freeze_until as *const (),
        fv_trainer_frozen_until as *const (),
        fv_trainer_set_layer_rates as *const (),
        fv_trainer_rate_factor as *const (),
        fv_transform_fit as *const (),
        fv_model_transform as *const (),
        fv_transform_destroy as *const (),
        fv_transform_apply as *const (),
        fv_transform_apply_image as *const (),
        fv_transform_get as *const (),
        fv_transform_get_desc as *const (),
        fv_transform_get_info as *const (),
        fv_model_tune as *const (),
        fv_zoo_lenet5 as *const (),
        fv_zoo_keras_cnn as *const (),
        fv_zoo_resnet_cifar as *const (),
        fv_zoo_resnet as *const (),
        fv_zoo_resnext50 as *const (),
        fv_zoo_alexnet as *const (),
        fv_zoo_alexnet_2012 as *const (),
        fv_zoo_zfnet as *const (),
        fv_zoo_vgg as *const (),
        fv_zoo_googlenet as *const (),
        fv_zoo_googlenet_2014 as *const (),
        fv_zoo_densenet121 as *const (),
        fv_zoo_squeezenet as *const (),
        fv_zoo_mobilenet_v2 as *const (),
    ]
    .into();
    assert_eq!(addresses.len(), 305);
}
