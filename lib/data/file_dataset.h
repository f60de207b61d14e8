// Datasets of image files: a folder of class folders, a list. Files are decoded when they are read.
// May use: base, io, data/dataset.h, data/image_file.h.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/context.h"
#include "data/dataset.h"
#include "data/image_file.h"

namespace fovea::data {

struct ImageFilesOptions {
  ImageOptions image{.channels = 3};
  bool refuse_broken = false;  // raise what the first broken file raises; else leave it out
  bool headers_only = false;   // look at headers only while opening
  std::vector<std::string> class_names = {};  // the classes in this order; none: as the source has them
};

struct ImageFile {
  std::string path;
  int label = 0;
  std::string wrong = {};  // why it is none of the classes: it counts as broken
};

struct ClassNames {
  std::vector<std::string> names;  // or none
  int count = 0;
};

// The classes in an order that was given. Raises INVALID_ARGUMENT for a name that is empty or there twice.
class ClassOrder {
 public:
  explicit ClassOrder(const std::vector<std::string>& names);
  // -1: there is no such class.
  int find(const std::string& name) const;

 private:
  std::map<std::string, int> numbers_;
};

// Samples are u8 images; they vary unless all are of the same size. `files`, at least one, have labels in
// [0, classes.count). Looks at every file, on all threads. Raises FORMAT where none is left.
DatasetPtr image_files(std::vector<ImageFile> files, ClassNames classes, int64_t ignored,
                       const std::string& source, const ImageFilesOptions& options,
                       const std::shared_ptr<const Context>& context);

// Of ASCII, whatever the host's locale is.
std::string lower_case(std::string_view text);

// `root` has a folder for each class, sorted byte by byte. Raises NOT_FOUND, IO, FORMAT.
DatasetPtr open_image_folder(const std::string& root, const ImageFilesOptions& options,
                             const std::shared_ptr<const Context>& context);

struct ImageListOptions {
  char delimiter = 0;  // 0: of comma, semicolon and tab the one that the first line has
  enum class Header { by_name, yes, no } header = Header::by_name;
  int classes = 0;   // of integer labels; 0: the largest + 1
  std::string root;  // of the paths; empty: the list's folder
  ImageFilesOptions files;
};
struct ImageList {
  std::vector<ImageFile> files;
  ClassNames classes;
};
// The files that a list names; `path` is its own. Raises FORMAT with the line.
ImageList parse_image_list(std::string_view text, const std::string& path, const ImageListOptions& options);
DatasetPtr open_image_list(const std::string& path, const ImageListOptions& options,
                           const std::shared_ptr<const Context>& context);

}  // namespace fovea::data
