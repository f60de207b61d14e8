// The same bits for any number of threads, on any host's threads, in any order of tasks.
#include <algorithm>
#include <thread>

#include "support.h"

namespace fovea::test {
namespace {

struct Outcome {
  std::vector<double> weights, losses;
  std::vector<float> outputs;
  bool operator==(const Outcome&) const = default;
};

// Some steps, a smaller batch among them, and inference.
Outcome train(Network network, const fv_context_desc* context, fv_optimizer optimizer, fv_dtype dtype) {
  fv_error err{};
  Outcome outcome;
  Made made = make(network, context, dtype);
  Trainer trainer = make_trainer(made.model, optimizer);
  const bool image = network == lenet;
  const int64_t batch = 48;
  const std::vector<float> x = noise(static_cast<size_t>(batch) * (image ? 784 : 192));
  const std::vector<int32_t> y = labels(static_cast<size_t>(batch), 10);
  auto inputs = [&](int64_t n) { return image ? tensor(x, {n, 28, 28, 1}) : tensor(x, {n, 8, 8, 3}); };
  for (int64_t n : {batch, batch, int64_t{19}, batch}) {
    const fv_tensor in = inputs(n), target = tensor(y, {n});
    double loss = 0;
    EXPECT_EQ(FV_OK, fv_trainer_step(trainer, &in, 1, &target, &loss, &err)) << err.message;
    outcome.losses.push_back(loss);
  }
  outcome.weights = weights(made.model);
  Session session;
  EXPECT_EQ(FV_OK,
            fv_session_create(made.model, DESC(fv_session_desc, .max_batch = 48), session.out(), &err));
  outcome.outputs.resize(480);
  const fv_tensor in = inputs(batch);
  fv_buffer out = buffer(outcome.outputs);
  EXPECT_EQ(FV_OK, fv_session_run(session, &in, 1, &out, 1, &err)) << err.message;
  return outcome;
}

// Runs the tasks on four threads, in an order that is another one every time.
void shuffled_parallel_for(void* user, int64_t count, fv_task_fn task, void* data) {
  auto& seed = *static_cast<uint32_t*>(user);
  std::vector<int64_t> order(static_cast<size_t>(count));
  for (size_t i = 0; i < order.size(); ++i) {
    seed = seed * 1664525u + 1013904223u;
    order[i] = order[seed % (i + 1)];
    order[seed % (i + 1)] = static_cast<int64_t>(i);
  }
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (size_t i = t; i < order.size(); i += 4) task(data, order[i]);
    });
  for (std::thread& thread : threads) thread.join();
}

// One after the other on the caller, backwards.
void backward_parallel_for(void*, int64_t count, fv_task_fn task, void* data) {
  for (int64_t i = count; i-- > 0;) task(data, i);
}

class Reproducible : public ::testing::TestWithParam<std::tuple<Network, fv_optimizer, fv_dtype>> {
 protected:
  Outcome run(const fv_context_desc* context) {
    const auto [network, optimizer, dtype] = GetParam();
    return train(network, context, optimizer, dtype);
  }
};

TEST_P(Reproducible, ForAnyNumberOfThreads) {
  const Outcome one = run(DESC(fv_context_desc, .threads = 1));
  EXPECT_TRUE(std::ranges::all_of(one.weights, [](double w) { return w == w; })) << "NaN";
  for (int32_t threads : {1, 2, 3, 8})
    EXPECT_EQ(one, run(DESC(fv_context_desc, .threads = threads))) << threads;
}

TEST_P(Reproducible, OnTheHostsThreadsInAnyOrder) {
  const Outcome one = run(DESC(fv_context_desc, .threads = 1));
  uint32_t seed = 1;
  auto host = init<fv_context_desc>();
  host.threads = 4;
  host.parallel_for = shuffled_parallel_for;
  host.parallel_for_user = &seed;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(one, run(&host));
  host.parallel_for = backward_parallel_for;
  EXPECT_EQ(one, run(&host));
}

INSTANTIATE_TEST_SUITE_P(Networks, Reproducible,
                         ::testing::Values(std::tuple{&lenet, FV_OPT_SGD, FV_F32},
                                           std::tuple{&lenet, FV_OPT_ADAM, FV_F64},
                                           std::tuple{&small_resnet, FV_OPT_ADAM, FV_F32},
                                           std::tuple{&small_resnet, FV_OPT_SGD, FV_F64}));

TEST(Randomness, DropoutDrawsAnewInEveryStep) {
  fv_error err{};
  Made made = make([](fv_graph* g) {
    const fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {200}));
    return fv_dropout(g, x, DESC(fv_dropout_desc, .rate = 0.5));
  });
  // Without parameters: the loss alone shows the masks.
  Trainer trainer;
  OK(fv_trainer_create(made.model,
                       DESC(fv_trainer_desc, .loss = FV_LOSS_MEAN_SQUARED_ERROR, .optimizer = FV_OPT_SGD),
                       trainer.out(), &err));
  const std::vector<float> x = noise(200), t(200, 0);
  const fv_tensor in = tensor(x, {1, 200}), target = tensor(t, {1, 200});
  double first = 0, second = 0;
  OK(fv_trainer_step(trainer, &in, 1, &target, &first, &err));
  OK(fv_trainer_step(trainer, &in, 1, &target, &second, &err));
  EXPECT_NE(first, second);
}

}  // namespace
}  // namespace fovea::test
