#include "data/file_dataset.h"
#include "fuzz/fuzz.h"

using namespace fovea;

// Two bytes choose the options; the list follows.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  data::ImageListOptions options;
  options.delimiter = "\0,;\t"[data[0] % 4];
  options.header = static_cast<data::ImageListOptions::Header>(data[0] / 4 % 3);
  if (data[1] % 2 != 0) options.files.class_names = {"ant", "bee", "2"};
  fuzz::blame_the_file([&] {
    const data::ImageList list = data::parse_image_list(text, "folder/list.csv", options);
    fuzz::promise(!list.files.empty() && list.classes.count > 0);
    for (const data::ImageFile& file : list.files) {
      fuzz::promise(!file.path.empty());
      fuzz::promise(!file.wrong.empty() || (file.label >= 0 && file.label < list.classes.count));
    }
    fuzz::promise(list.classes.names.empty() ||
                  list.classes.names.size() == static_cast<size_t>(list.classes.count));
  });
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  const std::string plain(2, '\0'), named("\0\1", 2);
  return {plain + "path,label\na.png,ant\n\"b \"\"c\"\".png\",bee\r\n", plain + "a.png;3\nb.png;0\n",
          named + "a.png\tbee\nb.png\thornet\n", named + "\xef\xbb\xbf" + "a.png, 1\n/b.png, 2\n"};
}
