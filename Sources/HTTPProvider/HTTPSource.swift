internal import FoundationEssentials

/// Where a manifest is and what is said to its server. Credentials are in here and nowhere else, and never shown.
struct HTTPSource: Sendable {
  /// Without credentials.
  let url: URL
  /// The value of the header `Authorization`.
  let authorization: String?

  /// Reads `http://user:password@host/path`, whose user and password are percent-encoded.
  init(_ text: String) throws(HTTPError) {
    // Never in the message: it may have a password, and where that is cannot be said of what is no URL.
    guard var parts = URLComponents(string: text) else { throw .badSource("the source is not a URL") }
    guard let scheme = parts.scheme?.lowercased(), scheme == "http" || scheme == "https" else {
      throw .badSource("the source is not a URL of http or https")
    }
    guard let host = parts.host, !host.isEmpty else { throw .badSource("the source is a URL without a host") }
    if let user = parts.user {
      authorization = "Basic " + Data("\(user):\(parts.password ?? "")".utf8).base64EncodedString()
    } else {
      authorization = nil
    }
    (parts.user, parts.password, parts.fragment) = (nil, nil, nil)
    guard let url = parts.url else { throw .badSource("the source is not a URL") }
    self.url = url
  }

  /// The URL of a content: `relative` to `base`, which is relative to the manifest.
  func resolve(_ relative: String, base: String) -> URL? {
    guard let start = base.isEmpty ? url : URL(string: base, relativeTo: url)?.absoluteURL else { return nil }
    return Self.resolve(relative, from: start)
  }

  /// The URL that `relative` is where it stands at `start`; nil where it is none of http or https, or has a user in it.
  static func resolve(_ relative: String, from start: URL) -> URL? {
    guard let found = URL(string: relative, relativeTo: start)?.absoluteURL,
      let scheme = found.scheme?.lowercased(), scheme == "http" || scheme == "https", found.host() != nil,
      found.user() == nil
    else { return nil }
    return found
  }

  /// Whether `other` is on the manifest's server, which alone gets the credentials.
  func hasSameOrigin(as other: URL) -> Bool {
    other.scheme?.lowercased() == url.scheme?.lowercased() && other.host()?.lowercased() == url.host()?.lowercased()
      && Self.port(other) == Self.port(url)
  }

  private static func port(_ url: URL) -> Int { url.port ?? (url.scheme?.lowercased() == "https" ? 443 : 80) }

  /// A URL for people: without its query, which may have a key in it.
  static func shown(_ url: URL) -> String {
    guard var parts = URLComponents(url: url, resolvingAgainstBaseURL: true) else { return "a URL" }
    let hasQuery = parts.query != nil
    (parts.user, parts.password, parts.query, parts.fragment) = (nil, nil, nil, nil)
    return (parts.string ?? "a URL") + (hasQuery ? "?…" : "")
  }
}
