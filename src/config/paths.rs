//! Where things lie: data, photos, caches, the model, the runtime library.

use std::path::{Path, PathBuf};

use super::deployment::SYSTEM_DATA_DIR;
use super::file::PathsTable;
use super::{ConfigError, Deployment, Environment, Flags};

/// Absolute paths, none of which needs to exist yet.
#[derive(Debug, Clone)]
pub struct Paths {
    /// The private cluster, photos and everything else that must be kept.
    pub data_dir: PathBuf,
    /// Originals, derived pictures and attachments; inside the data directory unless set.
    pub photos_dir: PathBuf,
    /// What can be made again: downloads, the converted model.
    pub cache_dir: PathBuf,
    /// Where a fetched model is kept; inside the data directory unless set.
    pub ml_cache: PathBuf,
    /// The user's runtime directory (`XDG_RUNTIME_DIR`), short and private: for sockets.
    pub runtime_dir: Option<PathBuf>,
    /// The directory of the running program.
    pub program_dir: Option<PathBuf>,
    model_dir: Option<PathBuf>,
    hub_caches: Vec<PathBuf>,
    onnx_runtime: Option<PathBuf>,
}

/// The folder name of the model in a directory of several.
const MODEL_NAME: &str = "all-MiniLM-L6-v2";
/// What packages install beside the program.
const PACKAGE_DIR: &str = "/usr/lib/inventory";

impl Paths {
    pub(super) fn merge(
        flags: &Flags,
        env: &Environment,
        file: PathsTable,
        base: &Path,
        deployment: Deployment,
    ) -> Result<Self, ConfigError> {
        let beside_file = |path: Option<PathBuf>| path.map(|path| env.working_dir.join(base).join(path));
        let xdg = |variable, below_home: &str| {
            env.path(variable)
                .or_else(|| env.home.as_ref().map(|home| home.join(below_home)))
                .map(|dir| dir.join("inventory"))
        };
        let data_dir = flags
            .data_dir
            .as_ref()
            .map(|dir| env.working_dir.join(dir))
            .or_else(|| env.path("INVENTORY_DATA_DIR"))
            .or_else(|| beside_file(file.data_dir))
            .or_else(|| deployment.data_dir())
            .or_else(|| (env.is_root && env.get("XDG_DATA_HOME").is_none()).then(|| PathBuf::from(SYSTEM_DATA_DIR)))
            .or_else(|| xdg("XDG_DATA_HOME", ".local/share"))
            .ok_or(ConfigError::NoHome)?;
        Ok(Self {
            photos_dir: beside_file(file.photos_dir).unwrap_or_else(|| deployment.photos_dir(&data_dir)),
            cache_dir: beside_file(file.cache_dir)
                .or_else(|| xdg("XDG_CACHE_HOME", ".cache"))
                .unwrap_or_else(|| data_dir.join("cache")),
            ml_cache: beside_file(file.ml_cache).unwrap_or_else(|| data_dir.join("ml_cache")),
            runtime_dir: env.path("XDG_RUNTIME_DIR"),
            program_dir: env.program_dir.clone(),
            model_dir: env.path("INVENTORY_MODEL_DIR").or_else(|| beside_file(file.model_dir)),
            hub_caches: [env.path("HF_HOME"), env.path("TRANSFORMERS_CACHE")].into_iter().flatten().collect(),
            onnx_runtime: env
                .path("INVENTORY_ONNXRUNTIME")
                .or_else(|| env.path("ORT_DYLIB_PATH"))
                .or_else(|| beside_file(file.onnx_runtime)),
            data_dir,
        })
    }

    /// The model directory somebody named, which is then the only one to use.
    pub fn chosen_model_dir(&self) -> Option<&Path> {
        self.model_dir.as_deref()
    }

    /// Directories that may hold the model's files, best first: the one somebody named; the model caches
    /// (`HF_HOME`, `TRANSFORMERS_CACHE`, the data directory's `ml_cache`); beside the program; the package's;
    /// what `make model` built in the user's cache.
    pub fn model_dirs(&self) -> Vec<PathBuf> {
        let mut dirs: Vec<PathBuf> = self.model_dir.iter().cloned().collect();
        for cache in self.model_caches() {
            dirs.push(cache.join(MODEL_NAME));
            dirs.push(cache);
        }
        dirs.extend(self.program_dir.iter().map(|dir| dir.join("model")));
        dirs.push(Path::new(PACKAGE_DIR).join("model"));
        dirs.push(self.cache_dir.join("model"));
        dirs
    }

    /// Caches in the layout of the Hugging Face hub, best first; the last one is ours to write.
    pub fn model_caches(&self) -> Vec<PathBuf> {
        let mut caches = Vec::new();
        for cache in &self.hub_caches {
            caches.push(cache.join("hub"));
            caches.push(cache.clone());
        }
        caches.push(self.ml_cache.clone());
        caches
    }

    /// Where the ONNX Runtime library may be, best first: the one somebody named, which is then the only one; else
    /// folders beside the program, the package's, the user's cache, and last the bare name, for the system's loader.
    pub fn onnx_runtimes(&self) -> Vec<PathBuf> {
        if let Some(chosen) = &self.onnx_runtime {
            return vec![chosen.clone()];
        }
        let mut places = Vec::new();
        for dir in self.program_dir.iter().map(PathBuf::as_path).chain([Path::new(PACKAGE_DIR)]) {
            places.push(dir.to_owned());
            places.push(dir.join("lib"));
        }
        places.push(self.cache_dir.join("lib"));
        places.push("libonnxruntime.so".into());
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(env: &Environment) -> Paths {
        Paths::merge(&Flags::default(), env, PathsTable::default(), Path::new(""), Deployment::Desktop).expect("valid")
    }

    #[test]
    fn root_keeps_its_data_where_services_do() {
        let mut env = Environment::of(&[]).with_home("/root");
        env.is_root = true;
        assert_eq!(paths(&env).data_dir, Path::new("/var/lib/inventory"));
        assert_eq!(paths(&env).cache_dir, Path::new("/root/.cache/inventory"));
    }

    #[test]
    fn without_a_home_the_data_directory_has_to_be_given() {
        let env = Environment::of(&[]);
        let merged = Paths::merge(&Flags::default(), &env, PathsTable::default(), Path::new(""), Deployment::Desktop);
        assert!(matches!(merged, Err(ConfigError::NoHome)));
    }

    #[test]
    fn the_model_somebody_named_comes_first_and_the_built_one_last() {
        let env = Environment::of(&[("INVENTORY_MODEL_DIR", "/m"), ("HF_HOME", "/hf")]).with_home("/home/ann");
        let dirs = paths(&env).model_dirs();
        assert_eq!(dirs.first().expect("some"), Path::new("/m"));
        assert_eq!(dirs.get(1).expect("some"), Path::new("/hf/hub/all-MiniLM-L6-v2"));
        assert_eq!(dirs.last().expect("some"), Path::new("/home/ann/.cache/inventory/model"));
    }

    #[test]
    fn a_runtime_library_somebody_named_is_the_only_one() {
        let env = Environment::of(&[("ORT_DYLIB_PATH", "/lib/o.so")]).with_home("/home/ann");
        assert_eq!(paths(&env).onnx_runtimes(), [Path::new("/lib/o.so")]);
        let env = Environment::of(&[]).with_home("/home/ann");
        assert_eq!(paths(&env).onnx_runtimes().last().expect("some"), Path::new("libonnxruntime.so"));
    }
}
