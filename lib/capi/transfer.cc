#include <fovea/transfer.h>

#include "capi/nodes.h"
#include "model/surgery.h"
#include "model/weights.h"

using namespace fovea;
using namespace fovea::capi;
using model::LoadReport;
using model::LoadRow;
using model::Match;
using model::Model;

static_assert(FV_MATCH_LOADED == static_cast<int>(Match::loaded));
static_assert(FV_MATCH_LEFT_OVER == static_cast<int>(Match::left_over));

struct fv_load_report {
  LoadReport impl;
};

namespace {

model::LoadOptions options_from(const fv_load_desc* desc) {
  const fv_load_desc d = read_desc(desc, "fv_load_desc");
  FOVEA_REQUIRE(d.renames != nullptr || d.rename_count == 0, "renames is NULL");
  FOVEA_REQUIRE(d.rename_count <= 65536, "there are %zu renames, at most 65536 are possible", d.rename_count);
  model::LoadOptions options;
  options.strict = d.strict != 0;
  if (d.tensors != nullptr) options.tensors = d.tensors;
  for (size_t i = 0; i < d.rename_count; ++i)
    options.renames.push_back({&need(d.renames[i].from, "from of a rename"),
                               &need(d.renames[i].to, "to of a rename")});
  return options;
}

// load() changes the model last of all, so that nothing is taken after it but what cannot fail.
template <class Load>
fv_status load_with_report(fv_load_report** report, fv_error* error, Load&& load) {
  return guard(error, [&] {
    auto made = std::make_unique<fv_load_report>();
    made->impl = load();
    if (report != nullptr) *report = made.release();
  });
}

const char* text_or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

int node_of(const Model& m, const char* name) {
  const int node = m.graph()->find(&need(name, "node"));
  if (node < 0) fail(Status::not_found, "the model has no node '%.200s'", name);
  return node;
}

}  // namespace

fv_status fv_model_load_weights(fv_model* model, const char* path, const fv_load_desc* desc,
                                fv_load_report** report, fv_error* error) {
  return load_with_report(report, error, [&] {
    Model& m = *need(model, "model").impl;
    return model::load_weights(m, io::SafetensorsReader(&need(path, "path")), options_from(desc));
  });
}

fv_status fv_model_copy_weights(fv_model* model, const fv_model* source, const fv_load_desc* desc,
                                fv_load_report** report, fv_error* error) {
  return load_with_report(report, error, [&] {
    Model& m = *need(model, "model").impl;
    return model::copy_weights(m, *need(source, "source").impl, options_from(desc));
  });
}

void fv_load_report_destroy(fv_load_report* report) {
  delete report;
}

int64_t fv_load_report_count(const fv_load_report* report, fv_match match) {
  if (report == nullptr) return 0;
  return match == 0 ? static_cast<int64_t>(report->impl.rows.size())
                    : report->impl.count(static_cast<Match>(match));
}

fv_status fv_load_report_rows(const fv_load_report* report, fv_load_row* rows, size_t capacity,
                              size_t* needed, fv_error* error) {
  return guard(error, [&] {
    const std::vector<LoadRow>& all = need(report, "report").impl.rows;
    FOVEA_REQUIRE(rows != nullptr || capacity == 0, "rows is NULL");
    if (needed != nullptr) *needed = all.size();
    for (size_t i = 0; i < std::min(capacity, all.size()); ++i) {
      fv_load_row row{};
      row.name = all[i].name.c_str();
      row.source = text_or_null(all[i].source);
      shape_to(all[i].shape, row.shape, &row.rank);
      shape_to(all[i].source_shape, row.source_shape, &row.source_rank);
      row.match = static_cast<fv_match>(all[i].match);
      rows[i] = row;
    }
  });
}

fv_status fv_load_report_text(const fv_load_report* report, char* buffer, size_t capacity, size_t* needed,
                              fv_error* error) {
  return guard(error, [&] {
    const std::string text = need(report, "report").impl.text();
    write_text(text.data(), text.size(), buffer, capacity, needed);
  });
}

fv_status fv_graph_from_model(const fv_model* model, fv_graph** graph, fv_error* error) {
  return guard(error, [&] {
    need(graph, "graph");
    const Model& m = *need(model, "model").impl;
    std::unique_ptr<fv_graph> made = new_graph(m.context());
    made->graph = *m.graph();
    *graph = made.release();
  });
}

fv_status fv_model_replace_head(const fv_model* model, const char* node, const fv_head_desc* desc,
                                fv_model** made, fv_error* error) {
  return guard(error, [&] {
    need(made, "made");
    const Model& m = *need(model, "model").impl;
    const fv_head_desc d = read_desc(desc, "fv_head_desc");
    FOVEA_REQUIRE(d.units > 0, "units of the head is %lld, expected 1 or more",
                  static_cast<long long>(d.units));
    model::HeadOptions options;
    options.units = d.units;
    if (d.name != nullptr) options.name = d.name;
    options.seed = d.seed;
    options.initializer = initializer_from(d.kernel_initializer);
    auto result = std::make_unique<fv_model>();
    result->impl = model::replace_head(m, node_of(m, node), options);
    *made = result.release();
  });
}
