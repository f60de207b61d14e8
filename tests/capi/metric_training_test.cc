// Metrics of evaluate, of a trainer's steps, in the history and in fit.
#include <cmath>
#include <fstream>
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

// ---- training -----------------------------------------------------------------------------------------

class TrainerMetricsTest : public MetricTrainingTest {
 protected:
  Values measured(const fv_trainer* trainer) {
    size_t count = 0;
    EXPECT_EQ(FV_OK, fv_trainer_metric_values(trainer, nullptr, 0, &count, &err)) << err.message;
    Values all(count);
    EXPECT_EQ(FV_OK, fv_trainer_metric_values(trainer, all.data(), count, nullptr, &err)) << err.message;
    return all;
  }
  void set(fv_trainer* trainer, const std::vector<fv_metric_desc>& metrics) {
    const std::vector<const fv_metric_desc*> pointers = pointers_to(metrics);
    OK(fv_trainer_set_metrics(trainer, pointers.data(), pointers.size(), &err));
  }
  Values series(const fv_trainer* trainer, const char* name) {
    size_t count = 0;
    EXPECT_EQ(FV_OK, fv_trainer_series(trainer, name, nullptr, 0, &count, &err)) << err.message;
    Values all(count);
    EXPECT_EQ(FV_OK, fv_trainer_series(trainer, name, all.data(), count, nullptr, &err)) << err.message;
    return all;
  }
};

TEST_F(TrainerMetricsTest, MeasuresTheEpochOnTheFly) {
  Made made = make(lenet);
  const Dataset data = digits(made.context, 100);
  const Trainer trainer = make_trainer(made.model);
  set(trainer, every_metric());
  for (double v : measured(trainer)) EXPECT_TRUE(std::isnan(v));
  OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 24), &err));
  auto progress = init<fv_progress>();
  double sum = 0;
  int64_t seen = 0;
  for (int i = 0; i < 8; ++i) {  // into the second epoch
    OK(fv_trainer_next(trainer, &progress, &err));
    const Values now = measured(trainer);
    EXPECT_DOUBLE_EQ(progress.accuracy, now[0]);
    // Its own loss is without penalties.
    double loss = 0;
    OK(fv_trainer_loss_values(trainer, &loss, 1, nullptr, &err));
    if (progress.batch == 1) sum = seen = 0;
    sum += loss * static_cast<double>(progress.samples - seen);
    seen = progress.samples;
    EXPECT_NEAR(sum / static_cast<double>(seen), now[FV_METRIC_LOSS - 1], 1e-5);
    EXPECT_GE(now[1], now[0]);
  }
  EXPECT_EQ(72, progress.samples);
  // The same set goes on, another begins.
  const Values before = measured(trainer);
  set(trainer, every_metric());
  EXPECT_EQ(before, measured(trainer));
  set(trainer, {metric(FV_METRIC_R2)});
  EXPECT_TRUE(std::isnan(measured(trainer)[0]));
  set(trainer, {});
  EXPECT_TRUE(measured(trainer).empty());
}

TEST_F(TrainerMetricsTest, HostBatchesCountWithTheirWeights) {
  Made made = make(small_resnet);
  const Trainer trainer = make_trainer(made.model);
  set(trainer, {metric(FV_METRIC_ACCURACY), metric(FV_METRIC_RECALL)});
  const std::vector<float> x = noise(4 * 8 * 8 * 3);
  const std::vector<int32_t> y{1, 2, 3, 10};
  const fv_tensor in = tensor(x, {4, 8, 8, 3}), wrong = tensor(y, {4});
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_step(trainer, &in, 1, &wrong, nullptr, &err), "label 10");
  EXPECT_TRUE(std::isnan(measured(trainer)[0]));
  // All rows but those of one class weigh nothing: its recall is the accuracy, and a tenth of the mean.
  const std::vector<int32_t> z{1, 2, 3, 1};
  const std::vector<float> w{1, 0, 0, 3};
  const fv_tensor right = tensor(z, {4}), weights = tensor(w, {4});
  OK(fv_trainer_step_batch(trainer,
                           DESC(fv_batch, .inputs = &in, .input_count = 1, .targets = &right,
                                .target_count = 1, .sample_weights = &weights),
                           nullptr, &err));
  const Values now = measured(trainer);
  EXPECT_TRUE(now[0] == 0 || now[0] == 0.25 || now[0] == 0.75 || now[0] == 1) << now[0];
  EXPECT_DOUBLE_EQ(now[0] / 10, now[1]);
  fv_trainer_reset_metrics(trainer);
  EXPECT_TRUE(std::isnan(measured(trainer)[0]));
  fv_trainer_reset_metrics(nullptr);
}

