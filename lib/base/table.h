// Tables for people: columns that align, a rule below the heading. Uses std only.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace fovea {

class Table {
 public:
  struct Column {
    std::string heading;
    bool right = false;  // numbers
  };
  explicit Table(std::vector<Column> columns);
  Table(std::initializer_list<Column> columns) : Table(std::vector<Column>(columns)) {}

  void add(std::vector<std::string> cells);
  // A rule in front of the next row.
  void rule();
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  // an empty one is a rule
};

// 1234567 -> "1,234,567"
std::string grouped(int64_t n);
// 1536 -> "1.5 KiB"
std::string bytes_text(double bytes);

}  // namespace fovea
