// Out of memory, at every single allocation: the host's allocator and operator new. A call either succeeds or
// says OUT_OF_MEMORY and leaves everything as it was; nothing is lost; and a steady training step asks for
// nothing.
#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <new>
#include <unordered_map>

#include "custom_types.h"

namespace {

// Counts down to the allocation that fails; negative: none does. Only on the thread that asks for it.
thread_local int64_t news_left = -1;
thread_local int64_t news_seen = 0;

void* allocate_or_fail(size_t bytes, size_t alignment) {
  ++news_seen;
  if (news_left >= 0 && news_left-- == 0) return nullptr;
  return alignment > alignof(std::max_align_t)
             ? std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment)
             : std::malloc(bytes == 0 ? 1 : bytes);
}
void* allocate_or_throw(size_t bytes, size_t alignment) {
  if (void* p = allocate_or_fail(bytes, alignment)) return p;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(size_t n) { return allocate_or_throw(n, 1); }
void* operator new[](size_t n) { return allocate_or_throw(n, 1); }
void* operator new(size_t n, std::align_val_t a) { return allocate_or_throw(n, static_cast<size_t>(a)); }
void* operator new[](size_t n, std::align_val_t a) { return allocate_or_throw(n, static_cast<size_t>(a)); }
void* operator new(size_t n, const std::nothrow_t&) noexcept { return allocate_or_fail(n, 1); }
void* operator new[](size_t n, const std::nothrow_t&) noexcept { return allocate_or_fail(n, 1); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { std::free(p); }

namespace fovea::test {
namespace {

// While it lives, no allocation of this thread fails or counts: the test's own bookkeeping.
class Calm {
 public:
  Calm() : left_(news_left), seen_(news_seen) { news_left = -1; }
  ~Calm() { news_left = left_, news_seen = seen_; }

 private:
  int64_t left_, seen_;
};

// An allocator that knows what it has given out and can refuse.
struct Host {
  std::mutex mutex;
  std::unordered_map<void*, size_t> live;
  int64_t left = -1;  // allocations until one is refused
  int64_t seen = 0;
  int mistakes = 0;

  static void* allocate(void* user, size_t bytes, size_t alignment) {
    auto& h = *static_cast<Host*>(user);
    const Calm calm;
    const std::lock_guard lock(h.mutex);
    ++h.seen;
    if (alignment < 64 || (alignment & (alignment - 1)) != 0) ++h.mistakes;
    if (h.left >= 0 && h.left-- == 0) return nullptr;
    void* p = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    std::memset(p, 0xff, bytes);  // NaN: what is read before it is written shows
    h.live.emplace(p, bytes);
    return p;
  }
  static void release(void* user, void* p, size_t bytes) {
    auto& h = *static_cast<Host*>(user);
    const Calm calm;
    const std::lock_guard lock(h.mutex);
    const auto found = h.live.find(p);
    if (found == h.live.end() || found->second != bytes) ++h.mistakes;
    else h.live.erase(found);
    std::free(p);
  }
  fv_context_desc desc() {
    auto d = init<fv_context_desc>();
    d.threads = 1;
    d.allocate = allocate;
    d.release = release;
    d.allocator_user = this;
    return d;
  }
};

// Everything that a program does, as steps in a row, each of which can be tried again after it has failed.
struct Program {
  Folder folder;
  Host host;
  Context context;
  Graph graph;
  Model model, loaded, clone;
  Trainer trainer, resumed;
  Session session;
  Handle<fv_profile> profile, training;
  Handle<fv_search> search;
  Dataset data, first, second;
  fv_node node = FV_NODE_INVALID;
  std::vector<float> x = noise(8 * 192);
  std::vector<int32_t> y = labels(8, 10);
  std::vector<float> result = std::vector<float>(80);
  fv_evaluation evaluation = init<fv_evaluation>();

  fv_status report(int64_t trial, double score, fv_error* e) {
    return fv_search_report(search, trial, &score, 1, nullptr, e);
  }
  // Of 4 trials 2 go on to the second round.
  void check_search() {
    const fv_trial_state expected[] = {FV_TRIAL_STOPPED, FV_TRIAL_WAITING, FV_TRIAL_FAILED, FV_TRIAL_WAITING};
    fv_trial rows[4];
    ASSERT_EQ(FV_OK, fv_search_trials(search, rows, 4, nullptr, nullptr));
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(expected[i], rows[i].state);
      EXPECT_EQ(i % 2 == 0 ? 1 : 2, rows[i].epochs);
    }
  }

  std::vector<std::pair<const char*, std::function<fv_status(fv_error*)>>> steps() {
    // What the test itself allocates must not count, so it is all made here.
    static fv_context_desc context_desc;
    context_desc = host.desc();
    const fv_tensor in = tensor(x, {8, 8, 8, 3}), target = tensor(y, {8});
    const std::string path = folder / "m.fovea", picture = folder / "p.png";
    return {
        {"context", [this](fv_error* e) { return fv_context_create(&context_desc, context.out(), e); }},
        {"graph",
         [this](fv_error* e) {
           fv_status status = fv_graph_create(context, graph.out(), e);
           if (status == FV_OK) {
             node = small_resnet(graph);
             status = fv_graph_status(graph, e);
           }
           return status;
         }},
        {"model", [this](fv_error* e) { return fv_model_create(graph, &node, 1, nullptr, model.out(), e); }},
        {"data",
         [this, in, target](fv_error* e) {
           return fv_dataset_from_memory(
               context, DESC(fv_memory_dataset_desc, .samples = in, .labels = target), data.out(), e);
         }},
        {"split",
         [this](fv_error* e) {
           first.reset(), second.reset();
           return fv_dataset_split(data, DESC(fv_split_desc, .shuffle = 1, .count = 3), first.out(),
                                   second.out(), e);
         }},
        {"fold",
         [this](fv_error* e) {
           first.reset(), second.reset();
           return fv_dataset_fold(data, DESC(fv_fold_desc, .folds = 2, .shuffle = 1, .stratified = 1),
                                  first.out(), second.out(), e);
         }},
        {"mark", [this](fv_error* e) { return fv_dataset_mark_test(first, e); }},
        {"search",
         [this](fv_error* e) {
           static const fv_parameter_desc p = *DESC(fv_parameter_desc, .range = FV_RANGE_UNIFORM,
                                                    .name = "a parameter", .high = 1);
           static const fv_parameter_desc* const space[] = {&p};
           return fv_search_create(DESC(fv_search_desc, .method = FV_SEARCH_HALVING, .parameters = space,
                                        .parameter_count = 1, .trials = 4, .eta = 2), search.out(), e);
         }},
        {"report", [this](fv_error* e) { return report(0, 3, e); }},
        {"report a failure",
         [this](fv_error* e) {
           fv_error failure{FV_IO, 0, 0, "a message that is too long to be kept inside of a string"};
           return fv_search_report(search, 2, nullptr, 0, &failure, e);
         }},
        {"report again", [this](fv_error* e) { return report(3, 1, e); }},
        {"end a round", [this](fv_error* e) { return report(1, 2, e); }},
        {"table of the search",
         [this](fv_error* e) {
           char text[64];
           return fv_search_table(search, text, sizeof text, nullptr, e);
         }},
        {"trainer",
         [this](fv_error* e) {
           return fv_trainer_create(model, DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY,
                                                .optimizer = FV_OPT_ADAM), trainer.out(), e);
         }},
        {"profile of the trainer",
         [this](fv_error* e) { return fv_trainer_profile(trainer, nullptr, training.out(), e); }},
        {"step",
         [this, in, target](fv_error* e) { return fv_trainer_step(trainer, &in, 1, &target, nullptr, e); }},
        {"feed",
         [this](fv_error* e) {
           return fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 3), e);
         }},
        {"next", [this](fv_error* e) { return fv_trainer_next(trainer, nullptr, e); }},
        {"save", [this, path](fv_error* e) { return fv_trainer_save(trainer, path.c_str(), e); }},
        {"resume",
         [this, path](fv_error* e) { return fv_trainer_load(context, path.c_str(), resumed.out(), e); }},
        {"load", [this, path](fv_error* e) { return fv_model_load(context, path.c_str(), loaded.out(), e); }},
        {"clone", [this](fv_error* e) { return fv_model_clone(model, clone.out(), e); }},
        {"session",
         [this](fv_error* e) {
           return fv_session_create(model, DESC(fv_session_desc, .max_batch = 5), session.out(), e);
         }},
        {"profile", [this](fv_error* e) { return fv_session_profile(session, nullptr, profile.out(), e); }},
        {"run",
         [this, in](fv_error* e) {
           fv_buffer out = buffer(result);
           return fv_session_run(session, &in, 1, &out, 1, e);
         }},
        {"evaluate",
         [this](fv_error* e) {
           return fv_session_evaluate(
               session, data, DESC(fv_evaluate_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY), &evaluation, e);
         }},
        {"fit",
         [this](fv_error* e) {
           return fv_trainer_fit(trainer, data, second, DESC(fv_fit_desc, .epochs = 2, .batch_size = 3), e);
         }},
        {"summary",
         [this](fv_error* e) {
           char text[64];
           return fv_model_summary(model, 1, text, sizeof text, nullptr, e);
         }},
        {"table",
         [this](fv_error* e) {
           char text[64];
           return fv_profile_table(training, text, sizeof text, nullptr, e);
         }},
        {"trace",
         [this, picture](fv_error* e) { return fv_profile_write_trace(profile, picture.c_str(), e); }},
        {"digits",
         [this](fv_error* e) {
           fv_dataset* digits = nullptr;
           const fv_status status = fv_dataset_digits(context, DESC(fv_digits_desc, .count = 2), &digits, e);
           fv_dataset_destroy(digits);
           return status;
         }},
        {"filters",
         [this, picture](fv_error* e) {
           fv_tensor t{};
           t.data = x.data();
           t.dtype = FV_F32;
           t.rank = 4;
           t.shape[0] = t.shape[1] = 3, t.shape[2] = 1, t.shape[3] = 8;
           return fv_picture_filters(picture.c_str(), &t, nullptr, e);
         }},
        {"plot",
         [this, picture](fv_error* e) {
           const double values[] = {3, 2, 1};
           const fv_curve curve{"loss", nullptr, values, 3};
           return fv_picture_plot(picture.c_str(), &curve, 1, DESC(fv_plot_desc, .title = "t"), e);
         }},
    };
  }
};

