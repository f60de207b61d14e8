#include <fovea/custom.h>

#include <string>

#include "capi/nodes.h"
#include "layers/custom.h"
#include "train/custom_loss.h"

using namespace fovea;
using namespace fovea::capi;
using layers::CustomNode;
using layers::Role;

static_assert(FV_ROLE_KERNEL == static_cast<int>(Role::kernel) &&
              FV_ROLE_SHIFT == static_cast<int>(Role::shift));

namespace {

// What a shape callback adds.
struct Added {
  std::vector<layers::Parameter> list;
  std::optional<Error> error;  // the first
};

// ---- what layers and losses have in common --------------------------------------------------------------

bool is_word(std::string_view text, std::string_view more) {
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && more.find(c) == std::string_view::npos) return false;
  }
  return !text.empty() && text.size() <= 64;
}

// The dot keeps it apart from the library's own kinds.
std::string checked_name(const char* name, const char* field) {
  const std::string_view text = &need(name, field);
  FOVEA_REQUIRE(is_word(text, "._-") && text.find('.') != std::string_view::npos,
                "%s is '%.80s', expected up to 64 letters, digits, '_', '-' and at least one '.'", field,
                name);
  return std::string(text);
}

// Raises what the host returned, with its message where it wrote one.
[[noreturn]] void raise(const char* what, fv_status status, fv_error& error) {
  const bool known = status > FV_OK && status <= FV_INTERNAL;
  error.message[sizeof error.message - 1] = '\0';
  for (char* c = error.message; *c != '\0'; ++c)
    if (static_cast<unsigned char>(*c) < 0x20 || *c == 0x7F) *c = ' ';
  fail(known ? static_cast<Status>(status) : Status::internal, "%s %s%s%s%s", what,
       known ? "failed with " : "returned what is no status", known ? fv_status_name(status) : "",
       error.message[0] == '\0' ? "" : ": ", error.message);
}

// Calls into the host. The mode is the library's again afterwards, whatever the host does to it.
template <class Argument>
void ask_host(const char* what, fv_status (*function)(void*, Argument*, fv_error*), const HostUser* user,
              Argument& argument) {
  fv_error error;
  report(&error, Status::ok, FV_NODE_INVALID, "");
  fv_status status;
  {
    const FpMode mode;
    status = function(user == nullptr ? nullptr : user->get(), &argument, &error);
  }
  if (status != FV_OK) raise(what, status, error);
}

// The host's pointer and its drop, taken before the rest of a descriptor may be refused.
template <class Desc>
std::shared_ptr<HostUser> user_of(const Desc* desc) {
  return has_field(desc, &Desc::drop) ? own_user(desc->user, desc->drop) : nullptr;
}

// ---- layers ---------------------------------------------------------------------------------------------

void set_shape(fv_custom_tensor& t, const Shape& shape) {
  t.shape = shape.extents().data();
  t.rank = shape.rank();
  t.elements = shape.elements();
}

layers::Initializer initializer_of(Role role, const fv_initializer_desc* desc) {
  const layers::Initializer given = initializer_from(desc);
  if (role == Role::kernel) return layers::resolve_kernel_initializer(given, layers::Activation::linear);
  if (role == Role::scale && given.kind == layers::InitializerKind::automatic)
    return {layers::InitializerKind::constant, 1, 0};
  return layers::resolve_bias_initializer(given);
}

layers::Parameter parameter_from(const fv_custom_parameter_desc& d) {
  layers::Parameter p;
  p.name = &need(d.name, "a parameter's name");
  FOVEA_REQUIRE(is_word(p.name, "_"),
                "the parameter's name is '%.80s', expected up to 64 letters, digits and '_'", p.name.c_str());
  int rank = 0;
  while (rank < kMaxRank && d.shape[rank] != 0) ++rank;
  for (int i = 0; i < rank; ++i)
    FOVEA_REQUIRE(d.shape[i] > 0, "parameter '%s' has an extent of %lld", p.name.c_str(),
                  static_cast<long long>(d.shape[i]));
  FOVEA_REQUIRE(rank > 0, "parameter '%s' has no shape", p.name.c_str());
  p.shape = Shape(std::span<const int64_t>(d.shape, static_cast<size_t>(rank)));
  FOVEA_REQUIRE(d.role >= FV_ROLE_KERNEL && d.role <= FV_ROLE_SHIFT,
                "parameter '%s' has the role %d, expected 0 to %d", p.name.c_str(), static_cast<int>(d.role),
                FV_ROLE_SHIFT);
  p.role = static_cast<Role>(d.role);
  p.initializer = initializer_of(p.role, d.initializer);
  const int64_t out = p.shape[rank - 1], in = rank > 1 ? p.shape[rank - 2] : out;
  FOVEA_REQUIRE(d.fan_in >= 0 && d.fan_out >= 0 && (d.fan_in == 0) == (d.fan_out == 0),
                "parameter '%s' has fans of %lld and %lld, expected both or none", p.name.c_str(),
                static_cast<long long>(d.fan_in), static_cast<long long>(d.fan_out));
  p.fan_in = d.fan_in > 0 ? d.fan_in : p.shape.elements() / out;
  p.fan_out = d.fan_out > 0 ? d.fan_out : p.shape.elements() / in;
  return p;
}

