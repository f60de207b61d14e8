// What can be said without running anything: the graph, read against the lectures' advice.
#include <algorithm>

#include "graph/inspect.h"
#include "train/checks/activations.h"
#include "train/checks/checks.h"

namespace fovea::train::checks {

using graph::activation_of;
using graph::number_attribute;
using kernels::Activation;

namespace {

constexpr const char* kSoftmax = "softmax";

std::vector<std::vector<int>> consumers_of(const graph::Graph& graph) {
  std::vector<std::vector<int>> consumers(static_cast<size_t>(graph.size()));
  for (int n = 0; n < graph.size(); ++n)
    for (const int input : graph.node(n).inputs) consumers[static_cast<size_t>(input)].push_back(n);
  return consumers;
}

// Whether all that is made of the node is a factor: a gate.
bool is_gate(const graph::Graph& graph, const std::vector<int>& consumers) {
  return !consumers.empty() && std::all_of(consumers.begin(), consumers.end(),
                                           [&](int n) { return graph.node(n).layer->kind() == "multiply"; });
}

// Through nodes that only rearrange, to the one whose values the output holds.
int source_of(const graph::Graph& graph, int node) {
  while (true) {
    const graph::Node& n = graph.node(node);
    if (!n.layer->traits().view || n.inputs.empty()) return node;
    node = n.inputs[0];
  }
}

void check_output_activation(const Subject& subject, size_t head, int node, Report& report) {
  const graph::Node& n = subject.graph().node(source_of(subject.graph(), node));
  const Loss loss = subject.trainer().losses()[head].loss;
  const Activation a = activation_of(n);
  const bool softmax = n.layer->kind() == kSoftmax;
  if (!is_of_logits(loss) || (a == Activation::linear && !softmax)) return;
  const char* const name = softmax ? kSoftmax : kernels::kActivationNames[static_cast<size_t>(a)];
  report.add(
      {Check::advice, Severity::warning, Code::output_activation, n.name,
       words("The loss %s takes logits and has its own squashing, but the output goes through %s first:"
             " this flattens the gradient. Leave the last layer without an activation.",
             kLossNames[static_cast<size_t>(loss)], name)});
}

void check_hidden(const graph::Graph& graph, const std::vector<int>& consumers, int node, Report& report) {
  const graph::Node& n = graph.node(node);
  const Activation a = activation_of(n);
  if (number_attribute(n, "rate", 0) > 0.8 && n.layer->kind().find("drop") != std::string_view::npos)
    report.add({Check::advice, Severity::warning, Code::dropout_too_strong, n.name,
                "More than 80 % is dropped: little gets through in training. Usual is 0.1 to 0.5.",
                number_attribute(n, "rate", 0), 0.8});
  if (is_sigmoid(a) && !is_gate(graph, consumers))
    report.add({Check::advice, Severity::warning, Code::hidden_activation, n.name,
                "A sigmoid in a hidden layer saturates, is never negative and passes at most a quarter of the"
                " gradient on. Take ReLU, or one of its kin."});
  else if (a == Activation::tanh && !is_gate(graph, consumers))
    report.add({Check::advice, Severity::note, Code::hidden_activation, n.name,
                "A tanh in a hidden layer saturates; expect less of it than of ReLU and its kin."});
}

}  // namespace

void check_advice(Subject& subject, Report& report) {
  const graph::Graph& graph = subject.graph();
  const std::vector<std::vector<int>> consumers = consumers_of(graph);
  const std::vector<int> heads = subject.trainer().outputs();
  std::vector<char> output(static_cast<size_t>(graph.size()), 0);
  for (const int node : subject.model().outputs()) output[static_cast<size_t>(source_of(graph, node))] = 1;
  for (size_t i = 0; i < heads.size(); ++i) {
    output[static_cast<size_t>(source_of(graph, heads[i]))] = 1;
    check_output_activation(subject, i, heads[i], report);
  }
  for (int n = 0; n < graph.size(); ++n)
    if (!output[static_cast<size_t>(n)]) check_hidden(graph, consumers[static_cast<size_t>(n)], n, report);
  const bool found = std::any_of(report.findings().begin(), report.findings().end(),
                                 [](const Finding& f) { return f.check == Check::advice; });
  if (!found) report.add({Check::advice, Severity::ok, Code::none, "", "Nothing to say against the graph."});
}

}  // namespace fovea::train::checks
