import Control
import FileSystemModel
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite(
  "A disk that fails costs what needs it, and the view ends in order",
  .enabled(if: Availability.fuse && Availability.root, "a file system of its own needs FUSE and root"),
  .timeLimit(.minutes(3)))
struct FailingDiskTests {
  @Test(
    "Every call on the disk fails: EIO, and what was written before is there afterwards",
    arguments: WritableView.engines)
  func broken(engine: String) throws {
    let pair = try MirroredView(engine: engine, placement: .state)
    pair.perform(Self.before)
    let server = try pair.view.status.pid
    try pair.disk.breakDown()
    let refused = pair.perform(Self.changes, mayFailWith: [.ioError])
    #expect(refused.count == Self.changes.count)
    // Not of a directory with changes: that may have to be looked up again.
    #expect(try pair.view.read("d/lib-1/a").count == 10, "what is not on the disk")
    try pair.unmount(server)
    try pair.disk.unmount(isDamaged: true)
    try pair.disk.mount()
    try pair.view.projfs.succeed("mount", pair.view.path)
    pair.compare("on the mended disk")
    pair.perform(Self.changes)
    pair.compare("changed on the mended disk")
  }

  @Test(
    "The disk turns read-only after an error: EROFS for changes, and reading goes on",
    arguments: WritableView.engines)
  func readOnly(engine: String) throws {
    let pair = try MirroredView(engine: engine, placement: .state)
    pair.perform(Self.before)
    let server = try pair.view.status.pid
    try pair.disk.abort()
    let refused = pair.perform(Self.changes, mayFailWith: [.readOnlyFileSystem])
    #expect(refused.count == Self.changes.count)
    pair.compare("read-only")
    try pair.unmount(server)
    try pair.disk.unmount(isDamaged: true)
    try pair.disk.mount()
    try pair.view.projfs.succeed("mount", pair.view.path)
    pair.compare("on the mended disk")
  }

  @Test("What the device refuses to keep, fsync reports", arguments: WritableView.engines)
  func failingDevice(engine: String) throws {
    let shortage = try TemporaryDirectory()
    try SmallDisk.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", shortage.path])
    defer { _ = try? Subprocess.run(["umount", "-l", shortage.path]) }
    // 24 MiB on a device that has 8.
    let pair = try MirroredView(engine: engine, placement: .state, image: shortage.path + "/image")
    let subject = Subject(root: pair.view.path)
    let file = EntryPath("bulk")
    #expect(subject.perform(.open(slot: 0, file, .write, .create, mode: 0o644)).isSuccess)
    for piece in 0..<48 {
      _ = subject.perform(.write(.slot(0), offset: piece * Fill.limit, Fill(seed: 1, count: Fill.limit)))
    }
    let outcome = subject.perform(.sync(slot: 0, dataOnly: false))
    #expect([.failure(.ioError), .failure(.readOnlyFileSystem), .failure(.noSpace)].contains(outcome), "\(outcome)")
    #expect(try pair.view.read("d/lib-1/a").count == 10)
    subject.closeAll()
    try pair.view.projfs.succeed("unmount", pair.view.path)
  }

  @Test("A view on a disk that is mounted read-only is refused in one line that says so")
  func mountedReadOnly() throws {
    let home = try TemporaryDirectory()
    let disk = try SmallDisk(in: home)
    let tree = try StartingTree(at: home.path + "/repository", many: 10)
    try disk.unmount()
    try disk.mount("ro")
    let mountpoint = try home.makeDirectory("view")
    let projfs = Projfs(home: home)
    let outcome = try projfs.run(["mount", tree.repository.path, mountpoint, "--state", disk.path + "/state"])
    #expect(outcome.exitCode == 74)
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains(disk.path + "/state") && outcome.errors.contains("Read-only file system"))
    #expect(try FileCalls.names(mountpoint) == [])
  }

  @Test("A view that exists, on a disk that is mounted read-only now, is refused and stays what it is")
  func becameReadOnly() throws {
    let pair = try MirroredView(engine: "cached", placement: .state)
    pair.perform(Self.before)
    try pair.unmount(try pair.view.status.pid)
    try pair.disk.unmount()
    try pair.disk.mount("ro")
    let outcome = try pair.view.projfs.run(["mount", pair.view.path])
    #expect(outcome.exitCode == 74)
    #expect(outcome.errors.contains("Read-only file system"), "\(outcome.errors)")
    try pair.disk.unmount()
    try pair.disk.mount()
    try pair.view.projfs.succeed("mount", pair.view.path)
    pair.compare("writable again")
  }

  @Test("The repository of a view is on a disk that is mounted read-only", arguments: WritableView.engines)
  func readOnlyRepository(engine: String) throws {
    let home = try TemporaryDirectory()
    let disk = try SmallDisk(in: home, inodes: 2048)
    let tree = try StartingTree(at: disk.path + "/repository", many: 10)
    try disk.unmount()
    try disk.mount("ro")
    let view = try MountedView(tree.repository.path, in: home, options: ["--engine", engine])
    let subject = Subject(root: view.path)
    for operation in Self.changes { #expect(subject.perform(operation).isSuccess, "\(operation)") }
    #expect(try view.read("large") == StartingTree.largeContents)
  }

  @Test(
    "The state directory disappears: changes fail, the rest is served, and the view can be ended",
    arguments: WritableView.engines)
  func removedState(engine: String) throws {
    let home = try TemporaryDirectory()
    let tree = try StartingTree(at: home.path + "/repository", many: 10)
    let state = home.path + "/state-of-the-view"
    let view = try MountedView(tree.repository.path, in: home, options: ["--engine", engine, "--state", state])
    let subject = Subject(root: view.path)
    for operation in Self.before { #expect(subject.perform(operation).isSuccess, "\(operation)") }
    try SmallDisk.run(["rm", "-rf", state])
    for operation in Self.changes { #expect(!subject.perform(operation).isSuccess, "\(operation)") }
    #expect(try view.read("large") == StartingTree.largeContents)
    #expect(try FileCalls.names(view.path).contains("many"))
    #expect(try Subprocess.run([Projfs.executable, "unmount", view.path]).exitCode == 0)
    #expect(try FileCalls.names(view.path) == [])
  }

  private static let before: [Operation] = [
    .makeDirectory(EntryPath("early"), mode: 0o755),
    .create(EntryPath("early/file"), mode: 0o644, exclusive: true),
    .append(EntryPath("early/file"), Fill(seed: 1, count: 9000)),
    .append(EntryPath("many/file-9"), Fill(seed: 2, count: 100)),
    .rename(EntryPath("a"), EntryPath("early/a"), .noReplace),
    .chmod(.path(EntryPath("one")), mode: 0o600),
    .unlink(EntryPath("b")),
  ]

  private static let changes: [Operation] = [
    .append(EntryPath("many/file-2"), Fill(seed: 1, count: 100)),
    .truncate(.path(EntryPath("many/file-3")), size: 0),
    .chmod(.path(EntryPath("many/file-4")), mode: 0o600),
    .rename(EntryPath("many/file-5"), EntryPath("many/renamed"), .noReplace),
    .rename(EntryPath("d"), EntryPath("moved"), .noReplace),
    .unlink(EntryPath("many/file-6")),
    .makeDirectory(EntryPath("late"), mode: 0o755),
    .create(EntryPath("many/new"), mode: 0o644, exclusive: true),
    .symlink(target: EntryPath("page"), EntryPath("late-link")),
    .setAttribute(.path(EntryPath("page")), name: "user.late", Fill(seed: 1, count: 10), .any),
  ]
}
