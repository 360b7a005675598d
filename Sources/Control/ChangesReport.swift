package import Projection

/// What `projfs changes --json` prints; fields are added, never renamed.
package struct ChangesReport: Codable, Sendable {
  /// One path that changed.
  package struct Path: Codable, Sendable {
    /// From the view's root; bytes that are no UTF-8 are replaced.
    package var path: String
    /// The path's bytes as hexadecimal digits, where `path` had to replace some.
    package var bytes: String?
    /// Whether everything below it may have changed as well.
    package var subtree: Bool

    /// The path as it is.
    package var rawPath: [UInt8] {
      guard let bytes else { return Array(path.utf8) }
      let digits = bytes.compactMap(\.hexDigitValue)
      return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
  }

  /// From when on the next question is to ask.
  package var token: String
  /// Whether `paths` is all that changed. If not, anything may have.
  package var exact: Bool
  /// What changed.
  package var paths: [Path]

  /// The journal's answer.
  package init(_ changes: ChangeJournal.Changes) {
    token = changes.token.description
    switch changes {
    case .unknown:
      exact = false
      paths = []
    case .exact(let changed, _):
      exact = true
      paths = changed.map { change in
        let text = String(decoding: change.path, as: UTF8.self)
        let isText = text.utf8.elementsEqual(change.path)
        let digits = change.path.map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
        return Path(path: text, bytes: isText ? nil : digits, subtree: change.scope == .subtree)
      }
    }
  }
}
