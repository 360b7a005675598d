internal import Commands
internal import Control
internal import GitProvider
internal import Glibc
internal import Posix
internal import Projection
internal import SystemPackage

/// Looks through what users changed in views that are not mounted.
enum LocalTreeDoctor {
  /// What is wrong in the view of `path`, or in all views.
  static func findings(at path: String?) -> [DoctorCommand.Finding] {
    ViewRegistry().entries().filter { path == nil || path == $0.mountpoint }.flatMap(findings)
  }

  private static func findings(in entry: ViewRegistry.Entry) -> [DoctorCommand.Finding] {
    guard MountTable.view(at: entry.mountpoint) == nil, let state = try? StateDirectory(existing: entry.state),
      let record = try? state.record()
    else { return [] }
    // Held while it is looked at. What a server has is its own business.
    guard let lock = try? state.lock() else { return [] }
    defer { withExtendedLifetime(lock.rawValue) {} }
    do {
      let repository = try GitRepository(path: record.source)
      let revision = try repository.revision(record.epochs.last?.revision ?? record.requestedRevision)
      let provider = try GitContent(
        repository: repository, revision: revision, earlier: record.epochs.map(\.revision),
        verifyObjects: record.verifyObjects)
      let isForOther = geteuid() == 0 && repository.owner.user != 0
      let owner = isForOther ? FileOwner(user: repository.owner.user, group: repository.owner.group) : nil
      let check = try LocalTreeCheck(of: provider, in: entry.state, owner: owner)
      let findings = try blocking { try await check.findings() }
      return findings.map { finding in
        DoctorCommand.Finding(
          text: "'\(entry.mountpoint)/\(finding.path)' \(finding.text)",
          mend: { try mend(finding, check, in: entry) })
      }
    } catch {
      return [
        DoctorCommand.Finding(
          text:
            "the changes of '\(entry.mountpoint)' in '\(entry.state)/\(LocalTree.name)' cannot be checked: \(error)",
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
