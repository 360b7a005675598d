import Glibc
import Posix
import Provider
import SystemPackage
import TestSupport
import Testing

@testable import Projection

@Suite struct VetoTests {
  /// What can be forbidden, how it is made, and with which unusual error.
  private static let operations: [(TreeOperation, EventMask, Errno)] = [
    (.unlink("file"), .unlink, .diskQuotaExceeded), (.removeDirectory("side"), .removeDirectory, .improperLink),
    (.rename("file", "other", .replacing), .rename, .textFileBusy),
    (.rename("dir", "side", .exchanging), .rename, .improperLink),
    (.open("file", []), .openForReading, .noSuchProcess), (.open("file", .writing), .openForWriting, .improperLink),
    (.open("file", [.writing, .truncating]), .truncate, .deadlock),
    (.open("file", .writing), .convertToFull, .diskQuotaExceeded),
    (.makeDirectory("new", permissions: 0o700), .makeDirectory, .tooManyLinks),
    (.create("new", permissions: 0o600), .create, .diskQuotaExceeded),
    (.makeLink("new", target: "target"), .makeSymbolicLink, .noSpace),
    (.truncate("file", size: 3), .truncate, .fileTooLarge), (.truncate("file", size: 0), .convertToFull, .improperLink),
    (.link("file", "dir/new"), .link, .improperLink),
    (.changeMode("file", 0o600), .changeMetadata, .notPermitted),
    (.setTime("link", seconds: 5), .changeMetadata, .noMemory),
    (.setAttribute("dir", "user.a", "x"), .changeMetadata, .diskQuotaExceeded),
  ]

  @Test("A veto gives exactly its error and changes nothing at all: no byte, no time, no fetch, no event")
  func nothing() async throws {
    for (operation, mask, error) in Self.operations {
      let observed = try await ObservedView()
      // Whatever lies on the way is looked at before.
      let way = [
        try await observed.view.fixture.lookup("dir").node, try await observed.view.fixture.lookup("side").node,
      ]
      observed.observer.answer { pending in
        if pending.operation.action.mask == mask { throw Veto(error) }
      }
      let before = try observed.everything()
      do throws(ProjectionError) {
        try await observed.view.apply(operation)
        Issue.record("\(operation) was not forbidden")
      } catch let failure {
        #expect(failure == .vetoed(error), "\(operation)")
      }
      #expect(try observed.everything() == before, "\(operation)")
      let seen = await observed.seen()
      #expect(seen.told == [], "\(operation)")
      #expect(seen.asked.isEmpty == false)
      #expect(observed.fileSystem.statistics.snapshot.count == 0)
      // The same is done when nobody forbids it.
      observed.observer.answer { _ in }
      try await observed.view.apply(operation)
      observed.view.end()
      for node in way { _ = observed.fileSystem.forget(node, count: 1) }
      #expect(observed.view.isClean)
    }
  }

  @Test("What is no error for a caller arrives as EIO, and so does whatever else is thrown")
  func unsuitable() async throws {
    struct Failure: Error {}
    let observed = try await ObservedView()
    for error in [Errno(rawValue: 0), .noFunction, Errno(rawValue: -1), Errno(rawValue: 512)] {
      observed.observer.answer { _ in throw Veto(error) }
      await #expect(throws: ProjectionError.vetoed(.ioError)) { try await observed.view.apply(.unlink("file")) }
    }
    observed.observer.answer { _ in throw Failure() }
    await #expect(throws: ProjectionError.vetoed(.ioError)) { try await observed.view.apply(.unlink("file")) }
    observed.observer.answer { _ in throw CancellationError() }
    await #expect(throws: ProjectionError.vetoed(.ioError)) { try await observed.view.apply(.unlink("file")) }
    #expect(await observed.seen().told == [])
  }

  @Test("All observers are asked until one forbids it; who was asked hears nothing of what did not happen")
  func several() async throws {
    let observed = try await ObservedView()
    let second = RecordingObserver { _ in throw Veto(.improperLink) }
    let third = RecordingObserver()
    let options = ObserverOptions(watches: [Watch(before: .all, after: .all)])
    let observation = try observed.fileSystem.observe(second, options)
    _ = try observed.fileSystem.observe(third, options)
    await #expect(throws: ProjectionError.vetoed(.improperLink)) { try await observed.view.apply(.unlink("file")) }
    #expect(await observed.seen() == (asked: ["unlink file 'file'"], told: []))
    #expect(second.takeQuestions() == ["unlink file 'file'"] && third.asked.isEmpty)
    await observation.end()
    try await observed.view.apply(.unlink("file"))
    #expect(await observed.seen().told == ["unlink file 'file'"])
    #expect(second.asked.isEmpty && second.told.isEmpty)
    #expect(third.takeQuestions() == ["unlink file 'file'"])
  }
}
