#include "train/checks/report.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <iterator>

#include "base/table.h"

namespace fovea::train::checks {

static_assert(std::size(kCodeNames) == static_cast<size_t>(Code::sorted_samples) + 1);
static_assert(std::size(kCheckNames) == static_cast<size_t>(Check::advice) + 1);

bool Report::has(Code code) const {
  return std::any_of(findings_.begin(), findings_.end(), [&](const Finding& f) { return f.code == code; });
}

bool Report::alarmed(Check check) const {
  return std::any_of(findings_.begin(), findings_.end(),
                     [&](const Finding& f) { return f.check == check && f.severity >= Severity::warning; });
}

bool Report::alarmed(Code code) const {
  return std::any_of(findings_.begin(), findings_.end(),
                     [&](const Finding& f) { return f.code == code && f.severity >= Severity::warning; });
}

Severity Report::severity() const {
  Severity worst = Severity::ok;
  for (const Finding& f : findings_) worst = std::max(worst, f.severity);
  return worst;
}

void Report::drop(Code code) {
  std::erase_if(findings_, [&](const Finding& f) { return f.code == code; });
}

void Report::sort() {
  std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
    return a.severity != b.severity ? a.severity > b.severity : a.check < b.check;
  });
}

namespace {

// Lines of at most `width` bytes, broken at spaces.
std::string wrapped(const std::string& text, size_t width, const char* indent) {
  std::string out, line;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      out += indent + line + '\n';
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    at = end + 1;
  }
  return line.empty() ? out : out + indent + line + '\n';
}

}  // namespace

std::string Report::text() const {
  Table table({{"", false}, {"check", false}, {"finding", false}, {"where", false}, {"measure", true}});
  for (const Finding& f : findings_)
    table.add({kSeverityNames[static_cast<size_t>(f.severity)], kCheckNames[static_cast<size_t>(f.check)],
               kCodeNames[static_cast<size_t>(f.code)], f.where,
               std::isnan(f.value) ? "" : words("%.4g", f.value)});
  std::string text = table.text();
  bool begun = false;
  for (const Finding& f : findings_) {
    if (f.severity == Severity::ok || f.message.empty()) continue;
    if (!begun) text += '\n';
    begun = true;
    text += words("%s, %s", kSeverityNames[static_cast<size_t>(f.severity)],
                  kCodeNames[static_cast<size_t>(f.code)]);
    text += (f.where.empty() ? "" : " in " + f.where) + ":\n" + wrapped(f.message, 96, "  ");
  }
  return text;
}

std::string words(const char* format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  const int length = std::vsnprintf(nullptr, 0, format, args);
  std::string text(static_cast<size_t>(std::max(length, 0)), '\0');
  std::vsnprintf(text.data(), text.size() + 1, format, again);
  va_end(again);
  va_end(args);
  return text;
}

}  // namespace fovea::train::checks
