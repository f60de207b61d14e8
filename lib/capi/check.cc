#include <fovea/check.h>

#include "capi/objects.h"
#include "train/checks/checks.h"

using namespace fovea;
using namespace fovea::capi;
namespace checks = fovea::train::checks;

static_assert(FV_CHECK_GRADIENT == static_cast<int>(checks::Check::gradient));
static_assert(FV_CHECK_ADVICE == static_cast<int>(checks::Check::advice));
static_assert(FV_SEVERITY_ERROR == static_cast<int>(checks::Severity::error));
static_assert(FV_FINDING_SKIPPED == static_cast<int>(checks::Code::skipped));
static_assert(FV_FINDING_RATE_TOO_HIGH == static_cast<int>(checks::Code::rate_too_high));
static_assert(FV_FINDING_CONSTANT_LABELS == static_cast<int>(checks::Code::constant_labels));
static_assert(FV_FINDING_SORTED_SAMPLES == static_cast<int>(checks::Code::sorted_samples));

struct fv_report {
  checks::Report impl;
};

namespace {

int64_t at_least(int64_t given, int64_t least, int64_t otherwise, const char* field) {
  FOVEA_REQUIRE(given >= least && given <= 1 << 30, "%s is %lld", field, static_cast<long long>(given));
  return given == 0 ? otherwise : given;
}

checks::Options options_from(const fv_check_desc* desc) {
  const fv_check_desc d = read_desc(desc, "fv_check_desc");
  checks::Options o;
  o.steps = at_least(d.steps, 0, o.steps, "steps");
  o.batch_size = at_least(d.batch_size, 0, 0, "batch_size");
  o.overfit_samples = at_least(d.overfit_samples, 0, o.overfit_samples, "overfit_samples");
  o.overfit_steps = at_least(d.overfit_steps, 0, o.overfit_steps, "overfit_steps");
  o.gradient_samples = at_least(d.gradient_samples, 0, o.gradient_samples, "gradient_samples");
  o.coordinates = at_least(d.coordinates, -1, 0, "coordinates");
  o.burn_in = at_least(d.burn_in, -1, 0, "burn_in");
  o.epochs = at_least(d.epochs, 0, o.epochs, "epochs");
  o.gradient_step = number(d.gradient_step, 0);
  o.l2 = number(d.l2, o.l2);
  FOVEA_REQUIRE(o.gradient_step >= 0 && o.gradient_step < 1, "gradient_step is %g", o.gradient_step);
  FOVEA_REQUIRE(o.l2 > 0 && o.l2 <= 1e30, "l2 is %g", o.l2);
  if (d.validation != nullptr) o.validation = d.validation->impl;
  if (d.test != nullptr) o.test = d.test->impl;
  o.cancel = token_of(d.cancel);
  return o;
}

// Runs `check` with a fresh report, which is given out.
template <class F>
fv_status give(fv_report** report, fv_error* error, F&& check) {
  return guard(error, [&] {
    need(report, "report");
    auto made = std::make_unique<fv_report>();
    check(made->impl);
    made->impl.sort();
    *report = made.release();
  });
}

fv_status examine(void (*check)(checks::Subject&, checks::Report&), const fv_trainer* trainer,
                  const fv_dataset* train, const fv_check_desc* desc, fv_report** report, fv_error* error) {
  return give(report, error, [&](checks::Report& made) {
    checks::Subject subject(*need(trainer, "trainer").impl, need(train, "train").impl, options_from(desc));
    check(subject, made);
  });
}

template <class Name, size_t N>
const char* name_or_null(Name index, const char* const (&names)[N]) {
  return index >= 0 && static_cast<size_t>(index) < N ? names[index] : nullptr;
}

}  // namespace

fv_status fv_check_all(const fv_trainer* trainer, const fv_dataset* train, const fv_check_desc* desc,
                       fv_report** report, fv_error* error) {
  return examine(checks::check_all, trainer, train, desc, report, error);
}

fv_status fv_check_gradient(const fv_trainer* trainer, const fv_dataset* train, const fv_check_desc* desc,
                            fv_report** report, fv_error* error) {
  return examine(checks::check_gradient, trainer, train, desc, report, error);
}

fv_status fv_check_chance_loss(const fv_trainer* trainer, const fv_dataset* train, const fv_check_desc* desc,
                               fv_report** report, fv_error* error) {
  return examine(checks::check_chance_loss, trainer, train, desc, report, error);
}