// What both directions have in common, on the stack: a step allocates nothing.
struct Pass {
  Pass(const CustomNode& n, DType dtype, int64_t batch);
  void in_training(RandomKey key, void* saved) {
    c.training = 1;
    c.saved_count = node.shape.saved_elements(c.batch);
    if (c.saved_count > 0) c.saved = saved;
    key.purpose = Purpose::noise;
    const PhiloxBlock bits = key.draw(0, 0);
    c.random = uint64_t{bits[0]} << 32 | bits[1];
  }
  void set_scratch(void* scratch) {
    c.scratch_count = node.shape.scratch_elements(c.batch);
    if (c.scratch_count > 0) c.scratch = scratch;
  }

  const CustomNode& node;
  fv_custom_pass c;
  std::array<fv_custom_tensor, layers::kMaxCustomInputs> inputs{};
  std::array<fv_custom_tensor, layers::kMaxCustomParameters> parameters{};
};

Pass::Pass(const CustomNode& n, DType dtype, int64_t batch) : node(n), c{} {
  c.struct_size = sizeof c;
  c.dtype = static_cast<fv_dtype>(dtype);
  c.batch = batch;
  c.input_count = static_cast<int32_t>(n.inputs.size());
  c.parameter_count = static_cast<int32_t>(n.shape.parameters.size());
  for (size_t i = 0; i < n.inputs.size(); ++i) set_shape(inputs[i], n.inputs[i]);
  for (size_t i = 0; i < n.shape.parameters.size(); ++i)
    set_shape(parameters[i], n.shape.parameters[i].shape);
  c.inputs = inputs.data();
  c.parameters = parameters.data();
  c.shape = n.shape.output.extents().data();
  c.rank = n.shape.output.rank();
  c.elements = n.shape.output.elements();
  c.attributes = n.attributes.data();
  c.attributes_size = n.attributes.size();
}

class HostLayer final : public layers::CustomType {
 public:
  HostLayer(const fv_custom_layer_desc& d, std::shared_ptr<HostUser> user)
      : name_(checked_name(d.type, "type")),
        shape_(d.shape),
        forward_(&need(d.forward, "forward")),
        backward_(&need(d.backward, "backward")),
        traits_{.backward_reads_x = d.backward_without_inputs == 0,
                .backward_reads_y = d.backward_without_output == 0},
        user_(std::move(user)) {}

  const std::string& name() const override { return name_; }
  layers::Traits traits() const override { return traits_; }
  layers::CustomShape shape(const std::string& attributes, std::span<const Shape> inputs) const override;
  void forward(const CustomNode& n, const layers::ForwardPass<float>& p) const override { run_forward(n, p); }
  void forward(const CustomNode& n, const layers::ForwardPass<double>& p) const override {
    run_forward(n, p);
  }
  void backward(const CustomNode& n, const layers::BackwardPass<float>& p) const override {
    run_backward(n, p);
  }
  void backward(const CustomNode& n, const layers::BackwardPass<double>& p) const override {
    run_backward(n, p);
  }

