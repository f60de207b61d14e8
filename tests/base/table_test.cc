// Tables for people.
#include "base/table.h"

#include <gtest/gtest.h>

namespace fovea {
namespace {

TEST(Table, AlignsItsColumns) {
  Table table{{"name"}, {"n", true}, {"note"}};
  table.add({"conv1", "7", ""});
  table.add({"d", "12345", "x"});
  table.rule();
  table.add({"total", "12352"});
  EXPECT_EQ(
      "name       n  note\n"
      "-----  -----  ----\n"
      "conv1      7\n"
      "d      12345  x\n"
      "-----  -----  ----\n"
      "total  12352\n",
      table.text());
}

TEST(Table, WithoutRowsIsItsHeading) { EXPECT_EQ("a  b\n-  -\n", (Table{{"a"}, {"b", true}}.text())); }

TEST(Table, GroupsDigits) {
  EXPECT_EQ("0", grouped(0));
  EXPECT_EQ("999", grouped(999));
  EXPECT_EQ("1,000", grouped(1000));
  EXPECT_EQ("61,706", grouped(61706));
  EXPECT_EQ("1,234,567", grouped(1234567));
  EXPECT_EQ("9,223,372,036,854,775,807", grouped(INT64_MAX));
}

TEST(Table, SaysBytes) {
  EXPECT_EQ("0 B", bytes_text(0));
  EXPECT_EQ("1023 B", bytes_text(1023));
  EXPECT_EQ("1.0 KiB", bytes_text(1024));
  EXPECT_EQ("1.5 KiB", bytes_text(1536));
  EXPECT_EQ("64.0 MiB", bytes_text(64.0 * 1048576));
  EXPECT_EQ("2048.0 TiB", bytes_text(2048.0 * 1099511627776));
}

}  // namespace
}  // namespace fovea