TEST_F(TrainerMetricsTest, HalfAnEpochSurvivesACheckpoint) {
  const Folder folder;
  const std::string path = folder / "half.fovea";
  Values whole, resumed;
  for (const bool cut : {false, true}) {
    Made made = make(lenet);
    const Dataset data = digits(made.context, 100);
    Trainer trainer = make_trainer(made.model);
    set(trainer, every_metric());
    OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 24), &err));
    for (int i = 0; i < 9; ++i) {
      if (cut && i == 7) {
        OK(fv_trainer_record_value(trainer, "waits", 4, &err));
        OK(fv_trainer_save(trainer, path.c_str(), &err));
        OK(fv_trainer_load(made.context, path.c_str(), trainer.out(), &err));
        OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 24), &err));
        auto desc = init<fv_metric_desc>();
        OK(fv_trainer_get_metric(trainer, 1, &desc, &err));
        EXPECT_STREQ("top_2", desc.name);
        EXPECT_EQ(2, desc.k);
        OK(fv_trainer_record(trainer, address(fv_history_row{}), &err));
        EXPECT_EQ(Values{4}, series(trainer, "waits"));
      }
      OK(fv_trainer_next(trainer, nullptr, &err));
    }
    (cut ? resumed : whole) = measured(trainer);
  }
  EXPECT_EQ(whole, resumed);
  EXPECT_EQ(every_metric().size(), whole.size());
}

TEST_F(TrainerMetricsTest, RegressionAndRefusals) {
  Context context;
  OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err));
  Graph g;
  OK(fv_graph_create(context, g.out(), &err));
  const fv_node in = fv_input(g, DESC(fv_input_desc, .name = "x", .shape = {3}));
  const fv_node y = fv_dense(g, in, DESC(fv_dense_desc, .name = "y", .units = 1));
  Model model;
  OK(fv_model_create(g, &y, 1, DESC(fv_model_desc, .seed = 1), model.out(), &err));
  Trainer trainer;
  OK(fv_trainer_create(model,
                       DESC(fv_trainer_desc, .loss = FV_LOSS_MEAN_SQUARED_ERROR, .optimizer = FV_OPT_SGD,
                            .learning_rate = 1e-3),
                       trainer.out(), &err));
  set(trainer, {metric(FV_METRIC_MEAN_SQUARED_ERROR), metric(FV_METRIC_R2)});
  const std::vector<float> x = noise(30), t = noise(10, 5);
  const fv_tensor inputs = tensor(x, {10, 3}), targets = tensor(t, {10, 1});
  double loss = 0;
  OK(fv_trainer_step(trainer, &inputs, 1, &targets, &loss, &err));
  EXPECT_NEAR(loss, measured(trainer)[0], 1e-6);
  double mean = 0, spread = 0;
  for (float v : t) mean += v / 10.0;
  for (float v : t) spread += (v - mean) * (v - mean);
  EXPECT_NEAR(1 - 10 * loss / spread, measured(trainer)[1], 1e-5);

  const fv_metric_desc top = metric(FV_METRIC_TOP_K);
  const fv_metric_desc* one[] = {&top};
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_metrics(trainer, one, 1, &err), "top_5", "1 classes");
  EXPECT_EQ(2u, measured(trainer).size());
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_metrics(trainer, nullptr, 1, &err), "metrics is NULL");
  auto desc = init<fv_metric_desc>();
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_get_metric(trainer, 2, &desc, &err), "metric 2", "there are 2");
  trainer.reset();
  OK(fv_trainer_create(model, DESC(fv_trainer_desc, .loss = FV_LOSS_HOST_GRADIENT, .optimizer = FV_OPT_SGD),
                       trainer.out(), &err));
  const fv_metric_desc error = metric(FV_METRIC_R2);
  one[0] = &error;
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_metrics(trainer, one, 1, &err), "without a loss");
}

