import FileSystemModel
import Glibc
import Posix
import TestSupport

/// A mounted view beside a checkout of what it shows, for the model and the data tests.
enum WritableView {
  /// The engines that run here.
  static let engines = Availability.root ? ["passthrough", "cached"] : ["cached"]

  /// What a view on an engine may do otherwise than a directory of the native file system.
  static func allowances(engine: String) -> TreePair.Allowances {
    TreePair.Allowances(readersKeepWhatTheyOpened: engine == "passthrough")
  }

  /// A fresh view of the tree, and a fresh checkout.
  static func pair(of tree: StartingTree, engine: String) throws -> TreePair {
    let home = try TemporaryDirectory()
    // Each in a directory of its own: what a link upwards leads to outside belongs to the tree as well.
    let path = try home.makeDirectory("reference") + "/tree"
    try tree.checkOut(at: path)
    _ = try home.makeDirectory("subject")
    // A tree and no commit, so that it is no worktree: what settles gets another inode number, whenever that happens.
    let view = try MountedView(
      tree.repository.path, in: home, at: "subject/tree",
      options: ["--rev", "HEAD^{tree}", "--engine", engine, "--state", home.path + "/view"])
    var pair = TreePair(
      reference: Subject(root: path, ignoring: [".git"]), subject: Subject(root: view.path, ignoring: [".git"]),
      allowances: allowances(engine: engine), resources: [view, home])
    pair.disturb = { try view.disturb($0) }
    return pair
  }
}

extension MountedView {
  /// Unmounts the view, or kills its server, and mounts it again; or drops what the kernel has cached of it.
  func disturb(_ disturbance: Operation.Disturbance) throws {
    switch disturbance {
    case .remount:
      try projfs.succeed("unmount", path)
      try projfs.succeed("mount", path)
    case .kill:
      try kill()
      try projfs.succeed("doctor", "--fix", path)
      try projfs.succeed("mount", path)
    case .dropCaches:
      guard Availability.root else { return }
      let drop = try FileCalls.open("/proc/sys/vm/drop_caches", O_WRONLY)
      try FileCalls.writeAll(drop.rawValue, Array("2\n".utf8))
    }
  }
}
