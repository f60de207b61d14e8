// base.h and context.h: versions, names, hooks, tokens, and the rule of struct_size.
#include <atomic>
#include <cstddef>
#include <thread>

#include "support.h"

namespace fovea::test {
namespace {

static_assert(sizeof(fv_error) == 512);
static_assert(offsetof(fv_error, message) == 16);

TEST(Base, VersionAndStatusNames) {
  EXPECT_EQ(uint32_t{FV_VERSION}, fv_version());
  EXPECT_STREQ("FV_OK", fv_status_name(FV_OK));
  EXPECT_STREQ("FV_FORMAT", fv_status_name(FV_FORMAT));
  EXPECT_STREQ("FV_INTERNAL", fv_status_name(FV_INTERNAL));
  EXPECT_STREQ("FV_UNKNOWN", fv_status_name(11));
  EXPECT_STREQ("FV_UNKNOWN", fv_status_name(-1));
}

TEST(Context, DefaultsToTheCpusAllowed) {
  fv_error err{};
  Context context;
  OK(fv_context_create(nullptr, context.out(), &err));
  EXPECT_GE(fv_context_threads(context), 1);
  OK(fv_context_create(DESC(fv_context_desc, .threads = 3), context.out(), nullptr));
  EXPECT_EQ(3, fv_context_threads(context));
  EXPECT_EQ(0, fv_context_threads(nullptr));
}

TEST(Context, Refusals) {
  fv_error err{};
  fv_context* context = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_context_create(nullptr, nullptr, &err), "context");
  FAILS(FV_INVALID_ARGUMENT, fv_context_create(DESC(fv_context_desc, .threads = -1), &context, &err),
        "threads", "-1", "1024");
  FAILS(FV_INVALID_ARGUMENT, fv_context_create(DESC(fv_context_desc, .threads = 1025), &context, &err),
        "1025");
  fv_context_desc half = init<fv_context_desc>();
  half.allocate = [](void*, size_t, size_t) -> void* { return nullptr; };
  FAILS(FV_INVALID_ARGUMENT, fv_context_create(&half, &context, &err), "allocate", "release");
  EXPECT_EQ(nullptr, context);
  EXPECT_EQ(FV_INVALID_ARGUMENT, fv_context_create(DESC(fv_context_desc, .threads = -1), &context, nullptr));
}

TEST(Context, StructSize) {
  fv_error err{};
  Context context;
  // An older caller, whose struct ends after `threads`; what lies behind it is not looked at.
  fv_context_desc old = init<fv_context_desc>();
  old.struct_size = offsetof(fv_context_desc, allocate);
  old.threads = 2;
  old.allocate = [](void*, size_t, size_t) -> void* { return nullptr; };
  OK(fv_context_create(&old, context.out(), &err));
  EXPECT_EQ(2, fv_context_threads(context));
  // A newer one, with fields that this library does not know.
  struct {
    fv_context_desc desc;
    uint64_t tail[4];
  } newer{};
  newer.desc.struct_size = sizeof newer;
  newer.desc.threads = 1;
  OK(fv_context_create(&newer.desc, context.out(), &err));
  newer.tail[2] = 1;
  fv_context* none = nullptr;
  FAILS(FV_UNSUPPORTED, fv_context_create(&newer.desc, &none, &err), "fv_context_desc");
  newer.desc.struct_size = 0;
  FAILS(FV_INVALID_ARGUMENT, fv_context_create(&newer.desc, &none, &err), "struct_size");
  newer.desc.struct_size = 3;
  FAILS(FV_INVALID_ARGUMENT, fv_context_create(&newer.desc, &none, &err), "struct_size");
  EXPECT_EQ(nullptr, none);
}

// Counts calls of drop, each with its own user pointer.
struct Drops {
  int allocator = 0, parallel_for = 0, log = 0;
  fv_context_desc desc() {
    auto count = [](void* user) { ++*static_cast<int*>(user); };
    fv_context_desc d = init<fv_context_desc>();
    d.threads = 1;
    d.allocate = [](void*, size_t bytes, size_t alignment) -> void* {
      return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    };
    d.release = [](void*, void* memory, size_t) { std::free(memory); };
    d.parallel_for = [](void*, int64_t n, fv_task_fn task, void* data) {
      for (int64_t i = 0; i < n; ++i) task(data, i);
    };
    d.log = [](void*, fv_log_level, const char*) {};
    d.allocator_user = &allocator;
    d.parallel_for_user = &parallel_for;
    d.log_user = &log;
    d.allocator_drop = d.parallel_for_drop = d.log_drop = count;
    return d;
  }
};

TEST(Context, DropsOnceWhenTheLastObjectGoes) {
  Drops drops;
  const fv_context_desc desc = drops.desc();
  Made made = make(lenet, &desc);
  made.context.reset();
  made.graph.reset();
  EXPECT_EQ(0, drops.allocator + drops.parallel_for + drops.log);
  made.model.reset();
  EXPECT_EQ(1, drops.allocator);
  EXPECT_EQ(1, drops.parallel_for);
  EXPECT_EQ(1, drops.log);
}

TEST(Context, DropsOnceWhenCreationFails) {
  fv_error err{};
  fv_context* context = nullptr;
  Drops drops;
  fv_context_desc desc = drops.desc();
  desc.threads = 5000;
  FAILS(FV_INVALID_ARGUMENT, fv_context_create(&desc, &context, &err), "threads");
  desc = drops.desc();
  FAILS(FV_INVALID_ARGUMENT, fv_context_create(&desc, nullptr, &err), "context");
  // A newer caller's descriptor, refused before anything of it is read.
  struct Newer {
    fv_context_desc desc;
    uint64_t unknown;
  } newer{drops.desc(), 1};
  newer.desc.struct_size = sizeof newer;
  FAILS(FV_UNSUPPORTED, fv_context_create(&newer.desc, &context, &err), "fv_context_desc");
  EXPECT_EQ(3, drops.allocator);
  EXPECT_EQ(3, drops.parallel_for);
  EXPECT_EQ(3, drops.log);
}

TEST(CancelToken, SetsAndResets) {
  fv_error err{};
  Handle<fv_cancel_token> token;
  OK(fv_cancel_token_create(token.out(), &err));
  EXPECT_EQ(0, fv_cancel_token_is_cancelled(token));
  fv_cancel_token_cancel(token);
  EXPECT_EQ(1, fv_cancel_token_is_cancelled(token));
  fv_cancel_token_reset(token);
  EXPECT_EQ(0, fv_cancel_token_is_cancelled(token));
  std::thread other([&] { fv_cancel_token_cancel(token); });
  other.join();
  EXPECT_EQ(1, fv_cancel_token_is_cancelled(token));
  FAILS(FV_INVALID_ARGUMENT, fv_cancel_token_create(nullptr, &err), "token");
}

TEST(Destroy, AcceptsNull) {
  fv_context_destroy(nullptr);
  fv_cancel_token_destroy(nullptr);
  fv_cancel_token_cancel(nullptr);
  fv_cancel_token_reset(nullptr);
  EXPECT_EQ(0, fv_cancel_token_is_cancelled(nullptr));
  fv_graph_destroy(nullptr);
  fv_model_destroy(nullptr);
  fv_session_destroy(nullptr);
  fv_trainer_destroy(nullptr);
  fv_dataset_destroy(nullptr);
}

}  // namespace
}  // namespace fovea::test
