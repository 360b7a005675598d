import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

/// One after the other: dropping caches is felt by the whole machine, and by whoever counts on what is cached.
@Suite(
  "The kernel keeps what it was told, and gives it back", .serialized,
  .enabled(if: Availability.fuse, "FUSE is not available"))
struct KernelCacheTests {
  @Test("Cached: a warm open, read and close is no request at all")
  func cached() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--engine", "cached"])
    let expected = try FileCalls.contents("\(repository.path)/big")
    #expect(try view.read("big") == expected)
    // Having sent READ, the kernel asks for the time of access once more.
    #expect(try readMapped("\(view.path)/big") == expected)
    // Other tests drop the caches of the whole machine, whereupon the kernel asks again: ten in a row must go without.
    var before: [String: Int]
    repeat {
      before = try requests(of: view)
      for _ in 0..<10 {
        #expect(try view.read("big") == expected)
        #expect(try readMapped("\(view.path)/big") == expected)
      }
    } while try requests(of: view) != before
  }

  @Test(
    "What the kernel forgets is given back",
    .enabled(if: Availability.root, "dropping caches needs root"))
  func forgetting() async throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    #expect(try Subprocess.run(["find", view.path, "-size", "+0"]).exitCode == 0)
    #expect(try view.stats.inodes.known > 300)
    // FORGET is sent some time after the cache was dropped: ask until it came, for as long as the test may take.
    repeat {
      let drop = try FileCalls.open("/proc/sys/vm/drop_caches", O_WRONLY)
      try FileCalls.writeAll(drop.rawValue, Array("2\n".utf8))
      await Task.yield()
    } while try view.stats.inodes.known > 10
    #expect(try view.text("README.md") == "# sample\n")
  }

  /// The requests so far, but for STATFS: `projfs list`, which other tests run, asks that of every view.
  private func requests(of view: MountedView) throws -> [String: Int] {
    var counts = try view.stats.requests.mapValues(\.count)
    counts["STATFS"] = nil
    return counts
  }
}
