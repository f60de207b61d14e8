// Metrics of evaluate, of a trainer's steps, in the history and in fit.
#include <cmath>
#include <numeric>

#include "support.h"

namespace fovea::test {
namespace {

using Metrics = Handle<fv_metrics>;
using Values = std::vector<double>;

fv_metric_desc metric(fv_metric kind) {
  auto desc = init<fv_metric_desc>();
  desc.metric = kind;
  return desc;
}

// One of each kind.
std::vector<fv_metric_desc> every_metric() {
  std::vector<fv_metric_desc> set;
  for (fv_metric kind = FV_METRIC_ACCURACY; kind <= FV_METRIC_LOSS; ++kind) set.push_back(metric(kind));
  set[FV_METRIC_TOP_K - 1].k = 2;
  set[FV_METRIC_LOSS - 1].loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
  return set;
}

std::vector<const fv_metric_desc*> pointers_to(const std::vector<fv_metric_desc>& set) {
  std::vector<const fv_metric_desc*> pointers;
  for (const fv_metric_desc& d : set) pointers.push_back(&d);
  return pointers;
}

class MetricTrainingTest : public ::testing::Test {
 protected:
  Values values(const fv_metrics* m) {
    size_t count = 0;
    EXPECT_EQ(FV_OK, fv_metrics_values(m, nullptr, 0, &count, &err)) << err.message;
    Values all(count);
    EXPECT_EQ(FV_OK, fv_metrics_values(m, all.data(), count, nullptr, &err)) << err.message;
    return all;
  }
  fv_error err{};
};

TEST_F(MetricTrainingTest, EvaluateMeasuresTheWholeDataset) {
  Made made = make(lenet);
  const Dataset data = digits(made.context, 70);
  Session session;
  OK(fv_session_create(made.model, DESC(fv_session_desc, .max_batch = 16), session.out(), &err));
  const std::vector<fv_metric_desc> set = every_metric();
  const std::vector<const fv_metric_desc*> pointers = pointers_to(set);
  Values got(set.size());
  Metrics object;
  OK(fv_metrics_create(made.context,
                       DESC(fv_metrics_desc, .confusion = 1, .classes = 10, .metrics = pointers.data(),
                            .metric_count = 5, .rows = 70),
                       object.out(), &err));
  std::vector<int64_t> confusion(100), same(100);
  auto result = init<fv_evaluation>();
  OK(fv_session_evaluate(
      session, data,
      DESC(fv_evaluate_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .confusion = confusion.data(),
           .metrics = pointers.data(), .metric_count = pointers.size(), .metric_values = got.data(),
           .measure = object),
      &result, &err));
  EXPECT_DOUBLE_EQ(result.accuracy, got[0]);
  EXPECT_NEAR(result.loss, got[FV_METRIC_LOSS - 1], 1e-6);
  EXPECT_EQ(Values(got.begin(), got.begin() + 5), values(object));
  OK(fv_metrics_confusion(object, same.data(), 100, nullptr, &err));
  EXPECT_EQ(confusion, same);
  Values f1(10);
  OK(fv_confusion_scores(confusion.data(), 10, nullptr, nullptr, f1.data(), &err));
  EXPECT_NEAR(std::accumulate(f1.begin(), f1.end(), 0.0) / 10, got[FV_METRIC_F1 - 1], 1e-15);

  // An object goes on counting, and must fit.
  OK(fv_session_evaluate(session, data, DESC(fv_evaluate_desc, .measure = object), &result, &err));
  OK(fv_metrics_confusion(object, same.data(), 100, nullptr, &err));
  EXPECT_EQ(140, std::accumulate(same.begin(), same.end(), int64_t{0}));
  Metrics narrow;
  OK(fv_metrics_create(made.context, DESC(fv_metrics_desc, .classes = 9), narrow.out(), &err));
  FAILS(FV_INVALID_ARGUMENT,
        fv_session_evaluate(session, data, DESC(fv_evaluate_desc, .measure = narrow), &result, &err),
        "9 classes", "logits");
  FAILS(FV_INVALID_ARGUMENT,
        fv_session_evaluate(session, data,
                            DESC(fv_evaluate_desc, .metrics = pointers.data(), .metric_count = 1), &result,
                            &err),
        "metric_values is NULL");
}

TEST_F(MetricTrainingTest, EvaluateKnowsASoftmax) {
  Context context;
  Graph g;
  OK(fv_context_create(DESC(fv_context_desc, .threads = 1), context.out(), &err));
  OK(fv_graph_create(context, g.out(), &err));
  fv_node x = fv_input(g, DESC(fv_input_desc, .name = "image", .shape = {28, 28, 1}));
  x = fv_softmax(g, fv_dense(g, fv_flatten(g, x, nullptr), DESC(fv_dense_desc, .units = 10)), nullptr);
  Model model;
  OK(fv_model_create(g, &x, 1,
                     DESC(fv_model_desc, .seed = 1, .transform = DESC(fv_transform_desc, .scale = 0.01)),
                     model.out(), &err));
  Session session;
  OK(fv_session_create(model, nullptr, session.out(), &err));
  const Dataset data = digits(context, 30);
  fv_metric_desc calibration = metric(FV_METRIC_CALIBRATION_ERROR);
  const fv_metric_desc* set[] = {&calibration};
  double value = -1;
  auto result = init<fv_evaluation>();
  const auto evaluate = [&] {
    return fv_session_evaluate(
        session, data, DESC(fv_evaluate_desc, .metrics = set, .metric_count = 1, .metric_values = &value),
        &result, &err);
  };
  FAILS(FV_INVALID_ARGUMENT, evaluate(), "calibration_error", "softmax");
  EXPECT_EQ(-1, value);
  calibration.probabilities = 1;
  OK(evaluate());
  EXPECT_TRUE(value >= 0 && value <= 1) << value;
}

}  // namespace
}  // namespace fovea::test
