// Where fit saves its checkpoints, and which of them stay. May use: include/fovea only.
#pragma once
#include <fovea/fovea.h>

#include <string>
#include <vector>

namespace fovea::train {

// The file that fv_checkpoint_find gives.
fv_status find_checkpoint(const char* checkpoint_path, std::string* found, fv_error* error);

class Checkpoints {
 public:
  // `desc` outlives it.
  explicit Checkpoints(const fv_fit_desc& desc) : desc_(desc) {}

  // Refuses what makes no sense.
  fv_status check(fv_error* error) const;
  // Reads which files are there, and removes what a predecessor was killed before removing.
  fv_status begin(fv_trainer* trainer, fv_error* error);
  // After a batch; `improved`: it has ended an epoch that is the best so far.
  bool is_due(const fv_progress& progress, bool stepped, bool improved) const;
  fv_status save(fv_trainer* trainer, const fv_progress& progress, fv_error* error);

 private:
  // What stands in a file's name.
  struct Numbers {
    int64_t epoch, step;
  };

  std::string path_of(const Numbers& numbers) const;
  fv_status write_note(fv_trainer* trainer, fv_error* error) const;
  void remove_oldest();

  const fv_fit_desc& desc_;
  std::vector<Numbers> files_;  // written, with keep_checkpoints; oldest first
};

}  // namespace fovea::train
