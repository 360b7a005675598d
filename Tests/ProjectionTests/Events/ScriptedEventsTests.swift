import Glibc
import Posix
import Provider
import TestSupport
import Testing

@testable import Projection

/// Every kind of event once, in order, as it is asked and told.
@Suite struct ScriptedEventsTests {
  @Test("Reading fetches once, and each open ends with a close", arguments: [ViewDriver.Engine.passthrough, .refused])
  func reading(_ engine: ViewDriver.Engine) async throws {
    let observed = try await ObservedView(engine)
    var seen = try await observed.run(.open("file", []), .open("file", []), .close(0))
    #expect(seen.asked == ["read file 'file'", "read file 'file'"])
    #expect(seen.told == ["hydrate file 'file' 12", "read file 'file'", "read file 'file'", "close file 'file'"])
    seen = try await observed.run(.unlink("file"), .close(0))
    #expect(seen.asked == ["unlink file 'file'"])
    #expect(seen.told == ["unlink file 'file'", "close file 'file' unnamed"])
  }

  @Test("Writing converts, and a close says whether something was written", arguments: ViewDriver.Engine.allCases)
  func writing(_ engine: ViewDriver.Engine) async throws {
    let observed = try await ObservedView(engine)
    var seen = try await observed.run(.write("file", "longer than before", offset: 0))
    if engine == .cached {
      // No opens arrive: what is written to is converted, and that is all that is known.
      #expect(seen.asked == ["convert file 'file'"])
      #expect(seen.told == ["hydrate file 'file' 12", "convert file 'file'"])
      return
    }
    #expect(seen.asked == ["write file 'file'", "convert file 'file'"])
    #expect(
      seen.told == ["hydrate file 'file' 12", "convert file 'file'", "write file 'file'", "close modified file 'file'"])
    seen = try await observed.run(.open("file", .writing), .setTime("file", seconds: 99), .close(0))
    #expect(seen.asked == ["write file 'file'", "metadata file 'file' atime mtime"])
    #expect(seen.told == ["write file 'file'", "metadata file 'file' atime mtime", "close file 'file'"])
    // A time that is set back hides nothing.
    seen = try await observed.run(
      .open("file", .writing), .writeOpen(0, "even longer than what was there", offset: 0),
      .setTime("file", seconds: 99), .close(0))
    #expect(seen.told.last == "close modified file 'file'")
  }

  @Test("Emptying by open is an open and a truncation, and fetches nothing", arguments: ViewDriver.Engine.allCases)
  func truncating(_ engine: ViewDriver.Engine) async throws {
    let observed = try await ObservedView(engine)
    var seen = try await observed.run(.open("file", [.writing, .truncating]), .close(0))
    let open = engine == .cached ? [] : ["write file 'file'"]
    let close = engine == .cached ? [] : ["close file 'file'"]
    #expect(seen.asked == open + ["truncate file 'file' 0", "convert file 'file'"])
    #expect(seen.told == ["convert file 'file'"] + open + ["truncate file 'file' 0"] + close)
    seen = try await observed.run(.truncate("other", size: 3))
    #expect(seen.asked == ["truncate file 'other' 3", "convert file 'other'"])
    #expect(seen.told == ["hydrate file 'other' 10", "convert file 'other'", "truncate file 'other' 3"])
    seen = try await observed.run(.truncate("other", size: 9))
    #expect(seen.asked == ["truncate file 'other' 9"] && seen.told == ["truncate file 'other' 9"])
    #expect(observed.tree.count(.fetch("id of file")) == 0)
  }

  @Test("Making and removing", arguments: ViewDriver.Engine.allCases)
  func making(_ engine: ViewDriver.Engine) async throws {
    let observed = try await ObservedView(engine)
    var expected = [
      "create file 'dir/new'", "mkdir directory 'dir/made'", "symlink symbolicLink 'dir/sym' target 'to'",
    ]
    var seen = try await observed.run(
      .create("dir/new", permissions: 0o600), .makeDirectory("dir/made", permissions: 0o700),
      .makeLink("dir/sym", target: "to"))
    #expect(seen.asked == expected)
    if engine != .cached { expected.insert("close file 'dir/new'", at: 1) }
    #expect(seen.told == expected)

    let directory = try await observed.view.fixture.lookup("dir").node
    for (name, kind) in [("fifo", FileKind.fifo), ("socket", .socket)] {
      _ = try await observed.fileSystem.make(
        Array(name.utf8), in: directory, .node(kind, device: 0), permissions: 0o600, by: Fixture.caller)
    }
    seen = await observed.seen()
    #expect(seen.asked == ["create fifo 'dir/fifo'", "create socket 'dir/socket'"] && seen.told == seen.asked)

    seen = try await observed.run(.unlink("dir/sym"), .removeDirectory("dir/made"), .unlink("dir/inner"))
    #expect(seen.asked == ["unlink symbolicLink 'dir/sym'", "rmdir directory 'dir/made'", "unlink file 'dir/inner'"])
    #expect(seen.told == seen.asked)
    // What cannot be done is asked where names do not tell, and not told.
    await #expect(throws: ProjectionError.notEmpty) { try await observed.view.apply(.removeDirectory("dir")) }
    await #expect(throws: ProjectionError.exists) {
      try await observed.view.apply(.create("dir/new", permissions: 0o600))
    }
    await #expect(throws: ProjectionError.notFound) { try await observed.view.apply(.unlink("dir/inner")) }
    seen = await observed.seen()
    #expect(seen.asked == ["rmdir directory 'dir'"] && seen.told == [])
  }

  @Test("Renaming, with everything that it can do to the new name, fetches nothing")
  func renaming() async throws {
    let observed = try await ObservedView()
    let seen = try await observed.run(
      .rename("file", "dir/file", .keepingExisting), .rename("dir/file", "dir/inner", .replacing),
      .rename("dir", "moved", .replacing), .rename("moved/deep", "side", .exchanging),
      .rename("side", "moved/deep", .replacing), .rename("other", "other", .replacing))
    #expect(
      seen.asked == [
        "rename file 'file' to 'dir/file'", "rename file 'dir/file' to 'dir/inner' over file",
        "rename directory 'dir' to 'moved'", "exchange directory 'moved/deep' with directory 'side'",
        "rename directory 'side' to 'moved/deep' over directory",
      ])
    #expect(seen.told == seen.asked)
    #expect(observed.fileSystem.statistics.snapshot.count == 0)
    await #expect(throws: ProjectionError.exists) {
      try await observed.view.apply(.rename("other", "empty", .keepingExisting))
    }
    await #expect(throws: ProjectionError.invalid) {
      try await observed.view.apply(.rename("moved", "moved/deep/x", .replacing))
    }
    #expect(await observed.seen().told == [])
  }

  @Test("A file with several names has them all, whichever was used")
  func hardLinks() async throws {
    let observed = try await ObservedView()
    var seen = try await observed.run(.link("file", "dir/second"), .changeMode("file", 0o600))
    #expect(seen.asked == ["link file 'file' to 'dir/second'", "metadata file 'dir/second'='file' mode 600"])
    #expect(seen.told == seen.asked)
    seen = try await observed.run(.open("dir/second", .writing), .rename("dir", "d", .replacing), .unlink("file"))
    #expect(
      seen.asked == [
        "write file 'dir/second'='file'", "convert file 'dir/second'='file'", "rename directory 'dir' to 'd'",
        "unlink file 'file'",
      ])
    #expect(try await observed.run(.close(0)).told == ["close file 'd/second'"])
  }

  @Test("Metadata of files, directories and links")
  func metadata() async throws {
    let observed = try await ObservedView()
    let seen = try await observed.run(
      .changeMode("dir", 0o700), .setTime("link", seconds: 5),
      .setAttribute("file", "user.a", "value"), .removeAttribute("file", "user.a"))
    #expect(
      seen.asked == [
        "metadata directory 'dir' mode 700", "metadata symbolicLink 'link' atime mtime",
        "metadata file 'file' attribute 'user.a'", "metadata file 'file' attribute 'user.a'",
      ])
    #expect(seen.told == [seen.asked[0], "hydrate symbolicLink 'link' 6"] + seen.asked[1...])
    await #expect(throws: ProjectionError.noAttribute) {
      try await observed.view.apply(.removeAttribute("file", "user.a"))
    }
    #expect(await observed.seen().told == [])
  }

  @Test("A file without a name has its directory's path, and its first name by a link")
  func unnamed() async throws {
    let observed = try await ObservedView()
    let directory = try await observed.view.fixture.lookup("dir").node
    let files = try #require(observed.view.openBacking)
    let made = try await observed.fileSystem.createUnnamed(
      in: directory, permissions: 0o600, for: .writing, with: files, by: Fixture.caller)
    let node = made.entry.node
    _ = try await observed.fileSystem.link(node, to: Array("named".utf8), in: .root, by: Fixture.caller)
    observed.fileSystem.release(node, for: .writing, handle: made.handle, with: files)
    let seen = await observed.seen()
    #expect(seen.asked == ["create file 'dir' unnamed", "link file 'dir' unnamed to 'named'"])
    #expect(seen.told == seen.asked + ["close file 'named'"])
  }

  @Test("Hydrating ahead is told with its path, on the server's own behalf")
  func prefetching() async throws {
    let observed = try await ObservedView()
    await observed.fileSystem.prefetch([Array("dir/inner".utf8)])
    #expect(await observed.seen().told == ["hydrate file 'dir/inner' 10"])
    #expect(observed.observer.told.last?.caller.process == UInt32(getpid()))
  }

  @Test("Numbers grow, times too, and what is told names the question and the process")
  func fields() async throws {
    let observed = try await ObservedView()
    // PROCESS/task/THREAD
    let own = try EntryCalls.linkTarget(at: AT_FDCWD, Array("/proc/thread-self".utf8)).split(
      separator: UInt8(ascii: "/"))
    let thread = try #require(own.last.flatMap { UInt32(String(decoding: $0, as: UTF8.self)) })
    let caller = Caller(thread: thread, owner: FileOwner(user: 12, group: 34))
    try await observed.fileSystem.unlink(Array("file".utf8), in: .root, by: caller)
    try await observed.fileSystem.unlink(Array("other".utf8), in: .root, by: Caller(thread: 0))
    await observed.observation.deliver()
    let (asked, told) = (observed.observer.asked, observed.observer.told)
    #expect(asked.map(\.number) == [1, 3] && told.map(\.number) == [2, 4])
    #expect(told.map(\.question) == [1, 3])
    #expect(asked[0].time <= told[0].time && told[0].time <= told[1].time)
    #expect(told[0].caller.process == UInt32(getpid()) && told[0].caller.user == 12 && told[0].caller.group == 34)
    #expect(asked[0].caller == told[0].caller)
    #expect(told[1].caller.process == 0 && told[1].caller.command == "kernel")
  }
}
