// Samples that are where they should not be: told by hashes of their bytes.
#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "data/hash.h"
#include "data/order.h"
#include "train/checks/checks.h"
#include "train/checks/neighbours.h"

namespace fovea::train::checks {
namespace {

// Of one sample: of its bytes, and of a picture the least of those of its mirror images and half turn.
class Hasher {
 public:
  explicit Hasher(const data::Dataset& dataset) : dataset_(dataset) {}

  struct Hashes {
    uint64_t exact, turned;
    bool constant;  // one value throughout, which says nothing
  };
  Hashes operator()(int64_t index) {
    memory_.reset();
    const TensorView sample = dataset_.sample(index, memory_);
    const auto* const x = static_cast<const std::byte*>(sample.data);
    turned_.resize(sample.bytes());
    // Pictures may each have a size of their own.
    if (const Shape& s = sample.shape; s.rank() == 3)
      rows_ = static_cast<size_t>(s[0]), columns_ = static_cast<size_t>(s[1]);
    pixel_ = turned_.size() / (rows_ * columns_);
    const size_t element = size_of(dataset_.dtype());
    Hashes h{hash(x), 0, true};
    for (size_t i = element; i < turned_.size() && h.constant; i += element)
      h.constant = std::memcmp(x, x + i, element) == 0;
    h.turned = h.exact;
    if (rows_ * columns_ == 1) return h;
    for (const int way : {1, 2, 3}) {
      for (size_t r = 0; r < rows_; ++r)
        for (size_t c = 0; c < columns_; ++c) {
          const size_t from_row = (way & 1) != 0 ? rows_ - 1 - r : r;
          const size_t from_column = (way & 2) != 0 ? columns_ - 1 - c : c;
          std::memcpy(turned_.data() + (r * columns_ + c) * pixel_,
                      x + (from_row * columns_ + from_column) * pixel_, pixel_);
        }
      h.turned = std::min(h.turned, hash(turned_.data()));
    }
    return h;
  }

 private:
  uint64_t hash(const std::byte* x) const {
    data::Xxh64 h;
    h.update({x, turned_.size()});
    return h.digest();
  }

  const data::Dataset& dataset_;
  data::SampleMemory memory_{system_allocator()};
  std::vector<std::byte> turned_;
  size_t rows_ = 1, columns_ = 1, pixel_ = 1;
};

struct Set {
  const char* name;
  const data::Dataset* dataset;
  std::vector<Hasher::Hashes> hashes;
  std::unordered_map<uint64_t, int64_t> first;  // by `turned`: the first sample that has it
  int64_t duplicates = 0;                       // whose `exact` another one before has, too
  int64_t conflicts = 0;                        // of these, with another label
  int64_t conflict_of = -1, conflict = -1;

