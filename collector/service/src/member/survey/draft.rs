//! A draft as a form: every part of its definition is a field, what is wrong stands beside it, and whatever button is pressed saves what was
//! typed.

use super::version::definition_of;
use super::{NO_DRAFT, Needs, name_of};
use crate::definition::act::Act;
use crate::definition::difference::{Change, between, breaks, read_mark};
use crate::definition::follow::{drop_gone_texts, follow_ids};
use crate::definition::form::{Body, Node, Submission, nodes};
use crate::definition::reach::Reach;
use crate::definition::survey::SURVEY;
use crate::definition::{self, readable_survey};
use crate::http::problem::Problem;
use crate::http::query::encode;
use crate::http::query::slice::SliceQuery;
use crate::member::account::{Access, Submitted};
use crate::member::frame::{Fields, Frame, Page, carried, field};
use crate::member::reading::*;
use crate::member::{PageError, render};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_shared::survey::{Fault, Survey};
use rapport_store::account::role::Role;
use rapport_store::survey::Applied;
use rapport_store::survey_draft::{DRAFT_BYTES, Drafted, SurveyDraft};
use serde_json::Value;

/// The sections of the form: a heading, what it is about, and the fields of the definition in it.
const SECTIONS: [(&str, &str, &[&str]); 5] = [
    ("What is asked", "Questions in order; conditions look back, and ways lead on.", &["title", "questions"]),
    ("Where, when and whom", "", &["placement", "trigger", "target", "cooldown_days", "quota"]),
    ("The end", "", &["thanks", "ends"]),
    ("How it behaves", "", &["one_tap", "progress", "back", "random_groups", "facts"]),
    ("In the dashboard", "", &["name", "id", "language"]),
];

/// What is wrong, and where.
struct Wrong {
    /// The field in words.
    at: String,
    /// Its path, where it stands in the form; else empty.
    anchor: String,
    reason: String,
}

struct Section {
    heading: &'static str,
    about: &'static str,
    nodes: Vec<Node>,
}

/// Texts of a survey beside each other.
struct Translations {
    tags: Vec<String>,
    /// The path of each text, the text itself, and its translations in the order of the languages.
    rows: Vec<(String, String, Vec<String>)>,
    /// How many texts each language lacks.
    missing: Vec<usize>,
    /// Who is asked of those whose language lacks some.
    reach: Reach,
    /// Whether it is said which language the texts are in, without which nobody knows whom to pass over.
    has_own: bool,
}

/// Why a draft was not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// Something is wrong with it.
    Faults,
    /// Nobody had read yet what it breaks, or that visitors see another version by now.
    Unread,
}

impl Refused {
    fn named(name: &str) -> Option<Self> {
        [Self::Faults, Self::Unread].into_iter().find(|refused| refused.as_str() == name)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Faults => "yes",
            Self::Unread => "unread",
        }
    }
}

/// Who changed the draft meanwhile.
struct Meanwhile {
    by: String,
    at: Time,
    revision: i64,
}

#[derive(Template)]
#[template(path = "member/survey/draft.html")]
struct DraftPage {
    frame: Frame,
    id: Id,
    revision: i64,
    survey_id: String,
    changed_at: Time,
    changed_by: String,
    wrong: Vec<Wrong>,
    sections: Vec<Section>,
    translations: Translations,
    /// The definition as JSON.
    json: String,
    /// What the next version says otherwise; `None` of a new survey.
    changes: Option<Vec<Change>>,
    kinds: Vec<(&'static str, String)>,
    meanwhile: Option<Meanwhile>,
    /// Publishing was asked for, and refused.
    refused: Option<Refused>,
    /// What stands for the version and the breaks that are shown.
    read: String,
    may_change: bool,
    query: String,
}

/// One part of the form.
#[derive(Template)]
#[template(path = "member/survey/node.html")]
struct NodeView<'a> {
    node: &'a Node,
    kinds: &'a [(&'static str, String)],
    may_change: bool,
}

