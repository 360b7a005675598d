internal import ArgumentParser
internal import Commands
internal import Control
internal import Glibc
internal import Posix
internal import SystemPackage

extension DoctorCommand: ServedCommand {
  /// Something that is wrong.
  struct Finding {
    let text: String
    /// Mends it; nil where only a person can.
    let mend: (() throws -> Void)?
  }

  func serve() throws {
    try reportingFailure {
      let path = mountpoint.map(ViewLocator.absolute)
      if let path, MountTable.view(at: path) == nil, ViewRegistry().entry(for: path) == nil {
        _ = try ViewLocator().view(mountpoint)
      }
      let findings =
        Self.environment() + Self.mounts(at: path) + Self.registrations(at: path) + LocalTreeDoctor.findings(at: path)
        + WorktreeDoctor.findings(at: path)
      var left = 0
      for finding in findings {
        guard fix, let mend = finding.mend else {
          print(finding.mend == nil ? finding.text : "\(finding.text); --fix mends it")
          left += 1
          continue
        }
        do {
          try mend()
          print("\(finding.text); mended")
        } catch {
          print("\(finding.text); cannot be mended: \(error)")
          left += 1
        }
      }
      if findings.isEmpty { print("nothing is wrong") }
      if left > 0 { throw ExitCode(ExitStatus.found.rawValue) }
    }
  }

  /// What mounting needs.
  private static func environment() -> [Finding] {
    do throws(CommandFailure) {
      try ViewServer.checkDevice()
      return []
    } catch {
      return [Finding(text: error.message, mend: nil)]
    }
  }

  /// Views that are mounted without a server.
  private static func mounts(at path: String?) -> [Finding] {
    MountTable.entries().filter { $0.isView && $0.isDead && (path == nil || path == $0.mountpoint) }.map { mount in
      Finding(
        text: "the server of '\(mount.mountpoint)' has gone: \"Transport endpoint is not connected\"",
        mend: {
          try Unmounter(ViewLocator.Found(mountpoint: mount.mountpoint, state: mount.source, isMounted: true))
            .unmount(force: true)
        })
    }
  }

  /// Views in the list whose state is lost or damaged.
  private static func registrations(at path: String?) -> [Finding] {
    let registry = ViewRegistry()
    var findings: [Finding] = []
    for entry in registry.entries() where path == nil || path == entry.mountpoint {
      do throws(StateDirectory.Failure) {
        _ = try StateDirectory(existing: entry.state).record()
      } catch {
        switch error {
        case .noView:
          findings.append(
            Finding(
              text: "the view of '\(entry.mountpoint)' is known, but its state in '\(entry.state)' is gone",
              mend: { try registry.remove(entry.mountpoint) }))
        default:
          findings.append(Finding(text: ViewServer.failure(error, entry.state).message, mend: nil))
        }
      }
    }
    return findings
  }
}
