//! How gradients become steps: rules and their options, parameter groups, averages of the weights, schedules.

use crate::context::CancelToken;
use crate::dataset::Dataset;
use crate::error::call;
use crate::model::Model;
use crate::object::Handle;
use crate::text::{borrowed, Text};
use crate::trainer::{Trainer, TrainerOptions};
use crate::Result;
use fovea_sys as sys;
use std::ffi::CStr;

/// Optimizers. w: parameter, g: gradient, t: number of the step; mhat and vhat: the means of g and g^2 with their bias
/// corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Optimizer {
    /// v = momentum v + (1 - dampening) g; w -= rate v (with Nesterov: w -= rate (g + momentum v)). Rate 0.01.
    Sgd,
    /// w -= rate mhat / (sqrt(vhat) + epsilon). Kingma and Ba 2015, algorithm 1. Rate 0.001.
    Adam,
    /// v += g^2; w -= rate g / (sqrt(v) + epsilon). Rate 0.01.
    Adagrad,
    /// v = rho v + (1 - rho) g^2; w -= rate g / (sqrt(v) + epsilon). Rate 0.01.
    Rmsprop,
    /// Zeiler 2012. Rate 1.
    Adadelta,
    /// u = max(beta2 u, |g| + epsilon); w -= rate mhat / u. Rate 0.002.
    Adamax,
    /// Adam with Nesterov's momentum; Dozat 2016. Rate 0.002.
    Nadam,
    /// w -= rate sign(beta1 m + (1 - beta1) g). Chen et al. 2023. Rate 0.0001.
    Lion,
    /// Momentum with a rate for each kernel; You et al. 2017. Rate 0.01, momentum 0.9.
    Lars,
    /// Adam with a rate for each kernel; You et al. 2020. Rate 0.001.
    Lamb,
    /// Adam with a weight decay of 0.01; Loshchilov and Hutter 2019. Rate 0.001.
    Adamw,
}

impl Optimizer {
    pub(crate) fn raw(self) -> sys::fv_optimizer {
        match self {
            Optimizer::Sgd => sys::FV_OPT_SGD,
            Optimizer::Adam => sys::FV_OPT_ADAM,
            Optimizer::Adagrad => sys::FV_OPT_ADAGRAD,
            Optimizer::Rmsprop => sys::FV_OPT_RMSPROP,
            Optimizer::Adadelta => sys::FV_OPT_ADADELTA,
            Optimizer::Adamax => sys::FV_OPT_ADAMAX,
            Optimizer::Nadam => sys::FV_OPT_NADAM,
            Optimizer::Lion => sys::FV_OPT_LION,
            Optimizer::Lars => sys::FV_OPT_LARS,
            Optimizer::Lamb => sys::FV_OPT_LAMB,
            Optimizer::Adamw => sys::FV_OPT_ADAMW,
        }
    }

    pub(crate) fn from_raw(raw: sys::fv_optimizer) -> Self {
        let all = [
            Optimizer::Sgd,
            Optimizer::Adam,
            Optimizer::Adagrad,
            Optimizer::Rmsprop,
            Optimizer::Adadelta,
            Optimizer::Adamax,
            Optimizer::Nadam,
            Optimizer::Lion,
            Optimizer::Lars,
            Optimizer::Lamb,
            Optimizer::Adamw,
        ];
        all.into_iter().find(|optimizer| optimizer.raw() == raw).unwrap_or(Optimizer::Sgd)
    }
}

/// Options of an optimizer beside those of [`TrainerOptions`]; 0 is the rule's default, [`ZERO`](crate::ZERO) is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OptimizerOptions {
    /// SGD.
    pub dampening: f64,
    /// RMSprop, Adadelta.
    pub rho: f64,
    /// NAdam.
    pub momentum_decay: f64,
    /// LARS.
    pub trust_coefficient: f64,
    /// Beside the gradient: w -= rate weight_decay w, before the step. What is part of the gradient is
    /// [`TrainerOptions::l2`].
    pub weight_decay: f64,
    /// Each g to [-clip_value, clip_value]; 0: none.
    pub clip_value: f64,
    /// g of each parameter times min(1, clip_norm / (|g| + 1e-6)); 0: none.
    pub clip_norm: f64,
    /// The same with the norm over all parameters that are not frozen.
    pub clip_global_norm: f64,
    /// SGD: v = momentum v + rate g; w -= v.
    pub rate_in_velocity: bool,
    /// Adam: the largest v so far.
    pub amsgrad: bool,
    /// RMSprop: v - mean(g)^2 in place of v.
    pub centered: bool,
    /// The Adam family but NAdam.
    pub no_bias_correction: bool,
    /// sqrt(v + epsilon) in place of sqrt(v) + epsilon.
    pub epsilon_inside: bool,
    /// `weight_decay` leaves biases, scales and shifts alone.
    pub decay_kernels_only: bool,
}

