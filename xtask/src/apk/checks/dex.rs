//! Reads the classes of a DEX file: their names, members and annotations, not their code. The layout is that of Android's
//! documentation, "Dalvik executable format".

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

/// A method without a body in the classes: a library answers its calls.
pub const NATIVE: u32 = 0x100;

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
    pub access: u32,
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

struct Dex<'a> {
    file: &'a [u8],
}

/// Where the header says that each table starts.
const STRINGS: u32 = 60;
const TYPES: u32 = 68;
const PROTOTYPES: u32 = 76;
const FIELDS: u32 = 84;
const METHODS: u32 = 92;

impl Dex<'_> {
    fn bytes<const N: usize>(&self, at: u32) -> Result<[u8; N]> {
        let at = usize::try_from(at)?;
        let found = self.file.get(at..at + N).and_then(|bytes| bytes.try_into().ok());
        found.with_context(|| format!("the DEX file ends before {at}"))
    }

    fn u32(&self, at: u32) -> Result<u32> {
        Ok(u32::from_le_bytes(self.bytes(at)?))
    }

    fn u16(&self, at: u32) -> Result<u32> {
        Ok(u16::from_le_bytes(self.bytes(at)?).into())
    }

    /// A number in as many bytes as it needs, seven bits in each. Moves `at` behind it.
    fn uleb(&self, at: &mut u32) -> Result<u32> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let [byte] = self.bytes(*at)?;
            *at += 1;
            value |= u32::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            ensure!(shift < 35, "a number without an end");
        }
    }

    /// Where an item of a table starts.
    fn item(&self, table: u32, index: u32, size: u32) -> Result<u32> {
        Ok(self.u32(table)? + index * size)
    }

    fn string(&self, index: u32) -> Result<String> {
        let mut at = self.u32(self.item(STRINGS, index, 4)?)?;
        self.uleb(&mut at)?;
        let rest = self.file.get(usize::try_from(at)?..).context("a string outside")?;
        let end = rest
            .iter()
            .position(|byte| *byte == 0)
            .context("a string without an end")?;
        Ok(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    fn descriptor(&self, type_: u32) -> Result<String> {
        self.string(self.u32(self.item(TYPES, type_, 4)?)?)
    }

    /// The name of a class: `a.b.C` of `La/b/C;`.
    fn name(&self, type_: u32) -> Result<String> {
        Ok(self
            .descriptor(type_)?
            .trim_start_matches('L')
            .trim_end_matches(';')
            .replace('/', "."))
    }

    fn prototype(&self, index: u32) -> Result<String> {
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

    fn class(&self, at: u32) -> Result<(String, Class)> {
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

    fn members(&self, mut at: u32, marked: &BTreeMap<(bool, u32), Vec<String>>, class: &mut Class) -> Result<()> {
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
    fn annotations(&self, set: u32) -> Result<Vec<String>> {
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
