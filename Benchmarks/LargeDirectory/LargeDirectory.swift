import FuseTransport
import Glibc
import Logging
import Posix
import Projection
import Provider
import TestSupport

/// Mounts a provider of one directory of any number of files, and serves it until it is unmounted.
///
/// usage: large-directory MOUNTPOINT STATE COUNT paged|listed|caseless
@main
enum LargeDirectory {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 5, let count = Int(arguments[3]) else {
      print("usage: large-directory MOUNTPOINT STATE COUNT paged|listed|caseless")
      exit(64)
    }
    let large = LargeDirectoryProvider(count: count)
    let provider: any ContentProvider =
      switch arguments[4] {
      case "paged": large
      case "caseless": LargeWithoutCase(base: large)
      default: LargeListed(base: large)
      }
    let store = try ContentStore(path: arguments[2] + "/content", owner: nil, suspectAll: false)
    let logger = Logger(label: "large-directory")
    let fileSystem = try await ProjectionCore(
      provider: provider, store: store, local: try LocalTree(in: arguments[2] + "/state", owner: nil),
      options: ProjectionCore.Options(
        owner: FileOwner(user: geteuid(), group: getegid()), umask: 0o022, rootPermissions: 0o755, time: .now,
        inodeKey: 1),
      logger: logger)
    let session = try FuseSession(
      fileSystem,
      FuseSession.Options(
        mountpoint: arguments[1], source: "large", allowOther: false, readOnly: false, engine: nil),
      logger: logger)
    session.run()
    print("pages \(large.pagesAsked) names \(large.namesAsked)")
  }
}

/// The same directory, listed at once.
private struct LargeListed: ForwardingProvider, SizeProvider {
  let base: LargeDirectoryProvider
}

/// The same directory, listed at once, whose names have no case.
private struct LargeWithoutCase: ForwardingProvider, SizeProvider, CaseInsensitiveProvider {
  let base: LargeDirectoryProvider
}
