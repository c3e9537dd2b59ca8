//! News on both engines: told with its cause, once, spread and erased.

use super::*;
use crate::clock::Clock;
use crate::notification::Notice;
use crate::test_store::{each_engine, note};
use crate::visitor::Traces;
use crate::webhook::delivery::{Delivery, DeliveryState};
use crate::webhook::{Personal, Webhook};
use serde_json::json;

const SHOP: Id = Id([8; 16]);
const BLOG: Id = Id([9; 16]);

pub(crate) fn a_webhook(number: u8) -> Webhook {
    Webhook {
        webhook_id: Id([number; 16]),
        name: format!("hook {number}"),
        url: "https://example.com/hook".into(),
        kinds: vec![NewsKind::ResponseCreated, NewsKind::TicketOpened],
        personal: Personal::Words,
        secret: "whsec_bmV3".into(),
        former_secret: (String::new(), 0),
        disabled: None,
        actor: "ada@example.com".into(),
        created_at_ms: 5,
    }
}

pub(crate) fn a_delivery(number: u8, webhook_id: Id, news_id: Id) -> Delivery {
    Delivery {
        delivery_id: Id([number; 16]),
        webhook_id,
        news_id,
        kind: "response.created".into(),
        body: "{}".into(),
        customer_id: None,
        response_id: None,
        state: DeliveryState::Waiting,
        attempts: 0,
        next_at_ms: 10,
        created_at_ms: 10,
        changed_at_ms: 10,
    }
}

fn some_news(about: &str) -> News {
    let news = News::new(SHOP, (NewsKind::ResponseCreated, about), "An answer\non /a", 7);
    let facts = json!({ "score": 2 }).as_object().cloned().unwrap_or_default();
    News { page: "/a".into(), facts, audience: vec!["ada@example.com".into()], response_id: Some(Id([4; 16])), ..news }
}

#[tokio::test]
async fn news_was_written_where_nobody_asked_for_it_or_twice() {
    each_engine(async |store| {
        store.tell(SHOP, &[some_news("1")]).await.unwrap();
        assert_eq!(store.news(SHOP, 9).await.unwrap(), []);
        assert_eq!(store.add_webhook(SHOP, &a_webhook(1), &note(5)).await, Ok(true));
        for _ in 0..2 {
            store.tell(SHOP, &[some_news("1")]).await.unwrap();
        }
        assert_eq!(store.news(SHOP, 9).await.unwrap(), [some_news("1")]);
        assert_eq!(store.news(SHOP, 9).await.unwrap()[0].title, "An answeron /a");
        assert_eq!(store.sites_with_news(&[SHOP, BLOG]).await, Ok(vec![SHOP]));
        assert_eq!(store.sites_with_news(&[]).await, Ok(vec![]));
        assert_eq!(store.sites_that_want_news(&[SHOP, BLOG]).await, Ok(vec![SHOP]));
        assert_eq!(store.sites_that_want_news(&[]).await, Ok(vec![]));
        assert_eq!(store.wanted_news(SHOP).await, Ok(vec![NewsKind::ResponseCreated, NewsKind::TicketOpened]));
    })
    .await;
}

