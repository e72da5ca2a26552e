//! The `lvm` command as its users see it: exit codes, what is on standard output and what on
//! standard error, and which files are there afterwards.

mod bundled_guests_run;
mod command;
mod conformance_folders;
mod files_whole_or_absent;
mod interrupted_runs_go_on;
mod interrupted_runs_leave_nothing;
mod profiles_complete;
mod programs_of_other_machines;
mod proofs_verify;
mod statistics_add_up;
mod wrong_usage_refused;
