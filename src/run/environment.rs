//! The part of the environment that a record keeps: what changes a result, and never a secret.

use crate::model::record::Fields;

/// Beginnings of the names of variables that can change a result.
const KEPT: [&str; 3] = ["CUDA_", "PYTHON", "UV_"];

/// Parts of names whose values are nobody's business.
const SECRET: [&str; 7] = ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "KEY", "CREDENTIAL", "AUTH"];

/// Picks from `environment` what a record keeps.
pub fn capture(environment: impl Iterator<Item = (String, String)>) -> Fields {
    let mut kept: Vec<(String, String)> = environment.filter(|(name, _)| is_kept(name)).collect();
    kept.sort();
    kept.into_iter().map(|(name, value)| (name, without_credentials(&value).into())).collect()
}

fn is_kept(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    KEPT.iter().any(|start| name.starts_with(start)) && !SECRET.iter().any(|part| upper.contains(part))
}

/// Takes `user:password@` out of every URL in a value, as package indexes often carry one.
fn without_credentials(value: &str) -> String {
    let mut clean = String::new();
    let mut rest = value;
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + 3);
        clean.push_str(before);
        let authority = after.find(['/', '?', '#', ' ', ',']).unwrap_or(after.len());
        rest = after[..authority].rfind('@').map_or(after, |at| &after[at + 1..]);
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_never_captured() {
        let environment = [
            ("CUDA_VISIBLE_DEVICES", "0"),
            ("UV_PUBLISH_TOKEN", "t0p"),
            ("UV_INDEX_PRIVATE_PASSWORD", "s3cret"),
            ("UV_INDEX_URL", "https://me:s3cret@pypi.example/simple, http://a@b/c"),
            ("PYTHONPATH", "/lab"),
            ("HOME", "/home/me"),
        ];
        let owned = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let kept = capture(owned);
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["CUDA_VISIBLE_DEVICES", "PYTHONPATH", "UV_INDEX_URL"]);
        assert_eq!(kept["UV_INDEX_URL"], "https://pypi.example/simple, http://b/c");
    }
}
