//! Pages of documentation on a screen: paragraphs filled to its width, code as it stands.

use crate::ui::page::wrap;

/// The lines of a page in Markdown, as far as the pages of gx use it.
pub fn lines(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut paragraph, mut is_code) = (Vec::new(), String::new(), false);
    for line in text.lines() {
        let is_fence = line.starts_with("```");
        let is_alone = is_code || is_fence || line.is_empty() || line.starts_with(['#', '|']);
        if is_alone || line.starts_with("- ") {
            end(&mut paragraph, width, &mut lines);
        }
        is_code ^= is_fence;
        if is_alone {
            lines.push(line.to_owned());
        } else {
            paragraph.push_str(if paragraph.is_empty() { "" } else { " " });
            paragraph.push_str(line.trim());
        }
    }
    end(&mut paragraph, width, &mut lines);
    lines
}

fn end(paragraph: &mut String, width: usize, lines: &mut Vec<String>) {
    // What goes on in an item stands below its first word.
    let indent = if paragraph.starts_with("- ") { "  " } else { "" };
    let filled = wrap(paragraph, width - indent.len());
    let indented = filled.into_iter().enumerate();
    lines.extend(indented.map(|(number, line)| if number > 0 { format!("{indent}{line}") } else { line }));
    paragraph.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_and_items_are_filled_and_code_stays_as_it_is() {
        let text = "# head\n\none two\nthree four\n- an item of\n  five words\n- more\n\n```sh\na  long line of code that stays\nb\n```\nend\n";
        let expected = [
            "# head",
            "",
            "one two three",
            "four",
            "- an item",
            "  of five",
            "  words",
            "- more",
            "",
            "```sh",
            "a  long line of code that stays",
            "b",
            "```",
            "end",
        ];
        assert_eq!(lines(text, 13), expected);
    }
}
