public import Provider
public import SystemPackage

/// Why a program cannot be a provider.
public enum ExecError: Error, Sendable, Equatable {
  /// No shell could be started for it.
  case cannotStart(Errno)
  /// It ended before it could answer: its exit code, or 128 + the signal's number, and the last line that it complained.
  case ended(exitCode: Int32, complaint: String)
  /// It said itself that it will not.
  case refused(ProviderError)
  /// It speaks another version of the protocol.
  case wrongVersion(Int)
  /// It does not keep to the protocol.
  case nonsense(String)
  /// It did not answer for so long.
  case silent(Duration)
  /// It was ended before it could answer.
  case stopped
}

extension ExecError: CustomStringConvertible {
  /// The failure in words.
  public var description: String {
    switch self {
    case .cannotStart(let error): "the program cannot be started: \(error)"
    case .ended(let exitCode, let complaint):
      "the program ended with \(exitCode)" + (complaint.isEmpty ? "" : ": \(complaint)")
    case .refused(let error): "the program refuses: \(error)"
    case .wrongVersion(let version): "the program speaks version \(version) of the protocol, which is not known here"
    case .nonsense(let what): "the program does not keep to the protocol: \(what)"
    case .silent(let time): "the program has not answered for \(time)"
    case .stopped: "the program was stopped"
    }
  }
}
