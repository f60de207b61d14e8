#include "data/fit_transform.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "data/eigen.h"
#include "kernels/gemm.h"

namespace fovea::data {
namespace {

// Samples of a block, and blocks that are measured side by side before they are added up in order.
constexpr int64_t kSamples = 32;
constexpr int64_t kBlocks = 8;
// Rows of the covariance that one task computes.
constexpr int64_t kRows = 128;
// The covariance of more values takes gigabytes.
constexpr int64_t kMaxWhitened = 8192;

// Samples after the base's part of the transform, as doubles.
class Reader {
 public:
  Reader(const Context& context, const Dataset& dataset, const PreprocessOptions& base, const Shape& shape,
         int64_t samples)
      : count(samples),
        elements(shape.elements()),
        executor(context.executor()),
        dataset_(dataset),
        preprocess_(base, shape),
        shapes_(preprocess_.shapes(dataset.format(), "")),
        lanes_(context.allocator(), executor.threads()) {}

  void read(int64_t i, int lane, double* out) {
    SampleMemory& memory = lanes_[lane];
    // Those that are looked at lie evenly over the dataset, which may be sorted by class.
    const int64_t index = i * dataset_.size() / count;
    try {
      TensorView x = dataset_.sample(index, memory);
      if (shapes_) x = preprocess_.shaped(x, memory);
      preprocess_.apply(x.dtype, x.data, 1, out);
    } catch (const Error& error) {
      raise_with_name(error, dataset_, index);
    }
  }

  const int64_t count, elements;
  Executor& executor;

 private:
  const Dataset& dataset_;
  Preprocess preprocess_;
  bool shapes_;
  SampleLanes lanes_;
};

// Mean of each element and the sum of its squared deviations.
struct Moments {
  double count = 0;
  std::vector<double> mean, squares;

