//! The way up: plans, and pushes of exactly these.

mod approval;
mod conflict;
mod guarded;
mod landing;
mod leaks;
mod planning;
mod pushing;
mod words;

use serde_json::Value;

use super::world::World;

impl World {
    /// `gx sync-up --json` with more words.
    #[track_caller]
    pub fn up(&self, more: &[&str], exit: i32) -> Value {
        self.lab.gx(&[&["sync-up", "--json"][..], more].concat()).exits(exit).json()
    }

    /// Plans, and publishes the plan; the plan.
    #[track_caller]
    pub fn publish_up(&self, more: &[&str]) -> Value {
        let plan = self.up(more, 0);
        self.up(&["--push", digest(&plan)], 0);
        plan
    }

    /// Makes the policy say this, and sends that to the private repository, from where alone it counts.
    #[track_caller]
    pub fn rule(&self, text: &str) {
        self.lab.write(".gx/policy.toml", text);
        self.lab.commit("say what may leave");
        let remote = self.lab.git(&["config", "gx.private.remote"]);
        self.lab.git(&["push", "-q", remote.trim(), "main"]);
    }

    /// What a revision of the public repository is.
    #[track_caller]
    pub fn public_rev(&self, revision: &str) -> String {
        self.public.git(&self.lab, &["rev-parse", revision]).trim().to_owned()
    }

    /// The files of a revision of the public repository.
    #[track_caller]
    pub fn public_files(&self, revision: &str) -> Vec<String> {
        let told = self.public.git(&self.lab, &["ls-tree", "-r", "--name-only", revision]);
        told.lines().map(str::to_owned).collect()
    }

    /// Asserts that no object of the public repository tells anything private: no word of `words`, no id of a private
    /// commit, no trace of gx.
    #[track_caller]
    pub fn assert_nothing_private_is_public(&self, words: &[&str]) {
        let mut all = self.lab.command("git");
        all.args(["--git-dir", &self.public.url(), "cat-file", "--batch-all-objects", "--batch"]);
        let text = String::from_utf8_lossy(&all.output().unwrap().stdout).into_owned();
        let public = self.public.git(&self.lab, &["rev-list", "--all"]);
        let private = self.lab.git(&["rev-list", "--all", "--reflog"]);
        let ids = private.lines().filter(|id| !public.contains(*id)).map(|id| id[..7].to_owned());
        let ids: Vec<String> = ids.collect();
        assert!(!ids.is_empty(), "there is something private to look for");
        for word in ["exp-", "Gx-", "cherry picked", "private/", "autoresearch"]
            .iter()
            .copied()
            .chain(words.iter().copied())
        {
            assert!(!text.contains(word), "`{word}` is public");
        }
        for id in ids {
            // Public ids stand in the listing and in commits; a private one stands nowhere.
            assert!(!text.contains(&id), "{id} is public");
        }
    }
}

/// The digest of a plan.
#[track_caller]
pub fn digest(plan: &Value) -> &str {
    plan["digest"].as_str().unwrap_or_else(|| panic!("no digest: {plan:#}"))
}
