//! The forms by which a task or a funnel is set up and changed: what stands in them, what they mean, and what is wrong.

use rapport_report::course::funnel::{Funnel, Order, STEPS};
use rapport_report::course::task::TaskRule;
use rapport_report::course::{self, Step, StepKind};
use rapport_report::visits::Walker;
use rapport_shared::survey::Fault;
use rapport_store::course::{Course, CourseKind};

/// How long a task may take if nothing else is said, in minutes.
const TIMEOUT_MINUTES: &str = "30";
/// The same of a funnel.
const WINDOW_MINUTES: &str = "60";

/// A form as it was sent.
pub(super) type Typed = Vec<(String, String)>;

/// A step in a form.
pub(super) struct Row {
    /// What people read.
    pub label: String,
    /// What its fields begin with.
    pub field: String,
    /// Its kind, by name.
    pub kind: String,
    /// By what it is known.
    pub what: String,
    /// So many minutes after the step before at most; absent where there is no such field.
    pub within: Option<String>,
    /// Whether it has to be filled in.
    pub required: bool,
    /// What is wrong with it.
    pub wrong: String,
}

/// What stands in the form, and what is wrong with it.
pub(super) struct Form {
    /// The id of what is changed; empty for a new one.
    pub id: String,
    pub name: String,
    pub rows: Vec<Row>,
    /// The timeout of a task or the window of a funnel, in minutes.
    pub minutes: String,
    /// Names of the order and of who walks; empty for a task.
    pub order: String,
    pub of: String,
    faults: Vec<Fault>,
}

fn typed<'a>(typed: &'a Typed, name: &str) -> &'a str {
    typed.iter().rev().find(|(other, _)| other == name).map_or("", |(_, value)| value.as_str())
}

fn number(text: &str) -> Option<u32> {
    // What is no number of minutes is refused with the others that are out of bounds.
    Some(text.trim()).filter(|text| !text.is_empty()).map(|text| text.parse().unwrap_or(0))
}

fn step_of(form: &Typed, field: &str) -> Option<Step> {
    let what = typed(form, &format!("{field}_what"));
    let kind = StepKind::EACH.into_iter().find(|kind| kind.as_str() == typed(form, &format!("{field}_kind")));
    let within_minutes = number(typed(form, &format!("{field}_within")));
    (!what.trim().is_empty()).then(|| Step { kind: kind.unwrap_or_default(), what: what.to_owned(), within_minutes })
}

/// The task that a form tells: its name, and its rule as JSON.
pub(super) fn task_of(form: &Typed) -> Result<(String, String), Vec<Fault>> {
    let rule = TaskRule {
        start: step_of(form, "start").unwrap_or_default(),
        success: step_of(form, "success").unwrap_or_default(),
        failure: step_of(form, "failure"),
        timeout_minutes: number(typed(form, "minutes")).unwrap_or(0),
    };
    kept(form, rule.checked(), "timeout_minutes")
}

/// The funnel that a form tells: its name, and its steps as JSON. Rows that are empty are no steps.
pub(super) fn funnel_of(form: &Typed) -> Result<(String, String), Vec<Fault>> {
    let any = typed(form, "order") == "any";
    let visitor = typed(form, "of") == "visitor";
    let funnel = Funnel {
        order: if any { Order::Any } else { Order::Ordered },
        of: if visitor { Walker::Visitor } else { Walker::Visit },
        window_minutes: number(typed(form, "minutes")).unwrap_or(0),
        steps: (0..STEPS.1).filter_map(|place| step_of(form, &format!("step{place}"))).collect(),
    };
    kept(form, funnel.checked(), "window_minutes")
}

fn kept<T: serde::Serialize>(
    form: &Typed,
    checked: Result<T, Vec<Fault>>,
    minutes: &str,
) -> Result<(String, String), Vec<Fault>> {
    let name = course::name(typed(form, "name"));
    match (name, checked) {
        (Ok(name), Ok(definition)) => Ok((name, serde_json::to_string(&definition).unwrap_or_default())),
        (name, checked) => {
            let faults = name.err().into_iter().chain(checked.err().unwrap_or_default());
            // In the form there is one field for either.
            let named = |fault: Fault| if fault.field == minutes { Fault::new("minutes", fault.reason) } else { fault };
            Err(faults.map(named).collect())
        }
    }
}

