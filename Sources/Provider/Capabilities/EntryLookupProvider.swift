/// A provider that finds one name in a directory without listing it.
///
/// Asked only while the directory was not listed. Worth it where directories have very many entries, or where a listing
/// costs a round trip and a lookup is answered from elsewhere.
public protocol EntryLookupProvider: ContentProvider {
  /// The entry that `list` would have under `name`; nil where it would have none.
  ///
  /// The entry has the name as it is listed. That is `name` itself, but for a `CaseInsensitiveProvider`.
  func entry(named name: [UInt8], in directory: DirectoryID) async throws -> DirectoryEntry?
}
