import FileSystemModel
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite(
  "What the disk below does not allow fails as it does there, and everything else goes on",
  .enabled(if: Availability.fuse && Availability.root, "a file system of its own needs FUSE and root"),
  .timeLimit(.minutes(3)))
struct DiskTests {
  @Test("A disk without room for changes", arguments: WritableView.engines, MirroredView.Placement.allCases)
  func full(engine: String, placement: MirroredView.Placement) throws {
    let pair = try MirroredView(engine: engine, placement: placement)
    pair.perform(Self.changes(of: 0))
    // Where links lead is content too.
    pair.perform(["link", "dangling", "to-directory", "a/up", "d/lib-1/c"].map { .readlink(EntryPath($0)) })
    try pair.fillUp()
    let refused = pair.perform(Self.changes(of: 1), mayFailWith: [.noSpace])
    #expect(!refused.isEmpty)
    // What was never read cannot be while the content store has no room.
    pair.compare(contents: placement == .state, "full")
    pair.perform(refused.map(\.operation), mayFailWith: [.noSpace])
    pair.compare(contents: placement == .state, "full, and tried again")
    try pair.makeRoom()
    pair.perform(Self.changes(of: 2))
    pair.compare("with room")
    try pair.remount()
    pair.compare("with room, and mounted again")
  }

  @Test("A disk without inodes", arguments: WritableView.engines)
  func withoutInodes(engine: String) throws {
    let pair = try MirroredView(engine: engine, placement: .state)
    pair.useUpInodes()
    let refused = pair.perform(Self.changes(of: 1), mayFailWith: [.noSpace])
    #expect(!refused.isEmpty)
    pair.compare("full")
    try pair.makeRoom()
    pair.perform(Self.changes(of: 2))
    try pair.remount()
    pair.compare("with room, and mounted again")
  }

