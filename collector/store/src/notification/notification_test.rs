//! Rules and what they have to tell, on both engines.

use super::*;
use crate::mail::tests::{a_job, a_mail};
use crate::news::News;
use crate::subscription::Stops;
use crate::test_store::{each_engine, note};

const SHOP: Id = Id([8; 16]);
const BLOG: Id = Id([9; 16]);

fn a_rule(number: u8) -> Rule {
    Rule {
        rule_id: Id([number; 16]),
        name: format!("rule {number}"),
        kinds: vec![NewsKind::ResponseLow],
        path: "/checkout".into(),
        channel: Channel::Mail,
        target: "ada@example.com".into(),
        cadence: Cadence::Now,
        hour: 8,
        shows_words: true,
        next_at_ms: 100,
        token: vec![number; 32],
        unsubscribed_at_ms: None,
        actor: "ada@example.com".into(),
        created_at_ms: 5,
    }
}

/// Has a rule tell something that happened.
async fn notice(store: &Store, number: u8, at_ms: i64) {
    let news = News::new(SHOP, (NewsKind::ResponseLow, &format!("{number}")), "A low score", at_ms);
    let notice = Notice {
        rule_id: Id([1; 16]),
        news_id: news.news_id,
        kind: news.kind.as_str().into(),
        title: news.title.clone(),
        page: "/checkout".into(),
        path: "responses/7".into(),
        words: "broken".into(),
        customer_id: None,
        response_id: None,
        occurred_at_ms: at_ms,
    };
    store.tell(SHOP, std::slice::from_ref(&news)).await.unwrap();
    store.spread(SHOP, &[news], (&[], &[notice])).await.unwrap();
}

#[tokio::test]
async fn a_rule_told_the_same_twice_or_lost_what_came_meanwhile() {
    each_engine(async |store| {
        let rule = a_rule(1);
        assert_eq!(store.add_notification_rule(SHOP, &rule, &note(5)).await, Ok(true));
        assert_eq!(store.notification_rules(SHOP).await, Ok(vec![rule.clone()]));
        assert_eq!(store.notification_rules(BLOG).await, Ok(vec![]));
        notice(&store, 1, 10).await;
        assert_eq!(store.sites_with_notices(&[SHOP, BLOG], 99).await, Ok(vec![]));
        assert_eq!(store.sites_with_notices(&[], 100).await, Ok(vec![]));
        assert_eq!(store.sites_with_notices(&[SHOP, BLOG], 100).await, Ok(vec![SHOP]));
        let waiting = store.notices(SHOP, rule.rule_id, 9).await.unwrap();
        assert_eq!((waiting.len(), waiting[0].words.as_str()), (1, "broken"));
        notice(&store, 2, 11).await;
        let both = store.notices(SHOP, rule.rule_id, 9).await.unwrap();
        let clock = Clock::manual(120);
        // Another collector tells of both at the same time, and is second.
        for (mail_id, notices) in [(1, &waiting), (2, &both)] {
            let mail = a_mail(mail_id, "notice:1:100", "ada@example.com");
            let telling = Telling::Mail(&mail, &a_job("1"));
            store.tell_notices(SHOP, &rule, (notices, 700), telling, &clock).await.unwrap();
        }
        assert_eq!(store.mails(SHOP, 9).await.unwrap().len(), 1);
        assert_eq!(store.notices(SHOP, rule.rule_id, 9).await.unwrap().len(), 1, "what came meanwhile waits");
        assert_eq!(store.notification_rules(SHOP).await.unwrap()[0].next_at_ms, 700);
        let rule = Rule { next_at_ms: 700, ..rule };
        let delivery = crate::news::news_test::a_delivery(3, rule.rule_id, Id([3; 16]));
        let rest = store.notices(SHOP, rule.rule_id, 9).await.unwrap();
        store.tell_notices(SHOP, &rule, (&rest, 800), Telling::Chat(&delivery), &clock).await.unwrap();
        assert_eq!(store.notices(SHOP, rule.rule_id, 9).await, Ok(vec![]));
        assert_eq!(store.deliveries(SHOP, rule.rule_id, None, 9).await.unwrap().len(), 1);
        let counted = store.notices_by_kind(SHOP, rule.rule_id, (10, 12)).await;
        assert_eq!(counted, Ok(vec![("response.low".to_owned(), 2)]));
        notice(&store, 3, 12).await;
        let rest = store.notices(SHOP, rule.rule_id, 9).await.unwrap();
        let rule = Rule { next_at_ms: 800, ..rule };
        store.tell_notices(SHOP, &rule, (&rest, 900), Telling::Nothing, &clock).await.unwrap();
        assert_eq!(store.notices(SHOP, rule.rule_id, 9).await, Ok(vec![]));
    })
    .await;
}

#[tokio::test]
async fn whoever_stopped_a_rule_by_its_link_was_told_on() {
    each_engine(async |store| {
        store.add_notification_rule(SHOP, &a_rule(1), &note(5)).await.unwrap();
        let known = store.subscription(SHOP, vec![1; 32]).await.unwrap().unwrap();
        assert_eq!((known.stops, known.unsubscribed_at_ms), (Stops::Notices, None));
        store.unsubscribe(SHOP, vec![1; 32], 30).await.unwrap();
        let rule = store.notification_rule_of_token(SHOP, vec![1; 32]).await.unwrap().unwrap();
        assert_eq!(rule.unsubscribed_at_ms, Some(30));
        assert_eq!(store.wanted_news(SHOP).await, Ok(vec![]));
        for removed in [true, false] {
            assert_eq!(store.remove_notification_rule(SHOP, Id([1; 16]), &note(40)).await, Ok(removed));
        }
        for number in 0..u8::try_from(RULES).unwrap() {
            assert_eq!(store.add_notification_rule(BLOG, &a_rule(number), &note(5)).await, Ok(true));
        }
        assert_eq!(store.add_notification_rule(BLOG, &a_rule(77), &note(5)).await, Ok(false));
    })
    .await;
}
