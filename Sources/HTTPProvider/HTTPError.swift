internal import Provider

/// Why a manifest cannot be projected. Has no password in it, and no query.
public enum HTTPError: Error, Sendable, Equatable {
  /// The source is not a URL of http or https.
  case badSource(String)
  /// The server cannot be reached, or fails.
  case unreachable(String)
  /// There is no manifest at the URL.
  case noManifest(String)
  /// The server refuses.
  case denied(String)
  /// What is there is no manifest, or one that cannot be used.
  case malformed(ManifestError)

  init(_ error: ProviderError) {
    self =
      switch error {
      case .missing(let what): .noManifest(what)
      case .denied(let what): .denied(what)
      default: .unreachable(error.description)
      }
  }
}

extension HTTPError: CustomStringConvertible {
  /// The failure in words.
  public var description: String {
    switch self {
    case .badSource(let what): "\(what)"
    case .unreachable(let what): "\(what)"
    case .noManifest(let what): "no manifest: \(what)"
    case .denied(let what): "the server refuses: \(what)"
    case .malformed(let error): "the manifest cannot be used: \(error)"
    }
  }
}
