//! JavaScript's `alert`, `confirm` and `prompt`, each titled with the host of the frame that calls it.

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

/// The answer that the engine waits for. WebKit terminates the app if it never gets one, so dropping this (the dialog
/// went away with the window under it) answers with the default.
pub(crate) struct PendingAnswer<A> {
    answer: Cell<Option<Answer<A>>>,
    default_answer: Cell<Option<A>>,
}

impl<A> PendingAnswer<A> {
    pub(crate) fn new(default_answer: A, answer: impl FnOnce(A) + 'static) -> Rc<Self> {
        Rc::new(Self {
            answer: Cell::new(Some(Box::new(answer))),
            default_answer: Cell::new(Some(default_answer)),
        })
    }

    fn send(&self, value: A) {
        if let Some(answer) = self.answer.take() {
            answer(value);
        }
    }
}

impl<A> Drop for PendingAnswer<A> {
    fn drop(&mut self) {
        if let Some(default_answer) = self.default_answer.take() {
            self.send(default_answer);
        }
    }
}

/// A dialog that is not shown yet.
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

    /// Shows an `alert`: one button.
    pub(crate) fn alert(self, over: &UIViewController, labels: Labels, answer: Rc<PendingAnswer<()>>) {
        self.button(labels.ok, UIAlertActionStyle::Default, move || answer.send(()));
        self.show(over);
    }

    /// Shows a `confirm`: two buttons.
    pub(crate) fn confirm(self, over: &UIViewController, labels: Labels, answer: &Rc<PendingAnswer<bool>>) {
        let (no, yes) = (answer.clone(), answer.clone());
        self.button(labels.cancel, UIAlertActionStyle::Cancel, move || no.send(false));
        self.button(labels.ok, UIAlertActionStyle::Default, move || yes.send(true));
        self.show(over);
    }

    /// Shows a `prompt`: a line of text and two buttons.
    pub(crate) fn prompt(
        self,
        over: &UIViewController,
        labels: Labels,
        default: Option<&NSString>,
        answer: &Rc<PendingAnswer<Option<Retained<NSString>>>>,
    ) {
        let field: Rc<RefCell<Option<Retained<UITextField>>>> = Rc::default();
        let (slot, default) = (field.clone(), default.map(NSString::to_string));
        let prepare = RcBlock::new(move |text: NonNull<UITextField>| {
            // SAFETY: UIKit passes the live field that it made.
            let text = unsafe { text.as_ref() };
            text.setText(default.as_deref().map(NSString::from_str).as_deref());
            *slot.borrow_mut() = Some(objc2::Message::retain(text));
        });
        self.alert.addTextFieldWithConfigurationHandler(Some(&prepare));
        let (no, yes) = (answer.clone(), answer.clone());
        self.button(labels.cancel, UIAlertActionStyle::Cancel, move || no.send(None));
        self.button(labels.ok, UIAlertActionStyle::Default, move || {
            let typed = field.borrow().as_ref().and_then(|field| field.text());
            yes.send(Some(typed.unwrap_or_default()));
        });
        self.show(over);
    }
}