/// What a parameter is put back to after each step; a norm is that of all weights into one unit or filter.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Constraint {
    #[default]
    None,
    /// At most that.
    MaxNorm(f64),
    UnitNorm,
    NonNegative,
    MinMaxNorm(f64, f64),
}

/// Parameters by name, and what is special about them. A parameter belongs to the last group whose pattern it has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Group<'a> {
    /// For whole names; `*` any text, `?` one character.
    pub parameters: &'a str,
    /// Neither steps nor decay.
    pub frozen: bool,
    /// Factor; 0: 1; [`ZERO`](crate::ZERO): 0.
    pub learning_rate: f64,
    /// Factor; 0: 1; [`ZERO`](crate::ZERO): 0.
    pub weight_decay: f64,
    pub l1: f64,
    pub l2: f64,
    pub constraint: Constraint,
}

impl<'a> Group<'a> {
    /// The text is lent by what the descriptor came from.
    unsafe fn from_raw<O>(owner: &'a O, desc: &sys::fv_group_desc) -> Self {
        Group {
            parameters: borrowed(owner, desc.parameters),
            frozen: desc.frozen != 0,
            learning_rate: desc.learning_rate,
            weight_decay: desc.weight_decay,
            l1: desc.l1,
            l2: desc.l2,
            constraint: match desc.constraint {
                sys::FV_CONSTRAINT_MAX_NORM => Constraint::MaxNorm(desc.max_norm),
                sys::FV_CONSTRAINT_UNIT_NORM => Constraint::UnitNorm,
                sys::FV_CONSTRAINT_NON_NEGATIVE => Constraint::NonNegative,
                sys::FV_CONSTRAINT_MIN_MAX_NORM => Constraint::MinMaxNorm(desc.min_norm, desc.max_norm),
                _ => Constraint::None,
            },
        }
    }
}

impl Group<'_> {
    fn raw(&self, parameters: &Text) -> sys::fv_group_desc {
        let (constraint, min_norm, max_norm) = match self.constraint {
            Constraint::None => (sys::FV_CONSTRAINT_NONE, 0.0, 0.0),
            Constraint::MaxNorm(most) => (sys::FV_CONSTRAINT_MAX_NORM, 0.0, most),
            Constraint::UnitNorm => (sys::FV_CONSTRAINT_UNIT_NORM, 0.0, 0.0),
            Constraint::NonNegative => (sys::FV_CONSTRAINT_NON_NEGATIVE, 0.0, 0.0),
            Constraint::MinMaxNorm(least, most) => (sys::FV_CONSTRAINT_MIN_MAX_NORM, least, most),
        };
        sys::fv_group_desc {
            parameters: parameters.as_ptr(),
            frozen: self.frozen.into(),
            learning_rate: self.learning_rate,
            weight_decay: self.weight_decay,
            l1: self.l1,
            l2: self.l2,
            constraint,
            min_norm,
            max_norm,
            ..Default::default()
        }
    }
}

/// An average of the weights over the training, from step `start` on, every `period` steps (0: 1).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Average {
    #[default]
    None,
    /// a = decay a + (1 - decay) w; a decay of 0: 0.999.
    Exponential { decay: f64, start: u64, period: u64 },
    /// The mean of all: stochastic weight averaging.
    Equal { start: u64, period: u64 },
}

/// Mixup and cutmix: batches whose samples are blended with their neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mix {
    /// Alpha of mixup; 0: none.
    pub mixup: f64,
    /// Alpha of cutmix; 0: none.
    pub cutmix: f64,
    /// Of mixing a batch; 0: 1.
    pub probability: f64,
}

