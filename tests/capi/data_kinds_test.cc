// Datasets that are joined, made by callbacks, looked through and fed: what goes beyond images of one size with labels.
#include <sys/resource.h>

#include <cmath>
#include <functional>

#include "sources_support.h"

namespace fovea::test {
namespace {

using DataKindsTest = FolderTest;

// ---- callbacks ------------------------------------------------------------------------------------

fv_status ramp(void*, int64_t index, void* pixels, int64_t* label, fv_error*) {
  if (label != nullptr) return FV_IO;  // is not asked where there are targets
  static_cast<float*>(pixels)[0] = static_cast<float>(index);
  return FV_OK;
}
fv_status halves(void*, int64_t index, void* target, fv_error*) {
  auto* out = static_cast<double*>(target);
  out[0] = static_cast<double>(index) / 2;
  out[1] = -out[0];
  return FV_OK;
}

TEST_F(DataKindsTest, CallbacksWithTargets) {
  const auto desc = [](fv_dtype dtype, int32_t classes) {
    return fv_callback_dataset_desc{.struct_size = sizeof(fv_callback_dataset_desc), .dtype = FV_F32,
                                    .count = 40, .shape = {1}, .rank = 1, .classes = classes, .get = ramp,
                                    .get_target = halves, .target_shape = {2}, .target_rank = 1,
                                    .target_dtype = dtype};
  };
  Dataset data;
  const fv_callback_dataset_desc wanted = desc(FV_F64, 0);
  OK(fv_dataset_from_callback(context, &wanted, data.out(), &err));
  EXPECT_EQ(info(data).classes, 0);
  EXPECT_EQ(info(data).target_shape[0], 2);
  int64_t label = 7;
  std::vector<float> value(1);
  fv_buffer out = buffer(value);
  OK(fv_dataset_get(data, 3, &out, &label, &err));
  EXPECT_EQ(label, -1);
  EXPECT_EQ(value[0], 3);
  Handle<fv_loader> loader;
  OK(fv_loader_create(context, data, DESC(fv_loader_desc, .batch_size = 4, .no_shuffle = 1), loader.out(),
                      &err));
  auto batch = init<fv_loaded_batch>();
  OK(fv_loader_next(loader, &batch, &err));
  EXPECT_EQ(static_cast<const double*>(batch.target.data)[2 * 3 + 1], -1.5);
  fv_dataset* none = nullptr;
  const fv_callback_dataset_desc both = desc(FV_F64, 2), whole = desc(FV_I32, 0);
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_from_callback(context, &both, &none, &err), "classes is 2");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_from_callback(context, &whole, &none, &err), "expected f32 or f64");
}

// Image i has i + 1 rows and 2 columns of its number.
fv_status grow(void*, int64_t index, void* pixels, int64_t* label, fv_error*) {
  if (label != nullptr) *label = index % 2;
  else std::memset(pixels, static_cast<int>(index), static_cast<size_t>(index + 1) * 2);
  return FV_OK;
}
fv_status size_of_image(void*, int64_t index, int64_t* height, int64_t* width, fv_error*) {
  *height = index + 1;
  *width = 2;
  return FV_OK;
}

TEST_F(DataKindsTest, CallbacksOfImagesOfManySizes) {
  Dataset data;
  fv_callback_dataset_desc desc{.struct_size = sizeof desc, .count = 5, .shape = {0, 0, 1}, .rank = 3,
                                .get = grow, .get_size = size_of_image};
  OK(fv_dataset_from_callback(context, &desc, data.out(), &err));
  EXPECT_EQ(info(data).shape[0], 0);
  EXPECT_EQ(sample(data, 3), std::vector<uint8_t>(8, 3));
  fv_dataset* none = nullptr;
  desc.dtype = FV_F32;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_from_callback(context, &desc, &none, &err), "expected u8 0 x 0");
  desc.dtype = FV_U8;
  desc.shape[0] = 2;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_from_callback(context, &desc, &none, &err), "expected u8 0 x 0");
}

// ---- joined ---------------------------------------------------------------------------------------

