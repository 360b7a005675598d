internal import Commands
internal import Control
internal import Logging
internal import Posix
internal import Projection
internal import SystemPackage

/// Looks through what users changed in views that are not mounted.
enum LocalTreeDoctor {
  /// What is wrong in the view of `path`, or in all views.
  static func findings(at path: String?) -> [DoctorCommand.Finding] {
    let registry = ViewRegistry()
    let opener = SourceOpener(registry: registry, logger: Logger(label: "projfs") { _ in SwiftLogNoOpLogHandler() })
    return registry.entries().filter { path == nil || path == $0.mountpoint }.flatMap { findings(in: $0, opener) }
  }

  private static func findings(in entry: ViewRegistry.Entry, _ opener: SourceOpener) -> [DoctorCommand.Finding] {
    guard MountTable.view(at: entry.mountpoint) == nil, let state = try? StateDirectory(existing: entry.state),
      let record = try? state.record()
    else { return [] }
    // Held while it is looked at. What a server has is its own business.
    guard let lock = try? state.lock() else { return [] }
    defer { withExtendedLifetime(lock.rawValue) {} }
    do {
      let source = try opener.open(record)
      defer { source.end() }
      let check = try LocalTreeCheck(of: try source.content(for: record), in: entry.state, owner: source.facts.owner)
      let findings = try blocking { try await check.findings() }
      return findings.map { finding in
        DoctorCommand.Finding(
          text: "'\(entry.mountpoint)/\(finding.path)' \(finding.text)",
          mend: { try mend(finding, check, in: entry) })
      }
    } catch {
      return [
        DoctorCommand.Finding(
          text: "the changes of '\(entry.mountpoint)' in '\(entry.state)/\(LocalTree.name)' cannot be checked: "
            + ((error as? CommandFailure)?.message ?? "\(error)"),
          mend: nil)
      ]
    }
  }

  private static func mend(
    _ finding: LocalTreeCheck.Finding, _ check: LocalTreeCheck, in entry: ViewRegistry.Entry
  ) throws {
    let state = try StateDirectory(existing: entry.state)
    let lock = try state.lock()
    defer { withExtendedLifetime(lock.rawValue) {} }
    try check.mend(finding)
  }
}