impl Mix {
    fn raw(&self) -> sys::fv_mix_desc {
        sys::fv_mix_desc {
            mixup: self.mixup,
            cutmix: self.cutmix,
            probability: self.probability,
            ..Default::default()
        }
    }
}

/// Options of [`Trainer::find_rate`].
#[derive(Clone, Copy, Debug, Default)]
pub struct RateRange<'a> {
    /// 0: 32.
    pub batch_size: usize,
    /// Of the first step; 0: 1e-7.
    pub lowest: f64,
    /// Of the last; 0: 10.
    pub highest: f64,
    /// 10 or more; 0: 100.
    pub steps: usize,
    /// 0: 0.98.
    pub smoothing: f64,
    /// It ends early when the smoothed loss is this times its lowest; 0: 4.
    pub divergence: f64,
    pub cancel: Option<&'a CancelToken>,
}

impl RateRange<'_> {
    fn raw(&self) -> sys::fv_rate_range_desc {
        sys::fv_rate_range_desc {
            batch_size: crate::text::int(self.batch_size),
            lowest: self.lowest,
            highest: self.highest,
            steps: self.steps as i64,
            smoothing: self.smoothing,
            divergence: self.divergence,
            cancel: CancelToken::raw(self.cancel),
            ..Default::default()
        }
    }
}

/// One batch of [`Trainer::find_rate`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatePoint {
    pub rate: f64,
    pub loss: f64,
    pub smoothed: f64,
}

/// What [`Trainer::find_rate`] has found.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundRate {
    /// What to train with; NaN: the loss never falls.
    pub suggested: f64,
    /// Rate of the lowest smoothed loss.
    pub lowest_loss: f64,
    pub points: Vec<RatePoint>,
}

impl Average {
    fn from_raw(desc: &sys::fv_average_desc) -> Self {
        let (start, period) = (desc.start as u64, desc.period as u64);
        match desc.averaging {
            sys::FV_AVERAGE_EXPONENTIAL => Average::Exponential { decay: desc.decay, start, period },
            sys::FV_AVERAGE_EQUAL => Average::Equal { start, period },
            _ => Average::None,
        }
    }

    fn raw(&self) -> sys::fv_average_desc {
        let (averaging, decay, start, period) = match *self {
            Average::None => (sys::FV_AVERAGE_NONE, 0.0, 0, 0),
            Average::Exponential { decay, start, period } => {
                (sys::FV_AVERAGE_EXPONENTIAL, decay, start, period)
            }
            Average::Equal { start, period } => (sys::FV_AVERAGE_EQUAL, 0.0, start, period),
        };
        sys::fv_average_desc {
            averaging,
            decay,
            start: start as i64,
            period: period as i64,
            ..Default::default()
        }
    }
}

/// What a plateau or a [`Stop`](crate::Stop) watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Monitor {
    #[default]
    ValLoss,
    Loss,
    ValAccuracy,
    Accuracy,
}

impl Monitor {
    pub(crate) fn raw(self) -> sys::fv_monitor {
        match self {
            Monitor::ValLoss => sys::FV_MONITOR_VAL_LOSS,
            Monitor::Loss => sys::FV_MONITOR_LOSS,
            Monitor::ValAccuracy => sys::FV_MONITOR_VAL_ACCURACY,
            Monitor::Accuracy => sys::FV_MONITOR_ACCURACY,
        }
    }

    fn from_raw(raw: sys::fv_monitor) -> Self {
        match raw {
            sys::FV_MONITOR_LOSS => Monitor::Loss,
            sys::FV_MONITOR_VAL_ACCURACY => Monitor::ValAccuracy,
            sys::FV_MONITOR_ACCURACY => Monitor::Accuracy,
            _ => Monitor::ValLoss,
        }
    }
}

/// How later cycles differ from the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CycleShape {
    #[default]
    Triangular,
    /// Half as high each time.
    Triangular2,
    /// Times gamma^t.
    Exponential,
}

