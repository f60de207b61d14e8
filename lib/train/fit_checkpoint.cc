#include "train/fit_checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <tuple>

#include "train/fit_error.h"

namespace fovea::train {
namespace {

constexpr std::string_view kEpoch = "{epoch}";
constexpr std::string_view kStep = "{step}";
// The trainer's note of the files: checkpoint_path, then a line "epoch step" for each.
constexpr const char* kNote = "fit.checkpoints";

bool names_epoch_or_step(std::string_view path) {
  return path.find(kEpoch) != std::string_view::npos || path.find(kStep) != std::string_view::npos;
}

std::string expand(std::string_view pattern, int64_t epoch, int64_t step) {
  std::string path;
  while (!pattern.empty()) {
    if (pattern.starts_with(kEpoch)) {
      path += std::to_string(epoch);
      pattern.remove_prefix(kEpoch.size());
    } else if (pattern.starts_with(kStep)) {
      path += std::to_string(step);
      pattern.remove_prefix(kStep.size());
    } else {
      path += pattern.front();
      pattern.remove_prefix(1);
    }
  }
  return path;
}

// The numbers that make `name` of the pattern; a number that the pattern lacks is 0.
bool match(std::string_view pattern, std::string_view name, int64_t* epoch, int64_t* step) {
  const std::string_view whole_pattern = pattern, whole = name;
  *epoch = *step = 0;
  while (!pattern.empty()) {
    const bool of_epoch = pattern.starts_with(kEpoch);
    if (of_epoch || pattern.starts_with(kStep)) {
      const char* const begin = name.data();
      const std::from_chars_result end =
          std::from_chars(begin, begin + name.size(), of_epoch ? *epoch : *step);
      if (end.ec != std::errc()) return false;
      name.remove_prefix(static_cast<size_t>(end.ptr - begin));
      pattern.remove_prefix(of_epoch ? kEpoch.size() : kStep.size());
    } else {
      if (!name.starts_with(pattern.front())) return false;
      name.remove_prefix(1);
      pattern.remove_prefix(1);
    }
  }
  // Neither leading zeros nor signs, nor two numbers for one.
  return *epoch >= 0 && *step >= 0 && expand(whole_pattern, *epoch, *step) == whole;
}

// Placeholders stand in the file's name, and so that a name can be read in one way only.
fv_status check_pattern(std::string_view path, fv_error* error) {
  const size_t slash = path.rfind('/');
  if (slash != std::string_view::npos && names_epoch_or_step(path.substr(0, slash)))
    return refuse(error, FV_INVALID_ARGUMENT,
                  "{epoch} and {step} of checkpoint_path belong to the file's name");
  const auto is_digit = [&](size_t at) { return at < path.size() && path[at] >= '0' && path[at] <= '9'; };
  for (size_t at = 0; at < path.size(); ++at) {
    const std::string_view rest = path.substr(at);
    const size_t size = rest.starts_with(kEpoch) ? kEpoch.size() : rest.starts_with(kStep) ? kStep.size() : 0;
    if (size == 0) continue;
    const std::string_view after = rest.substr(size);
    if (is_digit(at + size) || (at > 0 && is_digit(at - 1)) || after.starts_with(kEpoch) ||
        after.starts_with(kStep))
      return refuse(error, FV_INVALID_ARGUMENT,
                    "{epoch} and {step} of checkpoint_path must stand apart from digits and each other");
  }
  return FV_OK;
}

bool take_number(std::string_view* text, char end, int64_t* number) {
  const std::from_chars_result at = std::from_chars(text->data(), text->data() + text->size(), *number);
  if (at.ec != std::errc() || at.ptr == text->data() + text->size() || *at.ptr != end) return false;
  text->remove_prefix(static_cast<size_t>(at.ptr - text->data()) + 1);
  return true;
}

}  // namespace

fv_status find_checkpoint(const char* checkpoint_path, std::string* found, fv_error* error) {
  TRY(check_pattern(checkpoint_path, error));
  const std::filesystem::path pattern = checkpoint_path;
  const std::string name = pattern.filename().string();
  const std::filesystem::path folder = pattern.has_parent_path() ? pattern.parent_path() : ".";
  std::error_code failed;
  std::filesystem::directory_iterator file(folder, failed);
  std::tuple<int64_t, int64_t> newest(-1, -1);
  for (; !failed && file != std::filesystem::directory_iterator(); file.increment(failed)) {
    int64_t epoch = 0, step = 0;
    if (!match(name, file->path().filename().string(), &epoch, &step)) continue;
    std::error_code ignored;
    if (std::tuple(step, epoch) <= newest || file->is_directory(ignored)) continue;
    newest = {step, epoch};
    *found = (pattern.parent_path() / file->path().filename()).string();
  }
  if (failed && failed != std::errc::no_such_file_or_directory)
    return refuse(error, FV_IO, "cannot list the folder of '%.200s': %s", checkpoint_path,
                  failed.message().c_str());
  if (std::get<0>(newest) >= 0) return FV_OK;
  return refuse(error, FV_NOT_FOUND, "there is no checkpoint '%.200s'", checkpoint_path);
}

fv_status Checkpoints::check(fv_error* error) const {
  if (desc_.checkpoint_steps < 0 || desc_.checkpoint_epochs < 0)
    return refuse(error, FV_INVALID_ARGUMENT, "fit: checkpoint_steps or checkpoint_epochs is negative");
  if (desc_.checkpoint_improved != 0 && desc_.stop == nullptr)
    return refuse(error, FV_INVALID_ARGUMENT, "fit: checkpoint_improved needs stop");
  if (desc_.keep_checkpoints < 0 || desc_.keep_checkpoints > 10000)
    return refuse(error, FV_INVALID_ARGUMENT, "fit: keep_checkpoints is %d, expected 0 to 10000",
                  static_cast<int>(desc_.keep_checkpoints));
  const bool has_names = desc_.checkpoint_path != nullptr && names_epoch_or_step(desc_.checkpoint_path);
  if (desc_.keep_checkpoints > 0 && !has_names)
    return refuse(error, FV_INVALID_ARGUMENT,
                  "fit: keep_checkpoints needs a checkpoint_path with {epoch} or {step}");
  return has_names ? check_pattern(desc_.checkpoint_path, error) : FV_OK;
}

fv_status Checkpoints::begin(fv_trainer* trainer, fv_error* error) {
  if (desc_.keep_checkpoints == 0) return FV_OK;
  size_t size = 0;
  if (fv_trainer_get_note(trainer, kNote, nullptr, 0, &size, nullptr) != FV_OK) return FV_OK;  // none yet
  std::string note(size, '\0');
  TRY(fv_trainer_get_note(trainer, kNote, note.data(), note.size(), nullptr, error));
  note.pop_back();  // the zero
  // The files of another path are none of ours.
  const std::string path = std::string(desc_.checkpoint_path) + '\n';
  if (!note.starts_with(path)) return FV_OK;
  std::string_view rest = std::string_view(note).substr(path.size());
  for (Numbers n{}; take_number(&rest, ' ', &n.epoch) && take_number(&rest, '\n', &n.step);)
    files_.push_back(n);
  remove_oldest();
  return FV_OK;
}

bool Checkpoints::is_due(const fv_progress& progress, bool stepped, bool improved) const {
  if (desc_.checkpoint_path == nullptr) return false;
  if (desc_.checkpoint_steps > 0 && stepped && progress.step % desc_.checkpoint_steps == 0) return true;
  const int64_t every = desc_.checkpoint_epochs == 0 ? 1 : desc_.checkpoint_epochs;
  return progress.epoch_ended && (progress.epoch + 1) % every == 0 &&
         (improved || desc_.checkpoint_improved == 0);
}

fv_status Checkpoints::save(fv_trainer* trainer, const fv_progress& progress, fv_error* error) {
  const Numbers now{progress.epoch + progress.epoch_ended, progress.step};
  const std::string path = path_of(now);
  if (desc_.keep_checkpoints == 0) return fv_trainer_save(trainer, path.c_str(), error);
  // The list is in the file that it names last, so that whoever goes on from it knows what may be removed.
  const std::vector<Numbers> before = files_;
  std::erase_if(files_, [&](const Numbers& n) { return path_of(n) == path; });
  files_.push_back(now);
  TRY(write_note(trainer, error));
  if (const fv_status status = fv_trainer_save(trainer, path.c_str(), error); status != FV_OK) {
    files_ = before;
    write_note(trainer, nullptr);
    return status;
  }
  remove_oldest();
  return FV_OK;
}

std::string Checkpoints::path_of(const Numbers& numbers) const {
  return expand(desc_.checkpoint_path, numbers.epoch, numbers.step);
}

fv_status Checkpoints::write_note(fv_trainer* trainer, fv_error* error) const {
  std::string note = std::string(desc_.checkpoint_path) + '\n';
  for (const Numbers& n : files_) note += std::to_string(n.epoch) + ' ' + std::to_string(n.step) + '\n';
  return fv_trainer_set_note(trainer, kNote, note.c_str(), error);
}

// A file that cannot be removed, or has been already, is no error of the training.
void Checkpoints::remove_oldest() {
  while (files_.size() > static_cast<size_t>(desc_.keep_checkpoints)) {
    std::remove(path_of(files_.front()).c_str());
    files_.erase(files_.begin());
  }
}

}  // namespace fovea::train
