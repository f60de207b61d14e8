/* Where datasets come from beside dataset.h: image files, CIFAR, callbacks, other datasets. What is read,
 * by which decoder, and how damage is noticed: image.h. */
#ifndef FOVEA_SOURCES_H
#define FOVEA_SOURCES_H

#include <fovea/base.h>
#include <fovea/context.h>
#include <fovea/dataset.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- image files ---------------------------------------------------------------------------------- */

typedef struct fv_image_files_desc {
  uint32_t struct_size;
  int32_t channels;         /* of every sample, as in image.h; 0: 3 */
  int32_t keep_orientation; /* 1: JPEGs and PNGs stay as they are stored, whatever EXIF says */
  int32_t refuse_broken;    /* 0: a file that cannot be decoded is left out and counted; 1: it is an error */
  int32_t headers_only;     /* 0: every file is decoded once while the dataset is opened, on all threads; 1:
                               only its header is looked at, and what is damaged further on is an error when
                               it is read */
  int32_t reserved;
  int64_t max_pixels;       /* as in image.h */
  const char *const *class_names; /* the classes in this order, such as those of the training data; NULL: as
                               the function says. What is of another class counts as broken; a class may be
                               without images */
  size_t class_count;
} fv_image_files_desc;
#define FV_IMAGE_FILES(...) \
  (&(const fv_image_files_desc){.struct_size = sizeof(fv_image_files_desc), __VA_ARGS__})

/* A folder of class folders, as torchvision's ImageFolder: the folders in `root` are the classes, sorted by
 * name byte by byte, which number them; a class's files, also in folders below, are sorted in the same way.
 * Files whose names end in jpg, jpeg, jpe, jfif, png, bmp, dib, tga, gif, psd, hdr, pnm, pbm, pgm or ppm are
 * read, others are counted and ignored; hidden ones (.name) do not count. A link that leads nowhere counts as
 * broken where it has such a name, and is an error in `root`, where it may be a class. Samples are u8,
 * [height][width][channels]; where not all have the same size, shape says {0, 0, channels} and the model's
 * resizing makes them equal. They are decoded whenever they are read; fv_dataset_cache keeps them. The
 * fingerprint is of the files' bytes. Errors: NOT_FOUND (a link in `root` that leads nowhere, too), IO,
 * FORMAT (no class folder, one without images, a broken file where these are refused, no image that is
 * whole), INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: any. */
FV_API fv_status fv_dataset_open_folder(fv_context *context, const char *root,
                                        const fv_image_files_desc *desc, fv_dataset **dataset,
                                        fv_error *error);

typedef struct fv_image_list_desc {
  uint32_t struct_size;
  int32_t delimiter;   /* ',', ';' or a tab; 0: the one that the first line has */
  int32_t header;      /* 0: the first line is one where its first field is path, file, filename, file_name,
                          image, image_path or img, in small letters or large, or a word without a dot
                          while all labels but its own are integers; 1: it is; 2: it is not */
  int32_t classes;     /* with integer labels; 0: the largest + 1, or with class_names as many as these */
  const char *root;    /* what the paths are relative to; NULL: the folder of the list */
  const fv_image_files_desc *files; /* NULL: all defaults */
} fv_image_list_desc;
#define FV_IMAGE_LIST(...) \
  (&(const fv_image_list_desc){.struct_size = sizeof(fv_image_list_desc), __VA_ARGS__})

/* A text file with a path and a label in each line (further fields are ignored), quoted as in RFC 4180.
 * Blanks around fields that are not quoted do not count. Labels are all integers, or all names of classes,
 * which are numbered in the order of their bytes, or of class_names. The rest is as with folders, and the
 * order is the list's.
 * Errors: as there; FORMAT with the line. Threads: any. */
FV_API fv_status fv_dataset_open_list(fv_context *context, const char *path, const fv_image_list_desc *desc,
                                      fv_dataset **dataset, fv_error *error);

typedef struct fv_files_info {
  uint32_t struct_size;  /* to be set by the caller */
  int32_t reserved;
  int64_t files;         /* image files that were found; 0: the dataset does not come from files */
  int64_t broken;        /* of these, left out */
  int64_t ignored;       /* other files */
} fv_files_info;

/* What was met when the dataset, or the one that this is a part of, was opened. Errors: INVALID_ARGUMENT.
 * Threads: shared. */
FV_API fv_status fv_dataset_get_files_info(const fv_dataset *dataset, fv_files_info *info, fv_error *error);
/* Broken file `index` of those, in the order of the dataset: why it was left out, in a line that names it.
 * Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_dataset_get_problem(const fv_dataset *dataset, int64_t index, char *buffer,
                                        size_t capacity, size_t *needed, fv_error *error);
/* The path of sample `index`; empty where it does not come from a file of its own. Errors:
 * INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_dataset_sample_name(const fv_dataset *dataset, int64_t index, char *buffer,
                                        size_t capacity, size_t *needed, fv_error *error);
/* The name of a class, bytes that are not UTF-8 as U+FFFD; its number in decimal where it has none. Names go
 * over to everything that is made of a dataset. Errors: INVALID_ARGUMENT (no such class). Threads: shared. */