fv_status fv_check_regularization(const fv_trainer* trainer, const fv_dataset* train,
                                  const fv_check_desc* desc, fv_report** report, fv_error* error) {
  return examine(checks::check_regularization, trainer, train, desc, report, error);
}

fv_status fv_check_overfit(const fv_trainer* trainer, const fv_dataset* train, const fv_check_desc* desc,
                           fv_report** report, fv_error* error) {
  return examine(checks::check_overfit, trainer, train, desc, report, error);
}

fv_status fv_check_symmetry(const fv_trainer* trainer, const fv_dataset* train, const fv_check_desc* desc,
                            fv_report** report, fv_error* error) {
  return examine(checks::check_symmetry, trainer, train, desc, report, error);
}

fv_status fv_check_units(const fv_trainer* trainer, const fv_dataset* train, const fv_check_desc* desc,
                         fv_report** report, fv_error* error) {
  return examine(checks::check_units, trainer, train, desc, report, error);
}

fv_status fv_check_update_ratio(const fv_trainer* trainer, const fv_dataset* train, const fv_check_desc* desc,
                                fv_report** report, fv_error* error) {
  return examine(checks::check_update_ratio, trainer, train, desc, report, error);
}

fv_status fv_check_gradient_flow(const fv_trainer* trainer, const fv_dataset* train,
                                 const fv_check_desc* desc, fv_report** report, fv_error* error) {
  return examine(checks::check_gradient_flow, trainer, train, desc, report, error);
}

fv_status fv_check_learning_rate(const fv_trainer* trainer, const fv_dataset* train,
                                 const fv_check_desc* desc, fv_report** report, fv_error* error) {
  return examine(checks::check_learning_rate, trainer, train, desc, report, error);
}

fv_status fv_check_non_finite(const fv_trainer* trainer, const fv_dataset* train, const fv_check_desc* desc,
                              fv_report** report, fv_error* error) {
  return examine(checks::check_non_finite, trainer, train, desc, report, error);
}

fv_status fv_check_labels(const fv_trainer* trainer, const fv_dataset* train, const fv_check_desc* desc,
                          fv_report** report, fv_error* error) {
  return examine(checks::check_labels, trainer, train, desc, report, error);
}

fv_status fv_check_inputs(const fv_trainer* trainer, const fv_dataset* train, const fv_check_desc* desc,
                          fv_report** report, fv_error* error) {
  return examine(checks::check_inputs, trainer, train, desc, report, error);
}

fv_status fv_check_advice(const fv_trainer* trainer, const fv_dataset* train, const fv_check_desc* desc,
                          fv_report** report, fv_error* error) {
  return examine(checks::check_advice, trainer, train, desc, report, error);
}

fv_status fv_check_leakage(const fv_dataset* train, const fv_check_desc* desc, fv_report** report,
                           fv_error* error) {
  return give(report, error, [&](checks::Report& made) {
    checks::check_leakage(*need(train, "train").impl, options_from(desc), made);
  });
}

fv_status fv_report_findings(const fv_report* report, fv_finding* findings, size_t capacity, size_t* needed,
                             fv_error* error) {
  return guard(error, [&] {
    const std::vector<checks::Finding>& all = need(report, "report").impl.findings();
    FOVEA_REQUIRE(findings != nullptr || capacity == 0, "findings is NULL");
    if (needed != nullptr) *needed = all.size();
    for (size_t i = 0; i < std::min(capacity, all.size()); ++i) {
      const checks::Finding& f = all[i];
      findings[i] = {static_cast<fv_check>(f.check),
                     static_cast<fv_severity>(f.severity),
                     static_cast<fv_finding_code>(f.code),
                     0,
                     f.where.c_str(),
                     f.message.c_str(),
                     f.value,
                     f.threshold,
                     f.step};
    }
  });
}

fv_status fv_report_text(const fv_report* report, char* buffer, size_t capacity, size_t* needed,
                         fv_error* error) {
  return guard(error, [&] {
    const std::string text = need(report, "report").impl.text();
    write_text(text.c_str(), text.size(), buffer, capacity, needed);
  });
}

fv_severity fv_report_severity(const fv_report* report) {
  return report == nullptr ? FV_SEVERITY_OK : static_cast<fv_severity>(report->impl.severity());
}

void fv_report_destroy(fv_report* report) {
  delete report;
}

const char* fv_check_name(fv_check check) {
  return name_or_null(check, checks::kCheckNames);
}

const char* fv_finding_name(fv_finding_code code) {
  return name_or_null(code, checks::kCodeNames);
}
