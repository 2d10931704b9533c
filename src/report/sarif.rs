//! Findings in the form that code-scanning sites read: SARIF 2.1.0 (OASIS standard).

use serde_json::{Value, json};

use crate::mirror::guard::finding::Severity;
use crate::mirror::guard::rules::list::RULES;
use crate::report::guard::{Finding, Guard};

/// The whole log.
pub fn sarif(answer: &Guard) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "gx guard",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": RULES.iter().map(|rule| json!({
                    "id": rule.id,
                    "name": rule.name,
                    "shortDescription": {"text": rule.about},
                    "help": {"text": rule.page, "markdown": rule.page},
                })).collect::<Vec<Value>>(),
            }},
            "columnKind": "utf16CodeUnits",
            "results": answer.findings.iter().map(result).collect::<Vec<Value>>(),
        }],
    })
}

fn result(finding: &Finding) -> Value {
    let level = match finding.severity {
        Severity::Warning => "warning",
        Severity::Blocked | Severity::Unchecked => "error",
    };
    let mut text = finding.what.clone();
    if let Some(excerpt) = &finding.excerpt {
        text = format!("{text}: {excerpt}");
    }
    let mut location = serde_json::Map::new();
    if let Some(path) = &finding.raw_path {
        let mut physical = json!({"artifactLocation": {"uri": uri(path.as_bytes())}});
        if let Some(line) = finding.line {
            physical["region"] = json!({"startLine": line});
        }
        location.insert("physicalLocation".to_owned(), physical);
    }
    if let Some(target) = &finding.target {
        let logical = json!([{"fullyQualifiedName": target, "kind": "ref"}]);
        location.insert("logicalLocations".to_owned(), logical);
    }
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level,
        "message": {"text": text},
        "locations": [location],
        "partialFingerprints": {"gxFingerprint/v1": finding.fingerprint},
    });
    if let Some(index) = RULES.iter().position(|rule| rule.id == finding.rule) {
        result["ruleIndex"] = json!(index);
    }
    if let Some(commit) = finding.commit {
        result["properties"] = json!({"commit": commit});
    }
    result
}

/// A path as a relative reference (RFC 3986): a byte that is no letter of one becomes a percent and its number.
fn uri(path: &[u8]) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte);
    path.iter()
        .map(|&byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Commands of a workflow of GitHub Actions that show findings beside the lines they are about.
pub fn annotations(answer: &Guard) -> String {
    answer.findings.iter().map(annotation).collect()
}

fn annotation(finding: &Finding) -> String {
    let word = if finding.severity == Severity::Warning { "warning" } else { "error" };
    let escaped = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let value = |text: &str| escaped(text).replace(':', "%3A").replace(',', "%2C");
    let mut facts = vec![format!("title={}", value(&format!("{} {}", finding.rule, finding.name)))];
    let path = finding.raw_path.as_ref().map(|path| String::from_utf8_lossy(path.as_bytes()).into_owned());
    facts.extend(path.map(|path| format!("file={}", value(&path))));
    facts.extend(finding.line.map(|line| format!("line={line}")));
    let more = finding.excerpt.as_ref().map(|excerpt| format!(": {excerpt}")).unwrap_or_default();
    format!("::{word} {}::{}\n", facts.join(","), escaped(&format!("{}{more}", finding.what)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::path::RepoPath;

    fn finding() -> Finding {
        Finding {
            rule: "G010",
            name: "private-path",
            severity: Severity::Blocked,
            what: "a private path, 100%\nof it".to_owned(),
            path: Some("private/a b:c.md".to_owned()),
            raw_path: Some("private/a b:c.md".into()),
            line: Some(3),
            commit: None,
            object: None,
            target: Some("refs/heads/main".to_owned()),
            excerpt: None,
            fingerprint: "f00d".to_owned(),
            remedies: Vec::new(),
        }
    }

    #[test]
    fn a_log_has_what_the_standard_requires_and_paths_are_references() {
        let answer = Guard { findings: vec![finding()], ..Guard::default() };
        let log = sarif(&answer);
        assert_eq!(log["version"], "2.1.0");
        assert_eq!(log["runs"][0]["tool"]["driver"]["name"], "gx guard");
        let result = &log["runs"][0]["results"][0];
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "private/a%20b%3Ac.md");
        assert_eq!(location["region"]["startLine"], 3);
        let index = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok()).unwrap();
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][index]["id"], "G010");
    }

    #[test]
    fn a_name_of_any_bytes_is_told_as_it_is_and_not_as_git_quotes_it() {
        let named = |bytes: &[u8]| Finding { raw_path: Some(RepoPath::new(bytes)), ..finding() };
        let located = |one: &Finding| {
            result(one)["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone()
        };
        assert_eq!(located(&named("private/\u{e9}\"\n.md".as_bytes())), "private/%C3%A9%22%0A.md");
        assert_eq!(located(&named(b"private/\xff")), "private/%FF");
        let answer = Guard { findings: vec![named("private/\u{e9}.md".as_bytes())], ..Guard::default() };
        assert!(annotations(&answer).contains("file=private/\u{e9}.md,"), "{}", annotations(&answer));
    }

    #[test]
    fn an_annotation_cannot_be_broken_out_of() {
        let answer = Guard { findings: vec![finding()], ..Guard::default() };
        let expected = "::error title=G010 private-path,file=private/a b%3Ac.md,line=3::a private path, 100%25%0Aof it\n";
        assert_eq!(annotations(&answer), expected);
    }
}
