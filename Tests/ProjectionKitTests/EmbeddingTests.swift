import Glibc
import Posix
import ProjectionKit
import Provider
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("A provider that is mounted by a program", .enabled(if: Availability.fuse, "FUSE is not available"))
struct EmbeddingTests {
  static let engines: [ProjectedFileSystem.EngineChoice] =
    Availability.root ? [.passthrough, .cached] : [.cached]
  private static let files = ["a": "one", "b": "two", "d/x": "deep", "d/y": "deeper"]

  @Test("It is read and changed by its own process, and is there again at the next mount", arguments: engines)
  func wholeLife(engine: ProjectedFileSystem.EngineChoice) async throws {
    let place = try Place()
    let source = MemorySource(Self.files)
    let view = try await place.mount(source, engine)
    #expect(try await place.names() == ["a", "b", "d"])
    #expect(try await place.read("d/x") == "deep")
    try await place.write("mine", to: "a")
    try await place.write("new", to: "d/n")
    // Whatever the umask of this process is.
    let mode = try await onThread { try FileCalls.status("\(place.mountpoint)/d/n").st_mode & 0o777 }
    let mask = try await onThread { try processUmask() }
    #expect(mode == 0o666 & ~mask)
    let handle = view.handle
    #expect(try await handle.state(of: "a") == .full)
    #expect(try await handle.state(of: "/d/x") == .hydrated)
    #expect(try await handle.state(of: "d/y") == .virtual)
    #expect(try await handle.state(of: "d") == .mergedDirectory)
    #expect(try await handle.state(of: "nothing/there") == .absent)
    try await view.unmount()
    try await view.unmount()
    await view.waitUntilUnmounted()
    await #expect(throws: ProjectionHandle.Failure.unmounted) { try await handle.clearNegativeAnswers() }
    #expect(try await place.names() == [])
    let again = try await place.mount(source, engine)
    #expect(try await place.read("a") == "mine")
    #expect(try await place.names("d") == ["n", "x", "y"])
    try await again.unmount()
  }

  @Test(
    "A change of the source is seen by who looked before, and not by who has the old version open", arguments: engines)
  func changing(engine: ProjectedFileSystem.EngineChoice) async throws {
    let place = try Place()
    let source = MemorySource(Self.files)
    let view = try await place.mount(source, engine)
    #expect(try await place.names("d") == ["x", "y"])
    let open = try await onThread { [path = "\(place.mountpoint)/d/x"] in try FileCalls.open(path, O_RDONLY).release() }
    #expect(try await place.read("d/y") == "deeper")
    source.changeSilently(["a": "one", "d/x": "other", "d/y": "deeper", "d/z": "new"])
    try await view.handle.show(.everything)
    #expect(try await place.read("d/x") == "other")
    #expect(try await place.names("d") == ["x", "y", "z"])
    #expect(try await place.names() == ["a", "d"])
    let old = try await onThread {
      let file = OwnedDescriptor(rawValue: open)
      return String(decoding: try FileCalls.read(file.rawValue, at: 0, count: 100), as: UTF8.self)
    }
    #expect(old == "deep")
    // Without being told by the test: by the provider's stream.
    source.change(["a": "last"])
    while try await place.read("a") != "last" { await Task.yield() }
    try await view.unmount()
  }

  @Test("A path is brought up to date unless users have changed it", arguments: engines)
  func updating(engine: ProjectedFileSystem.EngineChoice) async throws {
    let place = try Place()
    let source = MemorySource(Self.files)
    let view = try await place.mount(source, engine)
    try await place.write("mine", to: "b")
    #expect(try await place.read("a") == "one")
    #expect(try await view.handle.update("a") == .unchanged)
    source.changeSilently(["a": "newer", "b": "newer", "d/x": "newer"])
    #expect(try await view.handle.update("a") == .updated)
    #expect(try await place.read("a") == "newer")
    #expect(try await view.handle.update("b") == .kept(.full))
    #expect(try await place.read("b") == "mine")
    _ = try await view.handle.update("d/x")
    #expect(try await place.read("d/x") == "newer")
    try await view.unmount()
  }

  @Test(
    "What is prefetched can be evicted again, but not what is open or behind something of the user's",
    arguments: engines)
  func evicting(engine: ProjectedFileSystem.EngineChoice) async throws {
    let place = try Place()
    let view = try await place.mount(MemorySource(Self.files), engine)
    let handle = view.handle
    let calls = Mutex(0)
    let fetched = try await handle.prefetch([""]) { _ in calls.withLock { $0 += 1 } }
    #expect(fetched.files == 4 && fetched.fetched == 4 && fetched.bytesFetched == 16 && fetched.failed == 0)
    #expect(calls.withLock { $0 } == 4)
    #expect(try await handle.prefetch(["d"]).fetched == 0)
    await #expect(throws: ProjectionHandle.Failure.noSuchPath("e")) { try await handle.prefetch(["e"]) }
    let open = try await onThread { [path = "\(place.mountpoint)/a"] in try FileCalls.open(path, O_RDONLY).release() }
    try await onThread { [path = "\(place.mountpoint)/b"] in _ = try FileCalls.retrying { chmod(path, 0o600) } }
    let evicted = try await handle.evict()
    #expect(evicted.contents == 2 && evicted.kept == 1 && evicted.bytesFreed == 10)
    #expect(try await handle.state(of: "b") == .dirtyPlaceholder)
    #expect(try await handle.state(of: "d/x") != .hydrated)
    #expect(try await place.read("d/x") == "deep")
    #expect(try await place.read("b") == "two")
    let text = try await onThread {
      let file = OwnedDescriptor(rawValue: open)
      return String(decoding: try FileCalls.read(file.rawValue, at: 0, count: 100), as: UTF8.self)
    }
    #expect(text == "one")
    try await view.unmount()
  }