// Runs the program, letting each step fail at its first, second, third ... allocation until it succeeds.
// `arm(k)` makes allocation k from now fail; arm(-1) none. Returns the number of failures that were met.
template <class Steps>
int run_with_failures(Steps& program, const std::function<void(int64_t)>& arm) {
  int failures = 0;
  for (auto& [name, step] : program.steps()) {
    for (int64_t k = 0;; ++k) {
      fv_error err{};
      arm(k);
      const fv_status status = step(&err);
      arm(-1);
      if (status == FV_OK) break;
      ++failures;
      if (status != FV_OUT_OF_MEMORY) {
        ADD_FAILURE() << name << ", allocation " << k << ": " << fv_status_name(status) << ", "
                      << err.message;
        return failures;
      }
      if (k > 20000) {
        ADD_FAILURE() << name << " never succeeds";
        return failures;
      }
    }
  }
  return failures;
}

TEST(Memory, EveryAllocationOfTheHostsAllocatorMayFail) {
  Program calm, stormy;
  ASSERT_EQ(0, run_with_failures(calm, [](int64_t) {}));
  const int failures = run_with_failures(stormy, [&](int64_t k) { stormy.host.left = k; });
  EXPECT_GT(failures, 15);
  EXPECT_EQ(weights(calm.model), weights(stormy.model)) << "a failure left a trace";
  EXPECT_EQ(calm.result, stormy.result);
  EXPECT_EQ(calm.evaluation.loss, stormy.evaluation.loss);
  for (Program* p : {&calm, &stormy}) {
    p->context.reset(), p->graph.reset(), p->model.reset(), p->loaded.reset(), p->clone.reset(),
        p->trainer.reset();
    p->resumed.reset(), p->session.reset(), p->data.reset(), p->first.reset(), p->second.reset();
    p->profile.reset(), p->training.reset();
    EXPECT_TRUE(p->host.live.empty()) << p->host.live.size() << " blocks were not released";
    EXPECT_EQ(0, p->host.mistakes);
    EXPECT_LE(p->folder.files(), 2u) << "a temporary file was left";
  }
}

