//! Checks: what is wrong with a training before it costs a night, in words: where, how far off, what to do.

use crate::error::call;
use crate::object::Handle;
use crate::text::{borrowed, int, text_of};
use crate::{CancelToken, Dataset, Result, Trainer};
use fovea_sys as sys;
use std::ffi::CStr;
use std::ptr::{null, null_mut};

/// What is checked; [`Trainer::check`] says what each looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Check {
    /// Gradients against central differences, in f64; where they differ, the layer to blame.
    Gradient,
    /// The first loss against that of knowing nothing.
    ChanceLoss,
    /// Whether the loss rises with l2 as it must, and whether the penalties are too strong.
    Regularization,
    /// Whether a few samples can be learned by heart.
    Overfit,
    /// Kernels whose units are all equal and stay so.
    Symmetry,
    /// Dead and saturated units.
    Units,
    /// How much of the weights a step changes.
    UpdateRatio,
    /// Vanishing and exploding gradients, kernels without one.
    GradientFlow,
    /// A rate that is too high or too low, told by trials with others.
    LearningRate,
    /// The first NaN or infinity, and where.
    NonFinite,
    /// Samples that two sets share, or that are twice in one.
    Leakage,
    /// Missing and constant classes, labels that have nothing to do with the inputs.
    Labels,
    /// Inputs that are all the same, or far from deviation 1.
    Inputs,
    /// What the lectures advise against, read off the graph.
    Advice,
    /// One that this crate does not know.
    Unknown(i32),
}

impl Check {
    fn from_raw(raw: sys::fv_check) -> Self {
        match raw {
            sys::FV_CHECK_GRADIENT => Check::Gradient,
            sys::FV_CHECK_CHANCE_LOSS => Check::ChanceLoss,
            sys::FV_CHECK_REGULARIZATION => Check::Regularization,
            sys::FV_CHECK_OVERFIT => Check::Overfit,
            sys::FV_CHECK_SYMMETRY => Check::Symmetry,
            sys::FV_CHECK_UNITS => Check::Units,
            sys::FV_CHECK_UPDATE_RATIO => Check::UpdateRatio,
            sys::FV_CHECK_GRADIENT_FLOW => Check::GradientFlow,
            sys::FV_CHECK_LEARNING_RATE => Check::LearningRate,
            sys::FV_CHECK_NON_FINITE => Check::NonFinite,
            sys::FV_CHECK_LEAKAGE => Check::Leakage,
            sys::FV_CHECK_LABELS => Check::Labels,
            sys::FV_CHECK_INPUTS => Check::Inputs,
            sys::FV_CHECK_ADVICE => Check::Advice,
            raw => Check::Unknown(raw),
        }
    }

    fn raw(self) -> sys::fv_check {
        match self {
            Check::Gradient => sys::FV_CHECK_GRADIENT,
            Check::ChanceLoss => sys::FV_CHECK_CHANCE_LOSS,
            Check::Regularization => sys::FV_CHECK_REGULARIZATION,
            Check::Overfit => sys::FV_CHECK_OVERFIT,
            Check::Symmetry => sys::FV_CHECK_SYMMETRY,
            Check::Units => sys::FV_CHECK_UNITS,
            Check::UpdateRatio => sys::FV_CHECK_UPDATE_RATIO,
            Check::GradientFlow => sys::FV_CHECK_GRADIENT_FLOW,
            Check::LearningRate => sys::FV_CHECK_LEARNING_RATE,
            Check::NonFinite => sys::FV_CHECK_NON_FINITE,
            Check::Leakage => sys::FV_CHECK_LEAKAGE,
            Check::Labels => sys::FV_CHECK_LABELS,
            Check::Inputs => sys::FV_CHECK_INPUTS,
            Check::Advice => sys::FV_CHECK_ADVICE,
            Check::Unknown(raw) => raw,
        }
    }

    /// "learning rate"; "" for an unknown one.
    pub fn name(self) -> &'static str {
        unsafe { named(sys::fv_check_name(self.raw())) }
    }
}

/// Text that the library never frees; "" for none.
unsafe fn named(text: *const std::os::raw::c_char) -> &'static str {
    if text.is_null() {
        return "";
    }
    CStr::from_ptr(text).to_str().unwrap_or("")
}

