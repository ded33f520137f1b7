//! `alert`, `confirm` and `prompt`, each with the name of the host that asks.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::Rc;

use block2::RcBlock;
use objc2::MainThreadMarker;
use objc2::rc::Retained;
use objc2_foundation::NSString;
use objc2_ui_kit::{
    UIAlertAction, UIAlertActionStyle, UIAlertController, UIAlertControllerStyle, UITextField, UIViewController,
};

use crate::Labels;

type Answer<A> = Box<dyn FnOnce(A)>;

/// What a page waits for. The engine ends the app if it never gets an answer, so one that nobody gave (the dialog went
/// away with the window under it) is given when this is dropped.
pub(crate) struct Waiting<A> {
    answer: Cell<Option<Answer<A>>>,
    otherwise: Cell<Option<A>>,
}

impl<A> Waiting<A> {
    pub(crate) fn new(otherwise: A, answer: impl FnOnce(A) + 'static) -> Rc<Self> {
        Rc::new(Self {
            answer: Cell::new(Some(Box::new(answer))),
            otherwise: Cell::new(Some(otherwise)),
        })
    }

    fn give(&self, given: A) {
        if let Some(answer) = self.answer.take() {
            answer(given);
        }
    }
}

impl<A> Drop for Waiting<A> {
    fn drop(&mut self) {
        if let Some(otherwise) = self.otherwise.take() {
            self.give(otherwise);
        }
    }
}

/// A dialog that is being put together.
pub(crate) struct Dialog {
    alert: Retained<UIAlertController>,
    mtm: MainThreadMarker,
}

impl Dialog {
    pub(crate) fn new(mtm: MainThreadMarker, host: &NSString, message: &NSString) -> Self {
        let alert = UIAlertController::alertControllerWithTitle_message_preferredStyle(
            Some(host),
            Some(message),
            UIAlertControllerStyle::Alert,
            mtm,
        );
        Self { alert, mtm }
    }

    fn button(&self, title: &str, style: UIAlertActionStyle, pressed: impl Fn() + 'static) {
        let block = RcBlock::new(move |_: NonNull<UIAlertAction>| pressed());
        let action = UIAlertAction::actionWithTitle_style_handler(
            Some(&NSString::from_str(title)),
            style,
            Some(&block),
            self.mtm,
        );
        self.alert.addAction(&action);
    }

    fn show(&self, over: &UIViewController) {
        over.presentViewController_animated_completion(&self.alert, true, None);
    }

    /// `alert`: one button.
    pub(crate) fn tell(self, over: &UIViewController, words: Labels, waiting: Rc<Waiting<()>>) {
        self.button(words.ok, UIAlertActionStyle::Default, move || waiting.give(()));
        self.show(over);
    }

    /// `confirm`: two buttons.
    pub(crate) fn confirm(self, over: &UIViewController, words: Labels, waiting: &Rc<Waiting<bool>>) {
        let (no, yes) = (waiting.clone(), waiting.clone());
        self.button(words.cancel, UIAlertActionStyle::Cancel, move || no.give(false));
        self.button(words.ok, UIAlertActionStyle::Default, move || yes.give(true));
        self.show(over);
    }

    /// `prompt`: a line of text and two buttons.
    pub(crate) fn prompt(
        self,
        over: &UIViewController,
        words: Labels,
        default: Option<&NSString>,
        waiting: &Rc<Waiting<Option<Retained<NSString>>>>,
    ) {
        let field: Rc<RefCell<Option<Retained<UITextField>>>> = Rc::default();
        let (put, default) = (field.clone(), default.map(NSString::to_string));
        let prepare = RcBlock::new(move |text: NonNull<UITextField>| {
            // SAFETY: UIKit hands over the live field that it has made.
            let text = unsafe { text.as_ref() };
            text.setText(default.as_deref().map(NSString::from_str).as_deref());
            *put.borrow_mut() = Some(objc2::Message::retain(text));
        });
        self.alert.addTextFieldWithConfigurationHandler(Some(&prepare));
        let (no, yes) = (waiting.clone(), waiting.clone());
        self.button(words.cancel, UIAlertActionStyle::Cancel, move || no.give(None));
        self.button(words.ok, UIAlertActionStyle::Default, move || {
            let typed = field.borrow().as_ref().and_then(|field| field.text());
            yes.give(Some(typed.unwrap_or_default()));
        });
        self.show(over);
    }
}