TEST(Memory, EveryAllocationOfOperatorNewMayFail) {
  Program calm, stormy;
  ASSERT_EQ(0, run_with_failures(calm, [](int64_t) {}));
  const int failures = run_with_failures(stormy, [](int64_t k) { news_left = k; });
  EXPECT_GT(failures, 200);
  stormy.check_search();
  EXPECT_EQ(weights(calm.model), weights(stormy.model)) << "a failure left a trace";
  EXPECT_EQ(calm.result, stormy.result);
  EXPECT_LE(stormy.folder.files(), 2u) << "a temporary file was left";
}

TEST(Memory, ASteadyTrainingStepAllocatesNothing) {
  for (Network network : {lenet, small_resnet}) {
    Host host;
    fv_error err{};
    auto desc = host.desc();
    Made made = make(network, &desc);
    Trainer trainer = make_trainer(made.model, FV_OPT_ADAM);
    const bool image = network == lenet;
    const std::vector<float> x = noise(8 * 784);
    const std::vector<int32_t> y = labels(8, 10);
    const fv_tensor in = image ? tensor(x, {8, 28, 28, 1}) : tensor(x, {8, 8, 8, 3});
    const fv_tensor smaller = image ? tensor(x, {5, 28, 28, 1}) : tensor(x, {5, 8, 8, 3});
    const fv_tensor target = tensor(y, {8}), fewer = tensor(y, {5});
    double loss = 0;
    for (int i = 0; i < 2; ++i) OK(fv_trainer_step(trainer, &in, 1, &target, &loss, &err));
    // Without a profile, and with one that has no room for all events.
    Handle<fv_profile> profile;
    for (const int events : {0, 100}) {
      if (events > 0) {
        OK(fv_trainer_profile(trainer, DESC(fv_profile_desc, .max_events = events), profile.out(), &err));
      }
      const int64_t host_before = host.seen, news_before = news_seen;
      for (int i = 0; i < 3; ++i) {
        OK(fv_trainer_step(trainer, &in, 1, &target, &loss, &err));
        OK(fv_trainer_step(trainer, &smaller, 1, &fewer, &loss, &err));
      }
      EXPECT_EQ(host_before, host.seen);
      EXPECT_EQ(news_before, news_seen);
    }
    EXPECT_TRUE(loss == loss) << "NaN: memory was read before it was written";
  }
}

