#include <algorithm>
#include <array>
#include <cctype>
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
  std::string ending(name.substr(dot + 1));
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::ranges::find(kEndings, ending) != kEndings.end();
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
                             const Context& context) {
  std::vector<ImageFile> files;
  ClassNames classes;
  int64_t ignored = 0;
  for (const io::FolderEntry& entry : io::list_folder(root)) {
    if (entry.name.front() == '.') continue;
    if (!entry.folder) {
      ++ignored;
      continue;
    }
    const size_t before = files.size();
    collect(root + "/" + entry.name, classes.count, 0, files, ignored);
    if (files.size() == before)
      fail(Status::format, "%s: the class folder %s has no images", in_quotes(root).c_str(),
           in_quotes(entry.name).c_str());
    classes.names.push_back(entry.name);
    ++classes.count;
  }
  if (classes.count == 0)
    fail(Status::format, "%s has no class folders: expected one for each class, with images in it",
         in_quotes(root).c_str());
  return image_files(std::move(files), std::move(classes), ignored, root, options, context);
}

}  // namespace fovea::data
