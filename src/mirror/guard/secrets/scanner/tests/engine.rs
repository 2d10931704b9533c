//! The engine: the short way gives what the long way gives, and the allowlists say what they say in gitleaks.

use crate::mirror::guard::secrets::rule::Places;
use crate::mirror::guard::secrets::scanner::Scanner;
use crate::mirror::guard::secrets::scanner::tests::corpus::corpus;
use crate::mirror::guard::secrets::scanner::tests::dice::Dice;
use crate::mirror::guard::secrets::scanner::tests::found::scanner;
use crate::mirror::guard::secrets::scanner::tests::look_alikes::look_alikes;

/// Texts with all that could be confused: planted secrets, look-alikes and words of rules, in pieces.
fn texts() -> Vec<String> {
    let words =
        ["token", "key", " = ", "'", "\n", "https://", "api_", "secret: ", "curl -u ", "sk_live_", "xoxb-"];
    let mut dice = Dice::new(11);
    let mut pieces: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    pieces.extend(corpus(5).into_iter().map(|(_, _, planted)| planted.text));
    pieces.extend(look_alikes(5).into_iter().map(|(_, text)| text));
    let text = |dice: &mut Dice| {
        (0..40)
            .map(|_| {
                let piece = &pieces[dice.below(pieces.len())];
                let from = dice.below(4) * dice.below(piece.len()) / 4;
                piece.get(from..).unwrap_or(piece).to_owned()
            })
            .collect::<String>()
    };
    (0..60).map(|_| text(&mut dice)).collect()
}

#[test]
fn looking_only_where_keywords_stand_finds_what_a_search_of_the_whole_text_finds() {
    let mut compared = 0;
    for text in texts() {
        let (lower, text) = (text.to_ascii_lowercase(), text.as_bytes());
        let places = scanner().places(text);
        for (number, rule) in scanner().table().rules.iter().enumerate() {
            let Some(engine) = rule.engine() else { continue };
            let short = places.get(&number).map(|places| engine.matches(text, places)).unwrap_or_default();
            let has_keyword = rule.keywords.iter().any(|word| lower.contains(word.as_str()));
            let long = if has_keyword { engine.matches(text, &Places::All) } else { Vec::new() };
            assert_eq!(short, long, "{}: {}", rule.id, String::from_utf8_lossy(text));
            compared += long.len();
        }
    }
    assert!(compared > 800, "{compared}");
}

#[test]
fn most_rules_are_looked_for_at_their_keywords_only() {
    let long: Vec<&str> = scanner()
        .table()
        .rules
        .iter()
        .filter(|rule| rule.engine().is_some_and(|engine| !engine.is_short()))
        .map(|rule| &*rule.id)
        .collect();
    assert!(long.len() <= 12, "{long:?}");
}

#[test]
fn own_rules_are_added_and_a_mistake_is_told_with_its_line() {
    let rule = "[[rules]]\nid = \"lab\"\nregex = '''lab_([a-z]{9})'''\nkeywords = [\"lab_\"]\n";
    let own = Scanner::new(Some((".gx/rules.toml", rule))).unwrap();
    let hits = own.scan(b"a", b"one\nx = lab_abcdefgqz");
    assert_eq!(hits.len(), 1);
    assert_eq!((&*hits[0].rule, hits[0].line, hits[0].place.clone()), ("lab", 2, 12..21));
    for (text, told) in [
        (rule.replace("lab_(", "lab_(("), ".gx/rules.toml:3: not a regular expression: unclosed group"),
        (rule.replace("\"lab\"", "\"github-pat\""), ".gx/rules.toml:2: there is a rule `github-pat` already"),
        (rule.replace("regex", "regexp"), ".gx/rules.toml:3: unknown field `regexp`"),
        (rule.replace("regex = '''lab_([a-z]{9})'''", ""), ".gx/rules.toml:2: the rule `lab` has neither"),
        (format!("{rule}{rule}"), ".gx/rules.toml:6: there is a rule `lab` already"),
    ] {
        let error = Scanner::new(Some((".gx/rules.toml", &text))).unwrap_err().to_string();
        assert!(error.starts_with(told), "{error}");
    }
}

