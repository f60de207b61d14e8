// What is in datasets and should not be: copies, samples of one part in another, what cannot be read.
// May use: base, data/dataset.h.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "data/dataset.h"

namespace fovea::data {

struct AuditPart {
  std::string name;
  int64_t count = 0;
  std::vector<int64_t> per_class;  // none where there are targets
  int64_t broken = 0;              // files that were left out when the dataset was opened
  int64_t unreadable = 0;          // samples that cannot be read
  int64_t duplicates = 0;          // with the contents of an earlier sample of this part
  int64_t conflicts = 0;           // of these, with another label
  int64_t shared = 0;              // with the contents of a sample of an earlier part
  int64_t near_duplicates = 0;     // images that look like an earlier one of this part, and are no copies
  int64_t near_shared = 0;         // images that look like one of an earlier part, and are in none
  struct Extent {
    int64_t least = 0, most = 0;
    double mean = 0;
  } height, width;  // of images; else 0
};

struct Audit {
  std::vector<AuditPart> parts;
  std::string text;  // the same in words, with examples
};

// Reads every sample once, on all threads. Contents are compared by a hash of 64 bits, and of images they are
// pixels: the same picture in another file or format counts. What looks alike: look_alike.h. Raises
// INVALID_ARGUMENT.
Audit audit(std::span<const DatasetPtr> datasets, std::span<const std::string> names, const Context& context);

}  // namespace fovea::data
