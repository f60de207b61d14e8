// What a host has added to the library under names: kinds of layers, losses. Uses std only.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fovea {

// What is behind such a name; the folder that asks for it knows the rest (layers/custom.h,
// train/custom_loss.h).
struct HostType {
  virtual ~HostType() = default;
};

// Any thread may add and find.
class HostTypes {
 public:
  // Raises invalid_argument where the name is taken.
  void add(std::string name, std::shared_ptr<const HostType> type);
  // Null where there is none.
  std::shared_ptr<const HostType> find(std::string_view name) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::shared_ptr<const HostType>>> types_;
};

}  // namespace fovea
