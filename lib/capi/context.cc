#include "capi/objects.h"

namespace fovea::capi {
namespace {

class HostAllocator final : public Allocator {
 public:
  HostAllocator(const fv_context_desc& d, std::shared_ptr<HostUser> user)
      : allocate_(d.allocate), release_(d.release), user_(std::move(user)) {}
  void* allocate(size_t bytes, size_t alignment) noexcept override {
    return allocate_(user_->get(), bytes, alignment);
  }
  void release(void* p, size_t bytes) noexcept override { release_(user_->get(), p, bytes); }

 private:
  fv_allocate_fn allocate_;
  fv_release_fn release_;
  std::shared_ptr<HostUser> user_;
};

// The three pointers of the host, each with its drop.
struct Users {
  std::shared_ptr<HostUser> allocator, executor, log;

  explicit Users(const fv_context_desc* d) {
    // own_user drops what it cannot own; what it was not asked for yet is dropped here.
    int asked = 0;
    try {
      ++asked;
      if (has_field(d, &fv_context_desc::allocator_drop))
        allocator = own_user(d->allocator_user, d->allocator_drop);
      ++asked;
      if (has_field(d, &fv_context_desc::parallel_for_drop))
        executor = own_user(d->parallel_for_user, d->parallel_for_drop);
      ++asked;
      if (has_field(d, &fv_context_desc::log_drop)) log = own_user(d->log_user, d->log_drop);
    } catch (...) {
      if (asked < 2 && has_field(d, &fv_context_desc::parallel_for_drop) && d->parallel_for_drop != nullptr)
        d->parallel_for_drop(d->parallel_for_user);
      if (asked < 3 && has_field(d, &fv_context_desc::log_drop) && d->log_drop != nullptr)
        d->log_drop(d->log_user);
      throw;
    }
  }
};

std::shared_ptr<const Context> make_context(const fv_context_desc& d, Users users) {
  FOVEA_REQUIRE(d.threads >= 0 && d.threads <= 1024, "threads is %d, expected 0 to 1024",
                static_cast<int>(d.threads));
  FOVEA_REQUIRE((d.allocate == nullptr) == (d.release == nullptr),
                "allocate and release must be given together");
  const int threads = d.threads == 0 ? usable_cpus() : d.threads;
  std::shared_ptr<Allocator> allocator =
      d.allocate == nullptr ? system_allocator()
                            : std::make_shared<HostAllocator>(d, std::move(users.allocator));
  std::unique_ptr<Executor> executor;
  if (d.parallel_for == nullptr) executor = make_pool_executor(threads);
  else executor = make_host_executor(threads, d.parallel_for, d.parallel_for_user, std::move(users.executor));
  Context::Log log;
  if (d.log != nullptr)
    log = [call = d.log, user = std::move(users.log)](LogLevel level, const char* message) {
      call(user->get(), static_cast<fv_log_level>(level), message);
    };
  return std::make_shared<const Context>(std::move(allocator), std::move(executor), std::move(log));
}

}  // namespace
}  // namespace fovea::capi

using namespace fovea;
using namespace fovea::capi;

fv_status fv_context_create(const fv_context_desc* desc, fv_context** context, fv_error* error) {
  return guard(error, [&] {
    // First of all, so that each drop is called whatever is wrong with the rest.
    Users users(desc);
    const fv_context_desc d = read_desc(desc, "fv_context_desc");
    need(context, "context");
    auto made = std::make_unique<fv_context>();
    made->impl = make_context(d, std::move(users));
    *context = made.release();
  });
}

void fv_context_destroy(fv_context* context) { delete context; }

int32_t fv_context_threads(const fv_context* context) {
  return context == nullptr ? 0 : context->impl->executor().threads();
}

fv_status fv_cancel_token_create(fv_cancel_token** token, fv_error* error) {
  return guard(error, [&] {
    need(token, "token");
    *token = new fv_cancel_token{std::make_shared<CancelToken>()};
  });
}

void fv_cancel_token_cancel(fv_cancel_token* token) {
  if (token != nullptr) token->impl->cancel();
}

void fv_cancel_token_reset(fv_cancel_token* token) {
  if (token != nullptr) token->impl->reset();
}

int32_t fv_cancel_token_is_cancelled(const fv_cancel_token* token) {
  return token != nullptr && token->impl->is_cancelled() ? 1 : 0;
}

void fv_cancel_token_pause(fv_cancel_token* token) {
  if (token != nullptr) token->impl->pause();
}

void fv_cancel_token_resume(fv_cancel_token* token) {
  if (token != nullptr) token->impl->resume();
}

int32_t fv_cancel_token_is_paused(const fv_cancel_token* token) {
  return token != nullptr && token->impl->is_paused() ? 1 : 0;
}

int32_t fv_cancel_token_wait(fv_cancel_token* token) {
  return token != nullptr && token->impl->wait() ? 1 : 0;
}

double fv_cancel_token_paused_seconds(const fv_cancel_token* token) {
  return token == nullptr ? 0 : token->impl->paused_seconds();
}

void fv_cancel_token_destroy(fv_cancel_token* token) {
  // A call that still has it must not wait for ever.
  if (token != nullptr) token->impl->resume();
  delete token;
}
