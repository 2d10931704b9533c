//! How much a letter of a text says.

use std::collections::HashMap;

/// Bits a letter (Shannon), as gitleaks reckons them: letters are counted, and the length is that of the bytes.
pub fn bits(text: &[u8]) -> f64 {
    let length = text.len() as f64;
    let share = |count: &usize| {
        let part = *count as f64 / length;
        -part * part.log2()
    };
    if text.is_ascii() {
        let mut counts = [0_usize; 128];
        text.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
        return counts.iter().filter(|count| **count > 0).map(share).sum();
    }
    let mut counts: HashMap<char, usize> = HashMap::new();
    String::from_utf8_lossy(text).chars().for_each(|letter| *counts.entry(letter).or_default() += 1);
    counts.values().map(share).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_as_much_as_its_letters_differ() {
        assert!(bits(b"aaaa") == 0.0 && bits(b"") == 0.0);
        assert!((bits(b"0123456789abcdef") - 4.0).abs() < 1e-9);
        assert!((bits("ää".as_bytes()) - 0.5).abs() < 1e-9, "{}", bits("ää".as_bytes()));
    }
}
