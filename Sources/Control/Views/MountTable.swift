internal import Glibc
internal import Posix

/// The kernel's list of mounts, as far as it concerns views.
package enum MountTable {
  /// One mount.
  package struct Entry: Sendable, Hashable {
    /// Where, as an absolute path.
    package let mountpoint: String
    /// The type of file system, such as `fuse.projfs`.
    package let type: String
    /// What is mounted; for a view its state directory.
    package let source: String

    /// Whether this is a view.
    package var isView: Bool { type == "fuse.projfs" }

    /// Whether its server has gone: "Transport endpoint is not connected".
    ///
    /// Asks the kernel, which asks the server; a server that hangs makes this hang.
    package var isDead: Bool {
      var space = statvfs()
      return statvfs(mountpoint, &space) != 0 && errno == ENOTCONN
    }
  }

  /// All mounts, the topmost of each place last.
  package static func entries() -> [Entry] {
    guard let table = try? FileCalls.contents("/proc/self/mountinfo") else { return [] }
    return parse(table)
  }

  /// The view that is mounted at exactly `path`.
  package static func view(at path: String) -> Entry? {
    entries().last { $0.mountpoint == path && $0.isView }
  }

  /// The view that `path` lies in.
  package static func view(containing path: String) -> Entry? {
    entries().filter { $0.isView && (path == $0.mountpoint || path.hasPrefix($0.mountpoint + "/")) }
      .max { $0.mountpoint.utf8.count < $1.mountpoint.utf8.count }
  }

  /// Reads the format of proc_pid_mountinfo(5): the mountpoint is the fifth field; type and source follow a lone hyphen.
  static func parse(_ table: [UInt8]) -> [Entry] {
    table.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      guard fields.count > 6, let hyphen = fields.firstIndex(of: [UInt8(ascii: "-")]), hyphen + 2 < fields.count
      else { return nil }
      return Entry(
        mountpoint: unescape(fields[4]), type: unescape(fields[hyphen + 1]), source: unescape(fields[hyphen + 2]))
    }
  }

  /// The kernel writes spaces, tabs, line feeds and backslashes as a backslash and three octal digits.
  private static func unescape(_ field: ArraySlice<UInt8>) -> String {
    var bytes: [UInt8] = []
    var rest = field
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3).map { $0 &- UInt8(ascii: "0") }
      guard byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ $0 < 8 }) else {
        bytes.append(byte)
        continue
      }
      bytes.append(digits[0] << 6 | digits[1] << 3 | digits[2])
      rest = rest.dropFirst(3)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
