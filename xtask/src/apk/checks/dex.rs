//! Reads the classes of a DEX file: their names, members and annotations, not their code. The layout is that of Android's
//! documentation, "Dalvik executable format".

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

/// A method without a body in the classes: a library answers its calls.
pub const NATIVE: u64 = 0x100;

/// The annotation with which a compiler keeps the type arguments of a member.
pub const SIGNATURE: &str = "dalvik.annotation.Signature";

/// The classes by their names, such as `nl.kidskonnect.groep.MainActivity`.
pub type Classes = BTreeMap<String, Class>;

/// A class.
#[derive(Debug, Default)]
pub struct Class {
    /// The names of its annotations.
    pub annotations: Vec<String>,
    /// Its own fields.
    pub fields: Vec<Member>,
    /// Its own methods, with constructors.
    pub methods: Vec<Member>,
}

/// A field or a method.
#[derive(Debug, Default)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its type: for a field such as `I`, for a method such as `(ILjava/lang/String;)V`.
    pub descriptor: String,
    /// Its access flags.
    pub access: u64,
    /// The names of its annotations.
    pub annotations: Vec<String>,
}

/// Adds the classes of a DEX file.
pub fn read(file: &[u8], classes: &mut Classes) -> Result<()> {
    ensure!(file.starts_with(b"dex\n"), "not a DEX file");
    let dex = Dex { file };
    let (count, at) = (dex.u32(96)?, dex.u32(100)?);
    for index in 0..count {
        let (name, class) = dex.class(at + index * 32)?;
        classes.insert(name, class);
    }
    Ok(())
}

/// Offsets and numbers are in 32 bits in the file, and in 64 here: so no sum of them overflows, however damaged a file is.
struct Dex<'a> {
    file: &'a [u8],
}

/// Where the header says that each table starts.
const STRINGS: u64 = 60;
const TYPES: u64 = 68;
const PROTOTYPES: u64 = 76;
const FIELDS: u64 = 84;
const METHODS: u64 = 92;

