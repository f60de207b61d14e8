// Trainer: other groups, or another depth that is frozen, in the middle of a training.
#include "train/trainer.h"

namespace fovea::train {

using model::Writing;

void Trainer::regroup(Groups groups, DepthOptions depth) {
  const Writing writing(*model_);
  const graph::Layout& layout = *model_->layout();
  check_groups(groups, layout);
  check_depth(depth, *model_->graph(), layout);
  // All that can fail comes first.
  Groups all = by_depth(groups, depth, *model_->graph(), layout);
  // What the plan of the steps was made for; where it changes, the next step makes another.
  const std::vector<char> learning = nodes_in_training(depth, *model_->graph(), layout);
  const bool replan = runner_ != nullptr &&
                      (runner_->plan().options().frozen != frozen_nodes(all, layout) ||
                       runner_->plan().options().as_in_training != learning);
  Penalty penalty(*model_->context(), layout, all, model_->dtype(), options_.penalty);
  Constraints constraints(all, layout, model_->dtype());
  optimizer_.set_groups(all, layout);
  penalty_ = std::move(penalty);
  constraints_ = std::move(constraints);
  groups_ = std::move(all);
  options_.groups = std::move(groups);
  options_.depth = std::move(depth);
  if (replan) runner_.reset(), forward_batch_ = 0;
}

}  // namespace fovea::train
