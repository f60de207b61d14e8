// Weights that come from a file or another model, by name. May use: base, io, model.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "io/safetensors.h"
#include "model/model.h"

namespace fovea::model {

// Values are those of fv_match.
enum class Match : int32_t { loaded = 1, missing = 2, different = 3, left_over = 4 };

struct Rename {
  std::string from, to;  // beginnings of names
};

struct LoadOptions {
  std::vector<Rename> renames;  // of the source's names; the first that fits counts
  std::string tensors = "*";    // a pattern: what of the model is loaded
  bool strict = false;          // anything but `loaded` raises mismatch
};

// What became of a tensor. What a row has no side of has no name and no shape there.
struct LoadRow {
  Match match;
  std::string name;    // in the model, or what it would be there
  std::string source;  // in the source
  Shape shape;         // in the model
  Shape source_shape;
};

struct LoadReport {
  std::vector<LoadRow> rows;  // the model's tensors in its order, then what is left over
  int64_t count(Match match) const;
  // A line with the counts, then one for each tensor that was not loaded.
  std::string text() const;
};

// All or nothing: what is raised leaves the model as it was. Raises busy, mismatch (strict) and
// invalid_argument (two tensors that get one name).
LoadReport load_weights(Model& model, const io::SafetensorsReader& reader, const LoadOptions& options);
LoadReport copy_weights(Model& model, const Model& source, const LoadOptions& options);

}  // namespace fovea::model
