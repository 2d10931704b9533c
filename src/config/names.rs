//! Which key a name of another layer means: Git's entries, variables of the environment, flags.

use anyhow::Result;

use crate::config::{check, defaults};

/// The key that an entry such as `gx.policy.min-delta` sets; `None` where it is not about a key, as `gx.tag`.
///
/// Git allows no `_` in a name and forgets the case of its last part.
pub fn git(name: &str) -> Result<Option<String>> {
    let parts = name.strip_prefix("gx.").and_then(|rest| rest.rsplit_once('.'));
    let Some((table, word)) = parts.filter(|(table, _)| !defaults::keys(table).is_empty()) else {
        return Ok(None);
    };
    let plain = |word: &str| word.replace(['-', '_'], "").to_ascii_lowercase();
    match defaults::keys(table).into_iter().find(|key| plain(key) == plain(word)) {
        Some(key) => Ok(Some(format!("{table}.{key}"))),
        None => Err(check::unknown_key("git config", table, word)
            .hint(format!("remove it with `git config --unset {name}`"))
            .into()),
    }
}

/// The key that a variable such as `GX_POLICY_MIN_DELTA` sets; `None` for any other variable.
pub fn environment(name: &str) -> Option<String> {
    let variable = |table: &str, key: &str| format!("GX_{table}_{key}").to_ascii_uppercase();
    let (table, key) = defaults::parts().find(|(table, key)| variable(table, key) == name)?;
    Some(format!("{table}.{key}"))
}

/// The key that a flag names in full, such as `policy.min_delta`.
pub fn flag(name: &str) -> Result<String> {
    match defaults::settings().contains_key(name) {
        true => Ok(name.to_owned()),
        false => Err(check::unknown_setting("--config", name).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, tell};

    #[test]
    fn git_writes_keys_without_underscores_and_others_of_its_entries_are_passed_over() {
        for name in ["gx.policy.min-delta", "gx.policy.mindelta", "gx.policy.minDelta"] {
            assert_eq!(git(name).unwrap().as_deref(), Some("policy.min_delta"), "{name}");
        }
        for name in ["gx.tag", "gx.site.name", "gx.a.b.c", "gx.metric.a.b", "user.name", "gx."] {
            assert_eq!(git(name).unwrap(), None, "{name}");
        }
        let told = tell(&git("gx.metric.nmae").unwrap_err());
        assert_eq!(told.message, "git config: unknown key `nmae` in `[metric]`");
        assert_eq!(
            told.hints,
            ["did you mean `name`?", "remove it with `git config --unset gx.metric.nmae`"]
        );
        assert_eq!(told.exit, Exit::Usage);
    }

    #[test]
    fn no_two_keys_look_the_same_to_git_or_the_environment() {
        for (table, key) in defaults::parts() {
            let full = format!("{table}.{key}");
            assert_eq!(
                git(&format!("gx.{}", full.replace('_', ""))).unwrap().as_deref(),
                Some(full.as_str())
            );
            let variable = format!("GX_{}", full.replace('.', "_").to_ascii_uppercase());
            assert_eq!(environment(&variable).as_deref(), Some(full.as_str()));
        }
    }

    #[test]
    fn the_environment_may_hold_names_of_its_own() {
        for name in ["GX_PARAM_LR", "GX_NOW", "GX_METRIC", "GX_METRIC_NMAE", "gx_metric_name", "METRIC_NAME"]
        {
            assert_eq!(environment(name), None, "{name}");
        }
    }

    #[test]
    fn a_flag_names_its_key_in_full() {
        assert_eq!(flag("metric.name").unwrap(), "metric.name");
        for (key, hint) in [
            ("metric.nmae", "did you mean `metric.name`?"),
            ("metrics.name", "did you mean `metric.name`?"),
            ("min_delta", "did you mean `policy.min_delta`?"),
            (
                "policy.xyzzy",
                "its keys are `policy.crash_streak`, `policy.min_delta`, `policy.near_miss`, `policy.stale`",
            ),
            (
                "zeal",
                "keys begin with `gpu.`, `hooks.`, `log.`, `metric.`, `policy.`, `run.`, `snapshot.`, `store.`, `ui.`",
            ),
        ] {
            let told = tell(&flag(key).unwrap_err());
            assert_eq!((told.message, told.exit), (format!("--config: unknown key `{key}`"), Exit::Usage));
            assert_eq!(told.hints, [hint]);
        }
    }
}
