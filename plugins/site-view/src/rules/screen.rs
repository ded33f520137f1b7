//! What of the site is on an iPad's screen, as a machine without `UIKit`: pop-ups, dialogs, and who waits for an answer.
//!
//! `UIKit` presents one controller over another, so what lies over the app's own page is a stack. This machine knows the
//! stack that is on screen and the one that should be, and answers each event with the [`Step`]s from one to the other.
//! It keeps two promises. Nothing of a page is over the app's own page while the site is hidden. And a page that asked
//! with a dialog is answered once, whatever comes in between, because `WebKit` ends an app that answers never or twice.

use std::mem;

/// A page: the site's own view is [`SITE`], and each pop-up has the next number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PageId(u32);

/// The page in the site's own view.
pub(crate) const SITE: PageId = PageId(0);

/// A dialog that a page has asked for, or the sheet for a file that it saves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DialogId(u32);

/// One controller in the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    Popup(PageId),
    Dialog(DialogId),
}

/// What the platform has to do, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Make the site's own view visible.
    Uncover,
    /// Hide the site's own view. Everything over it goes too, also what `WebKit` presented by itself: a menu, a file
    /// chooser, the camera.
    Cover,
    /// Take this controller off the screen, and with it every controller over it.
    Dismiss(Layer),
    /// Present this controller over all others.
    Present(Layer),
    /// Answer the dialog as if nobody had pressed a button. It comes once for a dialog, and never after its answer.
    AnswerDefault(DialogId),
    /// The pop-up is closed: detach its web view, and tell the host.
    Forget(PageId),
}

/// The machine. Every method returns what the platform has to do.
#[derive(Debug)]
pub(crate) struct Screen {
    shown: bool,
    next_page: u32,
    next_dialog: u32,
    /// Each pop-up with its opener, the oldest first.
    popups: Vec<(PageId, PageId)>,
    /// Each dialog without an answer, with the page that asked, in the order in which they came. The first is on screen.
    dialogs: Vec<(DialogId, PageId)>,
    /// What the platform has presented, the lowest first.
    presented: Vec<Layer>,
}

impl Screen {
    /// The site, hidden.
    pub(crate) fn new() -> Self {
        Self {
            shown: false,
            next_page: 0,
            next_dialog: 0,
            popups: Vec::new(),
            dialogs: Vec::new(),
            presented: Vec::new(),
        }
    }

    /// Whether the site is on screen.
    #[cfg(test)]
    pub(crate) fn is_shown(&self) -> bool {
        self.shown
    }

    /// The site comes on screen, with its pop-ups.
    pub(crate) fn show(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        if !mem::replace(&mut self.shown, true) {
            steps.push(Step::Uncover);
        }
        self.arrange(steps)
    }

    /// The site leaves the screen. Its pop-ups stay open, out of sight; its dialogs get no other chance.
    pub(crate) fn hide(&mut self) -> Vec<Step> {
        if !mem::replace(&mut self.shown, false) {
            return Vec::new();
        }
        self.presented.clear();
        let mut steps = vec![Step::Cover];
        steps.extend(self.dialogs.drain(..).map(|(dialog, _)| Step::AnswerDefault(dialog)));
        steps
    }

    /// The site ends, with all its pop-ups.
    pub(crate) fn close(&mut self) -> Vec<Step> {
        let mut steps = self.hide();
        steps.extend(self.popups.drain(..).rev().map(|(page, _)| Step::Forget(page)));
        steps
    }

    /// A page opens a pop-up. `None` if that page is gone.
    pub(crate) fn open_popup(&mut self, opener: PageId) -> Option<(PageId, Vec<Step>)> {
        if !self.is_open(opener) {
            return None;
        }
        self.next_page += 1;
        let page = PageId(self.next_page);
        self.popups.push((page, opener));
        Some((page, self.arrange(Vec::new())))
    }

    /// A pop-up closes, with those that it opened. Does nothing for one that is closed.
    pub(crate) fn close_popup(&mut self, page: PageId) -> Vec<Step> {
        if page == SITE || !self.is_open(page) {
            return Vec::new();
        }
        let mut gone = vec![page];
        gone.extend(self.opened_by(page));
        self.leave(&gone, &gone)
    }

