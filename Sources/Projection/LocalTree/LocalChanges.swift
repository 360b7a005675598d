internal import Glibc
internal import Posix
package import SystemPackage

/// What users have changed in a view, as its local tree says.
package struct LocalChanges: Sendable {
  /// How many paths of the local tree are the user's.
  package private(set) var count = 0
  /// The first few of them, from the view's root.
  package private(set) var examples: [String] = []
  /// How many entries `lost+found` has.
  package private(set) var kept = 0

  private static let mostExamples = 3

  /// Looks through the local tree of the state directory `state`. Local directories that only lead to something, with
  /// nothing changed of their own, do not count.
  package init(in state: CInt) throws(Errno) {
    do {
      let local = try FileCalls.open(at: state, LocalTree.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      try look(into: local.rawValue, at: "")
    } catch .noSuchFileOrDirectory {
      // A view that was never written to.
    }
    do {
      kept = try FileCalls.names(at: state, LocalTree.keepingName).count
    } catch .noSuchFileOrDirectory {
      kept = 0
    }
  }

  private mutating func look(into directory: CInt, at path: String) throws(Errno) {
    for entry in try EntryCalls.entries(of: directory) {
      if path.isEmpty, LocalTree.isIntegration(entry) { continue }
      let name = path + String(decoding: entry.name, as: UTF8.self)
      let status = try EntryCalls.status(at: directory, entry.name)
      if status.st_mode & S_IFMT == S_IFDIR {
        let below = try EntryCalls.open(at: directory, entry.name, O_RDONLY | O_DIRECTORY)
        // Merged with what is at its place: by itself no change.
        if try Marks(at: below.rawValue, []).origin != .place { add(name) }
        try look(into: below.rawValue, at: name + "/")
      } else {
        add(name)
      }
    }
  }

  private mutating func add(_ path: String) {
    count += 1
    if examples.count < Self.mostExamples { examples.append(path) }
  }
}

extension LocalTree {
  /// Removes the local tree from the state directory `state`, and everything beside it. What users wrote is gone.
  package static func remove(from state: CInt) throws(Errno) {
    for part in [name, stagingName, keepingName] {
      do {
        try removeTree(Array(part.utf8), in: state)
      } catch .noSuchFileOrDirectory {
        continue
      }
    }
  }

  private static func removeTree(_ name: [UInt8], in parent: CInt) throws(Errno) {
    let directory = try EntryCalls.open(at: parent, name, O_RDONLY | O_DIRECTORY)
    for entry in try EntryCalls.entries(of: directory.rawValue) {
      if try EntryCalls.status(at: directory.rawValue, entry.name).st_mode & S_IFMT == S_IFDIR {
        try? EntryCalls.changeMode(at: directory.rawValue, entry.name, 0o700)
        try removeTree(entry.name, in: directory.rawValue)
      } else {
        try EntryCalls.remove(at: directory.rawValue, entry.name)
      }
    }
    try EntryCalls.remove(at: parent, name, isDirectory: true)
  }
}
