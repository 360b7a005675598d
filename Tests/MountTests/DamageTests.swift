import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite("Damage costs the damaged file, and nothing else", .enabled(if: Availability.fuse, "FUSE is not available"))
struct DamageTests {
  @Test("A missing and a damaged object give EIO and one line each in the log")
  func objects() throws {
    let home = try TemporaryDirectory()
    let repository = try GitFixture(at: home.path + "/repository")
    for name in ["good", "missing", "damaged"] { try repository.add(name, "the file \(name)\n") }
    try repository.commit()
    let missing = try Self.objectPath("missing", in: repository)
    let damaged = try Self.objectPath("damaged", in: repository)
    let view = try MountedView(repository.path, in: home)
    // Looked at before it is damaged, so that its size is known and only its content is not to be had.
    #expect(try FileCalls.status("\(view.path)/damaged").st_size == 17)
    try FileCalls.remove(missing)
    try Self.overwrite(damaged)
    for _ in 0..<3 {
      #expect(throws: Errno.ioError) { _ = try view.read("missing") }
      #expect(throws: Errno.ioError) { _ = try view.read("damaged") }
      #expect(try view.text("good") == "the file good\n")
    }
    #expect(try FileCalls.names(view.path).sorted() == [".git", "damaged", "good", "missing"])
    let log = String(decoding: try FileCalls.contents(try view.stateDirectory + "/log"), as: UTF8.self)
    #expect(log.split(separator: "\n").count { $0.contains("cannot be read") } == 2, "\(log)")
    #expect(try view.stats.hydration.failures == 3)
    #expect(try view.stats.contentStore.files == 1)
  }

  @Test("An object that is another's is caught by --verify-objects")
  func exchanged() throws {
    let home = try TemporaryDirectory()
    let repository = try GitFixture(at: home.path + "/repository")
    try repository.add("one", "one\n")
    try repository.add("two", "two\n")
    try repository.commit()
    let one = try Self.objectPath("one", in: repository)
    #expect(try Subprocess.run(["cp", "-f", try Self.objectPath("two", in: repository), one]).exitCode == 0)
    let view = try MountedView(repository.path, in: home, options: ["--verify-objects"])
    #expect(throws: Errno.ioError) { _ = try view.read("one") }
    #expect(try view.text("two") == "two\n")
  }

  @Test("Entries that no working tree may have are hidden, and their neighbours are not")
  func names() throws {
    let home = try TemporaryDirectory()
    let repository = try GitFixture(at: home.path + "/repository")
    let blob = try repository.storeObject("blob", Array("good\n".utf8))
    let id = try #require(Self.bytes(blob))
    var tree: [UInt8] = []
    let longest = String(repeating: "n", count: 255)
    for name in ["", ".", "..", ".git", ".GIT", "a/b", "good", longest, longest + "n"] {
      tree += Array("100644 \(name)".utf8) + [0] + id
    }
    let treeID = try repository.storeObject("tree", tree)
    let view = try MountedView(repository.path, in: home, options: ["--rev", treeID])
    #expect(try FileCalls.names(view.path).sorted() == ["good", longest])
    #expect(try view.text("good") == "good\n")
    let log = String(decoding: try FileCalls.contents(try view.stateDirectory + "/log"), as: UTF8.self)
    #expect(log.split(separator: "\n").count { $0.contains("is hidden") } == 7, "\(log)")
  }

  @Test("A damaged directory is an error where it is, and the rest is served")
  func directory() throws {
    let home = try TemporaryDirectory()
    let repository = try GitFixture(at: home.path + "/repository")
    try repository.add("good", "good\n")
    try repository.add("bad/file", "unreachable\n")
    try repository.commit()
    let tree = try repository.git("rev-parse", "HEAD:bad")
    try FileCalls.remove("\(repository.path)/.git/objects/\(tree.prefix(2))/\(tree.dropFirst(2))")
    let view = try MountedView(repository.path, in: home)
    #expect(throws: Errno.ioError) { _ = try view.read("bad/file") }
    #expect(throws: Errno.ioError) { _ = try FileCalls.names("\(view.path)/bad") }
    #expect(try view.text("good") == "good\n")
    let stats = try view.stats
    #expect(stats.files.total == 1 && stats.files.hydrated == 1)
  }

  @Test(
    "A full disk is ENOSPC to the reader, leaves nothing half-made, and is over when there is room",
    .enabled(if: Availability.root, "a file system of its own needs root"))
  func fullDisk() throws {
    let home = try TemporaryDirectory()
    let disk = try home.makeDirectory("disk")
    #expect(try Subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", disk]).exitCode == 0)
    defer { _ = try? Subprocess.run(["umount", "-l", disk]) }
    let repository = try GitFixture(at: disk + "/repository")
    try repository.add("small", "small\n")
    // Zeros: large in the view, small in the object database.
    try repository.add("large", String(repeating: "\0", count: 8 << 20))
    try FileCalls.remove("\(repository.path)/large")
    try repository.commit()
    let resize = { (size: String) in try Subprocess.run(["mount", "-o", "remount,size=\(size)", disk]).exitCode }
    #expect(try resize("4m") == 0)
    let view = try MountedView(repository.path, in: home)
    for _ in 0..<2 { #expect(throws: Errno.noSpace) { _ = try view.read("large") } }
    #expect(try view.text("small") == "small\n")
    let stats = try view.stats
    #expect(stats.contentStore.files == 1 && stats.contentStore.bytes == 6)
    #expect(try resize("64m") == 0)
    #expect(try view.read("large").count == 8 << 20)
    #expect(try view.projfs.run(["unmount", view.path]).exitCode == 0)
  }

  // MARK: - Pieces

  private static func objectPath(_ name: String, in repository: GitFixture) throws -> String {
    let id = try repository.git("rev-parse", "HEAD:\(name)")
    return "\(repository.path)/.git/objects/\(id.prefix(2))/\(id.dropFirst(2))"
  }

  private static func overwrite(_ path: String) throws {
    guard chmod(path, 0o644) == 0 else { throw Errno.current }
    let file = try FileCalls.open(path, O_WRONLY | O_TRUNC)
    try FileCalls.writeAll(file.rawValue, Array("this is no zlib stream".utf8))
  }

  private static func bytes(_ digits: String) -> [UInt8]? {
    let values = digits.compactMap { $0.hexDigitValue.map(UInt8.init) }
    guard values.count == 40 else { return nil }
    return stride(from: 0, to: 40, by: 2).map { values[$0] << 4 | values[$0 + 1] }
  }
}
