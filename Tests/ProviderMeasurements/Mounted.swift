import FuseTransport
import Glibc
import Logging
import Posix
import Projection
import Provider
import SystemPackage
import TestSupport

/// A provider's tree as a file system that nobody has mounted.
final class UnmountedView: Sendable {
  let home: TemporaryDirectory
  let fileSystem: ProjectionCore
  let logger = Logger(label: "measurement") { _ in SwiftLogNoOpLogHandler() }

  init(_ provider: any ContentProvider) async throws {
    home = try TemporaryDirectory()
    fileSystem = try await ProjectionCore(
      provider: provider,
      store: try ContentStore(path: home.path + "/content", owner: nil, suspectAll: false),
      local: try LocalTree(in: home.path + "/state", owner: nil),
      options: ProjectionCore.Options(
        owner: FileOwner(user: geteuid(), group: getegid()), umask: 0o022, rootPermissions: 0o755,
        time: TimeStamp(seconds: 1), inodeKey: 1),
      logger: logger)
  }
}

/// A provider's tree, mounted by this process for one measurement.
final class Mounted: Sendable {
  let path: String
  private let view: UnmountedView
  private let session: FuseSession

  var fileSystem: ProjectionCore { view.fileSystem }

  init(_ provider: any ContentProvider, _ engine: Engine) async throws {
    view = try await UnmountedView(provider)
    path = try view.home.makeDirectory("view")
    session = try FuseSession(
      view.fileSystem,
      FuseSession.Options(mountpoint: path, source: "measurement", allowOther: false, readOnly: false, engine: engine),
      logger: view.logger)
    Threads.start("session") { [session] in session.run() }
    _ = try session.ready()
  }

  deinit {
    session.detach()
  }

  /// What the session counts.
  var statistics: RequestStatistics { session.statistics }

  /// Has the kernel ask for every name again.
  func forgetNames() throws { try session.forgetNames() }

  /// Runs `body` on threads of its own, `width` at once, and returns what they returned, in no order.
  func inside<Result: Sendable>(
    width: Int = 1, _ body: @escaping @Sendable (_ number: Int) throws -> Result
  ) async throws -> [Result] {
    let (results, sink) = AsyncThrowingStream.makeStream(of: Result.self)
    for number in 0..<width {
      Threads.start("reader") {
        do {
          sink.yield(try body(number))
        } catch {
          sink.finish(throwing: error)
        }
      }
    }
    var all: [Result] = []
    for try await result in results {
      all.append(result)
      if all.count == width { break }
    }
    return all
  }
}

extension Duration {
  var microseconds: Double { Double(components.seconds) * 1e6 + Double(components.attoseconds) / 1e12 }
  var milliseconds: Double { microseconds / 1000 }
}

/// A number with so many digits behind the point.
func digits(_ number: Double, _ count: Int = 1) -> String {
  var buffer = [CChar](repeating: 0, count: 64)
  return withVaList([Int32(count), number]) { arguments in
    vsnprintf(&buffer, buffer.count, "%.*f", arguments)
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
