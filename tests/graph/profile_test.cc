// Profiles: what is counted, and what of a network is timed.
#include "graph/profile.h"

#include <gtest/gtest.h>

#include <map>

#include "base/memory.h"
#include "graph/runner.h"
#include "layers/registry.h"

namespace fovea::graph {
namespace {

using Key = std::pair<std::string, Pass>;

TEST(Profile, AddsUpAndKeepsTheFirstEvents) {
  Profile profile(2);
  const int a = profile.add({"a", "dense", "", Pass::forward, 10, 4, 100});
  const int b = profile.add({"b", "dense", "", Pass::backward});
  for (int64_t samples : {3, 5}) const Profile::Timer timer(&profile, a, samples);
  { const Profile::Timer timer(&profile, b, 1); }
  const Profile::Row& row = profile.rows()[static_cast<size_t>(a)];
  EXPECT_EQ(2, row.calls);
  EXPECT_EQ(8, row.samples);
  EXPECT_EQ(10 * 8, row.flops());
  EXPECT_EQ(4 * 8 + 100 * 2, row.bytes());
  EXPECT_EQ(1, profile.rows()[static_cast<size_t>(b)].calls);
  ASSERT_EQ(2u, profile.events().size());
  EXPECT_EQ(a, profile.events()[1].row);
  EXPECT_GE(profile.events()[1].begin, profile.events()[0].begin + profile.events()[0].nanoseconds);
  EXPECT_EQ(row.nanoseconds, profile.events()[0].nanoseconds + profile.events()[1].nanoseconds);
  { const Profile::Timer nobody(nullptr, 7, 1); }  // without a profile nothing happens
}

TEST(Profile, NamesStayWhereTheyAre) {
  Profile profile(0);
  profile.add({"a", "relu", ""});
  const char* name = profile.rows()[0].name.c_str();
  for (int i = 0; i < 1000; ++i) profile.add({"b", "relu", ""});
  EXPECT_EQ(name, profile.rows()[0].name.c_str());
  EXPECT_STREQ("a", name);
}

TEST(Profile, ItsTableHasWhatWasCalled) {
  Profile profile(0);
  profile.add({"never", "relu", "", Pass::forward});
  const int row = profile.add({"conv", "conv2d", "direct", Pass::forward, 2e6, 1e3, 0});
  profile.add({"(loss)", "", ""});
  { const Profile::Timer timer(&profile, row, 1); }
  const std::string text = profile_table(profile);
  for (const char* words :
       {"node", "ms/call", "GFLOP/s", "conv", "conv2d", "forward", "direct", "100.0 %", "total"})
    EXPECT_NE(std::string::npos, text.find(words)) << words << " is not in\n" << text;
  for (const char* words : {"never", "(loss)"}) EXPECT_EQ(std::string::npos, text.find(words)) << text;
  EXPECT_NE(std::string::npos, profile_table(Profile(0)).find("total"));
}

// An input of 6 x 6 x 2, a 3 x 3 convolution to 4 channels, flatten, dense to 3.
struct Network {
  std::shared_ptr<Graph> graph = std::make_shared<Graph>();
  std::shared_ptr<Plan> plan;
  std::unique_ptr<Runner> runner;
  std::vector<float> params, gradients;

