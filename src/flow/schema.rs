//! The JSON Schema (draft 2020-12) of flows and of workspace.yaml, made from the grammar's tables, so
//! that an editor completes, explains and refuses what the compiler does.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::flow::grammar::{COMMON, FLOW, Key, Need, Object, Shape, VERBS, WORKSPACE, Words};

pub fn flow_schema() -> Value {
    document(
        "https://replytree.dev/schema/flow.json",
        "A Replytree flow",
        &FLOW,
    )
}

pub fn workspace_schema() -> Value {
    document(
        "https://replytree.dev/schema/workspace.json",
        "A Replytree workspace",
        &WORKSPACE,
    )
}

fn document(id: &str, title: &str, root: &'static Object) -> Value {
    let mut defs = Defs::default();
    let root = defs.object_ref(root);
    let defs: Map<String, Value> = defs.done.into_iter().collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": id,
        "title": title,
        "$ref": root["$ref"],
        "$defs": defs,
    })
}

/// Objects by name, each once; a step may stand within a step's neighbours, so they refer.
#[derive(Default)]
struct Defs {
    names: Vec<(*const Object, String)>,
    done: BTreeMap<String, Value>,
}

impl Defs {
    fn object_ref(&mut self, object: &'static Object) -> Value {
        let known = self
            .names
            .iter()
            .find(|(seen, _)| std::ptr::eq(*seen, object));
        let name = match known {
            Some((_, name)) => name.clone(),
            None => {
                let name = self.fresh(object.name);
                self.names.push((object, name.clone()));
                let schema = self.object(object, object.keys.iter().collect());
                self.done.insert(name.clone(), schema);
                name
            }
        };
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// `an answer` as `answer`; a second object of that name gets a number.
    fn fresh(&self, name: &str) -> String {
        let plain = name
            .trim_start_matches("an ")
            .trim_start_matches("a ")
            .replace(' ', "-");
        let taken = |name: &str| self.names.iter().any(|(_, known)| known == name);
        let numbered = (2..).map(|n| format!("{plain}-{n}"));
        std::iter::once(plain.clone())
            .chain(numbered)
            .find(|name| !taken(name))
            .unwrap_or(plain)
    }

    fn object(&mut self, object: &'static Object, keys: Vec<&'static Key>) -> Value {
        let required: Vec<&str> = keys
            .iter()
            .filter(|key| key.need == Need::Required)
            .map(|key| key.name)
            .collect();
        let mut properties = Map::new();
        for key in keys {
            let mut schema = self.shape(&key.shape);
            schema["description"] = key.doc.into();
            properties.insert(key.name.to_string(), schema);
        }
        json!({
            "type": "object",
            "description": object.doc,
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }

    fn shape(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::Word(words) => word(words),
            Shape::Choice(choices) => {
                let one = |(word, doc): &(&str, &str)| json!({ "const": word, "description": doc });
                json!({ "oneOf": choices.iter().map(one).collect::<Vec<Value>>() })
            }
            Shape::Int { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Shape::Number => json!({ "type": "number" }),
            Shape::Bool => json!({ "type": "boolean" }),
            Shape::Text => json!({
                "anyOf": [
                    { "type": SCALAR },
                    by_locale(&json!({ "type": SCALAR })),
                ],
            }),
            Shape::LocaleWords => {
                let word = json!({ "type": SCALAR });
                let words = json!({ "anyOf": [word, { "type": "array", "items": word }] });
                json!({ "anyOf": [word, { "type": "array", "items": word }, by_locale(&words)] })
            }
            Shape::List(item) => {
                json!({ "type": "array", "items": self.shape(item), "minItems": 1 })
            }
            Shape::OneOrMany(item) => {
                let item = self.shape(item);
                json!({ "anyOf": [item, { "type": "array", "items": item, "minItems": 1 }] })
            }
            Shape::Map { value, .. } => json!({
                "type": "object",
                "propertyNames": { "pattern": crate::flow::grammar::NAME.pattern },
                "additionalProperties": self.shape(value),
            }),
            Shape::Object(object) => self.object_ref(object),
            Shape::Step => self.step(),
            Shape::OneOf(shapes) => {
                let any: Vec<Value> = shapes.iter().map(|shape| self.shape(shape)).collect();
                json!({ "anyOf": any })
            }
            Shape::Nothing => json!({ "type": "null" }),
            Shape::Anything => json!({}),
        }
    }

    /// One of the verbs, picked by the key that is there; each with the keys of every step.
    fn step(&mut self) -> Value {
        let verbs: Vec<Value> = VERBS
            .into_iter()
            .map(|verb| {
                let name = format!("step-{}", verb.name);
                if !self.done.contains_key(&name) {
                    let keys = verb.keys.iter().chain(COMMON.iter()).collect();
                    let schema = self.object(verb, keys);
                    self.done.insert(name.clone(), schema);
                }
                json!({ "$ref": format!("#/$defs/{name}") })
            })
            .collect();
        json!({ "type": "object", "anyOf": verbs })
    }
}

/// What YAML may make of a word: `key: 1` is a number to an editor.
const SCALAR: [&str; 3] = ["string", "number", "boolean"];

fn word(words: &Words) -> Value {
    let mut schema = json!({ "type": SCALAR });
    if !words.pattern.is_empty() {
        schema["pattern"] = words.pattern.into();
    }
    if !words.examples.is_empty() {
        schema["examples"] = words.examples.into();
    }
    schema
}

fn by_locale(text: &Value) -> Value {
    json!({
        "type": "object",
        "propertyNames": { "pattern": crate::flow::grammar::LOCALE.pattern },
        "additionalProperties": text,
        "minProperties": 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refs(schema: &Value, found: &mut Vec<String>) {
        match schema {
            Value::Object(map) => {
                if let Some(Value::String(to)) = map.get("$ref") {
                    found.push(to.clone());
                }
                map.values().for_each(|value| refs(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| refs(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_key_says_what_it_is() {
        for schema in [flow_schema(), workspace_schema()] {
            let mut found = Vec::new();
            refs(&schema, &mut found);
            assert!(found.len() > 5);
            for to in found {
                let pointer = to.trim_start_matches('#');
                let target = schema.pointer(pointer);
                assert!(target.is_some(), "{to}");
                let keys = target.and_then(|t| t["properties"].as_object()).unwrap();
                for (key, schema) in keys {
                    assert!(
                        !schema["description"].as_str().unwrap().is_empty(),
                        "{to} {key}"
                    );
                }
            }
        }
    }
}
