//! Links that the system hands to the app: which of them count, and as what.

use url::Url;

/// The longest link that another app may hand over, in bytes.
const MAX_LINK: usize = 16 * 1024;
/// The app's own scheme.
const SCHEME: &str = "nl.kidskonnect.groep";
/// The path of setup links on the claimed https host.
const CLAIMED_SETUP_PATH: &str = "/groep/setup";

/// A link that means something to the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DeepLink {
    /// The redirect URI of a sign-in, with the answer in its query.
    Callback(String),
    /// A setup link. Signature, host and content are still unchecked.
    Setup(String),
    /// Show the status page.
    Status,
    /// The identity provider's page after a sign-out: bringing the app to the front is all it asks for.
    SignedOut,
}

/// Sorts a link. None for every link that is not one of the app's own.
///
/// The system hands over https links of the claimed host only. Which host that is depends on the environment, so
/// [`crate::SettingsSources::read_setup_link`] checks it.
pub(crate) fn classify(link: &str) -> Option<DeepLink> {
    let url = Url::parse(link).ok().filter(|_| link.len() <= MAX_LINK)?;
    if url.scheme() == "https" && url.path() == CLAIMED_SETUP_PATH {
        return Some(DeepLink::Setup(link.to_owned()));
    }
    if url.scheme() != SCHEME || url.host().is_some() {
        return None;
    }
    match url.path() {
        "/callback" => Some(DeepLink::Callback(link.to_owned())),
        "/status" => Some(DeepLink::Status),
        "/signed-out" => Some(DeepLink::SignedOut),
        "/setup" => Some(DeepLink::Setup(link.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_apps_own_links_are_sorted_by_their_path() {
        let callback = "nl.kidskonnect.groep:/callback?code=a&state=b";
        assert_eq!(classify(callback), Some(DeepLink::Callback(callback.to_owned())));
        assert_eq!(classify("nl.kidskonnect.groep:/status"), Some(DeepLink::Status));
        assert_eq!(classify("nl.kidskonnect.groep:/signed-out"), Some(DeepLink::SignedOut));
        let setup = "nl.kidskonnect.groep:/setup#tenant=zonnetje";
        assert_eq!(classify(setup), Some(DeepLink::Setup(setup.to_owned())));
    }

    #[test]
    fn a_claimed_https_link_counts_only_with_the_set_up_path() {
        let setup = "https://groep.example/groep/setup#a.b.c";
        assert_eq!(classify(setup), Some(DeepLink::Setup(setup.to_owned())));
        for other in [
            "https://groep.example/groep/callback?code=a",
            "https://groep.example/",
            "https://x/groep/setup/",
        ] {
            assert_eq!(classify(other), None, "{other}");
        }
    }

    #[test]
    fn links_of_other_apps_and_of_other_shapes_are_ignored() {
        for link in [
            "",
            "not a link",
            "nl.kidskonnect.groep://callback?code=a",
            "nl.kidskonnect.groep://host/callback?code=a",
            "nl.kidskonnect.groep:/callback/",
            "nl.kidskonnect.groep:/Callback",
            "nl.kidskonnect.groep:/other",
            "nl.kidskonnect.groep.evil:/callback",
            "http://groep.example/groep/setup#a.b.c",
            "file:///groep/setup",
        ] {
            assert_eq!(classify(link), None, "{link}");
        }
    }

    #[test]
    fn a_link_of_16_kib_is_read_and_a_longer_one_is_not() {
        let link = |length: usize| format!("nl.kidskonnect.groep:/callback?{}", "a".repeat(length - 31));
        assert!(link(16_384).len() == 16_384 && classify(&link(16_384)).is_some());
        assert_eq!(classify(&link(16_385)), None);
    }
}
