#include "base/host_types.h"

#include "base/error.h"

namespace fovea {

void HostTypes::add(std::string name, std::shared_ptr<const HostType> type) {
  const std::lock_guard lock(mutex_);
  for (const auto& known : types_)
    FOVEA_REQUIRE(known.first != name, "'%s' is registered already", name.c_str());
  types_.emplace_back(std::move(name), std::move(type));
}

std::shared_ptr<const HostType> HostTypes::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [known, type] : types_)
    if (known == name) return type;
  return nullptr;
}

}  // namespace fovea
