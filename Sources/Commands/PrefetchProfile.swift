/// The paths of a view that were hydrated, as a file: a first line that says so, and a path from the root on each further one.
///
/// A path with a line feed, or with a quotation mark in front, stands in quotation marks, with `\n`, `\"` and `\\` in it.
struct PrefetchProfile {
  private static let header = Array("# projfs profile 1".utf8)
  private static let (feed, quote, backslash) = (UInt8(ascii: "\n"), UInt8(ascii: "\""), UInt8(ascii: "\\"))

  /// The paths.
  let paths: [[UInt8]]

  /// Paths that were hydrated.
  init(_ paths: [[UInt8]]) {
    self.paths = paths
  }

  /// Reads a file; nil where it is no profile.
  init?(file: [UInt8]) {
    var lines = file.split(separator: Self.feed)[...]
    guard let first = lines.popFirst(), first.elementsEqual(Self.header) else { return nil }
    var paths: [[UInt8]] = []
    for line in lines {
      guard line.first == Self.quote else {
        paths.append(Array(line))
        continue
      }
      guard let path = Self.unquoted(line) else { return nil }
      paths.append(path)
    }
    self.paths = paths
  }

  /// The file.
  var file: [UInt8] {
    paths.reduce(into: Self.header + [Self.feed]) { file, path in
      let needsQuotes = path.contains(Self.feed) || path.first == Self.quote
      file += (needsQuotes ? Self.quoted(path) : path) + [Self.feed]
    }
  }

  private static func quoted(_ path: [UInt8]) -> [UInt8] {
    let inner = path.flatMap { byte -> [UInt8] in
      switch byte {
      case feed: [backslash, UInt8(ascii: "n")]
      case quote, backslash: [backslash, byte]
      default: [byte]
      }
    }
    return [quote] + inner + [quote]
  }

  private static func unquoted(_ line: ArraySlice<UInt8>) -> [UInt8]? {
    guard line.count >= 2, line.last == quote else { return nil }
    var path: [UInt8] = []
    var rest = line.dropFirst().dropLast()
    while let byte = rest.popFirst() {
      guard byte == backslash else {
        path.append(byte)
        continue
      }
      guard let escaped = rest.popFirst() else { return nil }
      path.append(escaped == UInt8(ascii: "n") ? feed : escaped)
    }
    return path
  }
}
