#include <fovea/profile.h>

#include "capi/objects.h"
#include "model/profile_trace.h"

using namespace fovea;
using namespace fovea::capi;
using graph::Pass;
using graph::Profile;

static_assert(FV_PASS_PREPARE == static_cast<int>(Pass::prepare));
static_assert(FV_PASS_FORWARD == static_cast<int>(Pass::forward));
static_assert(FV_PASS_BACKWARD == static_cast<int>(Pass::backward));
static_assert(FV_PASS_OTHER == static_cast<int>(Pass::other));

// The session or trainer times for as long as this handle holds the profile.
struct fv_profile {
  std::shared_ptr<Profile> impl;
};

namespace {

template <class Object>
fv_status start(Object* object, const char* what, const fv_profile_desc* desc, fv_profile** profile,
                fv_error* error) {
  return guard(error, [&] {
    need(profile, "profile");
    const fv_profile_desc d = read_desc(desc, "fv_profile_desc");
    FOVEA_REQUIRE(d.max_events >= 0, "max_events is %d", static_cast<int>(d.max_events));
    auto made = std::make_unique<fv_profile>();
    made->impl = std::make_shared<Profile>(d.max_events == 0 ? 65536 : static_cast<size_t>(d.max_events));
    need(object, what).impl->profile(made->impl);
    *profile = made.release();
  });
}

}  // namespace

fv_status fv_session_profile(fv_session* session, const fv_profile_desc* desc, fv_profile** profile,
                             fv_error* error) {
  return start(session, "session", desc, profile, error);
}

fv_status fv_trainer_profile(fv_trainer* trainer, const fv_profile_desc* desc, fv_profile** profile,
                             fv_error* error) {
  return start(trainer, "trainer", desc, profile, error);
}

void fv_profile_destroy(fv_profile* profile) { delete profile; }

fv_status fv_profile_rows(const fv_profile* profile, fv_profile_row* rows, size_t capacity, size_t* needed,
                          fv_error* error) {
  return guard(error, [&] {
    const std::deque<Profile::Row>& all = need(profile, "profile").impl->rows();
    FOVEA_REQUIRE(rows != nullptr || capacity == 0, "rows is NULL");
    if (needed != nullptr) *needed = all.size();
    for (size_t i = 0; i < std::min(capacity, all.size()); ++i) {
      const Profile::Row& r = all[i];
      rows[i] = {r.name.c_str(), r.kind.c_str(), r.algorithm.c_str(), static_cast<fv_pass>(r.pass), 0,
                 r.calls, static_cast<double>(r.nanoseconds) / 1e9, r.flops(), r.bytes()};
    }
  });
}

fv_status fv_profile_table(const fv_profile* profile, char* buffer, size_t capacity, size_t* needed,
                           fv_error* error) {
  return guard(error, [&] {
    const std::string text = graph::profile_table(*need(profile, "profile").impl);
    write_text(text.c_str(), text.size(), buffer, capacity, needed);
  });
}

fv_status fv_profile_write_trace(const fv_profile* profile, const char* path, fv_error* error) {
  return guard(error, [&] { model::write_trace(*need(profile, "profile").impl, &need(path, "path")); });
}
