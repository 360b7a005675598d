internal import Provider

/// What a program is asked.
enum ProgramRequest: Sendable, Equatable {
  case root
  case list(DirectoryID)
  case page(DirectoryID, from: [UInt8]?)
  case entry(DirectoryID, name: [UInt8])
  case sizes([ContentID])
  case fetch(ContentID)
  case range(ContentID, Range<Int64>)

  /// Our first message.
  static let greeting = Array(#"{"protocol":"projfs-exec","versions":[1]}"#.utf8 + [UInt8(ascii: "\n")])

  /// The message that says that nobody waits for a request any more.
  static func cancel(_ id: UInt64) -> [UInt8] { Array("{\"cancel\":\(id)}\n".utf8) }

  /// The message, header and body.
  func message(_ id: UInt64) -> [UInt8] {
    let fields = fields
    let length = fields.reduce(0) { $0 + $1.count + 1 }
    var bytes = Array("{\"id\":\(id),\"do\":\"\(word)\"".utf8)
    if case .range(_, let range) = self { bytes += ",\"offset\":\(range.lowerBound),\"count\":\(range.count)".utf8 }
    if length > 0 { bytes += ",\"length\":\(length)".utf8 }
    bytes += "}\n".utf8
    for field in fields {
      bytes += field
      bytes.append(0)
    }
    return bytes
  }

  /// Throws where a field has a NUL: no program has given such a name.
  func check() throws(ProviderError) {
    guard fields.allSatisfy({ !$0.contains(0) }) else {
      throw .missing("a name with a NUL, which the program cannot have given")
    }
  }

  /// What it is called in the log.
  var description: String {
    let names = fields.prefix(2).map { ErrorLines.shown($0.prefix(120)) }
    return names.isEmpty ? word : "\(word) '\(names.joined(separator: "' '"))'"
  }

  private var word: String {
    switch self {
    case .root: "root"
    case .list: "list"
    case .page: "page"
    case .entry: "entry"
    case .sizes: "sizes"
    case .fetch, .range: "fetch"
    }
  }

  private var fields: [[UInt8]] {
    switch self {
    case .root: []
    case .list(let directory): [directory.bytes]
    case .page(let directory, let cursor): [directory.bytes] + (cursor.map { [$0] } ?? [])
    case .entry(let directory, let name): [directory.bytes, name]
    case .sizes(let contents): contents.map(\.bytes)
    case .fetch(let content), .range(let content, _): [content.bytes]
    }
  }
}