 private:
  template <class T>
  void run_forward(const CustomNode& n, const layers::ForwardPass<T>& p) const {
    Pass pass(n, dtype_of<T>::value, p.batch);
    for (size_t i = 0; i < p.x.size(); ++i) pass.inputs[i].data = p.x[i];
    for (size_t i = 0; i < p.params.size(); ++i) pass.parameters[i].data = p.params[i];
    pass.c.output = p.y;
    if (p.training) pass.in_training(p.key, p.saved);
    pass.set_scratch(p.scratch);
    ask_host<const fv_custom_pass>("forward", forward_, user_.get(), pass.c);
  }
  template <class T>
  void run_backward(const CustomNode& n, const layers::BackwardPass<T>& p) const {
    Pass pass(n, dtype_of<T>::value, p.batch);
    for (size_t i = 0; i < p.dx.size(); ++i) {
      if (traits_.backward_reads_x) pass.inputs[i].data = p.x[i];
      pass.inputs[i].gradient = p.dx[i];
    }
    for (size_t i = 0; i < p.params.size(); ++i) {
      pass.parameters[i].data = p.params[i];
      pass.parameters[i].gradient = p.dparams[i];
    }
    if (traits_.backward_reads_y) pass.c.output = const_cast<T*>(p.y);
    pass.c.output_gradient = p.dy;
    pass.in_training(p.key, p.saved);
    pass.set_scratch(p.scratch);
    ask_host<const fv_custom_pass>("backward", backward_, user_.get(), pass.c);
  }

  std::string name_;
  fv_custom_shape_fn shape_;
  fv_custom_pass_fn forward_, backward_;
  layers::Traits traits_;
  std::shared_ptr<HostUser> user_;
};

layers::CustomShape HostLayer::shape(const std::string& attributes, std::span<const Shape> inputs) const {
  layers::CustomShape result;
  result.output = inputs[0];
  if (shape_ == nullptr) {
    layers::expect_inputs(inputs, 1);
    return result;
  }
  std::array<fv_custom_tensor, layers::kMaxCustomInputs> tensors{};
  for (size_t i = 0; i < inputs.size(); ++i) set_shape(tensors[i], inputs[i]);
  Added parameters;
  fv_custom_shape s{};
  s.struct_size = sizeof s;
  s.input_count = static_cast<int32_t>(inputs.size());
  s.inputs = tensors.data();
  s.attributes = attributes.data();
  s.attributes_size = attributes.size();
  s.parameters = &parameters;
  shape_to(inputs[0], s.shape, &s.rank);
  ask_host("shape", shape_, user_.get(), s);
  if (parameters.error) throw *parameters.error;
  FOVEA_REQUIRE(s.rank >= 1 && s.rank <= kMaxRank, "the output has rank %d, expected 1 to %d",
                static_cast<int>(s.rank), kMaxRank);
  for (int i = 0; i < s.rank; ++i)
    FOVEA_REQUIRE(s.shape[i] > 0, "the output has an extent of %lld", static_cast<long long>(s.shape[i]));
  result.output = shape_from(s.shape, s.rank, "the output");
  result.parameters = std::move(parameters.list);
  result.saved = s.saved;
  result.saved_per_sample = s.saved_per_sample;
  result.scratch = s.scratch;
  result.scratch_per_sample = s.scratch_per_sample;
  result.multiply_adds = s.multiply_adds;
  return result;
}

// ---- losses ---------------------------------------------------------------------------------------------

class HostLoss final : public train::CustomLoss {
 public:
  HostLoss(const fv_custom_loss_desc& d, std::shared_ptr<HostUser> user)
      : name_(checked_name(d.name, "name")),
        what_("loss '" + name_ + '\''),
        evaluate_(&need(d.evaluate, "evaluate")),
        over_classes_(d.over_classes != 0),
        user_(std::move(user)) {}

  const std::string& name() const { return name_; }
  bool over_classes() const override { return over_classes_; }
  void evaluate(const train::LossRows& r) const override {
    fv_custom_rows rows{};
    rows.struct_size = sizeof rows;
    rows.dtype = static_cast<fv_dtype>(r.dtype);
    rows.rows = r.rows;
    rows.columns = r.columns;
    rows.shape = r.sample->extents().data();
    rows.rank = r.sample->rank();
    rows.output = r.output;
    rows.targets = r.targets;
    rows.labels = r.labels;
    rows.weights = r.weights;
    rows.losses = r.losses;
    rows.gradient = r.gradient;
    ask_host<const fv_custom_rows>(what_.c_str(), evaluate_, user_.get(), rows);
  }

 private:
  std::string name_, what_;
  fv_custom_loss_fn evaluate_;
  bool over_classes_;
  std::shared_ptr<HostUser> user_;
};

}  // namespace

