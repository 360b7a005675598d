internal import Glibc
internal import Posix
public import Provider
public import SystemPackage

/// One tree of a git repository as a provider, with its files as a checkout would write them.
///
/// A content ID is a blob's id, with one byte more where git converts line endings or `$Id$`. A directory ID is a tree's
/// id, with eight bytes more where attributes from above may matter.
///
/// Small objects are read on the calling thread, which is as fast as the disk; a blob larger than `streamingThreshold`
/// is streamed by `git cat-file` and awaited, so that its size is nobody's memory. Converted blobs are the exception:
/// they are in memory while they are converted, up to 512 MiB, and larger ones fail.
public struct GitContent: SizeProvider, ContentVerifier {
  /// From how many bytes on a blob does not go through memory.
  public static let streamingThreshold: Int64 = 64 << 20

  /// The repository.
  public let repository: GitRepository

  private let tree: [UInt8]
  let pool: ObjectDatabasePool
  private let verifiesObjects: Bool
  private let contexts: AttributeContexts
  private let revisions: KnownTrees

  /// Projects `revision` of `repository`, under git's configuration as it is now.
  ///
  /// With `verifyObjects`, every object read is hashed and compared with its name. `earlier` are the ids of commits that
  /// were projected before: directories of theirs may be asked for by what they were called then. Throws where the objects
  /// cannot be read.
  public init(
    repository: GitRepository, revision: GitRevision, earlier: [String] = [], verifyObjects: Bool = false
  ) throws(ProviderError) {
    self.repository = repository
    verifiesObjects = verifyObjects
    pool = try ObjectDatabasePool(objects: repository.objectsDirectory, verify: verifyObjects)
    contexts = try AttributeContexts(ConversionSettings(of: repository))
    tree = revision.tree
    revisions = KnownTrees(revision.tree, commits: earlier)
    _ = try pool.withDatabase { database throws(ProviderError) in
      tree == TreeReader.emptyTree ? nil : try database.header(tree)
    }
  }

  /// Whether files may be converted where no `.gitattributes` says so.
  var convertsFromOutside: Bool { !contexts.base.isEmpty }

  /// The tree of the revision.
  public func root() async throws -> DirectoryID { contexts.root(tree: tree) }

  /// The tree of another revision of the same repository, which everything here works for as well.
  public func root(of revision: GitRevision) -> DirectoryID {
    revisions.note(revision.tree)
    return contexts.root(tree: revision.tree)
  }

  /// The same for a tree's id, as git writes it; nil where it is none.
  package func root(ofTree id: String) -> DirectoryID? {
    guard let tree = GitRepository.bytes(id) else { return nil }
    revisions.note(tree)
    return contexts.root(tree: tree)
  }

