internal import CGit
internal import Provider

/// One libgit2 handle on an object database. Used by one thread at a time.
///
/// Only the object database is opened and never the repository, so neither its owner, nor its configuration, nor an
/// extension that libgit2 does not know can stand in the way; refs are read by git itself.
// SAFETY of @unchecked: ObjectDatabasePool hands a handle to one borrower at a time and takes it back under its lock.
final class ObjectDatabase: @unchecked Sendable {
  /// What an object is, as far as a projection cares.
  enum Kind {
    case blob
    case tree
    case commit
    case tag
  }

  private let handle: OpaquePointer

  /// Opens `objects`, with its packs and alternates.
  init(objects: String) throws(ProviderError) {
    var opened: OpaquePointer?
    let code = git_odb_open(&opened, objects)
    guard code == 0, let opened else { throw Self.failure(code, "cannot open \(objects)") }
    handle = opened
  }

  deinit {
    git_odb_free(handle)
  }

  /// The kind and the size in bytes of an object, without its contents.
  func header(_ object: [UInt8]) throws(ProviderError) -> (kind: Kind, size: Int64) {
    var id = try Self.oid(object)
    var size = 0
    var type = GIT_OBJECT_INVALID
    let code = git_odb_read_header(&size, &type, handle, &id)
    guard code == 0 else { throw Self.failure(code, "object \(hexadecimal(object))") }
    return (try Self.kind(type, object), Int64(size))
  }

  /// Reads an object whole; its bytes are valid inside `body`.
  func read<Result>(
    _ object: [UInt8], as wanted: Kind, _ body: (UnsafeRawBufferPointer) throws(ProviderError) -> Result
  ) throws(ProviderError) -> Result {
    var id = try Self.oid(object)
    var loaded: OpaquePointer?
    let code = git_odb_read(&loaded, handle, &id)
    guard code == 0, let loaded else { throw Self.failure(code, "object \(hexadecimal(object))") }
    defer { git_odb_object_free(loaded) }
    guard try Self.kind(git_odb_object_type(loaded), object) == wanted else {
      throw .damaged("object \(hexadecimal(object)) is not a \(wanted)")
    }
    return try body(UnsafeRawBufferPointer(start: git_odb_object_data(loaded), count: git_odb_object_size(loaded)))
  }

  /// The object id that a blob with the contents of the file at `path` has.
  static func blobID(ofFile path: String) throws(ProviderError) -> [UInt8] {
    var id = git_oid()
    let code = git_odb_hashfile(&id, path, GIT_OBJECT_BLOB)
    guard code == 0 else { throw failure(code, "cannot hash a stored content") }
    return withUnsafeBytes(of: &id.id) { Array($0) }
  }

  private static func oid(_ object: [UInt8]) throws(ProviderError) -> git_oid {
    var id = git_oid()
    guard object.count == TreeReader.idLength, git_oid_fromraw(&id, object) == 0 else {
      throw .damaged("\(hexadecimal(object)) is not an object id")
    }
    return id
  }

  private static func kind(_ type: git_object_t, _ object: [UInt8]) throws(ProviderError) -> Kind {
    switch type {
    case GIT_OBJECT_BLOB: .blob
    case GIT_OBJECT_TREE: .tree
    case GIT_OBJECT_COMMIT: .commit
    case GIT_OBJECT_TAG: .tag
    default: throw .damaged("object \(hexadecimal(object)) has no known type")
    }
  }

  /// Reads libgit2's message at once, on the thread that failed.
  private static func failure(_ code: CInt, _ what: String) -> ProviderError {
    let message = "\(what): \(String(cString: projfs_git_message()))"
    return code == GIT_ENOTFOUND.rawValue ? .missing(message) : .damaged(message)
  }
}
