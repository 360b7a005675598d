import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite("Contents are evicted", .enabled(if: Availability.fuse, "FUSE is not available"))
struct EvictTests {
  private func report(_ view: MountedView, _ arguments: String...) throws -> EvictReport {
    let outcome = try view.projfs.run(["evict", "-C", view.path, "--json"] + arguments)
    guard outcome.exitCode == 0 else { throw Projfs.Failure(arguments: arguments, outcome: outcome) }
    return try JSON.decode(EvictReport.self, from: outcome.output.utf8)
  }

  @Test("By path, by age, by size and all of it; what is open stays", arguments: ["auto", "cached"])
  func commands(engine: String) throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--engine", engine])
    for number in 0..<20 { _ = try view.text("many/file-\(number)") }
    #expect(try report(view, "--older-than", "1h") == EvictReport(files: 0, bytes: 0, kept: 0))
    #expect(try report(view, "many/file-3", "many/file-4") == EvictReport(files: 2, bytes: 18, kept: 0))
    let open = try FileCalls.open("\(view.path)/many/file-5", O_RDONLY)
    _ = try FileCalls.read(open.rawValue, at: 0, count: 1)
    #expect(try report(view, "many") == EvictReport(files: 17, bytes: 163, kept: 1))
    #expect(try view.stats.files.hydrated == 1)
    #expect(try FileCalls.read(open.rawValue, at: 0, count: 100) == Array("number 5\n".utf8))
    try open.close()
    #expect(try report(view, "--all").files == 1)
    for number in 0..<20 { #expect(try view.text("many/file-\(number)") == "number \(number)\n") }
    // Others: the kernel has those in its cache, and need not ask.
    for number in 20..<40 { #expect(try view.text("many/file-\(number)") == "number \(number)\n") }
    #expect(try report(view, "--to-size", "100").files >= 9)
    let stats = try view.stats
    #expect(stats.contentStore.bytes <= 100 && stats.contentStore.bytes > 80)
    #expect(stats.contentStore.limit == nil && stats.contentStore.evictions >= 29)
    #expect(try view.projfs.succeed("evict", "--all", "-C", view.path).hasPrefix("evicted "))
    #expect(try view.projfs.succeed("evict", "--all", "-C", view.path) == "nothing to evict\n")
  }

  @Test("What another view of the repository has open stays; what it is done with goes")
  func twoViews() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let first = try MountedView(repository.path, in: home, at: "first")
    let second = try MountedView(repository.path, in: home, at: "second")
    for number in 0..<5 { _ = try second.text("many/file-\(number)") }
    let open = try FileCalls.open("\(second.path)/many/file-2", O_RDONLY)
    if Availability.root { #expect(try report(first, "--all") == EvictReport(files: 4, bytes: 36, kept: 1)) }
    try open.close()
    #expect(try report(first, "--all").kept == 0)
    #expect(try second.stats.contentStore.files == 0)
    #expect(try second.text("many/file-2") == "number 2\n")
    // A view that is not running holds nothing.
    try second.projfs.succeed("unmount", second.path)
    #expect(try report(first, "--all") == EvictReport(files: 1, bytes: 9, kept: 0))
  }

  @Test("A limit is kept, shown, and there again after a mount; 0 takes it away")
  func limit() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--content-limit", "1000"])
    for round in 0..<2 {
      for number in 0..<300 { #expect(try view.text("many/file-\(number)") == "number \(number)\n", "\(round)") }
      #expect(try view.stats.contentStore.bytes <= 1050)
    }
    #expect(try view.stats.contentStore.limit == 1000)
    try view.projfs.succeed("unmount", view.path)
    try view.projfs.succeed("mount", view.path)
    #expect(try view.stats.contentStore.limit == 1000)
    try view.projfs.succeed("unmount", view.path)
    try view.projfs.succeed("mount", view.path, "--content-limit", "0")
    #expect(try view.stats.contentStore.limit == nil)
  }

  @Test("Wrong arguments are usage errors, a missing path is one of its own, an unmounted view another")
  func failures() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let wrong: [[String]] = [
      [], ["--all", "many"], ["--older-than", "soon"], ["--to-size", "-1"], ["--to-size", "x"], [""], ["../.."],
      ["/etc"],
    ]
    for arguments in wrong {
      #expect(try view.projfs.run(["evict", "-C", view.path] + arguments).exitCode == 64, "\(arguments)")
    }
    let missing = try view.projfs.run(["evict", "-C", view.path, "none"])
    #expect(missing.exitCode == 66 && missing.errors == "projfs: 'none' does not exist in the view\n")
    #expect(try view.projfs.run(["evict", "--all", "-C", home.path]).exitCode == 66)
    try view.projfs.succeed("unmount", view.path)
    #expect(try view.projfs.run(["evict", "--all", "-C", view.path]).exitCode == 75)
  }
}
