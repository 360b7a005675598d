import Glibc
import Posix
import Provider
import TestSupport

/// A tree that every provider is to project: what a directory on a disk can hold, without empty directories, which not
/// every source has.
struct SampleTree: Sendable {
  /// What a path is.
  enum Item: Sendable, Equatable {
    case file([UInt8], isExecutable: Bool)
    case link([UInt8])
    case directory
  }

  /// What each path is, from the root; the root itself is not in it.
  let items: [[UInt8]: Item]

  /// A tree with contents of its own for each seed.
  init(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var items: [[UInt8]: Item] = [:]
    func bytes(_ count: Int) -> [UInt8] {
      (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }
    func add(_ path: String, _ item: Item) {
      items[Array(path.utf8)] = item
      var parts = path.split(separator: "/").dropLast()
      while !parts.isEmpty {
        items[Array(parts.joined(separator: "/").utf8)] = .directory
        parts.removeLast()
      }
    }
    add("empty", .file([], isExecutable: false))
    add("one", .file([0], isExecutable: false))
    add("text", .file(Array("Hello,\nworld\n".utf8), isExecutable: false))
    add("tool.sh", .file(Array("#!/bin/sh\nexit 0\n".utf8), isExecutable: true))
    add("a page", .file(bytes(4096), isExecutable: false))
    add("large", .file(bytes(700_001), isExecutable: false))
    add("with a \n line feed", .file(bytes(10), isExecutable: false))
    add("ümlaut/日本/😀", .file(bytes(33), isExecutable: false))
    add("a/b/c/d/e/f/g/h", .file(bytes(1), isExecutable: false))
    add("a.b", .file(bytes(2), isExecutable: false))
    add("a-b", .file(bytes(3), isExecutable: false))
    add("twice/one", .file([1, 2, 3], isExecutable: false))
    add("twice/other", .file([1, 2, 3], isExecutable: false))
    add("link", .link(Array("text".utf8)))
    add("dangling", .link(Array("no/such/file".utf8)))
    add("a/up", .link(Array("../text".utf8)))
    add(String(repeating: "n", count: 255), .file(bytes(5), isExecutable: false))
    for number in 0..<Int.random(in: 50...300, using: &random) {
      add("many/\(number)", .file(bytes(Int.random(in: 0...200, using: &random)), isExecutable: false))
    }
    self.items = items
  }

  /// Writes the tree into an existing directory.
  func write(to directory: String) throws {
    for (path, item) in items.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) where item == .directory {
      _ = try Directories.make("\(directory)/\(String(decoding: path, as: UTF8.self))")
    }
    for (path, item) in items {
      let name = "\(directory)/\(String(decoding: path, as: UTF8.self))"
      switch item {
      case .directory: break
      case .link(let target):
        let home = try FileCalls.open(directory, O_RDONLY | O_DIRECTORY)
        try EntryCalls.makeSymbolicLink(at: home.rawValue, Array(name.utf8), target: target)
      case .file(let bytes, let isExecutable):
        let file = try FileCalls.open(name, O_WRONLY | O_CREAT | O_EXCL, mode: isExecutable ? 0o755 : 0o644)
        try FileCalls.writeAll(file.rawValue, bytes)
      }
    }
  }

  /// Every file's content, by its path.
  var files: [(path: [UInt8], bytes: [UInt8])] {
    items.compactMap { path, item in
      if case .file(let bytes, _) = item { (path, bytes) } else { nil }
    }
  }
}
