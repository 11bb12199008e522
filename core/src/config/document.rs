//! The configuration as a serde document.
//!
//! Each value is read through the table of settings while the format's own reader stands on it, so that an error carries
//! the format's line and column, and says the same in every format.

use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::settings::{SettingInfo, settings};
use super::{Config, Document};
use crate::options::OptionValue;
use crate::suggest;

/// A document where people read; JSON text in binary formats, which cannot hold options of any type.
impl Serialize for Config {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = Document { memory: &self.memory, parallel: &self.parallel };
        if serializer.is_human_readable() {
            return document.serialize(serializer);
        }
        let text = serde_json::to_string(&document).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return serde_json::from_str(&String::deserialize(deserializer)?)
                .map_err(de::Error::custom);
        }
        let mut config = Self::default();
        deserializer.deserialize_map(Sections(&mut config))?;
        Ok(config)
    }
}

/// The top: sections by name.
struct Sections<'c>(&'c mut Config);

impl<'de> Visitor<'de> for Sections<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of sections")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut sections: Vec<_> = settings().iter().map(|setting| setting.section).collect();
        sections.dedup();
        let section = |name: &str| {
            let found = sections.iter().find(|section| **section == name);
            found.copied().ok_or_else(|| suggest::unknown("section", name, &sections))
        };
        while let Some(section) = map.next_key_seed(Name(&section))? {
            map.next_value_seed(Section { config: &mut *self.0, name: section })?;
        }
        Ok(())
    }
}

/// One section: settings by name.
struct Section<'c> {
    config: &'c mut Config,
    name: &'static str,
}

impl<'de> DeserializeSeed<'de> for Section<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Section<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a table of settings for `{}`", self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let here: Vec<_> =
            settings().iter().filter(|setting| setting.section == self.name).collect();
        let setting = |key: &str| {
            let found = here.iter().find(|setting| setting.key == key);
            found.copied().ok_or_else(|| {
                let keys: Vec<_> = here.iter().map(|setting| setting.key).collect();
                suggest::unknown(&format!("key in section `{}`:", self.name), key, &keys)
            })
        };
        while let Some(setting) = map.next_key_seed(Name(&setting))? {
            map.next_value_seed(Value { config: &mut *self.config, setting })?;
        }
        Ok(())
    }
}

/// A name that `find` knows.
struct Name<'f, F>(&'f F);

impl<'de, T, F: Fn(&str) -> Result<T, String>> DeserializeSeed<'de> for Name<'_, F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<T, F: Fn(&str) -> Result<T, String>> Visitor<'_> for Name<'_, F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<T, E> {
        (self.0)(name).map_err(E::custom)
    }
}

/// The value of one setting.
struct Value<'c> {
    config: &'c mut Config,
    setting: &'static SettingInfo,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let value = OptionValue::deserialize(deserializer)?;
        (self.setting.set)(self.config, &value).map_err(|error| {
            de::Error::custom(error.under(self.setting.key).into_message("setting"))
        })
    }
}