FV_API fv_status fv_dataset_class_name(const fv_dataset *dataset, int32_t label, char *buffer,
                                       size_t capacity, size_t *needed, fv_error *error);
/* How many classes have names of their own: all, or 0 where the dataset has none. Does not read samples.
 * Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_dataset_count_class_names(const fv_dataset *dataset, int32_t *count, fv_error *error);
/* How many samples each class has: `counts` has room for as many as there are classes. Errors:
 * INVALID_ARGUMENT (targets, capacity). Threads: shared. */
FV_API fv_status fv_dataset_count_classes(const fv_dataset *dataset, int64_t *counts, size_t capacity,
                                          fv_error *error);

/* ---- CIFAR ---------------------------------------------------------------------------------------- */

typedef struct fv_cifar_desc {
  uint32_t struct_size;
  int32_t hundred;       /* 0: CIFAR-10; 1: CIFAR-100 */
  int32_t coarse;        /* of CIFAR-100: 0: its 100 classes; 1: its 20 superclasses */
  int32_t reserved;
} fv_cifar_desc;
#define FV_CIFAR(...) (&(const fv_cifar_desc){.struct_size = sizeof(fv_cifar_desc), __VA_ARGS__})

/* CIFAR's binary files, plain or gzip, one after the other, read into memory: u8, 32 x 32 x 3, with the
 * names of the classes. Errors: NOT_FOUND, IO, FORMAT (with the byte offset), INVALID_ARGUMENT,
 * OUT_OF_MEMORY. Threads: any. */
FV_API fv_status fv_dataset_open_cifar(fv_context *context, const char *const *paths, size_t count,
                                       const fv_cifar_desc *desc, fv_dataset **dataset, fv_error *error);

/* ---- of the host's -------------------------------------------------------------------------------- */

/* Sample `index` of a dataset of the host's. While the dataset is made it is called once for each index, in
 * order, with `pixels` NULL, for the label; from then on with `label` NULL, for the values, which are to be
 * the same each time. Returns FV_OK, or a status and a message in `error`, which reading the sample then
 * fails with. It runs on the threads of the context and on workers (fv_feed_desc), several at once, in the
 * library's floating-point mode, and must not call functions that run on the context's threads. */
typedef fv_status (*fv_get_sample_fn)(void *user, int64_t index, void *pixels, int64_t *label,
                                      fv_error *error);

/* The target of sample `index`, as many values of the desc's type as its target_shape has; called once for
 * each index, in order, while the dataset is made. Otherwise as fv_get_sample_fn. */
typedef fv_status (*fv_get_target_fn)(void *user, int64_t index, void *target, fv_error *error);
/* How large image `index` is, likewise; each side is 1 to 2^20 pixels. */
typedef fv_status (*fv_get_size_fn)(void *user, int64_t index, int64_t *height, int64_t *width,
                                    fv_error *error);

typedef struct fv_callback_dataset_desc {
  uint32_t struct_size;
  fv_dtype dtype;      /* FV_U8, FV_F32 or FV_F64; 0: FV_U8 */
  int64_t count;       /* required */
  int64_t shape[FV_MAX_RANK]; /* required: of one sample */
  int32_t rank;
  int32_t classes;     /* 0: the largest label + 1 */
  int32_t serial;      /* 1: get is not called from two threads at once */
  int32_t reserved;
  fv_get_sample_fn get; /* required */
  void *user;
  fv_drop_fn drop;     /* called once, when nothing uses the dataset any longer, or this call fails */
  fv_get_target_fn get_target; /* NULL: there are labels; else targets instead, and classes is 0 */
  int64_t target_shape[FV_MAX_RANK]; /* of one target; required with get_target */
  int32_t target_rank;
  fv_dtype target_dtype; /* FV_F32 or FV_F64; 0: FV_F32 */
  fv_get_size_fn get_size; /* NULL: all have `shape`; else they are images of FV_U8, each of a size of its
                              own, and shape is {0, 0, channels} */
} fv_callback_dataset_desc;
#define FV_CALLBACK_DATASET(...) \
  (&(const fv_callback_dataset_desc){.struct_size = sizeof(fv_callback_dataset_desc), __VA_ARGS__})

/* Samples that the host makes when they are asked for. Where there are targets, `label` is always NULL.
 * Errors: INVALID_ARGUMENT, OUT_OF_MEMORY, what a callback returned. Threads: any. */
FV_API fv_status fv_dataset_from_callback(fv_context *context, const fv_callback_dataset_desc *desc,
                                          fv_dataset **dataset, fv_error *error);

/* Makes a sample of another: `in` with its shape, `out` to be filled, `bytes` long. Must depend on its
 * input and index alone. Otherwise as fv_get_sample_fn. */
typedef fv_status (*fv_map_sample_fn)(void *user, int64_t index, const fv_tensor *in, void *out, size_t bytes,
                                      fv_error *error);

