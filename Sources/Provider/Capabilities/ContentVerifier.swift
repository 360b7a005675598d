public import SystemPackage

/// A provider whose content IDs prove their contents, such as a hash of them.
///
/// After an unclean stop the stored contents are checked by this before they are trusted again. Contents of a provider
/// that cannot do it are fetched anew.
public protocol ContentVerifier: Sendable {
  /// Whether the bytes of `file` are the content's. The descriptor is the caller's and open for reading.
  func verify(_ content: ContentID, file: FileDescriptor) async throws -> Bool
}
