//! Puts the catalog's TOML files, and what signatures share, into JSON: a quarter of the time to read at every start, and a
//! file that is no TOML fails the build. What a scan reads is one text; the examples, as long again, are another.

use std::path::Path;
use std::{env, error, fs};

use serde_json::{Map, Value};

fn main() -> Result<(), Box<dyn error::Error>> {
    let directory = Path::new("src/extract/signature/catalog");
    println!("cargo::rerun-if-changed={}", directory.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        paths.push(entry?.path());
    }
    paths.sort();
    let (mut files, mut examples) = (Map::new(), Map::new());
    for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "toml")) {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_name().ok_or("a file has a name")?.to_string_lossy().into_owned();
        let mut file = json(path)?;
        for signature in file["signature"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            let mut taken = Map::new();
            for kind in ["example", "counterexample"] {
                taken.extend(signature.remove(kind).map(|some| (kind.to_owned(), some)));
            }
            if let Some(Value::String(id)) = signature.get("id") {
                examples.insert(id.clone(), taken.into());
            }
        }
        files.insert(name, file);
    }
    let shared = Path::new("src/extract/signature/shared.toml");
    println!("cargo::rerun-if-changed={}", shared.display());
    let out = env::var("OUT_DIR")?;
    for (name, content) in
        [("catalog.json", Value::from(files)), ("examples.json", Value::from(examples)), ("shared.json", json(shared)?)]
    {
        #[expect(clippy::disallowed_methods, reason = "a build script writes for the compiler alone")]
        fs::write(Path::new(&out).join(name), serde_json::to_string(&content)?)?;
    }
    Ok(())
}

/// The content of a TOML file.
fn json(path: &Path) -> Result<Value, Box<dyn error::Error>> {
    let table: toml::Table =
        toml::from_str(&fs::read_to_string(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_json::to_value(table)?)
}
