// What the nodes of a session give on a whole dataset. May use: base, data, model.
#pragma once
#include <vector>

#include "base/cancel_token.h"
#include "data/dataset.h"
#include "model/session.h"

namespace fovea::model {

// A dataset for each of the session's nodes: its values in memory as samples, of the model's element type,
// beside labels, targets and class names of `dataset`, which stays alive. Raises busy and cancelled.
std::vector<data::DatasetPtr> features(Session& session, const data::DatasetPtr& dataset,
                                       const CancelToken* cancel);

}  // namespace fovea::model
