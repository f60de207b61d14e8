// The IDX format of MNIST, plain or gzip:
//
//   2 bytes          zero
//   1 byte           element type: 8 is u8, the only one read here
//   1 byte           rank R
//   4 bytes, R times extents, big-endian
//   the rest         elements, the last axis fastest
//
// Sizes are checked against each other and against the files before anything is allocated.
// May use: base, io, data/dataset.h.
#pragma once
#include <memory>
#include <string>

#include "data/dataset.h"
#include "io/gzip.h"

namespace fovea::data {

struct IdxOptions {
  int classes = 0;         // 0: the largest label + 1
  uint64_t max_bytes = 0;  // refuse files that unpack to more; 0: 4 GiB
};

// Images of rank 3 (then H x W x 1) or 4 (H x W x C) with labels of rank 1. Raises FORMAT with the file and
// the byte offset, UNSUPPORTED for other element types.
DatasetPtr read_idx(io::ByteStream& images, io::ByteStream& labels, const IdxOptions& options,
                    const std::shared_ptr<Allocator>& allocator);
DatasetPtr open_idx(const std::string& images_path, const std::string& labels_path, const IdxOptions& options,
                    const std::shared_ptr<Allocator>& allocator);

}  // namespace fovea::data
