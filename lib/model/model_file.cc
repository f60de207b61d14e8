#include "model/model_file.h"

#include <algorithm>

#include "base/error.h"
#include "model/graph_json.h"
#include "model/transform_file.h"

namespace fovea::model {
namespace {

constexpr const char* kFormat = "1";

// Absent where it is the layers' own choice.
layers::Initializer get_initializer(const io::Metadata& metadata) {
  layers::Initializer i;
  const auto kind = metadata.find("fovea.initializer");
  if (kind == metadata.end()) return i;
  for (size_t k = 0; k < std::size(layers::kInitializerNames); ++k)
    if (kind->second == layers::kInitializerNames[k]) i.kind = static_cast<layers::InitializerKind>(k);
  if (i.kind == layers::InitializerKind::automatic)
    fail(Status::format, "fovea.initializer is '%.40s'", kind->second.c_str());
  i.a = io::get_double(metadata, "fovea.initializer.a");
  i.b = io::get_double(metadata, "fovea.initializer.b");
  return layers::resolve_kernel_initializer(i, layers::Activation::linear);  // checks the numbers
}

DType dtype_from(const std::string& name) {
  if (name == name_of(DType::f32)) return DType::f32;
  if (name == name_of(DType::f64)) return DType::f64;
  fail(Status::format, "fovea.dtype is '%.40s', expected f32 or f64", name.c_str());
}

size_t bytes_of(const Shape& shape, DType dtype) {
  return static_cast<size_t>(shape.elements()) * size_of(dtype);
}

// Refuses a tensor that is missing or different, before memory for it is taken.
const io::TensorEntry& expect_tensor(const io::SafetensorsReader& reader, const std::string& name,
                                     const Shape& shape, DType dtype) {
  const io::TensorEntry* entry = reader.find(name);
  if (entry == nullptr) fail(Status::format, "%s: tensor '%.200s' is missing", reader.name(), name.c_str());
  if (entry->dtype != dtype || !(entry->shape == shape))
    fail(Status::format, "%s: tensor '%.200s' at byte %llu is %s %s, expected %s %s", reader.name(),
         name.c_str(), static_cast<unsigned long long>(entry->begin), entry->dtype_name.c_str(),
         entry->shape.text().c_str(), name_of(dtype), shape.text().c_str());
  return *entry;
}

void put_class_names(const std::vector<std::string>& names, io::Metadata& metadata) {
  if (names.empty()) return;
  io::put_int(metadata, "fovea.classes", names.size());
  for (size_t i = 0; i < names.size(); ++i) metadata["fovea.classes." + std::to_string(i)] = names[i];
}

std::vector<std::string> get_class_names(const io::Metadata& metadata) {
  std::vector<std::string> names;
  if (!metadata.contains("fovea.classes")) return names;
  const uint64_t count = io::get_uint(metadata, "fovea.classes");
  // Every one of them is looked for, so that a wrong number ends with the first that is missing.
  for (uint64_t i = 0; i < count; ++i)
    names.push_back(io::get_text(metadata, "fovea.classes." + std::to_string(i)));
  return names;
}

std::shared_ptr<Model> parse_model(std::shared_ptr<const Context> context,
                                   const io::SafetensorsReader& reader) {
  const io::Metadata& metadata = reader.metadata();
  const auto format = metadata.find("fovea.format");
  if (format == metadata.end()) fail(Status::format, "it is not a model file: fovea.format is missing");
  if (format->second != kFormat)
    fail(Status::unsupported, "file format %.20s is newer than this library's (%s)", format->second.c_str(),
         kFormat);

  ModelOptions options;
  options.dtype = dtype_from(io::get_text(metadata, "fovea.dtype"));
  options.seed = io::get_uint(metadata, "fovea.seed");
  options.transform = get_transform(reader);
  options.kernel_initializer = get_initializer(metadata);
  ParsedGraph parsed = graph_from_json(*context, io::get_text(metadata, "fovea.graph"));
  // Sizes that the graph asks for are believed only after the file's own tensors agree.
  const graph::Layout layout(parsed.graph);
  for (const auto* slots : {&layout.parameters, &layout.state})
    for (const graph::Slot& slot : *slots) expect_tensor(reader, slot.name, slot.shape, options.dtype);
  // And a host's layer may have fewer tensors than the one that was saved.
  const auto of_model = std::ranges::count_if(
      reader.tensors(), [](const io::TensorEntry& t) { 
        return !is_of_trainer(t.name) && !is_of_transform(t.name);
      });
  const size_t wanted = layout.parameters.size() + layout.state.size();
  if (static_cast<size_t>(of_model) != wanted)
    fail(Status::format, "it has %zu tensors of a model, its graph has %zu", static_cast<size_t>(of_model),
         wanted);

  auto model =
      std::make_shared<Model>(std::move(context), std::make_shared<graph::Graph>(std::move(parsed.graph)),
                              std::move(parsed.outputs), options, Model::Uninitialised{});
  model->set_class_names(get_class_names(metadata));
  return model;
}

}  // namespace

bool is_of_trainer(std::string_view tensor) {
  const bool owned = tensor.starts_with("optimizer.") || tensor.starts_with("trainer.");
  return owned && tensor.find('/') != std::string_view::npos;
}

void save_model(const Model& model, const std::string& path, const std::vector<ExtraTensor>& extra,
                const io::Metadata& more) {
  io::Metadata metadata = more;
  metadata["fovea.format"] = kFormat;
  metadata["fovea.dtype"] = name_of(model.dtype());
  metadata["fovea.layout"] = "HWIO";
  io::put_int(metadata, "fovea.seed", model.seed());
  metadata["fovea.graph"] = graph_to_json(*model.graph(), model.outputs());
  put_class_names(model.class_names(), metadata);
  const std::vector<TransformTensor> transform = put_transform(model.transform(), metadata);
  const layers::Initializer& initializer = model.kernel_initializer();
  if (initializer.kind != layers::InitializerKind::automatic) {
    metadata["fovea.initializer"] = layers::kInitializerNames[static_cast<size_t>(initializer.kind)];
    io::put_double(metadata, "fovea.initializer.a", initializer.a);
    io::put_double(metadata, "fovea.initializer.b", initializer.b);
  }

  std::vector<io::TensorSpec> specs;
  std::vector<std::span<const std::byte>> data;
  for (int i = 0; i < model.tensor_count(); ++i) {
    const Model::Tensor t = model.tensor(i);
    specs.push_back({t.slot->name, model.dtype(), t.slot->shape});
    data.emplace_back(t.data, bytes_of(t.slot->shape, model.dtype()));
  }
  for (const TransformTensor& t : transform) {
    specs.push_back({t.name, t.dtype, t.shape});
    data.push_back(t.bytes);
  }
  for (const ExtraTensor& e : extra) {
    specs.push_back({e.name, e.dtype, e.shape});
    data.emplace_back(e.data, bytes_of(e.shape, e.dtype));
  }
  io::SafetensorsWriter writer(path, specs, metadata);
  for (std::span<const std::byte> bytes : data) writer.write(bytes);
  writer.commit();
}

std::shared_ptr<Model> load_model(std::shared_ptr<const Context> context,
                                  const io::SafetensorsReader& reader) {
  std::shared_ptr<Model> model;
  try {
    model = parse_model(std::move(context), reader);
  } catch (const Error& error) {
    // What a file asks for and the library refuses is a fault of the file.
    const Status status = error.status() == Status::invalid_argument ? Status::format : error.status();
    fail(status, "%.200s: %.280s", reader.name(), error.what());
  }
  for (int i = 0; i < model->tensor_count(); ++i) {
    const Model::Tensor t = model->tensor(i);
    read_tensor(reader, t.slot->name, t.slot->shape, model->dtype(), t.data);
  }
  return model;
}

void read_tensor(const io::SafetensorsReader& reader, const std::string& name, const Shape& shape,
                 DType dtype, std::byte* data) {
  const io::TensorEntry& entry = expect_tensor(reader, name, shape, dtype);
  reader.read(entry, {data, bytes_of(shape, dtype)});
}

}  // namespace fovea::model
