//! JavaScript's `alert`, `confirm` and `prompt`, each titled with the host of the frame that calls it.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::Rc;

use block2::RcBlock;
use objc2::MainThreadMarker;
use objc2::rc::Retained;
use objc2_foundation::NSString;
use objc2_ui_kit::{UIAlertAction, UIAlertActionStyle, UIAlertController, UIAlertControllerStyle, UITextField};

use super::windows::Asked;
use crate::Labels;
use crate::rules::screen::DialogId;

type Answer<A> = Box<dyn FnOnce(A)>;

/// The answer that the engine waits for. WebKit ends the app if it never gets one, so dropping this (the site went away
/// with all that was on screen) answers with the default.
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

    fn give_up(&self) {
        if let Some(default_answer) = self.default_answer.take() {
            self.send(default_answer);
        }
    }
}

impl<A> Drop for PendingAnswer<A> {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// A dialog that is being made.
pub(crate) struct Dialog {
    id: DialogId,
    alert: Retained<UIAlertController>,
    mtm: MainThreadMarker,
}

impl Dialog {
    pub(crate) fn new(mtm: MainThreadMarker, id: DialogId, host: &NSString, message: &NSString) -> Self {
        let alert = UIAlertController::alertControllerWithTitle_message_preferredStyle(
            Some(host),
            Some(message),
            UIAlertControllerStyle::Alert,
            mtm,
        );
        Self { id, alert, mtm }
    }

    /// Adds a button that answers with what `value` returns.
    fn button<A: 'static>(
        &self,
        title: &str,
        style: UIAlertActionStyle,
        pending: &Rc<PendingAnswer<A>>,
        value: impl Fn() -> A + 'static,
    ) {
        let (id, pending) = (self.id, pending.clone());
        let block = RcBlock::new(move |_: NonNull<UIAlertAction>| {
            if let Some(site) = super::site() {
                site.windows().answered(id, |_| pending.send(value()));
            }
        });
        let action = UIAlertAction::actionWithTitle_style_handler(
            Some(&NSString::from_str(title)),
            style,
            Some(&block),
            self.mtm,
        );
        self.alert.addAction(&action);
    }

    fn asked<A: 'static>(self, pending: Rc<PendingAnswer<A>>) -> Asked {
        Asked {
            controller: self.alert.into_super(),
            give_up: Box::new(move || pending.give_up()),
        }
    }

    /// An `alert`: one button.
    pub(crate) fn alert(self, labels: Labels, pending: Rc<PendingAnswer<()>>) -> Asked {
        self.button(labels.ok, UIAlertActionStyle::Default, &pending, || ());
        self.asked(pending)
    }

    /// A `confirm`: two buttons.
    pub(crate) fn confirm(self, labels: Labels, pending: Rc<PendingAnswer<bool>>) -> Asked {
        self.button(labels.cancel, UIAlertActionStyle::Cancel, &pending, || false);
        self.button(labels.ok, UIAlertActionStyle::Default, &pending, || true);
        self.asked(pending)
    }

    /// A `prompt`: a line of text and two buttons.
    pub(crate) fn prompt(
        self,
        labels: Labels,
        default: Option<&NSString>,
        pending: Rc<PendingAnswer<Option<Retained<NSString>>>>,
    ) -> Asked {
        let field: Rc<RefCell<Option<Retained<UITextField>>>> = Rc::default();
        let (slot, default) = (field.clone(), default.map(NSString::to_string));
        let prepare = RcBlock::new(move |text: NonNull<UITextField>| {
            // SAFETY: UIKit passes the live field that it made.
            let text = unsafe { text.as_ref() };
            text.setText(default.as_deref().map(NSString::from_str).as_deref());
            *slot.borrow_mut() = Some(objc2::Message::retain(text));
        });
        self.alert.addTextFieldWithConfigurationHandler(Some(&prepare));
        self.button(labels.cancel, UIAlertActionStyle::Cancel, &pending, || None);
        self.button(labels.ok, UIAlertActionStyle::Default, &pending, move || {
            let typed = field.borrow().as_ref().and_then(|field| field.text());
            Some(typed.unwrap_or_default())
        });
        self.asked(pending)
    }
}
