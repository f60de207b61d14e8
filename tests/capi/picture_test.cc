// Pictures through the public API: a PNG file comes out, and every error that picture.h names.
#include <cmath>
#include <fstream>
#include <iterator>

#include "support.h"

namespace fovea::test {
namespace {

class PictureTest : public ::testing::Test {
 protected:
  PictureTest() : path(folder / "picture.png") {}

  // Width and height of the PNG file; zeros where there is none.
  std::pair<int, int> size() const {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (bytes.size() < 24 || bytes.compare(0, 8, "\x89PNG\r\n\x1a\n") != 0) return {};
    const auto number = [&](size_t at) {
      int n = 0;
      for (size_t i = at; i < at + 4; ++i) n = n << 8 | static_cast<unsigned char>(bytes[i]);
      return n;
    };
    return {number(16), number(20)};
  }

  Folder folder;
  std::string path;
  fv_error err{};
  std::vector<double> y{3, 2, 1.5, NAN, 1.2}, x{10, 20, 30, 40, 50};
};

TEST_F(PictureTest, Plot) {
  const fv_curve curves[] = {{"one", nullptr, y.data(), y.size()}, {nullptr, x.data(), y.data(), y.size()}};
  OK(fv_picture_plot(path.c_str(), curves, 2, nullptr, &err));
  EXPECT_EQ((std::pair{800, 500}), size());
  OK(fv_picture_plot(path.c_str(), curves, 2,
                     DESC(fv_plot_desc, .width = 320, .height = 200, .log_y = 1, .title = "t", .x_label = "x",
                          .y_label = "y"),
                     &err));
  EXPECT_EQ((std::pair{320, 200}), size());
  OK(fv_picture_plot(path.c_str(), nullptr, 0, nullptr, &err));
  EXPECT_EQ((std::pair{800, 500}), size());
  EXPECT_EQ(1u, folder.files());
}

TEST_F(PictureTest, PlotErrors) {
  const fv_curve curve{"one", nullptr, y.data(), y.size()};
  const fv_curve none{"none", nullptr, nullptr, 3};
  const std::vector<fv_curve> many(17, curve);
  const fv_status bad = FV_INVALID_ARGUMENT;
  FAILS(bad, fv_picture_plot(nullptr, &curve, 1, nullptr, &err), "path is NULL");
  FAILS(bad, fv_picture_plot(path.c_str(), nullptr, 1, nullptr, &err), "curves is NULL");
  FAILS(bad, fv_picture_plot(path.c_str(), &none, 1, nullptr, &err), "curve 0 has no y");
  FAILS(bad, fv_picture_plot(path.c_str(), many.data(), 17, nullptr, &err), "17 curves", "16");
  FAILS(bad, fv_picture_plot(path.c_str(), &curve, 1, DESC(fv_plot_desc, .width = 100), &err), "100 x 500");
  FAILS(bad, fv_picture_plot(path.c_str(), &curve, 1, DESC(fv_plot_desc, .height = 9000), &err),
        "800 x 9000");
  FAILS(bad, fv_picture_plot("", &curve, 1, nullptr, &err), "no path");
  FAILS(FV_NOT_FOUND, fv_picture_plot((folder / "none/a.png").c_str(), &curve, 1, nullptr, &err),
        "none/a.png");
  std::ofstream(folder / "file").put('x');
  FAILS(FV_IO, fv_picture_plot((folder / "file/a.png").c_str(), &curve, 1, nullptr, &err), "Not a directory");
  EXPECT_EQ(1u, folder.files());
}

TEST_F(PictureTest, Grid) {
  const std::vector<float> values = noise(6 * 8 * 8 * 3);
  fv_tensor images = tensor(values, {6, 8, 8, 3});
  OK(fv_picture_grid(path.c_str(), &images, DESC(fv_grid_desc, .columns = 3, .zoom = 2), &err));
  EXPECT_EQ((std::pair{3 + 3 * 19, 3 + 2 * 19}), size());
  images = tensor(values, {6, 8, 12, 2});
  OK(fv_picture_grid(path.c_str(), &images, DESC(fv_grid_desc, .zoom = 1, .shared_range = 1), &err));
  EXPECT_EQ((std::pair{3 + 4 * 15, 3 + 3 * 11}), size());  // 12 tiles
}

TEST_F(PictureTest, Filters) {
  const std::vector<double> kernel(5 * 5 * 1 * 6);
  const fv_tensor t = tensor(kernel, {5, 5, 1, 6});
  OK(fv_picture_filters(path.c_str(), &t, nullptr, &err));
  EXPECT_EQ((std::pair{3 + 3 * 63, 3 + 2 * 63}), size());  // 3 columns of tiles of 5 x 12 pixels
}

TEST_F(PictureTest, TensorErrors) {
  const std::vector<float> values(16);
  const std::vector<int32_t> ints(16);
  const fv_tensor good = tensor(values, {1, 4, 4, 1}), flat = tensor(values, {4, 4}),
                  of_ints = tensor(ints, {1, 4, 4, 1});
  const fv_tensor empty = tensor(values, {0, 4, 4, 1}), nothing{};
  fv_tensor no_data = good;
  no_data.data = nullptr;
  const fv_status bad = FV_INVALID_ARGUMENT;
  for (const auto& draw : {fv_picture_grid, fv_picture_filters}) {
    FAILS(bad, draw(nullptr, &good, nullptr, &err), "path is NULL");
    FAILS(bad, draw(path.c_str(), nullptr, nullptr, &err), "is NULL");
    FAILS(bad, draw(path.c_str(), &flat, nullptr, &err), "4x4", "four extents");
    FAILS(bad, draw(path.c_str(), &of_ints, nullptr, &err), "i32");
    FAILS(bad, draw(path.c_str(), &empty, nullptr, &err), "0x4x4x1");
    FAILS(bad, draw(path.c_str(), &no_data, nullptr, &err), "no data");
    FAILS(bad, draw(path.c_str(), &nothing, nullptr, &err), "dtype 0");
    FAILS(bad, draw(path.c_str(), &good, DESC(fv_grid_desc, .columns = -1), &err), "columns -1");
    FAILS(bad, draw(path.c_str(), &good, DESC(fv_grid_desc, .zoom = 100000), &err), "a picture of");
    FAILS(FV_NOT_FOUND, draw((folder / "none/a.png").c_str(), &good, nullptr, &err), "No such file");
  }
  EXPECT_EQ(0u, folder.files());
}

}  // namespace
}  // namespace fovea::test
