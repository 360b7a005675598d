internal import Glibc
internal import Posix

/// A git repository made by a test.
package struct GitFixture: Sendable {
  /// Where it is; for a repository that is not bare, its working tree.
  package let path: String

  /// Makes an empty repository.
  package init(at path: String, bare: Bool = false, format: String = "sha1") throws {
    self.path = path
    try Self.git(["init", "-q", "-b", "main", "--object-format=\(format)"] + (bare ? ["--bare"] : []) + [path])
  }

  /// Runs git in the repository; returns what it prints, without the last line feed. Throws where it fails.
  @discardableResult
  package func git(_ arguments: String...) throws -> String {
    try Self.git(["-C", path] + arguments)
  }

  /// Writes a file, or makes it executable, and stages it.
  package func add(_ name: String, _ text: String, executable: Bool = false) throws {
    if let slash = name.lastIndex(of: "/") {
      _ = try Directories.make(path + "/" + name[..<slash])
    }
    let file = try FileCalls.open(
      "\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: executable ? 0o755 : 0o644)
    try FileCalls.writeAll(file.rawValue, Array(text.utf8))
    try git("add", "--", name)
  }

  /// Commits what is staged; returns the commit's id.
  @discardableResult
  package func commit(_ message: String = "test") throws -> String {
    try git("commit", "-q", "--allow-empty", "-m", message)
    return try git("rev-parse", "HEAD")
  }

  /// Stores a raw object without any check; returns its id.
  package func storeObject(_ type: String, _ bytes: [UInt8]) throws -> String {
    let name = "\(path)/object-of-a-test"
    let file = try FileCalls.open(name, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    try FileCalls.writeAll(file.rawValue, bytes)
    defer { try? FileCalls.remove(name) }
    return try git("hash-object", "-t", type, "-w", "--literally", name)
  }

  /// git said no.
  package struct Failure: Error {
    package let arguments: [String]
    package let errors: String
  }

  @discardableResult
  private static func git(_ arguments: [String]) throws -> String {
    let identity = [
      "-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false",
      "-c", "protocol.file.allow=always", "-c", "gc.auto=0",
    ]
    let outcome = try Subprocess.run(["git"] + identity + arguments)
    guard outcome.exitCode == 0 else { throw Failure(arguments: arguments, errors: outcome.errors) }
    return outcome.output.hasSuffix("\n") ? String(outcome.output.dropLast()) : outcome.output
  }
}
