//! A block of lines in a file of ignored paths that gx writes and writes anew; what stands around it is the user's.

const BEGIN: &str = "# >>> gx: local secret files (written by `gx mirror init`; edit outside of this block)";
const END: &str = "# <<< gx";

/// The text with the block as it is to be: in its place, else at the end.
pub fn with_block(text: &str, lines: &[String]) -> String {
    let block = format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"));
    if let Some((before, after)) = split(text) {
        return format!("{before}{block}{after}");
    }
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{gap}{block}")
}

/// What stands before and after the block. One that somebody has cut open is none: it is left as it is.
fn split(text: &str) -> Option<(&str, &str)> {
    let begin = text.find(BEGIN).filter(|at| *at == 0 || text[..*at].ends_with('\n'))?;
    let end = begin + text[begin..].find(&format!("\n{END}"))? + 1;
    let rest = &text[end + END.len()..];
    Some((&text[..begin], rest.strip_prefix('\n').unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn the_block_is_written_once_renewed_in_place_and_nothing_else_changes() {
        let first = with_block("*.o", &lines(&[".env"]));
        assert_eq!(first, format!("*.o\n{BEGIN}\n.env\n{END}\n"));
        assert_eq!(with_block(&first, &lines(&[".env"])), first);
        let mine = format!("{first}mine\n");
        let renewed = with_block(&mine, &lines(&[".env", "*.pem"]));
        assert_eq!(renewed, format!("*.o\n{BEGIN}\n.env\n*.pem\n{END}\nmine\n"));
        assert_eq!(with_block("", &lines(&["a"])), format!("{BEGIN}\na\n{END}\n"));
    }

    #[test]
    fn a_block_without_an_end_takes_nothing_of_the_users_with_it() {
        let cut = format!("{BEGIN}\n.env\nmine\n");
        assert!(with_block(&cut, &lines(&["a"])).starts_with(&cut));
    }
}
