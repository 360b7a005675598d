package import SystemPackage

extension ChangeJournal {
  /// A moment in a journal's life: everything up to the record `sequence` of `instance` was before it.
  ///
  /// As text, `projfs:<instance, 16 hexadecimal digits>:<sequence>`.
  package struct Token: Sendable, Hashable, LosslessStringConvertible {
    private static let prefix = "projfs:"

    /// Which journal. Another one can say nothing about this moment.
    package let instance: UInt64
    /// The number of the last record before this moment; 0 before the first.
    package let sequence: UInt64

    /// The moment after the record `sequence`.
    package init(instance: UInt64, sequence: UInt64) {
      self.instance = instance
      self.sequence = sequence
    }

    /// Reads a token's text; nil for any other text.
    package init?(_ description: String) {
      guard description.utf8.starts(with: Self.prefix.utf8) else { return nil }
      let parts = description.utf8.dropFirst(Self.prefix.utf8.count)
        .split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      // Digits only: Swift's own reading takes signs as well.
      guard parts.count == 2, parts[0].count == 16, parts.joined().allSatisfy({ $0 >= UInt8(ascii: "0") }),
        let instance = UInt64(Substring(parts[0]), radix: 16), let sequence = UInt64(Substring(parts[1]))
      else { return nil }
      self.init(instance: instance, sequence: sequence)
    }

    package var description: String {
      let digits = String(instance, radix: 16)
      return "\(Self.prefix)\(String(repeating: "0", count: 16 - digits.utf8.count))\(digits):\(sequence)"
    }
  }

  /// How far a change reaches.
  package enum Scope: Sendable, Hashable {
    /// The path itself.
    case entry
    /// The path and everything below it: a directory that came, went or became another.
    case subtree
  }

  /// One path whose visible state changed.
  package struct Change: Sendable, Hashable {
    /// The path from the view's root, as raw bytes; empty for the root.
    package var path: [UInt8]
    /// How far the change reaches.
    package var scope: Scope

    /// A change.
    package init(path: [UInt8], scope: Scope) {
      self.path = path
      self.scope = scope
    }
  }

  /// What changed since a token. Either way, `token` is the one to ask with next time.
  package enum Changes: Sendable, Hashable {
    /// These paths, each once, and no others.
    case exact(paths: [Change], token: Token)
    /// Anything may have.
    case unknown(token: Token)

    /// The moment of the answer.
    package var token: Token {
      switch self {
      case .exact(_, let token), .unknown(let token): token
      }
    }
  }

  /// A file that was opened for writing and not yet closed.
  package struct WriterToken: Sendable, Hashable {
    let rawValue: UInt64
  }

  /// Why a journal could not go on as it was.
  package enum Failure: Error, Sendable, Hashable {
    /// The disk below failed.
    case system(Errno)
    /// A file of the journal is not as it was written.
    case damaged
  }
}