/// Schedules, functions of a time t; the formulas stand in `schedule.h`. A 0 is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum ScheduleKind<'a> {
    #[default]
    Constant,
    Step {
        period: u64,
        gamma: f64,
    },
    MultiStep {
        milestones: &'a [i64],
        gamma: f64,
    },
    Exponential {
        gamma: f64,
    },
    InverseTime {
        gamma: f64,
        period: u64,
        staircase: bool,
    },
    Polynomial {
        total: u64,
        power: f64,
        lowest: f64,
    },
    Cosine {
        total: u64,
        lowest: f64,
    },
    CosineRestarts {
        period: u64,
        growth: u64,
        lowest: f64,
    },
    OneCycle {
        total: u64,
        highest: f64,
        rising: f64,
        start_divisor: f64,
        end_divisor: f64,
    },
    Cyclic {
        lowest: f64,
        highest: f64,
        period: u64,
        falling: u64,
        shape: CycleShape,
        gamma: f64,
    },
    /// A patience of None is 10. [`Schedule::monitor_name`] may stand in place of the monitor.
    Plateau {
        monitor: Monitor,
        factor: f64,
        patience: Option<u64>,
        cooldown: u64,
        min_delta: f64,
        lowest: f64,
    },
}

/// The learning rate over the training.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Schedule<'a> {
    pub kind: ScheduleKind<'a>,
    /// t counts steps, not epochs.
    pub per_step: bool,
    /// In front of it, straight up from `warmup_start` (a factor) in so many t.
    pub warmup: u64,
    pub warmup_start: f64,
    /// What a plateau watches instead of its monitor: a metric, `"val_f1"`, or another recorded value. Empty: the
    /// monitor.
    pub monitor_name: &'a str,
    /// Of such a value larger is better; of a metric that is known.
    pub monitor_larger: bool,
    /// Of one cycle and cyclic: the momentum where the rate is highest, and where it is lowest; both 0: the
    /// optimizer's.
    pub momentum: (f64, f64),
}

impl<'a> Schedule<'a> {
    /// Milestones and the name are lent by what the descriptor came from.
    pub(crate) unsafe fn from_raw(desc: &sys::fv_schedule_desc) -> Schedule<'a> {
        let (period, total, gamma, lowest) = (desc.period as u64, desc.total as u64, desc.gamma, desc.lowest);
        let kind = match desc.schedule {
            sys::FV_SCHEDULE_STEP => ScheduleKind::Step { period, gamma },
            sys::FV_SCHEDULE_MULTI_STEP => {
                let milestones = if desc.milestone_count == 0 {
                    &[]
                } else {
                    std::slice::from_raw_parts(desc.milestones, desc.milestone_count)
                };
                ScheduleKind::MultiStep { milestones, gamma }
            }
            sys::FV_SCHEDULE_EXPONENTIAL => ScheduleKind::Exponential { gamma },
            sys::FV_SCHEDULE_INVERSE_TIME => {
                ScheduleKind::InverseTime { gamma, period, staircase: desc.staircase != 0 }
            }
            sys::FV_SCHEDULE_POLYNOMIAL => ScheduleKind::Polynomial { total, power: desc.power, lowest },
            sys::FV_SCHEDULE_COSINE => ScheduleKind::Cosine { total, lowest },
            sys::FV_SCHEDULE_COSINE_RESTARTS => {
                ScheduleKind::CosineRestarts { period, growth: desc.growth as u64, lowest }
            }
            sys::FV_SCHEDULE_ONE_CYCLE => ScheduleKind::OneCycle {
                total,
                highest: desc.highest,
                rising: desc.rising,
                start_divisor: desc.start_divisor,
                end_divisor: desc.end_divisor,
            },
            sys::FV_SCHEDULE_CYCLIC => ScheduleKind::Cyclic {
                lowest,
                highest: desc.highest,
                period,
                falling: desc.falling as u64,
                shape: match desc.shape {
                    sys::FV_CYCLE_TRIANGULAR2 => CycleShape::Triangular2,
                    sys::FV_CYCLE_EXPONENTIAL => CycleShape::Exponential,
                    _ => CycleShape::Triangular,
                },
                gamma,
            },
            sys::FV_SCHEDULE_PLATEAU => ScheduleKind::Plateau {
                monitor: Monitor::from_raw(desc.monitor),
                factor: gamma,
                patience: match desc.patience {
                    0 => None,
                    -1 => Some(0),
                    epochs => Some(epochs as u64),
                },
                cooldown: desc.cooldown as u64,
                min_delta: desc.min_delta,
                lowest,
            },
            _ => ScheduleKind::Constant,
        };
        Schedule {
            kind,
            per_step: desc.per_step != 0,
            warmup: desc.warmup as u64,
            warmup_start: desc.warmup_start,
            monitor_name: match desc.monitor_name.is_null() {
                true => "",
                false => CStr::from_ptr(desc.monitor_name).to_str().unwrap_or(""),
            },
            monitor_larger: desc.monitor_larger != 0,
            momentum: (desc.lowest_momentum, desc.highest_momentum),
        }
    }
}

