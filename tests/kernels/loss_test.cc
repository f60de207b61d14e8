// Loss kernels against plain loops and against differences, on every target.
#include "kernels/loss.h"

#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::close;
using fovea::testing::draw;
using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::random_block;

// -sum t log softmax(x) in long double.
template <class T>
double plain_cross_entropy(const T* x, const T* t, int64_t classes) {
  long double largest = x[0], sum = 0, loss = 0;
  for (int64_t c = 0; c < classes; ++c) largest = std::max<long double>(largest, x[c]);
  for (int64_t c = 0; c < classes; ++c) sum += std::exp(static_cast<long double>(x[c]) - largest);
  for (int64_t c = 0; c < classes; ++c)
    loss += static_cast<long double>(t[c]) * (largest + std::log(sum) - static_cast<long double>(x[c]));
  return static_cast<double>(loss);
}

template <class T>
void check_cross_entropy() {
  std::mt19937_64 random(1);
  const double unit = static_cast<double>(std::numeric_limits<T>::epsilon());
  for_each_target([&] {
    for (int64_t classes : {1, 2, 3, 10, 16, 17, 100, 1000}) {
      const int64_t rows = 6;
      const double scale = 1.0 / 6;
      const auto x = random_block<T>(rows * classes, random, -6, 6);
      auto soft = random_block<T>(rows * classes, random, 0, 1);
      std::vector<int32_t> labels;
      std::vector<T> hard(x.size(), T(0));
      for (int64_t r = 0; r < rows; ++r) {
        labels.push_back(static_cast<int32_t>(random() % static_cast<uint64_t>(classes)));
        hard[static_cast<size_t>(r * classes + labels.back())] = 1;
      }
      Guarded<T> dx(x.size()), dx_soft(x.size()), dx_hard(x.size());
      std::vector<double> loss(rows), loss_soft(rows), loss_hard(rows), loss_only(rows);
      EXPECT_EQ(softmax_cross_entropy(rows, classes, x.data(), labels.data(), scale, loss.data(), dx.data()),
                -1);
      EXPECT_EQ(softmax_cross_entropy(rows, classes, x.data(), labels.data(), scale, loss_only.data(),
                                      static_cast<T*>(nullptr)),
                -1);
      softmax_cross_entropy(rows, classes, x.data(), soft.data(), scale, loss_soft.data(), dx_soft.data());
      softmax_cross_entropy(rows, classes, x.data(), hard.data(), scale, loss_hard.data(), dx_hard.data());
      EXPECT_EQ(loss, loss_only);
      EXPECT_TRUE(dx.intact() && dx_soft.intact() && dx_hard.intact());
      std::vector<double> expected_dx(x.size()), expected_soft(x.size());
      for (int64_t r = 0; r < rows; ++r) {
        const size_t at = static_cast<size_t>(r * classes), k = static_cast<size_t>(r);
        const double weight = 20 * unit * std::sqrt(static_cast<double>(classes));
        EXPECT_NEAR(loss[k], plain_cross_entropy(&x[at], &hard[at], classes), weight * 10);
        EXPECT_NEAR(loss_hard[k], loss[k], weight * 10);
        const double truth = plain_cross_entropy(&x[at], &soft[at], classes);
        EXPECT_NEAR(loss_soft[k], truth, weight * (1 + truth));
        double sum = 0, total = 0;
        for (int64_t c = 0; c < classes; ++c) {
          sum += std::exp(static_cast<double>(x[at + static_cast<size_t>(c)]));
          total += static_cast<double>(soft[at + static_cast<size_t>(c)]);
        }
        for (size_t i = at; i < at + static_cast<size_t>(classes); ++i) {
          const double p = std::exp(static_cast<double>(x[i])) / sum;
          expected_dx[i] = scale * (p - static_cast<double>(hard[i]));
          expected_soft[i] = scale * (p * total - static_cast<double>(soft[i]));
        }
      }
      EXPECT_TRUE(close(dx, expected_dx, 16, scale));
      EXPECT_TRUE(close(dx_hard, expected_dx, 16, scale));
      EXPECT_TRUE(close(dx_soft, expected_soft, 32, scale));
      Guarded<T> in_place(x.size());
      in_place.assign(x.values());
      softmax_cross_entropy(rows, classes, in_place.data(), labels.data(), scale, loss_only.data(),
                            in_place.data());
      EXPECT_EQ(in_place.values(), dx.values());
      EXPECT_EQ(loss, loss_only);
      in_place.assign(x.values());
      softmax_cross_entropy(rows, classes, in_place.data(), soft.data(), scale, loss_only.data(),
                            in_place.data());
      EXPECT_EQ(in_place.values(), dx_soft.values());
      EXPECT_EQ(loss_soft, loss_only);
    }
  });
}
TEST(Loss, CrossEntropy) {
  check_cross_entropy<float>();
  check_cross_entropy<double>();
}