impl NodeView<'_> {
    /// A part within this one.
    fn within(&self, node: &Node) -> String {
        drawn(node, self.kinds, self.may_change)
    }
}

fn drawn(node: &Node, kinds: &[(&'static str, String)], may_change: bool) -> String {
    // Writing to a string cannot fail.
    NodeView { node, kinds, may_change }.render().unwrap_or_default()
}

impl DraftPage {
    fn drawn(&self, node: &Node) -> String {
        drawn(node, &self.kinds, self.may_change)
    }
}

/// Every fault of a definition, those that depend on the site's other surveys too.
async fn faults_of(needs: &Needs, site_id: Id, definition: &str) -> Result<Result<Survey, Vec<Fault>>, PageError> {
    let survey = match definition::survey(definition) {
        Ok(survey) => survey,
        Err(faults) => return Ok(Err(faults)),
    };
    let surveys = needs.store.surveys(site_id).await?.into_iter();
    let mut known: Vec<String> = surveys.map(|listed| listed.survey.id).collect();
    known.push(survey.id.clone());
    let faults = survey.faults_beside(&known);
    Ok(if faults.is_empty() { Ok(survey) } else { Err(faults) })
}

fn translations(value: &Value) -> Translations {
    let tags: Vec<String> =
        value["translations"].as_object().into_iter().flatten().map(|(tag, _)| tag.clone()).collect();
    let texts = readable_survey(value).map(|survey| survey.texts()).unwrap_or_default();
    let of = |tag: &String, path: &str| value["translations"][tag][path].as_str().unwrap_or_default().to_owned();
    // What says nothing needs no translation.
    let seen = texts.into_iter().filter(|(_, text)| !text.is_empty());
    let rows: Vec<(String, String, Vec<String>)> =
        seen.map(|(path, text)| (path.clone(), text, tags.iter().map(|tag| of(tag, &path)).collect())).collect();
    let lacks = |at: usize| rows.iter().filter(|(.., texts)| texts[at].is_empty()).count();
    Translations {
        missing: (0..tags.len()).map(lacks).collect(),
        reach: Reach::of(value),
        has_own: value["language"].as_str().is_some_and(|own| !own.is_empty()),
        tags,
        rows,
    }
}

/// What is shown of a draft, and how it came to be.
struct Shown<'a> {
    draft: &'a SurveyDraft,
    /// What was typed, where that is not stored.
    typed: Option<Value>,
    meanwhile: Option<Meanwhile>,
    refused: Option<Refused>,
}

async fn show(needs: &Needs, access: &Access, fields: &Fields, shown: Shown<'_>) -> Result<Response, PageError> {
    let (slice, site) = (carried(fields), &access.site.site);
    let Shown { draft, typed, meanwhile, refused } = shown;
    let value = typed.unwrap_or_else(|| serde_json::from_str(&draft.definition).unwrap_or_default());
    let checked = faults_of(needs, site.site_id, &value.to_string()).await?;
    let faults = checked.as_ref().err().map_or(&[][..], Vec::as_slice);
    let fields_of = nodes(&SURVEY, &value, faults);
    let mut paths = Vec::new();
    fields_of.iter().for_each(|node| node.paths(&mut paths));
    let wrong = faults.iter().map(|fault| Wrong {
        at: if fault.field.is_empty() { "The definition".to_owned() } else { fault.field.clone() },
        anchor: if paths.contains(&fault.field.as_str()) { encode(&fault.field) } else { String::new() },
        reason: fault.reason.clone(),
    });
    let wrong = wrong.collect();
    let sections = SECTIONS.map(|(heading, about, names)| Section {
        heading,
        about,
        nodes: names.iter().filter_map(|name| fields_of.iter().find(|node| node.path == *name).cloned()).collect(),
    });
    let current = needs.store.surveys(site.site_id).await?.into_iter();
    let current = current.map(|listed| listed.survey).find(|survey| value["id"] == *survey.id);
    let changes = current.as_ref().zip(checked.as_ref().ok()).map(|(current, survey)| between(current, survey));
    let title = name_of(draft);
    let path = format!("surveys/drafts/{}", draft.draft_id);
    let place = Page {
        title: &title,
        part: "surveys",
        path: &path,
        back: Some(("Surveys", "surveys")),
        compares: false,
        dimensions: &[],
    };
    let mut frame = Frame::plain(&needs.frames, access, &place, &slice).await?;
    frame.scope = "A draft: visitors see nothing of it before it is published".to_owned();
    let page = DraftPage {
        id: draft.draft_id,
        revision: draft.revision,
        survey_id: current.as_ref().map_or_else(String::new, |survey| survey.id.clone()),
        changed_at: Time::new(draft.changed_at_ms, &site.time_zone),
        changed_by: draft.changed_by.clone(),
        wrong,
        sections: sections.into(),
        translations: translations(&value),
        read: current
            .as_ref()
            .map(|current| current.version)
            .map_or_else(String::new, |version| read_mark(version, changes.as_deref().unwrap_or_default())),
        changes,
        json: match &checked {
            Ok(survey) => definition_of(survey),
            Err(_) => serde_json::to_string_pretty(&value).unwrap_or_default(),
        },
        kinds: definition::question_kinds(),
        meanwhile,
        refused,
        may_change: access.role >= Role::Editor,
        query: slice.suffix(),
        frame,
    };
    let mut response = render(&page)?;
    // The preview is a page of ours.
    let policy = format!("{}; frame-src 'self'", crate::http::protection::PAGE_POLICY);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// The draft that a path names.
async fn draft_of(needs: &Needs, access: &Access, id: &str) -> Result<SurveyDraft, PageError> {
    let id = Id::parse(id).ok_or(NO_DRAFT)?;
    needs.store.survey_draft(access.site.site.site_id, id).await?.ok_or(NO_DRAFT)
}

pub(super) async fn page(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let draft = draft_of(&needs, &access, &id).await?;
    let refused = Refused::named(field(&fields, "refused"));
    show(&needs, &access, &fields, Shown { draft: &draft, typed: None, meanwhile: None, refused }).await
}

/// The definition that a form says, and the path at which one goes on.
pub(super) fn read(before: &Value, form: &[(String, String)]) -> Result<(Value, String), PageError> {
    let said = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    if said("do") == Some("json") {
        let value: Value = serde_json::from_str(said("json").unwrap_or_default())
            .map_err(|error| Problem::of_faults([Fault::new("json", format!("is no JSON: {error}"))]))?;
        if !value.is_object() {
            return Err(Problem::of_faults([Fault::new("json", "must be an object: { … }")]).into());
        }
        return Ok((value, String::new()));
    }
    let mut value = Submission::new(form).definition(&SURVEY);
    follow_ids(before, &mut value);
    let word = said("do").unwrap_or_default();
    let list = word.split_once(' ').map_or("", |(_, path)| path);
    let more = said(&format!("new {list}")).or_else(|| said("new language")).unwrap_or_default();
    let at = match word.split_once(' ') {
        Some(("show", path)) => Some(path.to_owned()),
        _ => Act::parse(word, more).and_then(|act| act.make(&mut value)),
    };
    drop_gone_texts(&mut value);
    Reach::choose(said("reach").unwrap_or_default(), before, &mut value);
    Ok((value, at.unwrap_or_default()))
}

pub(super) async fn change(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(form): Submitted<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let site = &access.site.site;
    let mut draft = draft_of(&needs, &access, &id).await?;
    let (value, at) = read(&serde_json::from_str(&draft.definition).unwrap_or_default(), &form)?;
    let definition = value.to_string();
    if definition.len() > DRAFT_BYTES {
        let reason = format!("must be at most {DRAFT_BYTES} bytes as JSON; it has {}", definition.len());
        return Err(Problem::of_faults([Fault::new("definition", reason)]).into());
    }
    let said = |name: &str| form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let revision = said("revision").parse().unwrap_or(-1);
    let by = (needs.clock.now_ms(), access.member.email.as_str());
    match needs.store.change_survey_draft(site.site_id, (draft.draft_id, revision), &definition, by).await? {
        Drafted::Unknown => return Err(NO_DRAFT),
        Drafted::Stale(now) => {
            let meanwhile = Some(Meanwhile {
                by: now.changed_by.clone(),
                at: Time::new(now.changed_at_ms, &site.time_zone),
                revision: now.revision,
            });
            let shown = Shown { draft: &now, typed: Some(value), meanwhile, refused: None };
            let mut response = show(&needs, &access, &fields, shown).await?;
            *response.status_mut() = StatusCode::CONFLICT;
            return Ok(response);
        }
        _ => draft.definition = definition,
    }
    let slice = carried(&fields);
    let here = format!("/sites/{}/surveys/drafts/{}", site.key, draft.draft_id);
    if said("do") != "publish" {
        let anchor = if at.is_empty() { String::new() } else { format!("#{}", encode(&at)) };
        return Ok(Redirect::to(&format!("{here}{}{anchor}", slice.suffix())).into_response());
    }
    let refused = match faults_of(&needs, site.site_id, &draft.definition).await? {
        Err(_) => Refused::Faults,
        Ok(survey) if is_unread(&needs, site.site_id, &survey, said("read")).await? => Refused::Unread,
        Ok(survey) => {
            publish(&needs, &access, &survey).await?;
            needs.store.remove_survey_draft(site.site_id, draft.draft_id, None).await?;
            let own = format!("/sites/{}/surveys/{}{}", site.key, survey.id, slice.suffix());
            return Ok(Redirect::to(&own).into_response());
        }
    };
    let query = slice.suffix();
    let mark = if query.is_empty() { "?" } else { "&" };
    Ok(Redirect::to(&format!("{here}{query}{mark}refused={}", refused.as_str())).into_response())
}

/// Whether it breaks a trend, or follows a version, of which nobody was told; `read` stands for what was shown.
async fn is_unread(needs: &Needs, site_id: Id, survey: &Survey, read: &str) -> Result<bool, PageError> {
    let mut surveys = needs.store.surveys(site_id).await?.into_iter().map(|listed| listed.survey);
    let Some(current) = surveys.find(|current| current.id == survey.id) else { return Ok(false) };
    let changes = between(&current, survey);
    let is_of_this_version = read.split('-').next() == Some(&*current.version.to_string());
    Ok(!is_of_this_version || (breaks(&changes).next().is_some() && read != read_mark(current.version, &changes)))
}

/// Makes a survey, or a version of it, of a definition without faults.
async fn publish(needs: &Needs, access: &Access, survey: &Survey) -> Result<Applied, PageError> {
    let site_id = access.site.site.site_id;
    let is_new = !needs.store.surveys(site_id).await?.iter().any(|listed| listed.survey.id == survey.id);
    let action = if is_new { "survey.create" } else { "survey.change" };
    let entry = access.note(&needs.clock, action, format!("survey {}", survey.id));
    let applied = needs.store.apply_survey(site_id, survey, &entry).await?;
    needs.sites.forget();
    Ok(applied)
}

pub(super) async fn discard(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let draft = draft_of(&needs, &access, &id).await?;
    let entry = access.note(&needs.clock, "survey.discard", format!("draft {}", name_of(&draft)));
    match needs.store.remove_survey_draft(access.site.site.site_id, draft.draft_id, Some(&entry)).await? {
        Drafted::Done => {
            let list = format!("/sites/{}/surveys{}", access.site.site.key, carried(&fields).suffix());
            Ok(Redirect::to(&list).into_response())
        }
        _ => Err(NO_DRAFT),
    }
}
