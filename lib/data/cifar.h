// The binary files of CIFAR-10 and CIFAR-100 (Krizhevsky, 2009), plain or gzip: records of one or two label
// bytes and the planes of red, green and blue of 32 x 32 pixels. May use: base, io, data/dataset.h.
#pragma once
#include <span>
#include <string>

#include "data/dataset.h"

namespace fovea::data {

enum class Cifar { ten, hundred, hundred_coarse };

// All files one after the other, as height x width x channels. Raises NOT_FOUND, IO, FORMAT.
DatasetPtr open_cifar(std::span<const std::string> paths, Cifar kind,
                      const std::shared_ptr<Allocator>& allocator);

}  // namespace fovea::data