TEST(Memory, ASteadyFeedAllocatesNothing) {
  Host host;
  fv_error err{};
  auto desc = host.desc();
  Made made = make(lenet, &desc);
  Trainer trainer = make_trainer(made.model);
  Dataset data = digits(made.context, 50);
  OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 16), &err));
  for (int i = 0; i < 9; ++i) OK(fv_trainer_next(trainer, nullptr, &err));
  const int64_t host_before = host.seen, news_before = news_seen;
  for (int i = 0; i < 8; ++i) OK(fv_trainer_next(trainer, nullptr, &err));
  EXPECT_EQ(host_before, host.seen);
  EXPECT_EQ(news_before, news_seen);
}

// ---- types of the host's ------------------------------------------------------------------------------

// A gate between two dense layers and a loss of the host's: from the registration to a resumed checkpoint.
struct CustomProgram {
  Folder folder;
  CustomHost types;  // outlives the context
  Host host;
  Context context;
  Graph graph;
  Model model, loaded;
  Trainer trainer, resumed;
  Session session;
  fv_node node = FV_NODE_INVALID;
  std::vector<float> x = noise(8 * 12), result = std::vector<float>(24);
  std::vector<int32_t> y = labels(8, 3);
  int registrations = 0;  // tried

  fv_status build(fv_error* e) {
    const fv_status status = fv_graph_create(context, graph.out(), e);
    if (status != FV_OK) return status;
    const fv_node image = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {12}));
    const fv_node both[] = {fv_dense(graph, image, DESC(fv_dense_desc, .units = 16)),
                            fv_dense(graph, image, DESC(fv_dense_desc, .units = 16))};
    node = fv_custom(graph, both, 2,
                     DESC(fv_custom_desc, .type = "acme.gate", .attributes = "0123456789abcdefghijklm",
                          .attributes_size = 23));
    node = fv_dense(graph, node, DESC(fv_dense_desc, .units = 3));
    return fv_graph_status(graph, e);
  }
  fv_status make_trainer(fv_error* e) {
    auto loss = init<fv_loss_desc>();
    loss.loss = FV_LOSS_CUSTOM;
    loss.custom = "acme.cross_entropy";
    const fv_loss_desc* list[] = {&loss};
    return fv_trainer_create(model,
                             DESC(fv_trainer_desc, .optimizer = FV_OPT_ADAM, .losses = list, .loss_count = 1),
                             trainer.out(), e);
  }
  fv_tensor in() const { return tensor(x, {8, 12}); }
  fv_status step(fv_trainer* t, fv_error* e) {
    const fv_tensor inputs = in(), target = tensor(y, {8});
    return fv_trainer_step(t, &inputs, 1, &target, nullptr, e);
  }

  std::vector<std::pair<const char*, std::function<fv_status(fv_error*)>>> steps() {
    static fv_context_desc desc;
    desc = host.desc();
    const std::string path = folder / "m.fovea";
    const auto count = [this](fv_status status) { return ++registrations, status; };
    return {
        {"context", [this](fv_error* e) { return fv_context_create(&desc, context.out(), e); }},
        {"layer",
         [this, count](fv_error* e) {
           const fv_custom_layer_desc d = gate(&types);
           return count(fv_context_register_layer(context, &d, e));
         }},
        {"loss",
         [this, count](fv_error* e) {
           const fv_custom_loss_desc d = custom_loss("acme.cross_entropy", cross_entropy, &types);
           return count(fv_context_register_loss(context, &d, e));
         }},
        {"graph", [this](fv_error* e) { return build(e); }},
        {"model", [this](fv_error* e) { return fv_model_create(graph, &node, 1, nullptr, model.out(), e); }},
        {"trainer", [this](fv_error* e) { return make_trainer(e); }},
        {"step", [this](fv_error* e) { return step(trainer, e); }},
        {"save", [this, path](fv_error* e) { return fv_trainer_save(trainer, path.c_str(), e); }},
        {"load", [this, path](fv_error* e) { return fv_model_load(context, path.c_str(), loaded.out(), e); }},
        {"resume",
         [this, path](fv_error* e) { return fv_trainer_load(context, path.c_str(), resumed.out(), e); }},
        {"resumed step", [this](fv_error* e) { return step(resumed, e); }},
        {"session", [this](fv_error* e) { return fv_session_create(loaded, nullptr, session.out(), e); }},
        {"run",
         [this](fv_error* e) {
           const fv_tensor inputs = in();
           fv_buffer out = buffer(result);
           return fv_session_run(session, &inputs, 1, &out, 1, e);
         }},
    };
  }
  void end() {
    session.reset(), trainer.reset(), resumed.reset(), model.reset(), loaded.reset(), graph.reset();
    EXPECT_EQ(registrations - 2, types.drops) << "each failed registration drops once";
    context.reset();
    EXPECT_EQ(registrations, types.drops) << "and each that succeeded, with the context";
    EXPECT_TRUE(host.live.empty());
    EXPECT_EQ(0, host.mistakes);
  }
};