#[test]
fn allowlists_go_by_path_secret_match_line_and_words_one_or_all_of_them() {
    let rule = |list: &str| {
        let text = format!(
            "[[rules]]\nid = \"lab\"\nregex = '''lab_([a-z]+)'''\nkeywords = [\"lab_\"]\n[[rules.allowlists]]\n{list}\n"
        );
        Scanner::new(Some(("own", &text))).unwrap()
    };
    let says =
        |list: &str, path: &str| !rule(list).scan(path.as_bytes(), b"a word lab_fineday here").is_empty();
    assert!(!says("paths = ['''^docs/''']", "docs/a") && says("paths = ['''^docs/''']", "src/a"));
    assert!(!says("regexes = ['''^fine''']", "a") && says("regexes = ['''^lab''']", "a"));
    assert!(!says("regexTarget = \"match\"\nregexes = ['''^lab''']", "a"));
    assert!(!says("regexTarget = \"line\"\nregexes = ['''^a word''']", "a"));
    assert!(!says("stopwords = [\"DAY\"]", "a") && says("stopwords = [\"night\"]", "a"));
    let both = "condition = \"AND\"\npaths = ['''^docs/''']\nstopwords = [\"day\"]";
    assert!(!says(both, "docs/a") && says(both, "src/a"));
}

#[test]
fn a_line_that_says_so_is_marked_and_a_generic_rule_gives_way_to_one_that_knows_better() {
    let token = Dice::new(3).fill("[[ghp_{alnum:36}]]").secret;
    let hits = scanner().scan(b"a.py", format!("token = '{token}'  # gitleaks:allow\n").as_bytes());
    assert_eq!(
        hits.iter().map(|hit| (&*hit.rule, hit.is_allowed)).collect::<Vec<_>>(),
        [("github-pat", true)]
    );
    let hits = scanner().scan(b"a.py", format!("# gitleaks:allow\ntoken = '{token}'\n").as_bytes());
    assert_eq!(hits.iter().map(|hit| (hit.line, hit.is_allowed)).collect::<Vec<_>>(), [(2, false)]);
}

#[test]
fn no_name_of_a_file_gets_a_token_past_but_for_lists_of_checksums() {
    let token = Dice::new(3).fill("[[ghp_{alnum:36}]]").secret;
    for name in [
        "a.bin",
        "a.PNG",
        "a.svg",
        "a.pdf",
        "a.docx",
        "a.woff2",
        "a.exe",
        "a.v2",
        "a.gem",
        "node_modules/a.py",
        "vendor/github.com/a.go",
        "venv/lib/a.py",
        "x-1.0.dist-info/a",
        "jquery.min.js",
        "gradlew",
        "javascript.json",
    ] {
        let text = format!("token = {token}\n");
        let hits = scanner().scan(name.as_bytes(), text.as_bytes());
        assert_eq!(hits.len(), 1, "{name}: {hits:#?}");
    }
    for name in ["go.sum", "web/package-lock.json", "poetry.lock", "vendor/modules.txt"] {
        assert!(scanner().scan(name.as_bytes(), token.as_bytes()).is_empty(), "{name}");
    }
}

#[test]
fn a_text_of_nothing_but_keywords_is_looked_at_in_time_and_hides_nothing() {
    let planted = Dice::new(8).fill("\ncurl -u 'ada:[[{alnum:18}]]' https://lab.internal\n");
    let text = format!("{}{}", "curl key= ".repeat(20_000), planted.text);
    let hits = scanner().scan(b"a.txt", text.as_bytes());
    assert_eq!(hits.iter().map(|hit| (&*hit.rule, hit.line)).collect::<Vec<_>>(), [("curl-auth-user", 2)]);
}

#[test]
fn one_scanner_serves_all_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(scanner());
}
