/* Pictures: what a person looks at during training. All write PNG files, through a temporary file beside
 * `path` that is then renamed. Errors of all: INVALID_ARGUMENT, NOT_FOUND (no such folder), IO,
 * OUT_OF_MEMORY. */
#ifndef FOVEA_PICTURE_H
#define FOVEA_PICTURE_H

#include <fovea/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One line of a plot. Values that are not finite leave gaps. */
typedef struct fv_curve {
  const char *label;   /* for the legend; NULL: not in it */
  const double *x;     /* NULL: 1, 2, 3, ... */
  const double *y;
  size_t count;
} fv_curve;

typedef struct fv_plot_desc {
  uint32_t struct_size;
  int32_t width;       /* pixels, 160 to 8192; 0: 800 */
  int32_t height;      /* likewise; 0: 500 */
  int32_t log_y;       /* 1: logarithmic vertical axis; values <= 0 leave gaps */
  const char *title;
  const char *x_label;
  const char *y_label;
} fv_plot_desc;
#define FV_PLOT(...) (&(const fv_plot_desc){.struct_size = sizeof(fv_plot_desc), __VA_ARGS__})

/* Draws curves into one plot with axes, ticks, grid and legend. At most 16 curves. Text is ASCII; other
 * characters are shown as '?'. Threads: any. */
FV_API fv_status fv_picture_plot(const char *path, const fv_curve *curves, size_t count,
                                 const fv_plot_desc *desc, fv_error *error);

typedef struct fv_grid_desc {
  uint32_t struct_size;
  int32_t columns;      /* 0: about as many as rows */
  int32_t zoom;         /* each value becomes zoom x zoom pixels; 0: so many that a tile is about 64 pixels */
  int32_t shared_range; /* f32, f64: 0: each tile is stretched from its own minimum to its maximum; 1: one
                           range for all. u8 is shown as it is */
} fv_grid_desc;
#define FV_GRID(...) (&(const fv_grid_desc){.struct_size = sizeof(fv_grid_desc), __VA_ARGS__})

/* Draws `images`, a tensor [count][height][width][channels] of u8, f32 or f64, as a grid of tiles, row by
 * row: 1 channel grey, 3 channels RGB. Other channel counts: each channel is a tile of its own. A picture has
 * at most 32768 pixels a side and 64 million in all. Threads: any. */
FV_API fv_status fv_picture_grid(const char *path, const fv_tensor *images, const fv_grid_desc *desc,
                                 fv_error *error);

/* Draws the kernels of a convolution, a tensor [kh][kw][in][out] of f32 or f64 as fv_model_get_tensor gives
 * it: `out` images of `in` channels in the grid above. Threads: any. */
FV_API fv_status fv_picture_filters(const char *path, const fv_tensor *kernel, const fv_grid_desc *desc,
                                    fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