/// How bad it is; `Warning` and `Error` are alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing wrong: the finding says what was measured.
    Ok,
    /// Worth knowing; a check that could not be done, and why.
    Note,
    /// Probably wrong, or a waste.
    Warning,
    /// This training cannot work, or its results mean nothing.
    Error,
}

impl Severity {
    fn from_raw(raw: sys::fv_severity) -> Self {
        match raw {
            sys::FV_SEVERITY_OK => Severity::Ok,
            sys::FV_SEVERITY_NOTE => Severity::Note,
            sys::FV_SEVERITY_WARNING => Severity::Warning,
            sys::FV_SEVERITY_ERROR => Severity::Error,
            _ => Severity::Error,
        }
    }
}

macro_rules! codes {
    ($($name:ident = $raw:ident: $doc:literal,)*) => {
        /// What was found.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum FindingCode {
            $(#[doc = $doc] $name,)*
            /// One that this crate does not know.
            Unknown(i32),
        }

        impl FindingCode {
            fn from_raw(raw: sys::fv_finding_code) -> Self {
                match raw {
                    $(sys::$raw => FindingCode::$name,)*
                    raw => FindingCode::Unknown(raw),
                }
            }

            fn raw(self) -> sys::fv_finding_code {
                match self {
                    $(FindingCode::$name => sys::$raw,)*
                    FindingCode::Unknown(raw) => raw,
                }
            }
        }
    };
}

codes! {
    None = FV_FINDING_NONE: "Nothing wrong.",
    Skipped = FV_FINDING_SKIPPED: "The check does not apply here, or failed.",
    WrongGradient = FV_FINDING_WRONG_GRADIENT: "A backward pass is not the derivative of its forward pass.",
    LossNotAtChance = FV_FINDING_LOSS_NOT_AT_CHANCE: "The first loss is far above that of knowing nothing.",
    RegularizationIgnored = FV_FINDING_REGULARIZATION_IGNORED: "The loss does not rise with l2 as it must.",
    RegularizationTooStrong = FV_FINDING_REGULARIZATION_TOO_STRONG: "The penalties outweigh the data.",
    CannotOverfit = FV_FINDING_CANNOT_OVERFIT: "Not even a few samples can be learned by heart.",
    SymmetricWeights = FV_FINDING_SYMMETRIC_WEIGHTS: "All units of a layer are equal and stay so.",
    DeadUnits = FV_FINDING_DEAD_UNITS: "Rectifiers that give 0 for every sample.",
    SaturatedUnits = FV_FINDING_SATURATED_UNITS: "Sigmoids and tanhs at their ends.",
    UpdatesTooLarge = FV_FINDING_UPDATES_TOO_LARGE: "Against the weights that they change.",
    UpdatesTooSmall = FV_FINDING_UPDATES_TOO_SMALL: "Against the weights that they change.",
    VanishingGradient = FV_FINDING_VANISHING_GRADIENT: "It vanishes towards the input.",
    ExplodingGradient = FV_FINDING_EXPLODING_GRADIENT: "Gradients or signals grow over the network.",
    NoGradient = FV_FINDING_NO_GRADIENT: "A trained kernel's gradient is 0 in every step.",
    NothingTrains = FV_FINDING_NOTHING_TRAINS: "All parameters are frozen, or there are none.",
    RateTooHigh = FV_FINDING_RATE_TOO_HIGH: "A lower rate learns where this one does not.",
    RateTooLow = FV_FINDING_RATE_TOO_LOW: "A far higher rate learns where this one does not, or it is next to 0.",
    NonFinite = FV_FINDING_NON_FINITE: "A NaN or an infinity.",
    LeakedSplit = FV_FINDING_LEAKED_SPLIT: "Samples of the validation or test set are trained on.",
    DuplicateSamples = FV_FINDING_DUPLICATE_SAMPLES: "Inside one set.",
    TestSetUsed = FV_FINDING_TEST_SET_USED: "The test set is also the training or validation set.",
    LabelsUnrelated = FV_FINDING_LABELS_UNRELATED: "The inputs say nothing about the labels.",
    SwappedLabels = FV_FINDING_SWAPPED_LABELS: "The sets number their classes differently.",
    ConstantLabels = FV_FINDING_CONSTANT_LABELS: "All labels or targets are the same.",
    MissingClass = FV_FINDING_MISSING_CLASS: "A class without a sample, or only in the other set.",
    ImbalancedClasses = FV_FINDING_IMBALANCED_CLASSES: "One class has many times the samples of another.",
    ConflictingLabels = FV_FINDING_CONFLICTING_LABELS: "Equal samples with different labels.",
    ConstantInput = FV_FINDING_CONSTANT_INPUT: "All samples are the same.",
    UnscaledInput = FV_FINDING_UNSCALED_INPUT: "Inputs far from mean 0 and deviation 1.",
    HiddenActivation = FV_FINDING_HIDDEN_ACTIVATION: "Sigmoid or tanh where a rectifier serves better.",
    OutputActivation = FV_FINDING_OUTPUT_ACTIVATION: "One in front of a loss that has its own.",
    DropoutTooStrong = FV_FINDING_DROPOUT_TOO_STRONG: "More than 80 % is dropped.",
    SortedSamples = FV_FINDING_SORTED_SAMPLES: "By class, and the trainer's feed does not shuffle them.",
}

