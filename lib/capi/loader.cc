#include <fovea/loader.h>

#include "capi/objects.h"

using namespace fovea;
using namespace fovea::capi;

namespace {

fv_tensor tensor_of(const void* data, DType dtype, int64_t count, const Shape& one) {
  fv_tensor tensor{};
  tensor.data = data;
  tensor.dtype = static_cast<fv_dtype>(dtype);
  tensor.rank = one.rank() + 1;
  tensor.shape[0] = count;
  for (int i = 0; i < one.rank(); ++i) tensor.shape[i + 1] = one[i];
  return tensor;
}

}  // namespace

fv_status fv_loader_create(fv_context* context, const fv_dataset* dataset, const fv_loader_desc* desc,
                           fv_loader** loader, fv_error* error) {
  return guard(error, [&] {
    const std::shared_ptr<const Context>& c = need(context, "context").impl;
    const data::DatasetPtr& d = need(dataset, "dataset").impl;
    need(loader, "loader");
    const fv_loader_desc o = read_desc(desc, "fv_loader_desc");
    FOVEA_REQUIRE(o.batch_size >= 0 && o.batch_size <= train::kMaxBatch, "batch_size is %d",
                  static_cast<int>(o.batch_size));
    model::LoaderOptions options;
    if (o.batch_size != 0) options.batch_size = o.batch_size;
    options.shuffle = o.no_shuffle == 0;
    options.drop_last = o.drop_last != 0;
    options.seed = o.seed;
    options.workers = o.workers;
    if (o.prefetch != 0) options.prefetch = o.prefetch;
    FOVEA_REQUIRE(d->sample_shape().rank() < kMaxRank && d->target_shape().rank() < kMaxRank,
                  "a batch of samples of shape %s has too many dimensions", d->sample_shape().text().c_str());
    auto made = std::make_unique<fv_loader>();
    made->impl = std::make_unique<model::Loader>(c, d, options, o.model != nullptr ? o.model->impl : nullptr);
    made->targets = std::make_unique<model::TargetScratch>(*c, made->impl->dataset(), options.batch_size,
                                                           made->impl->target_dtype());
    const auto input = static_cast<int64_t>(made->impl->input_bytes());
    made->inputs = c->buffer(static_cast<size_t>(checked_mul(options.batch_size, input)));
    *loader = made.release();
  });
}

void fv_loader_destroy(fv_loader* loader) {
  delete loader;
}

fv_status fv_loader_next(fv_loader* loader, fv_loaded_batch* batch, fv_error* error) {
  return guard(error, [&] {
    fv_loader& l = need(loader, "loader");
    FOVEA_REQUIRE(need(batch, "batch").struct_size >= sizeof(uint32_t), "batch.struct_size is not set");
    const model::TargetMemory targets = l.targets->memory();
    l.impl->load(l.epoch, l.batch, l.inputs.data(), targets);
    l.indices = l.impl->indices(l.epoch, l.batch);
    const data::Dataset& d = l.impl->dataset();
    fv_loaded_batch result{};
    result.count = l.impl->count(l.batch);
    result.input = tensor_of(l.inputs.data(), l.impl->dtype(), result.count, l.impl->input_shape());
    result.target = targets.labels != nullptr
                        ? tensor_of(targets.labels, DType::i32, result.count, Shape{})
                        : tensor_of(targets.dense, l.impl->target_dtype(), result.count, d.target_shape());
    result.indices = l.indices.data();
    result.epoch = l.epoch;
    result.batch = l.batch;
    result.batches = l.impl->batches();
    result.epoch_ended = l.batch + 1 == result.batches ? 1 : 0;
    write_info(batch, result, "batch");
    l.epoch += result.epoch_ended;
    l.batch = result.epoch_ended != 0 ? 0 : l.batch + 1;
  });
}

fv_status fv_loader_seek(fv_loader* loader, int64_t epoch, int64_t batch, fv_error* error) {
  return guard(error, [&] {
    fv_loader& l = need(loader, "loader");
    FOVEA_REQUIRE(epoch >= 0 && epoch < l.impl->epochs(), "epoch is %lld", static_cast<long long>(epoch));
    FOVEA_REQUIRE(batch >= 0 && batch < l.impl->batches(), "batch is %lld, an epoch has %lld",
                  static_cast<long long>(batch), static_cast<long long>(l.impl->batches()));
    l.epoch = epoch;
    l.batch = batch;
  });
}