// O1: the cross-entropy of uniform logits is ln K.
TEST(Loss, O1UniformLogits) {
  for_each_target([] {
    for (int64_t classes : {2, 10, 1000}) {
      const std::vector<float> x(static_cast<size_t>(classes), 3.25f);
      const int32_t label = 1;
      double loss = 0;
      softmax_cross_entropy(1, classes, x.data(), &label, 1, &loss, static_cast<float*>(nullptr));
      EXPECT_NEAR(loss, std::log(static_cast<double>(classes)), 1e-6);
      const std::vector<double> x64(x.begin(), x.end());
      softmax_cross_entropy(1, classes, x64.data(), &label, 1, &loss, static_cast<double*>(nullptr));
      EXPECT_NEAR(loss, std::log(static_cast<double>(classes)), 1e-13);
    }
  });
}

TEST(Loss, LabelOutOfRange) {
  for_each_target([] {
    const float x[] = {1, 2, 3, 1, 2, 3, 1, 2, 3};
    const int32_t labels[] = {2, 3, -1};
    double loss[3] = {9, 9, 9};
    float dx[9];
    EXPECT_EQ(softmax_cross_entropy(3, 3, x, labels, 1, loss, dx), 1);
    EXPECT_GT(loss[0], 0);
    EXPECT_EQ(loss[1], 0);
    EXPECT_EQ(loss[2], 0);
    for (int i = 3; i < 9; ++i) EXPECT_EQ(dx[i], 0);
  });
}

TEST(Loss, ExtremeLogits) {
  for_each_target([] {
    const float x[] = {1e4f, -1e4f, 0};
    float dx[3];
    double loss = 0;
    int32_t label = 0;
    softmax_cross_entropy(1, 3, x, &label, 1, &loss, dx);
    EXPECT_EQ(loss, 0);
    for (float v : dx) EXPECT_EQ(v, 0);
    label = 1;
    softmax_cross_entropy(1, 3, x, &label, 1, &loss, dx);
    EXPECT_EQ(loss, 2e4);
    EXPECT_EQ(dx[0], 1);
    EXPECT_EQ(dx[1], -1);
  });
}

template <class T>
void check_squared_error() {
  std::mt19937_64 random(2);
  for_each_target([&] {
    for (int64_t cols : {1, 3, 8, 10, 17, 1000}) {
      const int64_t rows = 4;
      const auto x = random_block<T>(rows * cols, random), t = random_block<T>(rows * cols, random);
      Guarded<T> dx(x.size());
      std::vector<double> loss(rows), expected(x.size());
      mean_squared_error(rows, cols, x.data(), t.data(), 0.25, loss.data(), dx.data());
      for (int64_t r = 0; r < rows; ++r) {
        double sum = 0;
        for (int64_t c = 0; c < cols; ++c) {
          const size_t i = static_cast<size_t>(r * cols + c);
          const double e = static_cast<double>(x[i]) - static_cast<double>(t[i]);
          sum += e * e;
          expected[i] = 0.25 * 2 / static_cast<double>(cols) * e;
        }
        EXPECT_NEAR(loss[static_cast<size_t>(r)], sum / static_cast<double>(cols), 1e-13 * sum);
      }
      EXPECT_TRUE(close(dx, expected, 4, 1.0 / static_cast<double>(cols)));
      EXPECT_TRUE(dx.intact());
    }
  });
}
TEST(Loss, MeanSquaredError) {
  check_squared_error<float>();
  check_squared_error<double>();
}

// Gradients in double precision against central differences.
template <class F>
void check_gradient(F loss_of, int64_t cols) {
  std::mt19937_64 random(5);
  std::vector<double> x(static_cast<size_t>(cols)), dx(x.size());
  for (double& v : x) v = draw(random, -2, 2);
  (void)loss_of(x.data(), dx.data());
  double error = 0, sizes = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double found = x[i], h = 6e-6 * std::max(1.0, std::abs(found));
    x[i] = found + h;
    const double up = loss_of(x.data(), nullptr);
    x[i] = found - h;
    const double down = loss_of(x.data(), nullptr);
    x[i] = found;
    const double numeric = (up - down) / (2 * h);
    error += (numeric - dx[i]) * (numeric - dx[i]);
    sizes += numeric * numeric;
  }
  EXPECT_LT(std::sqrt(error / sizes) / 2, 1e-7);
}
TEST(Loss, Gradients) {
  for_each_target([] {
    for (int64_t cols : {2, 10, 37}) {
      const int32_t label = 1;
      std::mt19937_64 random(6);
      std::vector<double> t(static_cast<size_t>(cols));
      double sum = 0;
      for (double& v : t) sum += v = draw(random, 0, 1);
      for (double& v : t) v /= sum;
      check_gradient(
          [&](const double* x, double* dx) {
            double loss = 0;
            softmax_cross_entropy(1, cols, x, &label, 1, &loss, dx);
            return loss;
          },
          cols);
      check_gradient(
          [&](const double* x, double* dx) {
            double loss = 0;
            softmax_cross_entropy(1, cols, x, t.data(), 1, &loss, dx);
            return loss;
          },
          cols);
      check_gradient(
          [&](const double* x, double* dx) {
            double loss = 0;
            mean_squared_error(1, cols, x, t.data(), 1, &loss, dx);
            return loss;
          },
          cols);
    }
  });
}

}  // namespace
}  // namespace fovea::kernels
