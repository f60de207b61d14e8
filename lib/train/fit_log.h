// The tables that fit writes: CSV and JSON lines. May use: include/fovea only.
#pragma once
#include <fovea/fovea.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace fovea::train {

enum class LogFormat { csv, json_lines };

// Which rows a log may have already: up to this batch.
struct LogPosition {
  int64_t epoch = 0;
  int64_t batch = 0;
  bool recorded = true;  // an epoch that ends here is in the history, and so its row is in the log
};

class Log {
 public:
  // Removes what lies beyond `position` and opens `path` for more. NULL: no log. `names`: of the values that
  // come beside the progress.
  fv_status open(const char* path, LogFormat format, const std::vector<std::string>& names,
                 const LogPosition& position, fv_error* error);
  // `values` are those of an epoch; a row of a step has none.
  fv_status write(const fv_progress& progress, const std::vector<double>& values, fv_error* error);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  fv_status append(const std::string& text, fv_error* error);

  LogFormat format_ = LogFormat::csv;
  std::string path_;
  std::vector<std::string> names_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace fovea::train