TEST_F(DataKindsTest, ConcatOfImagesOfDifferentSizesVaries) {
  write(folder / "a.csv", "data/cat/b.pgm,0\n");
  write(folder / "b.csv", "large.pgm,1\n");
  write(folder / "large.pgm", pgm(5, 3, 9));
  const fv_image_files_desc grey{.struct_size = sizeof grey, .channels = 1};
  const auto open = [&](const char* name, const fv_image_files_desc* files) {
    Dataset d;
    EXPECT_EQ(FV_OK, fv_dataset_open_list(context, (folder / name).c_str(),
                                          DESC(fv_image_list_desc, .classes = 2, .files = files), d.out(),
                                          &err))
        << err.message;
    return d;
  };
  const Dataset a = open("a.csv", &grey), b = open("b.csv", &grey), colored = open("b.csv", nullptr);
  const fv_dataset *both[] = {a, b}, *turned[] = {b, a}, *unlike[] = {a, colored};
  Dataset joined, other;
  OK(fv_dataset_concat(both, 2, joined.out(), &err));
  EXPECT_EQ(info(joined).shape[0], 0);
  EXPECT_EQ(info(joined).shape[2], 1);
  EXPECT_EQ(sample(joined, 0).size(), 4u);
  EXPECT_EQ(sample(joined, 1).size(), 15u);
  OK(fv_dataset_concat(turned, 2, other.out(), &err));
  EXPECT_NE(info(joined).fingerprint, info(other).fingerprint);
  fv_dataset* none = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_concat(unlike, 2, &none, &err), "dataset 1 has samples");
}

// ---- fed ------------------------------------------------------------------------------------------

// 4 x 4 x 1 in, two logits out; images of other sizes are resized.
Model small_model(fv_context* context, bool resizes) {
  fv_error err{};
  Graph g;
  Model model;
  EXPECT_EQ(FV_OK, fv_graph_create(context, g.out(), &err));
  const fv_node x = fv_flatten(g, fv_input(g, DESC(fv_input_desc, .shape = {4, 4, 3})), nullptr);
  const fv_node logits = fv_dense(g, x, DESC(fv_dense_desc, .units = 2));
  fv_transform_desc transform{.struct_size = sizeof transform, .scale = 1 / 255.0};
  if (resizes) transform.resize_height = transform.resize_width = 4;
  EXPECT_EQ(FV_OK, fv_model_create(g, &logits, 1, DESC(fv_model_desc, .transform = &transform), model.out(),
                                   &err))
      << err.message;
  return model;
}

TEST_F(DataKindsTest, ALoaderWithAModelGivesWhatTheNetworkTakes) {
  write(root / "Dog" / "wide.pgm", pgm(6, 4, 51));
  Dataset data;
  OK(fv_dataset_open_folder(context, root.c_str(), nullptr, data.out(), &err));
  fv_loader* none = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_loader_create(context, data, nullptr, &none, &err), "different sizes");
  const Model model = small_model(context, true);
  for (const int workers : {0, 2}) {
    Handle<fv_loader> loader;
    const fv_loader_desc desc{.struct_size = sizeof desc, .batch_size = 5, .no_shuffle = 1, .workers = workers,
                              .model = model};
    OK(fv_loader_create(context, data, &desc, loader.out(), &err));
    auto batch = init<fv_loaded_batch>();
    OK(fv_loader_next(loader, &batch, &err));
    EXPECT_EQ(batch.input.dtype, FV_F32);
    ASSERT_EQ(batch.input.rank, 4);
    EXPECT_EQ(batch.input.shape[1], 4);
    EXPECT_EQ(batch.input.shape[3], 3);
    // Dog/wide, the first file of the first class, and Dog/x.
    EXPECT_FLOAT_EQ(static_cast<const float*>(batch.input.data)[20], 51 / 255.0f);
    EXPECT_FLOAT_EQ(static_cast<const float*>(batch.input.data)[1 * 48 + 20], 40 / 255.0f);
  }
  const Model stiff = small_model(context, false);
  FAILS(FV_INVALID_ARGUMENT,
        fv_loader_create(context, data, DESC(fv_loader_desc, .model = stiff), &none, &err), "input");
}

