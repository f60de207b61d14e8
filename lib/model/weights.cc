#include "model/weights.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/pattern.h"
#include "base/tensor_view.h"
#include "base/text.h"
#include "model/model_file.h"
#include "model/transform_file.h"

namespace fovea::model {
namespace {

// A tensor of the source's, before renaming.
struct Offer {
  std::string name;
  Shape shape;
  bool is_float;
};

std::string renamed(const std::string& name, const std::vector<Rename>& renames) {
  for (const Rename& r : renames)
    if (name.starts_with(r.from)) return r.to + name.substr(r.from.size());
  return name;
}

// Who gets what: for each row that is `loaded`, a tensor of the model and one of the offers.
struct Pair {
  int tensor;
  size_t offer;
};
struct Matching {
  LoadReport report;
  std::vector<Pair> loaded;
};

Matching match(const Model& model, const std::vector<Offer>& offers, const LoadOptions& options) {
  std::map<std::string, size_t, std::less<>> by_name;
  for (size_t i = 0; i < offers.size(); ++i) {
    const std::string name = renamed(offers[i].name, options.renames);
    const auto [other, is_new] = by_name.emplace(name, i);
    FOVEA_REQUIRE(is_new, "tensors %s and %s of the source would both be called %s",
                  in_quotes(offers[other->second].name, 100).c_str(),
                  in_quotes(offers[i].name, 100).c_str(), in_quotes(name, 100).c_str());
  }
  Matching m;
  for (int i = 0; i < model.tensor_count(); ++i) {
    const graph::Slot& slot = *model.tensor(i).slot;
    if (!matches(options.tensors, slot.name)) continue;
    const auto found = by_name.find(slot.name);
    if (found == by_name.end()) {
      m.report.rows.push_back({Match::missing, slot.name, {}, slot.shape, {}});
      continue;
    }
    const Offer& offer = offers[found->second];
    const bool fits = offer.is_float && offer.shape == slot.shape;
    m.report.rows.push_back(
        {fits ? Match::loaded : Match::different, slot.name, offer.name, slot.shape, offer.shape});
    if (fits) m.loaded.push_back({i, found->second});
    by_name.erase(found);
  }
  // In the order of the source.
  for (size_t i = 0; i < offers.size(); ++i) {
    const std::string name = renamed(offers[i].name, options.renames);
    if (matches(options.tensors, name) && by_name.contains(name))
      m.report.rows.push_back({Match::left_over, name, offers[i].name, {}, offers[i].shape});
  }
  return m;
}

void check_strict(const LoadReport& report) {
  for (const LoadRow& row : report.rows) {
    if (row.match == Match::loaded) continue;
    fail(Status::mismatch, "%lld tensors are missing, %lld differ, %lld are left over; the first is %s",
         static_cast<long long>(report.count(Match::missing)),
         static_cast<long long>(report.count(Match::different)),
         static_cast<long long>(report.count(Match::left_over)), in_quotes(row.name).c_str());
  }
}

}  // namespace

int64_t LoadReport::count(Match match) const {
  return std::ranges::count_if(rows, [&](const LoadRow& row) { return row.match == match; });
}

std::string LoadReport::text() const {
  std::string out = std::to_string(count(Match::loaded)) + " loaded, " +
                    std::to_string(count(Match::missing)) + " missing, " +
                    std::to_string(count(Match::different)) + " different, " +
                    std::to_string(count(Match::left_over)) + " left over\n";
  for (const LoadRow& row : rows) {
    if (row.match == Match::missing)
      out += "missing    " + row.name + ' ' + row.shape.text();
    else if (row.match == Match::different)
      out += "different  " + row.name + ' ' + row.shape.text() + ", in the source " +
             row.source_shape.text() + (row.shape == row.source_shape ? ", of no float type" : "");
    else if (row.match == Match::left_over)
      out += "left over  " + in_quotes(row.source) + ' ' + row.source_shape.text();
    else
      continue;
    out += '\n';
  }
  return out;
}

LoadReport load_weights(Model& model, const io::SafetensorsReader& reader, const LoadOptions& options) {
  std::vector<Offer> offers;
  std::vector<const io::TensorEntry*> entries;
  for (const io::TensorEntry& entry : reader.tensors()) {
    if (is_of_trainer(entry.name) || is_of_transform(entry.name)) continue;
    offers.push_back({entry.name, entry.shape, entry.dtype == DType::f32 || entry.dtype == DType::f64});
    entries.push_back(&entry);
  }
  Matching m = match(model, offers, options);
  if (options.strict) check_strict(m.report);
  // Everything is read before anything is changed.
  std::vector<Buffer> read;
  for (const Pair& pair : m.loaded) {
    const io::TensorEntry& entry = *entries[pair.offer];
    const Buffer& bytes = read.emplace_back(
        model.context()->buffer(static_cast<size_t>(entry.shape.elements()) * size_of(*entry.dtype)));
    reader.read(entry, {bytes.data(), bytes.bytes()});
  }
  const Writing writing(model);
  for (size_t i = 0; i < m.loaded.size(); ++i) {
    const Model::Tensor to = model.tensor(m.loaded[i].tensor);
    convert(to.slot->elements, *entries[m.loaded[i].offer]->dtype, read[i].data(), model.dtype(), to.data);
  }
  model.raise_version();
  return std::move(m.report);
}

LoadReport copy_weights(Model& model, const Model& source, const LoadOptions& options) {
  FOVEA_REQUIRE(&model != &source, "the source is the model itself");
  std::vector<Offer> offers;
  for (int i = 0; i < source.tensor_count(); ++i) {
    const graph::Slot& slot = *source.tensor(i).slot;
    offers.push_back({slot.name, slot.shape, true});
  }
  Matching m = match(model, offers, options);
  if (options.strict) check_strict(m.report);
  const Reading reading(source);
  const Writing writing(model);
  for (const Pair& pair : m.loaded) {
    const Model::Tensor to = model.tensor(pair.tensor);
    const Model::Tensor from = source.tensor(static_cast<int>(pair.offer));
    convert(to.slot->elements, source.dtype(), from.data, model.dtype(), to.data);
  }
  model.raise_version();
  return std::move(m.report);
}

}  // namespace fovea::model
