public import SystemPackage

/// The source of a virtual tree.
///
/// Everything is named by IDs and not by paths: what an ID names never changes, so answers are cached without limit and
/// one content is fetched once, however many paths have it. All calls may come concurrently, from any thread and more
/// than once for the same ID. A call whose caller has gone is cancelled as a Swift task is.
///
/// A provider that answers without suspending is served on the thread of the request, with no hop. It may block for as
/// long as a local disk takes; anything longer belongs on a thread of its own, awaited.
public protocol ContentProvider: Sendable {
  /// The root of the projection.
  func root() async throws -> DirectoryID

  /// All entries of a directory, in any order.
  func list(_ directory: DirectoryID) async throws -> DirectoryListing

  /// The attributes of some contents, in the order asked. Asked only for entries listed without a size.
  func attributes(of contents: [ContentID]) async throws -> [ContentAttributes]

  /// Writes a content's bytes into `sink`, in order.
  ///
  /// `range` is nil for all of it; otherwise the provider writes exactly these bytes, and a provider that has not
  /// implemented ranges is never asked for one. Errors that the sink throws are to be passed on.
  func fetch(_ content: ContentID, range: Range<Int64>?, into sink: inout ContentSink) async throws
}

/// What a provider knows of a content beside its bytes.
public struct ContentAttributes: Hashable, Sendable {
  /// The length in bytes.
  public var size: Int64

  /// Attributes of a content of `size` bytes.
  public init(size: Int64) {
    self.size = size
  }
}

/// A provider whose content IDs prove their contents, such as a hash of them.
///
/// After an unclean stop the stored contents are checked by this before they are trusted again. Contents of a provider
/// that cannot do it are fetched anew.
public protocol ContentVerifier: Sendable {
  /// Whether the bytes of `file` are the content's. The descriptor is the caller's and open for reading.
  func verify(_ content: ContentID, file: FileDescriptor) async throws -> Bool
}

extension ContentProvider {
  /// Finds sizes by fetching and counting, for providers that list all sizes and so are never asked.
  public func attributes(of contents: [ContentID]) async throws -> [ContentAttributes] {
    var result: [ContentAttributes] = []
    for content in contents {
      var sink = ContentSink.counting()
      try await fetch(content, range: nil, into: &sink)
      result.append(ContentAttributes(size: sink.bytesWritten))
    }
    return result
  }
}