  Set(const char* set_name, const data::Dataset& d, const Options& options) : name(set_name), dataset(&d) {
    Hasher hasher(d);
    std::unordered_map<uint64_t, int64_t> exact;
    for (int64_t i = 0; i < d.size(); ++i) {
      check_cancelled(options);
      hashes.push_back(hasher(i));
      const Hasher::Hashes& h = hashes.back();
      if (h.constant) continue;
      first.emplace(h.turned, i);
      const auto [at, is_new] = exact.emplace(h.exact, i);
      if (is_new) continue;
      ++duplicates;
      if (d.classes() > 0 && d.label(i) != d.label(at->second)) {
        ++conflicts;
        conflict_of = at->second;
        conflict = i;
      }
    }
  }
  double share_of(int64_t count) const {
    return static_cast<double>(count) / static_cast<double>(dataset->size());
  }
  // With few values to a sample, equal ones come about by themselves.
  bool coincides() const { return !dataset->format().varies && dataset->sample_shape().elements() < 16; }
};

constexpr double kMany = 0.1;   // of copies: something is read twice
constexpr double kFew = 0.005;  // a share that a collection of real pictures may well have

void check_duplicates(const Set& set, Report& report) {
  if (set.duplicates == 0 || set.coincides()) return;
  const double share = set.share_of(set.duplicates);
  report.add({Check::leakage, share > kMany ? Severity::warning : Severity::note, Code::duplicate_samples,
              set.name,
              words("%lld of %lld samples are copies of others in the same set.",
                    static_cast<long long>(set.duplicates), static_cast<long long>(set.dataset->size())),
              share, kMany});
  if (set.conflicts == 0) return;
  const double conflicts = set.share_of(set.conflicts);
  report.add(
      {Check::leakage, conflicts > 0.01 ? Severity::warning : Severity::note, Code::conflicting_labels,
       set.name,
       words("%lld samples have the same content as another one but another label, such as %lld and %lld:"
             " one of them is wrong.",
             static_cast<long long>(set.conflicts), static_cast<long long>(set.conflict_of),
             static_cast<long long>(set.conflict)),
       conflicts, 0.01});
}

void check_shared(const Set& a, const Set& b, Report& report) {
  if (a.dataset->sample_bytes() != b.dataset->sample_bytes()) return;
  int64_t shared = 0, in_a = -1, in_b = -1;
  for (size_t i = 0; i < b.hashes.size(); ++i) {
    const auto at = b.hashes[i].constant ? a.first.end() : a.first.find(b.hashes[i].turned);
    if (at == a.first.end()) continue;
    if (shared++ == 0) in_a = at->second, in_b = static_cast<int64_t>(i);
  }
  if (shared == 0) return;
  const double share = b.share_of(shared);
  const double expected = a.coincides() ? 2 * a.share_of(a.duplicates) + kFew : kFew;
  report.add({Check::leakage, share > expected ? Severity::error : Severity::note, Code::leaked_split, b.name,
              words("%lld of the %lld %s samples are in the %s set, too (some perhaps mirrored): the first is"
                    " %lld, there %lld. What is measured on them is what was learned by heart. Remove copies"
                    " before you split.",
                    static_cast<long long>(shared), static_cast<long long>(b.dataset->size()), b.name, a.name,
                    static_cast<long long>(in_b), static_cast<long long>(in_a)),
              share, expected});
}

// Some samples of a set, the same ones each time.
std::vector<uint32_t> some(const Set& set, int64_t wanted) {
  std::vector<uint32_t> order(static_cast<size_t>(set.dataset->size()));
  data::epoch_order(0, 0, true, order);
  order.resize(static_cast<size_t>(std::min(set.dataset->size(), wanted)));
  return order;
}

// Copies that are not equal to the last bit, with a little noise or another compression: much nearer to a
// sample of the other set than those of that set are to each other.
void check_near(const Set& a, const Set& b, const Options& options, Report& report) {
  if (a.coincides() || a.dataset->sample_bytes() != b.dataset->sample_bytes() || a.dataset->size() < 100)
    return;
  if (a.dataset->format().varies || b.dataset->format().varies) return;  // no distance between sizes
  const std::vector<uint32_t> searched = some(a, 4000), queries = some(b, 200);
  const Neighbours nearest(*a.dataset, searched);
  std::vector<double> usual;
  for (size_t i = 0; i < std::min<size_t>(100, searched.size()); ++i)
    usual.push_back(nearest(*a.dataset, searched[i], searched[i]).distance);
  std::nth_element(usual.begin(), usual.begin() + static_cast<std::ptrdiff_t>(usual.size() / 2), usual.end());
  const double close = 0.2 * usual[usual.size() / 2];
  int64_t near = 0;
  uint32_t in_a = 0, in_b = 0;
  for (const uint32_t q : queries) {
    check_cancelled(options);
    const Neighbours::Nearest n = nearest(*b.dataset, q);
    if (b.hashes[q].constant || !(n.distance < close)) continue;
    if (a.first.contains(b.hashes[q].turned)) continue;  // an equal one, which is told already
    if (near++ == 0) in_a = n.index, in_b = q;
  }
  const double share = static_cast<double>(near) / static_cast<double>(queries.size());
  if (near < 2 || share <= 0.02) return;
  report.add(
      {Check::leakage, Severity::error, Code::leaked_split, b.name,
       words("%lld of %zu %s samples are nearly the same as one of the %s set, such as %u and there %u:"
             " copies with a little noise, or neighbouring frames of a film? Split before you copy.",
             static_cast<long long>(near), queries.size(), b.name, a.name, in_b, in_a),
       share, 0.02});
}

void check_test_set(const Set& test, const Set& other, const char* use, Report& report) {
  if (test.dataset->fingerprint() != other.dataset->fingerprint()) return;
  report.add(
      {Check::leakage, Severity::error, Code::test_set_used, "test",
       words("The test set is also the %s set: what is %s it cannot be judged by it. Split off a set of"
             " its own for each.",
             other.name, use)});
}

void check_mark(const Set& set, const char* use, Report& report) {
  if (!set.dataset->format().test) return;
  report.add({Check::leakage, Severity::error, Code::test_set_used, set.name,
              words("The %s set is marked as a test set: what is %s it cannot be judged by it any more.",
                    set.name, use)});
}

}  // namespace

void check_leakage(const data::Dataset& train, const Options& options, Report& report) {
  const size_t before = report.findings().size();
  const Set first("train", train, options);
  check_mark(first, "learned from", report);
  check_duplicates(first, report);
  std::optional<Set> validation, test;
  if (options.validation) {
    validation.emplace("validation", *options.validation, options);
    check_mark(*validation, "chosen by", report);
    check_duplicates(*validation, report);
    check_shared(first, *validation, report);
    check_near(first, *validation, options, report);
  }
  if (options.test) {
    test.emplace("test", *options.test, options);
    check_test_set(*test, first, "learned from", report);
    if (validation) check_test_set(*test, *validation, "chosen by", report);
    check_shared(first, *test, report);
    check_near(first, *test, options, report);
    if (validation) check_shared(*validation, *test, report);
  }
  if (report.findings().size() == before)
    report.add({Check::leakage, Severity::ok, Code::none, "",
                validation || test ? "The sets have no sample in common." : "No sample is there twice.", 0,
                kFew});
}

}  // namespace fovea::train::checks