impl Schedule<'_> {
    /// Borrows `monitor_name`, which is self's.
    fn raw(&self, monitor_name: &Text) -> sys::fv_schedule_desc {
        let mut desc = sys::fv_schedule_desc {
            monitor_name: monitor_name.as_ptr(),
            monitor_larger: self.monitor_larger.into(),
            per_step: self.per_step.into(),
            warmup: self.warmup as i64,
            warmup_start: self.warmup_start,
            lowest_momentum: self.momentum.0,
            highest_momentum: self.momentum.1,
            ..Default::default()
        };
        match self.kind {
            ScheduleKind::Constant => desc.schedule = sys::FV_SCHEDULE_CONSTANT,
            ScheduleKind::Step { period, gamma } => {
                desc.schedule = sys::FV_SCHEDULE_STEP;
                desc.period = period as i64;
                desc.gamma = gamma;
            }
            ScheduleKind::MultiStep { milestones, gamma } => {
                desc.schedule = sys::FV_SCHEDULE_MULTI_STEP;
                desc.milestones = milestones.as_ptr();
                desc.milestone_count = milestones.len();
                desc.gamma = gamma;
            }
            ScheduleKind::Exponential { gamma } => {
                desc.schedule = sys::FV_SCHEDULE_EXPONENTIAL;
                desc.gamma = gamma;
            }
            ScheduleKind::InverseTime { gamma, period, staircase } => {
                desc.schedule = sys::FV_SCHEDULE_INVERSE_TIME;
                desc.gamma = gamma;
                desc.period = period as i64;
                desc.staircase = staircase.into();
            }
            ScheduleKind::Polynomial { total, power, lowest } => {
                desc.schedule = sys::FV_SCHEDULE_POLYNOMIAL;
                desc.total = total as i64;
                desc.power = power;
                desc.lowest = lowest;
            }
            ScheduleKind::Cosine { total, lowest } => {
                desc.schedule = sys::FV_SCHEDULE_COSINE;
                desc.total = total as i64;
                desc.lowest = lowest;
            }
            ScheduleKind::CosineRestarts { period, growth, lowest } => {
                desc.schedule = sys::FV_SCHEDULE_COSINE_RESTARTS;
                desc.period = period as i64;
                desc.growth = growth as i64;
                desc.lowest = lowest;
            }
            ScheduleKind::OneCycle { total, highest, rising, start_divisor, end_divisor } => {
                desc.schedule = sys::FV_SCHEDULE_ONE_CYCLE;
                desc.total = total as i64;
                desc.highest = highest;
                desc.rising = rising;
                desc.start_divisor = start_divisor;
                desc.end_divisor = end_divisor;
            }
            ScheduleKind::Cyclic { lowest, highest, period, falling, shape, gamma } => {
                desc.schedule = sys::FV_SCHEDULE_CYCLIC;
                desc.lowest = lowest;
                desc.highest = highest;
                desc.period = period as i64;
                desc.falling = falling as i64;
                desc.shape = match shape {
                    CycleShape::Triangular => sys::FV_CYCLE_TRIANGULAR,
                    CycleShape::Triangular2 => sys::FV_CYCLE_TRIANGULAR2,
                    CycleShape::Exponential => sys::FV_CYCLE_EXPONENTIAL,
                };
                desc.gamma = gamma;
            }
            ScheduleKind::Plateau { monitor, factor, patience, cooldown, min_delta, lowest } => {
                desc.schedule = sys::FV_SCHEDULE_PLATEAU;
                desc.monitor = monitor.raw();
                desc.gamma = factor;
                desc.patience = match patience {
                    None => 0,
                    Some(0) => -1,
                    Some(epochs) => epochs as i64,
                };
                desc.cooldown = cooldown as i64;
                desc.min_delta = min_delta;
                desc.lowest = lowest;
            }
        }
        desc
    }

    /// The rate at an epoch and step, to look at a schedule before training with it.
    ///
    /// ```
    /// use fovea::{Schedule, ScheduleKind};
    ///
    /// let cosine = Schedule { kind: ScheduleKind::Cosine { total: 10, lowest: 0.0 }, ..Default::default() };
    /// assert!((cosine.rate(0.1, 5, 0)? - 0.05).abs() < 1e-12);
    /// # Ok::<(), fovea::Error>(())
    /// ```
    pub fn rate(&self, base: f64, epoch: usize, step: usize) -> Result<f64> {
        let name = Text::optional(self.monitor_name)?;
        let desc = self.raw(&name);
        let mut rate = 0.0;
        call(|error| unsafe {
            sys::fv_schedule_rate(&desc, base, epoch as i64, step as i64, &mut rate, error)
        })?;
        Ok(rate)
    }

    /// Likewise the momentum; None where the schedule leaves it to the optimizer.
    ///
    /// ```
    /// use fovea::{CycleShape, Schedule, ScheduleKind};
    ///
    /// let shape = CycleShape::Triangular;
    /// let kind = ScheduleKind::Cyclic { lowest: 0.1, highest: 1.0, period: 4, falling: 0, shape, gamma: 0.0 };
    /// let schedule = Schedule { kind, momentum: (0.85, 0.95), ..Default::default() };
    /// assert!((schedule.momentum_at(2, 0)?.unwrap() - 0.9).abs() < 1e-12);
    /// assert_eq!(Schedule { kind, ..Default::default() }.momentum_at(2, 0)?, None);
    /// # Ok::<(), fovea::Error>(())
    /// ```
    pub fn momentum_at(&self, epoch: usize, step: usize) -> Result<Option<f64>> {
        let name = Text::optional(self.monitor_name)?;
        let desc = self.raw(&name);
        let mut momentum = 0.0;
        call(|error| unsafe {
            sys::fv_schedule_momentum(&desc, epoch as i64, step as i64, &mut momentum, error)
        })?;
        Ok((!momentum.is_nan()).then_some(momentum))
    }
}

