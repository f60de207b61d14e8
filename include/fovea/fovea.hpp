// Fovea for C++17 and later: owning handles and zeroed descriptors. The API is the C one.
//
//   fovea::Handle<fv_context> context;
//   fv_context_create(nullptr, context.out(), &error);
//   auto conv = fovea::init<fv_conv2d_desc>();
//   conv.filters = 32;
#ifndef FOVEA_FOVEA_HPP
#define FOVEA_FOVEA_HPP

#include <fovea/fovea.h>

#include <memory>

namespace fovea {

inline void destroy(fv_context *p) { fv_context_destroy(p); }
inline void destroy(fv_cancel_token *p) { fv_cancel_token_destroy(p); }
inline void destroy(fv_graph *p) { fv_graph_destroy(p); }
inline void destroy(fv_model *p) { fv_model_destroy(p); }
inline void destroy(fv_session *p) { fv_session_destroy(p); }
inline void destroy(fv_trainer *p) { fv_trainer_destroy(p); }
inline void destroy(fv_dataset *p) { fv_dataset_destroy(p); }
inline void destroy(fv_augmentation *p) { fv_augmentation_destroy(p); }
inline void destroy(fv_loader *p) { fv_loader_destroy(p); }
inline void destroy(fv_profile *p) { fv_profile_destroy(p); }
inline void destroy(fv_load_report *p) { fv_load_report_destroy(p); }
inline void destroy(fv_search *p) { fv_search_destroy(p); }
inline void destroy(fv_metrics *p) { fv_metrics_destroy(p); }
inline void destroy(fv_report *p) { fv_report_destroy(p); }
inline void destroy(fv_transform *p) { fv_transform_destroy(p); }
inline void destroy(fv_audit *p) { fv_audit_destroy(p); }

// Owns an object; converts to the pointer that the C functions take.
template <class T> class Handle {
 public:
  Handle() = default;
  explicit Handle(T *object) : object_(object) {}
  Handle(Handle &&other) noexcept : object_(other.release()) {}
  Handle &operator=(Handle &&other) noexcept {
    reset(other.release());
    return *this;
  }
  ~Handle() { reset(); }

  operator T *() const { return object_; }
  // For out-parameters; what was held is destroyed first.
  T **out() {
    reset();
    return &object_;
  }
  T *release() {
    T *object = object_;
    object_ = nullptr;
    return object;
  }
  void reset(T *object = nullptr) {
    T *old = object_;
    object_ = object;
    destroy(old);
  }

 private:
  T *object_ = nullptr;
};

// A descriptor with every field zero and struct_size set.
template <class Desc> Desc init() {
  Desc desc{};
  desc.struct_size = sizeof(Desc);
  return desc;
}

}  // namespace fovea

#endif
