//! How a command says that it failed.

use serde_json::json;

/// Says on standard error what went wrong, and with `json` on standard output too.
pub(crate) fn report(error: &anyhow::Error, json: bool) {
    let message = message(error);
    eprintln!("error: {message}");
    if json {
        // Where standard output is what failed, standard error has said so.
        let _ = crate::display::json(&json!({ "error": message }));
    }
}

/// The error and its causes on one line. A cause that the text before it already ends with is
/// left out: some errors say their cause, some leave it to their source.
fn message(error: &anyhow::Error) -> String {
    let mut message = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if message.is_empty() {
            message = cause;
        } else if !message.ends_with(&cause) {
            message = format!("{message}: {cause}");
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_said_once() {
        let error = anyhow::anyhow!("inner").context("outer: inner").context("cannot do it");
        assert_eq!(message(&error), "cannot do it: outer: inner");
    }
}
