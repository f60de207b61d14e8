// A trainer's options in the metadata of its checkpoint, each under "trainer.<name>". May use: io, train.
#pragma once
#include "io/safetensors.h"
#include "train/trainer.h"

namespace fovea::train {

void put_options(io::Metadata& metadata, const TrainerOptions& options);
// Raises format for what is missing or no number; the trainer's constructor checks the numbers themselves.
TrainerOptions get_options(const io::Metadata& metadata);

}  // namespace fovea::train
