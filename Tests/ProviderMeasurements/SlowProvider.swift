import FuseTransport
import Glibc
import Posix
import Projection
import Provider
import Synchronization

/// Many readers of a provider that answers after 100 ms, what others can do meanwhile, and what an interrupted reader costs.
enum SlowProvider {
  private static let readers = 200

  final class Slow: ContentProvider, Sendable {
    let cancelled = Atomic<Int>(0)

    func root() async throws -> DirectoryID { "root" }

    func list(_ directory: DirectoryID) async throws -> DirectoryListing {
      var listing = DirectoryListing()
      for number in 0..<SlowProvider.readers {
        let name = "file-\(number)"
        listing.appendFile(name, content: ContentID(name.utf8), size: Int64(name.utf8.count))
      }
      listing.appendFile("never", content: "never", size: 5)
      return listing
    }

    func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
      do {
        try await Task.sleep(for: content == "never" ? .seconds(3600) : .milliseconds(100))
      } catch {
        cancelled.add(1, ordering: .relaxed)
        throw error
      }
      try sink.write(content.bytes)
    }
  }

  static func measure(_ engine: Engine) async throws {
    let provider = Slow()
    let mounted = try await Mounted(provider, engine)
    let start = ContinuousClock.now
    let reading = Flag()
    async let worst = mounted.inside { _ in
      var worst = 0.0
      while reading.isUp {
        let start = ContinuousClock.now
        // Never there, and asked for anew each time: the kernel has nothing to answer from.
        _ = try? FileCalls.status("\(mounted.path)/absent-\(start)")
        worst = max(worst, start.duration(to: .now).milliseconds)
        usleep(1000)
      }
      return worst
    }
    let sizes = try await mounted.inside(width: readers) { number in
      try FileCalls.contents("\(mounted.path)/file-\(number)").count
    }
    let took = start.duration(to: .now)
    reading.lower()
    print(
      "\(engine.rawValue), slow: \(sizes.count) readers took \(digits(took.milliseconds)) ms; the slowest other lookup "
        + "\(digits(try await worst[0])) ms")

    let interrupted = try await mounted.inside { _ in
      let reader = try Subprocess.spawn(["cat", "\(mounted.path)/never"], output: nil, errors: nil)
      while mounted.fileSystem.hydrationsInFlight == 0 { usleep(100) }
      let start = ContinuousClock.now
      kill(reader, SIGINT)
      _ = try Subprocess.wait(for: reader)
      let took = start.duration(to: .now).milliseconds
      usleep(50_000)
      return took
    }
    print(
      "\(engine.rawValue), slow: an interrupted reader ended after \(digits(interrupted[0], 2)) ms; fetches cancelled: "
        + "\(provider.cancelled.load(ordering: .relaxed))")
  }
}

/// Up until somebody lowers it.
private final class Flag: Sendable {
  private let flag = Atomic<Bool>(true)
  var isUp: Bool { flag.load(ordering: .acquiring) }
  func lower() { flag.store(false, ordering: .releasing) }
}
