//! Which known word was meant by a misspelt one.

/// The known word that is closest to `word`, where one is close enough to be worth proposing.
///
/// About a third of the letters may be wrong; two swapped neighbours count as one mistake.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let letters = plain(word);
    let allowed = match letters.len() {
        0..=3 => 1,
        4..=7 => 2,
        // A word much longer than any key is nobody's misspelling, and costly to compare.
        8..=100 => 3,
        _ => return None,
    };
    let close = known.map(|name| (distance(&letters, &plain(name)), name));
    close
        .filter(|&(far, _)| far <= allowed && far < letters.len())
        .min_by_key(|&(far, _)| far)
        .map(|(_, name)| name)
}

fn plain(word: &str) -> Vec<char> {
    word.chars().map(|letter| if letter == '-' { '_' } else { letter.to_ascii_lowercase() }).collect()
}

/// The optimal string alignment distance: insert, delete, replace, swap neighbours.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut rows: Vec<Vec<usize>> = vec![(0..=right.len()).collect()];
    for row in 1..=left.len() {
        let mut costs = vec![row];
        for column in 1..=right.len() {
            let replaced = rows[row - 1][column - 1] + usize::from(left[row - 1] != right[column - 1]);
            let mut cost = replaced.min(rows[row - 1][column] + 1).min(costs[column - 1] + 1);
            if row > 1
                && column > 1
                && left[row - 1] == right[column - 2]
                && left[row - 2] == right[column - 1]
            {
                cost = cost.min(rows[row - 2][column - 2] + 1);
            }
            costs.push(cost);
        }
        rows.push(costs);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(word: &str) -> Option<&'static str> {
        nearest(word, ["name", "goal", "positive", "min_delta", "near_miss"].into_iter())
    }

    #[test]
    fn a_slip_of_the_finger_finds_its_word() {
        assert_eq!(guess("nmae"), Some("name"));
        assert_eq!(guess("Name"), Some("name"));
        assert_eq!(guess("min-delta"), Some("min_delta"));
        assert_eq!(guess("postive"), Some("positive"));
    }

    #[test]
    fn a_word_of_its_own_finds_none() {
        assert_eq!(guess("timeout"), None);
        assert_eq!(guess(""), None);
        assert_eq!(guess("ab"), None);
        assert_eq!(guess(&"name".repeat(1000)), None);
    }
}
