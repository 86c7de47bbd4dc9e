//! Reading a workspace from disk: `workspace.yaml` and every flow beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use crate::carrier;
use crate::cli::Context;
use crate::diagnostic::Diagnostic;
use crate::flow::workspace::{self, Workspace};
use crate::flow::{self, Flow, Source, yaml};

/// Folders below a workspace are read this deep.
const DEPTH_MAX: usize = 8;

/// A workspace as it stands on disk, compiled.
pub struct Loaded {
    pub workspace: Arc<Workspace>,
    pub flows: Vec<Arc<Flow>>,
    pub diagnostics: Vec<Diagnostic>,
    /// Every file read, `workspace.yaml` first where there is one.
    pub sources: Vec<Source>,
}

impl Loaded {
    /// Whether a file says that it is this flow, and does not compile.
    pub fn is_broken(&self, name: &str) -> bool {
        let says_so = |source: &Source| flow_name(&source.text) == Some(name);
        !self.flows.iter().any(|flow| flow.name == *name) && self.sources.iter().any(says_so)
    }

    /// The flow of this name; an error that names those there are.
    pub fn flow(&self, name: &str) -> anyhow::Result<&Arc<Flow>> {
        if let Some(flow) = self.flows.iter().find(|flow| flow.name == *name) {
            return Ok(flow);
        }
        let names = || self.flows.iter().map(|flow| flow.name.as_str());
        if self.is_broken(name) {
            bail!("`{name}` does not compile; `replytree check` shows why");
        }
        match crate::diagnostic::nearest(name, names()) {
            Some(near) => bail!("there is no flow `{name}`; did you mean `{near}`?"),
            None => bail!(
                "there is no flow `{name}`; there are {}",
                names().collect::<Vec<_>>().join(", ")
            ),
        }
    }
}

/// The folder the command works on: as told, else the nearest one above the first of `paths` with a
/// `workspace.yaml`, else `flows` if it is there, else the current one.
pub fn workspace_dir(context: &Context, paths: &[PathBuf]) -> PathBuf {
    if let Some(dir) = &context.workspace {
        return dir.clone();
    }
    let above = paths.first().and_then(|path| {
        let path = path.canonicalize().ok()?;
        path.ancestors()
            .find(|dir| dir.join(workspace::FILE).is_file())
            .map(Path::to_path_buf)
    });
    above
        .map(shorten)
        .unwrap_or_else(|| match Path::new("flows").is_dir() {
            true => PathBuf::from("flows"),
            false => PathBuf::from("."),
        })
}

/// Relative to the current folder where it lies below it, so that diagnostics read as typed.
fn shorten(path: PathBuf) -> PathBuf {
    let Ok(here) = std::env::current_dir().and_then(|here| here.canonicalize()) else {
        return path;
    };
    match path.strip_prefix(&here) {
        Ok(rest) if rest.as_os_str().is_empty() => PathBuf::from("."),
        Ok(rest) => rest.to_path_buf(),
        Err(_) => path,
    }
}

/// Reads and compiles the workspace of `context`, with `paths` beside it.
pub fn load(context: &Context, paths: &[PathBuf]) -> anyhow::Result<Loaded> {
    load_dir(&workspace_dir(context, paths), paths)
}

pub fn load_dir(dir: &Path, paths: &[PathBuf]) -> anyhow::Result<Loaded> {
    if !dir.is_dir() {
        bail!(
            "{} is not a folder; give one with --workspace",
            dir.display()
        );
    }
    let file = dir.join(workspace::FILE);
    let (workspace, mut diagnostics, mut sources) = if file.is_file() {
        let source = read(&file)?;
        let (workspace, mut found) =
            workspace::read(&source.file, &source.text, &|name| std::env::var(name).ok());
        if !found.iter().any(Diagnostic::is_error) {
            found.extend(unusable_channels(&workspace, &source));
        }
        (workspace, found, vec![source])
    } else {
        (Workspace::default(), Vec::new(), Vec::new())
    };
    let mut files = Vec::new();
    find(dir, 0, &mut files)?;
    for path in paths {
        if path.is_dir() {
            find(path, 0, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    let mut flows = Vec::new();
    let mut known = Vec::new();
    for file in files {
        let full = file
            .canonicalize()
            .with_context(|| format!("cannot read {}", file.display()))?;
        if !known.contains(&full) && !file.ends_with(workspace::FILE) {
            known.push(full);
            flows.push(read(&file)?);
        }
    }
    let compiled = flow::compile(&workspace, &flows);
    diagnostics.extend(compiled.diagnostics);
    sources.extend(flows);
    Ok(Loaded {
        workspace: Arc::new(workspace),
        flows: compiled.flows,
        diagnostics,
        sources,
    })
}

/// Channels by which no text could be sent, or whose webhooks could not be believed.
fn unusable_channels(workspace: &Workspace, source: &Source) -> Vec<Diagnostic> {
    let root = yaml::read(&source.file, &source.text).0;
    let channels = root.as_ref().and_then(|root| root.get("channels"));
    workspace
        .channels
        .iter()
        .filter_map(|(name, channel)| {
            let settings = carrier::Settings {
                values: &channel.settings,
                api: channel.api.as_deref(),
            };
            let from = channel.from.first().map(String::as_str);
            let wrong = carrier::rehearse(carrier::find(&channel.carrier)?, &settings, from)?;
            let entry = channels?.entry(name)?;
            let span = entry
                .value
                .get("carrier")
                .map_or(entry.key_span, |node| node.span);
            let message = format!("the channel `{name}` cannot work: {wrong}");
            let help =
                "docs/CARRIERS.md has the settings of each carrier; secrets stand as ${NAME}";
            Some(Diagnostic::error("E0609", &source.file, span, message).help(help))
        })
        .collect()
}

fn read(path: &Path) -> anyhow::Result<Source> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| anyhow::anyhow!("{} is not UTF-8 text", path.display()))?;
    let file = path
        .strip_prefix("./")
        .unwrap_or(path)
        .display()
        .to_string();
    Ok(Source {
        file,
        text: text
            .strip_prefix('\u{feff}')
            .map_or(text.clone(), str::to_string),
    })
}

/// The name that a file gives its flow, whether it compiles or not.
pub fn flow_name(text: &str) -> Option<&str> {
    let said = text.lines().find_map(|line| line.strip_prefix("flow:"))?;
    let said = said.split_once(" #").map_or(said, |(name, _)| name);
    Some(said.trim().trim_matches(['"', '\'']))
}

/// Every YAML file of a workspace, as `load` reads them.
pub fn yaml_files(dir: &Path) -> anyhow::Result<Vec<Source>> {
    let mut files = Vec::new();
    find(dir, 0, &mut files)?;
    files.iter().map(|file| read(file)).collect()
}

/// Every YAML file below `dir`, in the order of their names.
fn find(dir: &Path, depth: usize, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries =
        std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .collect();
    paths.sort();
    for path in paths {
        let hidden = path
            .file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with(['.', '#']));
        if hidden {
            continue;
        }
        if path.is_dir() && depth < DEPTH_MAX {
            find(&path, depth + 1, files)?;
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether `file` is one of `paths` or lies below one; all do when none are given.
pub fn is_among(file: &str, paths: &[PathBuf]) -> bool {
    if paths.is_empty() {
        return true;
    }
    let Ok(file) = Path::new(file).canonicalize() else {
        return true;
    };
    paths
        .iter()
        .filter_map(|path| path.canonicalize().ok())
        .any(|path| file.starts_with(path))
}