#[tokio::test]
async fn what_is_found_every_hour_was_told_every_hour() {
    each_engine(async |store| {
        store.add_webhook(SHOP, &a_webhook(1), &note(5)).await.unwrap();
        let (known, new) = (some_news("known"), some_news("new"));
        store.tell_once(SHOP, std::slice::from_ref(&known), true, 10).await.unwrap();
        for at_ms in [20, 30] {
            store.tell_once(SHOP, &[known.clone(), new.clone()], false, at_ms).await.unwrap();
            store.spread(SHOP, &store.news(SHOP, 9).await.unwrap(), (&[], &[])).await.unwrap();
            assert_eq!(store.news(SHOP, 9).await.unwrap(), []);
        }
        assert_eq!(store.was_told(SHOP, new.news_id).await, Ok(true));
        store.tell_once(SHOP, &[], false, 30).await.unwrap();
        store.forget_told_before(SHOP, 31).await.unwrap();
        assert_eq!(store.was_told(SHOP, new.news_id).await, Ok(false));
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_grew_was_told_as_a_new_one() {
    each_engine(async |store| {
        store.add_webhook(SHOP, &a_webhook(1), &note(5)).await.unwrap();
        let created = some_news("7");
        let kinds = async |revision: i64| -> Vec<NewsKind> {
            let grown = News::new(SHOP, (NewsKind::ResponseUpdated, &format!("7:{revision}")), "It grew", 7);
            store.write(tell_growing(SHOP, (&created, &grown), revision, 10).into()).await.unwrap();
            let news = store.news(SHOP, 9).await.unwrap();
            store.spread(SHOP, &news, (&[], &[])).await.unwrap();
            news.iter().map(|news| news.kind).collect()
        };
        assert_eq!(kinds(2).await, [NewsKind::ResponseCreated]);
        assert_eq!(kinds(2).await, [], "taken again");
        assert_eq!(kinds(3).await, [NewsKind::ResponseUpdated]);
        assert_eq!(kinds(1).await, [], "an older revision");
    })
    .await;
}

#[tokio::test]
async fn a_copy_was_written_twice_or_of_what_was_erased() {
    each_engine(async |store| {
        store.add_webhook(SHOP, &a_webhook(1), &note(5)).await.unwrap();
        let news = some_news("1");
        let notice = Notice {
            rule_id: Id([5; 16]),
            news_id: news.news_id,
            kind: "response.low".into(),
            title: "A low score".into(),
            page: "/a".into(),
            path: "responses/7".into(),
            words: "broken".into(),
            customer_id: Some(Id([6; 16])),
            response_id: None,
            occurred_at_ms: 7,
        };
        let delivery = Delivery { response_id: Some(Id([4; 16])), ..a_delivery(2, Id([1; 16]), news.news_id) };
        let spread = async |number: u8| {
            let delivery = Delivery { delivery_id: Id([number; 16]), ..delivery.clone() };
            store
                .spread(SHOP, std::slice::from_ref(&news), (&[delivery], std::slice::from_ref(&notice)))
                .await
                .unwrap();
        };
        let counts = async || {
            let deliveries = store.deliveries(SHOP, Id([1; 16]), None, 9).await.unwrap().len();
            (deliveries, store.notices(SHOP, Id([5; 16]), 9).await.unwrap().len())
        };
        spread(2).await;
        assert_eq!(counts().await, (0, 0), "it was erased before it was spread");
        for number in [3, 4] {
            store.tell(SHOP, std::slice::from_ref(&news)).await.unwrap();
            spread(number).await;
            assert_eq!(counts().await, (1, 1));
        }
        let erase = async |traces: Traces| {
            store.erase(SHOP, &jiff::tz::TimeZone::UTC, &traces, &Clock::System).await.unwrap();
        };
        erase(Traces { responses: vec![Id([4; 16])], ..Traces::default() }).await;
        assert_eq!(counts().await, (0, 1));
        erase(Traces { customers: vec![Id([6; 16])], ..Traces::default() }).await;
        assert_eq!(counts().await, (0, 0));
    })
    .await;
}

#[tokio::test]
async fn what_happened_to_a_ticket_was_told_twice_or_not_at_all() {
    each_engine(async |store| {
        store.add_webhook(SHOP, &a_webhook(1), &note(5)).await.unwrap();
        let new = crate::ticket::NewTicket {
            ticket_id: Id([3; 16]),
            kind: crate::ticket::TicketKind::Problem,
            subject: "It broke".into(),
            path: "/a".into(),
            standing: String::new(),
            words: true,
            response_id: None,
            review_id: None,
            customer_id: None,
            issue_id: None,
            priority: crate::ticket::Priority::Normal,
            owner_id: None,
            actor: "rule".into(),
            opened_at_ms: 50,
        };
        let ticket = store.open_ticket(SHOP, &new, &note(50)).await.unwrap().unwrap();
        let account = store.account_for_email(Id([2; 16]), "ada@example.com", 1).await.unwrap();
        store.note_on_ticket(SHOP, &ticket, ("@ada look", &[account.account_id]), &note(60)).await.unwrap();
        assert_eq!(store.sites_with_untold_tickets(&[BLOG, SHOP]).await, Ok(vec![SHOP]));
        assert_eq!(store.sites_with_untold_tickets(&[]).await, Ok(vec![]));
        let untold = store.untold_of_tickets(SHOP, 9).await.unwrap();
        let seen: Vec<_> = untold.iter().map(|of| (of.event.kind.as_str(), of.mentioned.len())).collect();
        assert_eq!(seen, [("opened", 0), ("note", 1)]);
        let news = [some_news("t")];
        store.tell_of_tickets(SHOP, (&untold[..1], &news), 70).await.unwrap();
        assert_eq!(store.news(SHOP, 9).await.unwrap().len(), 1);
        assert_eq!(store.untold_of_tickets(SHOP, 9).await.unwrap().len(), 1);
        store.pass_over_tickets(SHOP, 80).await.unwrap();
        assert_eq!(store.untold_of_tickets(SHOP, 9).await, Ok(vec![]));
        assert_eq!(store.reviews_of_responses(SHOP, &[Id([4; 16])]).await, Ok(vec![]));
        assert_eq!(store.reviews_of_responses(SHOP, &[]).await, Ok(vec![]));
    })
    .await;
}

#[tokio::test]
async fn a_customer_who_was_saved_without_a_change_was_news() {
    use crate::customer::profile::{Change, Saved};
    each_engine(async |store| {
        let saved = |name: Option<&str>| Saved {
            customer_id: Id([6; 16]),
            external_id: "C-1".into(),
            change: Change { name: name.map(str::to_owned), ..Change::default() },
        };
        let save = async |name| store.save_customers(SHOP, &[saved(name)], 20, vec![]).await.unwrap();
        save(Some("Ada")).await;
        assert_eq!(store.news(SHOP, 9).await, Ok(vec![]), "nobody asked");
        let hook = Webhook { kinds: vec![NewsKind::CustomerChanged], ..a_webhook(1) };
        store.add_webhook(SHOP, &hook, &note(5)).await.unwrap();
        save(None).await;
        assert_eq!(store.news(SHOP, 9).await, Ok(vec![]));
        save(Some("Ada Byron")).await;
        let news = store.news(SHOP, 9).await.unwrap();
        assert_eq!((news.len(), news[0].kind), (1, NewsKind::CustomerChanged));
        assert_eq!((&news[0].person["name"], news[0].title.as_str()), (&json!("Ada Byron"), "A customer changed"));
    })
    .await;
}

#[tokio::test]
async fn an_issue_that_is_fixed_still_was_told_as_fixed_again() {
    use crate::issue::{Fixed, IssueKey, IssueRecord, Status};
    each_engine(async |store| {
        store.add_webhook(SHOP, &a_webhook(1), &note(5)).await.unwrap();
        let key = IssueKey { page: "/a".into(), kind: "dead_click".into(), label: "Save".into() };
        let said = |status, at_ms: i64| IssueRecord {
            key: key.clone(),
            status,
            owner: None,
            fixed: (status == Status::Fixed).then(|| Fixed { at_ms, release: "4.2".into() }),
            note: String::new(),
            changed_at_ms: at_ms,
            changed_by: "ada@example.com".into(),
        };
        for (status, at_ms, told) in [
            (Status::InProgress, 10, 0),
            (Status::Fixed, 20, 1),
            (Status::Fixed, 30, 1),
            (Status::New, 40, 1),
            (Status::Fixed, 50, 2),
        ] {
            store.say_of_issue(SHOP, &said(status, at_ms), &note(at_ms)).await.unwrap();
            assert_eq!(store.news(SHOP, 9).await.unwrap().len(), told, "{at_ms}");
        }
        assert_eq!(store.news(SHOP, 9).await.unwrap()[0].title, "Fixed with 4.2: Save on /a");
    })
    .await;
}

#[test]
fn the_id_of_news_tells_what_it_is_about_apart() {
    let of = |site, kind, about| News::id_of(site, kind, about);
    let one = of(SHOP, NewsKind::TicketOpened, "7");
    assert_eq!(one, of(SHOP, NewsKind::TicketOpened, "7"));
    for other in [
        of(BLOG, NewsKind::TicketOpened, "7"),
        of(SHOP, NewsKind::TicketChanged, "7"),
        of(SHOP, NewsKind::TicketOpened, "8"),
    ] {
        assert_ne!(one, other);
    }
    for (place, kind) in NewsKind::EACH.iter().enumerate() {
        assert_eq!(NewsKind::parse(kind.as_str()), Some(*kind));
        assert!(NewsKind::EACH[place + 1..].iter().all(|other| other.as_str() != kind.as_str()));
    }
    assert_eq!(NewsKind::listed(&NewsKind::list(NewsKind::EACH)), NewsKind::EACH);
    assert_eq!(NewsKind::listed("of.later response.low"), [NewsKind::ResponseLow]);
    assert_eq!(NewsKind::label_of("of.later"), "of.later");
}
