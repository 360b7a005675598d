internal import Provider
internal import Synchronization

/// The attribute contexts of one view, by the eight bytes that name them in directory IDs.
///
/// Grows with the number of attributes files in the tree, and, where their rules look at paths, with the number of
/// directories that such rules reach. Reading the same directory again adds nothing.
final class AttributeContexts: Sendable {
  /// The context of the top-level directory, before its own file.
  let base: AttributeContext
  /// The context of every directory that no rule reaches.
  private let nothing: AttributeContext
  private let known: Mutex<[ArraySlice<UInt8>: AttributeContext]>

  /// How many bytes of a context's digest name it.
  static let nameLength = 8

  /// Contexts under these settings.
  init(_ settings: ConversionSettings) throws(ProviderError) {
    var inner = settings
    inner.outer = []
    inner.info = []
    // A name means the same in every view with the same settings.
    let digest = try ObjectDatabase.blobID(of: Array("inner \(inner)".utf8))
    nothing = AttributeContext(digest: digest, settings: inner, top: [])
    let outside = AttributeContext(
      digest: try ObjectDatabase.blobID(of: Array("outer \(settings)".utf8)), settings: settings, top: [])
    base = outside
    known = Mutex([outside.digest.prefix(Self.nameLength): outside])
  }

  /// What a directory's ID says: its tree, the context in which the directory stands, and whether it is the top of a
  /// revision. The top of one revision may be a subdirectory in another, with other rules.
  func parse(_ directory: DirectoryID) throws(ProviderError) -> (tree: [UInt8], context: AttributeContext, isTop: Bool)
  {
    let tree = Array(directory.bytes.prefix(TreeReader.idLength))
    switch directory.bytes.dropFirst(TreeReader.idLength) {
    case []: return (tree, nothing, false)
    case [Self.topMark]: return (tree, base, true)
    case let name:
      guard let context = known.withLock({ $0[name] }) else {
        throw .missing("no directory of this view is named \(directory)")
      }
      return (tree, context, false)
    }
  }

  /// Whether the context in which a directory stands was met since the mount.
  func knows(_ directory: DirectoryID) -> Bool {
    let name = directory.bytes.dropFirst(TreeReader.idLength)
    return name.isEmpty || name == [Self.topMark] || known.withLock { $0[name] != nil }
  }

  /// The ID of the top-level directory of a revision.
  func root(tree: [UInt8]) -> DirectoryID { DirectoryID(tree + [Self.topMark]) }

  /// Follows the tree's name in the ID of a top-level directory.
  private static let topMark = UInt8(ascii: "/")

  /// The ID of a directory that stands in `context`: its tree alone where no rule has a say.
  static func id(tree: some Collection<UInt8>, in context: AttributeContext) -> [UInt8] {
    context.isEmpty ? Array(tree) : Array(tree) + context.digest.prefix(nameLength)
  }

  /// The context inside a directory whose own attributes file is the blob `file`. `read` is called for a file that is
  /// new here.
  func context(
    in outer: AttributeContext, file: [UInt8], isTop: Bool, read: () throws(ProviderError) -> [AttributeLine]
  ) throws(ProviderError) -> AttributeContext {
    try interned(outer.digest + [UInt8(ascii: isTop ? "t" : "f")] + file) { digest throws(ProviderError) in
      let lines = try read()
      return isTop
        ? AttributeContext(digest: digest, settings: outer.settings, top: lines)
        : AttributeContext(digest: digest, outer: outer, lines: lines)
    }
  }

  /// The context in which a subdirectory stands. The same one unless some rule looks at paths.
  func context(
    in outer: AttributeContext, subdirectory name: UnsafeRawBufferPointer
  ) throws(ProviderError) -> AttributeContext {
    guard outer.needsPath else { return outer }
    return try interned(outer.digest + [UInt8(ascii: "d")] + name) { digest in
      AttributeContext(digest: digest, outer: outer, subdirectory: name)
    }
  }

  /// The context with the hash of `description`, made if it is new. No lock is held while it is made.
  private func interned(
    _ description: [UInt8], _ make: ([UInt8]) throws(ProviderError) -> AttributeContext
  ) throws(ProviderError) -> AttributeContext {
    let digest = try ObjectDatabase.blobID(of: description)
    let name = digest.prefix(Self.nameLength)
    var context = known.withLock { $0[name] }
    if context == nil {
      let made = try make(digest)
      context = known.withLock { known in
        if known[name] == nil { known[name] = made }
        return known[name]
      }
    }
    // Names are shorter than hashes, and who writes a tree may look for two that begin alike.
    guard let context, context.digest == digest else {
      throw .unsupported("two attribute contexts have the same name \(hexadecimal(name))")
    }
    return context
  }
}
