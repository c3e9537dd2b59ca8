//! The Events page: custom events with the values of their properties.

use super::frame::{Choice, EVERY_DIMENSION, Fields, Frame, Frames, Page, field};
use super::{PageError, render};
use crate::app::Reports;
use crate::http::export::csv;
use crate::http::query::query_of;
use crate::http::query::slice::SliceQuery;
use crate::member::account::Access;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rapport_report::event::Events;
use rapport_report::slice::Slice;
use rapport_shared::limit::OTHER_PAGES;
use rapport_shared::survey::Fault;

#[derive(Template)]
#[template(path = "member/event/page.html")]
struct EventsPage {
    frame: Frame,
    report: Events,
    /// The event that it is about; empty for every one.
    name: String,
    /// Only values of this property, and only this value.
    property: String,
    value: String,
}

impl EventsPage {
    fn is_rest(&self, name: &str) -> bool {
        name == OTHER_PAGES
    }

    /// One event, one of its properties, one value of that.
    fn href(&self, name: &str, property: &str, value: &str) -> String {
        let mut fields = self.frame.slice.fields();
        let own = [("name", name), ("property", property), ("value", value)];
        fields.extend(
            own.into_iter().filter(|(_, value)| !value.is_empty()).map(|(field, value)| (field, value.to_owned())),
        );
        format!("/sites/{}/events?{}", self.frame.site_key, query_of(&fields))
    }
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let [name, property, value] = ["name", "property", "value"].map(|name| field(&fields, name));
    let report = reports.of(&access.site).events(&slice, name, (property, value)).await?;
    if let Some(csv) = csv::wanted(&fields)? {
        return match field(&fields, "table") {
            "" | "events" => {
                let line = |event: &rapport_report::event::EventLine| {
                    vec![event.name.clone(), event.events.to_string(), event.views.to_string()]
                };
                Ok(csv.table("events", &["name", "events", "views"], report.events.iter().map(line)))
            }
            "values" => {
                let line = |of: &rapport_report::event::EventValue| {
                    let (events, views) = (of.events.to_string(), of.views.to_string());
                    vec![name.to_owned(), of.property.clone(), of.value.clone(), events, views]
                };
                let header = ["name", "property", "value", "events", "views"];
                Ok(csv.table("event-values", &header, report.values.iter().map(line)))
            }
            _ => Err(Fault::new("table", "must be events or values").into()),
        };
    }
    let place = Page {
        title: "Events",
        part: "events",
        path: "events",
        back: None,
        compares: false,
        dimensions: EVERY_DIMENSION,
    };
    let own = [("name", name), ("property", property), ("value", value)];
    let own: Vec<_> = own.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let mut frame = Frame::filtered(&frames, &access, &place, &slice, &own).await?;
    if !name.is_empty() {
        frame.back = Some(Choice {
            label: "Events".to_owned(),
            href: format!("/sites/{}/events{}", access.site.site.key, slice.suffix()),
            current: false,
        });
    }
    let [name, property, value] = [name, property, value].map(str::to_owned);
    render(&EventsPage { frame, report, name, property, value })
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;

    #[tokio::test]
    async fn an_event_is_listed_with_counts_by_the_values_of_its_properties() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let id = |number: u32| format!("018f8d3e-0000-7000-8000-{number:012}");
        let mut items = vec![format!(
            r#"{{"type":"page_view","id":"{}","age_ms":1,"revision":1,"path":"/","view_index":1}}"#,
            id(1)
        )];
        for (number, properties) in
            (2..).zip([r#"{"plan":"pro","seats":3}"#, r#"{"plan":"pro"}"#, r#"{"plan":"free"}"#, r#"{"plan":{}}"#])
        {
            items.push(format!(
                r#"{{"type":"signal","id":"{}","age_ms":1,"view":"{}","kind":"event","path":"/","name":"signup","properties":{properties}}}"#,
                id(number),
                id(1)
            ));
        }
        let body = format!(r#"{{"site":"shop","session":"{}","items":[{}]}}"#, id(900), items.join(","));
        let reply = test.batch(&body).await;
        assert!(reply.text().contains(r#""field":"properties.plan""#), "{}", reply.text());
        let cookie = test.cookie(&site, "vic@example.com", Role::Viewer).await;
        let read = async |query: &str| {
            let reply =
                test.get(&format!("/sites/shop/events{query}"), &[("cookie", &cookie), ("accept", "text/html")]).await;
            assert_eq!(reply.status, 200, "{query}: {}", reply.text());
            reply.text()
        };
        assert!(read("").await.contains("signup"));
        assert_eq!(read("?format=csv").await, "name,events,views\r\nsignup,3,1\r\n");
        assert_eq!(
            read("?name=signup&format=csv&table=values").await,
            "name,property,value,events,views\r\nsignup,plan,pro,2,1\r\nsignup,plan,free,1,1\r\nsignup,seats,3,1,1\r\n"
        );
        let narrowed = read("?name=signup&property=plan&value=free&format=csv&table=values").await;
        assert_eq!(narrowed.lines().count(), 2, "{narrowed}");
        assert!(read("?name=signup&property=plan").await.contains("Show all"));
    }
}