TEST_F(TrainerMetricsTest, SeriesStandBesideTheHistory) {
  Made made = make(lenet);
  Trainer trainer = make_trainer(made.model);
  EXPECT_EQ(nullptr, fv_trainer_series_name(trainer, 0));
  fv_history_row row{0, 1.5, 0.25, NAN, NAN, 0.1};
  OK(fv_trainer_record(trainer, &row, &err));
  OK(fv_trainer_record_value(trainer, "late", 1, &err));
  OK(fv_trainer_record_value(trainer, "late", 2, &err));
  row.epoch = 1;
  row.loss = 1;
  OK(fv_trainer_record(trainer, &row, &err));
  OK(fv_trainer_record_value(trainer, "later", -3, &err));
  row.epoch = 2;
  OK(fv_trainer_record(trainer, &row, &err));
  const Folder folder;
  const std::string path = folder / "series.fovea";
  OK(fv_trainer_save(trainer, path.c_str(), &err));
  OK(fv_trainer_load(made.context, path.c_str(), trainer.out(), &err));
  EXPECT_STREQ("late", fv_trainer_series_name(trainer, 0));
  EXPECT_STREQ("later", fv_trainer_series_name(trainer, 1));
  EXPECT_EQ(nullptr, fv_trainer_series_name(trainer, 2));
  const Values late = series(trainer, "late"), later = series(trainer, "later");
  ASSERT_EQ(3u, late.size());
  EXPECT_TRUE(std::isnan(late[0]) && late[1] == 2 && std::isnan(late[2]));
  EXPECT_TRUE(std::isnan(later[0]) && std::isnan(later[1]) && later[2] == -3);
  EXPECT_EQ((Values{1.5, 1, 1}), series(trainer, "loss"));
  FAILS(FV_NOT_FOUND, fv_trainer_series(trainer, "none", nullptr, 0, nullptr, &err), "'none'");
  for (const char* name : {"loss", "val_accuracy", "epoch", "", "a\nb"})
    FAILS(FV_INVALID_ARGUMENT, fv_trainer_record_value(trainer, name, 1, &err));
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_record_value(trainer, nullptr, 1, &err), "name is NULL");
}

TEST_F(TrainerMetricsTest, FitRecordsAndStopsByName) {
  Made made = make(lenet);
  const Dataset data = digits(made.context, 60), validation = digits(made.context, 40, 2);
  const Trainer trainer = make_trainer(made.model);
  const std::vector<fv_metric_desc> metrics{metric(FV_METRIC_ACCURACY), metric(FV_METRIC_F1),
                                            metric(FV_METRIC_CALIBRATION_ERROR)};
  const std::vector<const fv_metric_desc*> pointers = pointers_to(metrics);
  fv_stop_reason reason = -1;
  // No step of F1 is larger than 2: the first epoch is the best, and two more are borne.
  const fv_stop_desc stop{
      .struct_size = sizeof stop, .patience = 2, .min_delta = 2, .monitor_name = "val_f1"};
  OK(fv_trainer_fit(trainer, data, validation,
                    DESC(fv_fit_desc, .epochs = 6, .batch_size = 20, .stop = &stop, .reason = &reason,
                         .metrics = pointers.data(), .metric_count = pointers.size()),
                    &err));
  EXPECT_EQ(FV_STOP_NO_IMPROVEMENT, reason);
  EXPECT_EQ(3u, series(trainer, "val_f1").size());
  const char* names[] = {"f1", "val_f1", "calibration_error", "val_calibration_error"};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_STREQ(names[i], fv_trainer_series_name(trainer, i));
    for (double v : series(trainer, names[i])) EXPECT_TRUE(v >= 0 && v <= 1) << names[i];
  }
  EXPECT_EQ(nullptr, fv_trainer_series_name(trainer, 4));
  EXPECT_EQ(measured(trainer)[1], series(trainer, "f1").back());
  // The validation's is what evaluate says of the model.
  Session session;
  OK(fv_session_create(fv_trainer_model(trainer), DESC(fv_session_desc, .max_batch = 20), session.out(),
                       &err));
  const fv_metric_desc f1 = metric(FV_METRIC_F1);
  const fv_metric_desc* one[] = {&f1};
  double value = -1;
  auto result = init<fv_evaluation>();
  OK(fv_session_evaluate(session, validation,
                         DESC(fv_evaluate_desc, .metrics = one, .metric_count = 1, .metric_values = &value),
                         &result, &err));
  EXPECT_EQ(value, series(trainer, "val_f1").back());
  EXPECT_EQ(result.accuracy, series(trainer, "val_accuracy").back());
}

