#include <fovea/transfer.h>

#include "capi/nodes.h"
#include "model/node_features.h"
#include "model/surgery.h"
#include "model/weights.h"
#include "train/fit_probe.h"

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

fv_status fv_trainer_freeze_until(fv_trainer* trainer, const char* node, const fv_freeze_desc* desc,
                                  fv_error* error) {
  return guard(error, [&] {
    train::Trainer& t = *need(trainer, "trainer").impl;
    const fv_freeze_desc d = read_desc(desc, "fv_freeze_desc");
    train::DepthOptions depth = t.depth();
    depth.frozen_until = node == nullptr ? "" : t.model()->graph()->node(node_of(*t.model(), node)).name;
    depth.trains_statistics = d.train_statistics != 0;
    t.set_depth(depth);
  });
}

const char* fv_trainer_frozen_until(const fv_trainer* trainer) {
  return trainer == nullptr ? nullptr : text_or_null(trainer->impl->depth().frozen_until);
}

fv_status fv_trainer_set_layer_rates(fv_trainer* trainer, double decay, fv_error* error) {
  return guard(error, [&] {
    train::Trainer& t = *need(trainer, "trainer").impl;
    train::DepthOptions depth = t.depth();
    depth.rate_decay = number(decay, 1 / 2.6);
    t.set_depth(depth);
  });
}

fv_status fv_trainer_rate_factor(const fv_trainer* trainer, const char* parameter, double* factor,
                                 fv_error* error) {
  return guard(error, [&] {
    const train::Trainer& t = *need(trainer, "trainer").impl;
    need(factor, "factor");
    const Model::Tensor tensor = t.model()->tensor(&need(parameter, "parameter"));
    FOVEA_REQUIRE(tensor.trainable, "'%.200s' is state, which has no rate", parameter);
    const train::Group group = t.group(*tensor.slot);
    *factor = group.frozen ? 0 : group.rate;
  });
}

fv_status fv_session_features(fv_session* session, const fv_dataset* dataset, const fv_features_desc* desc,
                              fv_dataset** features, size_t count, fv_error* error) {
  return guard(error, [&] {
    model::Session& s = *need(session, "session").impl;
    const data::DatasetPtr& data = need(dataset, "dataset").impl;
    const fv_features_desc d = read_desc(desc, "fv_features_desc");
    need(features, "features");
    FOVEA_REQUIRE(count == s.nodes().size(), "there is room for %zu datasets, the session has %zu outputs",
                  count, s.nodes().size());
    const std::shared_ptr<const CancelToken> cancel = token_of(d.cancel);
    std::vector<std::unique_ptr<fv_dataset>> made;
    for (data::DatasetPtr& part : model::features(s, data, cancel.get()))
      made.push_back(std::make_unique<fv_dataset>(std::move(part)));
    for (size_t i = 0; i < count; ++i) features[i] = made[i].release();
  });
}

fv_status fv_model_probe(const fv_model* model, const char* const* nodes, size_t count,
                         const fv_dataset* train, const fv_dataset* validation, const fv_probe_desc* desc,
                         fv_probe_result* results, fv_error* error) {
  fv_probe_desc d{};
  std::vector<const char*> names;
  const fv_status status = guard(error, [&] {
    need(model, "model");
    need(train, "train");
    need(validation, "validation");
    need(results, "results");
    d = read_desc(desc, "fv_probe_desc");
    FOVEA_REQUIRE(nodes != nullptr && count >= 1 && count <= 64, "there are %zu nodes, expected 1 to 64",
                  nodes == nullptr ? size_t{0} : count);
    for (size_t i = 0; i < count; ++i) names.push_back(&need(nodes[i], "the name of a node"));
    FOVEA_REQUIRE(d.epochs >= 0 && d.batch_size >= 0, "epochs is %d, batch_size %d",
                  static_cast<int>(d.epochs), static_cast<int>(d.batch_size));
  });
  if (status != FV_OK) return status;
  fv_context context{model->impl->context()};
  fv_status probed = FV_OK;
  const fv_status fenced = guard(
      error, [&] { probed = train::probe(&context, *model, names, *train, *validation, d, results, error); });
  return fenced != FV_OK ? fenced : probed;
}
