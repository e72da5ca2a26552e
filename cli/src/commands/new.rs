//! `lvm new`

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use crate::arguments::New;
use crate::display::line;

/// Makes the crate of a new guest and shows its folder.
pub(crate) fn run(arguments: &New) -> anyhow::Result<ExitCode> {
    let path = &arguments.path;
    let cannot = || format!("cannot make the guest {}", path.display());
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .context("its last part is not a name")
        .with_context(cannot)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    lvm_guest_build::new(name, folder, arguments.sdk.as_deref()).with_context(cannot)?;
    line(path.display())?;
    eprintln!("build it with `lvm build {}`", path.display());
    Ok(ExitCode::SUCCESS)
}
