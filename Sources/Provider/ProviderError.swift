public import SystemPackage

/// How a provider says that it cannot answer. The text is for the log and names what failed.
///
/// Whatever else a provider throws counts as `unavailable` with that error's description.
public enum ProviderError: Error, Sendable, Equatable {
  /// What was asked for does not exist in the source, though it should.
  case missing(String)
  /// The source has it, but damaged.
  case damaged(String)
  /// The source cannot be reached now; asking again later may work.
  case unavailable(String)
  /// The source refuses.
  case denied(String)
  /// The provider has no such ability.
  case unsupported(String)
  /// A system call of the provider failed.
  case system(Errno, String)
  /// The provider gave more or fewer bytes than it had announced.
  case wrongSize(String)
  /// The source has another version by now, and this one no more. Only of a `ChangingProvider`: what named it is listed anew.
  case outdated(String)
}

extension ProviderError: CustomStringConvertible {
  /// The failure in words.
  public var description: String {
    switch self {
    case .missing(let what): "missing: \(what)"
    case .damaged(let what): "damaged: \(what)"
    case .unavailable(let what): "unavailable: \(what)"
    case .denied(let what): "denied: \(what)"
    case .unsupported(let what): "unsupported: \(what)"
    case .system(let error, let what): "\(what): \(error)"
    case .wrongSize(let what): "wrong size: \(what)"
    case .outdated(let what): "outdated: \(what)"
    }
  }
}
