import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite("Contents appear when they are read", .enabled(if: Availability.fuse, "FUSE is not available"))
struct HydrationTests {
  @Test("Looking fetches nothing, and the states add up")
  func looking() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let fresh = try view.stats
    #expect(fresh.files.total == 313 && fresh.files.virtual == 313 && fresh.hydration.count == 0)
    #expect(try Subprocess.run(["find", view.path, "-size", "+0"]).exitCode == 0)
    let looked = try view.stats
    #expect(looked.hydration.count == 0 && looked.files.placeholder > 0)
    for number in 0..<5 { #expect(try view.text("many/file-\(number)") == "number \(number)\n") }
    let read = try view.stats
    #expect(read.hydration.count == 5 && read.hydration.bytes == 45 && read.files.hydrated == 5)
    #expect(read.bytes.hydrated == 45)
    for stats in [fresh, looked, read] {
      let files = stats.files
      #expect(files.virtual + files.placeholder + files.hydrated + files.full + files.tombstone == files.total)
    }
  }

  @Test(
    "Passthrough: once hydrated, no way of reading sends a READ",
    .enabled(if: Availability.root, "passthrough needs root"))
  func passthrough() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--engine", "passthrough"])
    let expected = try FileCalls.contents("\(repository.path)/big")
    #expect(try view.read("big") == expected)
    #expect(try readMapped("\(view.path)/big") == expected)
    #expect(try readDirectly("\(view.path)/big") == expected)
    #expect(try Subprocess.run(["cmp", "\(view.path)/big", "\(repository.path)/big"]).exitCode == 0)
    let stats = try view.stats
    #expect(stats.requests["READ"] == nil)
    #expect(stats.passthrough.opens >= 4 && stats.passthrough.fallbackOpens == 0)
    #expect(stats.passthrough.activeBackingIds == 1 && stats.hydration.count == 1)
  }

  @Test("A second view of the repository fetches nothing twice")
  func sharing() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let first = try MountedView(repository.path, in: home, at: "first")
    let second = try MountedView(repository.path, in: home, at: "second")
    for number in 0..<20 { #expect(try first.text("many/file-\(number)") == "number \(number)\n") }
    for number in 0..<20 { #expect(try second.text("many/file-\(number)") == "number \(number)\n") }
    #expect(try first.stats.hydration.count == 20)
    let stats = try second.stats
    #expect(stats.hydration.count == 0 && stats.files.hydrated == 20 && stats.contentStore.files == 20)
  }

  @Test("Who hydrates is known by process and command")
  func attribution() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let names = { (range: Range<Int>) in range.map { "\(view.path)/many/file-\($0)" } }
    #expect(try Subprocess.run(["cat"] + names(0..<7)).exitCode == 0)
    #expect(try Subprocess.run(["md5sum"] + names(7..<20)).exitCode == 0)
    let counts = Dictionary(try view.stats.processes.map { ($0.command, $0.hydrations) }, uniquingKeysWith: +)
    #expect(counts == ["cat": 7, "md5sum": 13])
  }

  @Test("With 256 descriptors, any number of files is hydrated and held open", arguments: ["auto", "cached"])
  func descriptors(engine: String) throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(
      repository.path, in: home, options: ["--engine", engine],
      behind: ["sh", "-c", "ulimit -n 256; exec \"$@\"", "sh"])
    var held: [CInt] = []
    defer { for descriptor in held { close(descriptor) } }
    for number in 0..<300 {
      let file = try FileCalls.open("\(view.path)/many/file-\(number)", O_RDONLY)
      #expect(try FileCalls.read(file.rawValue, at: 0, count: 6) == Array("number".utf8))
      held.append(file.release())
    }
    let open = try FileCalls.names("/proc/\(view.status.pid)/fd").count
    #expect(open < 64)
    #expect(try view.stats.hydration.count == 300)
  }
}
