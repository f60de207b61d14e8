// Batches: the loader's, and the trainer's with workers.
#include <algorithm>
#include <numeric>

#include "support.h"

namespace fovea::test {
namespace {

struct Batch {
  std::vector<uint32_t> indices;
  std::vector<uint8_t> input, target;
  bool operator==(const Batch&) const = default;
};

std::vector<uint8_t> bytes_of(const fv_tensor& t, size_t element) {
  for (int32_t i = 0; i < t.rank; ++i) element *= static_cast<size_t>(t.shape[i]);
  const auto* p = static_cast<const uint8_t*>(t.data);
  return {p, p + element};
}

class LoaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context_.out(), &err));
    data_ = digits(context_, 100);
  }
  Handle<fv_loader> loader(const fv_dataset* data, int workers, int prefetch = 0) {
    Handle<fv_loader> made;
    fv_loader_desc desc{.struct_size = sizeof desc, .batch_size = 16, .workers = workers};
    desc.prefetch = prefetch;
    desc.seed = 7;
    EXPECT_EQ(FV_OK, fv_loader_create(context_, data, &desc, made.out(), &err)) << err.message;
    return made;
  }
  // The next `count` batches; element sizes of samples and targets.
  std::vector<Batch> read(fv_loader* from, int64_t count, size_t sample = 1, size_t target = 4) {
    std::vector<Batch> all;
    for (int64_t i = 0; i < count; ++i) {
      auto b = init<fv_loaded_batch>();
      EXPECT_EQ(FV_OK, fv_loader_next(from, &b, &err)) << err.message;
      all.push_back({{b.indices, b.indices + b.count}, bytes_of(b.input, sample), bytes_of(b.target, target)});
    }
    return all;
  }

  fv_error err{};
  Context context_;
  Dataset data_;
};

// The digits turned, moved, and under noise, drawn anew in every epoch.
Dataset augmented(fv_context* context, const fv_dataset* data) {
  fv_error err{};
  const fv_augment_desc steps[] = {
      {.struct_size = sizeof *steps, .step = FV_AUGMENT_ROTATION, .low = -20, .high = 20},
      {.struct_size = sizeof *steps, .step = FV_AUGMENT_CROP, .size = {28, 28}, .padding = 3},
      {.struct_size = sizeof *steps, .step = FV_AUGMENT_NOISE, .low = 10, .high = 20}};
  const fv_augment_desc* const pointers[] = {&steps[0], &steps[1], &steps[2]};
  Handle<fv_augmentation> pipeline;
  Dataset made;
  EXPECT_EQ(FV_OK, fv_augmentation_create(context, pointers, 3, nullptr, pipeline.out(), &err))
      << err.message;
  EXPECT_EQ(FV_OK, fv_dataset_augment(data, pipeline, made.out(), &err)) << err.message;
  return made;
}

TEST_F(LoaderTest, U10_RandomSamplesDoNotDependOnWorkersEither) {
  const Dataset random = augmented(context_, data_);
  const std::vector<Batch> alone = read(loader(random, 0), 14);
  for (const int workers : {1, 2, 4}) EXPECT_EQ(read(loader(random, workers), 14), alone) << workers;
  const Handle<fv_loader> late = loader(random, 2);
  OK(fv_loader_seek(late, 1, 3, &err));
  EXPECT_EQ(read(late, 4), std::vector<Batch>(alone.begin() + 10, alone.end()));
  // The same image is another one in the next epoch, and at another place of the same.
  const auto image_of = [&alone](size_t epoch, uint32_t index) {
    for (size_t b = epoch * 7; b < epoch * 7 + 7; ++b)
      for (size_t i = 0; i < alone[b].indices.size(); ++i)
        if (alone[b].indices[i] == index) {
          const auto first = alone[b].input.begin() + static_cast<int64_t>(i) * 784;
          return std::vector<uint8_t>(first, first + 784);
        }
    return std::vector<uint8_t>();
  };
  for (const uint32_t index : {0u, 17u, 99u}) {
    ASSERT_EQ(image_of(0, index).size(), 784u);
    EXPECT_NE(image_of(0, index), image_of(1, index));
  }
  const std::vector<int64_t> twice{5, 5};
  Dataset pair;
  OK(fv_dataset_subset(random, twice.data(), 2, pair.out(), &err));
  const Batch both = read(loader(pair, 1), 1)[0];
  EXPECT_FALSE(std::equal(both.input.begin(), both.input.begin() + 784, both.input.begin() + 784));
}