impl Form {
    /// An empty one for a kind.
    pub fn empty(kind: CourseKind) -> Self {
        let minutes = if kind == CourseKind::Task { TIMEOUT_MINUTES } else { WINDOW_MINUTES };
        Self::of(kind, (String::new(), String::new()), (&[], minutes), (Order::Ordered, Walker::Visit), Vec::new())
    }

    /// One that is to be changed.
    pub fn stored(course: &Course) -> Self {
        let id = (course.course_id.to_text(), course.name.clone());
        let nothing = || Self { id: id.0.clone(), name: id.1.clone(), ..Self::empty(course.kind) };
        match course.kind {
            CourseKind::Task => match serde_json::from_str::<TaskRule>(&course.definition) {
                Ok(rule) => {
                    let steps = [Some(rule.start), Some(rule.success), rule.failure];
                    let minutes = rule.timeout_minutes.to_string();
                    Self::of(course.kind, id, (&steps, &minutes), (Order::Ordered, Walker::Visit), Vec::new())
                }
                Err(_) => nothing(),
            },
            CourseKind::Funnel => match serde_json::from_str::<Funnel>(&course.definition) {
                Ok(funnel) => {
                    let minutes = funnel.window_minutes.to_string();
                    let steps: Vec<_> = funnel.steps.into_iter().map(Some).collect();
                    Self::of(course.kind, id, (&steps, &minutes), (funnel.order, funnel.of), Vec::new())
                }
                Err(_) => nothing(),
            },
        }
    }

    /// One that was refused, with what was typed.
    pub fn refused(kind: CourseKind, id: String, form: &Typed, faults: Vec<Fault>) -> Self {
        let steps: Vec<_> = match kind {
            CourseKind::Task => ["start", "success", "failure"].map(|field| step_of(form, field)).into(),
            CourseKind::Funnel => {
                (0..STEPS.1).filter_map(|place| step_of(form, &format!("step{place}"))).map(Some).collect()
            }
        };
        let order = if typed(form, "order") == "any" { Order::Any } else { Order::Ordered };
        let of = if typed(form, "of") == "visitor" { Walker::Visitor } else { Walker::Visit };
        let name = typed(form, "name").to_owned();
        Self::of(kind, (id, name), (&steps, typed(form, "minutes")), (order, of), faults)
    }

    fn of(
        kind: CourseKind,
        (id, name): (String, String),
        (steps, minutes): (&[Option<Step>], &str),
        (order, of): (Order, Walker),
        faults: Vec<Fault>,
    ) -> Self {
        let row = |place: usize, label: String, field: String, fault: String, (within, required): (bool, bool)| {
            let step = steps.get(place).cloned().flatten().unwrap_or_default();
            let beginning = format!("{fault}.");
            let reasons = faults.iter().filter(|fault| fault.field.starts_with(&beginning));
            Row {
                label,
                field,
                kind: step.kind.as_str().to_owned(),
                what: step.what,
                within: within.then(|| step.within_minutes.map_or_else(String::new, |minutes| minutes.to_string())),
                required,
                wrong: reasons.map(|fault| fault.reason.as_str()).collect::<Vec<_>>().join("; "),
            }
        };
        let rows = match kind {
            CourseKind::Task => {
                [("start", "It begins"), ("success", "It is done"), ("failure", "It failed, if that can be told")]
                    .into_iter()
                    .enumerate()
                    .map(|(place, (field, label))| {
                        row(place, label.to_owned(), field.to_owned(), field.to_owned(), (false, field != "failure"))
                    })
                    .collect()
            }
            CourseKind::Funnel => (0..STEPS.1)
                .map(|place| {
                    let label = format!("Step {}", place + 1);
                    row(place, label, format!("step{place}"), format!("steps[{place}]"), (place > 0, place < STEPS.0))
                })
                .collect(),
        };
        let is_any = order == Order::Any;
        Self {
            id,
            name,
            rows,
            minutes: minutes.to_owned(),
            order: if is_any { "any" } else { "ordered" }.to_owned(),
            of: if of == Walker::Visitor { "visitor" } else { "visit" }.to_owned(),
            faults,
        }
    }

    /// Whether something is wrong with it.
    pub fn is_refused(&self) -> bool {
        !self.faults.is_empty()
    }

    /// What is wrong with a field; empty when nothing is.
    pub fn error(&self, field: &str) -> String {
        let reasons = self.faults.iter().filter(|fault| fault.field == field).map(|fault| fault.reason.as_str());
        reasons.collect::<Vec<_>>().join("; ")
    }
}