    /// The page in a view was replaced by another one, or its process ended: its pop-ups close, and its dialogs have
    /// nobody who waits for them.
    pub(crate) fn page_gone(&mut self, page: PageId) -> Vec<Step> {
        let gone = self.opened_by(page);
        let mut silent = gone.clone();
        silent.push(page);
        self.leave(&gone, &silent)
    }

    /// A page asks with a dialog; `None` for a page that is gone already. The answer comes with [`Screen::answered`], or as
    /// [`Step::AnswerDefault`].
    pub(crate) fn ask(&mut self, page: Option<PageId>) -> (DialogId, Vec<Step>) {
        self.next_dialog += 1;
        let dialog = DialogId(self.next_dialog);
        let Some(page) = page.filter(|page| self.shown && self.is_open(*page)) else {
            return (dialog, vec![Step::AnswerDefault(dialog)]);
        };
        self.dialogs.push((dialog, page));
        (dialog, self.arrange(Vec::new()))
    }

    /// A person answered a dialog, and `UIKit` took it off the screen. `None` if the dialog had its answer already.
    pub(crate) fn answered(&mut self, dialog: DialogId) -> Option<Vec<Step>> {
        let at = self.dialogs.iter().position(|(waiting, _)| *waiting == dialog)?;
        self.dialogs.remove(at);
        self.presented.retain(|layer| *layer != Layer::Dialog(dialog));
        Some(self.arrange(Vec::new()))
    }

    /// How many pop-ups are open: opened by this page, and in total.
    pub(crate) fn count(&self, opener: PageId) -> (usize, usize) {
        let by_opener = self.popups.iter().filter(|(_, of)| *of == opener).count();
        (by_opener, self.popups.len())
    }

    /// The newest pop-up.
    pub(crate) fn newest(&self) -> Option<PageId> {
        self.popups.last().map(|(page, _)| *page)
    }

    fn is_open(&self, page: PageId) -> bool {
        page == SITE || self.popups.iter().any(|(popup, _)| *popup == page)
    }

    /// The pop-ups of a page, and theirs. An opener is older than what it opens, so one pass finds all.
    fn opened_by(&self, page: PageId) -> Vec<PageId> {
        let mut found = Vec::new();
        for (popup, opener) in &self.popups {
            if *opener == page || found.contains(opener) {
                found.push(*popup);
            }
        }
        found
    }

    /// Closes the pop-ups in `gone`, and answers the dialogs of the pages in `silent`. Both leave the screen before that,
    /// because an answer may run a page, which may ask again.
    fn leave(&mut self, gone: &[PageId], silent: &[PageId]) -> Vec<Step> {
        self.popups.retain(|(page, _)| !gone.contains(page));
        let (unasked, waiting): (Vec<_>, Vec<_>) = mem::take(&mut self.dialogs)
            .into_iter()
            .partition(|(_, page)| silent.contains(page));
        self.dialogs = waiting;
        let mut steps = self.arrange(Vec::new());
        steps.extend(unasked.into_iter().map(|(dialog, _)| Step::AnswerDefault(dialog)));
        steps.extend(gone.iter().rev().map(|page| Step::Forget(*page)));
        steps
    }

    /// Adds the steps from the stack on screen to the one that should be.
    fn arrange(&mut self, mut steps: Vec<Step>) -> Vec<Step> {
        let mut wanted = Vec::new();
        if self.shown {
            wanted.extend(self.popups.iter().map(|(page, _)| Layer::Popup(*page)));
            wanted.extend(self.dialogs.first().map(|(dialog, _)| Layer::Dialog(*dialog)));
        }
        let same = self
            .presented
            .iter()
            .zip(&wanted)
            .take_while(|(is, should)| is == should)
            .count();
        steps.extend(self.presented.get(same).map(|lowest| Step::Dismiss(*lowest)));
        steps.extend(wanted[same..].iter().map(|layer| Step::Present(*layer)));
        self.presented = wanted;
        steps
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};

    use super::*;

