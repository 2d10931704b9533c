//! Secrets that are made when the tests run, from a seed: none is stored anywhere.

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";

/// Numbers that look random and are the same on every machine (xorshift, Marsaglia 2003).
#[derive(Clone)]
pub struct Dice(u64);

/// A text with a secret in it.
#[derive(Clone, Debug)]
pub struct Planted {
    pub text: String,
    /// The secret in it, or the part of it that says most.
    pub secret: String,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        // Small seeds differ in few bits; some turns spread them.
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..16).for_each(|_| {
            dice.below(2);
        });
        dice
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn letters(&mut self, alphabet: &str, length: usize) -> String {
        let letters = alphabet.as_bytes();
        (0..length).map(|_| char::from(letters[self.below(letters.len())])).collect()
    }

    fn piece(&mut self, kind: &str, length: usize) -> String {
        let alphabet = match kind {
            "alnum" => format!("{LOWER}{UPPER}{DIGITS}"),
            "word" => format!("{LOWER}{UPPER}{DIGITS}_-"),
            "base64" => format!("{LOWER}{UPPER}{DIGITS}+/"),
            "letters" => format!("{LOWER}{UPPER}"),
            "small" => format!("{LOWER}{DIGITS}"),
            "big" => format!("{UPPER}{DIGITS}"),
            "base32" => format!("{UPPER}234567"),
            "bech32" => "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".to_owned(),
            "hex" => format!("{DIGITS}abcdef"),
            "digits" => DIGITS.to_owned(),
            "password" => format!("{LOWER}{UPPER}{DIGITS}!_~+.^"),
            other => panic!("no alphabet is called `{other}`"),
        };
        self.letters(&alphabet, length)
    }

    /// Fills a pattern: `{hex:40}` is forty hexadecimal digits, and what stands between `[[` and `]]` is the secret.
    pub fn fill(&mut self, pattern: &str) -> Planted {
        let (mut text, mut rest) = (String::new(), pattern);
        while let Some((before, behind)) = rest.split_once('{') {
            let Some(((kind, length), after)) =
                behind.split_once('}').and_then(|(inside, after)| Some((inside.split_once(':')?, after)))
            else {
                panic!("`{pattern}` has a brace that is not closed");
            };
            text.push_str(before);
            match kind {
                "uuid" => text.push_str(&self.uuid()),
                "lines" => {
                    let lines: Vec<String> =
                        (0..length.parse().unwrap()).map(|_| self.piece("base64", 64)).collect();
                    text.push_str(&lines.join("\n"));
                }
                "brace" => text.push_str(if length == "open" { "{" } else { "}" }),
                _ => text.push_str(&self.piece(kind, length.parse().unwrap())),
            }
            rest = after;
        }
        text.push_str(rest);
        let secret =
            text.split_once("[[").and_then(|(_, rest)| rest.split_once("]]")).map(|(inside, _)| inside);
        Planted {
            secret: secret.unwrap_or_default().to_owned(),
            text: text.replace("[[", "").replace("]]", ""),
        }
    }

    fn uuid(&mut self) -> String {
        [8, 4, 4, 4, 12].map(|length| self.piece("hex", length)).join("-")
    }
}
