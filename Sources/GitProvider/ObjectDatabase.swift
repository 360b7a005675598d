internal import CGit
internal import Glibc
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

  /// Packs only; objects in files of their own are read by `loose`.
  private let packs: OpaquePointer
  private let loose: LooseObjects
  /// For blobs that are stored whole; nil where what is read is to be compared with its name.
  private let whole: PackOrder?
  private let inflater: OpaquePointer
  /// What the packs were when this was opened.
  let packStamp: [Int]
  private let verify: Bool

  /// Opens the packs of `directories`. With `verify`, each object read is compared with its name.
  init(directories: [String], packs known: PackOrder, verify: Bool) throws(ProviderError) {
    packStamp = ObjectDatabasePool.stamp(of: directories)
    var opened: OpaquePointer?
    var names = directories.map { UnsafePointer(strdup($0)) }
    defer { for name in names { free(UnsafeMutablePointer(mutating: name)) } }
    let code = projfs_git_open_packs(&opened, &names, names.count)
    guard code == 0, let opened else { throw Self.failure(code, "cannot open \(directories.first ?? "nothing")") }
    guard let inflater = projfs_inflater_new() else {
      git_odb_free(opened)
      throw .unavailable("no memory to inflate objects with")
    }
    self.inflater = inflater
    whole = verify ? nil : known
    packs = opened
    loose = LooseObjects(directories: directories)
    self.verify = verify
  }

  deinit {
    git_odb_free(packs)
    projfs_inflater_free(inflater)
  }

  /// The kind and the size in bytes of an object, without its contents.
  func header(_ object: [UInt8]) throws(ProviderError) -> (kind: Kind, size: Int64) {
    var id = try Self.oid(object)
    if !isPacked(&id), let header = try loose.header(object) { return (header.kind, header.size) }
    var size = 0
    var type = GIT_OBJECT_INVALID
    let code = git_odb_read_header(&size, &type, packs, &id)
    guard code == 0 else { throw Self.failure(code, "object \(hexadecimal(object))") }
    return (try Self.kind(type, object), Int64(size))
  }

  /// Reads an object whole; its bytes are valid inside `body`.
  func read<Result>(
    _ object: [UInt8], as wanted: Kind, _ body: (UnsafeRawBufferPointer) throws(ProviderError) -> Result
  ) throws(ProviderError) -> Result {
    var id = try Self.oid(object)
    if !isPacked(&id), let (header, stream) = try loose.read(object) {
      guard header.kind == wanted else { throw .damaged("object \(hexadecimal(object)) is not a \(wanted)") }
      let result: Swift.Result<Result, ProviderError> = stream.withUnsafeBytes { bytes in
        let contents = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(header.length))
        return Swift.Result { () throws(ProviderError) in
          try compare(contents, wanted, with: object)
          return try body(contents)
        }
      }
      return try result.get()
    }
    var loaded: OpaquePointer?
    let code = git_odb_read(&loaded, packs, &id)
    guard code == 0, let loaded else { throw Self.failure(code, "object \(hexadecimal(object))") }
    defer { git_odb_object_free(loaded) }
    guard try Self.kind(git_odb_object_type(loaded), object) == wanted else {
      throw .damaged("object \(hexadecimal(object)) is not a \(wanted)")
    }
    return try body(UnsafeRawBufferPointer(start: git_odb_object_data(loaded), count: git_odb_object_size(loaded)))
  }

  /// Reads a blob of up to `limit` bytes; nil where it is larger. Its bytes are valid inside `body`.
  ///
  /// Most blobs are stored whole, in a pack, and inflated from there at once; libgit2 reads the others.
  func readBlob<Result>(
    _ object: [UInt8], upTo limit: Int64, _ body: (UnsafeRawBufferPointer) throws(ProviderError) -> Result
  ) throws(ProviderError) -> Result? {
    if let result = try whole?.withBlob(object, upTo: Int(clamping: limit), inflater, body) { return result }
    let (kind, size) = try header(object)
    guard kind == .blob else { throw .damaged("object \(hexadecimal(object)) is not a blob") }
    return size > limit ? nil : try read(object, as: .blob, body)
  }

  /// Whether a pack that is known has the object. Looks for no new packs: that is done when nothing else has it either.
  private func isPacked(_ id: inout git_oid) -> Bool {
    git_odb_exists_ext(packs, &id, GIT_ODB_LOOKUP_NO_REFRESH.rawValue) == 1
  }

  /// Hashes what was read from a file, as libgit2 does by itself with what it reads.
  private func compare(_ contents: UnsafeRawBufferPointer, _ kind: Kind, with object: [UInt8]) throws(ProviderError) {
    guard verify else { return }
    var id = git_oid()
    let code = git_odb_hash(&id, contents.baseAddress, contents.count, kind.type)
    guard code == 0 else { throw Self.failure(code, "cannot hash object \(hexadecimal(object))") }
    guard withUnsafeBytes(of: &id.id, { $0.elementsEqual(object) }) else {
      throw .damaged("object \(hexadecimal(object)) has the contents of another")
    }
  }

  /// The object id that a blob with the contents of the file at `path` has.
  static func blobID(ofFile path: String) throws(ProviderError) -> [UInt8] {
    var id = git_oid()
    let code = git_odb_hashfile(&id, path, GIT_OBJECT_BLOB)
    guard code == 0 else { throw failure(code, "cannot hash a stored content") }
    return withUnsafeBytes(of: &id.id) { Array($0) }
  }

  /// The object id that a blob with these bytes has.
  static func blobID(of bytes: [UInt8]) throws(ProviderError) -> [UInt8] {
    var id = git_oid()
    let code = git_odb_hash(&id, bytes, bytes.count, GIT_OBJECT_BLOB)
    guard code == 0 else { throw failure(code, "cannot hash \(bytes.count) bytes") }
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

extension ObjectDatabase.Kind {
  /// libgit2's number.
  fileprivate var type: git_object_t {
    switch self {
    case .blob: GIT_OBJECT_BLOB
    case .tree: GIT_OBJECT_TREE
    case .commit: GIT_OBJECT_COMMIT
    case .tag: GIT_OBJECT_TAG
    }
  }
}