    /// What can happen. A number chooses among the pages or the dialogs that there ever were.
    #[derive(Clone, Copy, Debug)]
    enum Event {
        Show,
        Hide,
        Close,
        OpenPopup(usize),
        ClosePopup(usize),
        PageGone(usize),
        Ask(usize),
        Answer(usize),
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            3 => Just(Event::Show),
            2 => Just(Event::Hide),
            1 => Just(Event::Close),
            4 => any::<usize>().prop_map(Event::OpenPopup),
            2 => any::<usize>().prop_map(Event::ClosePopup),
            1 => any::<usize>().prop_map(Event::PageGone),
            6 => any::<usize>().prop_map(Event::Ask),
            4 => any::<usize>().prop_map(Event::Answer),
        ]
    }

    /// A screen as `UIKit` would carry the steps out, and the pages that wait.
    #[derive(Default)]
    struct Tablet {
        visible: bool,
        stack: Vec<Layer>,
        /// How often each dialog was answered.
        answers: BTreeMap<u32, u32>,
        pages: Vec<PageId>,
        dialogs: Vec<DialogId>,
    }

    impl Tablet {
        fn carry_out(&mut self, steps: Vec<Step>) {
            for step in steps {
                match step {
                    Step::Uncover => self.visible = true,
                    Step::Cover => {
                        self.visible = false;
                        self.stack.clear();
                    }
                    Step::Dismiss(layer) => {
                        let at = self.stack.iter().position(|on| *on == layer).expect("it is on screen");
                        self.stack.truncate(at);
                    }
                    Step::Present(layer) => {
                        assert!(self.visible, "over the app's own page: {layer:?}");
                        assert!(!self.stack.contains(&layer), "presented twice: {layer:?}");
                        self.stack.push(layer);
                    }
                    Step::AnswerDefault(dialog) => self.answer(dialog),
                    Step::Forget(page) => {
                        assert!(!self.stack.contains(&Layer::Popup(page)), "closed on screen: {page:?}");
                        let at = self.pages.iter().position(|open| *open == page);
                        self.pages.remove(at.expect("closed once"));
                    }
                }
            }
        }

        fn answer(&mut self, dialog: DialogId) {
            let times = self.answers.entry(dialog.0).or_default();
            *times += 1;
            assert_eq!(*times, 1, "{dialog:?} was answered twice");
        }
    }

    fn pick<T: Copy>(all: &[T], number: usize) -> Option<T> {
        all.get(number % all.len().max(1)).copied()
    }

    fn run(events: &[Event]) {
        let (mut screen, mut tablet) = (Screen::new(), Tablet::default());
        let mut ever = vec![SITE];
        for event in events {
            let steps = match *event {
                Event::Show => screen.show(),
                Event::Hide => screen.hide(),
                Event::Close => screen.close(),
                Event::OpenPopup(number) => match screen.open_popup(pick(&ever, number).unwrap()) {
                    Some((page, steps)) => {
                        ever.push(page);
                        tablet.pages.push(page);
                        steps
                    }
                    None => Vec::new(),
                },
                Event::ClosePopup(number) => screen.close_popup(pick(&ever, number).unwrap()),
                Event::PageGone(number) => screen.page_gone(pick(&ever, number).unwrap()),
                Event::Ask(number) => {
                    let (dialog, steps) = screen.ask(pick(&ever, number));
                    tablet.dialogs.push(dialog);
                    steps
                }
                Event::Answer(number) => {
                    let Some(dialog) = pick(&tablet.dialogs, number) else {
                        continue;
                    };
                    // A person presses only what is on screen; a late press of a dialog that is gone is ignored.
                    let on_screen = tablet.stack.contains(&Layer::Dialog(dialog));
                    if !on_screen && !tablet.answers.contains_key(&dialog.0) {
                        continue;
                    }
                    tablet.stack.retain(|layer| *layer != Layer::Dialog(dialog));
                    match screen.answered(dialog) {
                        Some(steps) => {
                            tablet.answer(dialog);
                            steps
                        }
                        None => Vec::new(),
                    }
                }
            };
            tablet.carry_out(steps);
            assert_eq!(tablet.stack, screen.presented);
            assert_eq!(tablet.visible, screen.is_shown());
            assert!(tablet.visible || tablet.stack.is_empty());
            let waiting = tablet
                .dialogs
                .iter()
                .filter(|dialog| !tablet.answers.contains_key(&dialog.0));
            let waits = waiting.count();
            assert_eq!(
                waits,
                screen.dialogs.len(),
                "a page waits for an answer that nobody owes"
            );
            assert!(waits == 0 || matches!(tablet.stack.last(), Some(Layer::Dialog(_))));
            assert_eq!(screen.count(SITE).1, tablet.pages.len());
            if tablet.visible {
                assert_eq!(tablet.stack.len(), tablet.pages.len() + usize::from(waits > 0));
            }
        }
        tablet.carry_out(screen.close());
        assert_eq!(
            tablet.answers.len(),
            tablet.dialogs.len(),
            "a dialog was never answered"
        );
        assert!(tablet.stack.is_empty() && tablet.pages.is_empty() && !tablet.visible);
    }

    fn any_order(cases: u32) {
        let config = Config {
            cases,
            failure_persistence: None,
            ..Config::default()
        };
        let test = |events: Vec<Event>| {
            run(&events);
            Ok(())
        };
        TestRunner::new(config).run(&vec(event(), 100), test).unwrap();
    }

    #[test]
    fn in_any_order_of_events_each_dialog_is_answered_once_and_nothing_lies_over_the_apps_own_page() {
        any_order(100);
    }

    #[test]
    #[ignore = "a million events"]
    fn in_a_million_events_each_dialog_is_answered_once_and_nothing_lies_over_the_apps_own_page() {
        any_order(10_000);
    }

    #[test]
    fn a_dialog_of_a_hidden_site_is_answered_at_once_and_never_shown() {
        let mut screen = Screen::new();
        let (dialog, steps) = screen.ask(Some(SITE));
        assert_eq!(steps, [Step::AnswerDefault(dialog)]);
        assert_eq!(screen.show(), [Step::Uncover]);
        let (dialog, steps) = screen.ask(None);
        assert_eq!(steps, [Step::AnswerDefault(dialog)]);
    }

    #[test]
    fn hiding_takes_a_dialog_away_before_it_is_answered_and_keeps_the_pop_up() {
        let mut screen = Screen::new();
        screen.show();
        let (popup, _) = screen.open_popup(SITE).unwrap();
        let (dialog, steps) = screen.ask(Some(popup));
        assert_eq!(steps, [Step::Present(Layer::Dialog(dialog))]);
        assert_eq!(screen.hide(), [Step::Cover, Step::AnswerDefault(dialog)]);
        assert_eq!(screen.answered(dialog), None);
        assert_eq!(screen.show(), [Step::Uncover, Step::Present(Layer::Popup(popup))]);
    }

    #[test]
    fn hiding_twice_takes_nothing_off_the_screen_that_the_app_itself_has_put_there() {
        let mut screen = Screen::new();
        assert_eq!(screen.hide(), []);
        screen.show();
        screen.hide();
        assert_eq!(screen.hide(), []);
        assert_eq!(screen.close(), []);
    }

    #[test]
    fn a_second_dialog_waits_for_the_first_and_a_new_pop_up_comes_below_it() {
        let mut screen = Screen::new();
        screen.show();
        let (first, _) = screen.ask(Some(SITE));
        let (second, steps) = screen.ask(Some(SITE));
        assert_eq!(steps, []);
        let (popup, steps) = screen.open_popup(SITE).unwrap();
        assert_eq!(
            steps,
            [
                Step::Dismiss(Layer::Dialog(first)),
                Step::Present(Layer::Popup(popup)),
                Step::Present(Layer::Dialog(first)),
            ]
        );
        assert_eq!(screen.answered(first), Some(vec![Step::Present(Layer::Dialog(second))]));
    }

    #[test]
    fn a_pop_up_closes_with_what_it_opened_and_with_its_dialogs() {
        let mut screen = Screen::new();
        screen.show();
        let (popup, _) = screen.open_popup(SITE).unwrap();
        let (child, _) = screen.open_popup(popup).unwrap();
        let (dialog, _) = screen.ask(Some(child));
        assert_eq!(screen.newest(), Some(child));
        assert_eq!(
            screen.close_popup(popup),
            [
                Step::Dismiss(Layer::Popup(popup)),
                Step::AnswerDefault(dialog),
                Step::Forget(child),
                Step::Forget(popup),
            ]
        );
        assert_eq!(screen.open_popup(child), None);
    }
}
