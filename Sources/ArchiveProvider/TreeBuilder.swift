internal import Glibc
internal import Provider

/// Makes the tree that `tar` makes when it extracts an archive's members one after the other.
///
/// Names are taken from where the archive is extracted: a slash at the front, `.` and empty parts are left out. A name with
/// `..` in it is not shown. The last member of a name wins; directories that no member has made are there all the same.
struct TreeBuilder {
  private struct Node {
    var kind: EntryKind
    var permissions: UInt16
    /// The slot of a file or link.
    var slot = 0
    /// The numbers of the nodes in a directory.
    var children: [[UInt8]: Int] = [:]
  }

  private var nodes = [Node(kind: .directory, permissions: 0o755)]
  /// The member that has the content of a file, and of all its hard links.
  private var slots: [UInt32] = []
  private var index = ArchiveIndex()

  /// Adds a member that is no hard link. `content` is that of a file or a symbolic link.
  mutating func add(
    _ path: [UInt8], mode: UInt32, content: ArchiveIndex.Content?
  ) {
    let permissions = UInt16(mode & 0o7777)
    switch mode_t(mode) & S_IFMT {
    case S_IFDIR:
      guard let names = parts(of: path) else { return }
      guard let number = directory(names[...], for: path) else { return }
      nodes[number].permissions = permissions
    case S_IFREG, S_IFLNK:
      guard let content else { return }
      index.contents.append(content)
      let isLink = mode_t(mode) & S_IFMT == S_IFLNK
      slots.append(content.member)
      place(
        Node(kind: isLink ? .symbolicLink : .file, permissions: isLink ? 0o777 : permissions, slot: slots.count - 1),
        at: path)
    default:
      reject(path, "neither a file nor a directory nor a symbolic link")
    }
  }

  /// Adds another name of a file; with `content`, its bytes are these from now on, for all its names.
  mutating func addHardLink(_ path: [UInt8], to target: [UInt8], content: ArchiveIndex.Content?) {
    guard let names = parts(of: path) else { return }
    guard let wanted = parts(of: target, rejects: false), let number = find(wanted), nodes[number].kind != .directory
    else { return reject(path, "a hard link to nothing") }
    if let content {
      index.contents.append(content)
      slots[nodes[number].slot] = content.member
    }
    if find(names) != number { place(nodes[number], at: path) }
  }

  /// Says why a member is not shown.
  mutating func reject(_ path: [UInt8], _ reason: String) {
    guard let start = UInt32(exactly: index.text.count) else { return }
    let (name, reason) = (path.prefix(4096), Array(reason.utf8))
    index.text += name + reason
    index.rejections.append(
      .init(start: start, nameLength: UInt32(name.count), reasonLength: UInt32(reason.count)))
  }

  /// Keeps bytes; returns where they are.
  mutating func keep(_ bytes: [UInt8]) -> Int64 {
    defer { index.text += bytes }
    return Int64(index.text.count)
  }

  private mutating func parts(of path: [UInt8], rejects: Bool = true) -> [[UInt8]]? {
    let parts = path.split(separator: UInt8(ascii: "/")).map(Array.init).filter { $0 != [UInt8(ascii: ".")] }
    guard parts.contains([UInt8(ascii: "."), UInt8(ascii: ".")]) else { return parts }
    if rejects { reject(path, "its name leads out of the archive") }
    return nil
  }

  private func find(_ parts: [[UInt8]]) -> Int? {
    var number = 0
    for part in parts {
      guard let child = nodes[number].children[part] else { return nil }
      number = child
    }
    return number
  }

  /// The directory of some names, which is made where it is missing. The last one replaces a file; those before do not.
  private mutating func directory(_ names: ArraySlice<[UInt8]>, for path: [UInt8], replaces: Bool = true) -> Int? {
    var number = 0
    for (place, name) in zip(names.indices, names) {
      let known = nodes[number].children[name]
      if let known, nodes[known].kind == .directory {
        number = known
      } else if known == nil || replaces && place == names.indices.last {
        nodes.append(Node(kind: .directory, permissions: 0o755))
        nodes[number].children[name] = nodes.count - 1
        number = nodes.count - 1
      } else {
        reject(path, "it lies beneath a member that is no directory")
        return nil
      }
    }
    return number
  }

  private mutating func place(_ node: Node, at path: [UInt8]) {
    guard let names = parts(of: path), let name = names.last else { return }
    guard let parent = directory(names.dropLast(), for: path, replaces: false) else { return }
    if let known = nodes[parent].children[name], nodes[known].kind == .directory, !nodes[known].children.isEmpty {
      return reject(path, "a directory with members in it has its name")
    }
    nodes.append(node)
    nodes[parent].children[name] = nodes.count - 1
  }

  /// The tree as it is now. Throws where it is larger than its numbers.
  consuming func finish() throws(ProviderError) -> ArchiveIndex {
    var result = index
    var order = [0]
    var next = 0
    while next < order.count {
      let children = nodes[order[next]].children.sorted { $0.key.lexicographicallyPrecedes($1.key) }
      next += 1
      guard let first = UInt32(exactly: result.entries.count), let count = UInt32(exactly: children.count) else {
        throw Self.tooLarge
      }
      result.directories.append(.init(first: first, count: count))
      for (name, number) in children {
        let node = nodes[number]
        guard let start = UInt32(exactly: result.text.count), let directory = UInt32(exactly: order.count),
          let length = UInt16(exactly: name.count)
        else { throw Self.tooLarge }
        result.text += name
        let isDirectory = node.kind == .directory
        if isDirectory { order.append(number) }
        result.entries.append(
          .init(
            start: start, length: length, permissions: node.permissions, kind: UInt32(node.kind.rawValue),
            target: isDirectory ? directory : slots[node.slot]))
      }
    }
    return result
  }

  private static var tooLarge: ProviderError { .unsupported("the archive has more names than four gigabytes hold") }
}
