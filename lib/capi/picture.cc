#include <fovea/picture.h>

#include "capi/objects.h"
#include "io/picture.h"
#include "io/plot.h"

using namespace fovea;
using namespace fovea::capi;

namespace {

std::string text_or_empty(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

io::GridOptions grid_options(const fv_grid_desc* desc) {
  const fv_grid_desc d = read_desc(desc, "fv_grid_desc");
  return {d.columns, d.zoom, d.shared_range != 0};
}

}  // namespace

fv_status fv_picture_plot(const char* path, const fv_curve* curves, size_t count, const fv_plot_desc* desc,
                          fv_error* error) {
  return guard(error, [&] {
    need(path, "path");
    FOVEA_REQUIRE(count <= io::kMaxCurves, "%zu curves, at most %zu", count, io::kMaxCurves);
    std::vector<io::Curve> drawn;
    for (size_t i = 0; i < count; ++i) {
      const fv_curve& curve = (&need(curves, "curves"))[i];
      FOVEA_REQUIRE(curve.y != nullptr || curve.count == 0, "curve %zu has no y", i);
      drawn.push_back({text_or_empty(curve.label), curve.x, curve.y, curve.count});
    }
    const fv_plot_desc d = read_desc(desc, "fv_plot_desc");
    io::PlotOptions options;
    if (d.width != 0) options.width = d.width;
    if (d.height != 0) options.height = d.height;
    options.log_y = d.log_y != 0;
    options.title = text_or_empty(d.title);
    options.x_label = text_or_empty(d.x_label);
    options.y_label = text_or_empty(d.y_label);
    io::draw_plot(drawn, options).save(path);
  });
}

fv_status fv_picture_grid(const char* path, const fv_tensor* images, const fv_grid_desc* desc,
                          fv_error* error) {
  return guard(error, [&] {
    need(path, "path");
    io::draw_grid(view_of(need(images, "images"), "images"), grid_options(desc)).save(path);
  });
}

fv_status fv_picture_filters(const char* path, const fv_tensor* kernel, const fv_grid_desc* desc,
                             fv_error* error) {
  return guard(error, [&] {
    need(path, "path");
    io::draw_filters(view_of(need(kernel, "kernel"), "kernel"), grid_options(desc)).save(path);
  });
}
