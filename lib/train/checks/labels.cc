// Labels: which there are, and whether they have to do with the inputs.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "train/checks/checks.h"
#include "train/checks/neighbours.h"
#include "train/checks/trial.h"
#include "train/evaluate.h"

namespace fovea::train::checks {
namespace {

std::vector<int64_t> counts_of(const data::Dataset& d) {
  std::vector<int64_t> counts(static_cast<size_t>(d.classes()), 0);
  for (int64_t i = 0; i < d.size(); ++i) ++counts[static_cast<size_t>(d.label(i))];
  return counts;
}

// False where there is nothing to tell apart.
bool check_counts(const Subject& subject, const char* name, const data::Dataset& d, Report& report) {
  const std::vector<int64_t> counts = counts_of(d);
  const auto present = counts.size() - static_cast<size_t>(std::count(counts.begin(), counts.end(), 0));
  if (present == 1 && d.size() > 1) {
    report.add(
        {Check::labels, Severity::error, Code::constant_labels, name,
         words("All %lld samples are of class %s. Look at how the labels are read.",
               static_cast<long long>(d.size()),
               d.class_name(static_cast<int>(std::max_element(counts.begin(), counts.end()) - counts.begin()))
                   .c_str())});
    return false;
  }
  const int64_t each = d.size() / static_cast<int64_t>(counts.size());
  const std::vector<int64_t> trained = counts_of(subject.train());
  for (size_t c = 0; c < counts.size(); ++c) {
    const bool only_here = c < trained.size() && trained[c] == 0 && counts[c] > 0;
    const std::string label = d.class_name(static_cast<int>(c));
    if (only_here)
      report.add({Check::labels, Severity::error, Code::missing_class, name,
                  words("%lld samples are of class %s, of which the training set has none: they cannot be got"
                        " right.",
                        static_cast<long long>(counts[c]), label.c_str()),
                  static_cast<double>(counts[c])});
    else if (counts[c] == 0 && each >= 20)
      report.add({Check::labels, Severity::warning, Code::missing_class, name,
                  words("No sample is of class %s, one of %zu. Are the labels off by one?", label.c_str(),
                        counts.size()),
                  0});
  }
  return true;
}

void check_balance(const data::Dataset& d, Report& report) {
  std::vector<int64_t> counts = counts_of(d);
  std::erase(counts, 0);
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  const double quotient = static_cast<double>(*most) / static_cast<double>(*least);
  if (quotient <= 20 || *most < 100) return;
  report.add(
      {Check::labels, quotient > 50 ? Severity::warning : Severity::note, Code::imbalanced_classes, "train",
       words("The largest class has %.0f times the samples of the smallest: weigh the classes in the loss"
             " (class_weights), and do not judge by accuracy.",
             quotient),
       quotient, 50});
}

}  // namespace

namespace {

constexpr int64_t kQueries = 500;
constexpr int64_t kEnough = 100;  // samples to judge by
constexpr double kDeviations = 3;

// Samples that no trial has learned from.
struct HeldOut {
  const char* name;
  data::DatasetPtr data;
};
HeldOut held_out(const Subject& subject) {
  std::vector<int64_t> indices;
  if (subject.options().validation) {
    const data::DatasetPtr& whole = subject.options().validation;
    const int64_t count = std::min(whole->size(), kQueries);
    for (int64_t i = 0; i < count; ++i) indices.push_back(i * whole->size() / count);
    return {"validation", data::subset(whole, std::move(indices))};
  }
  for (int64_t i = subject.trained_samples(); i < subject.train().size(); ++i)
    indices.push_back(subject.order()[static_cast<size_t>(i)]);
  if (indices.empty()) return {"train", nullptr};
  return {"train", data::subset(subject.train_data(), std::move(indices))};
}

std::vector<double> shares_of(const data::Dataset& d) {
  std::vector<double> shares;
  for (const int64_t count : counts_of(d))
    shares.push_back(static_cast<double>(count) / static_cast<double>(d.size()));
  return shares;
}

// How far `right` of `count` guesses are above chance, in standard deviations.
double deviations(double right, double count, double chance) {
  return (right - count * chance) / std::sqrt(std::max(count * chance * (1 - chance), 1e-9));
}

double neighbour_deviations(const Subject& subject, const data::Dataset& queries) {
  const size_t searched = static_cast<size_t>(std::min<int64_t>(4000, subject.trained_samples()));
  const Neighbours nearest(subject.train(), {subject.order().data(), searched});
  int64_t right = 0;
  for (int64_t i = 0; i < queries.size(); ++i) {
    subject.check_cancelled();
    right += subject.train().label(nearest(queries, static_cast<uint32_t>(i)).index) == queries.label(i);
  }
  double chance = 0;
  const std::vector<double> a = shares_of(subject.train()), b = shares_of(queries);
  for (size_t c = 0; c < std::min(a.size(), b.size()); ++c) chance += a[c] * b[c];
  return deviations(static_cast<double>(right), static_cast<double>(queries.size()), chance);
}

// Rows are true classes, columns predictions.
std::vector<int64_t> confusion_of(const Subject& subject, const Trial& trial, const data::Dataset& d) {
  std::vector<int64_t> confusion(static_cast<size_t>(d.classes()) * static_cast<size_t>(d.classes()), 0);
  model::Session session(trial.model, std::min<int64_t>(d.size(), 64), {subject.trainer().outputs()[0]});
  evaluate(session, d, std::nullopt, confusion, {}, nullptr);
  return confusion;
}

int64_t right_of(const std::vector<int64_t>& confusion, size_t classes) {
  int64_t right = 0;
  for (size_t c = 0; c < classes; ++c) right += confusion[c * classes + c];
  return right;
}

void check_relation(Subject& subject, const HeldOut& held, Report& report) {
  const Trial& trial = subject.trial();
  const double n = static_cast<double>(held.data->size());
  const double neighbours = neighbour_deviations(subject, *held.data);
  double network = 0, accuracy = NAN;
  if (!trial.blew_up) {
    const std::vector<int64_t> confusion = confusion_of(subject, trial, *held.data);
    const std::vector<double> shares = shares_of(*held.data);
    const auto right = static_cast<double>(right_of(confusion, static_cast<size_t>(held.data->classes())));
    accuracy = right / n;
    network = deviations(right, n, *std::max_element(shares.begin(), shares.end()));
  }
  if (neighbours >= kDeviations || network >= kDeviations) return;
  Finding f{
      Check::labels, Severity::error, Code::labels_unrelated, held.name, "", std::max(neighbours, network),
      kDeviations};
  f.message = words(
      "The inputs say nothing about the labels: of %.0f samples that were not learned from, neither"
      " the network (%.0f %% right) nor the nearest neighbours among the others tell the class"
      " better than chance.",
      n, 100 * accuracy);
  if (trial.fall() > 0.1) f.message += " What falls is the loss of what is learned by heart.";
  f.message += " Are labels and samples in the same order?";
  report.add(std::move(f));
}

int64_t row_sum(const std::vector<int64_t>& confusion, size_t classes, size_t row) {
  const auto begin = confusion.begin() + static_cast<std::ptrdiff_t>(row * classes);
  return std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(classes), int64_t{0});
}

// By true class the prediction that it is best renamed to, one to one: of what is left always the pair with
// most samples.
std::vector<size_t> best_names(const std::vector<int64_t>& confusion, size_t classes) {
  std::vector<size_t> pairs(classes * classes), name(classes);
  std::iota(pairs.begin(), pairs.end(), size_t{0});
  std::ranges::stable_sort(pairs, [&](size_t a, size_t b) { return confusion[a] > confusion[b]; });
  std::vector<char> named(classes, 0), used(classes, 0);
  for (const size_t pair : pairs) {
    const size_t row = pair / classes, column = pair % classes;
    if (named[row] || used[column]) continue;
    named[row] = used[column] = 1;
    name[row] = column;
  }
  return name;
}

// Classes of the validation set that the network takes for others, one for one, though it knows them.
void check_swapped(Subject& subject, const HeldOut& held, Report& report) {
  const Trial& trial = subject.trial();
  const auto classes = static_cast<size_t>(held.data->classes());
  if (trial.blew_up || !subject.options().validation || held.data->classes() != subject.train().classes())
    return;
  const int64_t count = std::min<int64_t>(1000, subject.trained_samples());
  const data::DatasetPtr known = data::subset(
      subject.train_data(), std::vector<int64_t>(subject.order().begin(), subject.order().begin() + count));
  const std::vector<int64_t> learned = confusion_of(subject, trial, *known);
  const std::vector<int64_t> seen = confusion_of(subject, trial, *held.data);
  const std::vector<size_t> name = best_names(seen, classes);
  std::vector<Finding> findings;
  int64_t renamed = 0, gained = 0;
  for (size_t c = 0; c < classes; ++c) {
    const int64_t total = row_sum(seen, classes, c), known_total = row_sum(learned, classes, c);
    const size_t taken = name[c];
    if (taken == c || total < 5 || known_total < 5) continue;
    const double share = static_cast<double>(seen[c * classes + taken]) / static_cast<double>(total);
    const double knows = static_cast<double>(learned[c * classes + c]) / static_cast<double>(known_total);
    const double wrong_in_training =
        static_cast<double>(learned[c * classes + taken]) / static_cast<double>(known_total);
    if (share < 0.6 || knows < 0.6 || wrong_in_training > 0.2) continue;
    renamed += total;
    gained += seen[c * classes + taken] - seen[c * classes + c];
    findings.push_back(
        {Check::labels, Severity::error, Code::swapped_labels, held.name,
         words("%.0f %% of class %s are taken for class %s, which in training they are not: the two sets"
               " number their classes differently.",
               100 * share, held.data->class_name(static_cast<int>(c)).c_str(),
               held.data->class_name(static_cast<int>(taken)).c_str()),
         share, 0.6});
  }
  // Of guesses some names are always better than others: by about the root of their number.
  if (static_cast<double>(gained) < kDeviations * std::sqrt(static_cast<double>(renamed))) return;
  for (Finding& finding : findings) report.add(std::move(finding));
}

// Labels that contradict four of five neighbours which agree: wrong ones, where the neighbours are mostly of
// one mind and it is not a hard problem with few classes, in which they agree by chance.
void check_noise(const Subject& subject, Report& report) {
  const data::Dataset& train = subject.train();
  const std::vector<double> shares = shares_of(train);
  if (*std::max_element(shares.begin(), shares.end()) > 0.3) return;
  const size_t searched = static_cast<size_t>(std::min<int64_t>(4000, subject.trained_samples()));
  const Neighbours nearest(train, {subject.order().data(), searched});
  const size_t asked = std::min<size_t>(400, searched);
  int64_t of_one_mind = 0, contradicting = 0;
  for (size_t i = 0; i < asked; ++i) {
    subject.check_cancelled();
    const uint32_t sample = subject.order()[i];
    std::vector<int64_t> votes(shares.size(), 0);
    for (const uint32_t n : nearest.nearest(train, sample, 5, sample))
      ++votes[static_cast<size_t>(train.label(n))];
    const auto most = std::max_element(votes.begin(), votes.end());
    if (*most < 4) continue;
    ++of_one_mind;
    contradicting += train.label(sample) != most - votes.begin();
  }
  const double share = static_cast<double>(contradicting) / std::max(1.0, static_cast<double>(of_one_mind));
  if (static_cast<size_t>(of_one_mind) < asked / 5 || share < 0.1) return;
  report.add({Check::labels, Severity::warning, Code::conflicting_labels, "train",
              words("%.0f %% of the labels contradict those of the nearest samples, where these agree: many"
                    " labels are wrong. Look at some of them.",
                    100 * share),
              share, 0.1});
}

// Sorted by class and not shuffled: the network forgets each class over the next.
void check_order(const Subject& subject, Report& report) {
  const data::Dataset& train = subject.train();
  const std::optional<FeedOptions> feed = subject.trainer().feed_options();
  if (!feed || feed->shuffle) return;
  int64_t same = 0;
  for (int64_t i = 1; i < train.size(); ++i) same += train.label(i) == train.label(i - 1);
  double chance = 0;
  for (const double share : shares_of(train)) chance += share * share;
  const double share = static_cast<double>(same) / static_cast<double>(train.size() - 1);
  if (share < 0.5 + 0.5 * chance) return;
  report.add(
      {Check::labels, Severity::warning, Code::sorted_samples, "train",
       words("%.0f %% of the samples come right after one of their class, and the feed does not shuffle:"
             " batches of one class undo what the others have taught. Shuffle.",
             100 * share),
       share, 0.5 + 0.5 * chance});
}

bool has_constant_targets(const data::Dataset& d) {
  for (int64_t i = 1; i < d.size(); ++i)
    if (!std::equal(d.stored_target(0), d.stored_target(0) + d.format().target_bytes(), d.stored_target(i)))
      return false;
  return d.size() > 1;
}

}  // namespace

void check_labels(Subject& subject, Report& report) {
  const data::Dataset& train = subject.train();
  const size_t before = report.findings().size();
  if (train.classes() == 0) {
    if (has_constant_targets(train))
      report.add({Check::labels, Severity::error, Code::constant_labels, "train",
                  words("All %lld targets are the same. Look at how they are read.",
                        static_cast<long long>(train.size()))});
  } else if (check_counts(subject, "train", train, report)) {
    check_balance(train, report);
    if (subject.options().validation)
      check_counts(subject, "validation", *subject.options().validation, report);
    const HeldOut held = held_out(subject);
    // Classes that are numbered differently have to do with the inputs, but by other numbers.
    if (held.data != nullptr) check_swapped(subject, held, report);
    const bool swapped = report.has(Code::swapped_labels);
    if (!swapped && held.data != nullptr && held.data->size() >= kEnough)
      check_relation(subject, held, report);
    if (!report.has(Code::labels_unrelated) && train.size() >= 10 * kEnough) check_noise(subject, report);
    check_order(subject, report);
  }
  if (report.findings().size() == before)
    report.add({Check::labels, Severity::ok, Code::none, "", "The labels have to do with the inputs."});
}

}  // namespace fovea::train::checks