  /// The entries of a tree object.
  public func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    if !contexts.knows(directory) {
      // From an earlier mount, and kept by a directory that was renamed: its context stands somewhere in the trees.
      try revisions.forEachUnread(trees: { repository.trees(of: $0) }) { tree throws(ProviderError) in
        try readAll(below: contexts.root(tree: tree))
        return contexts.knows(directory)
      }
    }
    return try listing(of: directory)
  }

  /// Reads every directory from `top` down, so that all attribute contexts there are known.
  private func readAll(below top: DirectoryID) throws(ProviderError) {
    var waiting = [top]
    while let directory = waiting.popLast() {
      let listing = try listing(of: directory)
      for index in 0..<listing.count where listing.kind(at: index) == .directory {
        waiting.append(listing.directory(at: index))
      }
    }
  }

  private func listing(of directory: DirectoryID) throws(ProviderError) -> DirectoryListing {
    let (tree, context, isTop) = try contexts.parse(directory)
    if tree == TreeReader.emptyTree { return DirectoryListing() }
    return try pool.withDatabase { database throws(ProviderError) in
      try database.read(tree, as: .tree) { bytes throws(ProviderError) in
        var attributesFile: [UInt8]?
        let plain = try TreeReader.listing(bytes, name: tree, attributesFile: &attributesFile)
        let inner = try attributesFile.map { file throws(ProviderError) in
          try self.context(in: context, file: file, isTop: isTop, from: database)
        }
        // Most trees have no rule at all, and are done.
        guard let effective = inner ?? (context.isEmpty ? nil : context), !effective.isEmpty else { return plain }
        return try TreeReader.listing(bytes, name: tree, in: effective, of: contexts)
      }
    }
  }

  /// The sizes of blobs, read from their headers alone unless they are converted.
  public func sizes(of contents: [ContentID]) async throws -> [Int64] {
    try pool.withDatabase { database throws(ProviderError) in
      var result: [Int64] = []
      result.reserveCapacity(contents.count)
      for content in contents {
        result.append(try BlobName(content).size(in: database))
      }
      return result
    }
  }

  /// Writes a blob, whole.
  public func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
    let name = try BlobName(content)
    guard name.conversion == .none else {
      return try pool.withDatabase { database throws(ProviderError) in
        try name.convert(in: database) { piece throws(ProviderError) in try sink.write(piece) }
      }
    }
    let isWritten = try pool.withDatabase { database throws(ProviderError) in
      try database.readBlob(name.blob, upTo: Self.streamingThreshold) { bytes throws(ProviderError) in
        try sink.write(bytes)
      } != nil
    }
    if isWritten { return }
    let size = try pool.withDatabase { database throws(ProviderError) in try name.size(in: database) }
    try await BlobStream.copy(content, of: size, from: repository, into: &sink)
    // git itself believes what it streams.
    if verifiesObjects, let file = sink.descriptor, try await !verify(content, file: file) {
      throw ProviderError.damaged("object \(content) has the bytes of another one")
    }
  }

  /// Whether a file's bytes hash to the blob's id, or are what the blob is converted to.
  public func verify(_ content: ContentID, file: FileDescriptor) async throws -> Bool {
    let name = try BlobName(content)
    guard name.conversion == .none else {
      return try pool.withDatabase { database throws(ProviderError) in
        var comparison = FileComparison(file: file.rawValue)
        try name.convert(in: database) { piece throws(ProviderError) in try comparison.add(piece) }
        return try comparison.isWhole()
      }
    }
    return try Self.blobID(of: file) == name.blob
  }

  /// Reads a file through the descriptor, whose owner has said whether the time of access is to change, except for one
  /// that is large: libgit2 hashes piece by piece only what it has opened itself.
  private static func blobID(of file: FileDescriptor) throws(ProviderError) -> [UInt8] {
    let whole: [UInt8]?
    do throws(Errno) {
      let size = try FileCalls.status(file.rawValue).st_size
      whole = size > streamingThreshold ? nil : try FileCalls.read(file.rawValue, at: 0, count: Int(size))
    } catch {
      throw .system(error, "cannot read a file to be hashed")
    }
    guard let whole else { return try ObjectDatabase.blobID(ofFile: "/proc/self/fd/\(file.rawValue)") }
    return try ObjectDatabase.blobID(of: whole)
  }

  private func context(
    in outer: AttributeContext, file: [UInt8], isTop: Bool, from database: ObjectDatabase
  ) throws(ProviderError) -> AttributeContext {
    try contexts.context(in: outer, file: file, isTop: isTop) { () throws(ProviderError) in
      let (kind, size) = try database.header(file)
      guard kind == .blob, size < AttributeFile.maximumSize else { return [] }
      return try database.read(file, as: .blob) { bytes in AttributeFile.lines(inTree: bytes) }
    }
  }
}

/// Compares a file with bytes that come one after the other.
private struct FileComparison: ~Copyable {
  private let file: CInt
  private var position: Int64 = 0
  private var isEqual = true

  init(file: CInt) {
    self.file = file
  }

  mutating func add(_ bytes: UnsafeRawBufferPointer) throws(ProviderError) {
    guard isEqual else { return }
    do throws(Errno) {
      let stored = try FileCalls.read(file, at: position, count: bytes.count)
      isEqual = stored.elementsEqual(bytes)
      position += Int64(bytes.count)
    } catch {
      throw .system(error, "cannot read a stored content")
    }
  }

  /// Whether all was equal and the file ends here.
  func isWhole() throws(ProviderError) -> Bool {
    do throws(Errno) {
      let size = try FileCalls.status(file).st_size
      return isEqual && size == position
    } catch {
      throw .system(error, "cannot read a stored content")
    }
  }
}
