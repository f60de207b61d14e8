/* Graph: the builder of a network. Node functions are in layers.h.
 *
 * Building is free of error checks: a node function that fails returns FV_NODE_INVALID, later calls with
 * that node do nothing, and the graph keeps the first error, which fv_graph_status reads and
 * fv_model_create reports. A graph is a DAG with any number of inputs; the outputs are named when the
 * model is created.
 */
#ifndef FOVEA_GRAPH_H
#define FOVEA_GRAPH_H

#include <fovea/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Creates an empty graph. Errors: INVALID_ARGUMENT (context NULL), OUT_OF_MEMORY. Threads: any. */
FV_API fv_status fv_graph_create(fv_context *context, fv_graph **graph, fv_error *error);
FV_API void fv_graph_destroy(fv_graph *graph);

/* FV_OK, or the first error since creation. Threads: shared. */
FV_API fv_status fv_graph_status(const fv_graph *graph, fv_error *error);

/* The shape of one sample at `node`, without the batch: writes up to FV_MAX_RANK extents and the rank.
 * Errors: INVALID_ARGUMENT (not a node of this graph). Threads: shared. */
FV_API fv_status fv_graph_node_shape(const fv_graph *graph, fv_node node, int64_t shape[FV_MAX_RANK],
                                     int32_t *rank, fv_error *error);

/* The node's name, given or made up ("conv2d_1"); borrowed; NULL when it is no node of this graph. Threads:
 * shared. */
FV_API const char *fv_graph_node_name(const fv_graph *graph, fv_node node);

/* The node of that name, or FV_NODE_INVALID. Threads: shared. */
FV_API fv_node fv_graph_find(const fv_graph *graph, const char *name);

#ifdef __cplusplus
}
#endif
#endif
