// Images of any size through a session, in one view or in several that are averaged. May use: base, data,
// model.
#pragma once
#include <string>

#include "data/crops.h"
#include "data/image_file.h"
#include "model/session.h"

namespace fovea::model {

// Where images come from; read from several threads, each with its own memory.
class Images {
 public:
  virtual ~Images() = default;
  virtual int64_t count() const = 0;
  // [height][width][channels]
  virtual TensorView image(int64_t i, data::SampleMemory& memory) const = 0;
  // Raises the error again, of reading or shaping image i, with the name of the image where it has one. For
  // handlers.
  [[noreturn]] virtual void raise_with_name(const Error&, int64_t) const { throw; }
};

// Of a tensor [count][height][width][channels].
class TensorImages final : public Images {
 public:
  explicit TensorImages(const TensorView& tensor) : tensor_(tensor) {}
  int64_t count() const override { return tensor_.shape[0]; }
  TensorView image(int64_t i, data::SampleMemory& memory) const override;

 private:
  TensorView tensor_;
};

// A file in memory, or at a path.
struct EncodedImage {
  std::span<const std::byte> bytes;
  std::string path;  // empty: bytes
};
// Decoded with these options.
class EncodedImages final : public Images {
 public:
  EncodedImages(std::vector<EncodedImage> images, const data::ImageOptions& options)
      : images_(std::move(images)), options_(options) {}
  int64_t count() const override { return static_cast<int64_t>(images_.size()); }
  TensorView image(int64_t i, data::SampleMemory& memory) const override;

 private:
  std::vector<EncodedImage> images_;
  data::ImageOptions options_;
};

// Refuses a model with several inputs, or one whose input is no image.
void check_image_input(const Model& model);

// Images through a session in pieces: for each the mean over its crops of the outputs' softmax over the last
// axis (of the outputs themselves, where crops.raw or where there are no crops). One thread at a time.
class ImageRunner {
 public:
  explicit ImageRunner(Session& session);

  // The views of images indices[0], [1], ... in the order that they come; visit(i, sums) with the mean of
  // each output of image indices[i], one after the other in one array of doubles. The caller holds a Reading.
  template <class Visit>
  void run(const Images& images, std::span<const uint32_t> indices, Visit&& visit);

  // Values of all outputs together for one image.
  int64_t elements() const { return elements_; }

 private:
  void load(const Images& images, std::span<const uint32_t> indices);
  // Image `index` into place `at` of the group.
  void load(const Images& images, int64_t index, size_t at);
  void forward(int64_t first, int64_t count);

  Session& session_;
  int64_t crops_, elements_ = 0, group_;
  data::SampleLanes lanes_;
  std::vector<data::SampleMemory> slots_;  // of the images of a group
  std::vector<TensorView> loaded_;
  std::vector<std::vector<data::CropBox>> boxes_;
  std::vector<double> sums_;  // [group][elements]
};

template <class Visit>
void ImageRunner::run(const Images& images, std::span<const uint32_t> indices, Visit&& visit) {
  for (size_t first = 0; first < indices.size(); first += static_cast<size_t>(group_)) {
    const auto some = indices.subspan(first, std::min(static_cast<size_t>(group_), indices.size() - first));
    load(images, some);
    const int64_t views = static_cast<int64_t>(some.size()) * crops_;
    for (int64_t view = 0; view < views; view += session_.max_batch())
      forward(view, std::min(session_.max_batch(), views - view));
    for (size_t i = 0; i < some.size(); ++i)
      visit(first + i, std::span<const double>(sums_).subspan(i * static_cast<size_t>(elements_),
                                                              static_cast<size_t>(elements_)));
  }
}

// Fills outputs, [count][...]. Raises busy, and what reading an image raises.
void run_images(Session& session, const Images& images, std::span<MutableTensorView> outputs);

}  // namespace fovea::model