TEST(Memory, TypesOfTheHostMayMeetAnyFailure) {
  CustomProgram calm, first, second;
  ASSERT_EQ(0, run_with_failures(calm, [](int64_t) {}));
  EXPECT_GT(run_with_failures(first, [](int64_t k) { news_left = k; }), 100);
  EXPECT_GT(run_with_failures(second, [&](int64_t k) { second.host.left = k; }), 8);
  for (CustomProgram* p : {&calm, &first, &second}) {
    EXPECT_EQ(weights(calm.model), weights(p->model)) << "a failure left a trace";
    EXPECT_EQ(weights(fv_trainer_model(calm.resumed)), weights(fv_trainer_model(p->resumed)));
    EXPECT_EQ(calm.result, p->result);
  }
  EXPECT_GT(first.registrations, 8);
  for (CustomProgram* p : {&first, &second, &calm}) p->end();
}

TEST(Memory, ASteadyStepWithTypesOfTheHostAllocatesNothing) {
  CustomProgram p;
  ASSERT_EQ(0, run_with_failures(p, [](int64_t) {}));
  fv_error err{};
  const int64_t host_before = p.host.seen, news_before = news_seen;
  for (int i = 0; i < 3; ++i) OK(p.step(p.trainer, &err));
  EXPECT_EQ(host_before, p.host.seen);
  EXPECT_EQ(news_before, news_seen);
}

// ---- augmentation -------------------------------------------------------------------------------------

