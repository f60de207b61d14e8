#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "data/file_dataset.h"
#include "io/file.h"

namespace fovea::data {
namespace {

constexpr uint64_t kMaxListBytes = uint64_t{1} << 30;

struct Line {
  int64_t number = 0;  // from 1
  std::vector<std::string> fields;
};

// Lines of fields (RFC 4180): fields in quotes may have delimiters, line ends and doubled quotes in them.
class Reader {
 public:
  Reader(std::string_view text, const std::string& path, char delimiter) : text_(text), path_(path) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
    delimiter_ = delimiter != 0 ? delimiter : guess();
  }

  // The next line that is not empty; false at the end.
  bool next(Line& line) {
    do {
      if (at_ == text_.size()) return false;
      line.number = number_;
      line.fields.assign(1, {});
      bool more = true;
      while (more) more = field(line);
    } while (line.fields.size() == 1 && line.fields[0].empty());
    return true;
  }
  [[noreturn]] void damaged(int64_t line, const char* what) const {
    fail(Status::format, "%s, line %lld: %s", in_quotes(path_).c_str(), static_cast<long long>(line), what);
  }

 private:
  // Of the first line, without what stands in quotes.
  char guess() const {
    std::string first;
    bool quoted = false;
    for (const char c : text_) {
      if (c == '\n' && !quoted) break;
      quoted = quoted != (c == '"');
      if (!quoted) first += c;
    }
    char best = ',';
    int64_t most = 0;
    for (const char c : {',', ';', '\t'})
      if (const int64_t n = std::ranges::count(first, c); n > most) {
        most = n;
        best = c;
      }
    return best;
  }

  // One field into the last of the line; false where the line ends behind it.
  bool field(Line& line) {
    std::string& out = line.fields.back();
    if (at_ < text_.size() && text_[at_] == '"') {
      for (++at_;; ++at_) {
        if (at_ == text_.size()) damaged(line.number, "a quote is not closed");
        if (text_[at_] == '\n') ++number_;
        if (text_[at_] == '"') {
          if (at_ + 1 == text_.size() || text_[at_ + 1] != '"') break;
          ++at_;
        }
        out += text_[at_];
      }
      ++at_;
    } else {
      while (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n' && text_[at_] != '\r')
        out += text_[at_++];
      // Blanks around a field that is not quoted are no part of it.
      out.erase(out.find_last_not_of(' ') + 1);
      out.erase(0, out.find_first_not_of(' '));
    }
    if (at_ < text_.size() && text_[at_] == delimiter_) {
      ++at_;
      line.fields.emplace_back();
      return true;
    }
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size()) {
      if (text_[at_] != '\n') damaged(number_, "text after a closing quote or a carriage return");
      ++at_;
      ++number_;
    }
    return false;
  }

