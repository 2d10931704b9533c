//! Several agents on one tag: a tree for each, one tip, and nothing of one in the way of another.

mod apart;
mod killed;
mod many;
mod meanwhile;
mod repeats;
mod tip;
mod trees;

use std::process::{Child, Stdio};

use serde_json::Value;

use crate::support::{Lab, TRAIN, Told, wait_until};

/// A run that ends when it is told to.
struct Slow {
    child: Child,
    name: String,
}

/// A command that prints this value when `../go-NAME` is there (or its lab is gone).
fn patient(name: &str, top: &str, value: &str) -> String {
    format!(
        "touch {top}/begun-{name}; while [ -e {top}/lab ] && [ ! -e {top}/go-{name} ]; do sleep 0.02; done; \
         printf -- '---\\nval_bpb: {value}\\n'"
    )
}

impl Slow {
    /// Starts one in a tree, and waits until its command runs.
    fn start(lab: &Lab, place: &str, name: &str, value: &str, flags: &[&str]) -> Self {
        let script = patient(name, lab.parent().trim_end_matches('/'), value);
        let start = ["-C", place, "run", "--json", "--hypothesis", name];
        let mut gx = lab.gx_command();
        gx.args([&start[..], flags, &["--", "sh", "-c", &script]].concat());
        let child = gx.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_until(|| lab.has(&format!("../begun-{name}")));
        Self { child, name: name.to_owned() }
    }

    /// Lets it end.
    #[track_caller]
    fn ends(self, lab: &Lab, code: i32) -> Value {
        lab.write(format!("../go-{}", self.name), "");
        let output = self.child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// A lab on `autoresearch/t` with a kept baseline of 1.0, a second file, and trees `../a-1`, `../a-2`.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("model.py", "small\n");
    lab.commit("a model");
    lab.run("baseline", &[]).exits(0);
    lab.gx(&["worktree", "add", "../a", "--count", "2"]).exits(0);
    lab
}

impl Lab {
    /// `gx run --json` in another tree, after putting `value` into its train.py.
    #[track_caller]
    fn gx_in(&self, place: &str, value: &str, flags: &[&str]) -> Told {
        self.write(format!("{place}/train.py"), format!("{value}\n"));
        let hypothesis = format!("try {value}");
        let start = ["-C", place, "run", "--json", "--hypothesis", &hypothesis];
        self.gx(&[&start[..], flags, &["--"], TRAIN].concat())
    }

    /// The folder that the lab and its trees lie in, with a slash.
    fn parent(&self) -> String {
        format!("{}/", self.dir().parent().unwrap().canonicalize().unwrap().display())
    }

    /// What git says in a tree, trimmed.
    #[track_caller]
    fn git_in(&self, place: &str, arguments: &[&str]) -> String {
        self.git(&[&["-C", place], arguments].concat()).trim().to_owned()
    }

    /// The commit of the tip.
    fn tip(&self) -> String {
        self.rev("autoresearch/t")
    }
}