impl FindingCode {
    /// "rate too high"; "" for an unknown one.
    pub fn name(self) -> &'static str {
        unsafe { named(sys::fv_finding_name(self.raw())) }
    }
}

/// One thing that a check has found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding<'r> {
    pub check: Check,
    pub severity: Severity,
    pub code: FindingCode,
    /// A node, a parameter, a set; "": everywhere.
    pub place: &'r str,
    /// What is wrong, and what to do.
    pub message: &'r str,
    /// What was measured; NaN: nothing.
    pub value: f64,
    /// Beyond which it is wrong; NaN: none.
    pub threshold: f64,
    /// Of the trial.
    pub step: Option<usize>,
}

/// What checks have found.
///
/// ```
/// # use fovea::*;
/// # let context = Context::new(Default::default())?;
/// # let mut g = Graph::new(&context)?;
/// # let x = zoo::lenet5(&mut g, Default::default());
/// # let scale = Transform { scale: 1.0 / 255.0, ..Default::default() };
/// # let mut model = Model::new(&g, &[x], ModelOptions { transform: Some(scale), ..Default::default() })?;
/// # let data = Dataset::digits(&context, Digits { count: 300, ..Default::default() })?;
/// # let trainer = Trainer::new(&mut model, Loss::SoftmaxCrossEntropy, Optimizer::Adam, Default::default())?;
/// let report = trainer.check_all(&data, Checks { steps: 20, ..Default::default() })?;
/// if report.severity() >= Severity::Warning {
///     println!("{}", report.text()?);
/// }
/// # Ok::<(), fovea::Error>(())
/// ```
#[derive(Debug)]
pub struct Report(Handle<sys::fv_report>);

impl Report {
    /// The most severe first, then in the order of the checks.
    pub fn findings(&self) -> Result<Vec<Finding<'_>>> {
        let mut count = 0;
        call(|error| unsafe { sys::fv_report_findings(self.0.get(), null_mut(), 0, &mut count, error) })?;
        let mut rows = vec![sys::fv_finding::default(); count];
        call(|error| unsafe {
            sys::fv_report_findings(self.0.get(), rows.as_mut_ptr(), rows.len(), null_mut(), error)
        })?;
        let finding = |raw: &sys::fv_finding| Finding {
            check: Check::from_raw(raw.check),
            severity: Severity::from_raw(raw.severity),
            code: FindingCode::from_raw(raw.code),
            place: unsafe { borrowed(self, raw.r#where) },
            message: unsafe { borrowed(self, raw.message) },
            value: raw.value,
            threshold: raw.threshold,
            step: usize::try_from(raw.step).ok(),
        };
        Ok(rows.iter().map(finding).collect())
    }

    /// A table for people.
    pub fn text(&self) -> Result<String> {
        text_of(|buffer, capacity, needed, error| unsafe {
            sys::fv_report_text(self.0.get(), buffer, capacity, needed, error)
        })
    }

    /// The worst of all findings.
    pub fn severity(&self) -> Severity {
        Severity::from_raw(unsafe { sys::fv_report_severity(self.0.get()) })
    }
}

/// The bands of the gradient check's relative error: up to `GREAT` it is right, up to `KINKS` it may need a look, up to
/// `CONCERN` it is a concern, beyond `WRONG` it is almost certainly a bug.
pub mod gradient_bands {
    pub const GREAT: f64 = fovea_sys::FV_GRADIENT_GREAT;
    pub const KINKS: f64 = fovea_sys::FV_GRADIENT_KINKS;
    pub const CONCERN: f64 = fovea_sys::FV_GRADIENT_CONCERN;
    pub const WRONG: f64 = fovea_sys::FV_GRADIENT_WRONG;
}

/// What all checks take.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checks<'a> {
    /// Of a trial; 0: 200.
    pub steps: usize,
    /// Of a trial; 0: that of the trainer's feed, or 32.
    pub batch_size: usize,
    /// 0: 20.
    pub overfit_samples: usize,
    /// 0: 200.
    pub overfit_steps: usize,
    /// 0: 4.
    pub gradient_samples: usize,
    /// Of each parameter; 0: 400 in all, but 3 to 20 for each; `usize::MAX`: every one.
    pub coordinates: usize,
    /// Steps before the second gradient check; `None`: as many as of a trial; `Some(0)`: there is none.
    pub burn_in: Option<usize>,
    /// 0: the best in double precision.
    pub gradient_step: f64,
    /// Of the check of regularization; 0: 1000.
    pub l2: f64,
    /// Planned; 0: 1.
    pub epochs: usize,
    pub validation: Option<&'a Dataset>,
    /// Only compared with the others.
    pub test: Option<&'a Dataset>,
    pub cancel: Option<&'a CancelToken>,
}

