#include "model/images.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "data/image_file.h"

namespace fovea::model {
namespace {

const Shape& output_shape(const Session& session, size_t i) {
  return session.model().graph()->node(session.nodes()[i]).shape;
}

// Adds values, or their softmax over rows of `row`, divided by `n`.
template <class T>
void add(int64_t count, int64_t row, bool softmax, double n, const T* values, double* sums) {
  for (int64_t at = 0; at < count; at += row) {
    double largest = 0, total = n;
    if (softmax) {
      largest = static_cast<double>(*std::max_element(values + at, values + at + row));
      total = 0;
      for (int64_t i = at; i < at + row; ++i) total += std::exp(static_cast<double>(values[i]) - largest);
      total *= n;
    }
    for (int64_t i = at; i < at + row; ++i) {
      const double value = static_cast<double>(values[i]);
      sums[i] += (softmax ? std::exp(value - largest) : value) / total;
    }
  }
}

}  // namespace

TensorView TensorImages::image(int64_t i, data::SampleMemory&) const {
  const Shape shape(tensor_.shape.extents().subspan(1));
  const size_t bytes = static_cast<size_t>(shape.elements()) * size_of(tensor_.dtype);
  return {static_cast<const std::byte*>(tensor_.data) + static_cast<size_t>(i) * bytes, tensor_.dtype, shape};
}

TensorView EncodedImages::image(int64_t i, data::SampleMemory& memory) const {
  const EncodedImage& e = images_[static_cast<size_t>(i)];
  if (!e.path.empty()) return data::decode_image_file(e.path, options_, memory);
  const std::string name = "image " + std::to_string(i);
  return data::decode_image(e.bytes, name.c_str(), options_, memory);
}

void check_image_input(const Model& model) {
  FOVEA_REQUIRE(model.inputs().size() == 1, "the model has %zu inputs; images feed one",
                model.inputs().size());
  const Shape& s = model.preprocess().sample_shape();
  FOVEA_REQUIRE(s.rank() == 3 && s[2] <= 4, "the model's input is %s, not an image", s.text().c_str());
}

ImageRunner::ImageRunner(Session& session)
    : session_(session),
      crops_(data::crop_count(session.crops())),
      group_(blocks_of(session.max_batch(), crops_)),
      lanes_(session.model().context()->allocator(), session.model().context()->executor().threads()) {
  check_image_input(session.model());
  for (size_t i = 0; i < session.nodes().size(); ++i) {
    const graph::Node& node = session.model().graph()->node(session.nodes()[i]);
    elements_ += node.shape.elements();
    FOVEA_REQUIRE(
        session.crops().crops == data::Crops::none || session.crops().raw || node.layer->kind() != "softmax",
        "output '%.200s' is a softmax already: set raw", node.name.c_str());
  }
  for (int64_t i = 0; i < group_; ++i) slots_.emplace_back(session.model().context()->allocator());
  loaded_.resize(static_cast<size_t>(group_));
  boxes_.resize(static_cast<size_t>(group_));
  sums_.resize(static_cast<size_t>(group_ * elements_));
}

// Reads the images of a group, and brings them to the input's size where there is one view of each.
void ImageRunner::load(const Images& images, std::span<const uint32_t> indices) {
  std::ranges::fill(sums_, 0.0);
  session_.model().context()->executor().parallel_for(
      static_cast<int64_t>(indices.size()), [&](int64_t i, int) {
        const auto at = static_cast<size_t>(i);
        try {
          load(images, indices[at], at);
        } catch (const Error& error) {
          images.raise_with_name(error, indices[at]);
        }
      });
}

void ImageRunner::load(const Images& images, int64_t index, size_t at) {
  const data::Preprocess& preprocess = session_.model().preprocess();
  const Shape& s = preprocess.sample_shape();
  data::SampleMemory& memory = slots_[at];
  memory.reset();
  TensorView image = images.image(index, memory);
  if (session_.crops().crops == data::Crops::none) {
    loaded_[at] = preprocess.shaped(image, memory);
    return;
  }
  data::check_image(image);
  const data::Geometry& g = preprocess.options().geometry;
  image = data::with_channels(image, g.channels, memory);
  FOVEA_REQUIRE(image.shape[2] == s[2], "an image has %lld channels, the input is %s",
                static_cast<long long>(image.shape[2]), s.text().c_str());
  loaded_[at] = image;
  boxes_[at] = data::crop_boxes({image.shape[0], image.shape[1]}, s[0], s[1], g, session_.crops());
}

// Views first .. first + count of the group, view v is box v % crops of image v / crops.
void ImageRunner::forward(int64_t first, int64_t count) {
  const Model& model = session_.model();
  const data::Preprocess& preprocess = model.preprocess();
  const Shape& s = preprocess.sample_shape();
  const int64_t each = preprocess.input_shape().elements();
  with_float(model.dtype(), [&]<class T>(T) {
    auto* input = static_cast<T*>(session_.input(0));
    if (input != nullptr)  // an output may not need it
      model.context()->executor().parallel_for(count, [&](int64_t i, int lane) {
        const auto image = static_cast<size_t>((first + i) / crops_);
        TensorView x = loaded_[image];
        data::SampleMemory& memory = lanes_[lane];
        if (session_.crops().crops != data::Crops::none)
          x = data::cut(x, boxes_[image][static_cast<size_t>((first + i) % crops_)], s[0], s[1],
                        preprocess.options().geometry, memory);
        preprocess.apply(x.dtype, x.data, 1, input + i * each);
      });
    session_.forward(count);
    const bool softmax = session_.crops().crops != data::Crops::none && !session_.crops().raw;
    for (int64_t i = 0; i < count; ++i) {
      double* sums = sums_.data() + (first + i) / crops_ * elements_;
      for (size_t o = 0; o < session_.nodes().size(); ++o) {
        const Shape& shape = output_shape(session_, o);
        const int64_t n = shape.elements(), row = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
        add(n, row, softmax, static_cast<double>(crops_),
            static_cast<const T*>(session_.output(static_cast<int>(o))) + i * n, sums);
        sums += n;
      }
    }
  });
}

void run_images(Session& session, const Images& images, std::span<MutableTensorView> outputs) {
  FOVEA_REQUIRE(images.count() >= 1 && images.count() <= int64_t{UINT32_MAX}, "%lld images were given",
                static_cast<long long>(images.count()));
  const std::vector<Shape> shapes = session.check_outputs(images.count(), outputs);
  ImageRunner runner(session);
  std::vector<uint32_t> indices(static_cast<size_t>(images.count()));
  std::iota(indices.begin(), indices.end(), 0u);
  const Reading reading(session.model());
  runner.run(images, indices, [&](size_t i, std::span<const double> values) {
    const double* from = values.data();
    for (size_t o = 0; o < outputs.size(); ++o) {
      const int64_t n = output_shape(session, o).elements();
      const size_t offset = i * static_cast<size_t>(n) * size_of(outputs[o].dtype);
      convert(n, DType::f64, from, outputs[o].dtype, static_cast<std::byte*>(outputs[o].data) + offset);
      from += n;
    }
  });
  for (size_t o = 0; o < outputs.size(); ++o) outputs[o].shape = shapes[o];
}

}  // namespace fovea::model
