#include "train/fit_log.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "train/fit_error.h"

namespace fovea::train {
namespace {

constexpr std::string_view kObject = "{\"epoch\":";  // the beginning of each JSON line
constexpr std::string_view kHeader =
    "epoch,batch,step,epoch_ended,loss,accuracy,val_loss,val_accuracy,batch_loss,learning_rate,seconds";

// As a quoted field of CSV (RFC 4180) or a string of JSON. Names have no control characters.
std::string quoted(const std::string& name, LogFormat format) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || (c == '\\' && format == LogFormat::json_lines))
      text += format == LogFormat::json_lines ? '\\' : '"';
    text += c;
  }
  return text + '"';
}

std::string header_of(const std::vector<std::string>& names) {
  std::string text(kHeader);
  for (const std::string& name : names)
    text += ',' + (name.find_first_of(",\"") == std::string::npos ? name : quoted(name, LogFormat::csv));
  return text + '\n';
}

// A row is `{"epoch":3,"batch":7,...}` or `3,7,...`.
class Row {
 public:
  explicit Row(LogFormat format) : json_(format == LogFormat::json_lines) {}

  void add(const char* name, int64_t value) { add(name, std::string_view(std::to_string(value))); }
  void add(const char* name, bool value) {
    add(name, std::string_view(json_ ? (value ? "true" : "false") : (value ? "1" : "0")));
  }
  void add(const char* name, double value) {
    char digits[32];
    const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, value);
    const std::string_view none = json_ ? "null" : "";
    add(name, std::isfinite(value) ? std::string_view(digits, end.ptr) : none);
  }
  std::string text() const { return json_ ? '{' + text_ + "}\n" : text_ + '\n'; }

 private:
  void add(const char* name, std::string_view value) {
    if (!first_) text_ += ',';
    first_ = false;
    if (json_) text_ += quoted(name, LogFormat::json_lines) + ':';
    text_ += value;
  }

  bool json_;
  bool first_ = true;
  std::string text_;
};

bool take(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}
bool take(std::string_view* text, int64_t* number) {
  const std::from_chars_result end = std::from_chars(text->data(), text->data() + text->size(), *number);
  if (end.ec != std::errc()) return false;
  text->remove_prefix(static_cast<size_t>(end.ptr - text->data()));
  return true;
}

// The epoch and batch that a line begins with.
bool read_row(std::string_view line, LogFormat format, int64_t* epoch, int64_t* batch) {
  const bool json = format == LogFormat::json_lines;
  return take(&line, json ? kObject : "") && take(&line, epoch) && take(&line, json ? ",\"batch\":" : ",") &&
         take(&line, batch) && take(&line, ",");
}

bool is_beyond(int64_t epoch, int64_t batch, const LogPosition& position) {
  if (epoch != position.epoch) return epoch > position.epoch;
  return position.recorded ? batch > position.batch : batch >= position.batch;
}

// How much of the log stays: whole lines up to the position. -1: it is no such log.
int64_t bytes_to_keep(std::string_view text, LogFormat format, const std::string& header,
                      const LogPosition& position) {
  const size_t size = text.size();
  const std::string_view beginning = format == LogFormat::csv ? std::string_view(header) : kObject;
  if (!text.starts_with(beginning)) return beginning.starts_with(text) ? 0 : -1;
  if (format == LogFormat::csv) text.remove_prefix(header.size());
  for (;;) {
    const size_t end = text.find('\n');
    const size_t kept = size - text.size();
    // The last line may have been cut off anywhere.
    if (end == std::string_view::npos) return static_cast<int64_t>(kept);
    int64_t epoch = 0, batch = 0;
    if (!read_row(text.substr(0, end), format, &epoch, &batch)) return -1;
    if (is_beyond(epoch, batch, position)) return static_cast<int64_t>(kept);
    text.remove_prefix(end + 1);
  }
}

fv_status fail_io(fv_error* error, const char* action, const std::string& path, int code) {
  return refuse(error, code == ENOENT ? FV_NOT_FOUND : FV_IO, "fit: cannot %s the log '%.200s': %s", action,
                path.c_str(), std::generic_category().message(code).c_str());
}

}  // namespace

fv_status Log::open(const char* path, LogFormat format, const std::vector<std::string>& names,
                    const LogPosition& position, fv_error* error) {
  if (path == nullptr) return FV_OK;
  path_ = path;
  format_ = format;
  names_ = names;
  std::string text;
  // Binary, and closed in a child of the host.
  file_.reset(std::fopen(path, "rbe"));
  if (file_ != nullptr) {
    char piece[4096];
    while (const size_t got = std::fread(piece, 1, sizeof piece, file_.get())) text.append(piece, got);
    if (std::ferror(file_.get()) != 0) return fail_io(error, "read", path_, errno);
  } else if (errno != ENOENT) {
    return fail_io(error, "open", path_, errno);
  }
  const int64_t keep = bytes_to_keep(text, format, header_of(names), position);
  if (keep < 0)
    return refuse(error, FV_MISMATCH, "fit: '%.200s' is there and is no log of a training with these columns",
                  path);
  if (static_cast<size_t>(keep) < text.size()) {
    std::error_code failed;
    std::filesystem::resize_file(path_, static_cast<uintmax_t>(keep), failed);
    if (failed) return fail_io(error, "shorten", path_, failed.value());
  }
  file_.reset(std::fopen(path, "abe"));
  if (file_ == nullptr) return fail_io(error, "open", path_, errno);
  return keep == 0 && format == LogFormat::csv ? append(header_of(names), error) : FV_OK;
}

fv_status Log::write(const fv_progress& p, const std::vector<double>& values, fv_error* error) {
  if (file_ == nullptr) return FV_OK;
  const bool ended = p.epoch_ended != 0;
  Row row(format_);
  row.add("epoch", p.epoch);
  row.add("batch", p.batch);
  row.add("step", p.step);
  row.add("epoch_ended", ended);
  row.add("loss", p.loss);
  row.add("accuracy", p.accuracy);
  row.add("val_loss", ended ? p.val_loss : NAN);
  row.add("val_accuracy", ended ? p.val_accuracy : NAN);
  row.add("batch_loss", p.batch_loss);
  row.add("learning_rate", p.learning_rate);
  row.add("seconds", p.seconds);
  for (size_t i = 0; i < names_.size(); ++i)
    row.add(names_[i].c_str(), ended && i < values.size() ? values[i] : NAN);
  return append(row.text(), error);
}

fv_status Log::append(const std::string& text, fv_error* error) {
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size() && std::fflush(file_.get()) == 0)
    return FV_OK;
  return fail_io(error, "write", path_, errno);
}

}  // namespace fovea::train
