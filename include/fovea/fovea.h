/* Fovea: build, train, checkpoint and run convolutional networks inside your own process. This header brings
 * in all of the API; start reading at base.h (conventions), then layers.h, model.h, trainer.h, fit.h,
 * session.h. */
#ifndef FOVEA_FOVEA_H
#define FOVEA_FOVEA_H

#include <fovea/augment.h>
#include <fovea/base.h>
#include <fovea/blocks.h>
#include <fovea/check.h>
#include <fovea/context.h>
#include <fovea/convolution.h>
#include <fovea/custom.h>
#include <fovea/dataset.h>
#include <fovea/fit.h>
#include <fovea/graph.h>
#include <fovea/image.h>
#include <fovea/layers.h>
#include <fovea/loader.h>
#include <fovea/merge.h>
#include <fovea/metric.h>
#include <fovea/model.h>
#include <fovea/noise.h>
#include <fovea/norm.h>
#include <fovea/optimizer.h>
#include <fovea/picture.h>
#include <fovea/pooling.h>
#include <fovea/predict.h>
#include <fovea/profile.h>
#include <fovea/recipe.h>
#include <fovea/schedule.h>
#include <fovea/search.h>
#include <fovea/session.h>
#include <fovea/sources.h>
#include <fovea/trainer.h>
#include <fovea/transfer.h>
#include <fovea/transform.h>
#include <fovea/tune.h>
#include <fovea/zoo.h>

#endif
