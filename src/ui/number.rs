//! Figures as people read them: the same digits in a column, a sign on every difference, a unit on every size.

use serde_json::Value;

/// A metric's value: six decimals, as autoresearch prints its metric.
pub fn value(value: Option<f64>) -> String {
    value.map_or_else(
        || "–".to_owned(),
        |value| if fits(value) { format!("{value:.6}") } else { format!("{value:.6e}") },
    )
}

/// Whether six decimals say something about a number and take no more room than a column has.
fn fits(value: f64) -> bool {
    value == 0.0 || (1e-4..1e9).contains(&value.abs())
}

/// A difference of two values, with its sign.
pub fn delta(delta: Option<f64>) -> String {
    // Adding zero turns −0 into 0.
    delta.map_or_else(String::new, |delta| {
        if delta.abs() < 1e9 { format!("{:+.6}", delta + 0.0) } else { format!("{delta:+.3e}") }
    })
}

/// A difference as a share of what it is compared with.
pub fn percent(delta: f64, reference: f64) -> String {
    if reference == 0.0 { String::new() } else { format!("{:+.2} %", 100.0 * delta / reference.abs()) }
}

/// A span of time: `2.3 s`, `5 min 03 s`, `2 h 05 min`.
pub fn span(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// Memory that a trainer gave in MB, in GB of 1024 MB as autoresearch's table has it; too little for one digit is
/// not worth a column.
pub fn gigabytes(megabytes: Option<f64>) -> String {
    let gigabytes = megabytes.map(|megabytes| megabytes / 1024.0).filter(|gigabytes| *gigabytes >= 0.05);
    gigabytes.map_or_else(String::new, |gigabytes| format!("{gigabytes:.1}"))
}

/// Any named value of a record.
pub fn any(found: Option<&Value>) -> String {
    match found {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.is_f64() => {
            let text = format!("{:.6}", number.as_f64().unwrap_or_default());
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        Some(other) => other.to_string(),
    }
}

/// `1 experiment`, `2 experiments`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_carry_signs_and_units() {
        assert_eq!(value(Some(0.98)), "0.980000");
        assert_eq!(
            [value(Some(1e308)), value(Some(2e-7)), value(Some(0.0))],
            ["1.000000e308", "2.000000e-7", "0.000000"]
        );
        assert_eq!(delta(Some(-0.0)), "+0.000000");
        assert_eq!(delta(Some(-0.0042)), "-0.004200");
        assert_eq!([span(2.34), span(303.0), span(7500.0)], ["2.3 s", "5 min 03 s", "2 h 05 min"]);
        assert_eq!(span(59.97), "1 min 00 s");
        assert_eq!([gigabytes(Some(45056.0)), gigabytes(Some(17.3))], ["44.0", ""]);
        assert_eq!(percent(-0.1, 2.0), "-5.00 %");
    }
}