TEST_F(DataKindsTest, AnEpochThatHasNoNumberIsRefused) {
  const Dataset data = numbered({0, 1, 0, 1});
  Handle<fv_loader> loader;
  OK(fv_loader_create(context, data, DESC(fv_loader_desc, .batch_size = 4), loader.out(), &err));
  FAILS(FV_INVALID_ARGUMENT, fv_loader_seek(loader, int64_t{1} << 32, 0, &err), "epoch is 4294967296");
  OK(fv_loader_seek(loader, (int64_t{1} << 32) - 1, 0, &err));
  auto batch = init<fv_loaded_batch>();
  OK(fv_loader_next(loader, &batch, &err));
  FAILS(FV_INVALID_ARGUMENT, fv_loader_next(loader, &batch, &err), "at most 4294967296");
}

TEST_F(DataKindsTest, ABrokenImageInTrainingIsNamed) {
  Dataset data;
  OK(fv_dataset_open_folder(context, root.c_str(), DESC(fv_image_files_desc, .headers_only = 1), data.out(),
                            &err));
  const Model model = small_model(context, true);
  const Trainer trainer = make_trainer(model);
  OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 4), &err));
  write(root / "cat" / "b.pgm", "P5 2 2 255\nx");
  FAILS(FV_FORMAT, fv_trainer_next(trainer, nullptr, &err), "cat/b.pgm");
  // What the reader cannot name, since it is none of its business.
  write(root / "cat" / "b.pgm", pgm(2, 2, 20));
  Dataset failing;
  const auto refuse = [](void*, int64_t index, const fv_tensor*, void*, size_t, fv_error* error) -> fv_status {
    if (index != 2) return FV_OK;
    std::snprintf(error->message, sizeof error->message, "no such luck");
    return FV_IO;
  };
  OK(fv_dataset_map(data, DESC(fv_map_desc, .map = refuse), failing.out(), &err));
  FAILS(FV_IO, fv_trainer_feed(trainer, failing, DESC(fv_feed_desc, .batch_size = 4), &err), "cat/b.pgm",
        "no such luck");
}

// ---- files ----------------------------------------------------------------------------------------

// Files are looked at by the host's threads, which here have no descriptor left.
TEST_F(DataKindsTest, AWantOfDescriptorsIsNoBrokenImage) {
  fv_context_desc desc{.struct_size = sizeof desc, .threads = 2};
  desc.parallel_for = [](void*, int64_t count, fv_task_fn task, void* data) {
    rlimit old{};
    EXPECT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
    const rlimit none{0, old.rlim_max};
    EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
    for (int64_t i = 0; i < count; ++i) task(data, i);
    EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
  };
  Context starved;
  OK(fv_context_create(&desc, starved.out(), &err));
  fv_dataset* none = nullptr;
  FAILS(FV_IO, fv_dataset_open_folder(starved, root.c_str(), nullptr, &none, &err), ".pgm'");
}

TEST_F(DataKindsTest, FilesAreHashedOnceForAllThatIsMadeOfThem) {
  Dataset decoded, headers, part;
  OK(fv_dataset_open_folder(context, root.c_str(), nullptr, decoded.out(), &err));
  OK(fv_dataset_open_folder(context, root.c_str(), DESC(fv_image_files_desc, .headers_only = 1),
                            headers.out(), &err));
  EXPECT_EQ(info(headers).fingerprint, info(decoded).fingerprint);
  const int64_t indices[] = {1, 2};
  Dataset same;
  OK(fv_dataset_subset(decoded, indices, 2, same.out(), &err));
  OK(fv_dataset_subset(headers, indices, 2, part.out(), &err));
  std::filesystem::remove_all(root);
  EXPECT_EQ(info(part).fingerprint, info(same).fingerprint);
}

// ---- looks ----------------------------------------------------------------------------------------

