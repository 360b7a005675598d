import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@testable import Projection

@Suite struct LocalTreeTests {
  private let directory: TemporaryDirectory
  private let tree: LocalTree

  init() throws {
    directory = try TemporaryDirectory()
    tree = try LocalTree(in: directory.path, owner: nil)
  }

  private func bytes(_ name: String) -> [UInt8] { Array(name.utf8) }

  /// Another server's start on the same directory.
  private func restart() throws -> LocalTree { try LocalTree(in: directory.path, owner: nil) }

  private func names(_ place: String) throws -> [String] {
    (try? FileCalls.names("\(directory.path)/\(place)"))?.sorted() ?? []
  }

  /// What is in the staging area, as paths relative to it, lanes aside.
  private func staged() throws -> [String] {
    try names("staging").flatMap { name in
      name.hasPrefix("lane") ? try names("staging/\(name)").map { "\(name)/\($0)" } : [name]
    }
  }

  private func isWhiteout(_ path: String) throws -> Bool {
    LocalTree.isWhiteout(try FileCalls.status("\(directory.path)/\(path)"))
  }

  @Test("What says nothing of its own is gone from staging at the next start")
  func worthless() throws {
    let staging = tree.staging.rawValue
    try EntryCalls.makeWhiteout(at: staging, bytes("whiteout"))
    try directory.write("staging/empty", "")
    try directory.write("staging/placeholder", "half of what was to be filled in")
    try ExtendedAttributes.set(at: staging, bytes("placeholder"), bytes(Marks.contentName), to: [1])
    try EntryCalls.makeSymbolicLink(at: staging, bytes("link"), target: bytes("anywhere"))
    try EntryCalls.makeNode(at: staging, bytes("fifo"), mode: S_IFIFO | 0o600, device: 0)
    try FileCalls.makeDirectory("\(directory.path)/staging/empty directory")
    try FileCalls.makeDirectory("\(directory.path)/staging/whiteouts")
    let inner = try EntryCalls.open(at: staging, bytes("whiteouts"), O_RDONLY | O_DIRECTORY)
    for name in ["a", "b"] { try EntryCalls.makeWhiteout(at: inner.rawValue, bytes(name)) }
    _ = try restart()
    #expect(try staged() == [])
    #expect(try names("lost+found") == [])
  }

  @Test("What may be somebody's goes from staging to lost+found, and takes no other thing's place there")
  func precious() throws {
    for round in 0..<3 {
      try directory.write("staging/7", "text \(round)")
      _ = try restart()
    }
    #expect(try staged() == [])
    #expect(try names("lost+found") == ["7", "7.1", "7.2"])
    #expect(try FileCalls.contents("\(directory.path)/lost+found/7.1") == bytes("text 1"))

    try FileCalls.makeDirectory("\(directory.path)/staging/8")
    let inner = try EntryCalls.open(at: tree.staging.rawValue, bytes("8"), O_RDONLY | O_DIRECTORY)
    try EntryCalls.makeWhiteout(at: inner.rawValue, bytes("gone"))
    try directory.write("staging/8/empty", "")
    _ = try restart()
    #expect(try names("lost+found/8").contains("empty"))
  }

  @Test("What is in the local tree itself is never touched by a start")
  func untouched() throws {
    try directory.write("local/file", "text")
    try directory.write("local/empty", "")
    try tree.hide(bytes("gone"), in: tree.root.rawValue)
    let before = try FileCalls.status("\(directory.path)/local").st_ctim
    _ = try restart()
    #expect(try names("local") == ["empty", "file", "gone"])
    #expect(TimeStamp(try FileCalls.status("\(directory.path)/local").st_ctim) == TimeStamp(before))
  }

  @Test("Names that are hidden are links to one whiteout; a later server makes its own")
  func whiteouts() throws {
    for name in ["a", "b", "c"] { try tree.hide(bytes(name), in: tree.root.rawValue) }
    let later = try restart()
    try later.hide(bytes("d"), in: later.root.rawValue)
    let inodes = try ["a", "b", "c"].map { try FileCalls.status("\(directory.path)/local/\($0)").st_ino }
    #expect(Set(inodes).count == 1)
    for name in ["a", "b", "c", "d"] { #expect(try isWhiteout("local/\(name)")) }
    #expect(throws: Errno.fileExists) { try tree.hide(bytes("a"), in: tree.root.rawValue) }
  }

  @Test("A whiteout that somebody removed from staging is made anew where hiding fails for it")
  func missingWhiteout() throws {
    try tree.hide(bytes("a"), in: tree.root.rawValue)
    for name in try staged() { try FileCalls.remove("\(directory.path)/staging/\(name)") }
    #expect(throws: Errno.noSuchFileOrDirectory) { try tree.hide(bytes("b"), in: tree.root.rawValue) }
    #expect(try names("local") == ["a"])
  }

  @Test("A whiteout takes a file's place in one step, and staging keeps nothing but the whiteout to link to")
  func replacing() throws {
    try directory.write("local/file", "text")
    try tree.replaceByWhiteout(bytes("file"), in: tree.root.rawValue)
    #expect(try isWhiteout("local/file"))
    #expect(try staged().count == 1)
    try FileCalls.makeDirectory("\(directory.path)/local/directory")
    #expect(throws: Errno.isDirectory) { try tree.replaceByWhiteout(bytes("directory"), in: tree.root.rawValue) }
    #expect(try staged().count == 1)
  }

  @Test("A directory with nothing but whiteouts in it goes with them", arguments: [false, true])
  func removing(leavingWhiteout: Bool) throws {
    for (name, hidden) in [("empty", []), ("hiding", ["a", "b"])] {
      try FileCalls.makeDirectory("\(directory.path)/local/\(name)")
      let inner = try EntryCalls.open(at: tree.root.rawValue, bytes(name), O_RDONLY | O_DIRECTORY)
      for one in hidden { try tree.hide(bytes(one), in: inner.rawValue) }
      try tree.removeDirectory(bytes(name), in: tree.root.rawValue, leavingWhiteout: leavingWhiteout)
    }
    #expect(try names("local") == (leavingWhiteout ? ["empty", "hiding"] : []))
    if leavingWhiteout { #expect(try isWhiteout("local/hiding") && isWhiteout("local/empty")) }
    #expect(try staged().count <= 1)
    _ = try restart()
    #expect(try names("lost+found") == [])
  }

  @Test("What nobody knew of in a directory that is removed ends in lost+found")
  func unknownContents() throws {
    try FileCalls.makeDirectory("\(directory.path)/local/directory")
    try directory.write("local/directory/unknown", "text")
    try tree.removeDirectory(bytes("directory"), in: tree.root.rawValue, leavingWhiteout: true)
    #expect(try isWhiteout("local/directory"))
    _ = try restart()
    let kept = try names("lost+found")
    #expect(kept.count == 1)
    #expect(try names("lost+found/\(kept.first ?? "")") == ["unknown"])
  }

  @Test("Only the character device 0:0 is a whiteout")
  func kinds() throws {
    try directory.write("file", "")
    #expect(try !isWhiteout("file"))
    #expect(LocalTree.isWhiteout(try FileCalls.status("/dev/null")) == false)
  }

  @Test("A file system with attributes and whiteouts can keep a local tree, and finding out leaves nothing")
  func abilities() throws {
    try tree.checkAbilities()
    #expect(try names("local") == [])
    _ = try restart()
    #expect(try staged() == [])
  }
}
