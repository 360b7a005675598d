internal import Glibc
internal import Posix
internal import SystemPackage

/// Makes the changes of a script, each by the system calls of a program that makes such changes.
struct EditPerformer {
  private let root: String

  /// For the tree at `root`.
  init(root: String) {
    self.root = root
  }

  /// Makes a change; tells why it could not, if so.
  func perform(_ edit: Step.Edit) -> Errno? {
    do throws(Errno) {
      try attempt(edit)
      return nil
    } catch {
      return error
    }
  }

  private func attempt(_ edit: Step.Edit) throws(Errno) {
    switch edit {
    case .write(let path, let text):
      try makeParents(of: path)
      try write(path, O_WRONLY | O_CREAT | O_TRUNC, text)
    case .overwrite(let path, let offset, let text):
      let file = try FileCalls.open(at(path), O_RDWR)
      let outcome = Array(text.utf8).withUnsafeBytes { bytes in
        Result { () throws(Errno) in try DataCalls.write(file.rawValue, bytes, at: Int64(offset)) }
      }
      try outcome.get()
      try file.close()
    case .append(let path, let text): try write(path, O_WRONLY | O_APPEND, text)
    case .truncate(let path, let size):
      let file = try FileCalls.open(at(path), O_WRONLY)
      try DataCalls.truncate(file.rawValue, to: Int64(size))
      try file.close()
    case .line(let path, let number, let text):
      let changed = try replaced(path, number, text)
      let mode = try FileCalls.status(at(path)).st_mode & 0o777
      let draft = "\(at(path)).draft"
      let file = try FileCalls.open(draft, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
      try FileCalls.writeAll(file.rawValue, changed)
      try file.close()
      try FileCalls.rename(draft, to: at(path))
    case .lineInPlace(let path, let number, let text):
      try put(path, O_WRONLY | O_TRUNC, try replaced(path, number, text))
    case .rewrite(let path): try put(path, O_WRONLY | O_TRUNC, try FileCalls.contents(at(path)))
    case .restore(let path):
      let old = try FileCalls.contents(at(path))
      try put(path, O_WRONLY | O_TRUNC, Array("for a moment\n".utf8))
      try put(path, O_WRONLY | O_TRUNC, old)
    case .mode(let path, let mode): try FileCalls.retrying { chmod(at(path), mode) }
    case .unlink(let path): try FileCalls.remove(at(path))
    case .remove(let path): try remove(at(path))
    case .makeDirectory(let path): try FileCalls.makeDirectory(at(path), mode: 0o755)
    case .rename(let old, let new): try FileCalls.rename(at(old), to: at(new))
    case .link(let target, let path): try FileCalls.retrying { symlink(target, at(path)) }
    case .touch(let path): try FileCalls.retrying { utimensat(AT_FDCWD, at(path), nil, AT_SYMLINK_NOFOLLOW) }
    }
  }

  private func at(_ path: String) -> String { "\(root)/\(path)" }

  private func makeParents(of path: String) throws(Errno) {
    guard let slash = path.lastIndex(of: "/") else { return }
    _ = try Directories.make(at(String(path[..<slash])))
  }

  private func write(_ path: String, _ flags: CInt, _ text: String) throws(Errno) {
    try put(path, flags, Array(text.utf8))
  }

  private func put(_ path: String, _ flags: CInt, _ bytes: [UInt8]) throws(Errno) {
    let file = try FileCalls.open(at(path), flags, mode: 0o644)
    try FileCalls.writeAll(file.rawValue, bytes)
    try file.close()
  }

  /// The file's bytes with another line in the place of one; behind the last, one more.
  private func replaced(_ path: String, _ number: Int, _ text: String) throws(Errno) -> [UInt8] {
    let feed = UInt8(ascii: "\n")
    var lines = try FileCalls.contents(at(path)).split(separator: feed, omittingEmptySubsequences: false)
    if lines.indices.contains(number) {
      lines[number] = Array(text.utf8)[...]
    } else {
      lines.insert(Array(text.utf8)[...], at: max(0, lines.count - 1))
    }
    return Array(lines.joined(separator: [feed]))
  }

  /// rm -r: what is below first, and never through a link.
  private func remove(_ path: String) throws(Errno) {
    guard try FileCalls.status(path).st_mode & S_IFMT == S_IFDIR else { return try FileCalls.remove(path) }
    for name in try FileCalls.names(path).sorted() { try remove("\(path)/\(name)") }
    try FileCalls.removeDirectory(path)
  }
}