fv_status fv_context_register_layer(fv_context* context, const fv_custom_layer_desc* desc, fv_error* error) {
  return guard(error, [&] {
    std::shared_ptr<HostUser> user = user_of(desc);
    const fv_custom_layer_desc d = read_desc(&need(desc, "desc"), "fv_custom_layer_desc");
    const auto type = std::make_shared<const HostLayer>(d, std::move(user));
    need(context, "context").impl->layer_types().add(type->name(), type);
  });
}

fv_status fv_context_register_loss(fv_context* context, const fv_custom_loss_desc* desc, fv_error* error) {
  return guard(error, [&] {
    std::shared_ptr<HostUser> user = user_of(desc);
    const fv_custom_loss_desc d = read_desc(&need(desc, "desc"), "fv_custom_loss_desc");
    const auto loss = std::make_shared<const HostLoss>(d, std::move(user));
    need(context, "context").impl->losses().add(loss->name(), loss);
  });
}

fv_status fv_custom_rows_loss(const fv_custom_rows* rows, fv_loss loss, fv_error* error) {
  return guard(error, [&] {
    const fv_custom_rows& r = need(rows, "rows");
    FOVEA_REQUIRE(r.dtype == FV_F32 || r.dtype == FV_F64, "the rows have the dtype %d",
                  static_cast<int>(r.dtype));
    FOVEA_REQUIRE(r.rows >= 0 && r.columns >= 1, "there are %lld rows of %lld columns",
                  static_cast<long long>(r.rows), static_cast<long long>(r.columns));
    FOVEA_REQUIRE(r.output != nullptr && r.losses != nullptr, "output or losses is NULL");
    FOVEA_REQUIRE(r.targets != nullptr || r.labels != nullptr, "there are neither targets nor labels");
    for (int64_t i = 0; r.targets == nullptr && i < r.rows; ++i)
      FOVEA_REQUIRE(r.labels[i] >= 0 && r.labels[i] < r.columns, "label %d of row %lld is not in [0, %lld)",
                    static_cast<int>(r.labels[i]), static_cast<long long>(i),
                    static_cast<long long>(r.columns));
    train::own_loss(static_cast<train::Loss>(loss),
                    {static_cast<DType>(r.dtype), r.rows, r.columns, nullptr, r.output, r.targets, r.labels,
                     r.weights, r.losses, r.gradient});
  });
}

void fv_custom_add_parameter(fv_custom_shape* shape, const fv_custom_parameter_desc* desc) {
  if (shape == nullptr || shape->parameters == nullptr) return;
  Added& parameters = *static_cast<Added*>(shape->parameters);
  if (parameters.error) return;
  fv_error error;
  const fv_status status = guard(&error, [&] {
    layers::Parameter p = parameter_from(read_desc(&need(desc, "desc"), "fv_custom_parameter_desc"));
    FOVEA_REQUIRE(parameters.list.size() < layers::kMaxCustomParameters, "there are more than %zu parameters",
                  layers::kMaxCustomParameters);
    for (const layers::Parameter& other : parameters.list)
      FOVEA_REQUIRE(other.name != p.name, "there are two parameters '%s'", p.name.c_str());
    parameters.list.push_back(std::move(p));
  });
  if (status == FV_OK) return;
  try {
    fail(static_cast<Status>(status), "%s", error.message);
  } catch (const Error& e) {
    parameters.error = e;
  }
}

fv_node fv_custom(fv_graph* graph, const fv_node* inputs, size_t count, const fv_custom_desc* desc) {
  const size_t readable = inputs == nullptr ? 0 : std::min(count, layers::kMaxCustomInputs + 1);
  return add_node(graph, "custom", {inputs, readable}, name_of_desc(desc), [&] {
    const fv_custom_desc d = read_desc(&need(desc, "desc"), "fv_custom_desc");
    auto type = layers::find_custom(*graph->context, &need(d.type, "type"));
    if (type == nullptr)
      fail(Status::not_found, "type '%.80s' is not registered with the graph's context", d.type);
    FOVEA_REQUIRE(d.attributes != nullptr || d.attributes_size == 0, "attributes is NULL");
    FOVEA_REQUIRE(d.attributes_size <= layers::kMaxCustomAttributes,
                  "there are %zu bytes of attributes, at most %zu", d.attributes_size,
                  layers::kMaxCustomAttributes);
    return layers::make_custom(std::move(type),
                               std::string(static_cast<const char*>(d.attributes), d.attributes_size));
  });
}
