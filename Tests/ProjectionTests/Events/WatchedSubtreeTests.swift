import Provider
import SystemPackage
import TestSupport
import Testing

@testable import Projection

@Suite struct WatchedSubtreeTests {
  private static func watch(_ path: String, before: EventMask = [], after: EventMask = []) -> Watch {
    Watch(Array(path.utf8), before: before, after: after)
  }

  @Test("Nothing is asked or told outside of a watched subtree, and the deepest watch counts")
  func deepest() async throws {
    let observed = try await ObservedView(watches: [
      Self.watch("dir", before: .all, after: .all), Self.watch("dir/deep", after: .makeDirectory),
    ])
    let seen = try await observed.run(
      .unlink("file"), .makeDirectory("side/x", permissions: 0o700), .makeDirectory("dir/x", permissions: 0o700),
      .makeDirectory("dir/deep/x", permissions: 0o700), .removeDirectory("dir/deep/x"), .unlink("dir/inner"))
    #expect(seen.asked == ["mkdir directory 'dir/x'", "unlink file 'dir/inner'"])
    #expect(seen.told == ["mkdir directory 'dir/x'", "mkdir directory 'dir/deep/x'", "unlink file 'dir/inner'"])
  }

  @Test("A rename or link into or out of a watched subtree counts for both of its paths")
  func acrossBorders() async throws {
    let observed = try await ObservedView(watches: [
      Self.watch("dir", before: .all), Self.watch("side", after: .all),
    ])
    var seen = try await observed.run(
      .rename("file", "moved", .replacing), .rename("moved", "side/in", .replacing),
      .rename("side/in", "dir/in", .replacing), .link("dir/in", "out"), .link("dir/inner", "side/linked"))
    #expect(
      seen.asked == [
        "rename file 'side/in' to 'dir/in'", "link file 'dir/in' to 'out'", "link file 'dir/inner' to 'side/linked'",
      ])
    #expect(
      seen.told == [
        "rename file 'moved' to 'side/in'", "rename file 'side/in' to 'dir/in'",
        "link file 'dir/inner' to 'side/linked'",
      ])
    // Its other name lies in the other subtree.
    seen = try await observed.run(.changeMode("side/linked", 0o600))
    #expect(seen.asked == ["metadata file 'dir/inner'='side/linked' mode 600"] && seen.told == seen.asked)
  }

  @Test("A watch is for a place: what leaves it is watched no more, what comes there is")
  func movedAway() async throws {
    let observed = try await ObservedView(watches: [Self.watch("dir/deep", before: .all, after: .all)])
    var seen = try await observed.run(
      .makeDirectory("dir/deep/x", permissions: 0o700), .rename("dir", "away", .replacing),
      .makeDirectory("away/deep/y", permissions: 0o700), .makeDirectory("dir", permissions: 0o700),
      .rename("side", "dir/deep", .replacing), .makeDirectory("dir/deep/z", permissions: 0o700))
    #expect(
      seen.told == [
        // The move of a directory concerns what lies below.
        "mkdir directory 'dir/deep/x'", "rename directory 'dir' to 'away'",
        "rename directory 'side' to 'dir/deep'", "mkdir directory 'dir/deep/z'",
      ])
    #expect(seen.asked == seen.told)
    observed.observer.answer { _ in throw Veto() }
    await #expect(throws: ProjectionError.vetoed(.notPermitted)) {
      try await observed.view.apply(.rename("dir", "gone", .replacing))
    }
    seen = await observed.seen()
    #expect(seen.told == [])
  }

  @Test("An open file that is renamed is closed where it is by then")
  func closedElsewhere() async throws {
    let observed = try await ObservedView(watches: [Self.watch("side", after: .all)])
    let seen = try await observed.run(.open("file", []), .rename("file", "side/file", .replacing), .close(0))
    #expect(seen.told == ["rename file 'file' to 'side/file'", "close file 'side/file'"])
  }

  @Test("Watches change while the view is used; opens only if the kernel sends them")
  func changing() async throws {
    let observed = try await ObservedView(watches: [])
    #expect(!observed.fileSystem.observers.mayWant(.all))
    #expect(try await observed.run(.unlink("file")) == (asked: [], told: []))
    try observed.observation.setWatches([Self.watch("", after: .unlink)])
    #expect(try await observed.run(.unlink("other")).told == ["unlink file 'other'"])
    observed.fileSystem.noteSendingOfOpens(false)
    #expect(throws: ObservationError.opensAreNotSent) {
      try observed.observation.setWatches([Self.watch("dir", after: .closeModified)])
    }
    #expect(observed.observation.watches == [Self.watch("", after: .unlink)])
    #expect(throws: ObservationError.opensAreNotSent) {
      try observed.fileSystem.observe(RecordingObserver(), ObserverOptions(watches: [], needsOpens: true))
    }
    await observed.observation.end()
    #expect(try await observed.run(.unlink("empty")) == (asked: [], told: []))
    #expect(!observed.fileSystem.observers.mayWant(.all))
  }
}