typedef struct fv_map_desc {
  uint32_t struct_size;
  fv_dtype dtype;      /* of what comes out; 0: as what goes in */
  int64_t shape[FV_MAX_RANK];
  int32_t rank;        /* 0: the shape of what goes in, also where that varies from sample to sample */
  int32_t serial;      /* 1: map is not called from two threads at once */
  fv_map_sample_fn map; /* required */
  void *user;
  fv_drop_fn drop;     /* called once, when nothing uses the dataset any longer, or this call fails */
} fv_map_desc;
#define FV_MAP(...) (&(const fv_map_desc){.struct_size = sizeof(fv_map_desc), __VA_ARGS__})

/* Each sample as a callback of the host's makes it of the dataset's; labels, targets and names are the
 * dataset's. Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_dataset_map(const fv_dataset *dataset, const fv_map_desc *desc, fv_dataset **mapped,
                                fv_error *error);

/* ---- of other datasets ---------------------------------------------------------------------------- */

/* The samples of several datasets, one after the other. They must agree in element type, number of classes,
 * shapes of targets, and where they have names for their classes in these; in shape, too, but for images of
 * u8 with as many channels: of different sizes they vary, as in a folder. It is a test set if one of them is.
 * Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_dataset_concat(const fv_dataset *const *datasets, size_t count, fv_dataset **dataset,
                                   fv_error *error);

/* All samples `times` times over. Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_dataset_repeat(const fv_dataset *dataset, int64_t times, fv_dataset **repeated,
                                   fv_error *error);

/* All samples in an order drawn by `seed`. Training shuffles by itself; this is for cutting and looking.
 * Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_dataset_shuffle(const fv_dataset *dataset, uint64_t seed, fv_dataset **shuffled,
                                    fv_error *error);

typedef struct fv_balance_desc {
  uint32_t struct_size;
  int32_t reserved;
  int64_t per_class;   /* 0: as many as the largest class has */
  uint64_t seed;
} fv_balance_desc;
#define FV_BALANCE(...) (&(const fv_balance_desc){.struct_size = sizeof(fv_balance_desc), __VA_ARGS__})

/* As many samples of every class, in the order of the dataset: of a class that has fewer each is taken
 * equally often, to within one, of one that has more a part is drawn. A class without samples stays without.
 * It is drawn once, by `seed`: every epoch has the same samples. Errors: INVALID_ARGUMENT (targets),
 * OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_dataset_balance(const fv_dataset *dataset, const fv_balance_desc *desc,
                                    fv_dataset **balanced, fv_error *error);

/* The same samples, of which those that are read first stay in memory, in all at most `max_bytes` of them
 * (0: 4 GiB): for datasets that decode. A dataset that draws at random is refused: cache what it draws
 * from. Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_dataset_cache(fv_context *context, const fv_dataset *dataset, int64_t max_bytes,
                                  fv_dataset **cached, fv_error *error);

/* ---- audit ---------------------------------------------------------------------------------------- */

typedef struct fv_audit_part {
  uint32_t struct_size;  /* to be set by the caller */
  int32_t classes;       /* 0: the dataset has targets */
  int64_t count;         /* samples */
  int64_t broken;        /* files that were left out when the dataset was opened */
  int64_t unreadable;    /* samples that cannot be read */
  int64_t duplicates;    /* samples with the contents of an earlier one of the same dataset */
  int64_t conflicts;     /* of these, with another label */
  int64_t shared;        /* samples with the contents of one of an earlier dataset: a leak */
  int64_t smallest_class, largest_class; /* samples of these */
  int64_t height_min, height_max, width_min, width_max; /* of images; else 0 */
  double height_mean, width_mean;
  int64_t near_duplicates; /* images that look like an earlier one of the same dataset and are no copies */
  int64_t near_shared;     /* images that look like one of an earlier dataset and are in none */
} fv_audit_part;

/* Reads every sample of the datasets, which are the parts of one (training, validation, test), once, and
 * tells what is in them: counts by class, sizes, copies inside a part, samples of one part in another, what
 * cannot be read. Contents are compared by a hash of 64 bits, and of images they are the pixels. Images of u8
 * look alike, as after another compression, at another size or flipped from left to right, where the
 * difference hashes (64 bits of 9 x 8 grey pixels: Krawetz, "Kind of like that", 2013) differ in 3 bits at
 * most and these pixels by 4 grey levels in the mean; even ones and those below 32 x 32 do not. Of those that
 * share a quarter of the hash, an image is compared with 4096 at most. `names` (nullable) are for the text.
 * Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_dataset_audit(fv_context *context, const fv_dataset *const *datasets,
                                  const char *const *names, size_t count, fv_audit **audit, fv_error *error);
/* Dataset `index` of those. Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_audit_get_part(const fv_audit *audit, size_t index, fv_audit_part *part, fv_error *error);
/* All of it in lines of text, with names of files and ten examples of each kind. Threads: shared. */
FV_API fv_status fv_audit_text(const fv_audit *audit, char *buffer, size_t capacity, size_t *needed,
                               fv_error *error);
FV_API void fv_audit_destroy(fv_audit *audit);

#ifdef __cplusplus
}
#endif
#endif
