/// One entry of a directory, by itself.
public struct DirectoryEntry: Sendable, Hashable {
  /// The name, as it is listed.
  public let name: [UInt8]
  /// What it is.
  public let kind: EntryKind
  /// A content ID's or, of a directory, a directory ID's bytes.
  public let id: [UInt8]
  /// The permission bits.
  public let permissions: UInt16
  /// The size in bytes, where it is known.
  public let size: Int64?

  /// An entry of any kind.
  public init(name: some Sequence<UInt8>, kind: EntryKind, id: [UInt8], permissions: UInt16, size: Int64?) {
    self.name = Array(name)
    self.kind = kind
    self.id = id
    self.permissions = permissions
    self.size = size
  }

  /// A regular file. A nil `size` is asked for when somebody looks.
  public static func file(_ name: String, content: ContentID, size: Int64?, permissions: UInt16 = 0o644) -> Self {
    Self(name: name.utf8, kind: .file, id: content.bytes, permissions: permissions, size: size)
  }

  /// A directory.
  public static func directory(_ name: String, id: DirectoryID, permissions: UInt16 = 0o755) -> Self {
    Self(name: name.utf8, kind: .directory, id: id.bytes, permissions: permissions, size: nil)
  }

  /// A symbolic link whose target is the content, of `size` bytes.
  public static func symbolicLink(_ name: String, target: ContentID, size: Int64?) -> Self {
    Self(name: name.utf8, kind: .symbolicLink, id: target.bytes, permissions: 0o777, size: size)
  }
}
