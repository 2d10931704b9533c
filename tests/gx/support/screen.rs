//! What a person sees, made comparable: what differs from call to call is covered at its own width.

use std::ffi::OsStr;

use regex_lite::{Captures, Regex};

use super::{Lab, Told};

/// A trainer that also tells its memory, so that every column of a list has something to show.
const TRAIN_WITH_MEMORY: &str =
    r#"printf 'step 1\r\n---\nval_bpb: %s\npeak_vram_mb: 45060.2\n' "$(head -n 1 train.py)""#;

impl Lab {
    /// The answer of a command that must succeed, covered.
    #[track_caller]
    pub fn screen<S: AsRef<OsStr>>(&self, arguments: &[S]) -> String {
        let told = self.gx(arguments).exits(0);
        assert_eq!(told.stderr, "");
        self.cover(&told.stdout)
    }

    /// The complaint of a command that must fail with `code` and change nothing, covered.
    #[track_caller]
    pub fn refused<S: AsRef<OsStr>>(&self, arguments: &[S], code: i32) -> String {
        self.refuses(code, || self.gx(arguments))
    }

    /// As [`Self::refused`], for any call.
    #[track_caller]
    pub fn refuses(&self, code: i32, call: impl FnOnce() -> Told) -> String {
        let before = self.standing();
        let told = call().exits(code);
        assert_eq!(self.standing(), before, "a refused command changes nothing");
        assert_eq!(told.stdout, "");
        let (first, hints) = told.stderr.split_once('\n').unwrap_or_default();
        assert!(first.starts_with("error: "), "{told:#?}");
        assert!(hints.contains("hint: "), "{told:#?}");
        self.cover(&told.stderr)
    }

    /// Every ref and everything uncommitted; nothing where there is no repository.
    fn standing(&self) -> String {
        let read = |arguments: &[&str]| self.command("git").args(arguments).output().unwrap().stdout;
        let refs = read(&["for-each-ref"]);
        let status = read(&["status", "--porcelain", "--branch", "--ignored"]);
        String::from_utf8_lossy(&[refs, status].concat()).into_owned()
    }

    /// Covers commit ids, uuids, spans of time, who ran it, and the place of the lab.
    pub fn cover(&self, text: &str) -> String {
        let place = self.dir().canonicalize().unwrap();
        let text =
            text.replace(place.to_str().unwrap(), "LAB").replace(self.locks().to_str().unwrap(), "LOCKS");
        let rules = [
            (r"\b[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\b", 'u'),
            (r"\b([0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{7})\b", '#'),
            (r"\b[0-9]+\.[0-9] s\b", 's'),
            (r"[^ ]+@[^ ]+, gx [0-9.]+", 'w'),
        ];
        rules.into_iter().fold(text, |text, (rule, kind)| {
            let cover = |found: &Captures<'_>| match kind {
                'u' => "UUID".to_owned(),
                's' => "#.# s".to_owned(),
                'w' => "WHO".to_owned(),
                _ => "#".repeat(found[0].len().min(40)),
            };
            Regex::new(rule).unwrap().replace_all(&text, cover).into_owned()
        })
    }

    /// Runs that end in each of the usual ways: exp-1 and exp-2 kept, exp-3 near, exp-4 discarded, exp-5 crashed.
    pub fn with_series() -> Self {
        let lab = Self::new();
        lab.idea("1.0", "baseline", "other", 0);
        lab.idea("0.99", "halve the batch: more steps in the budget", "hyperparams", 0);
        lab.idea("0.9905", "GELU instead of ReLU squared", "activation", 11);
        lab.idea("1.2", "twice as wide, half as deep", "architecture", 10);
        lab.idea("oops", "warm up over the first tenth", "scheduling", 12);
        lab
    }

    /// Tries a value with a trainer that also tells its memory.
    #[track_caller]
    pub fn idea(&self, value: &str, hypothesis: &str, category: &str, code: i32) {
        self.write("train.py", format!("{value}\n"));
        let param = format!("lr={value}");
        let flags = ["run", "--hypothesis", hypothesis, "--category", category, "--param", &param];
        self.gx(&[&flags[..], &["--", "sh", "-c", TRAIN_WITH_MEMORY]].concat()).exits(code);
    }

    /// A clone with nothing fetched but the experiments, and nothing of gx's own files.
    pub fn cloned(&self) -> Self {
        let clone = Self::bare_folder();
        clone.git(&["clone", "-q", self.dir().to_str().unwrap(), "."]);
        let specs = ["refs/experiments/*:refs/experiments/*", "refs/notes/*:refs/notes/*"];
        clone.git(&[&["fetch", "-q", "origin"], &specs[..]].concat());
        assert!(!clone.path(".git/gx").exists());
        clone
    }

    /// The text of a file in `fixtures/`.
    pub fn fixture(name: &str) -> String {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}
