internal import Control

/// What `projfs top` knows: two reports, from which rates follow, and what the user chose.
struct TopState {
  /// In which order processes stand.
  enum Order: String, CaseIterable {
    case recent
    case bytes
    case contents
    case name
  }

  /// How often a request came.
  struct RequestRate {
    let name: String
    let perSecond: Double
    let request: StatsReport.Request
  }

  /// What was fetched for a process.
  struct ProcessRate {
    let process: StatsReport.Process
    let bytesPerSecond: Double
  }

  /// How many fetches are kept for the list.
  private static let hydrationLimit = 256

  private(set) var report = StatsReport()
  private(set) var requests: [RequestRate] = []
  private(set) var processes: [ProcessRate] = []
  /// The last fetches, newest first.
  private(set) var hydrations: [StatsReport.RecentHydration] = []
  private(set) var hydrationsPerSecond: Double = 0
  private(set) var bytesPerSecond: Double = 0
  private var isFirst = true

  var order = Order.recent
  var filter = ""
  /// What is being typed after `/`; nil where nothing is.
  var typing: String?
  var isPaused = false
  var showsHelp = false
  /// For how many seconds the server has not answered; 0 while it does.
  var silence = 0

  /// Takes the next report.
  mutating func take(_ next: StatsReport) {
    let seconds = next.uptimeSeconds - report.uptimeSeconds
    let before = isFirst ? next : report
    let rate = { (now: Double, earlier: Double) in seconds > 0 ? max(0, now - earlier) / seconds : 0 }
    requests = next.requests.map { name, request in
      RequestRate(
        name: name, perSecond: rate(Double(request.count), Double(before.requests[name]?.count ?? 0)),
        request: request)
    }.sorted { ($0.perSecond, $0.request.count, $1.name) > ($1.perSecond, $1.request.count, $0.name) }
    let earlier = Dictionary(before.processes.map { (Key($0), $0.bytes) }, uniquingKeysWith: +)
    processes = next.processes.map { process in
      ProcessRate(
        process: process, bytesPerSecond: rate(Double(process.bytes), Double(earlier[Key(process)] ?? 0)))
    }
    hydrationsPerSecond = rate(Double(next.hydration.count), Double(before.hydration.count))
    bytesPerSecond = rate(Double(next.hydration.bytes), Double(before.hydration.bytes))
    let newest = hydrations.first?.timeNs ?? .min
    hydrations = Array(
      ((next.recent ?? []).filter { $0.timeNs > newest }.reversed() + hydrations).prefix(Self.hydrationLimit))
    report = next
    isFirst = false
  }

  private struct Key: Hashable {
    let process: UInt32
    let command: String

    init(_ process: StatsReport.Process) {
      self.process = process.pid
      command = process.command
    }
  }

  /// The processes that the filter lets through, in their order.
  var shownProcesses: [ProcessRate] {
    let chosen = processes.filter { entry in
      lets(entry.process.command) || lets(entry.process.sessionCommand ?? "") || lets("\(entry.process.pid)")
    }
    return chosen.sorted { one, other in
      let (first, second) = (one.process, other.process)
      switch order {
      case .recent:
        return (one.bytesPerSecond, first.bytes, second.pid) > (other.bytesPerSecond, second.bytes, first.pid)
      case .bytes: return (first.bytes, second.pid) > (second.bytes, first.pid)
      case .contents: return (first.hydrations, first.bytes, second.pid) > (second.hydrations, second.bytes, first.pid)
      case .name: return (first.command, first.pid) < (second.command, second.pid)
      }
    }
  }

  /// The fetches that the filter lets through.
  var shownHydrations: [StatsReport.RecentHydration] {
    hydrations.filter { lets($0.path ?? "") || lets($0.command) || lets($0.cause) }
  }

  private func lets(_ text: String) -> Bool {
    filter.isEmpty || text.lowercased().contains(filter.lowercased())
  }

  /// Does what a key is for; false where it ends the program.
  mutating func press(_ key: TopKey) -> Bool {
    if var text = typing {
      switch key {
      case .character(let character): text.append(character)
      case .erase: _ = text.popLast()
      case .enter:
        filter = text
        typing = nil
        return true
      case .escape:
        typing = nil
        return true
      }
      typing = text
      return true
    }
    switch key {
    case .character("q"), .character("Q"): return false
    case .character("/"): typing = filter
    case .character("s"):
      let all = Order.allCases
      order = all[((all.firstIndex(of: order) ?? 0) + 1) % all.count]
    case .character(" "), .character("p"): isPaused.toggle()
    case .character("h"), .character("?"): showsHelp.toggle()
    case .escape:
      showsHelp = false
      filter = ""
    default: break
    }
    return true
  }
}

/// A key that was pressed.
enum TopKey: Equatable {
  case character(Character)
  case erase
  case enter
  case escape

  /// The keys in what a terminal sent at once. Keys that send sequences, such as arrows, are none.
  static func keys(in bytes: [UInt8]) -> [TopKey] {
    if bytes == [0x1b] { return [.escape] }
    var keys: [TopKey] = []
    var rest = bytes[...]
    while let first = rest.first {
      if first == 0x1b {
        // ESC, then [ or O, and everything up to a letter or tilde.
        rest = rest.dropFirst(2).drop { !(0x40...0x7e).contains($0) }.dropFirst()
        continue
      }
      let text = rest.prefix { $0 != 0x1b }
      rest = rest.dropFirst(text.count)
      for character in String(decoding: text, as: UTF8.self) {
        switch character {
        case "\r", "\n", "\r\n": keys.append(.enter)
        case "\u{7f}", "\u{8}": keys.append(.erase)
        default:
          if character.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0 != "\u{fffd}" }) {
            keys.append(.character(character))
          }
        }
      }
    }
    return keys
  }
}
