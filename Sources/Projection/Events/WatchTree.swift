internal import Provider

/// The watches of one observer, by path.
struct WatchTree: Sendable {
  /// What a watch wants.
  struct Wanted: Sendable, Equatable {
    var before: EventMask = []
    var after: EventMask = []

    /// Everything that is asked or told.
    var all: EventMask { before.union(after) }

    func union(_ other: Wanted) -> Wanted {
      Wanted(before: before.union(other.before), after: after.union(other.after))
    }
  }

  private struct Place: Sendable {
    var wanted: Wanted?
    var below: [[UInt8]: Place] = [:]

    /// What is wanted in any way here or below.
    var union: Wanted {
      below.values.reduce(wanted ?? Wanted()) { $0.union($1.union) }
    }

    mutating func put(_ wanted: Wanted, at steps: ArraySlice<ArraySlice<UInt8>>) {
      guard let step = steps.first else {
        self.wanted = wanted
        return
      }
      below[Array(step), default: Place()].put(wanted, at: steps.dropFirst())
    }
  }

  /// As they were given.
  let watches: [Watch]
  /// What is wanted anywhere.
  let union: Wanted
  private let root: Place

  init(_ watches: [Watch]) {
    self.watches = watches
    var root = Place()
    for watch in watches {
      let wanted = Wanted(before: watch.before.intersection(.preventable), after: watch.after)
      root.put(wanted, at: Self.steps(watch.path)[...])
    }
    self.root = root
    union = root.union
  }

  private static func steps(_ path: [UInt8]) -> [ArraySlice<UInt8>] { path.split(separator: UInt8(ascii: "/")) }

  /// What is wanted at a path: what the deepest watch above it says.
  func wanted(at path: [UInt8]) -> Wanted {
    var place = root
    var wanted = root.wanted
    for step in Self.steps(path) {
      guard let next = place.below[Array(step)] else { break }
      place = next
      wanted = next.wanted ?? wanted
    }
    return wanted ?? Wanted()
  }

  /// What is wanted below a path, by watches of their own.
  func wanted(below path: [UInt8]) -> Wanted {
    var place = root
    for step in Self.steps(path) {
      guard let next = place.below[Array(step)] else { return Wanted() }
      place = next
    }
    return place.below.values.reduce(Wanted()) { $0.union($1.union) }
  }

  /// What of an operation is wanted, at any of its paths. The move of a directory concerns what lies below as well.
  func wanted(of operation: ObservedOperation) -> Wanted {
    var wanted = Wanted()
    for path in operation.paths + (operation.action.otherPath.map { [$0] } ?? []) {
      wanted = wanted.union(self.wanted(at: path))
      if operation.movesTree { wanted = wanted.union(self.wanted(below: path)) }
    }
    let mask = operation.action.mask
    return Wanted(before: wanted.before.intersection(mask), after: wanted.after.intersection(mask))
  }
}

extension ObservedOperation {
  /// Whether what lies below its paths gets other paths.
  fileprivate var movesTree: Bool {
    switch action {
    case .rename: kind == .directory
    case .exchange(_, let other): kind == .directory || other == .directory
    default: false
    }
  }
}
