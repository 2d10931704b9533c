//! Git with little memory, where a hundred thousand experiments come or go at once.

use crate::git::repo::Repo;

/// From so many refs on a push takes more memory than time where Git is left to itself: 320 MiB for a hundred thousand
/// experiments, 130 with [`SETTINGS`] and twice the processor time of packing them.
pub(super) const LARGE: usize = 10_000;

/// Settings of the program with which it takes little memory.
pub(super) const SETTINGS: [&str; 8] = [
    "-c",
    "pack.threads=1",
    "-c",
    "core.packedGitWindowSize=1m",
    "-c",
    "core.packedGitLimit=8m",
    "-c",
    "core.deltaBaseCacheLimit=8m",
];

/// What Git runs at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// What answers a fetch.
    Sends,
    /// What answers a push.
    Receives,
}

impl Repo {
    /// The option by which the other end, which hears nothing of this one's settings, has them too; nothing where it is
    /// another machine, which may run only what it knows, or where somebody has said what is run there.
    pub(super) fn sparing_end(&self, remote: &str, end: End) -> Option<String> {
        let (program, setting) = match end {
            End::Sends => ("upload-pack", "uploadpack"),
            End::Receives => ("receive-pack", "receivepack"),
        };
        let is_said = |key: &str| self.setting(&format!("remote.{remote}.{key}")).is_some();
        if is_said(setting) || is_said("vcs") {
            return None;
        }
        let urls = match end {
            End::Sends => self.fetch_url(remote).map(|url| vec![url]),
            End::Receives => self.push_urls(remote),
        };
        let is_here = urls.is_ok_and(|urls| urls.iter().all(|url| is_local(url)));
        is_here.then(|| format!("--{program}=git {} {program}", SETTINGS.join(" ")))
    }
}

/// Whether an address leads to a folder of this machine, as Git tells it: no colon before the first slash.
fn is_local(url: &str) -> bool {
    let before = url.split('/').next().unwrap_or_default();
    url.starts_with("file://") || !url.is_empty() && !before.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_end_is_told_to_be_sparing_on_this_machine_alone_and_where_nobody_has_said_what_runs_there() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        for (name, url, is_told) in [
            ("folder", "/srv/lab.git", true),
            ("beside", "../lab.git", true),
            ("colon", "./a:b/lab.git", true),
            ("file", "file:///srv/lab.git", true),
            ("ssh", "git@git.example:lab.git", false),
            ("https", "https://git.example/lab.git", false),
        ] {
            repo.git().args(["remote", "add", name, url]).run().unwrap();
            let repo = Repo::discover(folder.path()).unwrap();
            let told = [End::Sends, End::Receives].map(|end| repo.sparing_end(name, end));
            assert_eq!(told.each_ref().map(Option::is_some), [is_told; 2], "{url}");
        }
        repo.git().args(["config", "remote.folder.uploadpack", "/opt/pack"]).run().unwrap();
        repo.git()
            .args(["remote", "set-url", "--add", "--push", "beside", "ssh://git.example/x"])
            .run()
            .unwrap();
        let repo = Repo::discover(folder.path()).unwrap();
        assert_eq!(repo.sparing_end("folder", End::Sends), None);
        assert!(repo.sparing_end("folder", End::Receives).unwrap().ends_with("=8m receive-pack"));
        assert_eq!(repo.sparing_end("beside", End::Receives), None, "one of several is elsewhere");
    }
}
