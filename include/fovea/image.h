/* Images: what descriptors about them share, and images in files: what they are and their pixels. Datasets of
 * files decode in the same way (dataset.h).
 *
 * Read are, told by content and not by name:
 *   JPEG   baseline and progressive with 8 bits; CMYK and YCCK become RGB. Not: lossless, arithmetic, 12 bits
 *   PNG    all; of 16 bits the upper 8
 *   BMP    Windows and OS/2, run-length encoded too. Not: embedded JPEG and PNG
 *   TGA    all with 8, 15, 16, 24 or 32 bits
 *   GIF    the first frame, always as RGBA
 *   PSD    the flattened picture, RGB with 8 or 16 bits, alpha as it is stored. Not: ZIP
 *   HDR    Radiance, to 8 bits by a gamma of 2.2, brighter than white cut off
 *   PNM    PBM, PGM and PPM, plain and raw, scaled to 0 .. 255
 * All else is UNSUPPORTED, and what breaks off or contradicts itself is FORMAT: so is a file that is too
 * short for the pixels that its header promises, before memory is taken for them. A damage inside the data of
 * a JPEG that leaves its structure whole can go unnoticed, as with every decoder: it has no checksum. Colour
 * profiles are not applied, and alpha is not multiplied in.
 */
#ifndef FOVEA_IMAGE_H
#define FOVEA_IMAGE_H

#include <fovea/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How an image is resampled. Where it shrinks, the window grows with the ratio, so that every pixel counts,
 * unless antialiasing is turned off. */
typedef int32_t fv_interpolation;
enum {
  FV_INTERPOLATION_BILINEAR = 0,
  FV_INTERPOLATION_NEAREST = 1,  /* the pixel under the output's centre */
  FV_INTERPOLATION_BICUBIC = 2,  /* a = -0.5 */
  FV_INTERPOLATION_AREA = 3      /* the mean of the pixels under the output */
};

typedef int32_t fv_channels;
enum {
  FV_CHANNELS_KEEP = 0,
  FV_CHANNELS_GREY = 1, /* 1 channel: 0.299 red + 0.587 green + 0.114 blue (ITU-R 601) */
  FV_CHANNELS_RGB = 2   /* 3 channels: grey is repeated, alpha left out */
};

/* A file of an image in memory, or at a path. */
typedef struct fv_encoded_image {
  const void *bytes;
  size_t size;
  const char *path; /* instead of bytes; NULL: none */
} fv_encoded_image;

typedef struct fv_image_info {
  uint32_t struct_size;  /* to be set by the caller */
  int32_t channels;      /* as the file has them: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA */
  int64_t height;        /* upright */
  int64_t width;
  int32_t orientation;   /* EXIF's of a JPEG or, in front of its pixels, of a PNG, 1 to 8: how the stored
                            picture is turned to be upright; 1: not at all. Of a TGA that is stored from
                            the bottom up 4, which keep_orientation does not change.
                            From 5 on its height is the width here */
  int32_t reserved;
} fv_image_info;

typedef struct fv_image_desc {
  uint32_t struct_size;
  int32_t channels;         /* 1 grey (BT.601), 2 grey and alpha, 3 RGB, 4 RGBA; 0: as the file has */
  int32_t keep_orientation; /* 0: JPEG and PNG are turned as their EXIF orientation says; 1: not */
  int32_t reserved;
  int64_t max_pixels;       /* refuse larger ones before anything is decoded, at most 2^28; 0: 2^27 */
} fv_image_desc;
#define FV_IMAGE(...) (&(const fv_image_desc){.struct_size = sizeof(fv_image_desc), __VA_ARGS__})

/* Looks at the header of an image in memory, or of a file, of which only the beginning is read where that
 * is enough. Errors: INVALID_ARGUMENT, FORMAT, UNSUPPORTED; with a path NOT_FOUND and IO. Threads: any. */
FV_API fv_status fv_image_get_info(const void *bytes, size_t size, fv_image_info *info, fv_error *error);
FV_API fv_status fv_image_get_file_info(const char *path, fv_image_info *info, fv_error *error);

/* The pixels of an image in memory, or of a file of at most 1 GiB: u8, [height][width][channels]. `needed`
 * (nullable) receives their size in bytes; with capacity 0 nothing is decoded, and rank and shape are filled
 * in. Errors: INVALID_ARGUMENT (capacity), FORMAT (more than max_pixels, too), UNSUPPORTED, OUT_OF_MEMORY;
 * with a path NOT_FOUND and IO. Threads: any. */
FV_API fv_status fv_image_decode(fv_context *context, const void *bytes, size_t size,
                                 const fv_image_desc *desc, fv_buffer *pixels, size_t *needed,
                                 fv_error *error);
FV_API fv_status fv_image_decode_file(fv_context *context, const char *path, const fv_image_desc *desc,
                                      fv_buffer *pixels, size_t *needed, fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
