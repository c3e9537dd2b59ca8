//! A question as one visitor is asked it: what all that draws a part of it goes by.

use crate::words::Words;
use rapport_shared::flow::{Script, concat};
use rapport_shared::survey::{Part, Question};
use std::rc::Rc;
use yew::AttrValue;

/// A question of a survey, with the words it is asked in.
#[derive(Clone)]
pub struct Asked {
    /// The survey as this visitor meets it.
    pub script: Rc<Script>,
    /// Place of the question.
    pub at: usize,
    /// The interface's words.
    pub words: Rc<Words>,
    /// Begins every id; empty where one question stands alone.
    pub prefix: AttrValue,
    /// Whether no script runs: then everything that may be asked for is there from the beginning.
    pub still: bool,
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.script, &other.script) && self.at == other.at
    }
}

impl Asked {
    /// The question.
    pub fn question(&self) -> &Question {
        &self.script.questions[self.at]
    }

    /// The id of an element of this question.
    pub fn id(&self, name: &str) -> AttrValue {
        AttrValue::from(concat(&[&self.prefix, name]))
    }

    /// Several ids of this question, as attributes list them.
    pub fn ids(&self, names: &[&str]) -> AttrValue {
        let mut ids = String::new();
        for name in names {
            if !ids.is_empty() {
                ids.push(' ');
            }
            ids.push_str(&self.prefix);
            ids.push_str(name);
        }
        AttrValue::from(ids)
    }

    /// The name of a part's field, the same in the panel and in the form without script.
    pub fn name(&self, part: &Part<'_>, end: &str) -> AttrValue {
        let dot = if part.id.is_empty() { "" } else { "." };
        AttrValue::from(concat(&["q.", &self.question().id, dot, part.id, end]))
    }
}
