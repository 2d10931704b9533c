//! `gx guard rules`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::{Exit, misuse};
use crate::mirror::guard::check::scanner;
use crate::mirror::guard::rule;
use crate::mirror::guard::rules::list::RULES;
use crate::report::guard::{Rule, Rules as Answer};

/// List the rules of the guard and the kinds of secrets that it knows, or show the page of one
#[derive(Debug, Args)]
pub struct Rules {
    /// The rule, by its id or its name
    id: Option<String>,
}

impl Rules {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let scanner = scanner(&scene.lab.repo)?;
        let secrets = scanner.rules().map(|(id, about)| secret(id, about));
        let mut rules: Vec<Rule> = RULES.iter().map(told).chain(secrets).collect();
        if let Some(id) = &self.id {
            rules.retain(|rule| rule.id.eq_ignore_ascii_case(id) || rule.name == *id);
            if rules.is_empty() {
                let unknown = misuse(format!("no rule is called `{id}`"));
                return Err(unknown.hint("list them with `gx guard rules`").into());
            }
        } else {
            rules.iter_mut().for_each(|rule| rule.page = None);
        }
        scene.output.show(&Answer { rules })?;
        Ok(Exit::Done)
    }
}

fn told(rule: &rule::Rule) -> Rule {
    let (id, name, about) = (rule.id.to_owned(), rule.name.to_owned(), rule.about.to_owned());
    Rule { id, name, about, page: Some(rule.page.to_owned()) }
}

/// A kind of secret, which the rules about files, texts and names find alike.
fn secret(id: &str, about: &str) -> Rule {
    let page = format!("# {id}\n\n{about}\n\nFound by G023 to G025 and G032: `gx guard rules G032`.\n");
    Rule { id: id.to_owned(), name: "kind-of-secret".to_owned(), about: about.to_owned(), page: Some(page) }
}
