//! Dutch and English, by Fluent.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// The languages, with their sources.
const SOURCES: [(&str, &str); 2] = [
    ("nl", include_str!("../../../locales/nl/provision.ftl")),
    ("en", include_str!("../../../locales/en/provision.ftl")),
];

/// All texts of one language.
pub struct Messages {
    bundle: FluentBundle<FluentResource>,
    /// `nl` or `en`.
    pub language: &'static str,
}

impl Messages {
    /// The texts of `nl`; of English for anything else.
    pub fn new(language: &str) -> Self {
        let (language, source) = if language == "nl" { SOURCES[0] } else { SOURCES[1] };
        let mut bundle = FluentBundle::new_concurrent(language.parse().into_iter().collect());
        bundle.set_use_isolating(false);
        // A test holds that both files are whole; a fault here could only cost words.
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(partial, _)| partial);
        let _ = bundle.add_resource(resource);
        Self { bundle, language }
    }

    /// A text, if there is one.
    pub fn find(&self, id: &str) -> Option<String> {
        self.format(id, &[])
    }

    /// A text; its name where it is missing.
    pub fn get(&self, id: &str) -> String {
        self.with(id, &[])
    }

    /// A text with values in it.
    pub fn with(&self, id: &str, values: &[(&str, &str)]) -> String {
        self.format(id, values).unwrap_or_else(|| id.to_owned())
    }

    fn format(&self, id: &str, values: &[(&str, &str)]) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        let mut args = FluentArgs::new();
        for (name, value) in values {
            // A number chooses between one and more.
            args.set(
                *name,
                if *name == "count" {
                    FluentValue::try_number(value)
                } else {
                    (*value).into()
                },
            );
        }
        Some(
            self.bundle
                .format_pattern(pattern, Some(&args), &mut vec![])
                .into_owned(),
        )
    }
}

/// The language that was asked for, else that of the terminal.
pub fn language(arguments: &[String], environment: impl Fn(&str) -> Option<String>) -> &'static str {
    let asked = arguments
        .iter()
        .enumerate()
        .find_map(|(at, argument)| match argument.strip_prefix("--language") {
            Some("") => arguments.get(at + 1).cloned(),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        });
    let chosen = asked.or_else(|| {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| environment(name).filter(|value| !value.is_empty()))
    });
    if chosen.is_some_and(|name| name.to_ascii_lowercase().starts_with("nl")) {
        "nl"
    } else {
        "en"
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn both_languages_have_the_same_texts() {
        let ids = |source: &str| {
            FluentResource::try_new(source.to_owned()).expect("a sound file");
            source
                .lines()
                .filter_map(|line| line.split_once(" ="))
                .map(|(id, _)| id)
                .filter(|id| !id.starts_with(['#', ' ']))
                .map(str::to_owned)
                .collect::<BTreeSet<_>>()
        };
        assert_eq!(ids(SOURCES[0].1), ids(SOURCES[1].1));
    }

    #[test]
    fn one_is_one_and_more_are_more() {
        let said = |language: &str, count: &str| {
            Messages::new(language).with("validate-ok", &[("file", "t.toml"), ("count", count)])
        };
        assert_eq!(
            [said("nl", "1"), said("nl", "2")],
            [
                "t.toml is in orde (1 instelling).",
                "t.toml is in orde (2 instellingen)."
            ]
        );
        assert_eq!(
            [said("en", "1"), said("en", "5000")],
            ["t.toml is sound (1 key).", "t.toml is sound (5000 keys)."]
        );
    }

    #[test]
    fn the_language_is_the_one_asked_for_else_the_terminals() {
        let arguments = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let dutch = |name: &str| (name == "LANG").then(|| "nl_NL.UTF-8".to_owned());
        assert_eq!(language(&arguments("provision explain E101"), dutch), "nl");
        assert_eq!(
            language(&arguments("provision --language en explain E101"), dutch),
            "en"
        );
        assert_eq!(language(&arguments("provision --language=nl"), |_| None), "nl");
        assert_eq!(language(&arguments("provision"), |_| None), "en");
    }
}
