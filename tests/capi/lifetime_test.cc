// Any order of destruction is legal: children keep what they need.
#include <algorithm>
#include <functional>
#include <numeric>

#include "support.h"

namespace fovea::test {
namespace {

struct World {
  Made made;
  Trainer trainer;
  Session session;
  Dataset data, subset;
  Handle<fv_cancel_token> token;
};

World build() {
  fv_error err{};
  World w;
  w.made = make(small_resnet, DESC(fv_context_desc, .threads = 2));
  w.trainer = make_trainer(w.made.model);
  const std::vector<float> x = noise(8 * 192);
  const std::vector<int32_t> y = labels(8, 10);
  EXPECT_EQ(FV_OK, fv_dataset_from_memory(w.made.context, DESC(fv_memory_dataset_desc, .classes = 10,
                                                               .samples = tensor(x, {8, 8, 8, 3}),
                                                               .labels = tensor(y, {8})), w.data.out(), &err))
      << err.message;
  const int64_t indices[] = {1, 3, 5};
  EXPECT_EQ(FV_OK, fv_dataset_subset(w.data, indices, 3, w.subset.out(), &err)) << err.message;
  EXPECT_EQ(FV_OK,
            fv_session_create(w.made.model, DESC(fv_session_desc, .max_batch = 4), w.session.out(), &err));
  EXPECT_EQ(FV_OK, fv_trainer_feed(w.trainer, w.data, DESC(fv_feed_desc, .batch_size = 4), &err))
      << err.message;
  EXPECT_EQ(FV_OK, fv_cancel_token_create(w.token.out(), &err));
  return w;
}

// What is left must still work.
void use(World& w) {
  fv_error err{};
  if (w.trainer) {
    EXPECT_EQ(FV_OK, fv_trainer_next(w.trainer, nullptr, &err)) << err.message;
  }
  if (w.session) {
    const std::vector<float> x = noise(4 * 192);
    std::vector<float> y(40);
    const fv_tensor in = tensor(x, {4, 8, 8, 3});
    fv_buffer out = buffer(y);
    EXPECT_EQ(FV_OK, fv_session_run(w.session, &in, 1, &out, 1, &err)) << err.message;
  }
  if (w.made.model) {
    EXPECT_FALSE(weights(w.made.model).empty());
  }
  if (w.subset) {
    int64_t label = -9;
    std::vector<float> x(192);
    fv_buffer sample = buffer(x);
    EXPECT_EQ(FV_OK, fv_dataset_get(w.subset, 2, &sample, &label, &err)) << err.message;
    EXPECT_EQ(labels(8, 10)[5], label);
  }
  if (w.made.graph) {
    EXPECT_NE(FV_NODE_INVALID, fv_input(w.made.graph, DESC(fv_input_desc, .shape = {1})));
  }
}

TEST(Lifetime, EveryOrderOfDestruction) {
  const std::function<void(World&)> destroy[] = {
      [](World& w) { w.made.context.reset(); }, [](World& w) { w.made.graph.reset(); },
      [](World& w) { w.made.model.reset(); },   [](World& w) { w.trainer.reset(); },
      [](World& w) { w.session.reset(); },      [](World& w) { w.data.reset(); },
  };
  std::vector<int> order(std::size(destroy));
  std::iota(order.begin(), order.end(), 0);
  // All 720 orders; what is left is used after the first, second and third step of every 24th.
  int round = 0;
  do {
    World w = build();
    for (size_t i = 0; i < order.size(); ++i) {
      destroy[order[i]](w);
      if (round % 24 == 0 && i < 3) use(w);
    }
    ++round;
    if (::testing::Test::HasFailure()) break;
  } while (round < 720 && std::next_permutation(order.begin(), order.end()));
}

TEST(Lifetime, TheTrainersModelIsAWholeModel) {
  fv_error err{};
  Made made = make(small_resnet);
  Trainer trainer = make_trainer(made.model);
  made.model.reset();
  fv_model* borrowed = fv_trainer_model(trainer);
  ASSERT_NE(nullptr, borrowed);
  Session session;
  OK(fv_session_create(borrowed, nullptr, session.out(), &err));
  trainer.reset();
  const std::vector<float> x = noise(192);
  std::vector<float> y(10);
  const fv_tensor in = tensor(x, {1, 8, 8, 3});
  fv_buffer out = buffer(y);
  OK(fv_session_run(session, &in, 1, &out, 1, &err));
}

TEST(Lifetime, ACancelTokenMayGoBeforeTheCallThatUsesIt) {
  fv_error err{};
  Made made = make(lenet);
  Trainer trainer = make_trainer(made.model);
  Dataset data = digits(made.context, 40);
  struct State {
    fv_cancel_token* token = nullptr;
    int calls = 0;
  } state;
  OK(fv_cancel_token_create(&state.token, &err));
  OK(fv_trainer_fit(trainer, data, data,
                    DESC(fv_fit_desc, .epochs = 2, .batch_size = 20,
                         .on_progress = [](void* user, const fv_progress*) {
                           auto& s = *static_cast<State*>(user);
                           if (s.calls++ == 0) fv_cancel_token_destroy(s.token);
                           return 0;
                         },
                         .user = &state, .cancel = state.token), &err));
  EXPECT_EQ(4, state.calls);
}

}  // namespace
}  // namespace fovea::test
