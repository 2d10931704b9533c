//! Commands that are longer than a line, broken so that a shell still reads one.

use unicode_width::UnicodeWidthStr;

/// What stands behind a command and is none of it: a comment of the shell, or a word of advice.
const ASIDE: [&str; 2] = ["   (", "  # "];

/// Whether a text begins as a command that people are to copy.
pub fn is_command(text: &str) -> bool {
    ["git ", "gx "].iter().any(|program| text.starts_with(program))
}

/// A command, and what is said about it behind.
pub fn apart(text: &str) -> (&str, &str) {
    let place = ASIDE.iter().filter_map(|aside| text.find(aside)).min();
    let (command, aside) = text.split_at(place.unwrap_or(text.len()));
    (command.trim_end(), aside.trim_start())
}

/// The lines of a command; each but the last ends with a backslash. A word with blanks in quotes is one word.
pub fn lines(command: &str, width: usize) -> Vec<String> {
    if command.width() <= width {
        return vec![command.to_owned()];
    }
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in words(command) {
        // Room for the blank before the word, and for the blank and the backslash behind it.
        if !line.is_empty() && line.width() + word.width() + 3 > width {
            lines.push(std::mem::take(&mut line) + " \\");
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

fn words(command: &str) -> Vec<&str> {
    let (mut words, mut from, mut quote, mut is_escaped) = (Vec::new(), 0, None, false);
    for (at, letter) in command.char_indices() {
        match (quote, letter) {
            _ if is_escaped => is_escaped = false,
            (None | Some('"'), '\\') => is_escaped = true,
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, ' ') => {
                words.push(&command[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    words.push(&command[from..]);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::command::Program;

    #[test]
    fn a_long_command_is_broken_between_words_and_a_shell_reads_the_same() {
        let command = r#"printf '[%s]' one 'two words' "three \" words" four\ words '' 'it'\''s' '\' last"#;
        for width in 12..command.len() + 2 {
            let lines = lines(command, width);
            let fits =
                |line: &String| line.len() <= width || line.trim_end_matches(" \\").len() == line.len() - 2;
            assert!(lines.iter().all(fits), "{width}: {lines:#?}");
            let told = Program::new("sh").args(["-c", &lines.join("\n        ")]).run().unwrap();
            let expected = r#"[one][two words][three " words][four words][][it's][\][last]"#;
            assert_eq!(String::from_utf8(told).unwrap(), expected, "{width}: {lines:#?}");
        }
        assert_eq!(lines(command, command.len()), [command]);
    }

    #[test]
    fn what_is_said_about_a_command_is_told_from_it() {
        assert_eq!(
            apart("gx guard audit   (when it is seen to)"),
            ("gx guard audit", "(when it is seen to)")
        );
        assert_eq!(apart("git rm x  # where it is"), ("git rm x", "# where it is"));
        assert_eq!(apart("git rm x"), ("git rm x", ""));
        assert!(is_command("gx ls") && !is_command("make it anew: `git tag`"));
    }
}
