// The binary files of CIFAR-10 and CIFAR-100 (Krizhevsky, 2009), plain or gzip: records of one or two label
// bytes and the planes of red, green and blue of 32 x 32 pixels. May use: base, io, data/dataset.h.
#pragma once
#include <memory>
#include <span>
#include <string>

#include "data/dataset.h"
#include "io/gzip.h"

namespace fovea::data {

enum class Cifar { ten, hundred, hundred_coarse };

// All streams one after the other, as height x width x channels. Raises FORMAT.
DatasetPtr read_cifar(std::span<const std::unique_ptr<io::ByteStream>> streams, Cifar kind,
                      const std::shared_ptr<Allocator>& allocator);
// Likewise files. Raises NOT_FOUND and IO too.
DatasetPtr open_cifar(std::span<const std::string> paths, Cifar kind,
                      const std::shared_ptr<Allocator>& allocator);

}  // namespace fovea::data