  explicit Network(bool training) {
    layers::InputAttributes image;
    image.shape[0] = image.shape[1] = 6, image.shape[2] = 2;
    image.rank = 3;
    layers::Conv2dAttributes conv;
    conv.filters = 4;
    conv.kernel = {3, 3};
    layers::DenseAttributes dense;
    dense.units = 3;
    int x = graph->add(layers::make_input(image), {}, "image");
    x = graph->add(layers::make_conv2d(conv), std::vector{x}, "conv");
    x = graph->add(layers::make_flatten(), std::vector{x}, "flat");
    x = graph->add(layers::make_dense(dense), std::vector{x}, "dense");
    PlanOptions options;
    options.dtype = DType::f32;
    options.max_batch = 4;
    options.training = training;
    options.outputs = {x};
    plan = std::make_shared<Plan>(graph, std::make_shared<Layout>(*graph), options);
    runner =
        make_runner(std::make_shared<Context>(system_allocator(), make_inline_executor(), nullptr), plan);
    params.assign(static_cast<size_t>(plan->layout().parameter_block), 0.5f);
    gradients.resize(params.size());
    std::fill_n(static_cast<float*>(runner->value(0)), 4 * 72, 1.0f);
  }
  void step(int64_t batch) {
    runner->prepare(params.data(), nullptr);
    runner->forward(batch, params.data(), nullptr, {});
    if (!plan->options().training) return;
    std::fill_n(static_cast<float*>(runner->gradient(3)), batch * 3, 1.0f);
    runner->backward(batch, params.data(), nullptr, gradients.data(), {});
  }
};

std::map<Key, Profile::Row> rows_of(const Profile& profile) {
  std::map<Key, Profile::Row> rows;
  for (const Profile::Row& row : profile.rows())
    EXPECT_TRUE(rows.emplace(Key{row.name, row.pass}, row).second) << row.name << " twice";
  return rows;
}

TEST(Profile, TimesTheStepsOfARunner) {
  Network network(true);
  const auto profile = std::make_shared<Profile>(100);
  network.runner->profile(profile);
  network.step(4);
  network.step(3);
  auto rows = rows_of(*profile);
  ASSERT_EQ(4u * 3, rows.size());  // each node's three passes

  const double conv = 4 * 4 * 4 * 3 * 3 * 2, dense = 64 * 3;  // multiply-adds of a sample
  const Profile::Row& forward = rows[{"conv", Pass::forward}];
  EXPECT_EQ("conv2d", forward.kind);
  EXPECT_FALSE(forward.algorithm.empty());
  EXPECT_EQ(2, forward.calls);
  EXPECT_EQ(7, forward.samples);
  EXPECT_EQ(2 * conv * 7, forward.flops());
  EXPECT_EQ(7 * (72 + 64) * 4 + 2 * (72 + 4) * 4, forward.bytes());
  // Of the convolution only the gradient of the kernel is asked for, of the dense layer that of its input
  // too.
  EXPECT_EQ(2 * conv * 7, (rows[{"conv", Pass::backward}].flops()));
  EXPECT_EQ(2 * 2 * dense * 7, (rows[{"dense", Pass::backward}].flops()));
  EXPECT_EQ(2, (rows[{"dense", Pass::prepare}].calls));
  EXPECT_EQ(0, (rows[{"dense", Pass::prepare}].flops()));
  EXPECT_EQ(0, (rows[{"flat", Pass::forward}].calls)) << "a view computes nothing";
  EXPECT_EQ(0, (rows[{"image", Pass::forward}].calls));
  size_t calls = 0;
  for (const auto& [key, row] : rows) calls += static_cast<size_t>(row.calls);
  EXPECT_EQ(calls, profile->events().size());
}

TEST(Profile, ChangesNoBit) {
  Network plain(true), timed(true);
  const auto profile = std::make_shared<Profile>(0);
  timed.runner->profile(profile);
  plain.step(4);
  timed.step(4);
  EXPECT_EQ(plain.gradients, timed.gradients);
  EXPECT_TRUE(profile->events().empty());
}

TEST(Profile, EndsWithItsLastOwner) {
  Network network(false);
  auto first = std::make_shared<Profile>(10);
  network.runner->profile(first);
  network.step(1);
  const auto second = std::make_shared<Profile>(10);
  network.runner->profile(second);
  network.step(2);
  EXPECT_EQ(1, (rows_of(*first)[{"dense", Pass::forward}].samples)) << "the first has gone on";
  EXPECT_EQ(2, (rows_of(*second)[{"dense", Pass::forward}].samples));
  EXPECT_EQ(0, (rows_of(*second)[{"dense", Pass::backward}].calls));
  const std::weak_ptr<Profile> watch = first;
  first.reset();
  EXPECT_TRUE(watch.expired()) << "the runner keeps a profile that nobody can read";
  network.step(3);
}

}  // namespace
}  // namespace fovea::graph
