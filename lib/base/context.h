// Context: the hooks and types that a host gave, shared by every object made from it.
// May use: base.
#pragma once
#include <functional>
#include <memory>

#include "base/executor.h"
#include "base/host_types.h"
#include "base/memory.h"

namespace fovea {

enum class LogLevel : int32_t { info = 1, warning = 2 };

// A host's `user` pointer with its drop function, which is called exactly once.
class HostUser {
 public:
  HostUser(void* user, void (*drop)(void*)) : user_(user), drop_(drop) {}
  HostUser(const HostUser&) = delete;
  HostUser& operator=(const HostUser&) = delete;
  ~HostUser() {
    if (drop_ != nullptr) drop_(user_);
  }
  void* get() const { return user_; }

 private:
  void* user_;
  void (*drop_)(void*);
};

class Context {
 public:
  using Log = std::function<void(LogLevel, const char* message)>;

  Context(std::shared_ptr<Allocator> allocator, std::unique_ptr<Executor> executor, Log log)
      : allocator_(std::move(allocator)), executor_(std::move(executor)), log_(std::move(log)) {}

  const std::shared_ptr<Allocator>& allocator() const { return allocator_; }
  Executor& executor() const { return *executor_; }
  void log(LogLevel level, const char* message) const {
    if (log_) log_(level, message);
  }
  Buffer buffer(size_t bytes, bool zeroed = false) const { return Buffer(allocator_, bytes, zeroed); }
  // What the host has registered, by name: layers::CustomType and train::CustomLoss.
  HostTypes& layer_types() const { return layer_types_; }
  HostTypes& losses() const { return losses_; }

 private:
  std::shared_ptr<Allocator> allocator_;
  std::unique_ptr<Executor> executor_;
  Log log_;
  mutable HostTypes layer_types_, losses_;  // they lock
};

}  // namespace fovea
