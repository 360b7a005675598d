internal import Glibc
internal import Posix
package import Provider
internal import SystemPackage

extension ContentProvider {
  /// The bytes of a content, fetched into a file without a name, as the content store does.
  package func bytes(of content: ContentID) async throws -> [UInt8] {
    let directory = try FileCalls.open("/tmp", O_RDONLY | O_DIRECTORY)
    let file = try FileCalls.openTemporary(in: directory.rawValue, mode: 0o600)
    var sink = ContentSink(descriptor: FileDescriptor(rawValue: file.rawValue))
    try await fetch(content, into: &sink)
    let size = try FileCalls.status(file.rawValue).st_size
    guard size == sink.bytesWritten else {
      throw ProviderError.wrongSize("\(size) bytes in the file, \(sink.bytesWritten) said")
    }
    return try FileCalls.read(file.rawValue, at: 0, count: Int(size))
  }

  /// Everything below a directory: what each path is, in words that are equal where it is.
  package func tree(below directory: DirectoryID? = nil) async throws -> [[UInt8]: String] {
    var found: [[UInt8]: String] = [:]
    var first = directory
    if first == nil { first = try await root() }
    guard let first else { return [:] }
    var waiting: [(path: [UInt8], directory: DirectoryID)] = [([], first)]
    while let (path, directory) = waiting.popLast() {
      let listing = try await list(directory).sorted()
      for index in 0..<listing.count {
        let child = path + listing.name(at: index)
        let permissions = String(listing.permissions(at: index), radix: 8)
        switch listing.kind(at: index) {
        case .directory:
          found[child] = "directory \(permissions)"
          waiting.append((child + [UInt8(ascii: "/")], listing.directory(at: index)))
        case .symbolicLink:
          let target = try await bytes(of: listing.content(at: index))
          found[child] = "link \(hexadecimal(target))"
          guard listing.size(at: index) == Int64(target.count) else { throw ProviderError.wrongSize("a link") }
        case .file:
          let bytes = try await bytes(of: listing.content(at: index))
          guard listing.size(at: index) == Int64(bytes.count) else { throw ProviderError.wrongSize("a file") }
          found[child] = NativeTree.description(file: bytes, permissions: permissions)
        }
      }
    }
    return found
  }

  /// The entry at a path from the root.
  package func entry(at path: String) async throws -> DirectoryEntry {
    var directory = try await root()
    var found: DirectoryEntry?
    for name in path.split(separator: "/") {
      if let found { directory = DirectoryID(found.id) }
      let listing = try await list(directory).sorted()
      let index = Array(name.utf8).withUnsafeBytes { listing.index(of: $0) }
      guard let index else { throw ProviderError.missing(path) }
      let kind = listing.kind(at: index)
      found = DirectoryEntry(
        name: name.utf8, kind: kind,
        id: kind == .directory ? listing.directory(at: index).bytes : listing.content(at: index).bytes,
        permissions: listing.permissions(at: index), size: listing.size(at: index))
    }
    guard let found else { throw ProviderError.missing(path) }
    return found
  }

  /// The content ID at a path from the root.
  package func content(at path: String) async throws -> ContentID { ContentID(try await entry(at: path).id) }
}
