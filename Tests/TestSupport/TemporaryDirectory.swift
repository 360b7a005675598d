internal import Glibc
internal import Posix
internal import SystemPackage

/// A directory of a test's own, removed with everything in it at the end of the test.
package final class TemporaryDirectory: Sendable {
  /// Its absolute path, without symbolic links.
  package let path: String

  /// Makes a directory below `base`, or `TMPDIR`, or `/tmp`.
  package init(below base: String? = nil) throws {
    let base = base ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/projfs-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno.current }
    path = try FileCalls.resolve(String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
  }

  deinit {
    _ = try? Subprocess.run(["rm", "-rf", "--one-file-system", path])
  }

  /// Makes a directory in it; returns its path.
  package func makeDirectory(_ name: String) throws -> String {
    try FileCalls.makeDirectory("\(path)/\(name)")
    return "\(path)/\(name)"
  }

  /// Writes a file in it; returns its path.
  @discardableResult
  package func write(_ name: String, _ text: String) throws -> String {
    let file = try FileCalls.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    try FileCalls.writeAll(file.rawValue, Array(text.utf8))
    return "\(path)/\(name)"
  }
}