impl TrainerOptions {
    /// Calls `create` with the whole descriptor, but for the loss.
    pub(crate) fn with_raw<R>(
        &self,
        optimizer: Optimizer,
        create: impl FnOnce(sys::fv_trainer_desc) -> R,
    ) -> R {
        let more = &self.optimizer;
        let rule = sys::fv_optimizer_desc {
            optimizer: optimizer.raw(),
            learning_rate: self.learning_rate,
            momentum: self.momentum,
            nesterov: self.nesterov.into(),
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: self.epsilon,
            dampening: more.dampening,
            rho: more.rho,
            momentum_decay: more.momentum_decay,
            trust_coefficient: more.trust_coefficient,
            weight_decay: more.weight_decay,
            clip_value: more.clip_value,
            clip_norm: more.clip_norm,
            clip_global_norm: more.clip_global_norm,
            rate_in_velocity: more.rate_in_velocity.into(),
            amsgrad: more.amsgrad.into(),
            centered: more.centered.into(),
            no_bias_correction: more.no_bias_correction.into(),
            epsilon_inside: more.epsilon_inside.into(),
            decay_kernels_only: more.decay_kernels_only.into(),
            ..Default::default()
        };
        let average = self.average.raw();
        let mix = self.mix.raw();
        create(sys::fv_trainer_desc {
            optimizer_desc: &rule,
            average: &average,
            l1: self.l1,
            l2: self.l2,
            proximal_l1: self.proximal_l1.into(),
            seed: self.seed,
            max_batch: crate::text::int(self.max_batch),
            accumulate_steps: crate::text::int(self.accumulate_steps),
            mix: &mix,
            rate_batch: crate::text::int(self.rate_batch),
            ..Default::default()
        })
    }
}

