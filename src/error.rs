//! The domain error: what kind of failure, a stable code, a message that may be shown to a stranger, and a private source.
//!
//! Frontends map [`Kind`] to their own protocol with one exhaustive match each. The public message never holds a name, an address,
//! a filter or anything of the inside; the source is for logs of administrators only.

use std::error::Error as StdError;

/// What went wrong, as a frontend needs to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request is malformed (HTTP 400, LDAP protocolError or the like).
    Invalid,
    /// No or wrong credential.
    Unauthenticated,
    /// Known, but not allowed.
    Forbidden,
    /// The thing does not exist, or may not be shown: never told apart.
    NotFound,
    /// The state of the store refuses (already there, another edition is newer, a guard).
    Conflict,
    /// It was there and is not to be had again for a while.
    Gone,
    /// It is not in the state the caller expected.
    Precondition,
    /// Understood, and refused by a rule of the field.
    Unprocessable,
    /// A bound was passed: too large, too many.
    TooLarge,
    /// The server has too much to do at once.
    Busy,
    /// This caller asks too much too fast.
    RateLimited,
    /// The doors are closed (not caught up yet, shutting down).
    Unavailable,
    /// Everything else; the message says nothing of the inside.
    Internal,
}

/// Code of what could not be written because there is no room: whoever asked may come again when there is.
pub const STORAGE_FULL: &str = "storage_full";

/// Is there no room for a file? A limit on the size of files of a process is told in the same way.
#[must_use]
pub fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as K;
    matches!(error.kind(), K::StorageFull | K::QuotaExceeded | K::FileTooLarge)
}

/// `io` failures of files that are given out: a full disk is told apart, since whoever asked may come again when there is room. No path and
/// no name is in it.
pub fn unwritable(error: std::io::Error) -> Error {
    use std::io::ErrorKind as K;
    if is_full(&error) {
        let message = format!("there is no room for the files: {}", error.kind());
        return Error::new(Kind::Unavailable, STORAGE_FULL, message).with_source(error);
    }
    if matches!(error.kind(), K::PermissionDenied | K::ReadOnlyFilesystem) {
        return Error::new(Kind::Unavailable, "storage", "the folder of the files cannot be written").with_source(error);
    }
    Error::internal("the files cannot be written", error)
}

/// The one error of the library.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: Kind,
    code: &'static str,
    message: String,
    field: Option<String>,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A new error; `code` is stable, lower-case, with underscores (`not_found`), or an MSS-code.
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), field: None, source: None }
    }

    /// Names the field of the body at fault.
    #[must_use]
    pub fn at_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, "invalid_request", message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, "not_found", message)
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, "conflict", message)
    }

    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, "unavailable", message)
    }

    /// An internal failure: `what` says which step failed, in words fit for an administrator's screen.
    pub fn internal(what: impl Into<String>, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Kind::Internal, "internal", what).with_source(source)
    }

    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The message with all its sources, for an administrator's terminal.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.message.clone();
        let mut next = self.source.as_deref().map(|e| e as &dyn StdError);
        while let Some(error) = next {
            text.push_str(": ");
            text.push_str(&error.to_string());
            next = error.source();
        }
        text
    }
}

/// `io` failures with the place they happened.
pub fn at_path(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
    move |error| Error::internal(format!("{}: {error}", path.display()), error)
}
