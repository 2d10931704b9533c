//! The policy file that a new mirror begins with: what is built in already, and where to say more.

/// The text of `.gx/policy.toml` for these branches.
pub fn text(public_branch: &str, private_branch: &str) -> String {
    format!(
        r#"# What may leave this repository for the public one, beside what is built in (`gx guard rules` and
# docs/mirror.md list that). This file is itself private: nothing below .gx/ is ever published.
#
# What forbids (deny, name_deny, private, never, deny_email) is added to the built-in policy wherever it is written.
# What loosens (allow, allow_delete, except, public_urls, content, public identities, exceptions) counts only as it
# stands at the tip of the private branch on the private remote: commit and push it there.

[refs.public]
# Branches and tags may be published; experiments, notes and everything else of gx never are.
# allow = ["refs/heads/*", "refs/tags/*"]
# No published branch or tag may have such a name (regular expressions):
name_deny = []

[paths]
# Private: in the private repository only. Built in: "private/", "*.local.*", ".gx/".
private = []
# Never: in no repository at all. Built in: ".env", keys, tokens and the like.
never = []
# What the two patterns above are not to mean:
except = []

[identity]
# Who is called what in public: "ada@lab.internal" = "Ada <ada@users.example.org>"
[identity.public]

[messages]
# A commit that touches private paths too publishes only the `Public:` section of its message.
default = "deny-if-mixed"
# No published message may match these (regular expressions):
deny = []

[sync]
public_branch = {public_branch:?}
private_branch = {private_branch:?}
# What `gx sync-up` does with what it is given: "pick", "strip" or "squash".
up = "pick"
# How `gx sync-down` joins what went apart: "merge" or "rebase".
down = "merge"
# "signed": a plan is published only with the signature of somebody in .gx/allowed_signers; "none".
approval = "none"
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::policy::file::File;
    use crate::mirror::policy::terms::Policy;

    #[test]
    fn it_can_be_read_and_says_what_is_built_in_and_the_branches() {
        let file = File::read("policy", &text("main", "work/\"x")).unwrap();
        let policy = Policy::join(Some(file), &[]).unwrap();
        assert_eq!((policy.public_branch(), policy.private_branch()), ("main", "work/\"x"));
        let built_in = Policy::join(None, &[]).unwrap();
        assert_eq!(
            (policy.up(), policy.down(), policy.approval(), policy.message()),
            (built_in.up(), built_in.down(), built_in.approval(), built_in.message())
        );
    }
}
