/// What a view's provider was given, as it may be shown.
///
/// Of an address, what stands before the host and what follows a question mark is nobody else's business: passwords and
/// tokens stand there. Whatever is no address stays as it is.
package enum SourceAddress {
  /// The address without that.
  package static func shown(_ location: String) -> String {
    guard let parts = Parts(location) else { return location }
    let end = location[parts.host...].firstIndex { "?#".contains($0) } ?? location.endIndex
    return String(location[..<parts.authority] + location[parts.host..<end])
  }

  /// The address without what stands before the host: what is at it does not depend on who asks.
  package static func withoutUser(_ location: String) -> String {
    guard let parts = Parts(location) else { return location }
    return String(location[..<parts.authority] + location[parts.host...])
  }

  /// Whether there is something in it that is not shown.
  package static func hasSecrets(_ location: String) -> Bool { shown(location) != location }

  /// Where the authority of `scheme://user:password@host` and its host begin (RFC 3986, 3.2.1). The user ends at the last
  /// `@`, since people write passwords with one in them.
  private struct Parts {
    let authority: String.Index
    let host: String.Index

    init?(_ location: String) {
      guard let colon = location.firstIndex(of: ":"), colon > location.startIndex,
        location[..<colon].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }),
        location[colon...].hasPrefix("://")
      else { return nil }
      authority = location.index(colon, offsetBy: 3)
      let end = location[authority...].firstIndex { "/?#".contains($0) } ?? location.endIndex
      host = location[authority..<end].lastIndex(of: "@").map { location.index(after: $0) } ?? authority
    }
  }
}

extension ViewRecord {
  /// The source, as it may be shown.
  package var shownSource: String { SourceAddress.shown(source) }

  /// Whether nobody else may read the record.
  var hasSecrets: Bool { SourceAddress.hasSecrets(source) }
}
