internal import Glibc
internal import Posix
public import Provider
public import SystemPackage

/// One tree of a git repository as a provider: a content ID is a blob's id, a directory ID a tree's.
///
/// Small objects are read on the calling thread, which is as fast as the disk; a blob larger than `streamingThreshold`
/// is streamed by `git cat-file` and awaited, so that its size is nobody's memory.
public struct GitContent: ContentProvider, ContentVerifier {
  /// From how many bytes on a blob does not go through memory.
  public static let streamingThreshold: Int64 = 64 << 20

  /// The repository.
  public let repository: GitRepository

  private let tree: [UInt8]
  private let pool: ObjectDatabasePool
  private let verifiesObjects: Bool

  /// Projects `revision` of `repository`.
  ///
  /// With `verifyObjects`, every object read is hashed and compared with its name. Throws where the objects cannot be
  /// read.
  public init(
    repository: GitRepository, revision: GitRevision, verifyObjects: Bool = false
  ) throws(ProviderError) {
    self.repository = repository
    verifiesObjects = verifyObjects
    pool = try ObjectDatabasePool(objects: repository.objectsDirectory, verify: verifyObjects)
    tree = revision.tree
    _ = try pool.withDatabase { database throws(ProviderError) in
      tree == TreeReader.emptyTree ? nil : try database.header(tree)
    }
  }

  /// The tree of the revision.
  public func root() async throws -> DirectoryID { DirectoryID(tree) }

  /// The entries of a tree object.
  public func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    if directory.bytes == TreeReader.emptyTree { return DirectoryListing() }
    return try pool.withDatabase { database throws(ProviderError) in
      try database.read(directory.bytes, as: .tree) { bytes throws(ProviderError) in
        try TreeReader.listing(bytes, name: directory.bytes)
      }
    }
  }

  /// The sizes of blobs, read from their headers alone.
  public func attributes(of contents: [ContentID]) async throws -> [ContentAttributes] {
    try pool.withDatabase { database throws(ProviderError) in
      var result: [ContentAttributes] = []
      result.reserveCapacity(contents.count)
      for content in contents {
        result.append(ContentAttributes(size: try Self.blobSize(content, in: database)))
      }
      return result
    }
  }

  /// Writes a blob, whole.
  public func fetch(_ content: ContentID, range: Range<Int64>?, into sink: inout ContentSink) async throws {
    guard range == nil else { throw ProviderError.unsupported("git blobs are fetched whole") }
    let size = try pool.withDatabase { database throws(ProviderError) in try Self.blobSize(content, in: database) }
    guard size > Self.streamingThreshold else {
      return try pool.withDatabase { database throws(ProviderError) in
        try database.read(content.bytes, as: .blob) { bytes throws(ProviderError) in try sink.write(bytes) }
      }
    }
    try await BlobStream.copy(content, of: size, from: repository, into: &sink)
    // git itself believes what it streams.
    if verifiesObjects, let file = sink.descriptor, try await !verify(content, file: file) {
      throw ProviderError.damaged("object \(content) has the bytes of another one")
    }
  }

  /// Whether a file's bytes hash to the blob's id.
  public func verify(_ content: ContentID, file: FileDescriptor) async throws -> Bool {
    try ObjectDatabase.blobID(ofFile: "/proc/self/fd/\(file.rawValue)") == content.bytes
  }

  private static func blobSize(_ content: ContentID, in database: ObjectDatabase) throws(ProviderError) -> Int64 {
    let (kind, size) = try database.header(content.bytes)
    guard kind == .blob else { throw .damaged("object \(content) is not a blob") }
    return size
  }
}
