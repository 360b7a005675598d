import Testing

/// Where scenarios run.
enum Place: Hashable, Sendable, CustomTestStringConvertible {
  /// The file system of the temporary directory: what all others are compared with.
  case native
  /// The same once more, which shows that the results do not differ from run to run.
  case repeated
  /// Another file system of the kernel's, which shows that scenarios do not ask for what is native's own.
  case tmpfs
  case view(Engine, FileState)

  enum Engine: String, CaseIterable {
    case passthrough
    case cached
  }

  /// What the files that a scenario starts with are.
  enum FileState: String, CaseIterable {
    /// Made in the view.
    case created
    /// The provider's, and nobody has looked at them.
    case virtual
    /// Looked at.
    case placeholder
    /// Read.
    case hydrated
  }

  /// Those whose deviations are the same.
  enum Family {
    case native
    case tmpfs
    case passthrough
    case cached
  }

  var family: Family {
    switch self {
    case .native, .repeated: .native
    case .tmpfs: .tmpfs
    case .view(.passthrough, _): .passthrough
    case .view(.cached, _): .cached
    }
  }

  var testDescription: String {
    switch self {
    case .native: "native"
    case .repeated: "native again"
    case .tmpfs: "tmpfs"
    case .view(let engine, let state): "\(engine), \(state)"
    }
  }

  static let others: [Place] = [.repeated, .tmpfs]

  static let views: [Place] = Engine.allCases.flatMap { engine in
    FileState.allCases.map { state in .view(engine, state) }
  }
}
