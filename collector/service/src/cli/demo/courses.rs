//! The shop's task and funnels, as an editor would set them up.

use super::super::{Failure, Session};
use rapport_report::course::funnel::{Funnel, Order};
use rapport_report::course::task::TaskRule;
use rapport_report::course::{Step, StepKind};
use rapport_report::visits::Walker;
use rapport_store::course::{Course, CourseKind};
use rapport_store::site::Site;

fn page(path: &str, within_minutes: Option<u32>) -> Step {
    Step { kind: StepKind::Page, what: path.to_owned(), within_minutes }
}

/// Adds a task by rules and two funnels.
pub async fn fill(session: &Session, site: &Site) -> Result<(), Failure> {
    let buy = TaskRule {
        start: page("/cart/", None),
        success: page("/checkout/thanks/", None),
        failure: None,
        timeout_minutes: 30,
    };
    let order = Funnel {
        order: Order::Ordered,
        of: Walker::Visit,
        window_minutes: 60,
        steps: vec![
            page("/tableware/*/", None),
            page("/cart/", None),
            page("/checkout/", Some(15)),
            page("/checkout/thanks/", None),
        ],
    };
    let reads = Funnel {
        order: Order::Any,
        of: Walker::Visitor,
        window_minutes: 24 * 60,
        steps: vec![page("/delivery/", None), page("/tableware/*/", None), page("/cart/", None)],
    };
    for (kind, name, definition) in [
        (CourseKind::Task, "Buy what is in the cart", serde_json::to_string(&buy)),
        (CourseKind::Funnel, "From a piece to the order", serde_json::to_string(&order)),
        (CourseKind::Funnel, "Reads about delivery, and puts a piece into the cart", serde_json::to_string(&reads)),
    ] {
        let course = Course {
            course_id: session.clock.new_id(),
            kind,
            name: name.to_owned(),
            definition: definition.map_err(|error| Failure(error.to_string()))?,
            created_at_ms: session.clock.now_ms(),
        };
        let entry = session.note(&format!("{}.add", kind.as_str()), format!("{} {name}", kind.as_str()));
        session.store.add_course(site.site_id, &course, &entry).await?;
    }
    Ok(())
}
