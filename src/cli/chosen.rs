//! What `check` and `test` are asked to look at: files and folders, or flows by their names. A path that
//! is there is the path; any other word is looked for among the flows of the workspace.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::cli::Context;
use crate::cli::load::{flow_name, workspace_dir, yaml_files};
use crate::diagnostic::nearest;
use crate::flow::Source;

/// The paths that `words` stand for.
pub fn paths(context: &Context, words: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let there: Vec<PathBuf> = words.iter().filter(|word| word.exists()).cloned().collect();
    if there.len() == words.len() {
        return Ok(there);
    }
    let dir = workspace_dir(context, &there);
    let sources = match dir.is_dir() {
        true => yaml_files(&dir)?,
        false => Vec::new(),
    };
    words
        .iter()
        .map(|word| path(word, &dir, &sources))
        .collect()
}

fn path(word: &Path, dir: &Path, sources: &[Source]) -> anyhow::Result<PathBuf> {
    if word.exists() {
        return Ok(word.to_path_buf());
    }
    let shown = word.display();
    let name = word.to_string_lossy();
    if let Some(source) = sources
        .iter()
        .find(|source| flow_name(&source.text) == Some(&*name))
    {
        return Ok(PathBuf::from(&source.file));
    }
    let is_path = word.components().count() > 1 || word.extension().is_some();
    if is_path {
        let same = |source: &&Source| Path::new(&source.file).file_name() == word.file_name();
        match sources.iter().find(same) {
            Some(source) => bail!(
                "cannot read {shown}: it is not there; did you mean {}?",
                source.file
            ),
            None => bail!("cannot read {shown}: it is not there"),
        }
    }
    let names = sources.iter().filter_map(|source| flow_name(&source.text));
    match nearest(&name, names) {
        Some(near) => bail!("there is no file, folder or flow `{shown}`; did you mean `{near}`?"),
        None => bail!(
            "there is no file, folder or flow `{shown}`; the flows looked through are in {}",
            dir.display()
        ),
    }
}
