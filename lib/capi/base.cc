#include <fovea/base.h>

#include "base/dtype.h"
#include "base/error.h"
#include "base/shape.h"

using fovea::DType;
using fovea::Status;

// The C and the C++ side count alike.
static_assert(FV_OK == static_cast<int>(Status::ok));
static_assert(FV_INVALID_ARGUMENT == static_cast<int>(Status::invalid_argument));
static_assert(FV_OUT_OF_MEMORY == static_cast<int>(Status::out_of_memory));
static_assert(FV_IO == static_cast<int>(Status::io));
static_assert(FV_FORMAT == static_cast<int>(Status::format));
static_assert(FV_UNSUPPORTED == static_cast<int>(Status::unsupported));
static_assert(FV_BUSY == static_cast<int>(Status::busy));
static_assert(FV_CANCELLED == static_cast<int>(Status::cancelled));
static_assert(FV_MISMATCH == static_cast<int>(Status::mismatch));
static_assert(FV_NOT_FOUND == static_cast<int>(Status::not_found));
static_assert(FV_INTERNAL == static_cast<int>(Status::internal));
static_assert(FV_F32 == static_cast<int>(DType::f32) && FV_F64 == static_cast<int>(DType::f64));
static_assert(FV_U8 == static_cast<int>(DType::u8) && FV_I32 == static_cast<int>(DType::i32));
static_assert(FV_I64 == static_cast<int>(DType::i64));
static_assert(FV_MAX_RANK == fovea::kMaxRank);
static_assert(sizeof(fv_error) == 512 && sizeof(fv_error::message) == fovea::Error::kCapacity);

const char* fv_status_name(fv_status status) {
  constexpr const char* kNames[] = {"FV_OK",       "FV_INVALID_ARGUMENT", "FV_OUT_OF_MEMORY", "FV_IO",
                                    "FV_FORMAT",   "FV_UNSUPPORTED",      "FV_BUSY",          "FV_CANCELLED",
                                    "FV_MISMATCH", "FV_NOT_FOUND",        "FV_INTERNAL"};
  return status >= FV_OK && status <= FV_INTERNAL ? kNames[status] : "FV_UNKNOWN";
}

uint32_t fv_version(void) { return FV_VERSION; }
