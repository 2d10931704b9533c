//! Files from anywhere as a tree, byte for byte: what a run left behind, or what it was given.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, anyhow};

use crate::error::fault;
use crate::git::engine::place::quoted;
use crate::git::object::Entry;
use crate::git::repo::Repo;
use crate::git::tree::Tree;
use crate::git::worktree::Target;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

impl Repo {
    /// Writes a tree of `files`, whose paths are relative to the folder `root` and become those in the tree.
    ///
    /// No filter is applied, symbolic links stay links, and large files are never held in memory. All of it is on
    /// disk when this returns; no ref names it yet.
    ///
    /// # Errors
    /// A path that is no file or link, that Git does not take (`.git/x`), or that is named twice as file and folder.
    pub fn write_tree_of_files(&self, root: &Path, files: &[RepoPath]) -> Result<ObjectId> {
        let root = std::path::absolute(root)?;
        let (mut targets, mut regular, mut links) = (Vec::<Target>::new(), Vec::new(), Vec::new());
        for path in files {
            let place = root.join(path.as_path());
            let meta = fs::symlink_metadata(&place).with_context(|| format!("cannot read {path}"))?;
            if meta.is_symlink() {
                let id = self.write_blob(fs::read_link(&place)?.as_os_str().as_bytes())?;
                links.push(id);
                targets.push((path.clone(), Some(Entry { mode: 0o120_000, id })));
            } else if meta.is_file() {
                let mode = if meta.permissions().mode() & 0o100 == 0 { 0o100_644 } else { 0o100_755 };
                regular.push((path, mode));
            } else {
                return Err(fault(format!("`{path}` is neither a file nor a link")).into());
            }
        }
        let ids = self.hash_files(&root, regular.iter().map(|(path, _)| *path))?;
        if ids.len() != regular.len() {
            return Err(anyhow!("git wrote {} of {} files", ids.len(), regular.len()));
        }
        let entries = regular.into_iter().zip(ids);
        targets.extend(entries.map(|((path, mode), id)| (path.clone(), Some(Entry { mode, id }))));
        let empty = self.write_tree(&Tree::default())?;
        let tree = self.edit_tree(empty, &targets)?;
        let trees = self.new_trees(tree, empty)?;
        self.sync_objects(&[&links[..], &trees, &[empty]].concat())?;
        Ok(tree)
    }

    /// Writes the blobs of files; the program streams what is large, and syncs what it writes.
    fn hash_files<'a>(
        &self,
        root: &Path,
        paths: impl Iterator<Item = &'a RepoPath>,
    ) -> Result<Vec<ObjectId>> {
        let stdin: Vec<u8> = paths.flat_map(|path| quoted(&root.join(path.as_path()))).collect();
        if stdin.is_empty() {
            return Ok(Vec::new());
        }
        let program = self.durable_git().args(["hash-object", "-w", "--no-filters", "--stdin-paths"]);
        let told = program.input(stdin).run().context("cannot store the files")?;
        String::from_utf8(told)?.lines().map(str::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn repo(folder: &Path) -> Repo {
        let top = folder.join("lab");
        fs::create_dir(&top).unwrap();
        fs::write(top.join(".gitattributes"), "* text eol=crlf filter=none\n").unwrap();
        Repo::create(&top, "start").unwrap()
    }

    #[test]
    fn files_of_any_folder_become_a_tree_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let repo = repo(folder.path());
        let root = folder.path().join("out");
        fs::create_dir_all(root.join("plots/deep")).unwrap();
        let odd = "odd \"name\\\n\u{e9}";
        for (path, text) in
            [("model.bin", "a\r\nb\n"), ("plots/deep/x.png", "x"), (odd, "odd"), ("run", "#!")]
        {
            fs::write(root.join(path), text).unwrap();
        }
        fs::set_permissions(root.join("run"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("/nowhere/else", root.join("best")).unwrap();
        let paths = ["model.bin", "plots/deep/x.png", odd, "run", "best"].map(RepoPath::from);
        let tree = repo.write_tree_of_files(&root, &paths).unwrap();
        let mut files = repo.files(tree).unwrap();
        files.sort_by(|one, other| one.0.cmp(&other.0));
        let told: Vec<_> = files
            .iter()
            .map(|(path, entry)| {
                let content = String::from_utf8(repo.blob(entry.id).unwrap()).unwrap();
                (String::from_utf8(path.as_bytes().to_vec()).unwrap(), entry.mode, content)
            })
            .collect();
        let expected = [
            ("best", 0o120_000, "/nowhere/else"),
            ("model.bin", 0o100_644, "a\r\nb\n"),
            (odd, 0o100_644, "odd"),
            ("plots/deep/x.png", 0o100_644, "x"),
            ("run", 0o100_755, "#!"),
        ];
        assert_eq!(told, expected.map(|(path, mode, text)| (path.to_owned(), mode, text.to_owned())));
        repo.git().args(["fsck", "--strict"]).run().unwrap();
    }

    #[test]
    fn a_file_over_gits_threshold_for_streaming_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let repo = repo(folder.path());
        repo.git().args(["config", "core.bigFileThreshold", "1k"]).run().unwrap();
        let content: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        fs::write(folder.path().join("large"), &content).unwrap();
        let path = RepoPath::from("large");
        let tree = repo.write_tree_of_files(folder.path(), std::slice::from_ref(&path)).unwrap();
        let entry = repo.entry(tree, &path).unwrap().unwrap();
        assert!(repo.blob(entry.id).unwrap() == content);
    }

    #[test]
    fn no_file_is_an_empty_tree_and_what_is_no_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let repo = repo(folder.path());
        let tree = repo.write_tree_of_files(folder.path(), &[]).unwrap();
        let empty = repo.git().args(["hash-object", "-t", "tree", "/dev/null"]).run().unwrap();
        assert_eq!(tree.to_string(), String::from_utf8(empty).unwrap().trim());
        for (path, told) in [
            ("lab", "`lab` is neither a file nor a link"),
            ("gone", "cannot read gone"),
            ("lab/.git/HEAD", "cannot write a tree"),
        ] {
            let error = repo.write_tree_of_files(folder.path(), &[RepoPath::from(path)]).unwrap_err();
            assert!(error.to_string().contains(told), "{error:#}");
        }
    }
}
