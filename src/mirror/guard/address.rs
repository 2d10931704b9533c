//! The one spelling of an address, so that two that mean one place are one text.
//!
//! Only what surely means the same is made the same: whatever is not understood stays as it is, equals nothing that
//! was declared, and so counts as public.

use std::fs;
use std::path::{Path, PathBuf};

/// The one spelling: no user, no default port, no `/` or `.git` at the end, scheme and host in lower case, the short
/// form of ssh as a URL, a local path as the real one. Nothing of a form that only a helper program understands.
///
/// A relative path starts from `base`, where git runs.
pub fn canonical(url: &str, base: &Path) -> Option<String> {
    let url = url.trim_end_matches(['\n', '\r']);
    if let Some((scheme, rest)) = url.split_once("://") {
        return match scheme.to_ascii_lowercase().as_str() {
            "file" if rest.starts_with('/') => local(&decoded(rest)?, base),
            "ssh" | "git+ssh" | "ssh+git" => remote("ssh", rest),
            scheme @ ("http" | "https" | "git" | "ftp" | "ftps") => remote(scheme, rest),
            _ => None,
        };
    }
    // As git tells them apart (connect.c, url_is_local_not_ssh): a path has a slash before its first colon.
    let Some(colon) = url.find(':') else { return local(url, base) };
    if url.find('/').is_some_and(|slash| slash < colon) {
        return local(url, base);
    }
    // `helper::address` is for `git-remote-helper`, `ext::command` for a shell.
    if url[colon..].starts_with("::") {
        return None;
    }
    let (host, path) = short_form(url)?;
    remote("ssh", &format!("{host}/{}", path.trim_start_matches('/')))
}

/// Host and path of `user@host:path`; the host may be an IPv6 address in brackets, with a port inside them.
fn short_form(url: &str) -> Option<(String, &str)> {
    let bare = &url[url[..url.find(':')?].rfind('@').map_or(0, |at| at + 1)..];
    let Some(inside) = bare.strip_prefix('[') else {
        let (host, path) = bare.split_once(':')?;
        return Some((host.to_owned(), path));
    };
    let (inside, rest) = inside.split_once(']')?;
    let path = rest.strip_prefix(':')?;
    let is_ipv6 = inside.matches(':').count() > 1;
    Some((if is_ipv6 { format!("[{inside}]") } else { inside.to_owned() }, path))
}

fn remote(scheme: &str, rest: &str) -> Option<String> {
    // Of a query or a fragment nobody knows what it does to the place.
    if rest.contains(['?', '#']) {
        return None;
    }
    let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    let (host, port) = match place.rfind(':') {
        Some(colon) if !place[colon..].contains(']') => (&place[..colon], &place[colon + 1..]),
        _ => (place, ""),
    };
    let host = decoded(host)?.trim_end_matches('.').to_ascii_lowercase();
    let path = decoded(path)?;
    let is_dotted = path.split('/').any(|part| matches!(part, "." | ".."));
    if host.is_empty() || is_dotted {
        return None;
    }
    let port = match (scheme, port.trim_start_matches('0')) {
        (_, "") | ("ssh", "22") | ("http", "80") | ("https", "443") | ("git", "9418") => String::new(),
        ("ftp", "21") | ("ftps", "990") => String::new(),
        (_, port) => format!(":{port}"),
    };
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
    Some(format!("{scheme}://{host}{port}{path}"))
}

/// A local repository by its real git directory, found as git finds it (path.c, enter_repo).
fn local(path: &str, base: &Path) -> Option<String> {
    if path.is_empty() {
        return None;
    }
    let path = base.join(path);
    let with = |end: &str| {
        let mut name = path.clone().into_os_string();
        name.push(end);
        PathBuf::from(name)
    };
    let is_repository = |path: &Path| path.is_file() || path.join("HEAD").exists();
    let tries = ["/.git", "", ".git/.git", ".git"].map(with);
    let found = tries.iter().find(|path| is_repository(path));
    let real = match found {
        Some(found) => git_dir(found)?,
        None => path.canonicalize().ok()?,
    };
    Some(format!("file://{}", real.to_str()?))
}

