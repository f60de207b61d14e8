#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "data/file_dataset.h"
#include "io/file.h"

namespace fovea::data {
namespace {

constexpr int kMaxDepth = 64;  // links may lead in circles

bool is_image_name(std::string_view name) {
  constexpr std::array<std::string_view, 15> kEndings = {"jpg", "jpeg", "jpe", "jfif", "png",
                                                         "bmp", "dib",  "tga", "gif",  "psd",
                                                         "hdr", "pnm",  "pbm", "pgm",  "ppm"};
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  return std::ranges::find(kEndings, lower_case(name.substr(dot + 1))) != kEndings.end();
}

// The images of one class, in this folder and below.
void collect(const std::string& folder, int label, int depth, std::vector<ImageFile>& files,
             int64_t& ignored) {
  if (depth > kMaxDepth)
    fail(Status::format, "%s: folders are nested more than %d deep", in_quotes(folder).c_str(), kMaxDepth);
  for (const io::FolderEntry& entry : io::list_folder(folder)) {
    if (entry.name.front() == '.') continue;
    const std::string path = folder + "/" + entry.name;
    if (entry.folder)
      collect(path, label, depth + 1, files, ignored);
    else if (is_image_name(entry.name))
      files.push_back({path, label});
    else
      ++ignored;
  }
}

}  // namespace

DatasetPtr open_image_folder(const std::string& root, const ImageFilesOptions& options,
                             const std::shared_ptr<const Context>& context) {
  std::vector<ImageFile> files;
  const ClassOrder order(options.class_names);
  ClassNames classes{options.class_names, static_cast<int>(options.class_names.size())};
  const bool given = classes.count != 0;
  int64_t ignored = 0;
  for (const io::FolderEntry& entry : io::list_folder(root)) {
    if (entry.name.front() == '.') continue;
    if (entry.unknown) io::open_file(root + "/" + entry.name);  // without a class the others' numbers change
    if (!entry.folder) {
      ++ignored;
      continue;
    }
    const size_t before = files.size();
    const int label = given ? order.find(entry.name) : classes.count;
    collect(root + "/" + entry.name, label, 0, files, ignored);
    if (label < 0) {
      for (size_t i = before; i < files.size(); ++i)
        files[i].wrong = in_quotes(files[i].path) + ": " + in_quotes(entry.name) + " is none of the classes";
      continue;
    }
    if (!given && files.size() == before)
      fail(Status::format, "%s: the class folder %s has no images", in_quotes(root).c_str(),
           in_quotes(entry.name).c_str());
    if (given) continue;
    classes.names.push_back(entry.name);
    ++classes.count;
  }
  if (files.empty())
    fail(Status::format, "%s has no class folders: expected one for each class, with images in it",
         in_quotes(root).c_str());
  return image_files(std::move(files), std::move(classes), ignored, root, options, context);
}

}  // namespace fovea::data