  std::string_view text_;
  const std::string& path_;
  char delimiter_ = ',';
  size_t at_ = 0;
  int64_t number_ = 1;
};

bool names_a_column(std::string_view text) {
  const std::string field = lower_case(text);
  for (const char* name : {"path", "file", "filename", "file_name", "image", "image_path", "img"})
    if (field == name) return true;
  return false;
}

std::optional<int64_t> integer(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Row {
  int64_t line;
  std::string path, label;
};

// Whether the first row is the names of the columns, where none of them is known: its label is the only one
// that is no integer, and its path has no ending.
bool is_header(const std::vector<Row>& rows) {
  const auto is_integer = [](const Row& row) { return integer(row.label).has_value(); };
  return rows.size() > 1 && rows[0].path.find('.', rows[0].path.rfind('/')) == std::string::npos &&
         !is_integer(rows[0]) && std::all_of(rows.begin() + 1, rows.end(), is_integer);
}

// Labels by names in an order that was given.
void number_by(const ClassOrder& order, const std::vector<Row>& rows, std::vector<ImageFile>& files) {
  for (const Row& row : rows) {
    ImageFile file{row.path, order.find(row.label)};
    if (file.label < 0)
      file.wrong = in_quotes(row.path) + ": " + in_quotes(row.label) + " is none of the classes";
    files.push_back(std::move(file));
  }
}

// Numbers the labels: as they are where all of them are integers that name no class, else by name.
ClassNames number_classes(const std::vector<Row>& rows, const ImageListOptions& options, const Reader& reader,
                          std::vector<ImageFile>& files) {
  const ClassOrder order(options.files.class_names);
  ClassNames out{options.files.class_names, static_cast<int>(options.files.class_names.size())};
  const int classes = options.classes != 0 ? options.classes : out.count;
  FOVEA_REQUIRE(out.count == 0 || classes == out.count, "classes is %d, class_names has %d", classes,
                out.count);
  const bool integers = std::ranges::all_of(rows, [&](const Row& row) {
    return integer(row.label).has_value() && order.find(row.label) < 0;
  });
  if (!integers && out.count != 0) {
    number_by(order, rows, files);
    return out;
  }
  if (integers) {
    const int64_t limit = classes != 0 ? classes : INT32_MAX;
    for (const Row& row : rows) {
      const int64_t label = *integer(row.label);
      if (label < 0 || label >= limit)
        reader.damaged(row.line, "the label is negative or beyond the classes");
      files.push_back({row.path, static_cast<int>(label)});
      out.count = std::max(out.count, static_cast<int>(label) + 1);
    }
    if (classes != 0) out.count = classes;
    return out;
  }
  for (const Row& row : rows)
    if (integer(row.label)) reader.damaged(row.line, "the label is a number, others are names");
  if (classes != 0) reader.damaged(rows.front().line, "classes is given, but labels are names");
  std::map<std::string, int> numbers;
  for (const Row& row : rows) numbers[row.label] = 0;
  for (auto& [name, number] : numbers) {
    number = out.count++;
    out.names.push_back(name);
  }
  for (const Row& row : rows) files.push_back({row.path, numbers[row.label]});
  return out;
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string(".") : path.substr(0, slash);
}

}  // namespace

ImageList parse_image_list(std::string_view text, const std::string& path, const ImageListOptions& options) {
  const char d = options.delimiter;
  FOVEA_REQUIRE(d == 0 || d == ',' || d == ';' || d == '\t',
                "delimiter is 0x%02x, expected ',', ';' or a tab",
                static_cast<unsigned>(static_cast<unsigned char>(d)));
  FOVEA_REQUIRE(options.classes >= 0, "classes is %d", options.classes);
  Reader reader(text, path, d);
  const std::string root = options.root.empty() ? folder_of(path) : options.root;
  std::vector<Row> rows;
  Line line;
  for (bool first = true; reader.next(line); first = false) {
    using Header = ImageListOptions::Header;
    if (first && (options.header == Header::yes ||
                  (options.header == Header::by_name && names_a_column(line.fields[0]))))
      continue;
    if (line.fields.size() < 2) reader.damaged(line.number, "there is no label, expected path and label");
    if (line.fields[0].empty()) reader.damaged(line.number, "the path is empty");
    if (line.fields[1].empty()) reader.damaged(line.number, "the label is empty");
    const bool absolute = line.fields[0].front() == '/';
    rows.push_back({line.number, absolute ? line.fields[0] : root + "/" + line.fields[0], line.fields[1]});
  }
  if (options.header == ImageListOptions::Header::by_name && is_header(rows)) rows.erase(rows.begin());
  if (rows.empty()) fail(Status::format, "%s lists no images", in_quotes(path).c_str());
  ImageList list;
  list.classes = number_classes(rows, options, reader, list.files);
  return list;
}

DatasetPtr open_image_list(const std::string& path, const ImageListOptions& options,
                           const std::shared_ptr<const Context>& context) {
  const std::vector<std::byte> bytes = io::read_file(path, kMaxListBytes);
  ImageList list =
      parse_image_list({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path, options);
  return image_files(std::move(list.files), std::move(list.classes), 0, path, options.files, context);
}

}  // namespace fovea::data
