//! The modules of one crate. Resolves the paths in them to files.

use std::path::{Path, PathBuf};

use super::source::{self, Source};
use crate::sh::Result;
use crate::workspace::read_text;

/// Maximum number of imports to follow when resolving a path. The limit ends the search in a cycle of imports.
const MAX_IMPORTS: usize = 16;

/// The modules of a crate. The first one is the root.
#[derive(Debug)]
pub(super) struct Modules {
    modules: Vec<Module>,
}

#[derive(Debug)]
struct Module {
    name: String,
    parent: Option<usize>,
    file: PathBuf,
    source: Source,
}

/// What a path resolves to. The number is the position of a module in [`Modules`].
enum Target {
    /// The module itself.
    Module(usize),
    /// An item that the module defines.
    Item(usize),
    /// An item of another crate that a module imports.
    Foreign,
}

impl Modules {
    /// Reads all modules of the crate with the root file `root`.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut modules = Self { modules: Vec::new() };
        let folder = root.parent().unwrap_or(Path::new("")).to_owned();
        modules.read_file("crate", None, root, &folder)?;
        Ok(modules)
    }

    /// Reads the module in `file` and its submodules, whose files are in `folder`.
    fn read_file(&mut self, name: &str, parent: Option<usize>, file: &Path, folder: &Path) -> Result {
        let source =
            Source::parse(&read_text(file)?).map_err(|error| format!("{}: {error}", file.display()))?;
        self.add(name, parent, file, folder, source)
    }

    fn add(
        &mut self,
        name: &str,
        parent: Option<usize>,
        file: &Path,
        folder: &Path,
        mut source: Source,
    ) -> Result {
        let declared = std::mem::take(&mut source.modules);
        let this = self.modules.len();
        self.modules.push(Module { name: name.to_owned(), parent, file: file.to_owned(), source });
        for source::Declaration { name, path, inline } in declared {
            let below = folder.join(&name);
            if let Some(source) = inline {
                self.add(&name, Some(this), file, &below, source)?;
            } else if let Some(path) = path {
                let file = file.with_file_name(path);
                let folder = file.parent().unwrap_or(Path::new("")).to_owned();
                self.read_file(&name, Some(this), &file, &folder)?;
            } else {
                let flat = below.with_extension("rs");
                let file = if flat.exists() { flat } else { below.join("mod.rs") };
                self.read_file(&name, Some(this), &file, &below)?;
            }
        }
        Ok(())
    }

    /// Returns the pairs `(user, used)` of files. A module's use of its own submodules is left out.
    pub(super) fn uses(&self) -> Vec<(&Path, &Path)> {
        let mut uses = Vec::new();
        for (position, module) in self.modules.iter().enumerate() {
            for path in &module.source.paths {
                let Some(Target::Module(target) | Target::Item(target)) = self.resolve(position, path, 0)
                else {
                    continue;
                };
                let file = &self.modules[target].file;
                if *file != module.file && !self.is_below(target, position) {
                    uses.push((&*module.file, &**file));
                }
            }
        }
        uses.sort();
        uses.dedup();
        uses
    }

    fn is_below(&self, module: usize, ancestor: usize) -> bool {
        let parent = |module: &usize| self.modules[*module].parent;
        std::iter::successors(Some(module), parent).any(|module| module == ancestor)
    }

    /// Resolves a path that occurs in a module. `imports` is the number of imports that were followed so far. Returns
    /// `None` if [`look_up`](Self::look_up) does not find the start of the path, as in a path to another crate.
    fn resolve(&self, module: usize, path: &[String], imports: usize) -> Option<Target> {
        let parent = |module: usize| self.modules[module].parent.unwrap_or(module);
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => 0,
            "self" => module,
            "super" => parent(module),
            name => match self.look_up(module, name, imports)? {
                Target::Module(target) => target,
                item => return Some(item),
            },
        };
        while let Some((name, after)) = rest.split_first() {
            rest = after;
            at = match name.as_str() {
                "super" => parent(at),
                name => match self.look_up(at, name, imports) {
                    Some(Target::Module(target)) => target,
                    Some(item) => return Some(item),
                    // The module's source does not define the name. So a macro generates the item, or a glob imports
                    // it from another crate or from an enum.
                    None => return Some(Target::Item(at)),
                },
            };
        }
        Some(Target::Module(at))
    }

    /// Looks up a name in a module. The name can be that of a submodule, an item or an import, or a glob can import it.
    /// An import is followed to the module or item that it imports. Returns `None` if the name is not found, or if more
    /// than [`MAX_IMPORTS`] imports were followed.
    fn look_up(&self, module: usize, name: &str, imports: usize) -> Option<Target> {
        if imports > MAX_IMPORTS {
            return None;
        }
        let is_submodule = |other: &Module| other.parent == Some(module) && other.name == name;
        if let Some(submodule) = self.modules.iter().position(is_submodule) {
            return Some(Target::Module(submodule));
        }
        let source = &self.modules[module].source;
        if source.items.iter().any(|item| item == name) {
            return Some(Target::Item(module));
        }
        if let Some((_, path)) = source.imports.iter().find(|(imported, _)| imported == name) {
            return Some(self.resolve(module, path, imports + 1).unwrap_or(Target::Foreign));
        }
        source.globs.iter().find_map(|path| match self.resolve(module, path, imports + 1)? {
            // If `target` imports the name from another crate, the import can be private to `target`. So the other
            // globs are tried as well.
            Target::Module(target) => {
                self.look_up(target, name, imports + 1).filter(|found| !matches!(found, Target::Foreign))
            }
            Target::Item(_) | Target::Foreign => None,
        })
    }
}
