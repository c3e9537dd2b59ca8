//! `rapport survey link`: what goes into a mail so that one click is an answer.

use super::{Failure, Session, warn_of_loopback};
use crate::config::Address;
use crate::mail_link::{address, answers, first_question, html, recipient_fault, sign};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use rapport_shared::language::is_right_to_left;
use rapport_shared::survey::{Question, Survey};
use rapport_shared::theme::Theme;
use rapport_shared::theme::color::hex;
use rapport_shared::theme::palette::Mode;
use rapport_store::site::Site;
use rapport_store::site::secrets::Purpose;
use rapport_survey::form::words;

/// For whom the links are, and what they answer.
#[derive(clap::Args)]
pub(super) struct Options {
    /// Key or name of the site
    site: String,
    /// Id of the survey
    survey: String,
    /// Id of the question that is answered by a click; the first that can be
    #[arg(long, value_name = "ID")]
    question: Option<String>,
    /// What you call the person who is written to: the answer is kept with it, and a second click changes it
    #[arg(long, value_name = "ID")]
    recipient: Option<String>,
    /// How many days the recipient's links are good, today included
    #[arg(long, default_value_t = 60, value_name = "DAYS", value_parser = clap::value_parser!(i32).range(1..=730))]
    valid_days: i32,
    /// A fact that is kept with the answer, as order=17; may be given several times
    #[arg(long = "fact", value_name = "NAME=VALUE")]
    facts: Vec<String>,
    /// Language of the mail, one of the survey's
    #[arg(long, default_value = "", value_name = "TAG")]
    language: String,
    /// Print only the HTML
    #[arg(long)]
    html: bool,
}

pub(super) async fn run(session: &Session, options: &Options) -> Result<(), Failure> {
    let site = session.site(&options.site).await?;
    let surveys = session.store.surveys(site.site_id).await?;
    let listed = surveys.into_iter().find(|listed| listed.survey.id == options.survey).ok_or_else(|| {
        format!("{} has no survey {}: see `rapport survey list {}`", site.name, options.survey, site.key)
    })?;
    let survey = listed.survey.in_language(&options.language);
    let question = question_of(&survey, options.question.as_deref())?;
    let shown = survey.shown_language(&options.language);
    let language = if shown.is_empty() { "en" } else { &shown };
    let answers = answers(question, &words(language));
    if answers.is_empty() {
        return Err(format!("the question {} takes more than one click", question.id).into());
    }
    let mut fields = facts(&survey, &options.facts)?;
    let last_day = match &options.recipient {
        Some(recipient) => {
            Some(sign_for(session, &site, (&survey.id, recipient), options.valid_days, &mut fields).await?)
        }
        None => None,
    };
    let forms = session.config.script().address(&session.config.names().path("/f"));
    let links: Vec<_> = answers
        .into_iter()
        .map(|answer| {
            let mut all = vec![(question.id.as_str(), answer.value.as_str())];
            all.extend(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let address = address(&forms, &site.key, &survey.id, &all);
            (answer, address)
        })
        .collect();
    if !options.html {
        for (answer, address) in &links {
            println!("{:<12} {address}", answer.label);
        }
        if let Some(until) = last_day {
            println!("\nGood until the end of {until} ({}).", site.time_zone_name());
        }
        if !listed.active {
            println!("\nThe survey is inactive: whoever clicks reads that it has ended.");
        }
        println!();
    }
    let theme = session.store.theme(site.site_id).await?;
    let theme = theme.unwrap_or_else(|| Theme { accent: site.accent_color.clone(), ..Theme::default() });
    let palette = theme.palette(Mode::Light);
    let [accent, on_accent] = [palette.accent, palette.on_accent].map(hex);
    print!("{}", html(question, &links, (language, is_right_to_left(language)), (&accent, &on_accent)));
    warn_of_loopback(&session.config, &[Address::Script]);
    Ok(())
}

/// The question that a click answers: the one of that id, or the first that can be.
fn question_of<'a>(survey: &'a Survey, id: Option<&str>) -> Result<&'a Question, Failure> {
    let question = match id {
        None => first_question(survey).ok_or("no question of this survey can be answered by one click")?,
        Some(id) => survey
            .questions
            .iter()
            .find(|question| question.id == id)
            .ok_or_else(|| format!("the survey has no question {id}"))?,
    };
    if survey.takes_fact(&question.id) || RESERVED.contains(&question.id.as_str()) {
        return Err(
            format!("{} names a question and something else in a link: rename the question", question.id).into()
        );
    }
    Ok(question)
}

/// Adds whom the links are for, with the signature; the last day on which they are good.
async fn sign_for(
    session: &Session,
    site: &Site,
    (survey_id, recipient): (&str, &str),
    valid_days: i32,
    fields: &mut Vec<(String, String)>,
) -> Result<Date, Failure> {
    if let Some(fault) = recipient_fault(recipient) {
        return Err(format!("--recipient {fault}").into());
    }
    let now_ms = session.clock.now_ms();
    let until = Timestamp::from_millisecond(now_ms)
        .and_then(|now| now.to_zoned(site.time_zone.clone()).date().checked_add(Span::new().days(valid_days - 1)))
        .map_err(|error| error.to_string())?;
    let secret =
        session.store.site_secret(site.site_id, Purpose::Recipient, rapport_store::random::fresh(), now_ms).await?;
    fields.push(("recipient".into(), recipient.to_owned()));
    fields.push(("until".into(), until.to_string()));
    fields.push(("signature".into(), sign(&secret, survey_id, recipient, until)));
    Ok(until)
}

/// Fields of a link that are no question.
const RESERVED: [&str; 3] = ["recipient", "until", "signature"];

/// The facts as fields of a link.
fn facts(survey: &Survey, given: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let fact = |text: &String| {
        let (name, value) = text.split_once('=').ok_or_else(|| format!("--fact must be NAME=VALUE, is {text}"))?;
        if !survey.takes_fact(name) {
            return Err(format!("{name} is not one of the survey's facts").into());
        }
        Ok((name.to_owned(), value.to_owned()))
    };
    given.iter().map(fact).collect()
}