impl Trainer {
    /// Other groups from the next step on, as for freezing and gradual unfreezing.
    ///
    /// Errors: [`NotFound`](crate::ErrorCode::NotFound): a pattern that no parameter has.
    pub fn set_groups(&mut self, groups: &[Group]) -> Result<()> {
        let names =
            groups.iter().map(|group| Text::required(group.parameters)).collect::<Result<Vec<_>>>()?;
        let descs: Vec<_> = groups.iter().zip(&names).map(|(group, name)| group.raw(name)).collect();
        let pointers: Vec<_> = descs.iter().map(|desc| desc as *const sys::fv_group_desc).collect();
        call(|error| unsafe {
            sys::fv_trainer_set_groups(self.handle.get(), pointers.as_ptr(), pointers.len(), error)
        })
    }

    /// Another schedule from the next step on. What a plateau has seen stays if this one is a plateau.
    pub fn set_schedule(&mut self, schedule: &Schedule) -> Result<()> {
        let name = Text::optional(schedule.monitor_name)?;
        let desc = schedule.raw(&name);
        call(|error| unsafe { sys::fv_trainer_set_schedule(self.handle.get(), &desc, error) })
    }

    /// Trains a copy of the model with a rate that rises from batch to batch, and watches the loss. The trainer stays
    /// as it is.
    pub fn find_rate(&self, data: &Dataset, options: RateRange) -> Result<FoundRate> {
        let desc = options.raw();
        let mut points =
            vec![sys::fv_rate_point::default(); if options.steps == 0 { 100 } else { options.steps }];
        let (mut range, mut count) = (sys::fv_rate_range::default(), 0);
        call(|error| unsafe {
            sys::fv_trainer_find_rate(
                self.handle.get(),
                data.0.get(),
                &desc,
                &mut range,
                points.as_mut_ptr(),
                points.len(),
                &mut count,
                error,
            )
        })?;
        points.truncate(count);
        let points = points.iter().map(|p| RatePoint { rate: p.rate, loss: p.loss, smoothed: p.smoothed });
        Ok(FoundRate { suggested: range.suggested, lowest_loss: range.lowest_loss, points: points.collect() })
    }

    /// A new model with the averaged weights. Errors: [`NotFound`](crate::ErrorCode::NotFound): there are none yet.
    pub fn averaged_model(&self) -> Result<Model> {
        Handle::create(|out, error| unsafe { sys::fv_trainer_averaged_model(self.handle.get(), out, error) })
            .map(Model)
    }

    /// The schedule with all its numbers, from a checkpoint too.
    pub fn schedule(&self) -> Result<Schedule<'_>> {
        let mut desc = sys::fv_schedule_desc::default();
        call(|error| unsafe { sys::fv_trainer_get_schedule(self.handle.get(), &mut desc, error) })?;
        Ok(unsafe { Schedule::from_raw(&desc) })
    }

    /// The groups, from a checkpoint too.
    pub fn groups(&self) -> Result<Vec<Group<'_>>> {
        let group = |index| {
            let mut desc = sys::fv_group_desc::default();
            call(|error| unsafe { sys::fv_trainer_get_group(self.handle.get(), index, &mut desc, error) })?;
            Ok(unsafe { Group::from_raw(self, &desc) })
        };
        (0..self.raw_info()?.groups).map(group).collect()
    }

    /// How the weights are averaged, from a checkpoint too.
    pub fn average(&self) -> Result<Average> {
        let mut desc = sys::fv_average_desc::default();
        call(|error| unsafe { sys::fv_trainer_get_average(self.handle.get(), &mut desc, error) })?;
        Ok(Average::from_raw(&desc))
    }

    /// The optimizer and its rate, which is the base of the schedule, from a checkpoint too.
    pub fn optimizer(&self) -> Result<(Optimizer, f64)> {
        let mut desc = sys::fv_optimizer_desc::default();
        call(|error| unsafe { sys::fv_trainer_get_optimizer(self.handle.get(), &mut desc, error) })?;
        let kind = Optimizer::from_raw(desc.optimizer);
        Ok((kind, if desc.learning_rate == sys::FV_ZERO { 0.0 } else { desc.learning_rate }))
    }
}
