//! The file that holds the encrypted values: `SharedPreferences` in the app's private folder.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jni::JNIEnv;
use jni::objects::{JObject, JValue};

use crate::fault::{Fault, Thrown};
use crate::java::{JniResult, attempt, string};

/// The name of the file. `android-native-keyring-store` uses the same one for its default store.
pub(crate) const NAME: &str = "keyring-default";

const MODE_PRIVATE: i32 = 0;

/// Whether the map that `SharedPreferences` keeps in memory may differ from the file, because neither a change nor its
/// undoing went through. The mutex also makes the calls of all threads take turns.
static DIVERGED: Mutex<bool> = Mutex::new(false);

/// The opened file. No other thread uses the file or the key while this exists.
pub(crate) struct Preferences<'local> {
    object: JObject<'local>,
    diverged: MutexGuard<'static, bool>,
    /// Whether the file on disk is cut off, so that `SharedPreferences` can read none of it.
    cut_off: bool,
}

impl<'local> Preferences<'local> {
    /// Opens the file, and creates it if it does not exist.
    ///
    /// `SharedPreferences` takes a file that it cannot read for an empty one, for as long as the process lives, and
    /// writes that emptiness over the file at the next commit. So if the map is empty, this looks at the file itself.
    pub(crate) fn open(env: &mut JNIEnv<'local>, context: &JObject<'_>) -> Result<Self, Fault> {
        let diverged = DIVERGED.lock().unwrap_or_else(PoisonError::into_inner);
        let object = attempt(env, |env| {
            let name = env.new_string(NAME)?;
            env.call_method(
                context,
                "getSharedPreferences",
                "(Ljava/lang/String;I)Landroid/content/SharedPreferences;",
                &[(&name).into(), MODE_PRIVATE.into()],
            )?
            .l()
        })
        .map_err(Thrown::in_opening)?;
        let empty = attempt(env, |env| {
            let map = env.call_method(&object, "getAll", "()Ljava/util/Map;", &[])?.l()?;
            env.call_method(&map, "isEmpty", "()Z", &[])?.z()
        })
        .map_err(Thrown::passing)?;
        let cut_off = match if empty { on_disk(env, context)? } else { OnDisk::Nothing } {
            OnDisk::Nothing => false,
            OnDisk::CutOff => true,
            OnDisk::Values => {
                let why = "SharedPreferences did not read the values in its file; a new process may";
                return Err(Fault::Passing(why.to_owned()));
            }
        };
        Ok(Self {
            object,
            diverged,
            cut_off,
        })
    }

    /// The value with this name, as it is on disk.
    pub(crate) fn get(&self, env: &mut JNIEnv<'local>, name: &str) -> Result<Option<String>, Fault> {
        if *self.diverged {
            let why = "a change was refused and could not be undone, so what is in memory may not be saved";
            return Err(Fault::Passing(why.to_owned()));
        }
        if self.cut_off {
            return Err(Fault::Lost("the file with the stored values is cut off".to_owned()));
        }
        self.in_memory(env, name)
    }

    /// Removes a value. `false` if there was none, or none that can be read.
    pub(crate) fn remove(&mut self, env: &mut JNIEnv<'local>, name: &str) -> Result<bool, Fault> {
        // After a change that could not be undone, the map may lack a value that is on disk.
        if !*self.diverged && self.in_memory(env, name)?.is_none() {
            return Ok(false);
        }
        self.set(env, name, None)?;
        Ok(true)
    }

    /// Sets or removes a value. When this returns `Ok`, the change is on disk. Otherwise the disk has what it had
    /// before, and so does the map in memory, which `SharedPreferences` changes before it writes.
    pub(crate) fn set(&mut self, env: &mut JNIEnv<'local>, name: &str, value: Option<&str>) -> Result<(), Fault> {
        let before = self.in_memory(env, name)?;
        let why = match self.commit(env, name, value) {
            Ok(true) => {
                // A commit writes the whole map.
                *self.diverged = false;
                return Ok(());
            }
            Ok(false) => "SharedPreferences could not write its file".to_owned(),
            Err(thrown) => thrown.to_string(),
        };
        // This commit most likely cannot write either, and need not: it changes the map.
        if self.commit(env, name, before.as_deref()).is_err() {
            *self.diverged = true;
        }
        Err(Fault::Passing(why))
    }

    fn in_memory(&self, env: &mut JNIEnv<'local>, name: &str) -> Result<Option<String>, Fault> {
        attempt(env, |env| {
            let name = env.new_string(name)?;
            let value = env
                .call_method(
                    &self.object,
                    "getString",
                    "(Ljava/lang/String;Ljava/lang/String;)Ljava/lang/String;",
                    &[(&name).into(), (&JObject::null()).into()],
                )?
                .l()?;
            (!value.is_null()).then(|| string(env, value)).transpose()
        })
        .map_err(Thrown::passing)
    }

    /// Changes the map and writes the file. `false` if the file could not be written; the map is changed even then.
    fn commit(&self, env: &mut JNIEnv<'local>, name: &str, value: Option<&str>) -> Result<bool, Thrown> {
        attempt(env, |env| {
            let of = "()Landroid/content/SharedPreferences$Editor;";
            let editor = env.call_method(&self.object, "edit", of, &[])?.l()?;
            let name = env.new_string(name)?;
            if let Some(value) = value {
                let value = env.new_string(value)?;
                let of = "(Ljava/lang/String;Ljava/lang/String;)Landroid/content/SharedPreferences$Editor;";
                env.call_method(&editor, "putString", of, &[(&name).into(), (&value).into()])?;
            } else {
                let of = "(Ljava/lang/String;)Landroid/content/SharedPreferences$Editor;";
                env.call_method(&editor, "remove", of, &[JValue::from(&name)])?;
            }
            env.call_method(&editor, "commit", "()Z", &[])?.z()
        })
    }
}

/// What the file itself holds.
enum OnDisk {
    /// No file, or a file without values.
    Nothing,
    /// A complete file with values.
    Values,
    /// The beginning of a file.
    CutOff,
}

/// Reads the file, without parsing it. `SharedPreferences` keeps the previous version beside it while it writes, and
/// prefers that version.
fn on_disk(env: &mut JNIEnv<'_>, context: &JObject<'_>) -> Result<OnDisk, Fault> {
    let folder = attempt(env, |env| data_folder(env, context)).map_err(Thrown::passing)?;
    for end in ["xml.bak", "xml"] {
        let path = Path::new(&folder).join(format!("shared_prefs/{NAME}.{end}"));
        match std::fs::read(&path) {
            Ok(text) => return Ok(contents(&text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Fault::Passing(format!("{}: {error}", path.display()))),
        }
    }
    Ok(OnDisk::Nothing)
}

fn data_folder(env: &mut JNIEnv<'_>, context: &JObject<'_>) -> JniResult<String> {
    let folder = env.call_method(context, "getDataDir", "()Ljava/io/File;", &[])?.l()?;
    let path = env.call_method(&folder, "getPath", "()Ljava/lang/String;", &[])?.l()?;
    string(env, path)
}

/// The framework writes a `<map>` with one `<string>` for each value, and `<map />` if there is none.
fn contents(text: &[u8]) -> OnDisk {
    let text = text.trim_ascii_end();
    let has_values = text.windows(7).any(|window| window == b"<string");
    match (has_values, text.ends_with(b"</map>")) {
        (true, true) => OnDisk::Values,
        (true, false) => OnDisk::CutOff,
        (false, _) => OnDisk::Nothing,
    }
}
