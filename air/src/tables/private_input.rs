//! `private_input`.
