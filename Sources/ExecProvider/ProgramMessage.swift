internal import FoundationEssentials
internal import Provider

/// What a program says in the header line of a message.
enum ProgramMessage: Equatable {
  /// The first message.
  case hello(Hello)
  /// It cannot serve at all.
  case refusal(ProviderError)
  /// A part of an answer, whose bytes follow.
  case answer(UInt64, length: Int, isLast: Bool)
  /// An answer that is a failure.
  case failure(UInt64, ProviderError)
  /// Something has changed; its names follow.
  case change(Change, length: Int)

  /// What a change names.
  enum Change: String, Equatable {
    case root, directories, paths, everything
  }

  /// The most bytes that may follow a header.
  static let longestBody = 1 << 20
}

/// What a program says of itself.
struct Hello: Equatable, Sendable {
  var abilities: Set<ExecAbility>
  /// How many requests it wants to have at a time.
  var parallel: Int
  /// How long an answer may take to begin or to go on.
  var timeout: Duration
}

/// What a program can do beyond root, list and fetch.
public enum ExecAbility: String, Sendable, Hashable, CaseIterable {
  /// Tell lengths without contents.
  case sizes
  /// Give a part of a content.
  case ranges
  /// Find one name.
  case entry
  /// List by pages. Has `entry` as well.
  case pages
  /// Say what changes.
  case changes
}

extension ProgramMessage {
  /// What a header can have, of all kinds of messages.
  private struct Header: Decodable {
    var version: Int?
    var abilities: [String]?
    var parallel: Int?
    var timeout: Double?
    var id: UInt64?
    var length: Int?
    var more: Bool?
    var error: String?
    var text: String?
    var changed: String?
  }

  /// Reads a header line, without its line feed.
  init(header line: [UInt8]) throws(ExecError) {
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: Data(line))
    } catch {
      throw .nonsense("a header that is not as it should be: \(ErrorLines.shown(line.prefix(100)))")
    }
    let length = header.length ?? 0
    guard (0...Self.longestBody).contains(length) else {
      throw .nonsense("a length of \(length), more than \(Self.longestBody) or less than 0")
    }
    if let error = header.error {
      guard length == 0 else { throw .nonsense("an error with bytes") }
      let failure = Self.failure(error, header.text ?? "no reason given")
      self = header.id.map { .failure($0, failure) } ?? .refusal(failure)
    } else if let id = header.id {
      self = .answer(id, length: length, isLast: !(header.more ?? false))
    } else if let changed = header.changed {
      guard let change = Change(rawValue: changed) else { throw .nonsense("a change of '\(changed.prefix(40))'") }
      guard change != .everything || length == 0 else { throw .nonsense("a change of everything with names") }
      self = .change(change, length: length)
    } else if let version = header.version {
      guard length == 0 else { throw .nonsense("a greeting with bytes") }
      guard version == 1 else { throw .wrongVersion(version) }
      self = .hello(try Self.hello(header))
    } else {
      throw .nonsense("a message of no kind: \(ErrorLines.shown(line.prefix(100)))")
    }
  }

  private static func hello(_ header: Header) throws(ExecError) -> Hello {
    // What it can do that is not known here is of no use here.
    let abilities = Set((header.abilities ?? []).compactMap { ExecAbility(rawValue: $0) })
    guard !abilities.contains(.pages) || abilities.contains(.entry) else {
      throw .nonsense("the ability 'pages' without 'entry'")
    }
    let parallel = header.parallel ?? 16
    guard (1...1024).contains(parallel) else { throw .nonsense("'parallel' is not between 1 and 1024") }
    let timeout = header.timeout ?? 60
    guard (0.001...86_400).contains(timeout) else {
      throw .nonsense("'timeout' is not between 0.001 and 86400 seconds")
    }
    return Hello(abilities: abilities, parallel: parallel, timeout: .milliseconds(Int64(timeout * 1000)))
  }

  /// A failure as the program names it; one of no known kind is `unavailable`.
  private static func failure(_ kind: String, _ text: String) -> ProviderError {
    let text = ErrorLines.shown(Array(text.utf8.prefix(1000)))
    return switch kind {
    case "missing": .missing(text)
    case "damaged": .damaged(text)
    case "denied": .denied(text)
    case "unsupported": .unsupported(text)
    case "outdated": .outdated(text)
    default: .unavailable(text)
    }
  }
}
