//! The tables of the manual: every key and every error code.

use std::fmt::Write as _;

use error_codes::{ErrorCode, Text};

use crate::schema::{KEYS, Kind, TrustLevel};

/// The table of keys in Markdown, in a language (`nl`, anything else is English).
#[must_use]
pub fn manual(language: &str) -> String {
    let word = |nl, en| Text { nl, en }.in_language(language);
    let mut text = format!(
        "| {} | {} | {} | {} | {} | {} |\n|---|---|---|---|---|---|\n",
        word("instelling", "key"),
        word("soort", "type"),
        word("standaard", "default"),
        word("toegestaan", "allowed"),
        word("voor", "for"),
        word("wat het doet", "what it does")
    );
    for key in KEYS {
        let allowed = match key.kind {
            Kind::Flag(_) => "true, false".to_owned(),
            Kind::Number(least, most, _) => format!("{least}–{most}"),
            Kind::Choice(choices) => choices.join(", "),
            Kind::Text(longest) => format!("≤ {longest} {}", word("tekens", "characters")),
            Kind::Tenant => word("één naam, kleine letters", "one name, lower case").to_owned(),
            Kind::Issuer => "https://…/".to_owned(),
            Kind::ClientId => "8–128 A–Z a–z 0–9 _ -".to_owned(),
            Kind::Audience => "URI ≤ 200".to_owned(),
            Kind::GroupUrl => "https://…".to_owned(),
            Kind::Hosts => word("≤ 20 namen of *.domein", "≤ 20 hosts or *.domain").to_owned(),
            Kind::Contact => "tel:, mailto:, https: ≤ 120".to_owned(),
            Kind::PublicKeys => "≤ 4 kid:key".to_owned(),
        };
        let trust = match key.required_trust {
            TrustLevel::Anyone => "",
            TrustLevel::Signed => word(" Niet in een link zonder handtekening.", " Not in an unsigned link."),
            TrustLevel::Managed => "",
        };
        let mark = if key.security { " †" } else { "" };
        // Writing to a String never fails.
        let _ = writeln!(
            text,
            "| `{}`{mark} | {} | {} | {} | {} | {}{trust} |",
            key.name,
            key.type_name(),
            key.default_text(),
            allowed,
            key.stakeholder.name().in_language(language),
            key.description.in_language(language)
        );
    }
    text.push_str(word(
        "\n† Een foute waarde houdt het inloggen tegen. Bij de andere instellingen geldt dan de standaard.\n",
        "\n† A wrong value stops sign-in. With other keys the default holds instead.\n",
    ));
    text
}

/// The table of error codes in Markdown, in a language (`nl`, anything else is English).
#[must_use]
pub fn error_codes(language: &str) -> String {
    let word = |nl, en| Text { nl, en }.in_language(language);
    let mut text = format!(
        "| {} | {} | {} |\n|---|---|---|\n",
        word("code", "code"),
        word("wat er is gebeurd", "what happened"),
        word("wat je doet", "what to do")
    );
    for code in ErrorCode::ALL {
        // Writing to a String never fails.
        let _ = writeln!(
            text,
            "| {code} | {} | {} |",
            code.what().in_language(language),
            code.fix().in_language(language)
        );
    }
    text
}