// A pipeline that takes memory of every sort, on digits.
Handle<fv_augmentation> pipeline(fv_context* context, fv_error* e, fv_status* status) {
  const auto step = [](fv_augment_step kind, double low, double high) {
    auto desc = init<fv_augment_desc>();
    desc.step = kind;
    desc.low = low;
    desc.high = high;
    return desc;
  };
  fv_augment_desc crop = step(FV_AUGMENT_SCALE_CROP, 30, 36);
  crop.size[0] = 28;
  const fv_augment_desc rotation = step(FV_AUGMENT_ROTATION, -9, 9), elastic = step(FV_AUGMENT_ELASTIC, 5, 5),
                        blur = step(FV_AUGMENT_BLUR, 1, 1), noise = step(FV_AUGMENT_NOISE, 3, 3),
                        policy = step(FV_AUGMENT_RAND_AUGMENT, 0, 0);
  const fv_augment_desc* const steps[] = {&crop, &rotation, &elastic, &blur, &noise, &policy};
  Handle<fv_augmentation> made;
  *status = fv_augmentation_create(context, steps, 6, nullptr, made.out(), e);
  return made;
}

struct AugmentProgram {
  Folder folder;
  Host host;
  Context context;
  Handle<fv_augmentation> augmentation;
  Dataset data, augmented;
  std::vector<uint8_t> sample = std::vector<uint8_t>(784);

  std::vector<std::pair<const char*, std::function<fv_status(fv_error*)>>> steps() {
    static fv_context_desc desc;
    desc = host.desc();
    const std::string path = folder / "sheet.png";
    return {{"context", [this](fv_error* e) { return fv_context_create(&desc, context.out(), e); }},
            {"data",
             [this](fv_error* e) {
               return fv_dataset_digits(context, DESC(fv_digits_desc, .count = 4), data.out(), e);
             }},
            {"pipeline",
             [this](fv_error* e) {
               fv_status status;
               augmentation = pipeline(context, e, &status);
               return status;
             }},
            {"augment", [this](fv_error* e) { return fv_dataset_augment(data, augmentation, augmented.out(), e); }},
            {"read",
             [this](fv_error* e) {
               fv_buffer to = buffer(sample);
               return fv_dataset_get(augmented, 2, &to, nullptr, e);
             }},
            {"sheet", [this, path](fv_error* e) {
               const fv_tensor image = tensor(sample, {28, 28, 1});
               return fv_augmentation_contact_sheet(augmentation, &image, nullptr, path.c_str(), e);
             }}};
  }
};

TEST(Memory, AnAugmentationMayMeetAnyFailure) {
  AugmentProgram calm, first, second;
  ASSERT_EQ(0, run_with_failures(calm, [](int64_t) {}));
  EXPECT_GT(run_with_failures(first, [](int64_t k) { news_left = k; }), 20);
  EXPECT_GT(run_with_failures(second, [&](int64_t k) { second.host.left = k; }), 10);
  EXPECT_EQ(calm.sample, first.sample);
  EXPECT_EQ(calm.sample, second.sample);
  for (AugmentProgram* p : {&calm, &first, &second}) {
    p->augmented.reset(), p->augmentation.reset(), p->data.reset(), p->context.reset();
    EXPECT_TRUE(p->host.live.empty());
    EXPECT_EQ(0, p->host.mistakes);
    EXPECT_EQ(1u, p->folder.files());
  }
}

TEST(Memory, ASteadyAugmentedFeedAllocatesNothing) {
  Host host;
  fv_error err{};
  auto desc = host.desc();
  Made made = make(lenet, &desc);
  Trainer trainer = make_trainer(made.model);
  fv_status status;
  const auto augmentation = pipeline(made.context, &err, &status);
  OK(status);
  Dataset data = digits(made.context, 50), augmented;
  OK(fv_dataset_augment(data, augmentation, augmented.out(), &err));
  OK(fv_trainer_feed(trainer, augmented, DESC(fv_feed_desc, .batch_size = 16), &err));
  for (int i = 0; i < 20; ++i) OK(fv_trainer_next(trainer, nullptr, &err));
  const int64_t host_before = host.seen, news_before = news_seen;
  for (int i = 0; i < 8; ++i) OK(fv_trainer_next(trainer, nullptr, &err));
  EXPECT_EQ(host_before, host.seen);
  EXPECT_EQ(news_before, news_seen);
}

}  // namespace
}  // namespace fovea::test
