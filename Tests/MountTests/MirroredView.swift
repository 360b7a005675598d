import FileSystemModel
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

/// A view whose disk says no to some operations, and a checkout that gets only those to which it did not.
final class MirroredView {
  let view: MountedView
  let disk: SmallDisk
  private let subject: Subject
  private let reference: Subject
  private let home: TemporaryDirectory

  /// What lies on the small disk.
  enum Placement: String, CaseIterable {
    /// What users change.
    case state
    /// That, the repository, and the content store in it.
    case everything
  }

  init(engine: String, placement: Placement, image: String? = nil) throws {
    home = try TemporaryDirectory()
    disk = try SmallDisk(in: home, image: image, inodes: placement == .everything ? 2048 : 512)
    let tree = try StartingTree(at: (placement == .everything ? disk.path : home.path) + "/repository", many: 100)
    try tree.checkOut(at: home.path + "/reference")
    view = try MountedView(
      tree.repository.path, in: home, options: ["--engine", engine, "--state", disk.path + "/state"])
    subject = Subject(root: view.path, ignoring: [".git"])
    reference = Subject(root: home.path + "/reference")
  }

  /// An operation that the disk did not allow.
  struct Refusal {
    let operation: Operation
    let error: Errno
  }

  /// Performs operations on the view and, where the disk allows them, on the checkout. Returns those it does not allow.
  @discardableResult
  func perform(_ operations: [Operation], mayFailWith expected: Set<Errno> = []) -> [Refusal] {
    var refusals: [Refusal] = []
    for operation in operations {
      let outcome = subject.perform(operation)
      if case .failure(let error) = outcome, expected.contains(error) {
        refusals.append(Refusal(operation: operation, error: error))
        continue
      }
      #expect(outcome == reference.perform(mirrored(operation, outcome)), "\(operation)")
    }
    return refusals
  }

  /// A write that did not fit is as long as it became.
  private func mirrored(_ operation: Operation, _ outcome: Outcome) -> Operation {
    guard case .append(let path, let fill) = operation, case .count(let count) = outcome else { return operation }
    return .append(path, Fill(seed: fill.seed, count: count))
  }

  /// Writes to a new file until nothing more fits.
  ///
  /// ext4 gives blocks back when it commits what freed them, so the disk is full only where another round adds nothing.
  func fillUp() throws {
    let bulk = EntryPath(Self.bulkName)
    perform([.create(bulk, mode: 0o644, exclusive: true)])
    var before: Int64?
    var size: Int64 = 0
    while size != before {
      before = size
      try SmallDisk.run(["sync", "-f", disk.path])
      for count in [Fill.limit, 4096, 1] {
        let piece = Operation.append(bulk, Fill(seed: UInt8(count % 251), count: count))
        while perform([piece], mayFailWith: [.noSpace]).isEmpty {
          size = Int64(try FileCalls.status(view.path + "/" + Self.bulkName).st_size)
          // Never more than fits: the disk that is filled must be the small one.
          guard size <= SmallDisk.bytes else {
            Issue.record("more bytes than the disk has")
            return
          }
        }
        size = Int64(try FileCalls.status(view.path + "/" + Self.bulkName).st_size)
      }
    }
  }

  /// Makes files until there are no more inodes.
  func useUpInodes() {
    let crowd = EntryPath(Self.crowdName)
    perform([.makeDirectory(crowd, mode: 0o755)])
    for number in 0...disk.inodes {
      let file = Operation.create(crowd.appending(Array("\(number)".utf8)), mode: 0o600, exclusive: true)
      guard perform([file], mayFailWith: [.noSpace]).isEmpty else { return }
    }
    Issue.record("more files than inodes")
  }

  /// Removes what `fillUp` and `useUpInodes` made, and waits until the disk has the room: the server closes a removed
  /// file when the kernel forgets it, which it does in its own time.
  func makeRoom() throws {
    let before = try room
    for name in [Self.bulkName, Self.crowdName] {
      let path = EntryPath(name)
      if (try? subject.status(.entry(path))) != nil { perform([.clear(path)]) }
    }
    let deadline = ContinuousClock.now + .seconds(20)
    while try room.blocks <= before.blocks + 256, try room.inodes <= before.inodes + 100,
      ContinuousClock.now < deadline
    {
      try SmallDisk.run(["sync", "-f", disk.path])
    }
  }

  private static let bulkName = "bulk"
  private static let crowdName = "crowd"

  private var room: (blocks: UInt, inodes: UInt) {
    get throws {
      let directory = try FileCalls.open(disk.path, O_RDONLY | O_DIRECTORY)
      let space = try FileCalls.spaceStatus(directory.rawValue)
      return (UInt(space.f_bfree), UInt(space.f_ffree))
    }
  }

  /// Unmounts and mounts the view.
  func remount() throws {
    try view.disturb(.remount)
  }

  /// Unmounts the view, and waits until its server has let go of the disk.
  func unmount(_ server: Int32) throws {
    try view.projfs.succeed("unmount", view.path)
    eventually("the server has ended") { kill(server, 0) != 0 }
  }

  /// Compares every name, status, attribute and, unless told otherwise, every byte.
  func compare(contents: Bool = true, _ when: Comment) {
    do throws(Mismatch) {
      let run = try ModelRun(
        TreePair(reference: reference, subject: subject), pace: ModelRun.Pace(looksFirst: true))
      if contents { try run.finish() }
    } catch {
      Issue.record("\(when): \(error)")
    }
  }
}
