import Glibc
import Posix
import Projection
import SystemPackage

/// A directory on disk, changed by plain system calls: what a view must be like.
final class ReferenceTree {
  private let root: OwnedDescriptor
  /// Every file that ever was there, held open so that no inode number is given out twice.
  private var everyFile: [UInt64: OpenFile] = [:]
  private(set) var openFiles: [OpenFile] = []

  init(at path: String) throws {
    root = try FileCalls.open(path, O_RDONLY | O_DIRECTORY)
  }

  private func bytes(_ path: String) -> [UInt8] { Array((path.isEmpty ? "." : path).utf8) }

  /// Makes an entry as a provider would have it.
  func seed(_ path: String, _ kind: FileKind, _ text: String, owner: FileOwner, time: TimeStamp) throws {
    switch kind {
    case .directory: try EntryCalls.makeDirectory(at: root.rawValue, bytes(path), mode: 0o755)
    case .symbolicLink: try EntryCalls.makeSymbolicLink(at: root.rawValue, bytes(path), target: Array(text.utf8))
    default:
      let file = try EntryCalls.open(at: root.rawValue, bytes(path), O_CREAT | O_WRONLY, mode: 0o644)
      try FileCalls.writeAll(file.rawValue, Array(text.utf8))
    }
    try EntryCalls.changeOwner(at: root.rawValue, bytes(path), user: owner.user, group: owner.group)
    try age(path, time)
  }

  /// Sets the times of an entry.
  func age(_ path: String, _ time: TimeStamp) throws {
    try EntryCalls.setTimes(at: root.rawValue, bytes(path), accessed: time.timespec, modified: time.timespec)
  }

  /// Does what a user does. Throws what the system says.
  func apply(_ operation: TreeOperation) throws(Errno) {
    let top = root.rawValue
    switch operation {
    case .create(let path, let permissions):
      _ = try EntryCalls.open(at: top, bytes(path), O_CREAT | O_EXCL | O_RDWR, mode: mode_t(permissions))
    case .makeDirectory(let path, let permissions):
      try EntryCalls.makeDirectory(at: top, bytes(path), mode: mode_t(permissions))
    case .makeLink(let path, let target):
      try EntryCalls.makeSymbolicLink(at: top, bytes(path), target: Array(target.utf8))
    case .unlink(let path): try EntryCalls.remove(at: top, bytes(path))
    case .removeDirectory(let path): try EntryCalls.remove(at: top, bytes(path), isDirectory: true)
    case .rename(let old, let new, let mode):
      let flags: EntryCalls.RenameFlags =
        switch mode {
        case .replacing: []
        case .keepingExisting: .keepExisting
        case .exchanging: .exchange
        }
      try EntryCalls.rename(at: top, bytes(old), to: top, bytes(new), flags)
    case .link(let old, let new): try EntryCalls.link(at: top, bytes(old), to: top, bytes(new))
    case .write(let path, let text, let offset):
      let file = try EntryCalls.open(at: top, bytes(path), O_WRONLY)
      try Self.write(text, to: file.rawValue, at: offset)
    case .truncate(let path, let size):
      let file = try EntryCalls.open(at: top, bytes(path), O_RDWR)
      try DataCalls.truncate(file.rawValue, to: size)
    case .changeMode(let path, let permissions):
      try EntryCalls.changeMode(at: top, bytes(path), mode_t(permissions))
    case .setTime(let path, let seconds):
      let time = timespec(tv_sec: time_t(seconds), tv_nsec: 7)
      try EntryCalls.setTimes(at: top, bytes(path), accessed: time, modified: time)
    case .setAttribute(let path, let name, let value):
      try ExtendedAttributes.set(at: top, bytes(path), Array(name.utf8), to: Array(value.utf8))
    case .removeAttribute(let path, let name):
      try ExtendedAttributes.remove(at: top, bytes(path), Array(name.utf8))
    case .open(let path, let mode):
      // A directory is opened by another request.
      if try EntryCalls.status(at: top, bytes(path)).st_mode & S_IFMT == S_IFDIR { throw .isDirectory }
      let flags = (mode.contains(.writing) ? O_RDWR : O_RDONLY) | (mode.contains(.truncating) ? O_TRUNC : 0)
      openFiles.append(OpenFile(try EntryCalls.open(at: top, bytes(path), flags).release()))
    case .writeOpen(let number, let text, let offset):
      try Self.write(text, to: openFiles[number].rawValue, at: offset)
    case .close(let number): openFiles.remove(at: number)
    }
  }

  func closeAll() { openFiles = [] }

  static func write(_ text: String, to file: CInt, at offset: Int64) throws(Errno) {
    var text = text
    let outcome: Result<Void, Errno> = text.withUTF8 { bytes in
      Result { () throws(Errno) in try DataCalls.write(file, UnsafeRawBufferPointer(bytes), at: offset) }
    }
    try outcome.get()
  }

  /// Everything that is there.
  func snapshot() throws -> TreeSnapshot {
    var snapshot = TreeSnapshot()
    var waiting = [""]
    while let path = waiting.popLast() {
      let status = try EntryCalls.status(at: root.rawValue, bytes(path))
      let kind = FileKind(mode: status.st_mode) ?? .file
      let inode = UInt64(status.st_ino)
      if everyFile[inode] == nil {
        everyFile[inode] = OpenFile(
          try EntryCalls.open(at: root.rawValue, bytes(path), EntryCalls.pathOnly).release())
      }
      var content: [UInt8] = []
      switch kind {
      case .directory:
        let directory = try EntryCalls.open(at: root.rawValue, bytes(path), O_RDONLY | O_DIRECTORY)
        waiting += try EntryCalls.entries(of: directory.rawValue).map { entry in
          (path.isEmpty ? "" : path + "/") + String(decoding: entry.name, as: UTF8.self)
        }
      case .symbolicLink: content = try EntryCalls.linkTarget(at: root.rawValue, bytes(path))
      default:
        let file = try EntryCalls.open(at: root.rawValue, bytes(path), O_RDONLY)
        content = try FileCalls.read(file.rawValue, at: 0, count: 4096)
      }
      var attributes: [String: String] = [:]
      if kind != .symbolicLink {
        for name in try ExtendedAttributes.names(at: root.rawValue, bytes(path)) {
          let value = try ExtendedAttributes.value(at: root.rawValue, bytes(path), name) ?? []
          attributes[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
        }
      }
      snapshot.entries[path] = TreeEntry(
        NodeAttributes(status, kind: kind, inode: inode), content: String(decoding: content, as: UTF8.self),
        attributes: attributes)
      snapshot.inodes[path] = inode
    }
    return snapshot
  }
}