  @Test("Names that came in silence are found when the negative answers are cleared", arguments: engines)
  func negativeAnswers(engine: ProjectedFileSystem.EngineChoice) async throws {
    let place = try Place()
    let view = try await place.mount(MemorySource(Self.files), engine)
    await #expect(throws: Errno.noSuchFileOrDirectory) { try await place.read("later") }
    do throws(ProjectionHandle.Failure) {
      try await view.handle.clearNegativeAnswers()
    } catch .unsupported {
      // Before Linux 6.16.
    }
    await #expect(throws: Errno.noSuchFileOrDirectory) { try await place.read("later") }
    #expect(try await place.read("a") == "one")
    try await view.unmount()
  }

  @Test(
    "A view that is in use stays mounted, and says who uses it; by force it goes, and keeps what was written",
    arguments: engines)
  func inUse(engine: ProjectedFileSystem.EngineChoice) async throws {
    let place = try Place()
    let view = try await place.mount(MemorySource(Self.files), engine)
    let open = try await onThread { [path = "\(place.mountpoint)/d/x"] in
      let file = try FileCalls.open(path, O_RDWR)
      try FileCalls.writeAll(file.rawValue, Array("mine".utf8))
      return file.release()
    }
    do throws(ProjectedFileSystem.Failure) {
      try await view.unmount()
      Issue.record("it was unmounted")
    } catch {
      guard case .inUse(place.mountpoint, let users) = error else { throw error }
      #expect(users.contains { $0.process == getpid() })
      #expect("\(error)".contains("(pid \(getpid()))"))
    }
    try await view.unmount(force: true)
    try await onThread { _ = OwnedDescriptor(rawValue: open) }
    let again = try await place.mount(MemorySource(Self.files), engine)
    #expect(try await place.read("d/x") == "mine")
    try await again.unmount()
  }

  @Test("What cannot be mounted says why, and leaves nothing mounted")
  func failures() async throws {
    let place = try Place()
    let source = MemorySource(Self.files)
    source.fail(with: .unavailable("not today"))
    await #expect(throws: ProjectedFileSystem.Failure.provider(.unavailable("not today"))) {
      try await place.mount(source)
    }
    source.fail(with: nil)
    let missing = FilePath(place.home.path + "/missing")
    await #expect {
      try await ProjectedFileSystem.mount(source, at: missing, options: place.options())
    } throws: { error in
      guard case ProjectedFileSystem.Failure.mountpoint(missing, _) = error else { return false }
      return true
    }
    let view = try await place.mount(source)
    let other = FilePath(try place.home.makeDirectory("other"))
    await #expect(throws: ProjectedFileSystem.Failure.stateInUse(place.state)) {
      try await ProjectedFileSystem.mount(source, at: other, options: place.options())
    }
    await #expect(throws: ProjectedFileSystem.Failure.mountpoint(place.mountpoint, reason: "has a view mounted on it"))
    {
      try await place.mount(source)
    }
    try await view.unmount()
    // Somebody else may end it as well.
    let again = try await place.mount(source)
    let command = Availability.root ? ["umount"] : ["fusermount3", "-u"]
    let ended = try await onThread { [path = place.mountpoint.string] in try Subprocess.run(command + [path]) }
    #expect(ended.exitCode == 0)
    await again.waitUntilUnmounted()
    try await again.unmount()
  }

  @Test("An observer is asked and told what users do, and can forbid it", arguments: engines)
  func observing(engine: ProjectedFileSystem.EngineChoice) async throws {
    let place = try Place()
    let observer = Guard()
    var options = place.options(engine)
    options.observer = observer
    options.observerOptions = ObserverOptions(watches: [Watch(before: .unlink, after: .unlink)])
    let view = try await ProjectedFileSystem.mount(
      MemorySource(Self.files), at: place.mountpoint, options: options)
    await #expect(throws: Errno.permissionDenied) {
      try await onThread { [path = "\(place.mountpoint)/a"] in try FileCalls.remove(path) }
    }
    try await onThread { [path = "\(place.mountpoint)/b"] in try FileCalls.remove(path) }
    await view.observation?.deliver()
    #expect(observer.told.withLock { $0 }.contains("b"))
    #expect(try await place.names() == ["a", "d"])
    await view.observation?.end()
    try await view.unmount()
  }

  @Test("The example does what it says")
  func example() async throws {
    let place = try Place()
    let run = try await onThread { [arguments = [place.mountpoint.string, place.state.string]] in
      try Subprocess.run([Self.program] + arguments)
    }
    #expect(run.exitCode == 0)
    #expect(
      run.output == """
        before: virtual
        Tyger Tyger, burning bright
        after: hydrated
        fetched 2 more poems, 62 bytes

        """)
  }

  /// The example's program, which is built beside the tests.
  private static let program: String = {
    let tests = (try? FileCalls.linkTarget("/proc/self/exe")) ?? "."
    return String(tests.prefix(upTo: tests.lastIndex(of: "/") ?? tests.endIndex)) + "/Embedding"
  }()
}
