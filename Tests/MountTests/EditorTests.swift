import Control
import FileSystemModel
import Glibc
import Posix
import TestSupport
import Testing

@Suite("A file that an editor saves is what was saved", .enabled(if: Availability.fuse, "FUSE is not available"))
struct EditorTests {
  /// What the view knows of a file before it is saved.
  enum Beginning: String, CaseIterable, Sendable {
    case virtual, hydrated, full
  }

  @Test("Every way to save", arguments: WritableView.engines, Beginning.allCases)
  func saves(engine: String, beginning: Beginning) throws {
    let home = try TemporaryDirectory()
    let repository = try GitFixture(at: home.path + "/repository")
    for index in SavePattern.all.indices {
      // Longer than what is saved, so that a rest of it would show.
      try repository.add("\(index)/file", String(repeating: "old \(index)\n", count: 2000), executable: index % 2 == 1)
      try repository.add("\(index)/other", "other\n")
    }
    try repository.commit()
    let view = try MountedView(repository.path, in: home, options: ["--engine", engine])
    var expected: Set<String> = []
    for (index, pattern) in SavePattern.all.enumerated() {
      let path = "\(index)/file"
      switch beginning {
      case .virtual: break
      case .hydrated: _ = try view.read(path)
      case .full:
        let file = try FileCalls.open("\(view.path)/\(path)", O_WRONLY | O_APPEND)
        try FileCalls.writeAll(file.rawValue, Array("mine\n".utf8))
      }
      try save(pattern, in: "\(index)", of: view, engine, beginning, mode: index % 2 == 1 ? 0o755 : 0o644)
      expected.formUnion((["file"] + pattern.leaves).map { "/\(index)/\($0)" })
    }
    // Nothing else has changed, now or when the view was mounted again.
    let checkout = try TreeSnapshot(of: repository.path)
    let differences = try TreeSnapshot(of: view.path).differences(from: checkout)
    #expect(differences == expected.sorted())
    try view.disturb(.remount)
    let later = try TreeSnapshot(of: view.path).differences(from: checkout)
    #expect(later == expected.sorted())
    for (index, pattern) in SavePattern.all.enumerated() {
      #expect(try view.read("\(index)/file") == saved(by: pattern), "\(pattern.name), mounted again")
    }
  }

  private func saved(by pattern: SavePattern) -> [UInt8] { Array("saved by \(pattern.name)\n".utf8) }

  private func save(
    _ pattern: SavePattern, in directory: String, of view: MountedView, _ engine: String, _ beginning: Beginning,
    mode: mode_t
  ) throws {
    let name: Comment = "\(pattern.name)"
    let before = try view.stats
    let token = try changes(of: view, since: nil).token
    let bytes = saved(by: pattern)
    try pattern.save(EditedFile(in: "\(view.path)/\(directory)", mode: mode, saving: bytes))
    let report = try changes(of: view, since: token)
    let after = try view.stats

    #expect(try view.read("\(directory)/file") == bytes, name)
    #expect(try FileCalls.status("\(view.path)/\(directory)/file").st_mode == S_IFREG | mode, name)
    let names = try FileCalls.names("\(view.path)/\(directory)").sorted()
    #expect(names == (["file", "other"] + pattern.leaves).sorted(), name)

    // All that changed is named, and nothing that the editor did not touch.
    #expect(report.exact, name)
    let named = Set(report.paths.map(\.path))
    #expect(named.isSuperset(of: (["file"] + pattern.leaves).map { "\(directory)/\($0)" }), "\(pattern.name): \(named)")
    let touched = (["file"] + pattern.leaves + pattern.uses).map { "\(directory)/\($0)" }
    #expect(named.isSubset(of: touched), "\(pattern.name): \(named)")

    // The file is the user's, and was fetched only where somebody read it.
    let files = after.files
    #expect(files.full == before.files.full + (beginning == .full ? 0 : 1), name)
    #expect(files.new == before.files.new + pattern.leaves.count, name)
    #expect(
      files.virtual + files.placeholder + files.hydrated + files.full + files.tombstone == files.total
        && files.tombstone == 0, "\(pattern.name): \(files)")
    let fetches = after.hydration.count - before.hydration.count
    let isNeeded = pattern.reads == .always || pattern.reads == .passthrough && engine == "passthrough"
    #expect(fetches == (isNeeded && beginning == .virtual ? 1 : 0), name)
  }

  private func changes(of view: MountedView, since token: String?) throws -> ChangesReport {
    let arguments = ["changes", view.path, "--json"] + (token.map { ["--since", $0] } ?? [])
    return try JSON.decode(ChangesReport.self, from: try view.projfs.run(arguments).output.utf8)
  }
}