impl Dex<'_> {
    fn bytes<const N: usize>(&self, at: u64) -> Result<[u8; N]> {
        let at = usize::try_from(at)?;
        let found = self.file.get(at..at + N).and_then(|bytes| bytes.try_into().ok());
        found.with_context(|| format!("the DEX file ends before {at}"))
    }

    fn u32(&self, at: u64) -> Result<u64> {
        Ok(u32::from_le_bytes(self.bytes(at)?).into())
    }

    fn u16(&self, at: u64) -> Result<u64> {
        Ok(u16::from_le_bytes(self.bytes(at)?).into())
    }

    /// A number in as many bytes as it needs, seven bits in each. Moves `at` behind it.
    fn uleb(&self, at: &mut u64) -> Result<u64> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let [byte] = self.bytes(*at)?;
            *at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            ensure!(shift < 35, "a number without an end");
        }
    }

    /// Where an item of a table starts.
    fn item(&self, table: u64, index: u64, size: u64) -> Result<u64> {
        Ok(self.u32(table)? + index * size)
    }

    fn string(&self, index: u64) -> Result<String> {
        let mut at = self.u32(self.item(STRINGS, index, 4)?)?;
        self.uleb(&mut at)?;
        let rest = self.file.get(usize::try_from(at)?..).context("a string outside")?;
        let end = rest
            .iter()
            .position(|byte| *byte == 0)
            .context("a string without an end")?;
        Ok(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    fn descriptor(&self, type_: u64) -> Result<String> {
        self.string(self.u32(self.item(TYPES, type_, 4)?)?)
    }

    /// The name of a class: `a.b.C` of `La/b/C;`.
    fn name(&self, type_: u64) -> Result<String> {
        Ok(self
            .descriptor(type_)?
            .trim_start_matches('L')
            .trim_end_matches(';')
            .replace('/', "."))
    }

    fn prototype(&self, index: u64) -> Result<String> {
        let at = self.item(PROTOTYPES, index, 12)?;
        let (result, parameters) = (self.u32(at + 4)?, self.u32(at + 8)?);
        let mut text = String::from("(");
        if parameters != 0 {
            for parameter in 0..self.u32(parameters)? {
                text += &self.descriptor(self.u16(parameters + 4 + 2 * parameter)?)?;
            }
        }
        Ok(text + ")" + &self.descriptor(result)?)
    }

    fn class(&self, at: u64) -> Result<(String, Class)> {
        let mut class = Class::default();
        let (annotations, data) = (self.u32(at + 20)?, self.u32(at + 24)?);
        let mut marked = BTreeMap::new();
        if annotations != 0 {
            class.annotations = self.annotations(self.u32(annotations)?)?;
            let (fields, methods) = (self.u32(annotations + 4)?, self.u32(annotations + 8)?);
            for (first, count, is_method) in [(0, fields, false), (fields, methods, true)] {
                for index in first..first + count {
                    let entry = annotations + 16 + 8 * index;
                    marked.insert((is_method, self.u32(entry)?), self.annotations(self.u32(entry + 4)?)?);
                }
            }
        }
        if data != 0 {
            self.members(data, &marked, &mut class)?;
        }
        Ok((self.name(self.u32(at)?)?, class))
    }

    fn members(&self, mut at: u64, marked: &BTreeMap<(bool, u64), Vec<String>>, class: &mut Class) -> Result<()> {
        let mut counts = [0; 4];
        for count in &mut counts {
            *count = self.uleb(&mut at)?;
        }
        // Static and other fields, then constructors with static and private methods, then the other methods.
        for (kind, count) in counts.into_iter().enumerate() {
            let is_method = kind > 1;
            let mut index = 0;
            for _ in 0..count {
                index += self.uleb(&mut at)?;
                let access = self.uleb(&mut at)?;
                let annotations = marked.get(&(is_method, index)).cloned().unwrap_or_default();
                if is_method {
                    self.uleb(&mut at)?;
                }
                let entry = self.item(if is_method { METHODS } else { FIELDS }, index, 8)?;
                let kind = self.u16(entry + 2)?;
                let member = Member {
                    name: self.string(self.u32(entry + 4)?)?,
                    descriptor: if is_method {
                        self.prototype(kind)?
                    } else {
                        self.descriptor(kind)?
                    },
                    access,
                    annotations,
                };
                if is_method {
                    &mut class.methods
                } else {
                    &mut class.fields
                }
                .push(member);
            }
        }
        Ok(())
    }

    /// The names of the annotations in a set.
    fn annotations(&self, set: u64) -> Result<Vec<String>> {
        if set == 0 {
            return Ok(Vec::new());
        }
        let each = 0..self.u32(set)?;
        each.map(|index| {
            // The first byte says who sees the annotation.
            let mut at = self.u32(set + 4 + 4 * index)? + 1;
            self.name(self.uleb(&mut at)?)
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_read_with_its_members_their_types_and_their_annotations() {
        let mut classes = Classes::new();
        read(include_bytes!("fixtures/small.dex"), &mut classes).unwrap();
        let class = &classes["a.Small"];
        assert_eq!(class.annotations, ["java.lang.Deprecated"]);
        let member = |members: &[Member], name: &str| {
            let found = members.iter().find(|member| member.name == name).unwrap();
            (
                found.descriptor.clone(),
                found.access & NATIVE != 0,
                found.annotations.join(" "),
            )
        };
        let expected =
            |descriptor: &str, native, annotations: &str| (descriptor.to_owned(), native, annotations.to_owned());
        assert_eq!(member(&class.fields, "count"), expected("I", false, ""));
        assert_eq!(
            member(&class.fields, "names"),
            expected("Ljava/util/List;", false, SIGNATURE)
        );
        assert_eq!(
            member(&class.methods, "touched"),
            expected("([ILjava/lang/String;)J", true, "")
        );
        assert_eq!(
            member(&class.methods, "load"),
            expected("()V", false, "java.lang.Deprecated")
        );
        assert_eq!(member(&class.methods, "<init>"), expected("()V", false, ""));
    }

    #[test]
    fn a_file_that_is_cut_off_or_damaged_is_refused() {
        let file = include_bytes!("fixtures/small.dex");
        for end in 0..file.len() {
            // Whatever is lost lies at the end: tables, or the list of the file's parts, which is not read.
            let _ = read(&file[..end], &mut Classes::new());
        }
        assert!(read(&file[..200], &mut Classes::new()).is_err());
        assert!(read(b"PK", &mut Classes::new()).is_err());
    }
}