  explicit Moments(int64_t elements)
      : mean(static_cast<size_t>(elements), 0.0), squares(static_cast<size_t>(elements), 0.0) {}
  // Welford 1962.
  void add(const std::vector<double>& x) {
    count += 1;
    for (size_t i = 0; i < x.size(); ++i) {
      const double difference = x[i] - mean[i];
      mean[i] += difference / count;
      squares[i] += difference * (x[i] - mean[i]);
    }
  }
  // Chan, Golub and LeVeque 1979.
  void add(const Moments& other) {
    const double all = count + other.count;
    for (size_t i = 0; i < mean.size(); ++i) {
      const double difference = other.mean[i] - mean[i];
      mean[i] += difference * (other.count / all);
      squares[i] += other.squares[i] + difference * difference * (count * other.count / all);
    }
    count = all;
  }
};

Moments measure(Reader& reader) {
  Moments total(reader.elements);
  for (int64_t first = 0; first < reader.count; first += kSamples * kBlocks) {
    const int64_t blocks = std::min(kBlocks, blocks_of(reader.count - first, kSamples));
    std::vector<Moments> parts(static_cast<size_t>(blocks), Moments(reader.elements));
    reader.executor.parallel_for(blocks, [&](int64_t block, int lane) {
      std::vector<double> x(static_cast<size_t>(reader.elements));
      const int64_t begin = first + block * kSamples;
      for (int64_t i = begin; i < std::min(reader.count, begin + kSamples); ++i) {
        reader.read(i, lane, x.data());
        parts[static_cast<size_t>(block)].add(x);
      }
    });
    for (const Moments& part : parts) total.add(part);
  }
  return total;
}

// All elements of a channel as one.
Moments by_channel(const Moments& m, size_t channels) {
  Moments result(static_cast<int64_t>(channels));
  const size_t each = m.mean.size() / channels;
  for (size_t c = 0; c < channels; ++c) {
    Moments one(1);
    for (size_t i = c; i < m.mean.size(); i += channels) {
      Moments element(1);
      element.count = m.count;
      element.mean[0] = m.mean[i];
      element.squares[0] = m.squares[i];
      one.add(element);
    }
    result.mean[c] = one.mean[0];
    result.squares[c] = one.squares[0];
  }
  result.count = m.count * static_cast<double>(each);
  return result;
}

std::vector<double> deviations(const Moments& m) {
  std::vector<double> std;
  for (const double squares : m.squares) {
    const double deviation = std::sqrt(squares / m.count);
    std.push_back(deviation > 0 ? deviation : 1);
  }
  return std;
}

// Of what is centred and standardised: sum of x^T x / N over blocks of samples, each task its own rows.
std::vector<double> covariance(Reader& reader, const std::vector<double>& mean,
                               const std::vector<double>& std) {
  const int64_t n = reader.elements, block = kSamples * kBlocks;
  std::vector<double> sum(static_cast<size_t>(n * n), 0.0), x(static_cast<size_t>(block * n));
  for (int64_t first = 0; first < reader.count; first += block) {
    const int64_t samples = std::min(block, reader.count - first);
    reader.executor.parallel_for(samples, [&](int64_t i, int lane) {
      double* row = x.data() + i * n;
      reader.read(first + i, lane, row);
      for (int64_t k = 0; k < n; ++k) {
        const auto at = static_cast<size_t>(k);
        row[k] =
            (row[k] - mean[at]) / (std.empty() ? 1 : std[std.size() == mean.size() ? at : at % std.size()]);
      }
    });
    reader.executor.parallel_for(blocks_of(n, kRows), [&](int64_t task, int) {
      const int64_t begin = task * kRows, rows = std::min(kRows, n - begin);
      // The lower triangle: these rows up to their end.
      kernels::gemm(kernels::Op::transposed, kernels::Op::plain, rows, begin + rows, samples, 1.0,
                    x.data() + begin, n, x.data(), n, 1.0, sum.data() + begin * n, n);
    });
  }
  for (double& value : sum) value /= static_cast<double>(reader.count);
  return sum;
}

// x * matrix: PCA projects on the components, whitening divides by their deviations, ZCA turns back.
std::shared_ptr<const Whitening> whitening(const Eigen& eigen, int64_t n, const FitOptions& o) {
  auto w = std::make_shared<Whitening>();
  const int64_t kept = o.components == 0 ? n : o.components;
  const bool zca = o.whitening == WhiteningKind::zca_whitening;
  w->inputs = n;
  w->outputs = zca ? n : kept;
  w->eigenvalues.assign(eigen.values.begin(), eigen.values.begin() + kept);
  std::vector<double> scaled(static_cast<size_t>(kept * n));  // [kept][n]
  for (int64_t c = 0; c < kept; ++c) {
    const double value = std::max(eigen.values[static_cast<size_t>(c)], 0.0);
    const double root = std::sqrt(value + o.epsilon);
    FOVEA_REQUIRE(o.whitening == WhiteningKind::pca || root > 0,
                  "component %lld has no variance to divide by: keep fewer components or give an epsilon",
                  static_cast<long long>(c));
    const double factor = o.whitening == WhiteningKind::pca ? 1 : 1 / root;
    for (int64_t i = 0; i < n; ++i)
      scaled[static_cast<size_t>(c * n + i)] = factor * eigen.vectors[static_cast<size_t>(c * n + i)];
  }
  w->matrix.resize(static_cast<size_t>(n * w->outputs));
  if (!zca) {
    for (int64_t i = 0; i < n; ++i)
      for (int64_t c = 0; c < kept; ++c)
        w->matrix[static_cast<size_t>(i * kept + c)] =
            static_cast<float>(scaled[static_cast<size_t>(c * n + i)]);
    return w;
  }
  std::vector<double> product(static_cast<size_t>(n * n));
  kernels::gemm(kernels::Op::transposed, kernels::Op::plain, n, n, kept, 1.0, scaled.data(), n,
                eigen.vectors.data(), n, 0.0, product.data(), n);
  std::ranges::transform(product, w->matrix.begin(), [](double v) { return static_cast<float>(v); });
  return w;
}

// What samples have after the geometry.
Shape fitted_shape(const Dataset& dataset, const Geometry& g) {
  g.validate();
  const Shape& s = dataset.sample_shape();
  if (!g.any()) {
    FOVEA_REQUIRE(!dataset.format().varies,
                  "the dataset's images vary in size: the transform has to resize them");
    return s;
  }
  FOVEA_REQUIRE(s.rank() == 3, "images are made of samples of %s", s.text().c_str());
  const int64_t height = g.crop_height > 0 ? g.crop_height : g.height;
  const int64_t width = g.crop_width > 0 ? g.crop_width : g.width;
  const int64_t channels = g.channels == Channels::keep ? s[2] : g.channels == Channels::grey ? 1 : 3;
  if (height > 0) return {height, width, channels};
  FOVEA_REQUIRE(!dataset.format().varies && g.short_side == 0,
                "images of several sizes: the transform has to crop them, or resize to an exact size");
  return {s[0], s[1], channels};
}

void check(const Dataset& dataset, const FitOptions& o, const Shape& shape) {
  FOVEA_REQUIRE(o.base.values.mean.empty() && o.base.values.std.empty(),
                "mean and deviation are fitted, but they are given");
  FOVEA_REQUIRE(o.max_samples >= 0, "max_samples is %lld", static_cast<long long>(o.max_samples));
  FOVEA_REQUIRE(std::isfinite(o.epsilon) && o.epsilon >= 0, "zca_epsilon is %g", o.epsilon);
  FOVEA_REQUIRE(!dataset.format().test, "the dataset is a test set, on which nothing is fitted");
  const int64_t n = shape.elements();
  const bool whitens = o.whitening != WhiteningKind::none;
  FOVEA_REQUIRE(!whitens || n <= kMaxWhitened, "whitening of %lld values, at most %lld",
                static_cast<long long>(n), static_cast<long long>(kMaxWhitened));
  FOVEA_REQUIRE(o.components >= 0 && o.components <= n && (whitens || o.components == 0),
                "%lld components of %lld values", static_cast<long long>(o.components),
                static_cast<long long>(n));
  FOVEA_REQUIRE(!whitens || o.center != Statistic::channel,
                "whitening is of what has mean 0 in each feature, not in each channel");
}

}  // namespace

PreprocessOptions fit_transform(const Context& context, const Dataset& dataset, const FitOptions& options) {
  const Shape shape = fitted_shape(dataset, options.base.geometry);
  check(dataset, options, shape);
  const int64_t all = dataset.size();
  Reader reader(context, dataset, options.base, shape,
                options.max_samples == 0 ? all : std::min(all, options.max_samples));
  PreprocessOptions result = options.base;
  result.sample = shape;
  const bool whitens = options.whitening != WhiteningKind::none;
  if (options.center == Statistic::none && options.std == Statistic::none && !whitens) return result;
  const Moments features = measure(reader);
  const auto channels = static_cast<size_t>(shape.rank() == 0 ? 1 : shape[shape.rank() - 1]);
  const Moments in_channels = by_channel(features, channels);
  const Statistic center = whitens ? Statistic::feature : options.center;
  if (center != Statistic::none)
    result.values.mean = center == Statistic::channel ? in_channels.mean : features.mean;
  if (options.std != Statistic::none)
    result.values.std = deviations(options.std == Statistic::channel ? in_channels : features);
  if (!whitens) return result;
  const std::vector<double> covered = covariance(reader, features.mean, result.values.std);
  result.whitening =
      whitening(symmetric_eigen(reader.elements, covered, reader.executor), reader.elements, options);
  return result;
}

}  // namespace fovea::data
