#include "data/audit.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"
#include "data/hash.h"
#include "data/look_alike.h"

namespace fovea::data {
namespace {

using Ll = long long;

constexpr int64_t kBlock = 16;      // samples of a task
constexpr size_t kMaxClasses = 32;  // that are told one by one
constexpr int64_t kMaxExamples = 10;

// What reading one sample has shown.
struct Seen {
  uint64_t hash = 0;
  int64_t height = 0, width = 0;
  std::string error;
  std::optional<Glance> glance;
};

// None of an image that cannot be made small, which says nothing against the image.
std::optional<Glance> glance_at(const TensorView& image, SampleMemory& memory) {
  try {
    return glance(image, memory);
  } catch (const Error& error) {
    if (error.status() == Status::out_of_memory) throw;
    return {};
  }
}

Seen look_at(const Dataset& dataset, int64_t index, SampleMemory& memory) {
  Seen seen;
  try {
    const TensorView sample = dataset.read(index, memory);
    Xxh64 hash;
    hash.update(static_cast<uint64_t>(sample.dtype));
    for (const int64_t extent : sample.shape.extents()) hash.update(static_cast<uint64_t>(extent));
    hash.update({static_cast<const std::byte*>(sample.data), sample.bytes()});
    seen.hash = hash.digest();
    if (sample.shape.rank() == 3) {
      seen.height = sample.shape[0];
      seen.width = sample.shape[1];
    }
    seen.glance = glance_at(sample, memory);
  } catch (const Error& error) {
    if (error.status() == Status::out_of_memory) throw;
    seen.error = error.what();
  }
  return seen;
}

std::vector<Seen> look_at_all(const Dataset& dataset, const Context& context) {
  std::vector<Seen> all(static_cast<size_t>(dataset.size()));
  Executor& executor = context.executor();
  SampleLanes lanes(context.allocator(), executor.threads());
  executor.parallel_for(blocks_of(dataset.size(), kBlock), [&](int64_t block, int lane) {
    const int64_t end = std::min(dataset.size(), (block + 1) * kBlock);
    for (int64_t i = block * kBlock; i < end; ++i)
      all[static_cast<size_t>(i)] = look_at(dataset, i, lanes[lane]);
  });
  return all;
}

class Text {
 public:
  void line(const char* format, ...) FOVEA_PRINTF(2, 3) {
    char buffer[1024];
    va_list args;
    va_start(args, format);
    std::vsnprintf(buffer, sizeof buffer, format, args);
    va_end(args);
    out_ += buffer;
    out_ += '\n';
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string name_of(const Dataset& dataset, int64_t index) {
  const std::string path = dataset.sample_name(index);
  return path.empty() ? "sample " + std::to_string(index) : in_quotes(path);
}

void measure(const std::vector<Seen>& seen, int64_t Seen::*side, AuditPart::Extent& extent) {
  int64_t count = 0;
  double sum = 0;
  for (const Seen& s : seen) {
    if (s.*side == 0) continue;
    extent.least = count == 0 ? s.*side : std::min(extent.least, s.*side);
    extent.most = std::max(extent.most, s.*side);
    sum += static_cast<double>(s.*side);
    ++count;
  }
  if (count != 0) extent.mean = sum / static_cast<double>(count);
}

void tell_classes(const Dataset& dataset, const AuditPart& part, Text& text) {
  if (part.per_class.empty()) return;
  if (part.per_class.size() <= kMaxClasses) {
    for (size_t c = 0; c < part.per_class.size(); ++c)
      text.line("  %s: %lld", dataset.class_name(static_cast<int>(c)).c_str(), Ll{part.per_class[c]});
    return;
  }
  const auto [least, most] = std::ranges::minmax(part.per_class);
  text.line("  %lld to %lld samples of a class", Ll{least}, Ll{most});
}

// Where the contents of a sample were met first.
struct First {
  size_t part;
  int64_t index;
};

class Auditor {
 public:
  Auditor(std::span<const DatasetPtr> datasets, std::span<const std::string> names)
      : datasets_(datasets), names_(names) {}

  AuditPart add(size_t p, const std::vector<Seen>& seen) {
    const Dataset& d = *datasets_[p];
    AuditPart part;
    part.name = names_[p];
    part.count = d.size();
    if (d.classes() > 0) {
      part.per_class.resize(static_cast<size_t>(d.classes()));
      for (int64_t i = 0; i < d.size(); ++i) ++part.per_class[static_cast<size_t>(d.label(i))];
    }
    measure(seen, &Seen::height, part.height);
    measure(seen, &Seen::width, part.width);
    text_.line("%s: %lld samples", part.name.c_str(), Ll{part.count});
    tell_classes(d, part, text_);
    if (part.height.most != 0)
      text_.line("  height %lld to %lld, mean %.1f; width %lld to %lld, mean %.1f", Ll{part.height.least},
                 Ll{part.height.most}, part.height.mean, Ll{part.width.least}, Ll{part.width.most},
                 part.width.mean);
    tell_unreadable(d, seen, part);
    compare(p, seen, part);
    compare_looks(p, seen, part);
    return part;
  }
  std::string text() { return text_.take(); }

 private:
  void tell_unreadable(const Dataset& d, const std::vector<Seen>& seen, AuditPart& part) {
    if (const auto report = d.files_report(); report != nullptr && !report->problems.empty()) {
      part.broken = static_cast<int64_t>(report->problems.size());
      text_.line("  %lld files were left out", Ll{part.broken});
      for (size_t i = 0; i < report->problems.size() && i < kMaxExamples; ++i)
        text_.line("    %s", report->problems[i].c_str());
    }
    for (const Seen& s : seen) {
      if (s.error.empty()) continue;
      if (part.unreadable++ < kMaxExamples) text_.line("  cannot be read: %s", s.error.c_str());
    }
    if (part.unreadable > kMaxExamples) text_.line("  %lld cannot be read in all", Ll{part.unreadable});
  }

  void compare(size_t p, const std::vector<Seen>& seen, AuditPart& part) {
    const Dataset& d = *datasets_[p];
    std::unordered_map<uint64_t, int64_t> own;
    for (int64_t i = 0; i < d.size(); ++i) {
      const Seen& s = seen[static_cast<size_t>(i)];
      if (!s.error.empty()) continue;
      if (const auto [at, is_new] = own.emplace(s.hash, i); !is_new) {
        const bool conflict = d.classes() > 0 && d.label(i) != d.label(at->second);
        if (part.duplicates++ < kMaxExamples)
          text_.line("  %s is a copy of %s%s", name_of(d, i).c_str(), name_of(d, at->second).c_str(),
                     conflict ? ", with another label" : "");
        part.conflicts += conflict;
      }
      if (const auto other = earlier_.find(s.hash); other != earlier_.end()) {
        const First& first = other->second;
        if (part.shared++ < kMaxExamples)
          text_.line("  %s is in %s, too: %s", name_of(d, i).c_str(), names_[first.part].c_str(),
                     name_of(*datasets_[first.part], first.index).c_str());
      }
    }
    if (part.duplicates > kMaxExamples) text_.line("  %lld copies in all", Ll{part.duplicates});
    if (part.conflicts != 0) text_.line("  %lld copies have another label", Ll{part.conflicts});
    if (part.shared > kMaxExamples) text_.line("  %lld are in earlier parts, too, in all", Ll{part.shared});
    for (const auto& [hash, index] : own) earlier_.emplace(hash, First{p, index});
  }

  // Exact copies have been told.
  void compare_looks(size_t p, const std::vector<Seen>& seen, AuditPart& part) {
    const Dataset& d = *datasets_[p];
    LookAlikes own;
    std::vector<First> kept;
    for (int64_t i = 0; i < d.size(); ++i) {
      const Seen& s = seen[static_cast<size_t>(i)];
      if (!s.glance || !contents_.insert(s.hash).second) continue;
      if (const int64_t at = own.find(*s.glance); at >= 0) {
        if (part.near_duplicates++ < kMaxExamples)
          text_.line("  %s looks like %s", name_of(d, i).c_str(), name_of(d, at).c_str());
      }
      if (const int64_t at = earlier_looks_.find(*s.glance); at >= 0) {
        const First& first = looked_at_[static_cast<size_t>(at)];
        if (part.near_shared++ < kMaxExamples)
          text_.line("  %s looks like one of %s: %s", name_of(d, i).c_str(), names_[first.part].c_str(),
                     name_of(*datasets_[first.part], first.index).c_str());
      }
      own.add(*s.glance, i);
      kept.push_back({p, i});
    }
    if (part.near_duplicates > kMaxExamples)
      text_.line("  %lld look like another in all", Ll{part.near_duplicates});
    if (part.near_shared > kMaxExamples)
      text_.line("  %lld look like one of an earlier part in all", Ll{part.near_shared});
    for (const First& first : kept) {
      earlier_looks_.add(*seen[static_cast<size_t>(first.index)].glance,
                         static_cast<int64_t>(looked_at_.size()));
      looked_at_.push_back(first);
    }
  }

  std::span<const DatasetPtr> datasets_;
  std::span<const std::string> names_;
  std::unordered_map<uint64_t, First> earlier_;
  std::unordered_set<uint64_t> contents_;  // that have been compared by their looks
  LookAlikes earlier_looks_;
  std::vector<First> looked_at_;  // by the numbers that earlier_looks_ has
  Text text_;
};

}  // namespace

Audit audit(std::span<const DatasetPtr> datasets, std::span<const std::string> names,
            const Context& context) {
  FOVEA_REQUIRE(!datasets.empty(), "no datasets to look at");
  Auditor auditor(datasets, names);
  Audit result;
  for (size_t p = 0; p < datasets.size(); ++p)
    result.parts.push_back(auditor.add(p, look_at_all(*datasets[p], context)));
  result.text = auditor.text();
  return result;
}

}  // namespace fovea::data