impl Checks<'_> {
    fn raw(&self) -> sys::fv_check_desc {
        sys::fv_check_desc {
            steps: int(self.steps),
            batch_size: int(self.batch_size),
            overfit_samples: int(self.overfit_samples),
            overfit_steps: int(self.overfit_steps),
            gradient_samples: int(self.gradient_samples),
            coordinates: if self.coordinates == usize::MAX { -1 } else { int(self.coordinates) },
            burn_in: self.burn_in.map_or(0, |steps| if steps == 0 { -1 } else { int(steps) }),
            gradient_step: self.gradient_step,
            l2: self.l2,
            epochs: self.epochs as i64,
            validation: self.validation.map_or(null(), |data| data.0.get()),
            test: self.test.map_or(null(), |data| data.0.get()),
            cancel: CancelToken::raw(self.cancel),
            ..Default::default()
        }
    }
}

impl Trainer {
    /// Every check. Neither the trainer nor its model is changed: what is trained is a copy.
    pub fn check_all(&self, train: &Dataset, options: Checks) -> Result<Report> {
        self.examine(sys::fv_check_all, train, &options)
    }

    /// One of the checks.
    pub fn check(&self, check: Check, train: &Dataset, options: Checks) -> Result<Report> {
        let function = match check {
            Check::Gradient => sys::fv_check_gradient,
            Check::ChanceLoss => sys::fv_check_chance_loss,
            Check::Regularization => sys::fv_check_regularization,
            Check::Overfit => sys::fv_check_overfit,
            Check::Symmetry => sys::fv_check_symmetry,
            Check::Units => sys::fv_check_units,
            Check::UpdateRatio => sys::fv_check_update_ratio,
            Check::GradientFlow => sys::fv_check_gradient_flow,
            Check::LearningRate => sys::fv_check_learning_rate,
            Check::NonFinite => sys::fv_check_non_finite,
            Check::Labels => sys::fv_check_labels,
            Check::Inputs => sys::fv_check_inputs,
            Check::Advice => sys::fv_check_advice,
            Check::Leakage => return train.check_leakage(options),
            Check::Unknown(raw) => return Err(crate::Error::invalid(format!("there is no check {}", raw))),
        };
        self.examine(function, train, &options)
    }

    fn examine(&self, function: Examine, train: &Dataset, options: &Checks) -> Result<Report> {
        let desc = options.raw();
        Handle::create(|out, error| unsafe { function(self.handle.get(), train.0.get(), &desc, out, error) })
            .map(Report)
    }
}

type Examine = unsafe extern "C" fn(
    *const sys::fv_trainer,
    *const sys::fv_dataset,
    *const sys::fv_check_desc,
    *mut *mut sys::fv_report,
    *mut sys::fv_error,
) -> sys::fv_status;

impl Dataset {
    /// Samples that this training set shares with the validation or test set of the options, and copies inside each.
    pub fn check_leakage(&self, options: Checks) -> Result<Report> {
        let desc = options.raw();
        Handle::create(|out, error| unsafe { sys::fv_check_leakage(self.0.get(), &desc, out, error) })
            .map(Report)
    }
}
