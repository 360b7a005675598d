import Glibc
import Posix
import TestSupport

/// A provider of the command line's, and how a directory becomes its source.
enum ProvidedSource: String, CaseIterable, Sendable {
  case directory
  case exec
  case archive
  case http

  /// As `--provider` has it.
  var provider: String {
    guard self == .exec else { return rawValue }
    let here = #filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex)
    return "exec:'\(here)/tree-program'"
  }

  /// Whether the source is known by an id of everything in it, which `status` shows.
  var isProven: Bool { self != .directory }

  /// Makes what there is in `home`'s directory `tree` the source, and returns what leads to it. `server` serves `home`.
  @discardableResult
  func make(of tree: String, in home: TemporaryDirectory, _ server: WebServerOnDemand) throws -> String {
    switch self {
    case .directory, .exec: return tree
    case .archive: return try Self.archive(of: tree, in: home)
    case .http:
      try WebServer.makeManifest(of: tree, at: home.path + "/manifest.json", ["--base", "tree/"])
      return try server.url("manifest.json")
    }
  }

  private static func archive(of tree: String, in home: TemporaryDirectory) throws -> String {
    // In the place of what there was, as an archive is replaced while it is in use.
    let archive = home.path + "/tree.tar.gz"
    let outcome = try Subprocess.run(["tar", "-C", tree, "-czf", archive + ".new", "."])
    guard outcome.exitCode == 0 else { throw SmallDisk.Failure(arguments: ["tar"], errors: outcome.errors) }
    try FileCalls.retrying { rename(archive + ".new", archive) }
    return archive
  }

  /// A tree with something of everything that all of them can hold.
  static func sampleTree(in home: TemporaryDirectory) throws -> String {
    let tree = try home.makeDirectory("tree")
    _ = try home.makeDirectory("tree/empty")
    for directory in ["tree/a", "tree/a/b", "tree/a/b/c"] { _ = try home.makeDirectory(directory) }
    try home.write("tree/README", "# sample\n")
    try home.write("tree/nothing", "")
    try home.write("tree/a/b/c/deep", "deep\n")
    try home.write("tree/a/ü \n", "name\n")
    try home.write("tree/a/large", String(repeating: "0123456789abcde\n", count: 100_000))
    try home.write("tree/a/run", "#!/bin/sh\nexit 0\n")
    try FileCalls.retrying { chmod(tree + "/a/run", 0o755) }
    try FileCalls.retrying { symlink("b/c/deep", tree + "/a/link") }
    try FileCalls.retrying { symlink("nowhere", tree + "/broken") }
    return tree
  }
}
