#include "data/file_dataset.h"

#include <algorithm>
#include <memory>
#include <mutex>

#include "base/error.h"
#include "base/text.h"
#include "data/hash.h"
#include "io/file.h"

namespace fovea::data {
namespace {

using Ll = long long;

class FileDataset final : public Dataset {
 public:
  FileDataset(std::vector<ImageFile> files, std::vector<uint64_t> hashes, ClassNames classes,
              std::shared_ptr<const FilesReport> report, const ImageOptions& options, SampleFormat format,
              std::shared_ptr<const Context> context)
      : Dataset(static_cast<int64_t>(files.size()), std::move(format)),
        files_(std::move(files)),
        hashes_(std::move(hashes)),
        classes_(std::move(classes)),
        report_(std::move(report)),
        options_(options),
        context_(std::move(context)) {}

  TensorView sample(int64_t i, SampleMemory& memory, const Draw*) const override {
    const TensorView image = decode_image_file(file(i).path, options_, memory);
    if (!format().varies && !(image.shape == sample_shape()))
      fail(Status::format, "%s was %s when the dataset was opened, and is %s",
           in_quotes(file(i).path).c_str(), sample_shape().text().c_str(), image.shape.text().c_str());
    return image;
  }
  int64_t label(int64_t i) const override { return file(i).label; }
  const std::byte* stored_target(int64_t) const override { return nullptr; }
  std::string class_name(int label) const override {
    return classes_.names.empty() ? Dataset::class_name(label) : classes_.names[static_cast<size_t>(label)];
  }
  std::string sample_name(int64_t i) const override { return file(i).path; }
  bool has_class_names() const override { return !classes_.names.empty(); }
  std::shared_ptr<const FilesReport> files_report() const override { return report_; }

 protected:
  // The bytes of the file and what else the pixels depend on.
  void identify(int64_t i, SampleMemory&, Xxh64& hash) const override {
    std::call_once(hashed_, [this] { hash_files(); });
    hash.update(hashes_[static_cast<size_t>(i)]);
    hash.update(static_cast<uint64_t>(options_.channels));
    hash.update(static_cast<uint64_t>(options_.keep_orientation));
  }

 private:
  const ImageFile& file(int64_t i) const { return files_[static_cast<size_t>(i)]; }
  // Of files that opening has not read.
  void hash_files() const {
    if (!hashes_.empty()) return;
    std::vector<uint64_t> hashes(files_.size());
    context_->executor().parallel_for(size(), [&](int64_t i, int) {
      Xxh64 hash;
      hash.update(io::read_file(file(i).path, kMaxImageFileBytes));
      hashes[static_cast<size_t>(i)] = hash.digest();
    });
    hashes_ = std::move(hashes);
  }

  std::vector<ImageFile> files_;
  mutable std::vector<uint64_t> hashes_;  // of their bytes
  mutable std::once_flag hashed_;         // guards them
  ClassNames classes_;
  std::shared_ptr<const FilesReport> report_;
  ImageOptions options_;
  std::shared_ptr<const Context> context_;
};

// What looking at one file has shown.
struct Look {
  Shape shape;
  uint64_t hash = 0;
  std::unique_ptr<Error> error;
};

Look look_at(const ImageFile& file, const ImageFilesOptions& options, SampleMemory& memory) {
  Look look;
  const std::string& path = file.path;
  try {
    if (!file.wrong.empty()) fail(Status::format, "%s", file.wrong.c_str());
    if (options.headers_only) {
      look.shape = decoded_shape(image_file_info(path), options.image, in_quotes(path).c_str());
    } else {
      const std::vector<std::byte> bytes = io::read_file(path, kMaxImageFileBytes);
      Xxh64 hash;
      hash.update(bytes);
      look.hash = hash.digest();
      look.shape = decode_image(bytes, in_quotes(path).c_str(), options.image, memory).shape;
    }
  } catch (const Error& error) {
    // What is the file's fault, and not the call's or the machine's.
    const bool of_file = error.status() == Status::format || error.status() == Status::unsupported ||
                         io::is_of_file(error);
    if (!of_file) throw;
    look.error = std::make_unique<Error>(error);
  }
  return look;
}

}  // namespace

ClassOrder::ClassOrder(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    FOVEA_REQUIRE(!name.empty(), "a class's name is empty");
    FOVEA_REQUIRE(numbers_.emplace(name, static_cast<int>(numbers_.size())).second,
                  "class_names has %s twice", in_quotes(name).c_str());
  }
}

int ClassOrder::find(const std::string& name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? -1 : found->second;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

DatasetPtr image_files(std::vector<ImageFile> files, ClassNames classes, int64_t ignored,
                       const std::string& source, const ImageFilesOptions& options,
                       const std::shared_ptr<const Context>& context) {
  decoded_shape({.height = 1, .width = 1, .channels = 1}, options.image);  // refuses options out of range
  std::vector<Look> looks(files.size());
  SampleLanes lanes(context->allocator(), context->executor().threads());
  context->executor().parallel_for(static_cast<int64_t>(files.size()), [&](int64_t i, int lane) {
    const auto at = static_cast<size_t>(i);
    looks[at] = look_at(files[at], options, lanes[lane]);
  });

  auto report = std::make_shared<FilesReport>();
  report->files = static_cast<int64_t>(files.size());
  report->ignored = ignored;
  std::vector<ImageFile> whole;
  std::vector<uint64_t> hashes;
  const Shape* first = nullptr;
  bool varies = false;
  for (size_t i = 0; i < files.size(); ++i) {
    if (const Error* const error = looks[i].error.get()) {
      if (options.refuse_broken) throw *error;
      report->problems.emplace_back(error->what());
      continue;
    }
    if (first == nullptr) first = &looks[i].shape;
    varies = varies || !(looks[i].shape == *first);
    whole.push_back(std::move(files[i]));
    if (!options.headers_only) hashes.push_back(looks[i].hash);
  }
  if (whole.empty())
    fail(Status::format, "%s: of %lld image files none can be read; %s", in_quotes(source).c_str(),
         Ll{report->files}, report->problems.front().c_str());
  SampleFormat format;
  format.dtype = DType::u8;
  format.varies = varies;
  const int64_t channels = options.image.channels != 0 ? options.image.channels : (*first)[2];
  format.shape = varies ? Shape{0, 0, channels} : *first;
  format.classes = classes.count;
  return std::make_shared<FileDataset>(std::move(whole), std::move(hashes), std::move(classes),
                                       std::move(report), options.image, std::move(format), context);
}

}  // namespace fovea::data
