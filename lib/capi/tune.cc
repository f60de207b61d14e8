#include <fovea/tune.h>

#include "capi/objects.h"
#include "graph/tune.h"

using namespace fovea;
using namespace fovea::capi;

namespace {

// No trainer may have planned a step, or do so meanwhile.
class WithoutTrainer {
 public:
  explicit WithoutTrainer(model::Model& model) : model_(model) {
    if (!model_.claim_trainer()) fail(Status::busy, "the model has a trainer: tune it before");
  }
  ~WithoutTrainer() { model_.release_trainer(); }
  WithoutTrainer(const WithoutTrainer&) = delete;
  WithoutTrainer& operator=(const WithoutTrainer&) = delete;

 private:
  model::Model& model_;
};

}  // namespace

fv_status fv_model_tune(fv_model* model, const fv_tune_desc* desc, fv_tuning* result, fv_error* error) {
  return guard(error, [&] {
    model::Model& m = *need(model, "model").impl;
    const fv_tune_desc d = read_desc(desc, "fv_tune_desc");
    FOVEA_REQUIRE(result == nullptr || result->struct_size >= sizeof(uint32_t),
                  "result.struct_size is not set");
    FOVEA_REQUIRE(d.batch_size >= 0, "batch_size is %d", static_cast<int>(d.batch_size));
    FOVEA_REQUIRE(d.repetitions >= 0 && d.repetitions <= 1000, "repetitions is %d, expected 0 to 1000",
                  static_cast<int>(d.repetitions));
    const std::shared_ptr<const CancelToken> cancel = token_of(d.cancel);
    const WithoutTrainer alone(m);
    const model::Writing writing(m);
    graph::TuneOptions o;
    o.dtype = m.dtype();
    o.batch = d.batch_size == 0 ? 32 : d.batch_size;
    o.training = d.training != 0;
    o.outputs = m.outputs();
    if (d.repetitions > 0) o.repetitions = d.repetitions;
    o.cancel = cancel.get();
    graph::Tuning tuned = graph::tune(m.context(), m.graph(), o);
    m.adopt(std::move(tuned.graph));
    if (result == nullptr) return;
    fv_tuning told{};
    told.changed = tuned.changed;
    told.seconds_before = tuned.seconds_before;
    told.seconds_after = tuned.seconds_after;
    write_info(result, told, "result");
  });
}