// A picture of waves, larger by `zoom`, with a grey level more here and there, mirrored or not.
std::string picture(int seed, int zoom, bool noisy, bool mirrored) {
  std::string pixels;
  for (int y = 0; y < 32 * zoom; ++y)
    for (int x = 0; x < 48 * zoom; ++x) {
      const int column = (mirrored ? 48 * zoom - 1 - x : x) / zoom;
      const double wave = std::sin(column * (0.1 + 0.07 * seed) + seed) + std::cos(y / zoom * 0.2 * seed);
      pixels += static_cast<char>(static_cast<int>(120 + 50 * wave) + (noisy && (x + y) % 3 == 0 ? 2 : 0));
    }
  return "P5 " + std::to_string(48 * zoom) + " " + std::to_string(32 * zoom) + " 255\n" + pixels;
}

TEST_F(DataKindsTest, D12_AuditFindsWhatLooksAlike) {
  std::filesystem::remove_all(root);
  for (int seed = 1; seed <= 6; ++seed)
    write(root / "a" / (std::to_string(seed) + ".pgm"), picture(seed, 1, false, false));
  write(root / "a" / "copy.pgm", picture(1, 1, false, false));
  write(root / "a" / "flipped.pgm", picture(2, 1, false, true));
  for (const char* name : {"small.pgm", "small2.pgm"})  // by little, but they are small
    write(root / "a" / name, "P5 16 16 255\n" + std::string(128, 'a') + std::string(127, name[5]) + "x");
  write(root / "a" / "even.pgm", pgm(48, 32, 90));
  write(root / "a" / "even2.pgm", pgm(40, 32, 90));
  const std::filesystem::path held_back = folder / "test";
  write(held_back / "a" / "larger.pgm", picture(3, 2, true, false));
  write(held_back / "a" / "same.pgm", picture(4, 1, false, false));
  Dataset train, test;
  OK(fv_dataset_open_folder(context, root.c_str(), nullptr, train.out(), &err));
  OK(fv_dataset_open_folder(context, held_back.c_str(), nullptr, test.out(), &err));
  const fv_dataset* parts[] = {train, test};
  const char* names[] = {"train", "test"};
  Handle<fv_audit> audit;
  OK(fv_dataset_audit(context, parts, names, 2, audit.out(), &err));
  auto part = init<fv_audit_part>();
  OK(fv_audit_get_part(audit, 0, &part, &err));
  EXPECT_EQ(part.duplicates, 1);
  EXPECT_EQ(part.near_duplicates, 1);
  OK(fv_audit_get_part(audit, 1, &part, &err));
  EXPECT_EQ(part.shared, 1);
  EXPECT_EQ(part.near_shared, 1);
  const std::string said =
      text([&](char* b, size_t c, size_t* n) { return fv_audit_text(audit, b, c, n, &err); });
  EXPECT_NE(said.find("flipped.pgm' looks like "), std::string::npos) << said;
  EXPECT_NE(said.find("larger.pgm' looks like one of train: "), std::string::npos) << said;
}

// ---- sessions -------------------------------------------------------------------------------------

TEST_F(DataKindsTest, ASessionRefusesImagesThatAreTooLarge) {
  const Model model = small_model(context, true);
  const std::string path = root / "cat" / "b.pgm";
  const auto run = [&](int64_t max_pixels) {
    Session session;
    EXPECT_EQ(FV_OK, fv_session_create(model, DESC(fv_session_desc, .max_pixels = max_pixels), session.out(),
                                       &err))
        << err.message;
    std::vector<float> logits(2);
    fv_buffer out = buffer(logits);
    const fv_encoded_image image{.path = path.c_str()};
    return fv_session_run_images(session, &image, 1, &out, 1, &err);
  };
  OK(run(0));
  OK(run(4));
  FAILS(FV_FORMAT, run(3), "2 x 2 pixels, more than the 3");
  fv_session* none = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_session_create(model, DESC(fv_session_desc, .max_pixels = -1), &none, &err),
        "max_pixels is -1");
}

}  // namespace
}  // namespace fovea::test