  @Test("A disk with room for changes, but not for contents", arguments: WritableView.engines)
  func fullStore(engine: String) throws {
    let home = try TemporaryDirectory()
    let disk = try SmallDisk(in: home)
    let tree = try StartingTree(at: disk.path + "/repository", many: 40)
    let view = try MountedView(
      tree.repository.path, in: home, options: ["--engine", engine, "--state", home.path + "/state"])
    #expect(try view.read("one").count == 1)
    let native = Subject(root: disk.path)
    let filler = EntryPath("filler")
    #expect(native.perform(.create(filler, mode: 0o600, exclusive: true)).isSuccess)
    for size in [Fill.limit, 4096, 1] {
      let piece = Operation.append(filler, Fill(seed: 0, count: size))
      #expect((0..<4096).contains { _ in native.perform(piece) == .failure(.noSpace) })
    }

    let subject = Subject(root: view.path)
    let needsContent: [Operation] = [
      .read(.path(EntryPath("page")), offset: 0, count: 4096),
      .append(EntryPath("large"), Fill(seed: 1, count: 10)),
      .truncate(.path(EntryPath("a/d")), size: 100),
    ]
    for operation in needsContent {
      for _ in 0..<2 { #expect(subject.perform(operation) == .failure(.noSpace), "\(operation)") }
    }
    let needsNone: [Operation] = [
      .read(.path(EntryPath("one")), offset: 0, count: 1),
      .rename(EntryPath("page"), EntryPath("c/page"), .noReplace),
      .chmod(.path(EntryPath("large")), mode: 0o600),
      .overwrite(EntryPath("b"), Fill(seed: 1, count: 100)),
      .append(EntryPath("b"), Fill(seed: 2, count: 9000)),
      .makeDirectory(EntryPath("new"), mode: 0o755),
      .rename(EntryPath("many"), EntryPath("new/many"), .replace),
      .unlink(EntryPath("tool.sh")),
    ]
    for operation in needsNone { #expect(subject.perform(operation).isSuccess, "\(operation)") }
    #expect(native.perform(.unlink(filler)).isSuccess)
    #expect(subject.perform(.append(EntryPath("large"), Fill(seed: 1, count: 10))) == .count(10))
    #expect(try view.read("large") == StartingTree.largeContents + Fill(seed: 1, count: 10).bytes)
    #expect(try view.read("c/page").count == 4096)
  }

  @Test(
    "A used-up quota is EDQUOT",
    .enabled(if: QuotaDisk.isAvailable, "the kernel has no quota on ext4, or there is no setquota(8)"),
    arguments: WritableView.engines)
  func quota(engine: String) throws {
    let home = try TemporaryDirectory()
    let disk = try QuotaDisk(in: home).disk
    let tree = try StartingTree(at: home.path + "/repository", many: 40)
    // A server with this capability has no quota.
    let view = try MountedView(
      tree.repository.path, in: home, options: ["--engine", engine, "--state", disk.path + "/state"],
      behind: ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource"])
    let subject = Subject(root: view.path)
    let bulk = EntryPath("bulk")
    #expect(subject.perform(.create(bulk, mode: 0o644, exclusive: true)).isSuccess)
    var outcome = Outcome.done
    while outcome.isSuccess { outcome = subject.perform(.append(bulk, Fill(seed: 1, count: 4096))) }
    #expect(outcome == .failure(.diskQuotaExceeded))
    #expect(subject.perform(.append(EntryPath("large"), Fill(seed: 1, count: 1))) == .failure(.diskQuotaExceeded))
    #expect(try view.read("large") == StartingTree.largeContents)
    #expect(subject.perform(.unlink(bulk)).isSuccess)
  }

  /// Two rounds' names do not meet, so that each finds files that nobody has touched.
  private static func changes(of round: Int) -> [Operation] {
    let virtual = { (number: Int) in EntryPath("many/file-\(20 * round + number)") }
    let made = { (name: String) in EntryPath("\(name)-\(round)") }
    let library = EntryPath("d/lib-\(round)")
    let inside = { (name: String) in library.appending(Array(name.utf8)) }
    return [
      .append(virtual(0), Fill(seed: 1, count: 5000)),
      .write(.path(virtual(1)), offset: 3, Fill(seed: 2, count: 9)),
      .open(slot: 0, virtual(2), .write, .truncate, mode: 0),
      .write(.slot(0), offset: 0, Fill(seed: 3, count: 4000)),
      .close(slot: 0),
      .truncate(.path(virtual(3)), size: 0),
      .truncate(.path(virtual(4)), size: 20_000),
      .allocate(.path(virtual(5)), .keep, offset: 0, length: 100_000),
      .copy(from: .path(EntryPath("page")), offset: 0, to: .path(virtual(6)), at: 50, length: 4096),
      .chmod(.path(virtual(7)), mode: 0o600),
      .rename(virtual(8), made("many/renamed"), .noReplace),
      .rename(virtual(9), virtual(10), .replace),
      .rename(virtual(11), inside("a"), .exchange),
      .link(virtual(12), made("many/second")),
      .unlink(virtual(13)),
      .setAttribute(.path(virtual(14)), name: "user.small", Fill(seed: 4, count: 10), .any),
      .setAttribute(.path(virtual(15)), name: "user.large", Fill(seed: 5, count: 3000), .any),
      .setTimes(.path(virtual(16)), access: .omit, modification: .nanoseconds(1_000_000_000)),
      .read(.path(virtual(17)), offset: 0, count: 100),
      .chown(.path(virtual(18)), user: 12345, group: 12345),
      .create(made("new"), mode: 0o640, exclusive: true),
      .append(made("new"), Fill(seed: 6, count: 6000)),
      .allocate(.path(made("new")), .keep, offset: 0, length: 50_000),
      .symlink(target: EntryPath(String(repeating: "far/", count: 40)), made("long-link")),
      .symlink(target: EntryPath("page"), made("short-link")),
      .fifo(made("fifo"), mode: 0o600),
      .makeDirectory(made("directory"), mode: 0o755),
      .makeDirectory(inside("directory"), mode: 0o700),
      .create(inside("directory/file"), mode: 0o600, exclusive: true),
      .chmod(.path(inside("b")), mode: 0o700),
      .unlink(inside("b/d")),
      .rename(inside("b"), made("moved"), .noReplace),
      .rename(made("new"), inside("directory/moved"), .replace),
      .unlink(made("fifo")),
      .clear(library),
    ]
  }
}

/// A small disk on which root has 4 MiB.
private struct QuotaDisk {
  let disk: SmallDisk

  static let isAvailable: Bool = {
    guard let home = try? TemporaryDirectory() else { return false }
    return (try? QuotaDisk(in: home)) != nil
  }()

  init(in home: TemporaryDirectory) throws {
    disk = try SmallDisk(in: home, formatting: ["-O", "quota"])
    try SmallDisk.run(["setquota", "-u", "0", "0", "4096", "0", "0", disk.path])
  }
}
