/// A provider whose source changes while it is projected, and that says so.
///
/// What a content ID names still never changes: a file with other bytes has another content ID. A directory ID may list
/// something else after a change that names it. A content that its source does not have any more fails with
/// `ProviderError.outdated`, whereupon its directory is listed anew.
public protocol ChangingProvider: ContentProvider {
  /// What changes from now on. Called once for each projection; ends with the source, or when its reader has gone.
  func changes() -> AsyncStream<ProviderChange>
}

/// What has changed in a source.
public enum ProviderChange: Sendable, Hashable {
  /// Another revision: the projection shows this root now.
  case root(DirectoryID)
  /// These directories are to be listed anew.
  case directories([DirectoryID])
  /// The directories at these paths, from the root and without a slash at either end, are to be listed anew.
  case paths([[UInt8]])
  /// Every directory is: the provider does not know what has changed.
  case everything
}