TEST_F(LoaderTest, D13_TheSameBatchesForAnyNumberOfWorkers) {
  const std::vector<Batch> alone = read(loader(data_, 0), 21);
  // Three epochs of 7 batches, each index once in each.
  for (size_t epoch = 0; epoch < 3; ++epoch) {
    std::vector<uint32_t> seen;
    for (size_t i = 0; i < 7; ++i) {
      const std::vector<uint32_t>& part = alone[epoch * 7 + i].indices;
      EXPECT_EQ(part.size(), i < 6 ? 16u : 4u);
      seen.insert(seen.end(), part.begin(), part.end());
    }
    std::ranges::sort(seen);
    std::vector<uint32_t> all(100);
    std::iota(all.begin(), all.end(), 0u);
    EXPECT_EQ(seen, all);
  }
  EXPECT_NE(alone[0].indices, alone[7].indices);
  for (const int workers : {1, 2, 4})
    for (const int prefetch : {1, 3}) EXPECT_EQ(read(loader(data_, workers, prefetch), 21), alone) << workers;
}

TEST_F(LoaderTest, GivesWhatTheDatasetHas) {
  const Batch b = read(loader(data_, 1), 1)[0];
  for (size_t i = 0; i < b.indices.size(); ++i) {
    std::vector<uint8_t> pixels(784);
    fv_buffer out = buffer(pixels);
    int64_t label = 0;
    OK(fv_dataset_get(data_, b.indices[i], &out, &label, &err));
    EXPECT_TRUE(std::equal(pixels.begin(), pixels.end(), b.input.begin() + static_cast<int64_t>(i) * 784));
    EXPECT_EQ(label, b.target[i * 4]);
  }
}

TEST_F(LoaderTest, GoesOnFromAnyBatch) {
  const std::vector<Batch> alone = read(loader(data_, 0), 14);
  for (const int workers : {0, 2}) {
    const Handle<fv_loader> l = loader(data_, workers);
    for (const int64_t at : {9, 3, 13, 0}) {
      OK(fv_loader_seek(l, at / 7, at % 7, &err));
      EXPECT_EQ(read(l, 1)[0], alone[static_cast<size_t>(at)]);
    }
    FAILS(FV_INVALID_ARGUMENT, fv_loader_seek(l, 0, 7, &err), "batch is 7, an epoch has 7");
    FAILS(FV_INVALID_ARGUMENT, fv_loader_seek(l, -1, 0, &err), "epoch is -1");
    EXPECT_EQ(read(l, 1)[0], alone[1]);
  }
}

TEST_F(LoaderTest, TellsWhereItIs) {
  Handle<fv_loader> l;
  OK(fv_loader_create(context_, data_, DESC(fv_loader_desc, .batch_size = 40, .drop_last = 1, .workers = 1),
                      l.out(), &err));
  for (int64_t i = 0; i < 5; ++i) {
    auto batch = init<fv_loaded_batch>();
    OK(fv_loader_next(l, &batch, &err));
    EXPECT_EQ(batch.epoch, i / 2);
    EXPECT_EQ(batch.batch, i % 2);
    EXPECT_EQ(batch.batches, 2);
    EXPECT_EQ(batch.epoch_ended, i % 2);
    EXPECT_EQ(batch.input.rank, 4);
    EXPECT_EQ(batch.input.shape[0], 40);
    EXPECT_EQ(batch.input.dtype, FV_U8);
    EXPECT_EQ(batch.target.dtype, FV_I32);
  }
}

