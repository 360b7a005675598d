import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

/// What people and programs see of a switch.
@Suite("A switch changes what differs and nothing else", .enabled(if: Availability.fuse, "FUSE is not available"))
struct SwitchSightTests {
  @Test(
    "What is the same keeps its number and times; what is not is newer than everything", arguments: WritableView.engines
  )
  func times(engine: String) throws {
    let moved = try SwitchView(engine: engine)
    var known = try TimedSnapshot(of: moved.path, inodes: true)
    for revision in ["two", "one", "two"] {
      let newest = known.entries.values.map(\.time).max() ?? .init(seconds: 0, nanoseconds: 0)
      try moved.move(revision)
      let now = try TimedSnapshot(of: moved.path, inodes: true)
      for (path, entry) in now.entries {
        guard let before = known.entries[path] else {
          #expect(entry.time > newest, "\(path) is new in \(revision)")
          continue
        }
        let isSame = entry.contents == before.contents && entry.mode == before.mode
        if entry.mode & S_IFMT == S_IFDIR, before.mode == entry.mode {
          #expect(entry.inode == before.inode, "\(path) in \(revision)")
        } else if isSame, path != "/attributes/lines.txt" {
          #expect(entry == before, "\(path) in \(revision)")
        } else {
          #expect(entry.time > newest, "\(path) in \(revision)")
        }
      }
      known = now
    }
  }

  @Test("make finds exactly what a checkout writes", arguments: WritableView.engines)
  func stamps(engine: String) throws {
    let moved = try SwitchView(engine: engine)
    let ordinary = moved.home.path + "/ordinary"
    for revision in ["two", "one"] {
      var newer: [[String]] = []
      for place in [moved.path, ordinary] {
        let stamp = moved.home.path + "/stamp"
        try SwitchView.write(stamp, "")
        // The kernel's clock for files stands still for some milliseconds, and what has the same time is not newer.
        let probe = moved.home.path + "/probe"
        repeat { try SwitchView.write(probe, "") } while try Self.time(of: probe) <= Self.time(of: stamp)
        if place == ordinary {
          try moved.repository.git("-C", place, "checkout", "-q", "--detach", revision)
        } else {
          try moved.move(revision)
        }
        newer.append(try Self.newer(than: stamp, in: place))
      }
      // What attributes convert otherwise has other bytes in a view; git does not write it anew.
      #expect(newer[0].filter { $0 != "./attributes/lines.txt" } == newer[1], "\(revision)")
      #expect(newer[1].contains("./directory/only-\(revision)") && newer[1].contains("./mode"))
    }
  }

  private static func time(of path: String) throws -> Int {
    let time = try FileCalls.status(path).st_mtim
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  private static func newer(than stamp: String, in place: String) throws -> [String] {
    let found = try Subprocess.run([
      "env", "-C", place, "find", ".", "-mindepth", "1", "!", "-path", "./.git", "-newer", stamp,
    ])
    return found.output.split(separator: "\n").map(String.init).sorted()
  }

  @Test("Who has a file open goes on with what they opened", arguments: WritableView.engines)
  func openFiles(engine: String) throws {
    let moved = try SwitchView(engine: engine)
    let names = [
      "changed", "big", "same-size", "only-one/deep/file", "directory/deep/changed", "to-directory", "to-link",
    ]
    let contents = try names.map { try moved.view.read($0) }
    var files: [OpenFile] = []
    for name in names { files.append(OpenFile(try FileCalls.open("\(moved.path)/\(name)", O_RDONLY))) }
    let size = contents[1].count
    let address = try #require(mmap(nil, size, PROT_READ, MAP_SHARED, files[1].descriptor.rawValue, 0))
    #expect(address != MAP_FAILED)
    defer { munmap(address, size) }
    let writer = try FileCalls.open("\(moved.path)/kept", O_RDWR)
    try FileCalls.writeAll(writer.rawValue, Array("before".utf8))
    for revision in ["two", "one", "v1"] {
      try moved.move(revision)
      for (name, (file, content)) in zip(names, zip(files, contents)) {
        let read = try FileCalls.read(file.descriptor.rawValue, at: 0, count: 2_000_000)
        #expect(read == content, "\(name) after \(revision): \(read.count) bytes")
        #expect(try FileCalls.status(file.descriptor.rawValue).st_size == content.count, "\(name)")
      }
      #expect(Array(UnsafeRawBufferPointer(start: address, count: size)) == contents[1])
      try FileCalls.writeAll(writer.rawValue, Array(revision.utf8))
    }
    #expect(try moved.view.text("kept").hasPrefix("beforetwoonev1"))
    #expect(try moved.git("status", "--porcelain") == " M kept\n")
  }

  /// An open file that can be in an array.
  private final class OpenFile {
    let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
  }

  @Test("A working directory stays one, and is empty where it is no more", arguments: WritableView.engines)
  func workingDirectories(engine: String) throws {
    let moved = try SwitchView(engine: engine)
    let stays = try FileCalls.open(moved.path + "/directory/deep", O_RDONLY | O_DIRECTORY)
    let goes = try FileCalls.open(moved.path + "/only-one/deep", O_RDONLY | O_DIRECTORY)
    try moved.move("two")
    let text = "directory/deep/changed of two\nand longer\n"
    #expect(try FileCalls.contents(at: stays.rawValue, "changed") == Array(text.utf8))
    #expect(try FileCalls.names(at: stays.rawValue, ".").sorted() == ["changed", "kept"])
    #expect(try FileCalls.names(at: stays.rawValue, "../../only-two/deep") == ["file"])
    #expect(throws: Errno.noSuchFileOrDirectory) { _ = try FileCalls.contents(at: goes.rawValue, "file") }
    #expect(throws: Errno.noSuchFileOrDirectory) {
      _ = try FileCalls.open(at: goes.rawValue, "new", O_WRONLY | O_CREAT, mode: 0o644)
    }
    #expect(try FileCalls.names(at: goes.rawValue, ".") == [])
    #expect(access(moved.path + "/only-one", F_OK) != 0)
    try moved.move("one")
    #expect(try moved.view.text("only-one/deep/file") == "in one of them\n")
    try moved.expect(at: "one", branch: "one")
  }
}

extension TimedSnapshot.Entry {
  /// The time in a form that can be compared.
  fileprivate var time: Time { Time(seconds: modified[0], nanoseconds: modified[1]) }

  fileprivate struct Time: Comparable {
    let seconds: Int
    let nanoseconds: Int

    static func < (one: Time, other: Time) -> Bool {
      (one.seconds, one.nanoseconds) < (other.seconds, other.nanoseconds)
    }
  }
}
