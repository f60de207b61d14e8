// Every call that takes a cancel token waits while it is paused, and lives on when the host destroys it.
#include <chrono>
#include <functional>
#include <future>
#include <thread>

#include "support.h"

namespace fovea::test {
namespace {

using std::chrono::milliseconds;
using Token = Handle<fv_cancel_token>;

class TokenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    made = make(small_resnet);
    const std::vector<float> x = noise(64 * 192);
    const std::vector<int32_t> t = labels(64, 10);
    OK(fv_dataset_from_memory(
        made.context,
        DESC(fv_memory_dataset_desc, .samples = tensor(x, {64, 8, 8, 3}), .labels = tensor(t, {64})),
        data.out(), &err));
    trainer = make_trainer(made.model);
    OK(fv_session_create(made.model, DESC(fv_session_desc, .max_batch = 8), session.out(), &err));
    OK(fv_cancel_token_create(token.out(), &err));
  }

  // What a call does with its token: it waits; cancelled it ends; destroyed, which ends its pause, it goes on.
  void heeds_its_token(const std::function<fv_status(fv_cancel_token*)>& call) {
    fv_cancel_token_pause(token);
    auto waiting = std::async(std::launch::async, [&] { return call(token); });
    EXPECT_EQ(std::future_status::timeout, waiting.wait_for(milliseconds(50))) << "it did not wait";
    fv_cancel_token_cancel(token);
    EXPECT_EQ(FV_CANCELLED, waiting.get());
    fv_cancel_token_reset(token);
    fv_cancel_token_pause(token);
    fv_cancel_token* const raw = token;
    std::promise<void> begins;
    waiting = std::async(std::launch::async, [&, raw] {
      begins.set_value();
      return call(raw);
    });
    begins.get_future().wait();
    // Only a call that has begun may lose its token; that it has cannot be seen from here.
    EXPECT_EQ(std::future_status::timeout, waiting.wait_for(milliseconds(500)));
    token.reset();
    EXPECT_EQ(FV_OK, waiting.get()) << err.message;
  }

  Made made;
  Dataset data;
  Trainer trainer;
  Session session;
  Token token;
  fv_error err{};
};

TEST_F(TokenTest, TheRateRangeTest) {
  heeds_its_token([&](fv_cancel_token* t) {
    auto range = init<fv_rate_range>();
    return fv_trainer_find_rate(trainer, data, DESC(fv_rate_range_desc, .steps = 10, .cancel = t), &range,
                                nullptr, 0, nullptr, &err);
  });
}
TEST_F(TokenTest, TheUpdateOfBatchNorm) {
  heeds_its_token([&](fv_cancel_token* t) {
    return fv_model_update_batch_norm(made.model, data, DESC(fv_batch_norm_update_desc, .cancel = t), &err);
  });
}
TEST_F(TokenTest, Features) {
  heeds_its_token([&](fv_cancel_token* t) {
    fv_dataset* made_of = nullptr;
    const fv_status status =
        fv_session_features(session, data, DESC(fv_features_desc, .cancel = t), &made_of, 1, &err);
    fv_dataset_destroy(made_of);
    return status;
  });
}
TEST_F(TokenTest, TheCheckOfLeakage) {
  heeds_its_token([&](fv_cancel_token* t) {
    fv_report* report = nullptr;
    const fv_status status = fv_check_leakage(data, DESC(fv_check_desc, .cancel = t), &report, &err);
    fv_report_destroy(report);
    return status;
  });
}
TEST_F(TokenTest, TheCheckOfInputs) {
  heeds_its_token([&](fv_cancel_token* t) {
    fv_report* report = nullptr;
    const fv_status status = fv_check_inputs(trainer, data, DESC(fv_check_desc, .cancel = t), &report, &err);
    fv_report_destroy(report);
    return status;
  });
}
TEST_F(TokenTest, ASearchBetweenItsTrials) {
  heeds_its_token([&](fv_cancel_token* t) {
    Handle<fv_search> search;
    const fv_parameter_desc x{
        .struct_size = sizeof x, .range = FV_RANGE_UNIFORM, .name = "x", .low = 0, .high = 1};
    const fv_parameter_desc* const space[] = {&x};
    if (const fv_status status = fv_search_create(
            DESC(fv_search_desc, .parameters = space, .parameter_count = 1, .trials = 2), search.out(), &err);
        status != FV_OK)
      return status;
    return fv_search_run(search,
                         DESC(fv_search_run_desc,
                              .objective = [](void*, const fv_trial*, double* score, fv_error*) -> fv_status {
                                *score = 1;
                                return FV_OK;
                              },
                              .cancel = t),
                         &err);
  });
}

}  // namespace
}  // namespace fovea::test
