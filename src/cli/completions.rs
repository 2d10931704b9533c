//! `gx completions`

use anyhow::Result;
use clap::{Args, Command};
use clap_complete::Shell;

use crate::error::Exit;
use crate::ui::output::Output;

/// In bash: ids and the like from gx itself, the rest from the script.
const BASH: &str = r#"
_gx_candidates() {
    local IFS=$'\n'
    COMPREPLY=($(gx candidates -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
    [ "${#COMPREPLY[@]}" -gt 0 ]
}
"#;

/// The same in zsh, in the order in which gx says them.
const ZSH: &str = r#"
_gx_candidates() {
    local -a found
    found=("${(@f)$(gx candidates -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    found=(${found:#})
    (( $#found )) && compadd -V candidates -a found
}

"#;

/// The same in fish.
const FISH: &str = r"
function __fish_gx_candidates
    gx candidates -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null
end
complete -c gx -k -a '(__fish_gx_candidates)'
";

/// The options whose values gx knows.
const KNOWN: [&str; 4] = [" -l tag ", " -l status ", " -l sort ", " -l columns "];

/// Print the completion script for a shell
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Runs it over the tree of commands.
    pub fn run(&self, tree: &mut Command, output: Output) -> Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, tree, "gx", &mut script);
        let script = with_candidates(self.shell, String::from_utf8_lossy(&script).into_owned());
        output.raw(script.as_bytes())?;
        Ok(Exit::Done)
    }
}

/// A script that asks gx before it looks into itself.
fn with_candidates(shell: Shell, script: String) -> String {
    let first = "_gx() {\n";
    let asking = "_gx() {\n    _gx_candidates && return 0\n";
    match shell {
        Shell::Bash => script.replacen(first, asking, 1) + BASH,
        Shell::Zsh => script.replacen(first, &format!("{}{asking}", ZSH.trim_start()), 1),
        Shell::Fish => {
            let known =
                |line: &str| line.ends_with(" -r") && KNOWN.iter().any(|option| line.contains(option));
            let ask = |line: &str| {
                if known(line) {
                    format!("{line} -f -a '(__fish_gx_candidates)'\n")
                } else {
                    format!("{line}\n")
                }
            };
            script.lines().map(ask).collect::<String>() + FISH
        }
        _ => script,
    }
}
