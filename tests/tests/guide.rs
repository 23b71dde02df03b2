//! The code in the guide does what the guide says.

#![forbid(unsafe_code)]

include!(concat!(env!("OUT_DIR"), "/guide.rs"));
