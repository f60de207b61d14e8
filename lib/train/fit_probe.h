// Linear probes, written with public calls only. May use: include/fovea only.
#pragma once
#include <fovea/fovea.h>

#include <vector>

namespace fovea::train {

// fv_model_probe with a complete descriptor. Overwrites results[nodes.size()] when all of it has succeeded.
fv_status probe(fv_context* context, const fv_model& model, const std::vector<const char*>& nodes,
                const fv_dataset& train, const fv_dataset& validation, const fv_probe_desc& desc,
                fv_probe_result* results, fv_error* error);

}  // namespace fovea::train
