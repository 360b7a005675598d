/// A provider whose source changes while it is projected, and that says so.
///
/// What a content ID names still never changes: a file with other bytes has another content ID. A directory ID may list
/// something else after a change that names it, so it may be no more than a path.
///
/// **What becomes of a change.** Directories that users have looked into and that it names are listed anew and compared with
/// what they listed. Entries that are the same keep their inodes and times; a file with another content ID gets the time of
/// the change, and who has the old one open keeps reading that. What users changed stays theirs, over the new version: a
/// file that they wrote, a name that they removed, a directory with something of theirs in it, also where the source has
/// removed it. Directories that nobody has looked into cost nothing; their files get no new times, unless the change is
/// another root, whose tree is compared with the old one as a whole where the old one can still be listed.
///
/// **Order.** Say it after the source has changed: what is listed from then on must be the new version, or a later one.
/// Changes that come while others are being shown are shown next, all at once. If a listing fails, users see what they saw,
/// and it is tried again; one that fails with `missing` or `outdated` has the directory above it listed.
///
/// **Contents that are no more.** A fetch or a size of a version that the source has replaced fails with
/// `ProviderError.outdated`. Its directory is listed anew, and whoever asked gets the new version, or ESTALE where they
/// had the old one open already. A file whose metadata or name users changed before anybody read it stands for the old
/// version: that is lost with the source's.
public protocol ChangingProvider: ContentProvider {
  /// What changes from now on. Called once for each projection; ends with the source, or when its reader has gone.
  ///
  /// The stream must not drop anything: its buffer is unlimited, or what it holds when it is full is `everything`.
  func changes() -> AsyncStream<ProviderChange>
}

/// What has changed in a source.
public enum ProviderChange: Sendable, Hashable {
  /// Another revision: the projection shows this root now.
  case root(DirectoryID)
  /// These directories are to be listed anew.
  case directories([DirectoryID])
  /// The directories at these paths of the source, from the root and without a slash at either end, are to be listed anew.
  case paths([[UInt8]])
  /// Every directory is: the provider does not know what has changed.
  case everything
}
