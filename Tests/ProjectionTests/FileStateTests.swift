import Testing

@testable import Projection

@Suite struct FileStateTests {
  /// What may happen to a file.
  enum Event: String, CaseIterable, Sendable {
    case look, forget, hydrate, evict, changeMetadata, openKeeping, openEmptying, settle, remove
    case createFile, createPlaceholder

    func happen(to state: inout FileState) -> [FileState.Action] {
      switch self {
      case .look:
        state.look()
        return []
      case .forget:
        state.forget()
        return []
      case .hydrate: return state.hydrate()
      case .evict: return state.evict()
      case .changeMetadata: return state.changeMetadata()
      case .openKeeping: return state.openForWriting(keepingContent: true)
      case .openEmptying: return state.openForWriting(keepingContent: false)
      case .settle: return state.settle()
      case .remove: return state.remove()
      case .createFile: return state.create(isPlaceholder: false)
      case .createPlaceholder: return state.create(isPlaceholder: true)
      }
    }
  }

  /// A way from a state to another, and what it takes.
  struct Edge: Sendable, CustomTestStringConvertible {
    let from: FileState
    let event: Event
    let to: FileState
    let actions: [FileState.Action]

    init(_ from: FileState, _ event: Event, _ to: FileState, _ actions: [FileState.Action] = []) {
      self.from = from
      self.event = event
      self.to = to
      self.actions = actions
    }

    var testDescription: String { "\(from.rawValue) → \(to.rawValue): \(event.rawValue)" }
  }

  /// All legal edges, those that lead nowhere included.
  static let edges: [Edge] = [
    Edge(.virtual, .look, .placeholder),
    Edge(.virtual, .forget, .virtual),
    Edge(.virtual, .hydrate, .hydrated, [.fetch]),
    Edge(.virtual, .evict, .virtual),
    Edge(.virtual, .changeMetadata, .dirtyPlaceholder, [.linkPlaceholder]),
    Edge(.virtual, .openKeeping, .full, [.fetch, .linkCopy]),
    Edge(.virtual, .openEmptying, .full, [.linkEmpty]),
    Edge(.virtual, .settle, .virtual),
    Edge(.virtual, .remove, .tombstone, [.linkWhiteout]),

    Edge(.placeholder, .look, .placeholder),
    Edge(.placeholder, .forget, .virtual),
    Edge(.placeholder, .hydrate, .hydrated, [.fetch]),
    Edge(.placeholder, .evict, .placeholder),
    Edge(.placeholder, .changeMetadata, .dirtyPlaceholder, [.linkPlaceholder]),
    Edge(.placeholder, .openKeeping, .full, [.fetch, .linkCopy]),
    Edge(.placeholder, .openEmptying, .full, [.linkEmpty]),
    Edge(.placeholder, .settle, .placeholder),
    Edge(.placeholder, .remove, .tombstone, [.linkWhiteout]),

    Edge(.hydrated, .look, .hydrated),
    Edge(.hydrated, .forget, .hydrated),
    Edge(.hydrated, .hydrate, .hydrated),
    Edge(.hydrated, .evict, .placeholder, [.drop]),
    Edge(.hydrated, .changeMetadata, .dirtyPlaceholder, [.linkPlaceholder]),
    Edge(.hydrated, .openKeeping, .full, [.linkCopy]),
    Edge(.hydrated, .openEmptying, .full, [.linkEmpty]),
    Edge(.hydrated, .settle, .hydrated),
    Edge(.hydrated, .remove, .tombstone, [.linkWhiteout]),

    Edge(.dirtyPlaceholder, .look, .dirtyPlaceholder),
    Edge(.dirtyPlaceholder, .forget, .dirtyPlaceholder),
    Edge(.dirtyPlaceholder, .hydrate, .dirtyPlaceholder, [.fetch]),
    Edge(.dirtyPlaceholder, .evict, .dirtyPlaceholder),
    Edge(.dirtyPlaceholder, .changeMetadata, .dirtyPlaceholder),
    Edge(.dirtyPlaceholder, .openKeeping, .full, [.fetch, .fill]),
    Edge(.dirtyPlaceholder, .openEmptying, .full, [.clear]),
    Edge(.dirtyPlaceholder, .settle, .placeholder, [.uncover]),
    Edge(.dirtyPlaceholder, .remove, .tombstone, [.replaceByWhiteout]),

    Edge(.full, .look, .full),
    Edge(.full, .forget, .full),
    Edge(.full, .hydrate, .full),
    Edge(.full, .evict, .full),
    Edge(.full, .changeMetadata, .full),
    Edge(.full, .openKeeping, .full),
    Edge(.full, .openEmptying, .full, [.truncate]),
    Edge(.full, .settle, .placeholder, [.uncover]),
    Edge(.full, .remove, .tombstone, [.replaceByWhiteout]),

    Edge(.tombstone, .look, .tombstone),
    Edge(.tombstone, .forget, .tombstone),
    Edge(.tombstone, .createFile, .full, [.replaceWhiteout]),
    Edge(.tombstone, .createPlaceholder, .dirtyPlaceholder, [.replaceWhiteout]),
  ]

  @Test("Each legal edge leads where it should, and takes what it should", arguments: edges)
  func legal(edge: Edge) {
    var state = edge.from
    #expect(edge.event.happen(to: &state) == edge.actions)
    #expect(state == edge.to)
  }

  @Test("There is one edge at most for each state and event, and none of them is forgotten")
  func completeness() {
    let pairs = Self.edges.map { "\($0.from) \($0.event)" }
    #expect(Set(pairs).count == pairs.count)
    #expect(pairs.count + Self.illegal.count == FileState.allCases.count * Event.allCases.count)
  }

  @Test("Only content that is not fetched yet is fetched, and nothing is fetched to be thrown away")
  func fetches() {
    for edge in Self.edges where edge.actions.contains(.fetch) {
      #expect(edge.from != .hydrated && edge.from != .full)
      #expect(edge.event == .hydrate || edge.event == .openKeeping)
    }
    for state in FileState.allCases {
      #expect(state.isProvided == ![.full, .tombstone].contains(state))
    }
  }

  /// All events that a state has no edge for.
  static let illegal: [[String]] = FileState.allCases.flatMap { state in
    Event.allCases.filter { event in !edges.contains { $0.from == state && $0.event == event } }
      .map { [state.rawValue, $0.rawValue] }
  }

  #if DEBUG
    @Test("An event that a state has no edge for traps", arguments: illegal)
    func traps(pair: [String]) async {
      await #expect(processExitsWith: .failure) { [pair = pair as [String]] in
        guard var state = FileState(rawValue: pair[0]), let event = Event(rawValue: pair[1]) else { return }
        _ = event.happen(to: &state)
      }
    }
  #endif
}
