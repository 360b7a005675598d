internal import Posix
internal import Provider

/// Where something lies in a source, in the words of an ID: enough to find it again without any memory.
enum SourcePlace: Hashable {
  /// At a path from the source's root, without a slash at either end.
  case path([UInt8])
  /// Where the path does not fit into an ID: in the directory with this inode number, somewhere beneath `near`. An empty
  /// `name` does not fit either.
  case inside(directory: UInt64, name: [UInt8], near: [UInt8])
}

/// What a content ID says: which version of which file or symbolic link.
struct ContentName: Hashable {
  let isLink: Bool
  let version: FileVersion
  let place: SourcePlace

  /// The name of an entry of the directory at `directory`, whose inode number is `inode`.
  init(isLink: Bool, version: FileVersion, name: [UInt8], directory: [UInt8], inode: UInt64) {
    self.isLink = isLink
    self.version = version
    let room = ContentID.maximumLength - 1 - version.encoded.count
    let path = SourcePath.join(directory, name)
    if path.count <= room {
      place = .path(path)
      return
    }
    var number: [UInt8] = []
    FileVersion.append(inode, to: &number)
    let left = room - number.count - 1
    let name = name.count <= left ? name : []
    place = .inside(directory: inode, name: name, near: SourcePath.ancestor(of: directory, within: left - name.count))
  }

  /// The name that a content ID has.
  init(_ content: ContentID) throws(ProviderError) {
    var rest = content.bytes[...]
    guard let tag = rest.popFirst(), tag & ~3 == 0, let version = FileVersion(takingFrom: &rest) else {
      throw .missing("content \(content) is none of this source's")
    }
    isLink = tag & 1 != 0
    self.version = version
    if tag & 2 == 0 {
      place = .path(Array(rest))
      return
    }
    guard let inode = FileVersion.takeNumber(from: &rest), let length = rest.popFirst(), Int(length) <= rest.count
    else {
      throw .missing("content \(content) is none of this source's")
    }
    place = .inside(directory: inode, name: Array(rest.prefix(Int(length))), near: Array(rest.dropFirst(Int(length))))
  }

  /// The content ID.
  var id: ContentID {
    let tag: UInt8 = isLink ? 1 : 0
    switch place {
    case .path(let path): return ContentID([tag] + version.encoded + path)
    case .inside(let inode, let name, let near):
      var bytes = [tag | 2] + version.encoded
      FileVersion.append(inode, to: &bytes)
      bytes.append(UInt8(truncatingIfNeeded: name.count))
      return ContentID(bytes + name + near)
    }
  }
}

/// What a directory ID says.
enum DirectoryName: Hashable {
  /// The directory at a path, whichever that is.
  case path([UInt8])
  /// Where the path does not fit: the directory with this inode number, somewhere beneath `near`.
  case inode(UInt64, near: [UInt8])

  /// The name of the directory at `path`, whose inode number is `inode`.
  init(path: [UInt8], inode: UInt64) {
    if path.count < ContentID.maximumLength {
      self = .path(path)
    } else {
      // A tag and a number of 64 bits, which takes ten bytes at most, go off.
      self = .inode(inode, near: SourcePath.ancestor(of: path, within: ContentID.maximumLength - 11))
    }
  }

  /// The name that a directory ID has.
  init(_ directory: DirectoryID) throws(ProviderError) {
    var rest = directory.bytes[...]
    switch rest.popFirst() {
    case 4: self = .path(Array(rest))
    case 5:
      guard let inode = FileVersion.takeNumber(from: &rest) else { fallthrough }
      self = .inode(inode, near: Array(rest))
    default: throw .missing("directory \(directory) is none of this source's")
    }
  }

  /// The directory ID.
  var id: DirectoryID {
    switch self {
    case .path(let path): return DirectoryID([4] + path)
    case .inode(let inode, let near):
      var bytes: [UInt8] = [5]
      FileVersion.append(inode, to: &bytes)
      return DirectoryID(bytes + near)
    }
  }
}

/// Paths from a source's root, as bytes.
enum SourcePath {
  /// The path of `name` in the directory at `directory`.
  static func join(_ directory: [UInt8], _ name: [UInt8]) -> [UInt8] {
    directory.isEmpty ? name : directory + [UInt8(ascii: "/")] + name
  }

  /// The deepest directory on the way to `path`, or itself, whose path has at most `length` bytes.
  static func ancestor(of path: [UInt8], within length: Int) -> [UInt8] {
    if path.count <= length { return path }
    guard length > 0, let cut = path[...length].lastIndex(of: UInt8(ascii: "/")) else { return [] }
    return Array(path[..<cut])
  }

  /// Whether `path` lies beneath `directory`.
  static func isBeneath(_ path: [UInt8], _ directory: [UInt8]) -> Bool {
    if directory.isEmpty { return !path.isEmpty }
    return path.count > directory.count && path.starts(with: directory) && path[directory.count] == UInt8(ascii: "/")
  }

  /// The path for people.
  static func text(_ path: [UInt8]) -> String { path.isEmpty ? "." : String(decoding: path, as: UTF8.self) }
}
