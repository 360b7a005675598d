internal import ArchiveProvider
internal import Commands
internal import Control
internal import DirectoryProvider
internal import ExecProvider
internal import HTTPProvider
internal import Logging

/// Opens what a view is of, by the provider's name.
struct SourceOpener {
  /// The views of this user.
  let registry: ViewRegistry
  /// Where providers log to.
  let logger: Logger

  /// Opens and checks the source of a mount. Changes nothing; a missing or unsuitable source is a failure.
  func open(_ request: MountPlan.Request) throws(CommandFailure) -> ViewSource {
    if !request.provider.hasRevisions { try TreeSource.refuseRevisions(request) }
    return switch request.provider {
    case .git: .git(try GitSource(request, registry: registry))
    case .exec(let command): .tree(try program(command, request))
    case .directory: .tree(try directory(request))
    case .archive: .tree(try archive(request))
    case .http: .tree(try manifest(request))
    }
  }

  private func directory(_ request: MountPlan.Request) throws(CommandFailure) -> TreeSource {
    let content: DirectoryContent
    do {
      content = try DirectoryContent(path: request.source, logger: logger)
    } catch {
      let status: ExitStatus =
        switch error {
        case .missing, .notADirectory: .noSource
        case .denied: .permission
        case .system: .inputOutput
        }
      throw CommandFailure(status, "\(error)")
    }
    return try TreeSource(
      content, name: "directory", location: content.path, isProven: false, registry: registry,
      objection: { path in
        switch content.overlap(with: path) {
        case nil: nil
        case .same: "is the directory that is projected"
        case .inside: "lies inside of '\(content.path)', which is projected"
        case .around: "lies around '\(content.path)', which is projected"
        }
      })
  }

  private func archive(_ request: MountPlan.Request) throws(CommandFailure) -> TreeSource {
    let content: ArchiveContent
    do {
      content = try ArchiveContent(
        path: request.source, cacheDirectory: registry.directory + "/archives", logger: logger)
    } catch {
      let status: ExitStatus =
        switch error {
        case .missing, .notAnArchive: .noSource
        case .denied: .permission
        case .damaged: .damaged
        case .changing, .system: .inputOutput
        }
      throw CommandFailure(status, "\(error)")
    }
    // Its IDs are of this version of the file.
    return try TreeSource(content, name: "archive", location: content.path, isProven: true, registry: registry)
  }

  private func program(_ command: String, _ request: MountPlan.Request) throws(CommandFailure) -> TreeSource {
    let content: ExecContent
    do {
      content = try blocking { [logger] in
        try await ExecContent(command: command, source: request.source, logger: logger)
      }
    } catch {
      let status: ExitStatus = if case .cannotStart? = error as? ExecError { .fuseUnavailable } else { .noSource }
      throw CommandFailure(status, "'\(command)' cannot project '\(request.source)': \(error)")
    }
    return try TreeSource(
      content.provider, name: request.provider.description, location: request.source,
      isProven: !content.abilities.contains(.changes), registry: registry,
      end: { await content.end() })
  }

  private func manifest(_ request: MountPlan.Request) throws(CommandFailure) -> TreeSource {
    let content: HTTPContent
    do {
      content = try blocking { [logger] in try await HTTPContent(source: request.source, logger: logger) }
    } catch {
      let status: ExitStatus =
        switch error as? HTTPError {
        case .badSource: .usage
        case .unreachable, .noManifest, nil: .noSource
        case .denied: .permission
        case .malformed: .damaged
        }
      throw CommandFailure(status, "'\(SourceAddress.shown(request.source))' cannot be projected: \(error)")
    }
    // IDs are hashes of bytes, and of the entries of directories.
    return try TreeSource(
      content.provider, name: "http", location: request.source, isProven: true, registry: registry,
      end: { await content.end() })
  }

  /// The same for a view that exists, mounted or not.
  func open(_ record: ViewRecord) throws(CommandFailure) -> ViewSource {
    try open(try MountPlan.Request(asIn: record))
  }
}
