//! What a customer is asked by mail: the words of the plan, the survey's first question with a link for each answer, and a link by
//! which they are asked no more. What a mail program opens by itself changes nothing: a link shows the form.

use super::report::UNSUBSCRIBE;
use super::{Said, written};
use crate::config::{Config, Names};
use crate::mail_link::{address, answers, first_question, html, sign};
use askama::Template;
use jiff::{Span, Timestamp};
use rapport_shared::language::is_right_to_left;
use rapport_shared::survey::Survey;
use rapport_shared::theme::Theme;
use rapport_shared::theme::color::hex;
use rapport_shared::theme::palette::Mode;
use rapport_store::clock::Clock;
use rapport_store::follow_up::{FollowUp, Plan, Reach};
use rapport_store::job::NewJob;
use rapport_store::mail::{MailKind, OutgoingMail};
use rapport_store::site::Site;
use rapport_store::site::secrets::Purpose;
use rapport_store::{Store, StoreError};
use rapport_survey::form::words;

/// How many days an answer can be given by the links of a mail, that of the mail included.
const LINK_DAYS: i32 = 60;

#[derive(Template)]
#[template(path = "mail/follow_up.txt")]
struct Text<'a> {
    paragraphs: &'a [&'a str],
    survey: &'a str,
    form: &'a str,
    site: &'a str,
    stop_label: &'a str,
    unsubscribe: &'a str,
}

#[derive(Template)]
#[template(path = "mail/follow_up.html")]
struct Html<'a> {
    language: &'a str,
    direction: &'a str,
    subject: &'a str,
    paragraphs: &'a [&'a str],
    question: &'a str,
    survey: &'a str,
    form: &'a str,
    site: &'a str,
    stop_label: &'a str,
    unsubscribe: &'a str,
}

/// The fields that sign a link for a customer.
async fn signed(
    (store, clock): (&Store, &Clock),
    site: &Site,
    (survey_id, recipient): (&str, &str),
) -> Result<Vec<(&'static str, String)>, StoreError> {
    let now_ms = clock.now_ms();
    let today = Timestamp::from_millisecond(now_ms).unwrap_or_default().to_zoned(site.time_zone.clone()).date();
    let until = today.saturating_add(Span::new().days(LINK_DAYS - 1));
    let secret = store.site_secret(site.site_id, Purpose::Recipient, rapport_store::random::fresh(), now_ms).await?;
    let signature = sign(&secret, survey_id, recipient, until);
    Ok(vec![("recipient", recipient.to_owned()), ("until", until.to_string()), ("signature", signature)])
}

/// The first question that one click can answer, as a piece of HTML; empty where there is none.
async fn question(
    store: &Store,
    site: &Site,
    survey: &Survey,
    (forms, language, fields): (&str, &str, &[(&str, &str)]),
) -> Result<String, StoreError> {
    let Some(question) = first_question(survey) else { return Ok(String::new()) };
    let link = |value: &str| {
        let mut all = vec![(question.id.as_str(), value)];
        all.extend(fields);
        address(forms, &site.key, &survey.id, &all)
    };
    let links: Vec<_> =
        answers(question, &words(language)).into_iter().map(|answer| (answer.clone(), link(&answer.value))).collect();
    let theme = store.theme(site.site_id).await?;
    let theme = theme.unwrap_or_else(|| Theme { accent: site.accent_color.clone(), ..Theme::default() });
    let palette = theme.palette(Mode::Light);
    let [accent, on_accent] = [palette.accent, palette.on_accent].map(hex);
    Ok(html(question, &links, (language, is_right_to_left(language)), (&accent, &on_accent)))
}

/// The mail of a follow-up, with the job that sends it; of one follow-up there is one.
///
/// # Errors
/// When the store is away.
pub async fn of(
    (store, clock): (&Store, &Clock),
    (config, names): (&Config, &Names),
    site: &Site,
    (plan, survey): (&Plan, &Survey),
    (follow_up, to): (&FollowUp, &Reach),
) -> Result<(OutgoingMail, NewJob), StoreError> {
    let survey = survey.clone().in_language(&to.language);
    let shown = survey.shown_language(&to.language);
    let language = if shown.is_empty() { "en" } else { &shown };
    let fields = signed((store, clock), site, (&survey.id, &to.external_id)).await?;
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let forms = config.script().address(&names.path("/f"));
    let form = address(&forms, &site.key, &survey.id, &fields);
    let question = question(store, site, &survey, (&forms, language, &fields)).await?;
    let token: String = follow_up.token.iter().map(|byte| format!("{byte:02x}")).collect();
    let unsubscribe = format!("{}/{UNSUBSCRIBE}/{}/{token}", config.base_url(), site.key);
    let paragraphs: Vec<&str> = plan.body.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).collect();
    let failed = |error: askama::Error| StoreError::Inconsistent(error.to_string());
    let text = Text {
        paragraphs: &paragraphs,
        survey: &survey.name,
        form: &form,
        site: &site.name,
        stop_label: &plan.stop_label,
        unsubscribe: &unsubscribe,
    };
    let html = Html {
        language,
        direction: if is_right_to_left(language) { "rtl" } else { "ltr" },
        subject: &plan.subject,
        paragraphs: &paragraphs,
        question: &question,
        survey: &survey.name,
        form: &form,
        site: &site.name,
        stop_label: &plan.stop_label,
        unsubscribe: &unsubscribe,
    };
    let said = Said {
        subject: plan.subject.clone(),
        text: text.render().map_err(failed)?,
        html: html.render().map_err(failed)?,
        unsubscribe: unsubscribe.clone(),
    };
    let about = format!("follow-up:{}", follow_up.follow_up_id);
    written((config, clock), site.site_id, MailKind::FollowUp, (&about, &to.mail), said)
}
