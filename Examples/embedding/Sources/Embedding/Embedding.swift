import ProjectionKit
import SystemPackage

/// Mounts the poems at the first argument, keeping state in the second one, and reads one as any program would.
@main struct Embedding {
  static func main() async throws {
    var options = ProjectedFileSystem.Options()
    options.stateDirectory = FilePath(CommandLine.arguments[2])
    let view = try await ProjectedFileSystem.mount(
      Poems(), at: FilePath(CommandLine.arguments[1]), options: options)

    print("before: \(try await view.handle.state(of: "Blake/tyger.txt"))")
    print(try read(view.mountpoint.appending("Blake/tyger.txt")), terminator: "")
    print("after: \(try await view.handle.state(of: "Blake/tyger.txt"))")

    let fetched = try await view.handle.prefetch([""])
    print("fetched \(fetched.fetched) more poems, \(fetched.bytesFetched) bytes")
    try await view.unmount()
  }

  static func read(_ path: FilePath) throws -> String {
    let file = try FileDescriptor.open(path, .readOnly)
    return try file.closeAfter {
      try String(unsafeUninitializedCapacity: 4096) { try file.read(into: UnsafeMutableRawBufferPointer($0)) }
    }
  }
}
