import TestSupport
import Testing

/// The same system calls, in a directory of the native file system and elsewhere, must return the same.
@Suite("Parity with the native file system", .serialized, .enabled(if: Availability.root, "changing users needs root"))
struct ParityTests {
  @Test("Scripts are right, and all is the same once more", arguments: ScenarioGroup.all)
  func native(group: ScenarioGroup) async throws {
    let outcomes = try await ParityRun.shared.outcome(at: .native)[group]
    #expect(outcomes.map(\.name) == group.scenarios)
    for outcome in outcomes {
      for line in outcome.lines where line.contains("? ") || line.contains("killed") || line.hasPrefix(" => ") {
        Issue.record("\(group.name): \(outcome.name): \(line)")
      }
    }
    for deviation in Deviation.known where deviation.group == group.name {
      let lines = outcomes.first { $0.name == deviation.scenario }?.lines ?? []
      let calls = lines.filter { $0.hasPrefix(deviation.call + " => ") }
      #expect(calls.count == 1, "'\(deviation.call)' must be called once in '\(deviation.scenario)'")
    }
    try await compare(group, at: .repeated)
  }

  @Test("Another file system of the kernel", arguments: ScenarioGroup.all.filter(\.isPortable))
  func tmpfs(group: ScenarioGroup) async throws {
    try await compare(group, at: .tmpfs)
  }

  @Test(
    "A view", .enabled(if: Availability.fuse, "FUSE is not available"), arguments: Place.views, ScenarioGroup.all)
  func view(place: Place, group: ScenarioGroup) async throws {
    try await compare(group, at: place)
  }

  private func compare(_ group: ScenarioGroup, at place: Place) async throws {
    let native = try await ParityRun.shared.outcome(at: .native)[group]
    let found = try await ParityRun.shared.outcome(at: place)[group]
    #expect(found.map(\.name) == native.map(\.name))
    for (expected, actual) in zip(native, found) {
      let differences = Comparison.differences(from: expected, to: actual, of: group.name, at: place)
      if !differences.isEmpty {
        Issue.record(
          "\(place.testDescription): \(group.name): \(expected.name)\n\(differences.joined(separator: "\n"))")
      }
    }
  }
}