TEST_F(TrainerMetricsTest, LogsHaveAColumnForEach) {
  const Folder folder;
  const std::string csv = folder / "log.csv", jsonl = folder / "log.jsonl";
  Made made = make(lenet);
  const Dataset data = digits(made.context, 40);
  const Trainer trainer = make_trainer(made.model);
  fv_metric_desc f1 = metric(FV_METRIC_F1), quoted = metric(FV_METRIC_RECALL);
  quoted.name = "a,\"b\"";
  const fv_metric_desc* set[] = {&f1, &quoted};
  auto desc = init<fv_fit_desc>();
  desc.batch_size = 20;
  desc.log_steps = 1;
  desc.csv_path = csv.c_str();
  desc.jsonl_path = jsonl.c_str();
  desc.metrics = set;
  desc.metric_count = 2;
  OK(fv_trainer_fit(trainer, data, data, &desc, &err));
  const auto lines_of = [](const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  };
  const std::vector<std::string> rows = lines_of(csv), objects = lines_of(jsonl);
  ASSERT_EQ(3u, rows.size());
  ASSERT_EQ(2u, objects.size());
  const std::string header = rows[0].substr(rows[0].find("seconds"));
  EXPECT_EQ("seconds,f1,val_f1,\"a,\"\"b\"\"\",\"val_a,\"\"b\"\"\"", header);
  EXPECT_EQ(",,,,", rows[1].substr(rows[1].size() - 4));
  const double last = std::strtod(rows[2].c_str() + rows[2].rfind(',') + 1, nullptr);
  EXPECT_EQ(last, series(trainer, "val_a,\"b\"").back());
  EXPECT_NE(std::string::npos, objects[0].find("\"f1\":null,\"val_f1\":null,\"a,\\\"b\\\"\":null"));
  EXPECT_EQ(std::string::npos, objects[1].find("\"f1\":null"));
  // Other columns are another log.
  desc.epochs = 2;
  desc.metric_count = 1;
  FAILS(FV_MISMATCH, fv_trainer_fit(trainer, data, data, &desc, &err), "log.csv", "columns");
}

TEST_F(TrainerMetricsTest, TheDirectionOfAMonitorIsKnown) {
  // What a history says, judged when a fit goes on.
  const auto reason_of = [&](const char* name, std::vector<double> values, int32_t larger,
                             fv_status expected) {
    Made made = make(lenet);
    const Dataset data = digits(made.context, 20);
    const Trainer trainer = make_trainer(made.model);
    set(trainer, {metric(FV_METRIC_F1), metric(FV_METRIC_CALIBRATION_ERROR)});
    for (size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(FV_OK, fv_trainer_record_value(trainer, name, values[i], &err));
      EXPECT_EQ(FV_OK, fv_trainer_record(trainer, address(fv_history_row{static_cast<int64_t>(i)}), &err));
    }
    fv_stop_reason reason = FV_STOP_EPOCHS;
    EXPECT_EQ(expected, fv_trainer_fit(trainer, data, nullptr,
                                       DESC(fv_fit_desc,
                                            .stop = DESC(fv_stop_desc, .patience = 2, .monitor_name = name,
                                                         .monitor_larger = larger),
                                            .reason = &reason),
                                       &err))
        << err.message;
    return reason;
  };
  const std::vector<double> up{0.1, 0.2, 0.3}, down{0.3, 0.2, 0.1};
  EXPECT_EQ(FV_STOP_NO_IMPROVEMENT, reason_of("val_f1", down, 0, FV_OK));
  EXPECT_EQ(FV_STOP_EPOCHS, reason_of("val_f1", up, 0, FV_OK));
  EXPECT_EQ(FV_STOP_NO_IMPROVEMENT, reason_of("calibration_error", up, 0, FV_OK));
  EXPECT_EQ(FV_STOP_EPOCHS, reason_of("calibration_error", down, 1, FV_OK));
  EXPECT_EQ(FV_STOP_NO_IMPROVEMENT, reason_of("mine", up, 0, FV_OK));
  EXPECT_EQ(FV_STOP_EPOCHS, reason_of("mine", up, 1, FV_OK));
  // A series that is never recorded is an error after the first epoch.
  reason_of("val_f2", {}, 0, FV_NOT_FOUND);
  EXPECT_NE(nullptr, std::strstr(err.message, "val_f2"));
}

TEST_F(TrainerMetricsTest, NamesMustFitTheHistory) {
  Made made = make(lenet);
  const Trainer trainer = make_trainer(made.model);
  fv_metric_desc desc = metric(FV_METRIC_F1);
  const fv_metric_desc* one[] = {&desc};
  for (const char* name : {"loss", "learning_rate", "val_loss", "epoch", "a\tb"}) {
    desc.name = name;
    FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_metrics(trainer, one, 1, &err));
  }
}

}  // namespace
}  // namespace fovea::test
