import Posix
import Provider
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Projection

@Suite("An observer that takes its time") struct SlowObserverTests {
  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// Holds questions about one path.
  private static func hold(_ path: String, until gate: Gate, in observed: ObservedView) {
    observed.observer.answer { pending in
      if pending.operation.path == bytes(path) { try await gate.pass() }
    }
  }

  private static func unlink(_ name: String, in observed: ObservedView) -> Task<Result<Void, ProjectionError>, Never> {
    let fileSystem = observed.fileSystem
    return Task {
      do throws(ProjectionError) {
        return .success(try await fileSystem.unlink(bytes(name), in: .root, by: Fixture.caller))
      } catch {
        return .failure(error)
      }
    }
  }

  private static func isAsked(_ path: String, in observed: ObservedView) async {
    await eventually("it is asked") { observed.observer.asked.contains { $0.operation.path == bytes(path) } }
  }

  @Test("While one operation waits for an answer, others go on, in its directory as well")
  func others() async throws {
    let observed = try await ObservedView()
    let gate = Gate()
    Self.hold("file", until: gate, in: observed)
    let unlink = Self.unlink("file", in: observed)
    await Self.isAsked("file", in: observed)
    try await observed.view.apply(.unlink("other"))
    try await observed.view.apply(.rename("dir", "moved", .replacing))
    #expect(try await observed.view.fixture.read(observed.view.fixture.lookup("file").node) == "text of file")
    gate.open()
    try await unlink.value.get()
    #expect(
      await observed.seen().told == [
        "unlink file 'other'", "rename directory 'dir' to 'moved'", "hydrate file 'file' 12", "unlink file 'file'",
      ])
  }

  @Test("A caller that is interrupted leaves at once, and the question is cancelled")
  func interrupted() async throws {
    let observed = try await ObservedView()
    let gate = Gate()
    let cancelled = Ended()
    observed.observer.answer { _ in
      do {
        try await gate.pass()
      } catch {
        cancelled.note()
        throw error
      }
    }
    let unlink = Self.unlink("file", in: observed)
    await Self.isAsked("file", in: observed)
    unlink.cancel()
    #expect(await unlink.value == .failure(.interrupted))
    await eventually("the observer hears of it") { cancelled.isNoted }
    gate.open()
    #expect(await observed.seen().told == [])
    _ = try await observed.view.fixture.lookup("file")
  }

  @Test("After the deadline the operation is refused or allowed, though the observer never answers")
  func deadline() async throws {
    for overdue in [ObserverOptions.Overdue.refuse, .allow] {
      let observed = try await ObservedView(deadline: .milliseconds(1), overdue: overdue)
      let gate = Gate()
      // Deaf to being cancelled.
      observed.observer.answer { _ in await Task { try? await gate.pass() }.value }
      let result = await Self.unlink("file", in: observed).value
      #expect(result == (overdue == .allow ? .success(()) : .failure(.vetoed(.timedOut))))
      #expect(await observed.seen().told == (overdue == .allow ? ["unlink file 'file'"] : []))
      gate.open()
    }
  }

  @Test("What was allowed at one path is asked again where it would happen at another")
  func askedAgain() async throws {
    let observed = try await ObservedView()
    let directory = try await observed.view.fixture.lookup("dir").node
    let gate = Gate()
    Self.hold("dir/inner", until: gate, in: observed)
    let fileSystem = observed.fileSystem
    let unlink = Task {
      try await fileSystem.unlink(Self.bytes("inner"), in: directory, by: Fixture.caller)
    }
    await Self.isAsked("dir/inner", in: observed)
    try await observed.view.apply(.rename("dir", "moved", .replacing))
    observed.observer.answer { pending in
      if pending.operation.path == Self.bytes("moved/inner") { throw Veto(.improperLink) }
    }
    gate.open()
    await #expect(throws: ProjectionError.vetoed(.improperLink)) { try await unlink.value }
    let seen = await observed.seen()
    #expect(seen.asked.filter { $0.hasPrefix("unlink") } == ["unlink file 'dir/inner'", "unlink file 'moved/inner'"])
    #expect(seen.told == ["rename directory 'dir' to 'moved'"])
    _ = try await observed.view.fixture.lookup("moved/inner")
  }

  @Test("An observer that is slow to hear holds up nobody, and is told how much it has missed")
  func overflow() async throws {
    let observed = try await ObservedView(capacity: 3)
    let gate = Gate()
    observed.observer.listen { _ in try? await gate.pass() }
    try await observed.view.apply(.unlink("file"))
    await eventually("the first was told") { observed.observer.told.count == 1 }
    for number in 0..<10 { try await observed.view.apply(.makeDirectory("d\(number)", permissions: 0o700)) }
    gate.open()
    var seen = await observed.seen()
    #expect(
      seen.told == [
        "unlink file 'file'", "mkdir directory 'd0'", "mkdir directory 'd1'", "mkdir directory 'd2'", "missed 7",
      ])
    #expect(seen.asked.count == 11)
    seen = try await observed.run(.unlink("other"))
    #expect(seen.told == ["unlink file 'other'"])
    #expect(observed.observer.told.map(\.number) == observed.observer.told.map(\.number).sorted())
  }
}

extension Result where Success == Void, Failure == ProjectionError {
  fileprivate static func == (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.success, .success): true
    case (.failure(let left), .failure(let right)): left == right
    default: false
    }
  }
}
