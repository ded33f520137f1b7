//! Keeps the process from being frozen while work is under way. The Kotlin class `BackgroundWork` is a job, which needs a
//! subclass of a framework class and thus cannot be written in Rust.

use super::context::{load_class, with_context};
use crate::{BackgroundWork, DeviceError};

/// In `android/src/main/java/BackgroundWork.kt`; `consumer-rules.pro` keeps the name.
const CLASS: &str = "nl.kidskonnect.groep.device.BackgroundWork";

/// Asks the system to let the process run until the result is dropped.
pub(crate) fn begin() -> Result<BackgroundWork, DeviceError> {
    let has_begun = with_context(|env, context| {
        let class = load_class(env, context, CLASS)?;
        env.call_static_method(class, "begin", "(Landroid/content/Context;)Z", &[context.into()])?
            .z()
    })?;
    if has_begun {
        Ok(BackgroundWork::new(end))
    } else {
        Err(DeviceError::System("the job scheduler refused the job".to_owned()))
    }
}

fn end() {
    // If this fails, the system ends the job when its time is up, and nobody can do more about it.
    let _ = with_context(|env, context| {
        let class = load_class(env, context, CLASS)?;
        env.call_static_method(class, "end", "(Landroid/content/Context;)V", &[context.into()])?;
        Ok(())
    });
}
