//! The texts of `provision` and of the setup cards in Dutch and English, by Fluent.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// The languages, each with the texts of `provision` and those of the app's screens, which `explain` quotes.
const SOURCES: [(&str, [&str; 2]); 2] = [
    (
        "nl",
        [
            include_str!("../../../locales/nl/provision.ftl"),
            include_str!("../../../locales/nl/konnect-groep.ftl"),
        ],
    ),
    (
        "en",
        [
            include_str!("../../../locales/en/provision.ftl"),
            include_str!("../../../locales/en/konnect-groep.ftl"),
        ],
    ),
];

/// All texts of one language.
pub struct Messages {
    bundle: FluentBundle<FluentResource>,
    /// `nl` or `en`.
    pub language: &'static str,
}

impl Messages {
    /// The texts in Dutch for `nl`, in English for anything else.
    pub fn new(language: &str) -> Self {
        let (language, sources) = if language == "nl" { SOURCES[0] } else { SOURCES[1] };
        let mut bundle = FluentBundle::new_concurrent(language.parse().into_iter().collect());
        bundle.set_use_isolating(false);
        for source in sources {
            // A test proves that the files parse and that no text occurs in both.
            let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(partial, _)| partial);
            let _ = bundle.add_resource(resource);
        }
        Self { bundle, language }
    }

    /// The text with this id, if there is one.
    pub fn find(&self, id: &str) -> Option<String> {
        self.format(id, &[])
    }

    /// The text with this id, or the id itself if there is none.
    pub fn get(&self, id: &str) -> String {
        self.with(id, &[])
    }

    /// The text with this id, with values filled in.
    pub fn with(&self, id: &str, values: &[(&str, &str)]) -> String {
        self.format(id, values).unwrap_or_else(|| id.to_owned())
    }

    fn format(&self, id: &str, values: &[(&str, &str)]) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        let mut args = FluentArgs::new();
        for (name, value) in values {
            // As a number, `count` chooses between the singular and the plural.
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

/// The language of `--language`, otherwise of the terminal. Reads the arguments before clap does, because clap needs the
/// texts.
pub fn language(arguments: &[String], environment: impl Fn(&str) -> Option<String>) -> &'static str {
    let chosen = arguments
        .iter()
        .enumerate()
        .find_map(|(at, argument)| match argument.strip_prefix("--language") {
            Some("") => arguments.get(at + 1).cloned(),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        });
    let chosen = chosen.or_else(|| {
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
            FluentResource::try_new(source.to_owned()).expect("a valid file");
            source
                .lines()
                .filter_map(|line| line.split_once(" ="))
                .map(|(id, _)| id)
                .filter(|id| !id.starts_with(['#', ' ']))
                .map(str::to_owned)
                .collect::<BTreeSet<_>>()
        };
        let [(_, dutch), (_, english)] = SOURCES;
        for (dutch, english) in dutch.into_iter().zip(english) {
            assert_eq!(ids(dutch), ids(english));
        }
        let [own, app] = english.map(ids);
        assert!(own.is_disjoint(&app), "no text hides another");
    }

    #[test]
    fn a_count_chooses_between_singular_and_plural() {
        let text = |language: &str, count: &str| {
            Messages::new(language).with("validate-ok", &[("file", "t.toml"), ("count", count)])
        };
        assert_eq!(
            [text("nl", "1"), text("nl", "2")],
            [
                "t.toml is in orde (1 instelling).",
                "t.toml is in orde (2 instellingen)."
            ]
        );
        assert_eq!(
            [text("en", "1"), text("en", "5000")],
            ["t.toml is sound (1 key).", "t.toml is sound (5000 keys)."]
        );
    }

    #[test]
    fn the_language_is_that_of_the_option_or_else_of_the_terminal() {
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
