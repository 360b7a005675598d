internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

/// What lies in a directory of this machine, in the words of `ContentProvider.tree`.
package enum NativeTree {
  /// Everything below `path`; FIFOs, sockets and devices are left out.
  package static func tree(below path: String) throws -> [[UInt8]: String] {
    var found: [[UInt8]: String] = [:]
    let top = try FileCalls.open(path, O_RDONLY | O_DIRECTORY)
    try add(top, [], to: &found)
    return found
  }

  private static func add(
    _ directory: borrowing OwnedDescriptor, _ path: [UInt8], to found: inout [[UInt8]: String]
  ) throws {
    for entry in try EntryCalls.entries(of: directory.rawValue) {
      let child = path + entry.name
      let status = try EntryCalls.status(at: directory.rawValue, entry.name)
      let permissions = String(status.st_mode & 0o7777, radix: 8)
      switch status.st_mode & S_IFMT {
      case S_IFDIR:
        found[child] = "directory \(permissions)"
        let inner = try EntryCalls.open(at: directory.rawValue, entry.name, O_RDONLY | O_DIRECTORY)
        try add(inner, child + [UInt8(ascii: "/")], to: &found)
      case S_IFLNK:
        found[child] = "link \(hexadecimal(try EntryCalls.linkTarget(at: directory.rawValue, entry.name)))"
      case S_IFREG:
        let file = try EntryCalls.open(at: directory.rawValue, entry.name, O_RDONLY)
        let bytes = try FileCalls.read(file.rawValue, at: 0, count: Int(status.st_size))
        found[child] = description(file: bytes, permissions: permissions)
      default: break
      }
    }
  }

  /// A file in words; of a large one, its length and a checksum.
  static func description(file bytes: [UInt8], permissions: String) -> String {
    if bytes.count <= 64 { return "file \(permissions) \(hexadecimal(bytes))" }
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    bytes.withUnsafeBytes { memory in
      for byte in memory { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    return "file \(permissions) \(bytes.count) bytes \(String(sum, radix: 16))"
  }
}
