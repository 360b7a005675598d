internal import Glibc
internal import Posix
internal import SystemPackage
package import TestSupport

/// What a tree contains before the first operation: every kind of file that git can store, under names that the
/// operations use as well.
package struct StartingTree: Sendable {
  /// The repository that has it.
  package let repository: GitFixture

  /// Makes the repository, with `many` files in its largest directory.
  package init(at path: String, many: Int = 300) throws {
    repository = try GitFixture(at: path)
    try write("empty", 0)
    try write("one", 1)
    try write("page", 4096)
    try write("large", Self.largeContents)
    try write("tool.sh", 30, executable: true)
    try write("b", 10)
    try write("a/b/c/d", 100)
    try write("a/d", 5000)
    try write("c/.keep", 0)
    for number in 0..<6 {
      try write("d/lib-\(number)/a", 10 * number)
      try write("d/lib-\(number)/b/c", 4095 + number, executable: true)
      try write("d/lib-\(number)/b/d", 1)
      try link("a", "d/lib-\(number)/c")
    }
    for number in 0..<many { try write("many/file-\(number)", number % 40) }
    try link("page", "link")
    try link("nowhere", "dangling")
    try link("a/b", "to-directory")
    try link("../one", "a/up")
    try repository.git("add", "-A")
    try repository.commit()
  }

  /// Checks it out at `path`, without the repository.
  package func checkOut(at path: String) throws {
    try FileCalls.makeDirectory(path, mode: 0o755)
    try repository.git("checkout-index", "-a", "-f", "--prefix=\(path)/")
  }

  /// Two checkouts of it, the reference on the native file system, the subject there or below another directory.
  package func nativePair(subjectBelow directory: String? = nil) throws -> TreePair {
    let homes = [try TemporaryDirectory(), try TemporaryDirectory(below: directory)]
    let trees = try homes.map { home in
      try checkOut(at: home.path + "/tree")
      return Subject(root: home.path + "/tree")
    }
    return TreePair(reference: trees[0], subject: trees[1], resources: homes)
  }

  /// The bytes of the file `large`.
  package static let largeContents = Array(Fill(seed: 42, count: 70_000).bytes)

  private func write(_ name: String, _ count: Int, executable: Bool = false) throws {
    let seed = name.utf8.reduce(0) { $0 &* 31 &+ $1 }
    try write(name, Array(Fill(seed: seed, count: count).bytes), executable: executable)
  }

  private func write(_ name: String, _ bytes: [UInt8], executable: Bool = false) throws {
    _ = try Directories.make(parent(of: name))
    let file = try FileCalls.open(
      "\(repository.path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: executable ? 0o755 : 0o644)
    try FileCalls.writeAll(file.rawValue, bytes)
  }

  private func link(_ target: String, _ name: String) throws {
    _ = try Directories.make(parent(of: name))
    guard symlink(target, "\(repository.path)/\(name)") == 0 else { throw Errno.current }
  }

  private func parent(of name: String) -> String {
    let path = "\(repository.path)/\(name)"
    return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
  }
}
