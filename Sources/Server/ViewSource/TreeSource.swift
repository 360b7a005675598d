internal import Commands
internal import Control
internal import Provider

/// The tree of a provider without revisions.
struct TreeSource: Sendable {
  /// The provider.
  let content: any ContentProvider
  /// What is known of it.
  let facts: SourceFacts
  /// Why something may not lie at a path, such as a mountpoint inside of the directory that is projected.
  let objection: @Sendable (_ path: String) -> String?
  /// Ends what the provider has going on outside of this process, when its view has ended.
  let end: @Sendable () async -> Void

  /// Asks the provider for its root. `name` is the provider's, as `--provider` has it; `isProven` says whether a root with
  /// the same ID always has the same in it. Blocks until the provider has answered.
  init(
    _ content: any ContentProvider, name: String, location: String, isProven: Bool, registry: ViewRegistry,
    objection: @escaping @Sendable (_ path: String) -> String? = { _ in nil },
    end: @escaping @Sendable () async -> Void = {}
  ) throws(CommandFailure) {
    let root: DirectoryID
    do {
      root = try blocking { try await content.root() }
    } catch {
      throw Self.failure(error, name, location)
    }
    self.content = content
    self.objection = objection
    self.end = end
    facts = SourceFacts(
      provider: name, location: location, requested: "", revision: root.description,
      isProven: isProven,
      home: SourceHome(of: "\(name) \(SourceAddress.withoutUser(location))", in: registry))
  }

  /// Refuses options that only revisions have.
  static func refuseRevisions(_ request: MountPlan.Request) throws(CommandFailure) {
    let options = [
      (request.revision != nil, "--rev"), (request.fileTime == .commit, "--mtime commit"),
      (request.verifyObjects, "--verify-objects"),
    ]
    guard let option = options.first(where: { $0.0 })?.1 else { return }
    throw CommandFailure(.usage, "the provider '\(request.provider)' has no revisions, and so no use for \(option)")
  }

  /// Why there is no root, in words.
  private static func failure(_ error: any Error, _ name: String, _ location: String) -> CommandFailure {
    let status: ExitStatus =
      switch error as? ProviderError {
      case .damaged, .wrongSize: .damaged
      case .denied: .permission
      case .system: .inputOutput
      case .missing, .unavailable, .unsupported, .outdated, nil: .noSource
      }
    return CommandFailure(
      status, "'\(SourceAddress.shown(location))' cannot be projected by '\(name)': \(error)")
  }
}