TEST_F(LoaderTest, GivesTargetsAsTheyAreStored) {
  std::vector<float> x(40 * 3);
  std::vector<double> y(40 * 2);
  std::iota(y.begin(), y.end(), 1000.0);
  Dataset data;
  OK(fv_dataset_from_memory(
      context_, DESC(fv_memory_dataset_desc, .samples = tensor(x, {40, 3}), .targets = tensor(y, {40, 2})),
      data.out(), &err));
  const std::vector<Batch> alone = read(loader(data, 0), 3, 4, 8);
  double first = 0;
  std::memcpy(&first, alone[1].target.data(), sizeof first);
  EXPECT_EQ(first, 1000.0 + 2 * alone[1].indices[0]);
  EXPECT_EQ(read(loader(data, 3), 3, 4, 8), alone);
}

TEST_F(LoaderTest, RefusesNonsense) {
  fv_loader* l = nullptr;
  const auto create = [&](const fv_loader_desc* desc) {
    return fv_loader_create(context_, data_, desc, &l, &err);
  };
  FAILS(FV_INVALID_ARGUMENT, create(DESC(fv_loader_desc, .batch_size = -1)), "batch_size is -1");
  FAILS(FV_INVALID_ARGUMENT, create(DESC(fv_loader_desc, .workers = 65)), "workers is 65", "0 to 64");
  FAILS(FV_INVALID_ARGUMENT, create(DESC(fv_loader_desc, .workers = -1)), "workers is -1");
  FAILS(FV_INVALID_ARGUMENT, create(DESC(fv_loader_desc, .prefetch = -3)), "prefetch is -3", "1 to 64");
  FAILS(FV_INVALID_ARGUMENT, create(DESC(fv_loader_desc, .batch_size = 101, .drop_last = 1)),
        "drop_last leaves nothing of 100 samples");
  FAILS(FV_INVALID_ARGUMENT, fv_loader_next(nullptr, nullptr, &err), "loader is NULL");
  EXPECT_EQ(l, nullptr);
}

// The weights after two epochs of 7 batches, stepped through one by one.
std::vector<double> trained(int workers, int threads, bool resume, bool random) {
  fv_error err{};
  const Folder folder;
  const std::string path = folder / "t.fovea";
  Made made = make(lenet, DESC(fv_context_desc, .threads = threads));
  const Dataset plain = digits(made.context, 100);
  const Dataset drawn = augmented(made.context, plain);
  fv_dataset* const data = random ? drawn : plain;
  Trainer trainer = make_trainer(made.model, FV_OPT_ADAM);
  const auto check = [&err](fv_status status) { EXPECT_EQ(FV_OK, status) << err.message; };
  const auto feed = [&] {
    check(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 16, .workers = workers), &err));
  };
  feed();
  for (int i = 0; i < 14; ++i) {
    if (resume && i == 10) {
      check(fv_trainer_save(trainer, path.c_str(), &err));
      trainer.reset();
      check(fv_trainer_load(made.context, path.c_str(), trainer.out(), &err));
      feed();
    }
    check(fv_trainer_next(trainer, nullptr, &err));
  }
  return weights(fv_trainer_model(trainer));
}

TEST(TrainerWorkers, ChangeNoBit) {
  for (const bool random : {false, true}) {
    const std::vector<double> alone = trained(0, 1, false, random);
    for (const int workers : {1, 2, 4}) {
      EXPECT_EQ(trained(workers, 2, false, random), alone) << workers;
      EXPECT_EQ(trained(workers, 1, true, random), alone) << workers;
    }
    EXPECT_EQ(trained(0, 2, true, random), alone);
  }
}

TEST(TrainerWorkers, EndWithFitOrByRequest) {
  fv_error err{};
  for (const int workers : {0, 2}) {
    Made made = make(lenet);
    const Dataset data = digits(made.context, 50);
    const Trainer trainer = make_trainer(made.model);
    OK(fv_trainer_fit(trainer, data, nullptr, DESC(fv_fit_desc, .batch_size = 16, .workers = workers), &err));
    if (workers == 0) {
      OK(fv_trainer_next(trainer, nullptr, &err));
      OK(fv_trainer_end_feed(trainer, &err));
    }
    FAILS(FV_INVALID_ARGUMENT, fv_trainer_next(trainer, nullptr, &err), "no data");
    auto progress = init<fv_progress>();
    OK(fv_trainer_get_progress(trainer, &progress, &err));
    EXPECT_EQ(progress.step, workers == 0 ? 5 : 4);
  }
}

}  // namespace
}  // namespace fovea::test