/// Where a git directory really is: through the files that linked work trees and submodules have in its place.
fn git_dir(path: &Path) -> Option<PathBuf> {
    let mut real = path.canonicalize().ok()?;
    if real.is_file() {
        let text = fs::read_to_string(&real).ok()?;
        let named = text.strip_prefix("gitdir: ")?.trim_end_matches(['\n', '\r']);
        real = real.parent()?.join(named).canonicalize().ok()?;
    }
    match fs::read_to_string(real.join("commondir")) {
        Ok(common) => real.join(common.trim_end_matches(['\n', '\r'])).canonicalize().ok(),
        Err(_) => Some(real),
    }
}

/// A text without percent signs that stand for other bytes; nothing where it then is no text, or hides one.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(
            u8::from_str_radix(digits, 16).ok().filter(|byte| !matches!(byte, 0 | b'/' | b'%' | b'@'))?,
        );
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(url: &str) -> Option<String> {
        canonical(url, Path::new("/"))
    }

    #[test]
    fn the_spellings_of_one_place_are_one_text() {
        for url in [
            "ssh://git.example/lab/gx",
            "ssh://ada@git.example/lab/gx.git",
            "ssh://ada:pw@GIT.Example.:22/lab/gx.git/",
            "SSH://git.example:022/lab/gx//",
            "git+ssh://git.example/lab/gx",
            "git@git.example:lab/gx.git",
            "git.example:/lab/gx",
            "[git.example]:lab/gx",
            "ssh://git.example/l%61b/gx",
        ] {
            assert_eq!(spelled(url).as_deref(), Some("ssh://git.example/lab/gx"), "{url}");
        }
        for url in
            ["https://t0ken@git.example/x.git", "https://git.example:443/x", "HTTPS://u:p@git.example/x/"]
        {
            assert_eq!(spelled(url).as_deref(), Some("https://git.example/x"), "{url}");
        }
        for url in ["ssh://[2001:DB8::1]:22/x", "ada@[2001:db8::1]:x", "[2001:db8::1]:x.git"] {
            assert_eq!(spelled(url).as_deref(), Some("ssh://[2001:db8::1]/x"), "{url}");
        }
    }

    #[test]
    fn other_places_are_other_texts_and_what_is_not_understood_is_none() {
        let all = [
            "https://git.example/x",
            "http://git.example/x",
            "https://git.example:8443/x",
            "https://git.example/X",
            "https://git.example/x/y",
            "https://git.example.org/x",
            "ssh://git.example/x",
        ];
        let mut texts: Vec<_> = all.iter().map(|url| spelled(url).unwrap()).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), all.len());
        for url in [
            "ext::sh -c 'cat'",
            "helper::https://git.example/x",
            "s3://bucket/x",
            "https://git.example/x?y",
            "https://git.example/a/../x",
            "https://git.example/%2e%2e/x",
            "https://git.example/a%2fx",
            "https:///x",
            "",
            "file:///does/not/exist",
        ] {
            assert_eq!(spelled(url), None, "{url}");
        }
    }

    #[test]
    fn a_local_repository_is_one_by_whatever_way_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        for made in ["lab/.git", "bare lab.git"] {
            fs::create_dir_all(top.join(made)).unwrap();
            fs::write(top.join(made).join("HEAD"), "ref: refs/heads/main\n").unwrap();
        }
        std::os::unix::fs::symlink(top.join("lab"), top.join("link")).unwrap();
        let lab = Some(format!("file://{}/lab/.git", top.display()));
        let url = format!("file://{}/lab", top.display());
        for path in ["lab", "./lab/", "lab/.git", "link", "lab/../lab", &url] {
            assert_eq!(canonical(path, &top), lab, "{path}");
        }
        let bare = Some(format!("file://{}/bare lab.git", top.display()));
        let url = format!("file://{}/bare%20lab.git", top.display());
        for path in ["bare lab", "bare lab.git", &url] {
            assert_eq!(canonical(path, &top), bare, "{path}");
        }
    }
}
