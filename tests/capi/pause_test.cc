// Pausing, resuming and cancelling a training from another thread.
#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "support.h"

namespace fovea::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Token = Handle<fv_cancel_token>;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class PauseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    made = make(lenet);
    data = digits(made.context, 60);
    trainer = make_trainer(made.model);
    OK(fv_cancel_token_create(token.out(), &err));
  }

  // Pauses itself after the second step, on the thread that trains: the next batch waits.
  fv_status fit(fv_progress* last, const fv_stop_desc* stop = nullptr) {
    struct User {
      fv_cancel_token* token;
      fv_progress* last;
    } user{token, last};
    return fv_trainer_fit(trainer, data, data,
                          DESC(fv_fit_desc, .epochs = 2, .batch_size = 20,
                               .on_progress = [](void* u, const fv_progress* p) {
                                 if (p->step == 2) fv_cancel_token_pause(static_cast<User*>(u)->token);
                                 *static_cast<User*>(u)->last = *p;
                                 return 0;
                               },
                               .user = &user, .cancel = token, .stop = stop),
                          &err);
  }
  void wait_for_the_pause() {
    while (fv_cancel_token_is_paused(token) == 0) std::this_thread::sleep_for(milliseconds(1));
  }

  Made made;
  Dataset data;
  Trainer trainer;
  Token token;
  fv_error err{};
};

TEST_F(PauseTest, WaitsUntilItIsResumedAndLosesNothing) {
  Made other = make(lenet);
  Trainer unbroken = make_trainer(other.model);
  OK(fv_trainer_fit(unbroken, data, data, DESC(fv_fit_desc, .epochs = 2, .batch_size = 20), &err));
  auto last = init<fv_progress>();
  const auto start = Clock::now();
  auto training = std::async(std::launch::async, [&] { return fit(&last); });
  wait_for_the_pause();
  EXPECT_EQ(std::future_status::timeout, training.wait_for(milliseconds(300))) << "it did not wait";
  const double paused = fv_cancel_token_paused_seconds(token);
  EXPECT_GE(paused, 0.29);
  fv_cancel_token_resume(token);
  ASSERT_EQ(FV_OK, training.get()) << err.message;
  EXPECT_EQ(0, fv_cancel_token_is_paused(token));
  EXPECT_EQ(6, last.step);
  EXPECT_LE(last.seconds, since(start) - paused);
  EXPECT_NEAR(120 / last.samples_per_second, last.seconds, 1e-9);
  EXPECT_GE(fv_cancel_token_paused_seconds(token), paused);
  EXPECT_EQ(weights(other.model), weights(made.model));
}

// The pause alone is longer than the training may take.
TEST_F(PauseTest, APauseIsNotInTheTimeBudget) {
  auto last = init<fv_progress>();
  const fv_stop_desc stop{.struct_size = sizeof stop, .seconds = 2};
  auto training = std::async(std::launch::async, [&] { return fit(&last, &stop); });
  wait_for_the_pause();
  std::this_thread::sleep_for(milliseconds(2100));
  fv_cancel_token_resume(token);
  ASSERT_EQ(FV_OK, training.get()) << err.message;
  EXPECT_EQ(6, last.step);
}

TEST_F(PauseTest, ACancelEndsAPause) {
  auto last = init<fv_progress>();
  auto training = std::async(std::launch::async, [&] { return fit(&last); });
  wait_for_the_pause();
  fv_cancel_token_cancel(token);
  EXPECT_EQ(FV_CANCELLED, training.get());
  EXPECT_EQ(2, last.step);
  // Whole: reset, it goes on.
  fv_cancel_token_reset(token);
  EXPECT_EQ(0, fv_cancel_token_is_paused(token));
  OK(fv_trainer_fit(trainer, data, data,
                    DESC(fv_fit_desc, .epochs = 2, .batch_size = 20, .cancel = token), &err));
}

TEST_F(PauseTest, DestroyingTheTokenEndsAPause) {
  fv_cancel_token* const raw = token;
  struct User {
    fv_cancel_token* token;
    std::promise<void> paused;
  } user{raw, {}};
  auto training = std::async(std::launch::async, [&] {
    return fv_trainer_fit(trainer, data, nullptr,
                          DESC(fv_fit_desc, .batch_size = 20,
                               .on_progress = [](void* u, const fv_progress* p) {
                                 if (p->step != 1) return 0;
                                 fv_cancel_token_pause(static_cast<User*>(u)->token);
                                 static_cast<User*>(u)->paused.set_value();
                                 return 0;
                               },
                               .user = &user, .cancel = raw),
                          &err);
  });
  user.paused.get_future().wait();
  std::this_thread::sleep_for(milliseconds(20));
  token.reset();
  EXPECT_EQ(FV_OK, training.get()) << err.message;
}

TEST_F(PauseTest, AnEvaluationWaitsToo) {
  Session session;
  OK(fv_session_create(made.model, DESC(fv_session_desc, .max_batch = 20), session.out(), &err));
  fv_cancel_token_pause(token);
  auto result = init<fv_evaluation>();
  auto evaluation = std::async(std::launch::async, [&] {
    return fv_session_evaluate(session, data, DESC(fv_evaluate_desc, .cancel = token), &result, &err);
  });
  EXPECT_EQ(std::future_status::timeout, evaluation.wait_for(milliseconds(50)));
  fv_cancel_token_resume(token);
  EXPECT_EQ(FV_OK, evaluation.get()) << err.message;
  EXPECT_EQ(60, result.samples);
}

// Many pauses and resumes from several threads, at any moment.
TEST_F(PauseTest, AnyThreadAtAnyTime) {
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      while (!done) {
        fv_cancel_token_pause(token);
        fv_cancel_token_paused_seconds(token);
        std::this_thread::yield();
        fv_cancel_token_is_paused(token);
        fv_cancel_token_resume(token);
      }
    });
  const fv_status status = fv_trainer_fit(
      trainer, data, data, DESC(fv_fit_desc, .epochs = 3, .batch_size = 20, .cancel = token), &err);
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(FV_OK, status) << err.message;
}

TEST_F(PauseTest, ALoopOfTheHosts) {
  EXPECT_EQ(0, fv_cancel_token_wait(token));
  EXPECT_EQ(0, fv_cancel_token_wait(nullptr));
  fv_cancel_token_pause(token);
  auto waiting = std::async(std::launch::async, [&] { return fv_cancel_token_wait(token); });
  EXPECT_EQ(std::future_status::timeout, waiting.wait_for(milliseconds(20)));
  fv_cancel_token_cancel(token);
  EXPECT_EQ(1, waiting.get());
  EXPECT_EQ(1, fv_cancel_token_is_paused(token));
  EXPECT_EQ(0, fv_cancel_token_paused_seconds(nullptr));
  fv_cancel_token_pause(nullptr);
  fv_cancel_token_resume(nullptr);
}

}  // namespace
}  // namespace fovea::test
